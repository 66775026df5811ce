"""The smallest team, against brute force."""

from __future__ import annotations

from itertools import combinations

from hypothesis import given, settings
from hypothesis import strategies as st

from route.cover import Candidate, smallest_team


def value(team: tuple[Candidate, ...], needs: int, wishes: int) -> tuple[object, ...]:
    """What makes one team better than another; the smaller the better."""
    covered = 0
    for one in team:
        covered |= one.mask
    return (
        (needs & ~covered).bit_count(),
        len(team),
        -(wishes & covered).bit_count(),
        -sum(one.rank for one in team),
        sum(one.load for one in team),
        sorted(one.id for one in team),
    )


def brute_force(candidates: list[Candidate], needs: int, wishes: int) -> tuple[Candidate, ...]:
    teams = (team for size in range(len(candidates) + 1) for team in combinations(candidates, size))
    best = min(teams, key=lambda team: value(team, needs, wishes))
    return tuple(sorted(best, key=lambda one: one.id))


people = st.lists(st.tuples(st.integers(0, 63), st.integers(0, 3), st.integers(0, 3)), min_size=0, max_size=9).map(
    lambda rows: [Candidate(f"p{number}", *row) for number, row in enumerate(rows)]
)


@settings(max_examples=100, deadline=None)
@given(people, st.integers(0, 31), st.booleans())
def test_it_is_what_brute_force_finds(candidates: list[Candidate], needs: int, wish: bool) -> None:
    wishes = 32 if wish else 0
    assert smallest_team(candidates, needs, wishes) == brute_force(candidates, needs, wishes)
    assert smallest_team(candidates[::-1], needs, wishes) == brute_force(candidates, needs, wishes)


def test_two_hats_on_one_head_beat_two_heads() -> None:
    apart = [Candidate("a", 0b001, 3, 0), Candidate("b", 0b110, 3, 0)]
    assert [one.id for one in smallest_team([*apart, Candidate("z", 0b111, 0, 9)], 0b111)] == ["z"]


def test_a_wish_decides_between_teams_of_one_size_but_never_makes_one_bigger() -> None:
    candidates = [Candidate("expert", 0b01, 3, 0), Candidate("lead", 0b11, 0, 5), Candidate("aside", 0b10, 3, 0)]
    assert [one.id for one in smallest_team(candidates, 0b01, 0b10)] == ["lead"]
    assert [one.id for one in smallest_team([candidates[0], candidates[2]], 0b01, 0b10)] == ["expert"]


def test_nobody_and_nothing() -> None:
    assert smallest_team([], 0b11) == ()
    assert smallest_team([Candidate("a", 1, 3, 0)], 0) == ()
    assert smallest_team([Candidate("a", 4, 3, 0)], 0b11) == ()
