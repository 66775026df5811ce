"""Habits: how often something arrives, and when silence is news."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from msgspec.structs import replace

from gordon.polling import FeedState
from ingest.habit import Count, Verdict, arrived, dormant, quiet

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)  # a Monday
HOUR, DAY, WEEK = timedelta(hours=1), timedelta(days=1), timedelta(days=7)
STATE = FeedState(id="f", url="https://a.example/", next_due=NOW)


def after_arrivals(*gaps: timedelta) -> FeedState:
    state, now = arrived(STATE, NOW), NOW
    for gap in gaps:
        now += gap
        state = arrived(state, now)
    return state


def test_the_first_arrival_is_no_habit_and_the_second_is_a_gap() -> None:
    first = after_arrivals()
    assert (first.arrivals, first.gap, first.last_new) == (1, 0.0, NOW)
    assert (after_arrivals(HOUR).arrivals, after_arrivals(HOUR).gap) == (2, 3600.0)
    assert after_arrivals(HOUR, 3 * HOUR).gap == 7200
    assert arrived(first, NOW - HOUR).gap == 0


def test_a_burst_does_not_make_a_monthly_feed_an_hourly_one() -> None:
    monthly = after_arrivals(*[30 * DAY] * 12)
    now = monthly.last_new or NOW
    for _ in range(10):
        now += HOUR
        monthly = arrived(monthly, now)
    assert monthly.gap > 10 * 86400
    assert not dormant(replace(monthly, last_poll=now + 29 * DAY), now + 29 * DAY)


def silent(gap: timedelta, silence: timedelta, arrivals: int = 20) -> bool:
    state = replace(STATE, gap=gap.total_seconds(), arrivals=arrivals, last_new=NOW - silence, last_poll=NOW)
    return dormant(state, NOW)


SILENCES = [
    (HOUR, 3 * DAY, False), (4 * HOUR, timedelta(days=4, hours=17), False), (HOUR, 6 * DAY, True),
    (DAY, 5.5 * DAY, False), (DAY, 7 * DAY, True), (7 * DAY, 40 * DAY, False), (7 * DAY, 43 * DAY, True),
]  # fmt: skip


@pytest.mark.parametrize(("gap", "silence", "verdict"), SILENCES)
def test_dormant_is_silence_against_the_feeds_own_habit(gap: timedelta, silence: timedelta, verdict: bool) -> None:
    assert silent(gap, silence) is verdict
    assert not silent(gap, silence, arrivals=4)


def test_silence_counts_only_while_somebody_listened() -> None:
    heard = replace(STATE, gap=3600.0, arrivals=20, last_new=NOW - 30 * DAY, last_poll=NOW - 29 * DAY)
    assert not dormant(heard, NOW) and dormant(replace(heard, last_poll=NOW), NOW)
    assert not dormant(replace(heard, last_new=None), NOW) and not dormant(replace(heard, last_poll=None), NOW)


def office(language: str, per_hour: int, until: datetime, weeks: int = 4) -> list[Count]:
    """So many mentions in each office hour of the working days before ``until``."""
    hours = (until - number * HOUR for number in range(1, weeks * 168 + 25))
    return [
        Count(language=language, start=start, number=per_hour)
        for start in hours
        if start.weekday() < 5 and 13 <= start.hour < 21
    ]


@pytest.mark.parametrize("hours", range(0, 168, 5))
def test_nights_and_weekends_are_no_alarm(hours: int) -> None:
    now = NOW + hours * HOUR
    verdicts = quiet(office("en", 6, now) + office("fr", 2, now), now)
    assert not any(verdict.quiet for verdict in verdicts.values())
    assert all(verdict.seen == verdict.expected for verdict in verdicts.values())
    if now.weekday() in (1, 2, 3, 4):
        assert set(verdicts) == {"en", "fr"}


def test_one_language_goes_quiet() -> None:
    now = datetime(2026, 11, 25, 22, tzinfo=UTC)
    french = [count for count in office("fr", 3, now) if count.start < now - DAY]
    verdicts = quiet([*office("en", 6, now), *french], now)
    assert verdicts["fr"] == Verdict(expected=24.0, seen=0, quiet=True)
    assert verdicts["en"] == Verdict(expected=48.0, seen=48, quiet=False)


def weeks(*numbers: int) -> dict[str, Verdict]:
    """Today, a week ago, two weeks ago..., each in the middle of its day; the desk is older than that."""
    counts = [Count(language="en", start=NOW - n * WEEK - 12 * HOUR, number=found) for n, found in enumerate(numbers)]
    oldest = Count(language="fr", start=NOW - len(numbers) * WEEK + 2 * DAY, number=1)
    return quiet([*counts, oldest], NOW)


FEW = [
    ((4, 20, 20, 20, 20), True), ((5, 20, 20, 20, 20), False), ((0, 10, 10), True), ((0, 9, 9), None),
    ((0, 20, 20, 900, 20), True), ((4, 900, 20, 20, 20), True), ((0, 0, 20, 20, 20), False), ((0, 20), None),
    ((4, 900, 20), True), ((0,), None), ((4, 20, 20, 20, 7), False),
]  # fmt: skip


@pytest.mark.parametrize(("numbers", "verdict"), FEW)
def test_too_few_is_told_from_the_usual_ups_and_downs(numbers: tuple[int, ...], verdict: bool | None) -> None:
    found = weeks(*numbers).get("en")
    assert (found.quiet if found else None) is verdict


def test_the_span_is_a_day_to_the_hour_and_nothing_at_all_is_no_history() -> None:
    assert quiet([], NOW) == {}
    history = [Count(language="en", start=NOW - n * WEEK - DAY, number=50) for n in range(5)]
    outside = [Count(language="en", start=NOW - n * WEEK - DAY - HOUR, number=7) for n in range(5)]
    future = [Count(language="en", start=NOW - n * WEEK, number=7) for n in range(5)]
    assert quiet([*history, *outside, *future], NOW)["en"] == Verdict(expected=50.0, seen=50, quiet=False)
