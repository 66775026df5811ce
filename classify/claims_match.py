"""Whether a sentence repeats a claim, as a probability; what speaks against it beyond doubt rules it out.

A claim is ruled out by a sentence that asks, that lacks one of its numbers, or that says it with the other polarity.
The weights were learnt on posts whose claim people had named (docs/decisions/0017-claims-ranking.md).
"""

from __future__ import annotations

from math import exp, log
from typing import NamedTuple

from classify.claims_rank import in_sentences
from classify.claims_shelf import Said, Shelf
from classify.claims_text import Reading, Sentence, grams

LEAST_WORDS = 2
"""Content words that a claim needs: one word repeats no statement."""
SHORT = 5.0
"""Weight of the words under which a claim is short: every one of them matters."""
SHORT_SHARE = 0.74
"""Share of a short claim's weight that a sentence must hold: three words of four."""
_LOOSE = 12
"""Words beside the claim's own that may stand between its words before the sentence suffers."""
CLOSELY = 5
"""Sentences that are compared closely with a claim: those that share the heaviest words."""


class Likeness(NamedTuple):
    """How a sentence and a claim are alike. ``shared``: logarithm of the weight of the shared words; ``spelt``: share
    of the claim's runs of characters; ``around``: share of the claim's words in the whole text; ``pure``: share of
    the sentence's words that are the claim's."""

    shared: float
    spelt: float
    around: float
    pure: float


WEIGHTS = Likeness(shared=1.82, spelt=2.71, around=5.54, pure=2.02)
_BASE = -7.33


class Match(NamedTuple):
    """The sentence (its number in the reading) that repeats a claim best."""

    sentence: int
    score: float


def match(shelf: Shelf, number: int, reading: Reading) -> Match | None:
    """The best sentence for a claim, the earlier of two alike; None where each is ruled out."""
    said = shelf.said[number]
    found = [
        Match(place, _probability(likeness) * _together(said, reading.sentences[place]))
        for place, likeness in likenesses(shelf, number, reading)
    ]
    return max(found, key=lambda one: (one.score, -one.sentence), default=None)


def likenesses(shelf: Shelf, number: int, reading: Reading) -> list[tuple[int, Likeness]]:
    """What the score is made of, for each sentence that is not ruled out."""
    said = shelf.said[number]
    if len(said.words) < LEAST_WORDS:
        return []
    present = said.words & reading.where.keys()
    around = shelf.weight(present) / said.weight
    if around < _needed(said):
        return []
    held = sorted(in_sentences(shelf, present, reading).items(), key=lambda one: (-one[1], one[0]))
    fitting = ((place, weight) for place, weight in held if _may_repeat(said, reading.sentences[place], weight))
    return [
        (place, _likeness(shelf, said, reading.sentences[place], weight, around))
        for (place, weight), _ in zip(fitting, range(CLOSELY), strict=False)
    ]


def _may_repeat(said: Said, sentence: Sentence, weight: float) -> bool:
    return (
        len(said.words & sentence.stems) >= LEAST_WORDS
        and said.numbers <= sentence.stems
        and weight >= _needed(said) * said.weight
        and not sentence.asks
        and sentence.denies == said.negated
    )


def _needed(said: Said) -> float:
    return SHORT_SHARE if said.weight < SHORT else 0.0


def _likeness(shelf: Shelf, said: Said, sentence: Sentence, weight: float, around: float) -> Likeness:
    shared = said.words & sentence.stems
    pieces = grams(term.word for term in sentence.terms) & said.grams
    return Likeness(
        shared=log(1 + weight),
        spelt=shelf.gram_weight(pieces) / said.gram_weight,
        around=around,
        pure=len(shared) / len(sentence.stems),
    )


def _together(said: Said, sentence: Sentence) -> float:
    """1 where the shared words stand together, down to 0.5 where they are scattered over a long sentence."""
    slack = max(0, _spread(sentence, said.words & sentence.stems) - len(said.words) - _LOOSE)
    return 1 - min(0.5, 0.03 * slack)


def _spread(sentence: Sentence, shared: frozenset[str]) -> int:
    """The fewest words in a row that hold every shared stem."""
    last: dict[str, int] = {}
    best = sentence.terms[-1].position + 1
    for term in sentence.terms:
        if term.stem in shared:
            last[term.stem] = term.position
            if len(last) == len(shared):
                best = min(best, term.position - min(last.values()) + 1)
    return best


def _probability(likeness: Likeness) -> float:
    total = _BASE + sum(weight * value for weight, value in zip(WEIGHTS, likeness, strict=True))
    return 1 / (1 + exp(-total))
