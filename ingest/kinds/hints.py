"""When a feed says in its body that it should be asked again: checked and bounded. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from gordon.polling import Hints
from ingest.kinds.words import text_of

MOST_SECONDS = 30 * 86400.0
_PERIODS = {"hourly": 3600.0, "daily": 86400.0, "weekly": 7 * 86400.0, "monthly": 30 * 86400.0, "yearly": 365 * 86400.0}
_DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")


def hints(feed: Mapping[str, object], hours: Iterable[str], days: Iterable[str]) -> Hints:
    """``feed``: feedparser's dictionary of the feed; what is not believable is left out."""
    return Hints(
        ttl=_bounded(_number(text_of(feed.get("ttl"))) * 60),
        period=_period(feed),
        skip_hours=_some(24, (hour for word in hours for hour in _hour(word))),
        skip_days=_some(7, (_DAYS.index(word.strip().lower()) for word in days if word.strip().lower() in _DAYS)),
    )


def _period(feed: Mapping[str, object]) -> float:
    """sy:updatePeriod by sy:updateFrequency, whatever prefix the feed has for sy; a day, once, unless said."""
    period, frequency = _syndication(feed, "updateperiod"), _syndication(feed, "updatefrequency")
    if not period and not frequency:
        return 0.0
    seconds = _PERIODS.get(period.lower() or "daily", 0.0)
    times = _number(frequency) if frequency else 1.0
    return _bounded(seconds / times) if times >= 1 else 0.0


def _syndication(feed: Mapping[str, object], name: str) -> str:
    keys = ("sy_" + name, name, *(key for key in feed if key.endswith("_" + name)))
    return next((found for found in (text_of(feed.get(key)) for key in keys) if found), "")


def _hour(word: str) -> tuple[int, ...]:
    """0 to 23; the oldest feeds call midnight 24."""
    word = word.strip()
    hour = int(word) if re.fullmatch(r"[0-9]{1,2}", word) else 99
    return (hour % 24,) if hour <= 24 else ()


def _some(all_of_them: int, found: Iterable[int]) -> tuple[int, ...]:
    """In order, each once; whoever skips everything means nothing."""
    kept = tuple(sorted(set(found)))
    return kept if len(kept) < all_of_them else ()


def _number(word: str) -> float:
    word = word.strip()
    return float(word) if word.isascii() and word.isdigit() and len(word) <= 9 else 0.0


def _bounded(seconds: float) -> float:
    return min(seconds, MOST_SECONDS)
