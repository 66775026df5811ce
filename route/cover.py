"""The smallest team, exactly: a set cover over bitmasks. Pure.

Layer by layer (teams of one, of two, ...) it keeps, for each set of needs covered, only the best team of that size.
That loses nothing: what makes one team better than another of equal size and cover is still better after both get the
same further member. So the first layer that covers everything holds the optimum.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Candidate:
    """Somebody available. ``mask``: the needs they cover, one bit each; ``rank``: expertise; ``load``: open items."""

    id: str
    mask: int
    rank: int
    load: int


@dataclass(frozen=True, slots=True)
class _Partial:
    rank: int
    load: int
    members: tuple[Candidate, ...]

    def key(self) -> tuple[int, int, list[str]]:
        return (-self.rank, self.load, sorted(member.id for member in self.members))

    def better_than(self, other: _Partial | None) -> bool:
        return other is None or self.key() < other.key()


def smallest_team(candidates: Iterable[Candidate], needs: int, wishes: int = 0) -> tuple[Candidate, ...]:
    """The best team, sorted by id: first the fewest ``needs`` unmet, then the fewest people, then the most ``wishes``
    met, then the highest sum of ranks, then the lowest sum of loads, then the first ids in order. At most one wish.
    """
    best = _best_of_each_mask(candidates, needs, wishes)
    coverable = 0
    for candidate in best:
        coverable |= candidate.mask & needs
    layer: dict[int, _Partial] = {0: _Partial(0, 0, ())}
    while not any(mask & needs == coverable for mask in layer):
        layer = _next_layer(layer, best, coverable, needs | wishes)
    done = [(mask, team) for mask, team in layer.items() if mask & needs == coverable]
    _, team = min(done, key=lambda found: (not found[0] & wishes, found[1].key()))
    return tuple(sorted(team.members, key=lambda member: member.id))


def _best_of_each_mask(candidates: Iterable[Candidate], needs: int, wishes: int) -> list[Candidate]:
    """Two people who cover the same are never both on a smallest team, so the better one is enough."""
    best: dict[int, Candidate] = {}
    for candidate in candidates:
        mask = candidate.mask & (needs | wishes)
        known = best.get(mask)
        if mask & needs and (known is None or _order(candidate) < _order(known)):
            best[mask] = candidate
    return list(best.values())


def _order(candidate: Candidate) -> tuple[int, int, str]:
    return (-candidate.rank, candidate.load, candidate.id)


def _next_layer(
    layer: dict[int, _Partial], candidates: list[Candidate], coverable: int, counted: int
) -> dict[int, _Partial]:
    following: dict[int, _Partial] = {}
    for mask, team in layer.items():
        missing = coverable & ~mask
        bit = missing & -missing
        for candidate in candidates:
            if candidate.mask & bit:
                covered = mask | (candidate.mask & counted)
                grown = _Partial(team.rank + candidate.rank, team.load + candidate.load, (*team.members, candidate))
                if grown.better_than(following.get(covered)):
                    following[covered] = grown
    return following
