"""Whether the team of an open item should change now, and why. Pure.

Stability first: who still serves stays, and nobody is taken off or put on without a reason. Of those on the team
somebody *serves* who is there, or is back before the next clock of the item runs out. Whoever left the desk or the
file, takes no items or is away for longer goes, replaced or not. Whoever is only off duty and back too late for the
clock goes where somebody who is there covers what is then open, and stays where nobody does.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from gordon.events import Gap, Member
from gordon.records import Item
from route.cover import Apart
from route.gaps import last_day_of
from route.handling import holder_of, running
from route.members import members_of
from route.people import rank, returns, why_absent
from route.roster import Need, Prospect, Roster, Snapshot, apart_of
from route.team import added, gaps_of

PATIENCE = timedelta(days=3)
"""An absence that is over sooner is waited for where no clock runs."""
LOOK_AHEAD = timedelta(days=7)


class Reassignment(NamedTuple):
    """The team and the gaps as they should be, and a line for each thing that changes."""

    team: tuple[Member, ...]
    gaps: tuple[Gap, ...]
    why: tuple[str, ...]


def reexamine(
    item: Item,
    roster: Roster,
    needs: tuple[Need, ...],
    load: Mapping[str, int],
    now: datetime,
    *,
    separate: bool = True,
) -> Reassignment | None:
    """How the team of the item changes, None where it does not. ``load``: open items of each, this one included.

    As few as possible are added, those whom ``choose_team`` would add; so a need that was a gap is met as soon as
    somebody on duty covers it. Where only the reason of a gap is another one, nothing changes. Examined again at the
    same time, the result does not change. ``separate``: as for ``choose_team``.
    """
    if item.state != "open":
        return None
    snapshot = roster.at(now)
    review = _review(item, snapshot, needs, now, separate=separate)
    there = [one for one in snapshot.prospects(item.file, needs) if one.id not in review.leaving]
    joining = added(there, review.staying, needs, load, separate=separate)
    team = sorted([*review.staying, *joining], key=lambda one: one.id)
    gaps = gaps_of(snapshot, item.file, team, needs, separate=separate)
    before = item.assigned.team
    members = members_of(team, needs, load, separate=separate, before=before)
    why = _why(before, item.assigned.gaps, team, members, gaps, review.leaving, needs)
    return Reassignment(members, gaps, why) if why else None


class _Review(NamedTuple):
    """Who of the team stays, and why the others leave."""

    staying: list[Prospect]
    leaving: dict[str, str]


def _review(item: Item, snapshot: Snapshot, needs: tuple[Need, ...], now: datetime, *, separate: bool) -> _Review:
    staying: list[Prospect] = []
    leaving: dict[str, str] = {}
    late: list[tuple[Prospect, str]] = []
    for member in item.assigned.team:
        found, reason = _standing(item, snapshot, needs, member.person)
        if found is None:
            leaving[member.person] = reason
            continue
        reason, gone = _kept_from(item, snapshot, found, now)
        if reason and gone:
            leaving[member.person] = reason
        elif reason:
            late.append((found, reason))
        else:
            staying.append(found)
    return _without_late(item, snapshot, needs, _Review(staying, leaving), late, separate=separate)


def _standing(item: Item, snapshot: Snapshot, needs: tuple[Need, ...], person: str) -> tuple[Prospect | None, str]:
    """What a member covers by today; or None, and why it is nothing."""
    number = snapshot.roster.index.get(person)
    if number is None:
        return None, "is on the desk no more"
    if not snapshot.roster.people[number].capacity:
        return None, "takes no items any more"
    if number in snapshot.day.gone:
        return None, why_absent(snapshot.roster.people[number], snapshot.start, snapshot.roster.zone)
    found = snapshot.prospect(number, item.file, needs)
    if found is None:
        ends = [last for need in needs if (last := last_day_of(snapshot, item.file, number, need))]
        return None, f"standing ended {max(ends)}" if ends else "covers nothing of what is asked any more"
    return found, ""


def _kept_from(item: Item, snapshot: Snapshot, found: Prospect, now: datetime) -> tuple[str, bool]:
    """Why somebody is not there in time, or ""; and whether they are away, not only off duty."""
    presence = snapshot.presences[snapshot.roster.index[found.id]]
    if presence.there or holder_of(item, now) == found.id:
        return "", False
    back = returns(found.person, now, snapshot.roster.zone)
    due = min(((when, step) for step, when in running(item).items() if when > now), default=None)
    if due is None:
        patient = not presence.away or (back is not None and back <= now + PATIENCE)
        return ("", False) if patient else (why_absent(found.person, now, snapshot.roster.zone), True)
    if back is not None and back <= due[0]:
        return "", False
    reason = why_absent(found.person, now, snapshot.roster.zone)
    return f"{reason}, and {due[1]} is due {due[0]:%Y-%m-%d %H:%M} UTC", presence.away


def _without_late(
    item: Item,
    snapshot: Snapshot,
    needs: tuple[Need, ...],
    review: _Review,
    late: Sequence[tuple[Prospect, str]],
    *,
    separate: bool,
) -> _Review:
    """Takes those off who are back too late, as far as others stand in for what then is open. One whose part others
    of the team have as well stays: their going would change nothing."""
    staying, leaving = [*review.staying, *(one for one, _ in late)], dict(review.leaving)
    there = [one for one in snapshot.prospects(item.file, needs) if one.capacity and one.id not in leaving]
    apart = apart_of(needs) if separate else None
    for one, reason in late:
        others = [other for other in staying if other.id != one.id]
        missed = _met([*review.staying, one], needs, apart) != _met(review.staying, needs, apart)
        if missed and _met([*others, *there], needs, apart) == _met([*staying, *there], needs, apart):
            staying, leaving[one.id] = others, reason
    return _Review(staying, leaving)


def _met(team: Iterable[Prospect], needs: Sequence[Need], apart: Apart | None) -> tuple[int, bool]:
    """What these people could meet together: the needs, and that somebody else drafts than approves."""
    masks = {one.id: one.mask for one in team}
    covered = 0
    for mask in masks.values():
        covered |= mask
    return covered & (1 << len(needs)) - 1, apart is not None and apart.possible(masks.items())


def _why(
    before: Sequence[Member],
    known: Sequence[Gap],
    team: Sequence[Prospect],
    members: Sequence[Member],
    gaps: Sequence[Gap],
    leaving: Mapping[str, str],
    needs: Sequence[Need],
) -> tuple[str, ...]:
    """A line for whoever goes, comes or can do less, and for each gap that opens or closes."""
    lines = [f"{person} leaves the team: {reason}" for person, reason in leaving.items()]
    old = {member.person: member for member in before}
    masks = {one.id: one.mask for one in team}
    for member in members:
        if member.person not in old:
            lines.append(f"{member.person} joins the team: {member.why}")
        else:
            lines += _less(old[member.person], member, masks[member.person], needs)
    was, now = {(gap.kind, gap.need) for gap in known}, {(gap.kind, gap.need) for gap in gaps}
    lines += [f"gap: {gap.kind} {gap.need}: {gap.why}" for gap in gaps if (gap.kind, gap.need) not in was]
    lines += [f"no gap any more: {gap.kind} {gap.need}" for gap in known if (gap.kind, gap.need) not in now]
    return tuple(lines)


def _less(old: Member, new: Member, mask: int, needs: Sequence[Need]) -> Iterator[str]:
    """What somebody who stays was on the team for and covers no more, though it is still asked."""
    held = {Need("discipline", hat) for hat in old.disciplines} | {Need("authority", name) for name in old.authority}
    for bit, need in enumerate(needs):
        if need in held and not mask >> bit & 1:
            yield f"{old.person} no longer covers {need.name}"
    if rank(new.expertise) < rank(old.expertise):
        yield f"{old.person} counts as {new.expertise or 'no expert'} now, no longer as {old.expertise}"


def next_moment(roster: Roster, now: datetime) -> datetime:
    """When next somebody comes, goes, is away or back, or something runs out; at the latest in a week."""
    last = now + LOOK_AHEAD
    snapshot = first = roster.at(now)
    while snapshot.end < last:
        snapshot = roster.look(snapshot.end, snapshot)
        if snapshot.key() != first.key():
            return snapshot.start
    return last
