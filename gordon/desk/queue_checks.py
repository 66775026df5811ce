"""Checks across queues and routes: names that lead nowhere, circles, clocks that contradict, a tree without an end."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from itertools import pairwise

from gordon.desk.schema import Clocks, Queue, QueuesFile
from gordon.desk.validate import line_of, suggest
from gordon.desk.yaml_lines import Lines, Path
from gordon.errors import Problem

QUEUES = "queues.yaml"
_STEPS = ("acknowledge", "draft", "approve")
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")
_Found = Iterator[tuple[Path, str, str]]
"""Where below the queue, what is wrong, and the remedy."""


def check_queues(config: QueuesFile, disciplines: Iterable[str], lines: Lines) -> list[Problem]:
    """Unknown queues and disciplines, escalation in a circle, clocks that contradict one another, a missing or early
    catch-all."""
    known, names = set(disciplines), set(config.queues)
    problems: list[Problem] = []
    for name, queue in config.queues.items():
        found = [*_name(name), *_hats(name, queue, known), *_chain(name, config), *_clocks(name, queue.clocks)]
        problems += [Problem(QUEUES, line_of(lines, ("queues", name, *path)), text, fix) for path, text, fix in found]
    for index, route in enumerate(config.routes):
        if route.queue not in names:
            line = line_of(lines, ("routes", index, "queue"))
            problems.append(
                Problem(QUEUES, line, f"route to unknown queue {route.queue!r}", suggest(route.queue, names))
            )
    return problems + _check_catch_all(config, lines)


def _name(name: str) -> _Found:
    if not _NAME.fullmatch(name):
        yield (), f"queue {name!r} cannot be the name of a topic", "use letters, digits, '.', '_' and '-', 100 at most"


def _hats(name: str, queue: Queue, known: set[str]) -> _Found:
    for hat in queue.requires.disciplines:
        if hat not in known:
            yield ("requires", "disciplines"), f"queue {name}: no discipline {hat!r}", suggest(hat, known)


def _chain(name: str, config: QueuesFile) -> _Found:
    """Reasons without a next queue; one that is not there; a circle is told of at the first of its queues."""
    queue = config.queues[name]
    if queue.escalate is None and "escalate_on" in queue.model_fields_set:
        yield ("escalate_on",), f"queue {name} escalates on something, but to nobody", "add escalate: <queue>"
    chain, step = [name], queue.escalate
    if step and step not in config.queues:
        yield ("escalate",), f"queue {name} escalates to unknown queue {step!r}", suggest(step, config.queues)
    while step in config.queues and step not in chain:
        chain.append(step)
        step = config.queues[step].escalate
    if step == name and min(chain, key=list(config.queues).index) == name:
        way = " -> ".join([*chain, name])
        yield ("escalate",), f"queue {name} escalates in a circle: {way}", "end the chain somewhere"


def _clocks(name: str, clocks: Clocks) -> _Found:
    """Clocks that are over at once, or before the step that comes first."""
    given = [(step, getattr(clocks, step)) for step in _STEPS if getattr(clocks, step) is not None]
    for step, seconds in given:
        if not seconds:
            yield (
                ("clocks", step),
                f"queue {name}: {step} is over at once",
                "give it time, such as 30m, or leave it out",
            )
    for (first, less), (then, more) in pairwise(given):
        if more < less:
            text = f"queue {name}: {then} is due before {first}; both count from the opening of the item"
            yield ("clocks", then), text, f"make {then} the longer one"


def _check_catch_all(config: QueuesFile, lines: Lines) -> list[Problem]:
    catch_alls = [index for index, route in enumerate(config.routes) if not route.when and not route.go_on]
    last = len(config.routes) - 1
    if not catch_alls:
        line = line_of(lines, ("routes", last))
        return [Problem(QUEUES, line, "the routes have no catch-all", "end them with '- {queue: NAME}'")]
    return [
        Problem(QUEUES, line_of(lines, ("routes", index)), "a catch-all before other routes hides them", "move it last")
        for index in catch_alls
        if index != last
    ]
