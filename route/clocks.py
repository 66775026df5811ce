"""Deadlines of an item. Pure."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from gordon.desk.schema import Clocks, Hours
from route.calendar import SEARCH, shifts

STEPS = ("acknowledge", "draft", "approve")
_YEARS = 10


def deadlines(clocks: Clocks, hours: Hours, opened: datetime) -> dict[str, datetime]:
    """``acknowledge_by``, ``draft_by`` and ``approve_by``, those that the queue has, in UTC.

    Each counts from ``opened``; in business time only while ``hours`` run.
    """
    found: dict[str, datetime] = {}
    for step in STEPS:
        seconds = getattr(clocks, step)
        if seconds is not None:
            found[f"{step}_by"] = _deadline(clocks, hours, opened.astimezone(UTC), seconds)
    return found


def _deadline(clocks: Clocks, hours: Hours, opened: datetime, seconds: float) -> datetime:
    if clocks.time == "calendar":
        return opened + timedelta(seconds=seconds)
    return business_time(hours, opened, timedelta(seconds=seconds))


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
