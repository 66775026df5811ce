"""Everybody on a desk, indexed: who is on duty, and what each covers of a file. Caches per desk version. Pure."""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from fnmatch import fnmatchcase
from typing import NamedTuple
from zoneinfo import ZoneInfo

from gordon.desk.schema import Person, Requires, Standing
from route.cover import Apart
from route.people import (
    LEAD,
    NO_STANDING,
    WILD,
    Presence,
    as_of,
    current,
    departed,
    edges,
    knows,
    matching,
    presence,
    rank,
    zone_of,
)

UNKNOWN_LANGUAGES = frozenset({"", "und"})
_MOST = 5_000


@dataclass(frozen=True, slots=True, order=True)
class Need:
    """One thing that a team has to cover. ``kind``: discipline, expertise, authority or language."""

    kind: str
    name: str


APPROVE, DRAFT = Need("authority", "approve"), Need("authority", "draft")


def needs_of(requires: Requires, language: str = "") -> tuple[Need, ...]:
    """What the team of an item has to cover; where a queue asks for languages, that of the item as well."""
    languages = list(requires.languages)
    if languages and language not in UNKNOWN_LANGUAGES:
        languages.append(language)
    found = [Need("discipline", name) for name in requires.disciplines]
    found += [Need("expertise", requires.expertise)] if requires.expertise else []
    found += [Need("authority", name) for name in requires.authority]
    found += [Need("language", name) for name in languages]
    return tuple(dict.fromkeys(found))


def covers(person: Person, standing: Standing, need: Need) -> bool:
    """Whether a person with this standing on the file covers the need, both as of one day."""
    if need.kind == "discipline":
        return need.name in person.disciplines or need.name in standing.disciplines
    if need.kind == "expertise":
        return knows(standing, need.name)
    if need.kind == "authority":
        return need.name in standing.authority
    return need.name in person.languages or need.name in standing.languages


def apart_of(needs: Sequence[Need], among: Iterable[Need] | None = None) -> Apart | None:
    """Who has to approve, and who draft: where a team needs authority ``approve``, those with authority ``draft`` if
    it needs that, else those who wear one of its hats. None where it approves nothing, or nothing that it drafts.

    ``among``: the needs of one queue, where ``needs`` are those of several."""
    asked = set(needs if among is None else among)
    bits = {need: 1 << bit for bit, need in enumerate(needs) if need in asked}
    approve = bits.get(APPROVE, 0)
    draft = bits.get(DRAFT, 0) or sum(bit for need, bit in bits.items() if need.kind == "discipline")
    return Apart(approve, draft) if approve and draft else None


class Prospect(NamedTuple):
    """Somebody on duty who covers some of the needs. ``standing``: with the expertise of whom they stand in for
    (``stands_in``: that person's id, or ""). Bit n of ``mask``: need n; the bit after the last: leads the file."""

    person: Person
    id: str
    capacity: int
    standing: Standing
    mask: int
    rank: int
    stands_in: str = ""


class Roster:
    """The people of a desk. ``zone``: the desk's, for people without hours."""

    def __init__(self, people: Iterable[Person], zone: ZoneInfo) -> None:
        self.people = tuple(people)
        self.zone = zone
        self.index = {person.id: number for number, person in enumerate(self.people)}
        self.edges = tuple(edges(person) for person in self.people)
        self._named, self._patterns = _by_file(self.people)
        self._matching: dict[str, dict[int, list[Standing]]] = {}
        self._snapshot: Snapshot | None = None

    def at(self, now: datetime) -> Snapshot:
        """How things stand at this moment; the same object until somebody comes, goes or a local day ends."""
        now = now.astimezone(UTC)
        if self._snapshot is None or not self._snapshot.start <= now < self._snapshot.end:
            self._snapshot = Snapshot(self, now)
        return self._snapshot

    def matching(self, file: str) -> Mapping[int, list[Standing]]:
        """The standings that apply to the file, most specific first, by the number of the person who has any."""
        found = self._matching.get(file)
        if found is None:
            if len(self._matching) >= _MOST:
                self._matching.clear()
            numbers = set(self._named.get(file, ()))
            numbers.update(
                number for pattern, those in self._patterns.items() if fnmatchcase(file, pattern) for number in those
            )
            found = {number: matching(self.people[number], file) for number in sorted(numbers)}
            self._matching[file] = found
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

    def __init__(self, roster: Roster, now: datetime) -> None:
        self.roster = roster
        self.start = now
        self.presences: Sequence[Presence] = [presence(person, now, roster.zone) for person in roster.people]
        self.end = min((found.end for found in self.presences), default=datetime.max.replace(tzinfo=UTC))
        zones = [zone_of(person, roster.zone) for person in roster.people]
        today = {zone: now.astimezone(zone).date() for zone in set(zones)}
        self.days = [today[zone] for zone in zones]
        self.people = [
            as_of(person, day) if known else person
            for person, day, known in zip(roster.people, self.days, roster.edges, strict=True)
        ]
        self._standings: dict[str, Mapping[int, Standing | None]] = {}
        self._everyday: dict[tuple[Need, ...], dict[int, Prospect]] = {}
        self._prospects: dict[tuple[str, tuple[Need, ...]], list[Prospect]] = {}
        self._delegates = [
            (number, roster.index[person.delegate])
            for number, person in enumerate(roster.people)
            if person.delegate in roster.index and self.presences[number].away
        ]

    def key(self) -> object:
        """Equal for two snapshots of one roster in which the same people cover the same."""
        expired = [bisect_left(known, day) for known, day in zip(self.roster.edges, self.days, strict=True)]
        return tuple((found.there, found.away, ended) for found, ended in zip(self.presences, expired, strict=True))

    def standings(self, file: str) -> Mapping[int, Standing | None]:
        """The standing of everybody who has one on the file, by number; None where it has run out."""
        found = self._standings.get(file)
        if found is None:
            if len(self._standings) >= _MOST:
                self._standings.clear()
            rows = self.roster.matching(file).items()
            found = self._standings[file] = {number: current(those, self.days[number]) for number, those in rows}
        return found

    def prospects(self, file: str, needs: tuple[Need, ...]) -> list[Prospect]:
        """Everybody on duty who covers at least one of the needs, in no particular order."""
        found = self._prospects.get((file, needs))
        if found is None:
            if len(self._prospects) >= _MOST:
                self._prospects.clear()
            found = self._prospects[file, needs] = self._find(file, needs)
        return found

    def prospect(self, number: int, file: str, needs: tuple[Need, ...]) -> Prospect | None:
        """One person as they stand to the file now, on duty or not; None where they left it or cover nothing."""
        own = self.standings(file).get(number, NO_STANDING)
        if own is None or departed(self.roster.people[number], self.days[number]):
            return None
        principal, expertise = self._stand_ins(file).get(number, ("", own.expertise))
        standing = own.model_copy(update={"expertise": expertise}) if principal else own
        prospect = _prospect(self.people[number], standing, needs, principal)
        return prospect if prospect.mask else None

    def leads(self, file: str) -> list[str]:
        """The ids of those on duty with lead expertise on the file, stand-ins included."""
        wanted = (Need("expertise", LEAD),)
        return [prospect.person.id for prospect in self.prospects(file, wanted)]

    def _find(self, file: str, needs: tuple[Need, ...]) -> list[Prospect]:
        found, stand_ins = dict(self._by_hats(needs)), self._stand_ins(file)
        for number, own in self.standings(file).items():
            found.pop(number, None)
            if own is None or not self.presences[number].there:
                continue
            principal, expertise = stand_ins.get(number, ("", own.expertise))
            standing = own.model_copy(update={"expertise": expertise}) if principal else own
            prospect = _prospect(self.people[number], standing, needs, principal)
            if prospect.mask:
                found[number] = prospect
        return list(found.values())

    def _by_hats(self, needs: tuple[Need, ...]) -> dict[int, Prospect]:
        """Those on duty who cover something of any file, standing or not: the same for all files."""
        found = self._everyday.get(needs)
        if found is None:
            everybody = {
                number: _prospect(person, NO_STANDING, needs)
                for number, person in enumerate(self.people)
                if self.presences[number].there
            }
            found = {number: prospect for number, prospect in everybody.items() if prospect.mask}
            self._everyday[needs] = found
        return found

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


def _prospect(person: Person, standing: Standing, needs: Sequence[Need], stands_in: str = "") -> Prospect:
    mask = sum([1 << bit for bit, need in enumerate(needs) if covers(person, standing, need)])
    if mask:
        mask |= (standing.expertise == LEAD) << len(needs)
    return Prospect(person, person.id, person.capacity, standing, mask, rank(standing.expertise), stands_in)
