"""Who knows a file, may speak for it, may approve, and is on duty; and what is missing, now and in the days ahead."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta

from msgspec import Struct

from gordon.desk.load import Desk
from gordon.desk.schema import Standing
from gordon.errors import NotFound
from gordon.events import Gap
from route.coverage import Coverage, CoverageGap, Gauges, holders
from route.gaps import until, why_not, why_not_apart
from route.matrix import GORDON
from route.people import LEAD, NO_STANDING, rank, returns
from route.roster import APPROVE, Need, Roster, Snapshot

__all__ = ["Coverage", "CoverageGap", "FindResult", "coverage_gaps", "find", "gauges", "gordon_gaps", "no_gordon"]


SOON = timedelta(days=60)
"""What ends within this time is named."""
NEXT = 3
"""How many of those who come on duty next are named."""


class Ending(Struct, frozen=True, kw_only=True):
    """What somebody covers of the file until ``last``, the last day on which they do."""

    person: str
    need: str
    last: date


class Coming(Struct, frozen=True, kw_only=True):
    """Somebody who is on duty next, and when."""

    person: str
    at: datetime


class FindResult(Struct, frozen=True, kw_only=True):
    """``gordon``: who leads the file, on duty if possible; None: "No Gordon". Lists of ids, most expert first.

    ``deputies``: the other leads and experts, and the Gordon's delegate with a standing on the file. ``ending``: what
    runs out soon. ``coming``: who of the file's people comes on duty next, soonest first."""

    file: str
    gordon: str | None
    experts: tuple[str, ...]
    speakers: tuple[str, ...]
    approvers: tuple[str, ...]
    on_duty: tuple[str, ...]
    gaps: tuple[Gap, ...]
    deputies: tuple[str, ...] = ()
    ending: tuple[Ending, ...] = ()
    coming: tuple[Coming, ...] = ()


def find(desk: Desk, file: str, now: datetime) -> FindResult:
    """Everything about one file. ``on_duty``: those there now who stand for the file or wear a hat it needs; ``gaps``:
    what its queues need and nobody on duty covers. Raises NotFound."""
    coverage = Coverage(desk)
    if file not in coverage.needs:
        raise NotFound("file", file)
    snapshot, needs = coverage.roster.at(now), coverage.needs[file]
    standing = _standings(snapshot, file)
    there = {one.id for one, found in zip(coverage.roster.people, snapshot.presences, strict=True) if found.there}

    def those(wanted: Callable[[Standing], bool]) -> tuple[str, ...]:
        chosen = [person for person, one in standing.items() if wanted(one)]
        return tuple(sorted(chosen, key=lambda person: (-rank(standing[person].expertise), person)))

    useful = {person for who in coverage.holders(snapshot, file) for person in who}
    leads = sorted(those(lambda one: one.expertise == LEAD), key=lambda person: person not in there)
    wanted = needs if leads else tuple(dict.fromkeys([GORDON, *needs]))
    by_rank = sorted(
        there & (useful | standing.keys()),
        key=lambda person: (-rank(standing[person].expertise if person in standing else ""), person),
    )
    missing = _missing(coverage, snapshot, file, wanted)
    experts = those(lambda one: one.expertise not in ("", "working"))
    return FindResult(
        file=file,
        gordon=leads[0] if leads else None,
        experts=experts,
        speakers=those(lambda one: "speak" in one.authority),
        approvers=those(lambda one: "approve" in one.authority),
        on_duty=tuple(by_rank),
        gaps=tuple(Gap(kind=one.kind, need=one.name, why=_why(coverage, snapshot, file, one)) for one in missing),
        deputies=_deputies(coverage.roster, leads[0] if leads else "", experts, standing),
        ending=_ending(snapshot, file, wanted, standing),
        coming=_coming(snapshot, file, missing, standing.keys() - there),
    )


def _deputies(roster: Roster, gordon: str, experts: Sequence[str], standing: Mapping[str, Standing]) -> tuple[str, ...]:
    delegate = roster.people[roster.index[gordon]].delegate if gordon else None
    named = [*experts, *([delegate] if delegate and delegate in standing and standing[delegate].expertise else [])]
    return tuple(person for person in dict.fromkeys(named) if person != gordon)


def _ending(
    snapshot: Snapshot, file: str, needs: Iterable[Need], standing: Mapping[str, Standing]
) -> tuple[Ending, ...]:
    """What of the file's people, and what its queues need of anybody, runs out soon."""
    found = []
    for number, person in enumerate(snapshot.roster.people):
        own = standing.get(person.id, NO_STANDING)
        asked = [Need("expertise", own.expertise)] if own.expertise else []
        asked += [Need("authority", name) for name in own.authority]
        for need in dict.fromkeys([*asked, *(one for one in needs if one.kind != "expertise")]):
            last = until(snapshot, file, number, need)
            if last is not None and last - snapshot.day.days[number] <= SOON:
                found.append(Ending(person=person.id, need=need.name, last=last))
    return tuple(sorted(found, key=lambda one: (one.last, one.person, one.need)))


def _coming(snapshot: Snapshot, file: str, missing: Iterable[Need], absent: Iterable[str]) -> tuple[Coming, ...]:
    """Those who stand for the file or cover what is missing, as they come on duty."""
    roster = snapshot.roster
    able = {number for need in missing for number in snapshot.able(file, need)}
    starts = []
    for number in able | {roster.index[person] for person in absent}:
        person = roster.people[number]
        there = snapshot.presences[number].there or not person.capacity
        when = None if there else returns(person, snapshot.start, roster.zone)
        if when is not None:
            starts.append((when, person.id))
    return tuple(Coming(person=person, at=when.astimezone(UTC)) for when, person in sorted(starts)[:NEXT])


def _standings(snapshot: Snapshot, file: str) -> dict[str, Standing]:
    """Who stands for the file: those with a standing that applies and has not run out."""
    return {
        snapshot.roster.people[number].id: standing
        for number, standing in snapshot.standings(file).items()
        if standing is not None and number not in snapshot.day.gone
    }


def _missing(coverage: Coverage, snapshot: Snapshot, file: str, wanted: tuple[Need, ...]) -> list[Need]:
    held = dict(zip(coverage.needs[file], coverage.holders(snapshot, file), strict=True))
    held |= {need: holders(snapshot, file, (need,))[0] for need in wanted if need not in held}
    return [need for need in wanted if not held[need]]


def _why(coverage: Coverage, snapshot: Snapshot, file: str, need: Need) -> str:
    """Why there is nobody; for approval also that the only one would approve their own draft."""
    alone = holders(snapshot, file, (need,))[0]
    if need == APPROVE and alone:
        apart = next(one for one in coverage.aparts[file])
        return why_not_apart(snapshot, file, coverage.needs[file], apart, alone[0])
    return why_not(snapshot, file, need)


def no_gordon(desk: Desk, now: datetime) -> dict[str, str]:
    """The files that nobody leads, on duty or not, each with the reason."""
    coverage = Coverage(desk)
    snapshot = coverage.roster.at(now)
    return {file: why_not(snapshot, file, GORDON) for file in coverage.needs if not snapshot.able(file, GORDON)}


def coverage_gaps(desk: Desk, now: datetime, days: float) -> list[CoverageGap]:
    """What of any file is uncovered, hangs on one person or expires from ``now`` on for so many days."""
    return Coverage(desk).gaps(now, days)


def gordon_gaps(desk: Desk, files: Iterable[str], now: datetime, days: float) -> list[CoverageGap]:
    """A gap for each of these files that nobody leads, where no queue asks for a lead: those that do have theirs."""
    needs, start = Coverage(desk).needs, now.astimezone(UTC)
    end = start + timedelta(days=days)
    return [
        CoverageGap(file=file, need=LEAD, start=start, end=end, kind="uncovered")
        for file in files
        if GORDON not in needs[file] and end > start
    ]


def gauges(desk: Desk, now: datetime) -> Gauges:
    """Coverage ratio by file, and current gaps by (file, need). Repeated calls: keep a ``Coverage`` instead."""
    return Coverage(desk).gauges(now)
