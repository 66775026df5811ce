"""Checks across the parts of a desk: ids that repeat, names that lead nowhere, a tree without a catch-all."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from gordon.desk.schema import PolicyFile, Queue, QueuesFile
from gordon.desk.validate import line_of, suggest
from gordon.desk.yaml_lines import Lines, Path
from gordon.errors import Problem

QUEUES = "queues.yaml"


def duplicates(files: Sequence[PolicyFile], sources: Mapping[str, str], lines: Mapping[str, Lines]) -> list[Problem]:
    """Rule and claim ids that appear twice in one file; rules that its tests name but that do not exist."""
    problems: list[Problem] = []
    for entry in files:
        source = sources[entry.file]
        rules = [*entry.rules, *entry.exclude]
        problems += _twice("rule", [rule.id for rule in rules], source, lines[source], "rules", len(entry.rules))
        problems += _twice("claim", [claim.id for claim in entry.claims], source, lines[source], "claims")
        problems += _unknown_rules(entry, source, lines[source])
    return problems


def _twice(
    kind: str, ids: Sequence[str], source: str, lines: Lines, key: str, boundary: int | None = None
) -> list[Problem]:
    problems = []
    for index, name in enumerate(ids):
        if name in ids[:index]:
            place: Path = (key, index) if boundary is None or index < boundary else ("exclude", index - boundary)
            problems.append(Problem(source, line_of(lines, place), f"{kind} {name!r} appears twice", "rename one"))
    return problems


def _unknown_rules(entry: PolicyFile, source: str, lines: Lines) -> list[Problem]:
    known = {rule.id for rule in entry.rules}
    return [
        Problem(source, line_of(lines, ("tests", "must", index, "rules")), f"no rule {name!r}", suggest(name, known))
        for index, must in enumerate(entry.tests.must)
        for name in must.rules
        if name not in known
    ]


def check_queues(config: QueuesFile, disciplines: Iterable[str], lines: Lines) -> list[Problem]:
    """Unknown queues and disciplines, escalation in a circle, a missing or early catch-all."""
    known, names = set(disciplines), set(config.queues)
    problems: list[Problem] = []
    for name, queue in config.queues.items():
        problems += _check_queue(name, queue, config, known, lines)
    for index, route in enumerate(config.routes):
        if route.queue not in names:
            line = line_of(lines, ("routes", index, "queue"))
            problems.append(
                Problem(QUEUES, line, f"route to unknown queue {route.queue!r}", suggest(route.queue, names))
            )
    return problems + _check_catch_all(config, lines)


def _check_queue(name: str, queue: Queue, config: QueuesFile, known: set[str], lines: Lines) -> list[Problem]:
    problems = [
        Problem(
            QUEUES,
            line_of(lines, ("queues", name, "requires", "disciplines")),
            f"queue {name}: no discipline {hat!r}",
            suggest(hat, known),
        )
        for hat in queue.requires.disciplines
        if hat not in known
    ]
    chain, step = [name], queue.escalate
    line = line_of(lines, ("queues", name, "escalate"))
    while step:
        if step not in config.queues:
            if len(chain) == 1:
                remedy = suggest(step, config.queues)
                problems.append(Problem(QUEUES, line, f"queue {name} escalates to unknown queue {step!r}", remedy))
            break
        if step in chain:
            if step == name:
                problems.append(Problem(QUEUES, line, f"queue {name} escalates in a circle", "end the chain somewhere"))
            break
        chain.append(step)
        step = config.queues[step].escalate
    return problems


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
