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
    """A content word or number and its position among all words of the sentence. ``word``: as written, folded."""

    stem: str
    number: bool
    position: int
    word: str


class Stems:
    """The words of one language, "en" or "fr"."""

    def __init__(self, language: str, lexicon: Lexicon, *, kept: int = MAX_KEPT) -> None:
        self.language = language
        self._kept = kept
        self._stop = _STOP[language]
        self._stemmer = snowballstemmer.stemmer(_ALGORITHM[language])
        self._lexicon = lexicon
        self._known: dict[str, tuple[str, str]] = {}

    def terms(self, sentence: str) -> list[Term]:
        """The terms in order. "1,000", "1 000" and "1000" are one number."""
        plain = _GROUPED.sub(lambda match: match[1] + re.sub(r"\D", "", match[2]), _plain(sentence))
        plain = _DECIMAL.sub(r"\1.\2", plain)
        found = []
        for position, word in enumerate(_WORDS.findall(plain)):
            if word[0].isdigit():
                found.append(Term(word, True, position, word))
                continue
            stem, folded = self._known.get(word) or self._learn(word)
            if stem:
                found.append(Term(stem, False, position, folded))
        return found

    def stem(self, word: str) -> str:
        """The stem of the lemma of a word in lower case: "doublent" and "doubleront" share one; "" of a stop word."""
        return (self._known.get(word) or self._learn(word))[0]

    def _learn(self, word: str) -> tuple[str, str]:
        """The stem ("" of a stop word) and the folded form of a word, remembered."""
        if len(self._known) >= self._kept:
            self._known.clear()
        folded = fold(word)
        stem = "" if folded in self._stop else self._stemmer.stemWord(fold(self._lexicon.lemma(word, self.language)))
        self._known[word] = stem, folded
        return stem, folded


def _plain(sentence: str) -> str:
    """Lower case with accents, which the tables need, in one spelling."""
    return unicodedata.normalize("NFC", sentence).lower().replace("\u00ad", "")
