"""Silences: mentions that for a limited time open and raise nothing, by whose word and why. Pure.

A silenced mention is recorded, joins its issue, and counts as silenced; it opens no item, and lets none grow.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from gordon.desk.routing import Silence as Entry
from gordon.desk.yaml_lines import Lines
from gordon.errors import Problem
from route.conditions import Facts, Test
from route.rules import compile_when, gap_words, said

SILENCES = "silences.yaml"


@dataclass(frozen=True, slots=True)
class Silence:
    """One silence, from ``start`` (inclusive) to ``end`` (exclusive), in UTC. ``text``: its conditions for people."""

    id: str
    owner: str
    reason: str
    start: datetime
    end: datetime
    tests: tuple[Test, ...]
    text: str

    def __str__(self) -> str:
        return f"silence {self.id} of {self.owner} until {self.end:%Y-%m-%d %H:%M}Z: {self.reason} ({self.text})"


@dataclass(frozen=True, slots=True)
class Silences:
    """All of a desk, in order. ``gaps``: the words of their conditions on gaps, as in ``Tree``."""

    entries: tuple[Silence, ...] = ()
    gaps: frozenset[str] = frozenset()


def compile_silences(entries: Sequence[tuple[int, Entry]], lines: Lines, zone: str) -> tuple[Silences, list[Problem]]:
    """The silences, and a problem for every condition that is wrong; with problems they must not be used.
    ``entries``: each with its index in silences.yaml, whose lines ``lines`` are; ``zone``: of the desk."""
    found: list[Silence] = []
    problems: list[Problem] = []
    for index, entry in entries:
        tests, wrong = compile_when(entry.when, zone, SILENCES, lines, (index, "when"))
        start, end = entry.span(ZoneInfo(zone))
        found.append(Silence(entry.id, entry.owner, entry.reason, start, end, tests, said(entry.when)))
        problems += wrong
    return Silences(tuple(found), gap_words(entry.when for _, entry in entries)), problems


def silenced(facts: Facts, silences: Silences, now: datetime) -> Silence | None:
    """The first silence in force whose conditions all hold."""
    return next((one for one in in_force(silences, now) if all(test(facts) for test in one.tests)), None)


def in_force(silences: Silences, now: datetime) -> Iterable[Silence]:
    """Those that have begun and are not over."""
    return (one for one in silences.entries if one.start <= now < one.end)
