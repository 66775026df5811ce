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
from route.people import LEAD, NO_STANDING, why_absent
from route.roster import Need, Prospect, Roster, Snapshot, covers

NAMED = 3
"""People that a gap names."""


@dataclass(frozen=True, slots=True)
class Choice:
    """The team by id, the gaps in the order of the needs, and lines for people."""

    team: tuple[Member, ...]
    gaps: tuple[Gap, ...]
    explain: tuple[str, ...]


def choose_team(roster: Roster, file: str, needs: tuple[Need, ...], load: Mapping[str, int], now: datetime) -> Choice:
    """The smallest team for these needs. ``load``: open items of each person who has any.

    People with room come first; somebody who is full takes one more only for what would else be a gap: an overworked
    Gordon is better than none. Of several smallest teams it takes the one with a lead of the file, then the most
    expert, the least loaded, the first by id. Disciplines are open to everybody who wears the hat; expertise and
    authority are checked for the file.
    """
    snapshot = roster.at(now)
    there = {prospect.id: prospect for prospect in snapshot.prospects(file, needs) if prospect.capacity}
    candidates = [_candidate(prospect, load) for prospect in there.values()]
    free = [one for one in candidates if one.load < there[one.id].capacity]
    chosen = _choose(free, [one for one in candidates if one not in free], needs)
    team = _members([there[candidate.id] for candidate in chosen], needs, load)
    covered = _covered(chosen)
    unmet = [need for bit, need in enumerate(needs) if not covered >> bit & 1]
    gaps = tuple(Gap(kind=need.kind, need=need.name, why=why_not(snapshot, file, need)) for need in unmet)
    return Choice(team, gaps, _explain(team, gaps, snapshot, file, len(there), needs))


def _candidate(prospect: Prospect, load: Mapping[str, int]) -> Candidate:
    return Candidate(prospect.id, prospect.mask, prospect.rank, load.get(prospect.id, 0))


def _choose(free: Sequence[Candidate], full: Sequence[Candidate], needs: Sequence[Need]) -> tuple[Candidate, ...]:
    """The smallest team of those with room; where they leave something open, with the fewest of the others added."""
    everything, lead = (1 << len(needs)) - 1, 1 << len(needs)
    chosen = smallest_team(free, everything, lead)
    unmet = everything & ~_covered(chosen)
    extra = smallest_team(full, unmet, lead) if unmet else ()
    return smallest_team([*free, *extra], everything, lead) if extra else chosen


def _covered(team: Sequence[Candidate]) -> int:
    covered = 0
    for candidate in team:
        covered |= candidate.mask
    return covered


def _members(team: Sequence[Prospect], needs: Sequence[Need], load: Mapping[str, int]) -> tuple[Member, ...]:
    """Each required hat goes to one head: of those who have it the most expert, the least loaded, the first by id."""
    order = sorted(team, key=lambda found: (-found.rank, load.get(found.person.id, 0), found.person.id))
    hats: dict[str, list[str]] = {prospect.person.id: [] for prospect in team}
    for bit, need in enumerate(needs):
        wearer = next((found for found in order if found.mask >> bit & 1), None)
        if need.kind == "discipline" and wearer:
            hats[wearer.person.id].append(need.name)
    return tuple(_member(prospect, needs, tuple(hats[prospect.person.id]), load) for prospect in team)


def _member(prospect: Prospect, needs: Sequence[Need], hats: tuple[str, ...], load: Mapping[str, int]) -> Member:
    person = prospect.person
    authority = tuple(
        need.name for bit, need in enumerate(needs) if need.kind == "authority" and prospect.mask >> bit & 1
    )
    other = [
        need.name
        for bit, need in enumerate(needs)
        if need.kind in ("expertise", "language") and prospect.mask >> bit & 1
    ]
    why = [f"covers {', '.join([*hats, *authority, *other])}" if hats or authority or other else "completes the team"]
    if prospect.stands_in:
        why.append(f"stands in for {prospect.stands_in}")
    elif prospect.standing.expertise == LEAD:
        why.append("leads the file")
    open_items = load.get(person.id, 0)
    why.append(f"has {open_items} of {person.capacity} items")
    if open_items >= person.capacity:
        why.append("beyond capacity, as nobody with room covers it")
    return Member(
        person=person.id,
        disciplines=hats,
        expertise=prospect.standing.expertise,
        authority=authority,
        why="; ".join(why),
    )


def _explain(
    team: Sequence[Member], gaps: Sequence[Gap], snapshot: Snapshot, file: str, there: int, needs: Sequence[Need]
) -> tuple[str, ...]:
    names = ", ".join(member.person for member in team) or "nobody"
    lines = [f"team: {names}: the smallest of {there} on duty that covers {len(needs) - len(gaps)} of"
             f" {len(needs)} needs"]  # fmt: skip
    lines += [f"gap: {gap.kind} {gap.need}: {gap.why}" for gap in gaps]
    asked = any(need.kind == "expertise" and need.name == LEAD for need in needs)
    if not asked and not snapshot.leads(file):
        lines.append(f"gap: No Gordon: nobody with lead expertise on {file} is on duty")
    return tuple(lines)


def why_not(snapshot: Snapshot, file: str, need: Need) -> str:
    """Why nobody covers this need just now."""
    people, standings = snapshot.roster.people, snapshot.standings(file)
    holders = [
        (person, snapshot.presences[number].there)
        for number, person in enumerate(people)
        if (standing := standings.get(number, NO_STANDING)) is not None and covers(person, standing, need)
    ]
    reasons = [
        (person.id, "takes no items" if there else why_absent(person, snapshot.start, snapshot.roster.zone))
        for person, there in holders
    ]
    if len(reasons) == 1:
        return f"the only one, {reasons[0][0]}, {reasons[0][1]}"
    if reasons:
        named = "; ".join(f"{person} {reason}" for person, reason in reasons[:NAMED])
        more = f"; and {len(reasons) - NAMED} more" if len(reasons) > NAMED else ""
        return f"none of {len(reasons)} is free: {named}{more}"
    former = _former(snapshot, file, need)
    return f"nobody has it any more: {'; '.join(former[:NAMED])}" if former else "nobody has it"


def _former(snapshot: Snapshot, file: str, need: Need) -> list[str]:
    """Those who covered the need with a standing that has run out."""
    people, standings = snapshot.roster.people, snapshot.standings(file)
    return [
        f"{people[number].id}'s standing ended {those[0].until}"
        for number, those in snapshot.roster.matching(file).items()
        if standings[number] is None and covers(people[number], those[0], need)
    ]
