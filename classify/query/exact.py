"""The exact form: whether the letters at a place are those that the query wrote.

Case, accents and signs must be as written. What nobody can see or type does not count: runs of white space are one
space, typographic apostrophes are ', soft hyphens and zero-width characters vanish, and a letter with its accent is
one whether the text has it in one character or two.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from typing import TypeAlias

from classify.document import Hit
from classify.text import WORD, Folded

REACH = 100
"""Characters beside a place that are compared with the signs before the first and behind the last written letter."""
Fits: TypeAlias = Callable[[tuple[Folded, Folded], Hit], bool]

_SEEN_AS = str.maketrans(
    {
        "\u2019": "'",
        "\u2018": "'",
        "\u201b": "'",
        "\u02bc": "'",
        **dict.fromkeys("\u00ad\u200b\u200c\u200d\u2060\ufeff"),
    }
)
_SPACE = re.compile(r"\s+")


def seen(text: str) -> str:
    """The text as a reader sees it."""
    return _SPACE.sub(" ", unicodedata.normalize("NFC", text.translate(_SEEN_AS)))


def as_written(written: str) -> Fits:
    """Whether a place, found by the folded words of ``written``, reads as written. ``written`` holds a letter."""
    folded = Folded(written)
    places = [match.span() for match in WORD.finditer(folded.folded)]
    start, end = folded.span(places[0][0], places[-1][1])
    before, core, behind = seen(written[:start]), seen(written[start:end]), seen(written[end:])

    def fits(fields: tuple[Folded, Folded], hit: Hit) -> bool:
        text = fields[hit.field == "text"].text
        return (
            seen(text[hit.start : hit.end]) == core
            and seen(text[max(0, hit.start - REACH) : hit.start]).endswith(before)
            and seen(text[hit.end : hit.end + REACH]).startswith(behind)
        )

    return fits
