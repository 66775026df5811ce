"""One mention as the rules see it: folded at once, cut into word positions only when a rule asks."""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Callable
from functools import cached_property
from itertools import chain, pairwise
from typing import Any, NamedTuple, TypeAlias

from classify.text import FIELDS, GAP, MAX_TEXT, WORD, Folded, paragraphs, sentences, words

MAX_WILD = 100
"""Words longer than this are never matched by a wildcard, which bounds the time a wildcard takes."""


Span: TypeAlias = tuple[int, int]
"""The first and the last word position, both inclusive."""


class Hit(NamedTuple):
    """A place in the mention: ``field[start:end]``."""

    field: str
    start: int
    end: int


class About(NamedTuple):
    """What is known of a mention beside title and text; empty where it is unknown."""

    url: str = ""
    feed: str = ""
    author: str = ""
    language: str = ""


UNKNOWN = About()


class Document:
    """Title and text, each cut at MAX_TEXT. Positions count the title's words, then GAP, then the text's."""

    def __init__(self, title: str, text: str, about: About = UNKNOWN) -> None:
        self.about = about
        self.fields = (Folded(title[:MAX_TEXT]), Folded(text[:MAX_TEXT]))
        self.memo: dict[Any, Any] = {}
        """What matchers keep for one another while this mention is looked at."""
        self._text_from = GAP
        self._offsets: list[list[tuple[int, int]] | None] = [None, None]

    @cached_property
    def folded(self) -> str:
        """Both fields folded, a line each."""
        return f"{self.fields[0].folded}\n{self.fields[1].folded}"

    @cached_property
    def words(self) -> tuple[list[str], list[str]]:
        """The words of title and text in order."""
        return words(self.fields[0].folded), words(self.fields[1].folded)

    @cached_property
    def different(self) -> frozenset[str]:
        """The different words of both."""
        return frozenset(chain(*self.words))

    @cached_property
    def said(self) -> str:
        """The words with one space between them, around them, and a line's end between the fields."""
        title, text = self.words
        return f" {' '.join(title)} \n {' '.join(text)} "

    @cached_property
    def index(self) -> dict[str, list[int]]:
        """The positions of each word, ascending."""
        title, text = self.words
        self._text_from = len(title) + GAP
        index: defaultdict[str, list[int]] = defaultdict(list)
        for position, word in enumerate(title):
            index[word].append(position)
        for position, word in enumerate(text, self._text_from):
            index[word].append(position)
        return dict(index)

    @cached_property
    def vocabulary(self) -> list[str]:
        """The different words, sorted."""
        return sorted(self.index)

    def in_field(self, positions: list[int], field: str) -> list[int]:
        """Those of the ascending positions that lie in this field; "" is both fields."""
        if not field or not positions:
            return positions
        cut = bisect_left(positions, self._text_from)
        return positions[:cut] if field == "title" else positions[cut:]

    def starting(self, head: str) -> list[int]:
        """The ascending positions of the words that begin with ``head``."""
        found: list[int] | None = self.memo.get(head)
        if found is None:
            vocabulary = self.vocabulary
            first = last = bisect_left(vocabulary, head)
            while last < len(vocabulary) and vocabulary[last].startswith(head):
                last += 1
            found = self.memo[head] = self._merged([word for word in vocabulary[first:last] if len(word) <= MAX_WILD])
        return found

    def one_of(self, words: tuple[str, ...]) -> list[int]:
        """The ascending positions of all of these words."""
        found: list[int] | None = self.memo.get(words)
        if found is None:
            found = self.memo[words] = self._merged([word for word in words if word in self.index])
        return found

    def fitting(self, pattern: str, piece: str, fits: Callable[[str], object]) -> list[int]:
        """The ascending positions of the words that ``fits`` accepts; all of them hold ``piece``."""
        found: list[int] | None = self.memo.get(pattern)
        if found is None:
            likely = [word for word in self.vocabulary if piece in word] if piece in self.folded else []
            found = self.memo[pattern] = self._merged([word for word in likely if len(word) <= MAX_WILD and fits(word)])
        return found

    def _merged(self, words: list[str]) -> list[int]:
        lists = [self.index[word] for word in words]
        return lists[0] if len(lists) == 1 else sorted(chain.from_iterable(lists))

    def stretches(self, unit: str, field: str) -> list[Span]:
        """First and last position of each sentence or paragraph that holds a word, of the field or (empty) of both.

        A word belongs to where its first letter stands. The title is one sentence and one paragraph.
        """
        found: list[Span] | None = self.memo.get((unit, field))
        if found is None:
            title = len(self._word_offsets(0))
            found = [(0, title - 1)] if title and field != "text" else []
            found += self._of_text(unit) if field != "title" else []
            self.memo[unit, field] = found
        return found

    def _of_text(self, unit: str) -> list[Span]:
        text, base = self.fields[1], len(self._word_offsets(0)) + GAP
        letters = [text.span(start, end)[0] for start, end in self._word_offsets(1)]
        pieces = sentences(text.text, most=MAX_TEXT) if unit == "sentence" else paragraphs(text.text)
        firsts = sorted({bisect_left(letters, start) for start, _ in pieces} | {len(letters)})
        return [(base + first, base + behind - 1) for first, behind in pairwise(firsts)]

    def hit(self, span: Span) -> Hit:
        """Where in the mention these words stand, from the first letter of the first to the last of the last."""
        first, last = span
        number = 1 if first >= self._text_from else 0
        base = self._text_from if number else 0
        field, offsets = self.fields[number], self._word_offsets(number)
        start, end = field.span(offsets[first - base][0], offsets[last - base][1])
        return Hit(FIELDS[number], start, end)

    def _word_offsets(self, number: int) -> list[tuple[int, int]]:
        offsets = self._offsets[number]
        if offsets is None:
            offsets = self._offsets[number] = [match.span() for match in WORD.finditer(self.fields[number].folded)]
        return offsets
