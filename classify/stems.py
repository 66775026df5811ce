"""The content words of a sentence as stems of their lemmas, and its numbers in one spelling."""

from __future__ import annotations

import re
import unicodedata
from typing import NamedTuple

import snowballstemmer

from classify.lemmas import Lexicon
from classify.stopwords import ENGLISH, FRENCH
from classify.text import WORD, fold

MAX_KEPT = 50_000
_ALGORITHM = {"en": "english", "fr": "french"}
_STOP = {"en": ENGLISH, "fr": FRENCH}
_GROUPED = re.compile(r"(?<![\d.,])(\d{1,3})((?:[ ,.\u00a0\u202f]\d{3})+)(?!\d)")
_DECIMAL = re.compile(r"(\d),(\d)")
_WORDS = re.compile(rf"\d+\.\d+|{WORD.pattern}")


class Term(NamedTuple):
    """A content word or number and its position among all words of the sentence."""

    stem: str
    number: bool
    position: int


class Stems:
    """The words of one language, "en" or "fr"."""

    def __init__(self, language: str, lexicon: Lexicon, *, kept: int = MAX_KEPT) -> None:
        self._kept = kept
        self._language = language
        self._stop = _STOP[language]
        self._stemmer = snowballstemmer.stemmer(_ALGORITHM[language])
        self._lexicon = lexicon
        self._known: dict[str, str] = {}

    def terms(self, sentence: str) -> list[Term]:
        """The terms in order. "1,000", "1 000" and "1000" are one number."""
        plain = _GROUPED.sub(lambda match: match[1] + re.sub(r"\D", "", match[2]), _plain(sentence))
        plain = _DECIMAL.sub(r"\1.\2", plain)
        return [
            Term(word if word[0].isdigit() else self.stem(word), word[0].isdigit(), position)
            for position, word in enumerate(_WORDS.findall(plain))
            if fold(word) not in self._stop
        ]

    def stem(self, word: str) -> str:
        """The stem of the lemma of a word in lower case, folded: "doublent" and "doubleront" share one."""
        known = self._known.get(word)
        if known is None:
            if len(self._known) >= self._kept:
                self._known.clear()
            known = self._known[word] = self._stem(word)
        return known

    def _stem(self, word: str) -> str:
        stemmed: str = self._stemmer.stemWord(fold(self._lexicon.lemma(word, self._language)))
        return stemmed


def _plain(sentence: str) -> str:
    """Lower case with accents, which the tables need, in one spelling."""
    return unicodedata.normalize("NFC", sentence).lower().replace("\u00ad", "")
