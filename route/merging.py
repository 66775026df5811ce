"""What grouping says beside where a mention goes: merges of issues, and those that people keep apart."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Merge:
    """Two issues turned out to be one. ``kept``: the older, whose id lives on; ``gone``: the other, all of whose
    ``mentions`` are in ``kept`` from now on. ``why``: for people."""

    kept: str
    gone: str
    score: float
    why: str
    mentions: tuple[str, ...] = ()


class Separate:
    """Which issues must stay apart, through the merges of either."""

    def __init__(self) -> None:
        self._from: dict[str, set[str]] = {}

    def part(self, pairs: Iterable[tuple[str, str]]) -> None:
        """These stay apart from now on."""
        for one, other in pairs:
            if one != other:
                self._note(one, other)

    def __call__(self, one: str, other: str) -> bool:
        """Whether people keep them apart."""
        return other in self._from.get(one, ())

    def merged(self, kept: str, gone: str) -> None:
        """What was apart from the one that is gone is apart from the one that has its mentions."""
        for other in self._from.pop(gone, ()):
            self._from[other].discard(gone)
            if other != kept:
                self._note(kept, other)

    def _note(self, one: str, other: str) -> None:
        self._from.setdefault(one, set()).add(other)
        self._from.setdefault(other, set()).add(one)
