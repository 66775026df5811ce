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


@dataclass(slots=True)
class Spread:
    """Where a term of several issues leads to: its weight in each. ``count``: how many mentions have it."""

    issues: dict[str, int]
    count: int


Lead = Told | tuple[str, int, int] | Spread
"""Where a term leads to: the one mention that has it; or the one issue that all of its mentions are in, its weight
there and how many they are; or several issues. Most terms are of the first kind, most others of the second, and a
dictionary for each of them would be most of the memory."""


class Sums:
    """The issues of one file by the terms of their mentions: a term leads to its issues, with its weight in each."""

    def __init__(self, vocabulary: Vocabulary) -> None:
        self._vocabulary = vocabulary
        self._leads: dict[str, Lead] = {}
        self._sizes: dict[str, int] = {}
        self._shares: dict[str, float] = {}

    def add(self, told: Told) -> None:
        """One more mention."""
        made, leads = told.features, self._leads
        for key, weight in zip(made.terms, made.weights, strict=True):
            lead = leads.get(key)
            leads[key] = told if lead is None else _joined(_opened(lead, key), told.issue, weight)
        self._resize(told.issue, self._sizes.get(told.issue, 0) + 1)
        self._vocabulary.documents += 1

    def remove(self, told: Told) -> None:
        """One mention less."""
        made, leads = told.features, self._leads
        for key, weight in zip(made.terms, made.weights, strict=True):
            lead = leads[key]
            if _count(lead) == 1:
                del leads[key]
            else:
                leads[key] = _left(_opened(lead, key), told.issue, weight)
        self._resize(told.issue, self._sizes[told.issue] - 1)
        self._vocabulary.documents -= 1

    def merge(self, kept: str, gone: str, members: Iterable[Told]) -> None:
        """All mentions of one, its ``members``, in the other."""
        members = list(members)
        for key in _terms(members):
            lead = self._leads[key]
            if isinstance(lead, tuple):
                self._leads[key] = (kept, lead[1], lead[2])
            elif isinstance(lead, Spread):
                lead.issues[kept] = lead.issues.get(kept, 0) + lead.issues.pop(gone)
                self._leads[key] = _closed(lead)
        for told in members:
            told.issue = kept
        self._resize(kept, self._sizes.get(kept, 0) + self._sizes[gone])
        self._resize(gone, 0)

    def _resize(self, issue: str, size: int) -> None:
        if size:
            self._sizes[issue], self._shares[issue] = size, _factor(1, size)
        else:
            del self._sizes[issue], self._shares[issue]

    def asked(self, made: Features) -> Question:
        """The terms of a mention that any issue has."""
        leads = self._leads
        pairs = [(key, weight) for key, weight in zip(made.terms, made.weights, strict=True) if key in leads]
        worth = self._vocabulary.worth([key for key, _ in pairs], [_count(leads[key]) for key, _ in pairs])
        found = [(weight * value, key) for (key, weight), value in zip(pairs, worth, strict=True)]
        found.sort(reverse=True)
        return [(value, _issues(leads[key], key)) for value, key in found]

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
        shared: dict[str, int] = {}
        counts: list[int] = []
        for key in _terms(members):
            lead = self._leads[key]
            if isinstance(lead, Spread) and one in lead.issues and other in lead.issues:
                shared[key] = lead.issues[one] * lead.issues[other]
                counts.append(lead.count)
        worth = self._vocabulary.worth(list(shared), counts)
        total = fsum(both * value for both, value in zip(shared.values(), worth, strict=True))
        return _bounded(total * _factor(self._sizes[one], self._sizes[other]))


def _count(lead: Lead) -> int:
    """How many mentions have the term."""
    return lead[2] if isinstance(lead, tuple) else 1 if isinstance(lead, Told) else lead.count


def _weight(told: Told, key: str) -> int:
    return told.features.weights[told.features.terms.index(key)]


def _issues(lead: Lead, key: str) -> Mapping[str, int]:
    """The issues that a term leads to."""
    if isinstance(lead, Told):
        return {lead.issue: _weight(lead, key)}
    return {lead[0]: lead[1]} if isinstance(lead, tuple) else lead.issues


def _opened(lead: Lead, key: str) -> tuple[str, int, int] | Spread:
    """A lead that a second mention follows."""
    return (lead.issue, _weight(lead, key), 1) if isinstance(lead, Told) else lead


def _joined(lead: tuple[str, int, int] | Spread, issue: str, weight: int) -> Lead:
    """With one more mention, of this issue."""
    if isinstance(lead, tuple):
        only, known, count = lead
        return (only, known + weight, count + 1) if only == issue else Spread({only: known, issue: weight}, count + 1)
    lead.issues[issue] = lead.issues.get(issue, 0) + weight
    lead.count += 1
    return lead


def _left(lead: tuple[str, int, int] | Spread, issue: str, weight: int) -> Lead:
    """With one mention less, of this issue; it is not the last one."""
    if isinstance(lead, tuple):
        return (issue, lead[1] - weight, lead[2] - 1)
    lead.count -= 1
    lead.issues[issue] -= weight
    if not lead.issues[issue]:
        del lead.issues[issue]
    return _closed(lead)


def _closed(lead: Spread) -> Lead:
    """Smaller, if only one issue is left."""
    if len(lead.issues) > 1:
        return lead
    ((issue, weight),) = lead.issues.items()
    return (issue, weight, lead.count)


def _terms(members: Iterable[Told]) -> Iterable[str]:
    """Each term once."""
    return dict.fromkeys(key for told in members for key in told.features.terms)


def _bounded(score: float) -> float:
    return round(min(1.0, score), 6)


def _factor(one: int, other: int) -> float:
    both = one + other
    return (sqrt(both / MANY) if both > MANY else 1.0) / (one * other * ONE * ONE)
