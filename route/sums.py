"""Issues as sums of their mentions: the average likeness of a mention to an issue, or of two issues, costs as much as
that of two mentions. Pure, in memory.

An issue of many mentions tells more sides of its story, and they have fewer words in common on average; so from
``MANY`` mentions on the average counts for more.
"""

from __future__ import annotations

from collections import defaultdict
from heapq import nlargest
from math import sqrt

from route.similarity import ONE, Features, Vocabulary

MANY = 8
OFTEN = 300
"""A term of more issues than this leads nowhere in particular."""
VISITED = 300
"""Entries of the index that are looked at for a mention, those of its weightiest terms first."""

Question = list[tuple[float, str]]


class Sums:
    """The issues of one file by the terms of their mentions."""

    def __init__(self, vocabulary: Vocabulary) -> None:
        self._vocabulary = vocabulary
        self._terms: dict[str, dict[str, int]] = {}
        self._sizes: dict[str, int] = {}
        self._leads: defaultdict[str, list[str]] = defaultdict(list)

    def add(self, issue: str, made: Features) -> None:
        """One more mention."""
        terms = self._terms.setdefault(issue, {})
        self._sizes[issue] = self._sizes.get(issue, 0) + 1
        for key, weight in zip(made.terms, made.weights, strict=True):
            if key in terms:
                terms[key] += weight
            else:
                terms[key] = weight
                self._leads[key].append(issue)
        self._vocabulary.add(made.terms)

    def remove(self, issue: str, made: Features) -> None:
        """One mention less."""
        self._vocabulary.remove(made.terms)
        self._sizes[issue] -= 1
        terms = self._terms[issue]
        for key, weight in zip(made.terms, made.weights, strict=True):
            left = terms[key] - weight
            if left:
                terms[key] = left
            else:
                del terms[key]
                self._unlead(key, issue)
        if not self._sizes[issue]:
            del self._sizes[issue], self._terms[issue]

    def merge(self, kept: str, gone: str) -> None:
        """All mentions of one in the other."""
        self._sizes[kept] = self._sizes.get(kept, 0) + self._sizes.pop(gone)
        terms = self._terms.setdefault(kept, {})
        for key, weight in self._terms.pop(gone).items():
            self._unlead(key, gone)
            if key not in terms:
                self._leads[key].append(kept)
            terms[key] = terms.get(key, 0) + weight

    def _unlead(self, key: str, issue: str) -> None:
        leads = self._leads[key]
        leads.remove(issue)
        if not leads:
            del self._leads[key]

    def asked(self, made: Features) -> Question:
        """The terms of a mention with what each adds where an issue has it, those that add most first."""
        worth = self._vocabulary.worth(made.terms)
        found = [(weight * value, key) for key, weight, value in zip(made.terms, made.weights, worth, strict=True)]
        return sorted(found, reverse=True)

    def promising(self, question: Question, most: int) -> list[str]:
        """The issues with most in common by the terms of few issues, best first."""
        found: defaultdict[str, float] = defaultdict(float)
        visited = 0
        for value, key in question:
            leads = self._leads.get(key, ())
            if len(leads) > OFTEN:
                continue
            visited += len(leads)
            if visited > VISITED:
                break
            for issue in leads:
                found[issue] += value * self._terms[issue][key]
        scored = [(value * self._factor(1, self._sizes[issue]), issue) for issue, value in found.items()]
        return [issue for _, issue in nlargest(most, scored)]

    def likeness(self, question: Question, issue: str) -> float:
        """Of a mention and an issue; 0 to about 1."""
        theirs = self._terms[issue]
        return self._scaled(
            sum([value * theirs[key] for value, key in question if key in theirs]), 1, self._sizes[issue]
        )

    def between(self, one: str, other: str) -> float:
        """The likeness of two issues."""
        small, large = sorted((self._terms[one], self._terms[other]), key=len)
        shared = [key for key in small if key in large]
        worth = self._vocabulary.worth(shared)
        total = sum([small[key] * large[key] * value for key, value in zip(shared, worth, strict=True)])
        return self._scaled(total, self._sizes[one], self._sizes[other])

    def _scaled(self, total: float, one: int, other: int) -> float:
        return round(min(1.0, total * self._factor(one, other)), 6)

    def _factor(self, one: int, other: int) -> float:
        both = one + other
        return (sqrt(both / MANY) if both > MANY else 1.0) / (one * other * ONE * ONE)
