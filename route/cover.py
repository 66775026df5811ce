"""The best team, exactly: a set cover over bitmasks in which two duties may have to be on two heads. Pure.

What makes one team better than another, in this order: fewest needs unmet, fewest people who are full, fewest people,
a lead, the highest sum of ranks, the lowest sum of loads, the first ids.

Layer by layer (teams of one, of two, ...) it keeps, for each set of needs covered, only the best team of that size.
That loses nothing: what makes one team better than another of equal size and cover is still better after both get the
same further member. Where somebody else has to approve than who drafts, teams are also told apart by the one member
who could do either, as long as it is one: then that further member is on neither of the two.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple, TypeAlias


class Candidate(NamedTuple):
    """Somebody available. ``mask``: the needs they cover, one bit each; ``rank``: expertise; ``load``: open items;
    ``full``: they have no room for one more."""

    id: str
    mask: int
    rank: int
    load: int
    full: bool = False


class Apart(NamedTuple):
    """Two duties for two people: somebody with the need ``approve``, somebody else with one of the needs ``draft``."""

    approve: int
    draft: int

    def either(self, mask: int) -> bool:
        """Whether these needs let one do either."""
        return bool(mask & (self.approve | self.draft))

    def possible(self, team: Iterable[tuple[str, int]]) -> bool:
        """Whether these people, by id and needs, have two of whom one can approve and the other one draft."""
        union, heads = 0, set[str]()
        for name, mask in team:
            union |= mask
            if self.either(mask):
                heads.add(name)
        return bool(union & self.approve and union & self.draft) and len(heads) > 1


Cost: TypeAlias = tuple[int, int, int, tuple[str, ...]]
"""Of teams of one size: how many are full, the sum of ranks (negative), the sum of loads, the ids in order."""
State: TypeAlias = tuple[int, str, bool]
"""Needs covered; the one member who could draft or approve, if it is one; whether there are two of them."""
Partial: TypeAlias = tuple[Cost, tuple[Candidate, ...]]


def smallest_team(
    candidates: Iterable[Candidate],
    needs: int,
    wishes: int = 0,
    *,
    apart: Apart | None = None,
    base: Sequence[Candidate] = (),
) -> tuple[Candidate, ...]:
    """The best of the candidates, sorted by id. ``wishes``: at most one bit, of those who lead.

    ``base``: who is on the team already, beside whom as few as possible are added; they are not part of the result.
    ``apart`` counts as one need more. Its bits are among ``needs``.
    """
    own = {member.id for member in base}
    pool = [candidate for candidate in candidates if candidate.id not in own]
    start = _start(base, needs | wishes, apart)
    coverable = start[0] & needs
    for candidate in pool:
        coverable |= candidate.mask & needs
    if apart and not apart.possible((one.id, one.mask & needs) for one in (*base, *pool)):
        apart = None
    return _search(start, _worthwhile(pool, needs, wishes, apart), coverable, needs | wishes, apart, wishes)


def _start(base: Sequence[Candidate], counted: int, apart: Apart | None) -> State:
    mask = 0
    for member in base:
        mask |= member.mask & counted
    heads = [member.id for member in base if apart and apart.either(member.mask & counted)]
    return mask, heads[0] if len(heads) == 1 else "", len(heads) > 1


def _worthwhile(candidates: Iterable[Candidate], needs: int, wishes: int, apart: Apart | None) -> list[Candidate]:
    """Without those who would only ever be on a team in the place of somebody better who covers as much. Where two
    people are needed to draft and approve, it takes two better ones."""
    counted = needs | wishes
    alike: dict[int, list[Candidate]] = {}
    for candidate in candidates:
        mask = candidate.mask & counted
        if mask & needs:
            alike.setdefault(mask, []).append(candidate)
    firsts = [(mask, one) for mask, those in alike.items() for one in _firsts(those, _heads(mask, apart))]
    kept: list[tuple[int, Candidate]] = []
    for mask, candidate in sorted(firsts, key=lambda found: _order(found[1])):
        better = sum(1 for other, _ in kept if mask & ~other == 0)
        if better < _heads(mask, apart):
            kept.append((mask, candidate))
    return [candidate for _, candidate in kept]


def _firsts(those: list[Candidate], most: int) -> list[Candidate]:
    if most == 1:
        return [min(those, key=_order)]
    return sorted(those, key=_order)[:most]


def _heads(mask: int, apart: Apart | None) -> int:
    return 2 if apart and apart.either(mask) else 1


def _order(candidate: Candidate) -> tuple[bool, int, int, str]:
    return (candidate.full, -candidate.rank, candidate.load, candidate.id)


def _search(
    start: State, candidates: list[Candidate], coverable: int, counted: int, apart: Apart | None, wishes: int
) -> tuple[Candidate, ...]:
    """The layers, until none can be better than the best that covers everything."""
    layer: dict[State, Partial] = {start: ((0, 0, 0, ()), ())}
    best: Partial | None = None
    while layer:
        done = [
            (not state[0] & wishes, partial)
            for state, partial in layer.items()
            if state[0] & coverable == coverable and (apart is None or state[2])
        ]
        if done:
            found = min(done, key=lambda one: (one[1][0][0], one[0], one[1][0]))[1]
            if best is None or found[0][0] < best[0][0]:
                best = found
        if best is not None and best[0][0] == 0:
            break
        most = best[0][0] if best else len(candidates) + 1
        layer = _next_layer(layer, candidates, coverable, counted, apart, most)
    return tuple(sorted(best[1], key=lambda member: member.id)) if best else ()


def _next_layer(
    layer: dict[State, Partial],
    candidates: list[Candidate],
    coverable: int,
    counted: int,
    apart: Apart | None,
    most: int,
) -> dict[State, Partial]:
    """Each unfinished team with one member more, who covers its first open need or makes two of one. ``most``: so
    many full people are too many."""
    following: dict[State, Partial] = {}
    for (mask, sole, pair), ((full, rank, load, ids), members) in layer.items():
        missing = coverable & ~mask
        bit = missing & -missing
        for candidate in candidates:
            either = apart is not None and apart.either(candidate.mask & counted)
            fits = candidate.mask & bit if missing else either and not pair and candidate.id != sole
            if not fits or full + candidate.full >= most:
                continue
            two = pair or (either and bool(sole))
            state = (mask | (candidate.mask & counted), "" if two else (candidate.id if either else sole), two)
            cost = (full + candidate.full, rank - candidate.rank, load + candidate.load)
            known = following.get(state)
            if known is None or cost <= known[0][:3]:
                grown = (*cost, tuple(sorted((*ids, candidate.id))))
                if known is None or grown < known[0]:
                    following[state] = (grown, (*members, candidate))
    return following
