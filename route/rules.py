"""The routing tree, compiled: to which queues an issue goes, with which priority, and why. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from gordon.desk.schema import PolicyFile, QueuesFile
from gordon.desk.schema import Route as Branch
from gordon.desk.validate import line_of, suggest
from gordon.desk.yaml_lines import Lines, Path
from gordon.errors import Problem
from gordon.events import Priority
from route.conditions import CONDITIONS, Facts, Test, Wrong
from route.priority import Ranking

QUEUES = "queues.yaml"
ZONE = "America/Toronto"


@dataclass(frozen=True, slots=True)
class Step:
    """One route: its number as people count, its tests, and its text for explanations."""

    number: int
    tests: tuple[Test, ...]
    text: str
    queue: str
    priority: Priority | None
    go_on: bool


@dataclass(frozen=True, slots=True)
class Routed:
    """One queue that takes the issue. ``path``: "route 1: claim is true -> rapid-correction". ``why``: where its
    priority comes from, "priority: high, 2 points (repeats a known claim: +2)"."""

    queue: str
    priority: Priority
    path: str
    why: str = ""


@dataclass(frozen=True, slots=True)
class Tree:
    """The routes in order; the last one holds always. ``gaps``: the words of its conditions on gaps, which the facts
    have to say something about."""

    steps: tuple[Step, ...]
    ranking: Ranking = field(default_factory=Ranking)
    gaps: frozenset[str] = frozenset()

    def route(self, facts: Facts) -> tuple[Routed, ...]:
        """The queues of an issue in the order of the routes, each once: the first match, and those before it that
        say ``continue``. A route's own priority goes before the one that the facts give."""
        ranked = self.ranking.rank(facts)
        facts = replace(facts, priority=ranked.priority)
        found: dict[str, Routed] = {}
        for step in self.steps:
            if _all_hold(step.tests, facts):
                why = f"priority: {step.priority}, as route {step.number} says" if step.priority else str(ranked)
                routed = Routed(step.queue, step.priority or ranked.priority, f"{step.text} -> {step.queue}", why)
                found.setdefault(step.queue, routed)
                if not step.go_on:
                    break
        return tuple(found.values())


def _all_hold(tests: tuple[Test, ...], facts: Facts) -> bool:
    """A loop, as most routes end at their first test, and this runs for each route and mention."""
    for test in tests:  # noqa: SIM110  # a generator costs more than the tests
        if not test(facts):
            return False
    return True


def compile_routes(
    config: QueuesFile, lines: Lines, *, zone: str = ZONE, files: Iterable[PolicyFile] = ()
) -> tuple[Tree, list[Problem]]:
    """The tree, and a problem for every unknown condition and every value a condition cannot use. A tree with problems
    must not be used.

    ``lines``: those of queues.yaml; ``zone``: of the desk, for times of routes to queues without hours; ``files``:
    their sensitivity counts for the priority.
    """
    problems: list[Problem] = []
    steps = [_step(index, branch, config, zone, lines, problems) for index, branch in enumerate(config.routes)]
    sensitivity = {entry.file: entry.sensitivity for entry in files if entry.sensitivity != "normal"}
    ranking = Ranking(config.priority, sensitivity)
    return Tree(tuple(steps), ranking, gap_words(branch.when for branch in config.routes)), problems


def gap_words(conditions: Iterable[Mapping[str, Any]]) -> frozenset[str]:
    """What these conditions want to know about gaps."""
    values = [when["gap"] for when in conditions if "gap" in when]
    words = [word for value in values for word in (value if isinstance(value, list | tuple) else [value])]
    return frozenset(word for word in words if isinstance(word, str))


def _step(index: int, branch: Branch, config: QueuesFile, zone: str, lines: Lines, problems: list[Problem]) -> Step:
    queue = config.queues.get(branch.queue)
    zone = queue.hours.tz if queue and queue.hours else zone
    tests, wrong = compile_when(branch.when, zone, QUEUES, lines, ("routes", index, "when"))
    problems += wrong
    text = f"route {index + 1}: {said(branch.when)}"
    return Step(index + 1, tests, text, branch.queue, branch.priority, branch.go_on)


def compile_when(
    when: Mapping[str, Any], zone: str, source: str, lines: Lines, path: Path
) -> tuple[tuple[Test, ...], list[Problem]]:
    """The tests of conditions as the desk writes them, and a problem for each that is wrong. ``path``: where they
    stand in the file ``source``; ``zone``: for times that name none."""
    tests: list[Test] = []
    problems: list[Problem] = []
    for name, value in when.items():
        line = line_of(lines, (*path, name))
        if name not in CONDITIONS:
            problems.append(Problem(source, line, f"unknown condition {name!r}", suggest(name, CONDITIONS)))
            continue
        placed = {"tz": zone, **value} if name == "time" and isinstance(value, dict) else value
        try:
            tests.append(CONDITIONS[name](placed))
        except Wrong as wrong:
            problems.append(Problem(source, line, f"{name}: {wrong}", wrong.remedy))
    return tuple(tests), problems


def said(when: Mapping[str, Any]) -> str:
    """Conditions for people: "claim is true and language is en or fr"; without any "always"."""
    return " and ".join(f"{name} is {show(value)}" for name, value in when.items()) or "always"


def show(value: Any) -> str:
    """A value of the desk as people wrote it, nearly."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, dict):
        return ", ".join(f"{key} {show(one)}" for key, one in value.items())
    if isinstance(value, Sequence) and not isinstance(value, str):
        return " or ".join(show(one) for one in value)
    return str(value)
