"""Priority from data: points for what is known of a mention, and from how many on it is high or urgent. Pure."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase

from gordon.desk.routing import SITE, PriorityRules, Sensitivity
from gordon.events import Priority
from route.conditions import Facts
from route.values import at_site


@dataclass(frozen=True, slots=True)
class Ranked:
    """A priority, its points, and a line for each fact that gave some: "repeats a known claim: +2"."""

    priority: Priority
    points: float
    why: tuple[str, ...]

    def __str__(self) -> str:
        return f"priority: {self.priority}, {self.points:g} points" + (f" ({', '.join(self.why)})" if self.why else "")


@dataclass(frozen=True, slots=True)
class Ranking:
    """The desk's rules for priority. ``sensitivity``: of files that are not normal."""

    rules: PriorityRules = field(default_factory=PriorityRules)
    sensitivity: Mapping[str, Sensitivity] = field(default_factory=dict)

    def rank(self, facts: Facts) -> Ranked:
        """The priority of a mention of its file; that of ``facts`` does not count."""
        return score(facts, self.rules, self.sensitivity.get(facts.file, "normal"))


def score(facts: Facts, rules: PriorityRules, sensitivity: Sensitivity = "normal") -> Ranked:
    """Adds up the points. With the rules' defaults a claim makes it high, and so does a spike; both, or one of them
    on a sensitive file, urgent."""
    parts = [("repeats a known claim", rules.claim if facts.claims else 0.0)]
    parts += [("a spike of the file", rules.spike if facts.spike else 0.0)]
    parts += [(f"{facts.growth:.1f} times as many as usual", _growth(facts.growth, rules.growth))]
    parts += [(f"the file's sensitivity is {sensitivity}", getattr(rules.sensitivity, sensitivity))]
    parts += [_reach(facts, rules.reach)]
    given = [(what, points) for what, points in parts if points]
    total = round(math.fsum(points for _, points in given), 9)
    return Ranked(_priority(total, rules), total, tuple(f"{what}: {points:+g}" for what, points in given))


def _growth(growth: float, points: float) -> float:
    """Points for each doubling; less than usual takes none away."""
    return round(points * math.log2(growth), 1) if growth > 1 else 0.0


def _reach(facts: Facts, reach: Mapping[str, float]) -> tuple[str, float]:
    """The first key that fits the feed or the site."""
    for key, points in reach.items():
        host = key.removeprefix(SITE)
        if at_site(facts.site, [host.lower()]) if key.startswith(SITE) else fnmatchcase(facts.source, key):
            return f"reach of {key}", points
    return "", 0.0


def _priority(points: float, rules: PriorityRules) -> Priority:
    marks = rules.thresholds
    if points >= marks.high:
        return "urgent" if points >= marks.urgent else "high"
    return "normal" if points >= marks.normal else "low"
