"""Everybody on a desk, indexed: who is on duty, and what each covers of a file. Caches per desk version. Pure."""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from fnmatch import fnmatchcase
from zoneinfo import ZoneInfo

from gordon.desk.schema import Person, Standing
from route.day import Day, remember
from route.needs import APPROVE, Need, Prospect, apart_of, covers, needs_of, prospect_of
from route.people import LEAD, WILD, Presence, edges, matching, presence, rank, zone_of

__all__ = ["APPROVE", "Need", "Prospect", "Roster", "Snapshot", "apart_of", "covers", "needs_of"]
MOST = 5_000
"""Files, with needs, that one snapshot remembers."""


class Roster:
    """The people of a desk. ``zone``: the desk's, for people without hours."""

    def __init__(self, people: Iterable[Person], zone: ZoneInfo) -> None:
        self.people = tuple(people)
        self.zone = zone
        self.index = {person.id: number for number, person in enumerate(self.people)}
        self.edges = tuple(edges(person) for person in self.people)
        self._named, self._patterns = _by_file(self.people)
        self._matching: dict[str, dict[int, list[Standing]]] = {}
        self._zones = [zone_of(person, zone) for person in self.people]
        self._snapshot: Snapshot | None = None

    def at(self, now: datetime) -> Snapshot:
        """How things stand at this moment; the same object until somebody comes, goes or a local day ends."""
        now = now.astimezone(UTC)
        if self._snapshot is None or not self._snapshot.start <= now < self._snapshot.end:
            self._snapshot = self.look(now, self._snapshot)
        return self._snapshot

    def look(self, now: datetime, before: Snapshot | None = None) -> Snapshot:
        """How things stand at this moment, without remembering it; quicker from how they stood just ``before``."""
        today = {zone: now.astimezone(zone).date() for zone in set(self._zones)}
        days = [today[zone] for zone in self._zones]
        if before is None or before.start > now:
            presences = [presence(person, now, self.zone) for person in self.people]
        else:
            pairs = zip(self.people, before.presences, strict=True)
            presences = [known if now < known.end else presence(person, now, self.zone) for person, known in pairs]
        same = before is not None and before.day.days == days
        day = before.day if before is not None and same else Day(self.people, days, self.edges)
        return Snapshot(self, now, presences, day)

    def matching(self, file: str) -> Mapping[int, list[Standing]]:
        """The standings that apply to the file, most specific first, by the number of the person who has any."""
        found = self._matching.get(file)
        if found is None:
            numbers = set(self._named.get(file, ()))
            numbers.update(
                number for pattern, those in self._patterns.items() if fnmatchcase(file, pattern) for number in those
            )
            found = {number: matching(self.people[number], file) for number in sorted(numbers)}
            remember(self._matching, file, found)
        return found


def _by_file(people: Sequence[Person]) -> tuple[dict[str, list[int]], dict[str, list[int]]]:
    """Who has a standing under each name, and under each pattern."""
    named, patterns = defaultdict[str, list[int]](list), defaultdict[str, list[int]](list)
    for number, person in enumerate(people):
        for pattern in person.files:
            named[pattern].append(number)
            if not WILD.isdisjoint(pattern):
                patterns[pattern].append(number)
    return dict(named), dict(patterns)


class Snapshot:
    """The roster from ``start`` to ``end`` (exclusive), in which nobody's presence or standing changes."""

    def __init__(self, roster: Roster, now: datetime, presences: Sequence[Presence], day: Day) -> None:
        self.roster = roster
        self.start = now
        self.presences = presences
        self.day = day
        self.end = min((found.end for found in presences), default=datetime.max.replace(tzinfo=UTC))
        self._hats: dict[tuple[Need, ...], dict[int, Prospect]] = {}
        self._prospects: dict[tuple[str, tuple[Need, ...]], list[Prospect]] = {}
        self._delegates = [
            (number, roster.index[person.delegate])
            for number, person in enumerate(roster.people)
            if person.delegate in roster.index and presences[number].away
        ]

    def key(self) -> object:
        """Equal for two snapshots of one roster in which the same people cover the same."""
        expired = [bisect_left(known, day) for known, day in zip(self.roster.edges, self.day.days, strict=True)]
        return tuple((found.there, found.away, ended) for found, ended in zip(self.presences, expired, strict=True))

    def standings(self, file: str) -> Mapping[int, Standing | None]:
        """The standing of everybody who has one on the file, by number; None where it has run out."""
        return self.day.standings(file, self.roster.matching(file))

    def able(self, file: str, need: Need) -> list[int]:
        """The numbers of those who cover the need, on duty or not, by what they have themselves."""
        standings = self.standings(file)
        everywhere = self.day.everywhere((need,)).keys() - standings.keys()
        return sorted(everywhere | self.day.own(file, (need,), standings).keys())

    def prospects(self, file: str, needs: tuple[Need, ...]) -> list[Prospect]:
        """Everybody on duty who covers at least one of the needs, in no particular order."""
        found = self._prospects.get((file, needs))
        return remember(self._prospects, (file, needs), self._find(file, needs), MOST) if found is None else found

    def prospect(self, number: int, file: str, needs: tuple[Need, ...]) -> Prospect | None:
        """One person as they stand to the file now, on duty or not; None where they left it or cover nothing."""
        standings, stand_ins = self.standings(file), self._stand_ins(file)
        if number in stand_ins and number not in self.day.gone:
            return self._stand_in(number, standings[number], needs, *stand_ins[number])
        if number in standings:
            return self.day.own(file, needs, standings).get(number)
        return self.day.everywhere(needs).get(number)

    def leads(self, file: str) -> list[str]:
        """The ids of those on duty with lead expertise on the file, stand-ins included."""
        wanted = (Need("expertise", LEAD),)
        return [prospect.person.id for prospect in self.prospects(file, wanted)]

    def _find(self, file: str, needs: tuple[Need, ...]) -> list[Prospect]:
        found, standings = dict(self._by_hats(needs)), self.standings(file)
        for number in standings:
            found.pop(number, None)
        for number, prospect in self.day.own(file, needs, standings).items():
            if self.presences[number].there:
                found[number] = prospect
        for number, (principal, expertise) in self._stand_ins(file).items():
            stand_in = self._stand_in(number, standings[number], needs, principal, expertise)
            if self.presences[number].there and stand_in:
                found[number] = stand_in
        return list(found.values())

    def _by_hats(self, needs: tuple[Need, ...]) -> Mapping[int, Prospect]:
        """Those on duty who cover something of any file, standing or not: the same for all files."""
        found = self._hats.get(needs)
        if found is None:
            everybody = self.day.everywhere(needs).items()
            found = {number: prospect for number, prospect in everybody if self.presences[number].there}
            self._hats[needs] = found
        return found

    def _stand_in(
        self, number: int, own: Standing | None, needs: Sequence[Need], principal: str, expertise: str
    ) -> Prospect | None:
        standing = (own or Standing()).model_copy(update={"expertise": expertise})
        prospect = prospect_of(self.day.people[number], standing, needs, principal)
        return prospect if prospect.mask else None

    def _stand_ins(self, file: str) -> dict[int, tuple[str, str]]:
        """Delegates of people who are away: by number, for whom and with which expertise.

        A delegate who has a standing on the file counts with the expertise of the one who is away, if that is higher.
        Authority is never passed on: who may speak or approve is written down for each person.
        """
        standings, found = self.standings(file), dict[int, tuple[str, str]]()
        for number, delegate in self._delegates:
            theirs, own = standings.get(number), standings.get(delegate)
            if theirs and own and own.expertise:
                best = found[delegate][1] if delegate in found else own.expertise
                if rank(theirs.expertise) > rank(best):
                    found[delegate] = (self.roster.people[number].id, theirs.expertise)
        return found
