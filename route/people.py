"""What one person knows, may do and whether they are there: exact for any moment. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime, timedelta
from fnmatch import fnmatchcase
from typing import NamedTuple
from zoneinfo import ZoneInfo

from gordon.desk.schema import Away, Dated, Person, Standing
from route.calendar import SEARCH, midnight, shift, shifts

RANKS = {"": 0, "working": 1, "expert": 2, "lead": 3}
LEAD = "lead"
_DAY = timedelta(days=1)
WILD = frozenset("*?[")
NO_STANDING = Standing()
_PARTS = ("authority", "disciplines", "languages")


def rank(expertise: str) -> int:
    """lead over expert over working; words of the desk's own count like working, and only for themselves."""
    return RANKS.get(expertise, 1)


def knows(standing: Standing, need: str) -> bool:
    """Whether an expertise covers what is needed: the same, or a higher one."""
    if need in RANKS:
        return standing.expertise in RANKS and RANKS[standing.expertise] >= RANKS[need]
    return standing.expertise == need


class Presence(NamedTuple):
    """Whether somebody is there, by absence and hours alone, until ``end`` (exclusive, UTC)."""

    there: bool
    end: datetime
    away: bool = False


def zone_of(person: Person, default: ZoneInfo) -> ZoneInfo:
    """In whose days absences and expiry count: the person's, else the desk's."""
    return person.hours.zone if person.hours else default


def matching(person: Person, file: str) -> list[Standing]:
    """The person's standings that apply to a file, most specific first: its name, then by letters."""
    found = [
        (pattern != file, -sum(1 for sign in pattern if sign not in WILD), pattern)
        for pattern in person.files
        if pattern == file or fnmatchcase(file, pattern)
    ]
    return [person.files[pattern] for _, _, pattern in sorted(found)]


def lasts(standing: Standing) -> date | None:
    """The last day on which anything of a standing holds; None: open-ended."""
    parts = [*standing.authority.values(), *standing.disciplines.values(), *standing.languages.values()]
    parts += [standing.expertise_until] if standing.expertise else []
    ends = [] if not parts or None in parts else [max(end for end in parts if end is not None)]
    ends += [standing.until] if standing.until else []
    return min(ends, default=None)


def trimmed(standing: Standing, day: date) -> Standing:
    """The standing without the parts that have run out."""
    update: dict[str, object] = {
        part: kept for part in _PARTS if (kept := _kept(getattr(standing, part), day)) is not None
    }
    if standing.expertise_until is not None and standing.expertise_until < day:
        update["expertise"] = ""
    return standing.model_copy(update=update) if update else standing


def as_of(person: Person, day: date) -> Person:
    """The person without the disciplines and languages that have run out for every file."""
    parts = ("disciplines", "languages")
    update = {part: kept for part in parts if (kept := _kept(getattr(person, part), day)) is not None}
    return person.model_copy(update=update) if update else person


def _kept(table: Dated, day: date) -> Dated | None:
    """What of a table holds on this day; None where all of it does."""
    if all(last is None or day <= last for last in table.values()):
        return None
    return {name: last for name, last in table.items() if last is None or day <= last}


def current(standings: Iterable[Standing], day: date) -> Standing | None:
    """The most specific standing that has not run out, with what of it holds; NO_STANDING where none ever applied;
    None where all that applied have run out: who has left a file is not to be found on its teams by accident."""
    last: Standing | None = NO_STANDING
    for standing in standings:
        end = lasts(standing)
        if end is None or day <= end:
            return trimmed(standing, day)
        last = None
    return last


def edges(person: Person) -> tuple[date, ...]:
    """The last days of everything that this person has or is, in order."""
    tables = [person.disciplines, person.languages]
    days = [person.until]
    for standing in person.files.values():
        tables += [standing.authority, standing.disciplines, standing.languages]
        days += [standing.until, standing.expertise_until]
    days += [last for table in tables for last in table.values()]
    return tuple(sorted({day for day in days if day is not None}))


def departed(person: Person, day: date) -> bool:
    """Whether this person is with the department no more, or everything they stood for has run out."""
    last = last_day(person)
    return last is not None and last < day


def last_day(person: Person) -> date | None:
    """The last day on which this person can be on a team; None: open-ended."""
    ends = [lasts(standing) for standing in person.files.values()]
    found = [] if not ends or None in ends else [max(end for end in ends if end is not None)]
    found += [person.until] if person.until else []
    return min(found, default=None)


def presence(person: Person, now: datetime, default: ZoneInfo) -> Presence:
    """Whether the person is on duty at ``now``, and until when that certainly holds: at the latest until the end of
    the local day. Somebody without hours is always there."""
    zone = zone_of(person, default)
    day = now.astimezone(zone).date()
    night = midnight(day + _DAY, zone)
    if absent(person, day):
        return Presence(False, night, away=True)
    if departed(person, day):
        return Presence(False, night)
    if person.hours is None:
        return Presence(True, night)
    today = shift(person.hours, day)
    if today and today[0] <= now < today[1]:
        return Presence(True, min(night, today[1]))
    return Presence(False, min(night, today[0]) if today and now < today[0] else night)


def why_absent(person: Person, now: datetime, default: ZoneInfo) -> str:
    """What keeps somebody who is not there, for people: "is away until 2027-01-03"."""
    day = now.astimezone(zone_of(person, default)).date()
    absence = absent(person, day)
    if absence:
        return f"is away until {absence.end.isoformat()}"
    if departed(person, day):
        return f"has left ({_end(person)})"
    return _off_duty(person, now, default) if person.hours else "is there"


def absent(person: Person, day: date) -> Away | None:
    """The absence that holds on this day; of overlapping ones the longest."""
    return max((away for away in person.away if away.start <= day <= away.end), key=lambda away: away.end, default=None)


def _end(person: Person) -> str:
    last = last_day(person)
    return f"last day {last}" if last == person.until else f"standing ended {last}"


def returns(person: Person, now: datetime, default: ZoneInfo) -> datetime | None:
    """When somebody who is not there is there next, by absences and hours; None where that is not foreseen."""
    zone = zone_of(person, default)
    today = now.astimezone(zone).date()
    days = (today + number * _DAY for number in range(1, SEARCH))
    starts = (
        (midnight(day, zone) for day in days) if person.hours is None else (one for one, _ in shifts(person.hours, now))
    )
    for start in starts:
        day = start.astimezone(zone).date()
        if departed(person, day):
            return None
        if start > now and not absent(person, day):
            return start
    return None


def _off_duty(person: Person, now: datetime, default: ZoneInfo) -> str:
    start = returns(person, now, default)
    return f"is off duty until {start:%Y-%m-%d %H:%M} UTC" if start else "is off duty"
