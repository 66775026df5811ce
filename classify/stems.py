"""The content words of a sentence as stems, and its numbers in one spelling."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import NamedTuple

import snowballstemmer

from classify.stopwords import ENGLISH, FRENCH
from classify.text import WORD, fold

_ALGORITHM = {"en": "english", "fr": "french"}
_STOP = {"en": ENGLISH, "fr": FRENCH}
_GROUPED = re.compile(r"(?<![\d.,])(\d{1,3})((?:[ ,.]\d{3})+)(?!\d)")
_DECIMAL = re.compile(r"(\d),(\d)")


class Term(NamedTuple):
    """A content word or number and its position among all words of the sentence."""

    stem: str
    number: bool
    position: int


def terms(sentence: str, language: str) -> list[Term]:
    """The terms in order. ``language``: "en" or "fr". "1,000", "1 000" and "1000" are one number."""
    plain = _DECIMAL.sub(r"\1.\2", _GROUPED.sub(lambda match: match[1] + re.sub(r"\D", "", match[2]), fold(sentence)))
    stop = _STOP[language]
    return [
        Term(word if word[0].isdigit() else stem(word, language), word[0].isdigit(), position)
        for position, word in enumerate(_WORDS.findall(plain))
        if word not in stop
    ]


_WORDS = re.compile(rf"\d+\.\d+|{WORD.pattern}")


@lru_cache(maxsize=50_000)
def stem(word: str, language: str) -> str:
    """The stem of a folded word. A stemmer keeps state while it works, so each call has its own: it is cheap."""
    stemmed: str = snowballstemmer.stemmer(_ALGORITHM[language]).stemWord(word)
    return stemmed
