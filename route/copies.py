"""Copies of a mention among those that are known: the same address, the same words or nearly so. Pure, in memory."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TypeVar

from route.similarity import SAME_WORDING, Features, overlap
from route.sums import Told

TRACES = 6
"""Lowest hashes of a text by which its near copies are found: with an overlap of 0.6, one in 250 shares none."""
MOST = 20
"""Mentions that are compared by one trace, the latest; more have a boilerplate in common."""

Sharing = Told | tuple[Told, ...]
"""Those that share a key, by age. Mostly it is one, which then needs no tuple."""
_K = TypeVar("_K")


class Copies:
    """Which mentions have an address, a wording, or one of the lowest hashes of it."""

    def __init__(self) -> None:
        self._places: dict[str, Sharing] = {}
        self._wordings: dict[bytes, Sharing] = {}
        self._traces: dict[int, Sharing] = {}

    def add(self, told: Told) -> None:
        """One more mention."""
        made = told.features
        _put(self._places, made.place, told)
        _put(self._wordings, made.wording, told)
        for trace in made.sketch[:TRACES]:
            _put(self._traces, trace, told)

    def remove(self, told: Told) -> None:
        """One mention less."""
        made = told.features
        _take(self._places, made.place, told)
        _take(self._wordings, made.wording, told)
        for trace in made.sketch[:TRACES]:
            _take(self._traces, trace, told)

    def of(self, made: Features, counts: Callable[[Told], bool]) -> tuple[float, str, Told] | None:
        """The mention that this one is a copy of, among those that count: how alike they are, 0 to 1, and why."""
        for why, sharing in (
            ("has the same address", self._places.get(made.place)),
            ("has the same words", self._wordings.get(made.wording)),
        ):
            same = [told for told in _each(sharing) if counts(told)]
            if same:
                return 1.0, why, same[-1]
        near = {told: None for trace in made.sketch[:TRACES] for told in _each(self._traces.get(trace)) if counts(told)}
        shares = [(overlap(made.sketch, told.features.sketch), _age(told), told) for told in near]
        share, _, told = max(shares, key=lambda found: found[:2], default=(0.0, None, None))
        if told is None or share < SAME_WORDING:
            return None
        return round(share, 6), f"nearly the words of {told.title or told.mention!r}", told


def _age(told: Told) -> tuple[float, str]:
    return told.seen.timestamp(), told.mention


def _each(sharing: Sharing | None) -> Iterable[Told]:
    return () if sharing is None else (sharing,) if isinstance(sharing, Told) else sharing


def _put(known: dict[_K, Sharing], key: _K, told: Told) -> None:
    if not key:
        return
    others = known.get(key)
    known[key] = told if others is None else tuple(sorted((*_each(others), told), key=_age)[-MOST:])


def _take(known: dict[_K, Sharing], key: _K, told: Told) -> None:
    left = tuple(other for other in _each(known.pop(key, None)) if other is not told)
    if left:
        known[key] = left if len(left) > 1 else left[0]
