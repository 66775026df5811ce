"""The values of conditions as the desk writes them: words, patterns, numbers, ranges, times of day. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date, datetime, timedelta
from fnmatch import translate
from typing import Any, TypeAlias, TypeVar
from zoneinfo import ZoneInfo

from gordon.desk.schema import DAYS, day_list
from gordon.errors import DeskInvalid
from route.calendar import REMEDY, is_holiday

F = TypeVar("F")
Within: TypeAlias = Callable[[datetime], bool]
_DAY_TIME = re.compile(r"([01]?\d|2[0-3]):([0-5]\d)")
_TIME_KEYS = ("days", "from", "to", "tz", "holidays")


class Wrong(ValueError):
    """A value that a condition cannot use, and what it takes instead."""

    def __init__(self, message: str, remedy: str) -> None:
        super().__init__(message)
        self.remedy = remedy


def number(value: Any, remedy: str, *, whole: bool = False) -> float:
    """A number; with ``whole`` a whole one, 1 or more."""
    if isinstance(value, bool) or not isinstance(value, int | float) or value != value:
        raise Wrong(f"{value!r} is not a number", remedy)
    if whole and (value < 1 or value != int(value)):
        raise Wrong(f"{value!r} is not a whole number from 1 on", remedy)
    return value


def limits(name: str, value: Any, remedy: str, *, whole: bool = False) -> tuple[float, float]:
    """``{min: A, max: B}``, both inclusive and optional, or a number, which is the least one."""
    if not isinstance(value, Mapping):
        return number(value, remedy, whole=whole), float("inf")
    bounds(name, value, remedy)
    least = number(value["min"], remedy, whole=whole) if "min" in value else float("-inf")
    most = number(value["max"], remedy, whole=whole) if "max" in value else float("inf")
    if least > most:
        raise Wrong(f"no {name} is at least {least:g} and at most {most:g}", "make min the smaller one")
    return least, most


def bounds(name: str, value: Mapping[str, Any], remedy: str) -> None:
    """Raises Wrong unless there are min, max or both, and nothing else."""
    if not value or not value.keys() <= {"min", "max"}:
        raise Wrong(f"{name} takes min and max, not {', '.join(map(str, value)) or 'nothing'}", remedy)


def texts(value: Any, remedy: str) -> frozenset[str]:
    """A word, or a list of words."""
    values = value if isinstance(value, list | tuple) else [value]
    if not values or not all(isinstance(one, str) and one for one in values):
        raise Wrong(f"{value!r} is not a word or a list of words", remedy)
    return frozenset(values)


def one_of(value: Any, known: Iterable[str], what: str) -> frozenset[str]:
    """Words of a closed list."""
    names = list(known)
    remedy = f"write {', '.join(names[:-1])} or {names[-1]}"
    wanted = texts(value, remedy)
    for word in sorted(wanted - set(names)):
        raise Wrong(f"{word!r} is not {what}", remedy)
    return wanted


def flag(value: Any) -> bool:
    """true or false."""
    if not isinstance(value, bool):
        raise Wrong(f"{value!r} is neither true nor false", "write true or false")
    return value


def pattern(value: Any, of: Callable[[F], str]) -> Callable[[F], bool]:
    """A test whether a part of the facts fits one of the patterns."""
    patterns = sorted(texts(value, "write an id, a pattern such as passport-*, or a list of them"))
    fits = re.compile("|".join(translate(one) for one in patterns)).match
    return lambda facts: fits(of(facts)) is not None


def hosts(value: Any) -> frozenset[str]:
    """Hosts, in small letters."""
    remedy = "write a host such as blog.example, without https:// and path, or a list of them"
    wanted = texts(value, remedy)
    for host in sorted(wanted):
        if not re.fullmatch(r"[^\s/:@*?]+", host):
            raise Wrong(f"{host!r} is not a host", remedy)
    return frozenset(host.lower().strip(".") for host in wanted)


def at_site(host: str, sites: Iterable[str]) -> bool:
    """Whether a host is one of these, or below one of them."""
    return any(host == site or host.endswith(f".{site}") for site in sites)


def within(value: Any) -> Within:
    """A test whether a moment lies in ``{days, from, to, tz, holidays}``, in the wall time of the zone.

    With ``from`` after ``to`` the time reaches over midnight, and counts to the day on which it begins. Holidays of
    the calendar are no such days.
    """
    remedy = 'write for example {days: mon-fri, from: "08:00", to: "17:00"}'
    if not isinstance(value, Mapping) or not value.keys() & {"days", "from", "to"} or value.keys() - set(_TIME_KEYS):
        raise Wrong(f"time takes days, from, to, tz and holidays, not {_keys(value)}", remedy)
    zone, calendar = _zone(value.get("tz", "America/Toronto")), _calendar(value.get("holidays", ""))
    days = _days(value.get("days", list(DAYS)), remedy)
    start, end = _day_time(value.get("from", "00:00"), remedy), _day_time(value.get("to", "24:00"), remedy)
    if start == end:
        raise Wrong("the time begins when it ends", remedy)

    def test(moment: datetime) -> bool:
        local = moment.astimezone(zone)
        day, minute = local.date(), local.hour * 60 + local.minute
        if start > end and minute < end:
            day, minute = day - timedelta(days=1), minute + 24 * 60
        inside = start <= minute < (end if start < end else end + 24 * 60)
        return inside and DAYS[day.weekday()] in days and not is_holiday(day, calendar)

    return test


def _keys(value: Any) -> str:
    return ", ".join(map(str, value)) or "nothing" if isinstance(value, Mapping) else repr(value)


def _day_time(value: Any, remedy: str) -> int:
    """Minutes since midnight; "24:00" is the end of the day."""
    found = _DAY_TIME.fullmatch(value) if isinstance(value, str) else None
    if value == "24:00":
        return 24 * 60
    if not found:
        raise Wrong(f"{value!r} is not a time of day", remedy)
    return int(found[1]) * 60 + int(found[2])


def _days(value: Any, remedy: str) -> Sequence[str]:
    try:
        days = day_list(value)
    except (ValueError, TypeError) as error:
        raise Wrong(str(error) if isinstance(error, ValueError) else f"{value!r} is not a day", remedy) from error
    if not days:
        raise Wrong("there is no day in it", remedy)
    return days


def _zone(value: Any) -> ZoneInfo:
    try:
        return ZoneInfo(value)
    except (ValueError, TypeError, OSError, KeyError) as error:
        raise Wrong(f"{value!r} is not a time zone", "write for example America/Toronto") from error


def _calendar(value: Any) -> str:
    try:
        is_holiday(date(2026, 1, 1), value)
    except (DeskInvalid, TypeError, AttributeError) as error:
        raise Wrong(f"no holidays known for {value!r}", REMEDY) from error
    return str(value)
