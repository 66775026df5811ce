"""Where to look for a token pattern: white-space chunks around its anchors, so that little is tokenised."""

from __future__ import annotations

import re
from collections.abc import Iterable

from classify.text import Folded

MARGIN = 3
"""Chunks beside the longest match: spaCy's French exceptions can span white space."""
_SPACE = re.compile(r"\s+")


def windows(field: Folded, literals: Iterable[str], length: int) -> list[tuple[int, int]]:
    """Stretches of the text, ascending and apart, that hold every match of ``length`` tokens with one of the literals.

    spaCy never joins two chunks, so ``length`` chunks to each side are enough.
    """
    spots = sorted({spot for literal in literals for spot in _spots(field, literal)})
    joined: list[tuple[int, int]] = []
    for start, end in spots:
        left, right = _left(field.text, start, length + MARGIN), _right(field.text, end, length + MARGIN)
        if joined and left <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(right, joined[-1][1]))
        else:
            joined.append((left, right))
    return joined


def _spots(field: Folded, literal: str) -> Iterable[tuple[int, int]]:
    at = field.folded.find(literal)
    while at >= 0:
        yield field.span(at, at + len(literal))
        at = field.folded.find(literal, at + 1)


def _left(text: str, start: int, chunks: int) -> int:
    """Where the chunk begins that is ``chunks`` before the one at ``start``."""
    while chunks >= 0 and start > 0:
        while start > 0 and text[start - 1].isspace():
            start -= 1
        while start > 0 and not text[start - 1].isspace():
            start -= 1
        chunks -= 1
    return start


def _right(text: str, end: int, chunks: int) -> int:
    """Where the chunk ends that is ``chunks`` behind the one at ``end``."""
    size = len(text)
    while chunks >= 0 and end < size:
        while end < size and text[end].isspace():
            end += 1
        while end < size and not text[end].isspace():
            end += 1
        chunks -= 1
    return end
