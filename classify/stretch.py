"""A stretch of a document, read as a document of its own: what SENTENCE and PARAGRAPH look at."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Iterator
from typing import Protocol

from classify.document import About, Hit, Span
from classify.text import Folded


class Index(Protocol):
    """The positions of each word, ascending."""

    def get(self, key: str, default: list[int], /) -> list[int]: ...

    def __contains__(self, key: object, /) -> bool: ...


class Reader(Protocol):
    """What a query needs of a document."""

    @property
    def index(self) -> Index: ...
    @property
    def fields(self) -> tuple[Folded, Folded]: ...
    @property
    def about(self) -> About: ...
    def in_field(self, positions: list[int], field: str) -> list[int]: ...
    def starting(self, head: str) -> list[int]: ...
    def one_of(self, words: tuple[str, ...]) -> list[int]: ...
    def fitting(self, pattern: str, piece: str, fits: Callable[[str], object]) -> list[int]: ...
    def stretches(self, unit: str, field: str) -> list[Span]: ...
    def hit(self, span: Span) -> Hit: ...


class Stretch:
    """The words of a document from ``first`` to ``last``. It is its own index."""

    def __init__(self, document: Reader, first: int, last: int) -> None:
        self._document, self._first, self._last = document, first, last
        self.fields, self.about = document.fields, document.about

    @property
    def index(self) -> Index:
        return self

    def get(self, key: str, default: list[int], /) -> list[int]:
        return self._cut(self._document.index.get(key, default))

    def __contains__(self, key: object, /) -> bool:
        return bool(self.get(str(key), []))

    def in_field(self, positions: list[int], field: str) -> list[int]:
        return self._document.in_field(positions, field)

    def starting(self, head: str) -> list[int]:
        return self._cut(self._document.starting(head))

    def one_of(self, words: tuple[str, ...]) -> list[int]:
        return self._cut(self._document.one_of(words))

    def fitting(self, pattern: str, piece: str, fits: Callable[[str], object]) -> list[int]:
        return self._cut(self._document.fitting(pattern, piece, fits))

    def stretches(self, unit: str, field: str) -> list[Span]:
        """Those that lie within."""
        found = self._document.stretches(unit, field)
        return [(first, last) for first, last in found if self._first <= first and last <= self._last]

    def hit(self, span: Span) -> Hit:
        return self._document.hit(span)

    def _cut(self, positions: list[int]) -> list[int]:
        if not positions:
            return positions
        return positions[bisect_left(positions, self._first) : bisect_right(positions, self._last)]


def holding(document: Reader, spans: list[Span], positions: Iterable[int]) -> Iterator[Stretch]:
    """The stretches of these ascending spans that hold one of the ascending positions."""
    firsts = [first for first, _ in spans]
    behind = -1
    for position in positions:
        if position < behind:
            continue
        at = bisect_right(firsts, position) - 1
        if at >= 0 and position <= spans[at][1]:
            yield Stretch(document, *spans[at])
            behind = spans[at][1] + 1
