"""What of each file is covered now, and when it will not be: by the same roster that teams are made from. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Literal
from zoneinfo import ZoneInfo

import msgspec

from gordon.desk.load import Desk
from gordon.desk.schema import PolicyFile, QueuesFile
from route.calendar import midnight
from route.cover import Apart
from route.people import as_of, current, departed, zone_of
from route.reach import needs_of_file, reachable
from route.roster import APPROVE, Need, Roster, Snapshot, apart_of, covers, needs_of

_DAY = timedelta(days=1)
Gauges = tuple[Mapping[str, float], Mapping[tuple[str, str], int]]


class CoverageGap(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, rename={"start": "from", "end": "to"}):
    """A time in which a need of a file is uncovered, hangs on a single person (``people``: on whom, in turn), or is
    expiring: by ``end`` the standing of the last who have it runs out. ``discipline`` or ``need`` names it."""

    file: str
    discipline: str | None = None
    need: str | None = None
    start: datetime
    end: datetime
    kind: Literal["uncovered", "single", "expiring"]
    people: tuple[str, ...] = ()


class Coverage:
    """The needs of a desk's files against its people. Keep it as long as the desk: it caches."""

    def __init__(self, desk: Desk) -> None:
        self.roster = Roster(desk.people, ZoneInfo(desk.settings.time_zone))
        self.needs = {entry.file: needs_of_file(desk.queues, entry) for entry in desk.files}
        self.aparts = {entry.file: _aparts(desk.queues, entry, self.needs[entry.file]) for entry in desk.files}
        self._gauged: tuple[Snapshot, Gauges] | None = None

    def holders(self, snapshot: Snapshot, file: str) -> list[list[str]]:
        """For each need of a file the people on duty who cover it, capacity apart. Nobody approves where the only one
        who could is the only one to draft."""
        needs = self.needs[file]
        found = holders(snapshot, file, needs)
        if self.aparts[file] and len(found[needs.index(APPROVE)]) == 1:
            team = [(prospect.id, prospect.mask) for prospect in snapshot.prospects(file, needs) if prospect.capacity]
            if not all(apart.possible(team) for apart in self.aparts[file] if _drafted(team, apart)):
                found[needs.index(APPROVE)] = []
        return found

    def gauges(self, now: datetime) -> Gauges:
        """The share of each file's needs covered on duty (1.0 without needs); and 1 for each need of a file that is
        not, by its name. Cheap until somebody comes or goes."""
        snapshot = self.roster.at(now)
        if self._gauged is None or self._gauged[0] is not snapshot:
            self._gauged = snapshot, self._gauge(snapshot)
        return self._gauged[1]

    def _gauge(self, snapshot: Snapshot) -> Gauges:
        ratios: dict[str, float] = {}
        gaps: dict[tuple[str, str], int] = {}
        for file, needs in self.needs.items():
            missing = [need for need, who in zip(needs, self.holders(snapshot, file), strict=True) if not who]
            ratios[file] = 1 - len(missing) / len(needs) if needs else 1.0
            gaps.update({(file, need.name): 1 for need in missing})
        return ratios, gaps

    def gaps(self, now: datetime, days: float) -> list[CoverageGap]:
        """Everything from ``now`` on for so many days, by file, need and time."""
        start = now.astimezone(UTC)
        end = start + timedelta(days=days)
        seen: defaultdict[tuple[str, Need], list[CoverageGap]] = defaultdict(list)
        for begin, until, found in self._periods(start, end):
            for file, need, people in found:
                _append(seen[file, need], _gap(file, need, begin, until, people))
        found_gaps = [gap for file, needs in self.needs.items() for need in needs for gap in seen.get((file, need), ())]
        expiring = [gap for file, needs in self.needs.items() for gap in self._expiring(file, needs, start, end)]
        return sorted([*found_gaps, *expiring], key=lambda gap: (gap.file, gap.discipline or "", gap.need or "",
                                                                gap.start, gap.kind))  # fmt: skip

    def _periods(
        self, start: datetime, end: datetime
    ) -> Iterator[tuple[datetime, datetime, list[tuple[str, Need, tuple[str, ...]]]]]:
        """Each time in which nothing changes, with the needs that nobody or only one covers. The same people with
        the same standings cover the same: most nights and days of a week are computed once."""
        known: dict[object, list[tuple[str, Need, tuple[str, ...]]]] = {}
        moment = start
        while moment < end:
            snapshot = self.roster.at(moment)
            key = snapshot.key()
            if key not in known:
                known[key] = list(self._thin(snapshot))
            yield moment, min(snapshot.end, end), known[key]
            moment = snapshot.end

    def _thin(self, snapshot: Snapshot) -> Iterable[tuple[str, Need, tuple[str, ...]]]:
        for file, needs in self.needs.items():
            for need, who in zip(needs, self.holders(snapshot, file), strict=True):
                if len(who) < 2:
                    yield file, need, tuple(who)

    def _expiring(self, file: str, needs: Sequence[Need], start: datetime, end: datetime) -> Iterator[CoverageGap]:
        for need in needs:
            ends = [self._last_moment(number, file, need, start, end) for number in range(len(self.roster.people))]
            holding = [(last, number) for number, last in enumerate(ends) if last is not None]
            if holding and max(holding)[0] < end:
                who = tuple(sorted(self.roster.people[number].id for _, number in holding))
                yield _gap(file, need, start, max(holding)[0], who, expiring=True)

    def _last_moment(self, number: int, file: str, need: Need, start: datetime, end: datetime) -> datetime | None:
        """Until when this person's standings let them cover the need, duty apart; None if not even at ``start``."""
        person = self.roster.people[number]
        zone = zone_of(person, self.roster.zone)
        standings = self.roster.matching(file).get(number, [])
        day = start.astimezone(zone).date()
        last = None
        for edge in [*(last for last in self.roster.edges[number] if last >= day), None]:
            standing = current(standings, day)
            if departed(person, day) or standing is None or not covers(as_of(person, day), standing, need):
                return last
            last = end if edge is None else midnight(edge + _DAY, zone)
            day = edge + _DAY if edge else day
        return last


def _aparts(config: QueuesFile, entry: PolicyFile, needs: tuple[Need, ...]) -> tuple[Apart, ...]:
    """For each queue within reach that keeps them apart, who approves and who drafts."""
    asked = [config.queues[name].requires for name in reachable(config, entry)]
    found = [apart_of(needs, needs_of(requires)) for requires in asked if requires.separate_approver]
    return tuple(dict.fromkeys(apart for apart in found if apart))


def _drafted(team: Sequence[tuple[str, int]], apart: Apart) -> bool:
    """Whether anybody at all drafts; else that is the gap."""
    return any(mask & apart.draft for _, mask in team)


def holders(snapshot: Snapshot, file: str, needs: tuple[Need, ...]) -> list[list[str]]:
    """For each need the people on duty who cover it, capacity apart."""
    found: list[list[str]] = [[] for _ in needs]
    for prospect in snapshot.prospects(file, needs):
        if prospect.person.capacity:
            for bit, who in enumerate(found):
                if prospect.mask >> bit & 1:
                    who.append(prospect.person.id)
    return found


def _gap(
    file: str, need: Need, start: datetime, end: datetime, people: tuple[str, ...], *, expiring: bool = False
) -> CoverageGap:
    of_discipline = need.kind == "discipline"
    return CoverageGap(
        file=file,
        discipline=need.name if of_discipline else None,
        need=None if of_discipline else need.name,
        start=start,
        end=end,
        kind="expiring" if expiring else "single" if people else "uncovered",
        people=people,
    )


def _append(gaps: list[CoverageGap], gap: CoverageGap) -> None:
    """Adds a gap, or lets the last one go on."""
    if gaps and gaps[-1].kind == gap.kind and gaps[-1].end == gap.start:
        people = tuple(dict.fromkeys([*gaps[-1].people, *gap.people]))
        gaps[-1] = msgspec.structs.replace(gaps[-1], end=gap.end, people=people)
    else:
        gaps.append(gap)
