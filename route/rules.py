"""The routing tree, compiled: to which queues an issue goes, with which priority, and why. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from gordon.desk.schema import QueuesFile
from gordon.desk.schema import Route as Branch
from gordon.desk.validate import line_of, suggest
from gordon.desk.yaml_lines import Lines
from gordon.errors import Problem
from gordon.events import Priority
from route.conditions import CONDITIONS, Facts, Test, Wrong

QUEUES = "queues.yaml"


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
    """One queue that takes the issue. ``path``: "route 1: claim is true -> rapid-correction"."""

    queue: str
    priority: Priority
    path: str


@dataclass(frozen=True, slots=True)
class Tree:
    """The routes in order; the last one holds always."""

    steps: tuple[Step, ...]

    def route(self, facts: Facts) -> tuple[Routed, ...]:
        """The queues of an issue in the order of the routes, each once: the first match, and those before it that
        say ``continue``."""
        found: dict[str, Routed] = {}
        for step in self.steps:
            if all(test(facts) for test in step.tests):
                priority = step.priority or ("high" if facts.claims else "normal")
                found.setdefault(step.queue, Routed(step.queue, priority, f"{step.text} -> {step.queue}"))
                if not step.go_on:
                    break
        return tuple(found.values())


def compile_routes(config: QueuesFile, lines: Lines) -> tuple[Tree, list[Problem]]:
    """The tree, and a problem for every unknown condition and every value a condition cannot use.
    ``lines``: those of queues.yaml. A tree with problems must not be used."""
    problems: list[Problem] = []
    steps = [_step(index, branch, lines, problems) for index, branch in enumerate(config.routes)]
    return Tree(tuple(steps)), problems


def _step(index: int, branch: Branch, lines: Lines, problems: list[Problem]) -> Step:
    tests: list[Test] = []
    for name, value in branch.when.items():
        line = line_of(lines, ("routes", index, "when", name))
        if name not in CONDITIONS:
            problems.append(Problem(QUEUES, line, f"unknown condition {name!r}", suggest(name, CONDITIONS)))
            continue
        try:
            tests.append(CONDITIONS[name](value))
        except Wrong as wrong:
            problems.append(Problem(QUEUES, line, f"{name}: {wrong}", wrong.remedy))
    said = " and ".join(f"{name} is {show(value)}" for name, value in branch.when.items()) or "always"
    text = f"route {index + 1}: {said}"
    return Step(index + 1, tuple(tests), text, branch.queue, branch.priority, branch.go_on)


def show(value: Any) -> str:
    """A value of the desk as people wrote it, nearly."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, dict):
        return ", ".join(f"{key} {show(one)}" for key, one in value.items())
    if isinstance(value, Sequence) and not isinstance(value, str):
        return " or ".join(show(one) for one in value)
    return str(value)
