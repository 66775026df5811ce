"""What a feed usually does, learnt from its polls: how often something new arrives, where it lives; and when silence
says that something is wrong. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime, timedelta

from msgspec import Struct
from msgspec.structs import replace

from gordon.polling import Count, FeedState

KNOWN_AFTER = 5
"""Arrivals; a habit of fewer is no habit."""
_WEIGHT = 0.1
"""Of the last gap in the mean. Small: one burst of ten posts must not make a monthly feed look like an hourly one."""
LEAST_SILENCE = timedelta(days=5)
_GAPS_OF_SILENCE = 6
_MOVES, _MOVING = 3, timedelta(days=2)

_SPAN, _WEEK, _WEEKS = timedelta(days=1), timedelta(days=7), 4
_LEAST_WEEKS, _LEAST_EXPECTED, _QUIET_SHARE, _OF_WORST = 2, 10.0, 0.25, 0.5


def arrived(state: FeedState, now: datetime) -> FeedState:
    """After a poll that brought something new."""
    if state.last_new is None:
        return replace(state, arrivals=1, last_new=now)
    gap = max(0.0, (now - state.last_new).total_seconds())
    weight = max(_WEIGHT, 1 / max(state.arrivals, 1))
    return replace(state, gap=state.gap + (gap - state.gap) * weight, arrivals=state.arrivals + 1, last_new=now)


def answered_from(state: FeedState, moved_to: str, now: datetime) -> FeedState:
    """After a good answer; ``moved_to``: where the feed said that it has moved for good, "" for not at all."""
    if not moved_to:
        return replace(state, moved_to="", moved_times=0, moved_since=None)
    if moved_to != state.moved_to:
        return replace(state, moved_to=moved_to, moved_times=1, moved_since=now)
    return replace(state, moved_times=state.moved_times + 1)


def proposed_move(state: FeedState) -> str:
    """The address that the feed has moved to for good, once it has said so three times in a row over two days at
    least: a person may take it over. "" until then. Nothing is ever moved by itself."""
    if state.moved_since is None or state.last_poll is None or state.moved_times < _MOVES:
        return ""
    return state.moved_to if state.last_poll - state.moved_since >= _MOVING else ""


def usual_wait(state: FeedState, now: datetime) -> float:
    """Seconds between two visits that suit the habit: a quarter of the mean gap, so that a post is found within an
    eighth of it on average. Until there is a habit, the silence so far stands for it; with one, only silence beyond
    the gap and a day counts, else each night would make a feed look idle."""
    if state.last_new is None:
        return float("inf")
    silence = (now - state.last_new).total_seconds()
    if state.arrivals < KNOWN_AFTER:
        return silence / 4
    return max(state.gap, silence - state.gap - 86400.0) / 4


def dormant(state: FeedState, now: datetime) -> bool:
    """Whether the feed has gone quiet against its own habit.

    Six times its mean gap: a feed that posts at random does so once in four hundred gaps, one that posts by the
    calendar never. And five days at least: offices are silent from the evening before a long weekend (Easter) until the
    morning after it, 4.7 days. Only silence that we have witnessed counts: while nobody polled, nobody knows."""
    if state.last_new is None or state.last_poll is None or state.arrivals < KNOWN_AFTER:
        return False
    silence = min(now, state.last_poll) - state.last_new
    return silence > max(LEAST_SILENCE, timedelta(seconds=_GAPS_OF_SILENCE * state.gap))


class Verdict(Struct, frozen=True, kw_only=True):
    """``seen`` in the last 24 hours, ``expected`` by the same 24 hours of earlier weeks; ``quiet``: alarmingly few."""

    expected: float
    seen: int
    quiet: bool


def quiet(counts: Iterable[Count], now: datetime) -> dict[str, Verdict]:
    """A verdict on each language that can be judged. Give the counts of four weeks and a day.

    The last 24 hours are held against those of the same weekday, so that nights and weekends are nothing special, and
    against the (lower) median of up to four weeks, so that neither a flood nor an outage of one week matters. Quiet is
    less than a quarter of that, and less than half of the worst of these weeks. Languages without two weeks of
    history, or of which fewer than ten mentions are expected, are left out: nothing can be told about them."""
    spans: dict[str, dict[int, int]] = defaultdict(lambda: defaultdict(int))
    first = now
    for count in counts:
        first = min(first, count.start)
        week, rest = divmod(now - count.start, _WEEK)
        if timedelta(0) < rest <= _SPAN:
            spans[count.language][week] += count.number
    full = [week for week in range(1, _WEEKS + 1) if first <= now - week * _WEEK - _SPAN]
    if len(full) < _LEAST_WEEKS:
        return {}
    verdicts = {language: _verdict(seen[0], sorted(seen[week] for week in full)) for language, seen in spans.items()}
    return {language: found for language, found in verdicts.items() if found.expected >= _LEAST_EXPECTED}


def _verdict(seen: int, weeks: list[int]) -> Verdict:
    expected = float(weeks[(len(weeks) - 1) // 2])
    return Verdict(expected=expected, seen=seen, quiet=seen < expected * _QUIET_SHARE and seen < weeks[0] * _OF_WORST)
