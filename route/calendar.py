"""Working hours on the calendar: zones, daylight saving, holidays. The only home of holidays. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

import holidays

from gordon.desk.schema import DAYS, Hours, Person, QueuesFile
from gordon.desk.validate import line_of
from gordon.desk.yaml_lines import Lines, Path
from gordon.errors import DeskInvalid, Problem

_DAY = timedelta(days=1)
SEARCH = 400
"""Days that are looked ahead for the next working one."""
REMEDY = "write a country, or a country and its province: CA, CA-ON, CA-QC"


@lru_cache(maxsize=256)
def _calendar(code: str) -> holidays.HolidayBase:
    country, _, part = code.partition("-")
    try:
        return holidays.country_holidays(country, subdiv=part or None)
    except (NotImplementedError, KeyError) as error:
        raise DeskInvalid([Problem("people.yaml", 0, f"no holidays known for {code!r}", REMEDY)]) from error


@lru_cache(maxsize=100_000)
def is_holiday(day: date, code: str) -> bool:
    """Whether a calendar ("CA-ON") has a holiday on this day; "" has none. Raises DeskInvalid for an unknown code."""
    return bool(code) and day in _calendar(code)


def holiday_problems(
    people: Sequence[tuple[int, Person]], queues: QueuesFile | None, people_lines: Lines, queue_lines: Lines
) -> list[Problem]:
    """A problem for each unknown holiday calendar. ``people``: each with the index in people.yaml."""
    places: list[tuple[str, Lines, Path, str]] = [
        ("people.yaml", people_lines, (index, "hours", "holidays"), person.hours.holidays)
        for index, person in people
        if person.hours
    ]
    places += [
        ("queues.yaml", queue_lines, ("queues", name, "hours", "holidays"), queue.hours.holidays)
        for name, queue in (queues.queues if queues else {}).items()
        if queue.hours
    ]
    return [
        Problem(file, line_of(lines, path), f"no holidays known for {code!r}", REMEDY)
        for file, lines, path, code in places
        if not _known(code)
    ]


def _known(code: str) -> bool:
    try:
        is_holiday(date(2026, 1, 1), code)
    except DeskInvalid:
        return False
    return True


def works_on(hours: Hours, day: date) -> bool:
    """Whether these hours have this local day."""
    return DAYS[day.weekday()] in hours.days and not is_holiday(day, hours.holidays)


def shift(hours: Hours, day: date) -> tuple[datetime, datetime] | None:
    """The working time of a local day, in UTC; None on days off, and where the change to summer time swallows it."""
    if not works_on(hours, day):
        return None
    start = datetime.combine(day, hours.start, hours.zone).astimezone(UTC)
    end = datetime.combine(day, hours.end, hours.zone).astimezone(UTC)
    return (start, end) if start < end else None


def shifts(hours: Hours, after: datetime, days: int = SEARCH) -> Iterator[tuple[datetime, datetime]]:
    """The shifts that end after this moment, in order, of up to so many local days."""
    first = after.astimezone(hours.zone).date()
    for number in range(days):
        found = shift(hours, first + number * _DAY)
        if found and found[1] > after:
            yield found


def midnight(day: date, zone: ZoneInfo) -> datetime:
    """When this local day begins, in UTC."""
    return datetime(day.year, day.month, day.day, tzinfo=zone).astimezone(UTC)
