"""The claims of one file in one language, filed by their words, and how much each word says about which is meant."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence, Set
from functools import lru_cache
from heapq import nlargest
from math import log
from typing import NamedTuple

from classify.claims_text import grams, plain
from classify.polarity import negations
from classify.stems import Stems
from classify.stopwords import FREQUENT_WORDS

UNSEEN = 500
"""Claims that are imagined beside those of the file, so that a file of three claims weighs words sensibly, too."""
FREQUENT = 10
"""How many of them hold a word of every other piece of news."""
_FLAT, _SLOPE = 0.75, 1.2
"""b and k1 of BM25, the usual ones."""
MAX_LOOKED_UP = 2_000
"""Entries of the index that one look-up reads before frequent words only add to what is found."""


class Said(NamedTuple):
    """One claim. ``words``: its content stems, numbers included; ``weight``: of its words, about 1 for each."""

    words: frozenset[str]
    numbers: frozenset[str]
    grams: frozenset[str]
    negated: bool
    weight: float
    gram_weight: float


class Shelf:
    """Claims of one language; a claim is known by its place in ``says``. Immutable."""

    def __init__(self, says: Sequence[str], stems: Stems) -> None:
        terms = [stems.terms(plain(text)) for text in says]
        words = [frozenset(term.stem for term in found) for found in terms]
        spelt = [grams(term.word for term in found) for found in terms]
        frequent = {stems.stem(word): FREQUENT for word in FREQUENT_WORDS}
        self._weights = _weights(words, frequent)
        self._gram_weights = _weights(spelt, {})
        self.said = tuple(
            Said(
                words[number],
                frozenset(term.stem for term in found if term.number),
                spelt[number],
                negations(says[number]) % 2 == 1,
                self.weight(words[number]),
                self.gram_weight(spelt[number]),
            )
            for number, found in enumerate(terms)
        )
        self.mean_length = sum(map(len, words)) / max(1, len(words)) or 1.0
        self._places: dict[str, list[tuple[int, float]]] = {}
        for number, held in enumerate(words):
            for word in held:
                self._places.setdefault(word, []).append((number, self._weights[word] * self.shortness(number)))

    def weight(self, words: Iterable[str]) -> float:
        """What these words of claims weigh: about 1 for each, less for those of many claims."""
        return sum(map(self._weights.__getitem__, words))

    def heaviest(self, words: Iterable[str]) -> float:
        """The weight of the rarest of these words of claims."""
        return max(map(self._weights.__getitem__, words), default=0.0)

    def gram_weight(self, pieces: Iterable[str]) -> float:
        """What these runs of characters of claims weigh."""
        return sum(map(self._gram_weights.__getitem__, pieces))

    def known_grams(self, words: Iterable[str]) -> set[str]:
        """The runs of characters of these folded words that a claim has."""
        found: set[str] = set()
        for word in words:
            found |= _grams_of(word)
        return found & self._gram_weights.keys()

    def candidates(self, stems: Set[str], most: int) -> list[int]:
        """At most ``most`` claims, those that share most weight with these stems first. Rare words look first."""
        shared = sorted(stems & self._places.keys(), key=lambda stem: (len(self._places[stem]), stem))
        found: dict[int, float] = {}
        read = 0
        for stem in shared:
            places = self._places[stem]
            read += len(places)
            if read > MAX_LOOKED_UP and len(found) >= most:
                break
            for number, weight in places:
                found[number] = found.get(number, 0.0) + weight
        return nlargest(most, found, key=found.__getitem__)

    def shortness(self, number: int) -> float:
        """By how much the shared words of a claim count, as in BM25: a long claim shares words more easily."""
        return (1 + _SLOPE) / (1 + _SLOPE * (1 - _FLAT + _FLAT * len(self.said[number].words) / self.mean_length))


@lru_cache(maxsize=20_000)
def _grams_of(word: str) -> frozenset[str]:
    return grams((word,))


def _weights(held: Sequence[Collection[str]], known: Mapping[str, int]) -> dict[str, float]:
    """Inverse document frequency, 1 for what one claim alone has."""
    counts = Counter(one for each in held for one in each)
    total = len(held) + UNSEEN
    top = log(1 + total / 1.5)
    return {one: log(1 + (total - count) / (count + known.get(one, 0) + 0.5)) / top for one, count in counts.items()}
