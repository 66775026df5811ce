"""Deadlines of an item. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from itertools import takewhile

from gordon.desk.schema import Clocks, Hours
from route.calendar import SEARCH, shifts

STEPS = ("acknowledge", "draft", "approve")
_YEARS = 10


def deadlines(
    clocks: Clocks, hours: Hours, opened: datetime, pauses: Iterable[tuple[datetime, datetime | None]] = ()
) -> dict[str, datetime]:
    """``acknowledge_by``, ``draft_by`` and ``approve_by``, those that the queue has, in UTC.

    Each counts from ``opened``; in business time only while ``hours`` run. Time within ``pauses`` that are over, in
    order and apart, does not count.
    """
    found: dict[str, datetime] = {}
    for step in STEPS:
        seconds = getattr(clocks, step)
        if seconds is not None:
            found[f"{step}_by"] = _deadline(clocks, hours, opened.astimezone(UTC), seconds)
    for start, end in pauses:
        if end is not None:
            found = {name: _later(clocks, hours, due, start, end) for name, due in found.items()}
    return found


def remaining(clocks: Clocks, hours: Hours, due: datetime, now: datetime) -> timedelta:
    """How much of its own time a clock has left until ``due``; below 0 once it is over: how much has gone since. While
    it stands, ``now`` is when the pause began."""
    if clocks.time == "calendar":
        return due - now
    return worked(hours, now, due) if now <= due else -worked(hours, due, now)


def worked(hours: Hours, start: datetime, end: datetime) -> timedelta:
    """The working time between two moments; of hours that never come all of it, as ``business_time`` takes it."""
    if next(shifts(hours, start, SEARCH * _YEARS), None) is None:
        return end - start
    return sum((min(last, end) - max(first, start) for first, last in _within(hours, start, end)), timedelta())


def _deadline(clocks: Clocks, hours: Hours, opened: datetime, seconds: float) -> datetime:
    if clocks.time == "calendar":
        return opened + timedelta(seconds=seconds)
    return business_time(hours, opened, timedelta(seconds=seconds))


def _later(clocks: Clocks, hours: Hours, due: datetime, start: datetime, end: datetime) -> datetime:
    """The deadline after a pause; one that was over when the pause began stays."""
    if due <= start:
        return due
    if clocks.time == "calendar":
        return due + (end - start)
    return business_time(hours, end, worked(hours, start, due))


def _within(hours: Hours, start: datetime, end: datetime) -> Iterator[tuple[datetime, datetime]]:
    return takewhile(lambda found: found[0] < end, shifts(hours, start, SEARCH * _YEARS))


def business_time(hours: Hours, begin: datetime, span: timedelta) -> datetime:
    """When ``span`` of working time after ``begin`` is over. Hours that never come, or not within ten years, are
    taken for round-the-clock time: a deadline too early is better than none."""
    left = span
    for start, end in shifts(hours, begin, SEARCH * _YEARS):
        start = max(start, begin)
        if end - start >= left:
            return start + left
        left -= end - start
    return begin + span
