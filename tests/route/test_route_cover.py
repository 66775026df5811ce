"""The best team, against brute force."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from route.cover import Apart, Candidate, smallest_team

APART = Apart(approve=0b01, draft=0b110)


def value(
    team: tuple[Candidate, ...], needs: int, wishes: int, apart: Apart | None, base: Sequence[Candidate] = ()
) -> tuple[object, ...]:
    """What makes one team better than another; the smaller the better."""
    covered = 0
    for one in (*team, *base):
        covered |= one.mask & (needs | wishes)
    separate = apart is None or any(
        a is not d and a.mask & apart.approve & needs and d.mask & apart.draft & needs
        for a in (*team, *base)
        for d in (*team, *base)
    )
    return (
        (needs & ~covered).bit_count() + (not separate),
        sum(one.full for one in team),
        len(team),
        -(wishes & covered).bit_count(),
        -sum(one.rank for one in team),
        sum(one.load for one in team),
        sorted(one.id for one in team),
    )


def brute_force(
    candidates: list[Candidate], needs: int, wishes: int, apart: Apart | None, base: Sequence[Candidate] = ()
) -> tuple[Candidate, ...]:
    teams = (team for size in range(len(candidates) + 1) for team in combinations(candidates, size))
    best = min(teams, key=lambda team: value(team, needs, wishes, apart, base))
    return tuple(sorted(best, key=lambda one: one.id))


def people(most: int, prefix: str = "p") -> st.SearchStrategy[list[Candidate]]:
    row = st.tuples(st.integers(0, 63), st.integers(0, 3), st.integers(0, 3), st.booleans())
    return st.lists(row, max_size=most).map(
        lambda rows: [Candidate(f"{prefix}{n}", *row) for n, row in enumerate(rows)]
    )


@settings(max_examples=100, deadline=None)
@given(people(9), st.integers(0, 31), st.booleans(), st.sampled_from([None, APART]))
def test_it_is_what_brute_force_finds(candidates: list[Candidate], needs: int, wish: bool, apart: Apart | None) -> None:
    wishes, needs = 32 if wish else 0, needs | (0b111 if apart else 0)
    best = brute_force(candidates, needs, wishes, apart)
    assert smallest_team(candidates, needs, wishes, apart=apart) == best
    assert smallest_team(candidates[::-1], needs, wishes, apart=apart) == best


@settings(max_examples=100, deadline=None)
@given(people(6), people(3, "b"), st.booleans(), st.sampled_from([None, APART]))
def test_beside_a_base_it_adds_what_brute_force_adds(
    candidates: list[Candidate], base: list[Candidate], wish: bool, apart: Apart | None
) -> None:
    wishes, needs = 32 if wish else 0, 0b11111
    best = brute_force(candidates, needs, wishes, apart, base)
    assert smallest_team([*candidates, *base], needs, wishes, apart=apart, base=base) == best


few_masks = st.lists(
    st.tuples(st.sampled_from([0b111, 0b011, 0b101, 0b1110, 0b1000, 0b1001]), st.integers(0, 6), st.just(0)), max_size=7
).map(lambda rows: [Candidate(f"p{n}", *row) for n, row in enumerate(rows)])


@settings(max_examples=100, deadline=None)
@given(few_masks)
def test_two_duties_on_two_heads_where_many_can_do_both(candidates: list[Candidate]) -> None:
    assert smallest_team(candidates, 0b1111, apart=APART) == brute_force(candidates, 0b1111, 0, APART)


def test_two_hats_on_one_head_beat_two_heads() -> None:
    apart = [Candidate("a", 0b001, 3, 0), Candidate("b", 0b110, 3, 0)]
    assert [one.id for one in smallest_team([*apart, Candidate("z", 0b111, 0, 9)], 0b111)] == ["z"]


def test_who_approves_does_not_draft() -> None:
    everything, drafts, helps = Candidate("z", 0b111, 3, 0), Candidate("b", 0b010, 0, 9), Candidate("a", 0b1000, 3, 0)
    chosen = smallest_team([everything, drafts, helps], 0b111, apart=APART)
    assert [one.id for one in chosen] == ["b", "z"]
    assert [one.id for one in smallest_team([everything, helps], 0b111, apart=APART)] == ["z"], "nobody else drafts"
    assert smallest_team([everything, drafts], 0b111, apart=APART, base=[everything]) == (drafts,)


def test_a_wish_decides_between_teams_of_one_size_but_never_makes_one_bigger() -> None:
    candidates = [Candidate("expert", 0b01, 3, 0), Candidate("lead", 0b11, 0, 5), Candidate("aside", 0b10, 3, 0)]
    assert [one.id for one in smallest_team(candidates, 0b01, 0b10)] == ["lead"]
    assert [one.id for one in smallest_team([candidates[0], candidates[2]], 0b01, 0b10)] == ["expert"]


def test_two_with_room_go_before_one_who_is_full() -> None:
    full, first, second = Candidate("f", 0b11, 3, 9, True), Candidate("a", 0b01, 0, 0), Candidate("b", 0b10, 0, 0)
    assert smallest_team([full, first, second], 0b11) == (first, second)
    assert smallest_team([full, first], 0b11) == (full,), "not the two of them: one is enough"


@pytest.mark.parametrize("people", [[], [Candidate("a", 4, 3, 0)]])
def test_nobody_and_nothing(people: list[Candidate]) -> None:
    assert smallest_team(people, 0b11) == ()
    assert smallest_team([Candidate("a", 1, 3, 0)], 0) == ()
