"""Sums of mentions by issue: what terms lead to is the same however it is held, and goes as it came."""

from __future__ import annotations

from array import array
from collections import Counter, defaultdict
from datetime import UTC, datetime
from random import Random

from hypothesis import given, settings
from hypothesis import strategies as st

from route.similarity import Features, Vocabulary
from route.sums import Sums, Told

TERMS = "abcdef"
_told = st.lists(
    st.tuples(
        st.sampled_from(["i1", "i2", "i3"]),
        st.dictionaries(st.sampled_from(TERMS), st.integers(1, 255), min_size=1, max_size=4),
    ),
    min_size=1,
    max_size=12,
)


def told(number: int, issue: str, weights: dict[str, int]) -> Told:
    made = Features(tuple(weights), bytes(weights.values()), b"", array("I"), "")
    return Told(f"m{number}", "", issue, datetime(2026, 11, 23, tzinfo=UTC), made)


def everything(sums: Sums) -> dict[str, dict[str, float]]:
    """What a term adds in each issue, for a mention that has this term alone."""
    found: dict[str, dict[str, float]] = {}
    for key in TERMS:
        question = sums.asked(Features((key,), bytes([1]), b"", array("I"), ""))
        found[key] = {issue: value * weight for value, leads in question for issue, weight in leads.items()}
    return found


def expected(members: list[Told]) -> dict[str, dict[str, float]]:
    """The same by counting all mentions."""
    vocabulary = Vocabulary()
    vocabulary.documents = len(members)
    weights: dict[str, defaultdict[str, int]] = {key: defaultdict(int) for key in TERMS}
    for one in members:
        for key, weight in zip(one.features.terms, one.features.weights, strict=True):
            weights[key][one.issue] += weight
    frequency = Counter(key for one in members for key in one.features.terms)
    return {
        key: {issue: vocabulary.worth([key], [frequency[key]])[0] * weight for issue, weight in weights[key].items()}
        for key in TERMS
    }


@settings(max_examples=100, deadline=None)
@given(_told, st.randoms(use_true_random=False))
def test_sums_are_those_of_the_mentions_that_are_there(rows: list[tuple[str, dict[str, int]]], chance: Random) -> None:
    members = [told(number, issue, weights) for number, (issue, weights) in enumerate(rows)]
    sums = Sums(Vocabulary())
    for number, one in enumerate(members, 1):
        sums.add(one)
        assert everything(sums) == expected(members[:number])
    chance.shuffle(members)
    while members:
        sums.remove(members.pop())
        assert everything(sums) == expected(members)
    assert not any(everything(sums).values())


@settings(max_examples=100, deadline=None)
@given(_told)
def test_merged_issues_are_as_if_they_had_been_one(rows: list[tuple[str, dict[str, int]]]) -> None:
    members = [told(number, issue, weights) for number, (issue, weights) in enumerate(rows)]
    sums = Sums(Vocabulary())
    for one in members:
        sums.add(one)
    issues = sorted({one.issue for one in members})
    for gone in issues[1:]:
        between = sums.between(issues[0], gone, [one for one in members if one.issue == gone])
        assert between == sums.between(gone, issues[0], [one for one in members if one.issue == issues[0]])
        sums.merge(issues[0], gone, [one for one in members if one.issue == gone])
        assert everything(sums) == expected(members)
    for one in members:
        sums.remove(one)
    assert not any(everything(sums).values())
