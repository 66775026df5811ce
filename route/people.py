"""What one person knows, may do and whether they are there: exact for any moment. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime, timedelta
from fnmatch import fnmatchcase
from typing import NamedTuple
from zoneinfo import ZoneInfo

from gordon.desk.schema import Away, Hours, Person, Standing
from route.calendar import midnight, shift, shifts

RANKS = {"": 0, "working": 1, "expert": 2, "lead": 3}
LEAD = "lead"
_DAY = timedelta(days=1)
_WILD = frozenset("*?[")
NO_STANDING = Standing()


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
        (pattern != file, -sum(1 for sign in pattern if sign not in _WILD), pattern)
        for pattern in person.files
        if pattern == file or fnmatchcase(file, pattern)
    ]
    return [person.files[pattern] for _, _, pattern in sorted(found)]


def current(standings: Iterable[Standing], day: date) -> Standing | None:
    """The most specific standing that has not run out; NO_STANDING where none ever applied; None where all that
    applied have run out: who has left a file is not to be found on its teams by accident."""
    last: Standing | None = NO_STANDING
    for standing in standings:
        if standing.until is None or day <= standing.until:
            return standing
        last = None
    return last


def departed(person: Person, day: date) -> bool:
    """Whether everything this person stood for has run out."""
    return bool(person.files) and all(
        standing.until is not None and standing.until < day for standing in person.files.values()
    )


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
        return f"has left (standing ended {_last_until(person).isoformat()})"
    return _off_duty(person, person.hours, now) if person.hours else "is there"


def absent(person: Person, day: date) -> Away | None:
    """The absence that holds on this day; of overlapping ones the longest."""
    return max((away for away in person.away if away.start <= day <= away.end), key=lambda away: away.end, default=None)


def _last_until(person: Person) -> date:
    return max(standing.until for standing in person.files.values() if standing.until is not None)


def _off_duty(person: Person, hours: Hours, now: datetime) -> str:
    for start, _ in shifts(hours, now):
        if start > now and not absent(person, start.astimezone(hours.zone).date()):
            return f"is off duty until {start:%Y-%m-%d %H:%M} UTC"
    return "is off duty"
