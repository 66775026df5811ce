"""Which claims a text is most likely about, best first: words, their spelling, the best sentence and the beginning.

The weights were learnt on posts whose claim people had named (docs/decisions/0017-claims-ranking.md).
"""

from __future__ import annotations

from collections.abc import Sequence
from math import exp
from typing import NamedTuple

from classify.claims_shelf import Shelf
from classify.claims_text import Reading

LOOKED_AT = 25
"""Claims that are compared closely; they are those that share the heaviest words."""


class Nearness(NamedTuple):
    """How near a text is to a claim. ``words``: BM25 without repetitions; ``sentence``: the weight shared with the
    best sentence; ``spelling`` and ``spelt``: weight and share of the claim's runs of characters; ``head``: share of
    the claim that the beginning holds; ``rarest``: weight of the rarest shared word."""

    words: float
    sentence: float
    spelling: float
    spelt: float
    head: float
    rarest: float


WEIGHTS = Nearness(words=0.77, sentence=0.17, spelling=0.05, spelt=3.45, head=2.46, rarest=2.98)
_BASE = -9.49


def rank(shelf: Shelf, reading: Reading, limit: int) -> list[tuple[int, float]]:
    """At most ``limit`` claims that share a word with the text, best first, each with a score from 0 to 1."""
    found = nearnesses(shelf, reading, max(limit, LOOKED_AT))
    scored = [(number, _probability(nearness)) for number, nearness in found]
    return sorted(scored, key=lambda one: (-one[1], one[0]))[:limit]


def nearnesses(shelf: Shelf, reading: Reading, most: int) -> Sequence[tuple[int, Nearness]]:
    """What the score is made of, for the claims that share the heaviest words."""
    numbers = shelf.candidates(reading.where.keys(), most)
    pieces = shelf.known_grams(reading.words) if numbers else set()
    return [(number, _nearness(shelf, number, reading, pieces)) for number in numbers]


def _nearness(shelf: Shelf, number: int, reading: Reading, pieces: set[str]) -> Nearness:
    said = shelf.said[number]
    shared = said.words & reading.where.keys()
    weight = shelf.weight(shared)
    spelling = shelf.gram_weight(said.grams & pieces)
    return Nearness(
        words=weight * shelf.shortness(number),
        sentence=max(in_sentences(shelf, shared, reading).values(), default=0.0),
        spelling=spelling,
        spelt=spelling / said.gram_weight,
        head=shelf.weight(said.words & reading.head) / said.weight,
        rarest=shelf.heaviest(shared),
    )


def in_sentences(shelf: Shelf, shared: frozenset[str], reading: Reading) -> dict[int, float]:
    """The weight of these words in each sentence that holds one, by the number of the sentence."""
    found: dict[int, float] = {}
    for word in shared:
        weight = shelf.weight((word,))
        for number in reading.where[word]:
            found[number] = found.get(number, 0.0) + weight
    return found


def _probability(nearness: Nearness) -> float:
    total = _BASE + sum(weight * value for weight, value in zip(WEIGHTS, nearness, strict=True))
    return 1 / (1 + exp(-total))
