"""Everybody on a desk, indexed: who is on duty, and what each covers of a file. Caches per desk version. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from gordon.desk.schema import Person, Requires, Standing
from route.people import LEAD, Presence, current, knows, matching, presence, rank, zone_of

UNKNOWN_LANGUAGES = frozenset({"", "und"})
_MOST = 20_000


@dataclass(frozen=True, slots=True, order=True)
class Need:
    """One thing that a team has to cover. ``kind``: discipline, expertise, authority or language."""

    kind: str
    name: str


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
    """Whether a person with this standing on the file covers the need."""
    if need.kind == "discipline":
        return need.name in person.disciplines
    if need.kind == "expertise":
        return knows(standing, need.name)
    if need.kind == "authority":
        return need.name in standing.authority
    return need.name in person.languages


@dataclass(frozen=True, slots=True)
class Prospect:
    """Somebody on duty who covers some of the needs. ``standing``: with the expertise of whom they stand in for
    (``stands_in``: that person's id, or ""). Bit n of ``mask``: need n; the bit after the last: leads the file."""

    person: Person
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
        self._matching: dict[str, list[list[Standing]]] = {}
        self._snapshot: Snapshot | None = None

    def at(self, now: datetime) -> Snapshot:
        """How things stand at this moment; the same object until somebody comes, goes or a local day ends."""
        now = now.astimezone(UTC)
        if self._snapshot is None or not self._snapshot.start <= now < self._snapshot.end:
            self._snapshot = Snapshot(self, now)
        return self._snapshot

    def matching(self, file: str) -> list[list[Standing]]:
        """For each person the standings that apply to the file, most specific first."""
        found = self._matching.get(file)
        if found is None:
            if len(self._matching) >= _MOST:
                self._matching.clear()
            found = self._matching[file] = [matching(person, file) for person in self.people]
        return found


class Snapshot:
    """The roster from ``start`` to ``end`` (exclusive), in which nobody's presence or standing changes."""

    def __init__(self, roster: Roster, now: datetime) -> None:
        self.roster = roster
        self.start = now
        self.presences: Sequence[Presence] = [presence(person, now, roster.zone) for person in roster.people]
        self.end = min((found.end for found in self.presences), default=datetime.max.replace(tzinfo=UTC))
        self._days = [now.astimezone(zone_of(person, roster.zone)).date() for person in roster.people]
        self._standings: dict[str, list[Standing | None]] = {}
        self._prospects: dict[tuple[str, tuple[Need, ...]], list[Prospect]] = {}

    def key(self) -> object:
        """Equal for two snapshots of one roster in which the same people cover the same."""
        expired = [
            sum(1 for standing in person.files.values() if standing.until is not None and standing.until < day)
            for person, day in zip(self.roster.people, self._days, strict=True)
        ]
        return tuple((found.there, found.away, ended) for found, ended in zip(self.presences, expired, strict=True))

    def standings(self, file: str) -> list[Standing | None]:
        """Everybody's own standing on the file; None for those whose standing has run out."""
        found = self._standings.get(file)
        if found is None:
            rows = zip(self.roster.matching(file), self._days, strict=True)
            found = self._standings[file] = [current(standings, day) for standings, day in rows]
        return found

    def prospects(self, file: str, needs: tuple[Need, ...]) -> list[Prospect]:
        """Everybody on duty who covers at least one of the needs, in the order of the roster."""
        found = self._prospects.get((file, needs))
        if found is None:
            if len(self._prospects) >= _MOST:
                self._prospects.clear()
            found = self._prospects[file, needs] = self._find(file, needs)
        return found

    def leads(self, file: str) -> list[str]:
        """The ids of those on duty with lead expertise on the file, stand-ins included."""
        wanted = (Need("expertise", LEAD),)
        return [prospect.person.id for prospect in self.prospects(file, wanted)]

    def _find(self, file: str, needs: tuple[Need, ...]) -> list[Prospect]:
        stand_ins = self._stand_ins(file)
        found = []
        for number, (person, own) in enumerate(zip(self.roster.people, self.standings(file), strict=True)):
            if own is None or not self.presences[number].there:
                continue
            principal = stand_ins.get(number)
            expertise = principal[1] if principal else own.expertise
            standing = own.model_copy(update={"expertise": expertise}) if principal else own
            mask = sum(1 << bit for bit, need in enumerate(needs) if covers(person, standing, need))
            if mask:
                mask |= (expertise == LEAD) << len(needs)
                found.append(Prospect(person, standing, mask, rank(expertise), principal[0] if principal else ""))
        return found

    def _stand_ins(self, file: str) -> dict[int, tuple[str, str]]:
        """Delegates of people who are away: by number, for whom and with which expertise.

        A delegate who has a standing on the file counts with the expertise of the one who is away, if that is higher.
        Authority is never passed on: who may speak or approve is written down for each person.
        """
        standings, found = self.standings(file), dict[int, tuple[str, str]]()
        for number, person in enumerate(self.roster.people):
            delegate = self.roster.index.get(person.delegate or "")
            theirs = standings[number]
            if delegate is None or theirs is None or not self.presences[number].away:
                continue
            own = standings[delegate]
            best = found[delegate][1] if delegate in found else own.expertise if own else ""
            if own and own.expertise and rank(theirs.expertise) > rank(best):
                found[delegate] = (person.id, theirs.expertise)
        return found
