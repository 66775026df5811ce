"""The team of an item, and what nobody covers, each with its why. Pure and exact.

Only people on duty are on teams. Somebody who is off for the night or away is not: the need they would cover is a gap
that says when they are back. Somebody with capacity 0 never is.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from gordon.events import Gap, Member
from route.cover import Candidate, smallest_team
from route.gaps import why_not, why_not_apart
from route.members import alone, members_of
from route.people import LEAD
from route.roster import APPROVE, Need, Prospect, Roster, Snapshot, apart_of


@dataclass(frozen=True, slots=True)
class Choice:
    """The team by id, the gaps in the order of the needs, and lines for people."""

    team: tuple[Member, ...]
    gaps: tuple[Gap, ...]
    explain: tuple[str, ...]


def choose_team(
    roster: Roster,
    file: str,
    needs: tuple[Need, ...],
    load: Mapping[str, int],
    now: datetime,
    *,
    separate: bool = True,
) -> Choice:
    """The best team for these needs. ``load``: open items of each person who has any.

    What is best is a list, and what stands earlier counts more: the fewest needs unmet; the fewest people who are full
    (an overworked Gordon is better than none, but only then); the fewest people; one who leads the file; the most
    expert; the least loaded; the first by id. Disciplines are open to everybody who wears the hat; expertise and
    authority are checked for the file. ``separate``: where the team approves, somebody else of it drafts, which counts
    as one need more.
    """
    snapshot = roster.at(now)
    there = snapshot.prospects(file, needs)
    team = added(there, (), needs, load, separate=separate)
    gaps = gaps_of(snapshot, file, team, needs, separate=separate)
    free = sum(1 for prospect in there if prospect.capacity)
    members = members_of(team, needs, load, separate=separate)
    return Choice(members, gaps, (_summary(team, needs, free), *lines_of(snapshot, file, gaps, needs)))


def added(
    there: Sequence[Prospect],
    base: Sequence[Prospect],
    needs: Sequence[Need],
    load: Mapping[str, int],
    *,
    separate: bool,
) -> list[Prospect]:
    """The best of those on duty to complete a team that consists of ``base``, by id."""
    chosen = smallest_team(
        # Unpacked, as it is done for everybody who wears one of the hats, and for every item.
        [
            Candidate(name, mask, grade, load.get(name, 0), load.get(name, 0) >= capacity)
            for _, name, capacity, _, mask, grade, _ in there
            if capacity
        ],
        (1 << len(needs)) - 1,
        1 << len(needs),
        apart=apart_of(needs) if separate else None,
        base=[_candidate(one, load.get(one.id, 0)) for one in base],
    )
    by_id = {prospect.id: prospect for prospect in there}
    return [by_id[candidate.id] for candidate in chosen]


def _candidate(prospect: Prospect, load: int) -> Candidate:
    return Candidate(prospect.id, prospect.mask, prospect.rank, load, load >= prospect.capacity)


def gaps_of(
    snapshot: Snapshot, file: str, team: Sequence[Prospect], needs: tuple[Need, ...], *, separate: bool
) -> tuple[Gap, ...]:
    """What the team leaves open, in the order of the needs. That nobody else could draft is a gap in approval."""
    covered = _covered(team)
    gaps = [
        Gap(kind=need.kind, need=need.name, why=why_not(snapshot, file, need))
        for bit, need in enumerate(needs)
        if not covered >> bit & 1
    ]
    apart = apart_of(needs) if separate else None
    lonely = alone(team, apart)
    if apart and lonely:
        why = why_not_apart(snapshot, file, needs, apart, lonely)
        gaps.append(Gap(kind=APPROVE.kind, need=APPROVE.name, why=why))
    return tuple(gaps)


def _covered(team: Sequence[Prospect]) -> int:
    covered = 0
    for prospect in team:
        covered |= prospect.mask
    return covered


def _summary(team: Sequence[Prospect], needs: Sequence[Need], free: int) -> str:
    names = ", ".join(prospect.id for prospect in team) or "nobody"
    count = (_covered(team) & (1 << len(needs)) - 1).bit_count()
    return f"team: {names}: the smallest of {free} on duty that covers {count} of {len(needs)} needs"


def lines_of(snapshot: Snapshot, file: str, gaps: Sequence[Gap], needs: Sequence[Need]) -> list[str]:
    """The gaps for people; that there is no Gordon is said even where nobody asks for one."""
    lines = [f"gap: {gap.kind} {gap.need}: {gap.why}" for gap in gaps]
    asked = any(need.kind == "expertise" and need.name == LEAD for need in needs)
    if not asked and not snapshot.leads(file):
        lines.append(f"gap: No Gordon: nobody with lead expertise on {file} is on duty")
    return lines
