"""One mention as the rules see it: folded at once, cut into word positions only when a rule asks."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable
from itertools import chain
from typing import Any, NamedTuple

from classify.text import FIELDS, GAP, MAX_TEXT, WORD, Folded, words

MAX_WILD = 100
"""Words longer than this are never matched by a wildcard, which bounds the time a wildcard takes."""


class Span(NamedTuple):
    """The first and the last word position, both inclusive."""

    start: int
    end: int


class Hit(NamedTuple):
    """A place in the mention: ``field[start:end]``."""

    field: str
    start: int
    end: int


class Document:
    """Title and text, each cut at MAX_TEXT. Positions count the title's words, then GAP, then the text's."""

    def __init__(self, title: str, text: str) -> None:
        self.fields = (Folded(title[:MAX_TEXT]), Folded(text[:MAX_TEXT]))
        self.folded = f"{self.fields[0].folded}\n{self.fields[1].folded}"
        self.memo: dict[Any, Any] = {}
        """What matchers keep for one another while this mention is looked at."""
        self._words: list[str] | None = None
        self._index: dict[str, list[int]] = {}
        self._text_from = GAP
        self._offsets: list[list[tuple[int, int]] | None] = [None, None]

    @property
    def words(self) -> list[str]:
        """The word at each position; "" in the gap between title and text."""
        if self._words is None:
            title = words(self.fields[0].folded)
            self._text_from = len(title) + GAP
            self._words = [*title, *[""] * GAP, *words(self.fields[1].folded)]
        return self._words

    @property
    def index(self) -> dict[str, list[int]]:
        """The positions of each word, ascending."""
        if not self._index:
            index = self._index
            for position, word in enumerate(self.words):
                if word in index:
                    index[word].append(position)
                else:
                    index[word] = [position]
            index.pop("", None)
        return self._index

    def in_field(self, positions: list[int], field: str) -> list[int]:
        """Those of the ascending positions that lie in this field; "" is both fields."""
        if not field or not positions:
            return positions
        cut = bisect_left(positions, self._text_from)
        return positions[:cut] if field == "title" else positions[cut:]

    def wild(self, key: str, matches: Callable[[str], object]) -> list[int]:
        """The ascending positions of the words that ``matches`` accepts; ``key`` names the wildcard."""
        found: list[int] | None = self.memo.get(key)
        if found is None:
            index = self.index
            lists = [index[word] for word in index if len(word) <= MAX_WILD and matches(word)]
            found = self.memo[key] = lists[0] if len(lists) == 1 else sorted(chain.from_iterable(lists))
        return found

    def hit(self, span: Span) -> Hit:
        """Where in the mention these words stand, from the first letter of the first to the last of the last."""
        number = 1 if span.start >= self._text_from else 0
        base = self._text_from if number else 0
        field, offsets = self.fields[number], self._word_offsets(number)
        start, end = field.span(offsets[span.start - base][0], offsets[span.end - base][1])
        return Hit(FIELDS[number], start, end)

    def _word_offsets(self, number: int) -> list[tuple[int, int]]:
        offsets = self._offsets[number]
        if offsets is None:
            offsets = self._offsets[number] = [match.span() for match in WORD.finditer(self.fields[number].folded)]
        return offsets
