"""Issues as sums of their mentions: the average likeness of a mention to an issue, or of two issues, costs as much as
that of two mentions. Pure, in memory.

An issue of many mentions tells more sides of its story, and they have fewer words in common on average; so from
``MANY`` mentions on the average counts for more.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from heapq import nlargest
from math import fsum, sqrt

from route.similarity import ONE, Features, Vocabulary

MANY = 8
OFTEN = 300
"""A term of more issues than this leads nowhere in particular."""
VISITED = 200
"""Entries of the index that are looked at for a mention, those of its weightiest terms first."""

NOWHERE: Mapping[str, int] = {}

Question = list[tuple[float, Mapping[str, int]]]
"""What each term of a mention adds, with the weight it has in each issue that has it; those that add most first."""


@dataclass(slots=True, eq=False)
class Told:
    """A mention in its issue."""

    mention: str
    title: str
    issue: str
    seen: datetime
    features: Features


class Sums:
    """The issues of one file by the terms of their mentions: a term leads to its issues, with its weight in each.

    Most terms are in one mention only; they lead to it, which takes no memory of their own.
    """

    def __init__(self, vocabulary: Vocabulary) -> None:
        self._vocabulary = vocabulary
        self._only: dict[str, Told] = {}
        self._leads: dict[str, dict[str, int]] = {}
        self._sizes: dict[str, int] = {}
        self._shares: dict[str, float] = {}

    def add(self, told: Told) -> None:
        """One more mention."""
        issue, made, leads, only = told.issue, told.features, self._leads, self._only
        for key, weight in zip(made.terms, made.weights, strict=True):
            theirs = leads.get(key)
            if theirs is not None:
                theirs[issue] = theirs.get(issue, 0) + weight
            elif key in only:
                theirs = leads[key] = _led(key, only.pop(key))
                theirs[issue] = theirs.get(issue, 0) + weight
            else:
                only[key] = told
        self._resize(issue, self._sizes.get(issue, 0) + 1)
        self._vocabulary.add(made.terms)

    def remove(self, told: Told) -> None:
        """One mention less."""
        issue, made = told.issue, told.features
        self._vocabulary.remove(made.terms)
        for key, weight in zip(made.terms, made.weights, strict=True):
            theirs = self._leads.get(key)
            if theirs is None:
                del self._only[key]
                continue
            theirs[issue] -= weight
            if not theirs[issue]:
                self._unlead(key, theirs, issue)
        self._resize(issue, self._sizes[issue] - 1)

    def merge(self, kept: str, gone: str, members: Iterable[Told]) -> None:
        """All mentions of one, its ``members``, in the other."""
        members = list(members)
        for key in _terms(members):
            theirs = self._leads.get(key)
            if theirs is not None:
                theirs[kept] = theirs.get(kept, 0) + theirs.pop(gone)
        for told in members:
            told.issue = kept
        self._resize(kept, self._sizes.get(kept, 0) + self._sizes[gone])
        self._resize(gone, 0)

    def _unlead(self, key: str, theirs: dict[str, int], issue: str) -> None:
        del theirs[issue]
        if not theirs:
            del self._leads[key]

    def _resize(self, issue: str, size: int) -> None:
        if size:
            self._sizes[issue], self._shares[issue] = size, _factor(1, size)
        else:
            del self._sizes[issue], self._shares[issue]

    def asked(self, made: Features) -> Question:
        """The terms of a mention that any issue has."""
        worth = self._vocabulary.worth(made.terms)
        found = [(weight * value, key) for key, weight, value in zip(made.terms, made.weights, worth, strict=True)]
        found.sort(reverse=True)
        return [(value, leads) for value, leads in [(value, self._of(key)) for value, key in found] if leads]

    def _of(self, key: str) -> Mapping[str, int]:
        """The issues that a term leads to."""
        theirs = self._leads.get(key)
        if theirs is not None:
            return theirs
        told = self._only.get(key)
        return _led(key, told) if told else NOWHERE

    def promising(self, question: Question, most: int) -> list[str]:
        """The issues with most in common by the terms of few issues, best first."""
        found: dict[str, float] = {}
        visited = 0
        for value, leads in question:
            if len(leads) > OFTEN:
                continue
            visited += len(leads)
            if visited > VISITED:
                break
            for issue, weight in leads.items():
                found[issue] = found.get(issue, 0.0) + value * weight
        shares = self._shares
        return [
            issue for _, issue in nlargest(most, [(value * shares[issue], issue) for issue, value in found.items()])
        ]

    def likeness(self, question: Question, issue: str) -> float:
        """Of a mention and an issue; 0 to 1."""
        total = sum([value * leads[issue] for value, leads in question if issue in leads])
        return _bounded(total * self._shares[issue])

    def between(self, one: str, other: str, members: Iterable[Told]) -> float:
        """The likeness of two issues. ``members``: the mentions of one of them, best of that which has fewer."""
        found = [(key, self._leads.get(key, NOWHERE)) for key in _terms(members)]
        shared = [(key, leads[one] * leads[other]) for key, leads in found if one in leads and other in leads]
        worth = self._vocabulary.worth([key for key, _ in shared])
        total = fsum(both * value for (_, both), value in zip(shared, worth, strict=True))
        return _bounded(total * _factor(self._sizes[one], self._sizes[other]))


def _led(key: str, told: Told) -> dict[str, int]:
    made = told.features
    return {told.issue: made.weights[made.terms.index(key)]}


def _terms(members: Iterable[Told]) -> Iterable[str]:
    """Each term once."""
    return dict.fromkeys(key for told in members for key in told.features.terms)


def _bounded(score: float) -> float:
    return round(min(1.0, score), 6)


def _factor(one: int, other: int) -> float:
    both = one + other
    return (sqrt(both / MANY) if both > MANY else 1.0) / (one * other * ONE * ONE)
