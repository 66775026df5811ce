"""What servers and feeds ask for about the time of the next visit, in seconds. Pure; garbage asks for nothing.

Only ever reasons to wait longer: a wish to be visited more often is not heard.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

from gordon.polling import Hints

_HOUR = timedelta(hours=1)
_MOST_SKIPPED = timedelta(days=1)


def retry_after(headers: Mapping[str, str], now: datetime) -> float:
    """Seconds that a Retry-After asks for, in its two forms; 0 for garbage and for times past."""
    word = headers.get("retry-after", "").strip()
    if _number(word):
        return float(word[:12])
    return _from_now(word, headers, now)


def fresh_for(headers: Mapping[str, str], now: datetime) -> float:
    """Seconds for which the answer stays fresh, by Cache-Control, else by Expires; 0 when neither says so."""
    directives = dict(_directive(part) for part in headers.get("cache-control", "").split(","))
    if directives.keys() & {"no-cache", "no-store"}:
        return 0.0
    if "max-age" in directives:
        return float(directives["max-age"][:12]) if _number(directives["max-age"]) else 0.0
    return _from_now(headers.get("expires", ""), headers, now)


def _from_now(word: str, headers: Mapping[str, str], now: datetime) -> float:
    """Seconds until a date of the server: by its own clock where it tells it, as many are wrong."""
    moment = _date(word)
    if moment is None:
        return 0.0
    return max(0.0, (moment - (_date(headers.get("date", "")) or now)).total_seconds())


def _date(word: str) -> datetime | None:
    try:
        moment = parsedate_to_datetime(word.strip()[:100])
    except (ValueError, OverflowError):
        return None
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment


def _number(word: str) -> bool:
    return word.isascii() and word.isdigit()


def _directive(part: str) -> tuple[str, str]:
    name, _, value = part.strip().lower().partition("=")
    return name.strip(), value.strip('" ')


def after_skipped(hints: Hints, due: datetime) -> datetime:
    """``due``, or the end of the hours and days (UTC) in which the feed says it is idle: a day later at most, whatever
    it says."""
    if not (hints.skip_hours or hints.skip_days):
        return due
    moment = due.astimezone(UTC)
    last = moment + _MOST_SKIPPED
    while moment < last and (moment.hour in hints.skip_hours or moment.weekday() in hints.skip_days):
        moment = moment.replace(minute=0, second=0, microsecond=0) + _HOUR
    return min(moment, last)
