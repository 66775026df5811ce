"""What changed between two revisions of a mention, for people. Pure; bounded also for long and hostile texts.

Paragraphs are compared first, then the words within those that changed. What is too long to compare piece by piece is
cut where pieces stand once in both; where there is more than a person would read, the comparison gets coarser, never
slow.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from difflib import SequenceMatcher
from itertools import pairwise
from typing import Literal, TypeAlias

from msgspec import Struct

from gordon.events import Mention

Field: TypeAlias = Literal["title", "text"]
_EFFORT = 5_000_000
"""Looks at pieces, in the worst case, for one text: a third of a second. Beyond it a stretch is told as a whole."""
_WORDS = re.compile(r"\s*\S+|\s+\Z")
_CONTEXT = 60
_BESIDE = 200
"""Changed paragraphs in a row, or changed stretches of what is too long to compare, that are told one by one."""


class Change(Struct, frozen=True):
    """``old`` became ``new``, either may be empty; ``before`` and ``after``: what stands around, unchanged and cut."""

    field: Field
    before: str
    old: str
    new: str
    after: str


class Changes(Struct, frozen=True):
    """From revision ``since`` to ``revision``, in order of title and text."""

    since: int
    revision: int
    changes: tuple[Change, ...]


def compare(old: Mention, new: Mention) -> Changes:
    """What changed in title and text. The changes of a field, applied from left to right, make the new one."""
    changes = (*_field("title", old.title, new.title), *_field("text", old.text, new.text))
    return Changes(old.revision, new.revision, changes)


def history(found: Sequence[Mention]) -> tuple[Changes, ...]:
    """The changes of each later revision against the one before it."""
    return tuple(compare(old, new) for old, new in pairwise(found))


def render(changes: Changes, *, most: int = 300) -> Iterator[str]:
    """Lines of plain text: ``text: … around [-old-] {+new+} around …``; more than ``most`` characters of a stretch are
    left out."""
    for one in changes.changes:
        old = f"[-{_middle(one.old, most)}-]" if one.old else ""
        new = f"{{+{_middle(one.new, most)}+}}" if one.new else ""
        around = (_line(one.before), old, new, _line(one.after))
        yield f"{one.field}: {' '.join(part for part in around if part)}"


def _field(field: Field, old: str, new: str) -> Iterator[Change]:
    at = 0
    for stretch, became in _stretches(old, new):
        end = at + len(stretch)
        if stretch != became:
            yield Change(field, old[max(0, at - _CONTEXT) : at], stretch, became, old[end : end + _CONTEXT])
        at = end


def _stretches(old: str, new: str) -> Iterator[tuple[str, str]]:
    """Both texts in corresponding pieces: paragraph by paragraph, word by word where these differ."""
    effort = [_EFFORT]
    for piece, became in _pieces(old, new, _paragraphs, effort):
        for one, other in _beside(piece, became):
            if one == other or not one or not other:
                yield one, other
            else:
                yield from _pieces(one, other, _words, effort)


def _beside(piece: str, became: str) -> Iterable[tuple[str, str]]:
    """Paragraph by paragraph, where as many changed as there are now."""
    a, b = _paragraphs(piece), _paragraphs(became)
    return zip(a, b, strict=True) if len(a) == len(b) <= _BESIDE else ((piece, became),)


def _pieces(old: str, new: str, cut: Callable[[str], list[str]], effort: list[int]) -> Iterator[tuple[str, str]]:
    """Corresponding pieces; equal beginnings and ends are taken off first, as they cost nothing. ``effort``: what is
    left of it, and is used up here."""
    a, b = cut(old), cut(new)
    head = _common(a, b)
    a, b, front = a[head:], b[head:], "".join(a[:head])
    tail = _common(a[::-1], b[::-1])
    back = "".join(a[len(a) - tail :])
    a, b = a[: len(a) - tail], b[: len(b) - tail]
    yield front, front
    if _cost(a, b) <= effort[0]:
        yield from _matched(a, b, effort)
    else:
        for one, other in _between(a, b):
            yield from _matched(one, other, effort)
    yield back, back


def _matched(a: Sequence[str], b: Sequence[str], effort: list[int]) -> Iterator[tuple[str, str]]:
    """Corresponding pieces, or all as one where that would take more than is left."""
    cost = _cost(a, b)
    if not a or not b or a == b or cost > effort[0]:
        yield "".join(a), "".join(b)
        return
    effort[0] -= cost
    for _, from_a, to_a, from_b, to_b in SequenceMatcher(None, a, b, autojunk=False).get_opcodes():
        yield "".join(a[from_a:to_a]), "".join(b[from_b:to_b])


def _between(a: Sequence[str], b: Sequence[str]) -> Iterable[tuple[Sequence[str], Sequence[str]]]:
    """Corresponding stretches, cut before each piece that stands once in both and in the same order; one, where more of
    them changed than a person would read."""
    ends = [*_anchors(a, b), (len(a), len(b))]
    cuts = pairwise([(0, 0), *ends])
    found = [(a[from_a:to_a], b[from_b:to_b]) for (from_a, from_b), (to_a, to_b) in cuts]
    return found if sum(one != other for one, other in found) <= _BESIDE else ((a, b),)


def _anchors(a: Sequence[str], b: Sequence[str]) -> list[tuple[int, int]]:
    """The places of pieces that stand once in both: the longest chain of them that rises in both."""
    there = _once(b)
    pairs = [(place, there[piece]) for piece, place in _once(a).items() if piece in there]
    least: list[int] = []  # of all chains of each length, the lowest place in b at which one ends
    ends: list[int] = []  # and which pair that is
    before: list[int] = []
    for number, (_, place) in enumerate(pairs):
        length = bisect_left(least, place)
        least[length : length + 1] = [place]
        ends[length : length + 1] = [number]
        before.append(ends[length - 1] if length else -1)
    chain, number = [], ends[-1] if ends else -1
    while number >= 0:
        chain.append(pairs[number])
        number = before[number]
    return chain[::-1]


def _once(pieces: Sequence[str]) -> dict[str, int]:
    """Where those stand that stand there once, in order."""
    count = Counter(pieces)
    return {piece: place for place, piece in enumerate(pieces) if count[piece] == 1}


def _cost(a: Sequence[str], b: Sequence[str]) -> int:
    """What comparing takes at worst: every piece and every pair of equal ones, again for each that matches."""
    there = Counter(b)
    return (len(b) + sum(1 + there[piece] for piece in a)) * min(len(a), len(b))


def _common(a: Sequence[str], b: Sequence[str]) -> int:
    """How many pieces at the beginning are equal."""
    pairs = zip(a, b, strict=False)
    return next((place for place, (one, other) in enumerate(pairs) if one != other), min(len(a), len(b)))


def _paragraphs(text: str) -> list[str]:
    return text.splitlines(keepends=True)


def _words(text: str) -> list[str]:
    return _WORDS.findall(text)


def _line(text: str) -> str:
    return " ".join(text.split())


def _middle(text: str, most: int) -> str:
    """On one line, within about ``most`` characters; "¶" where only white space changed."""
    line = _line(text) or "¶"
    return line if len(line) <= most else f"{line[: most // 2]} … {line[-(most // 2) :]}"
