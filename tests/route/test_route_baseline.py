"""What is usual for a file, and episodes of what is not: once each, the same wherever they are found."""

from __future__ import annotations

import random
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from gordon.desk.routing import Spikes
from route.baseline import (
    HOUR,
    Baseline,
    Spike,
    baseline,
    counted,
    growth,
    hour_of,
    reach,
    rebuilt,
    spike,
    watch,
    windows,
)

TORONTO = ZoneInfo("America/Toronto")
CONFIG = Spikes()
NOW = datetime(2026, 11, 23, 15, 20, tzinfo=UTC)
"""10:20 on a Monday in Toronto, three weeks after the end of summer time."""
SINCE = NOW - timedelta(weeks=20)


def office_hours(each: int, until: datetime = NOW, since: datetime = SINCE) -> dict[datetime, int]:
    """So many mentions in every hour from 9 to 17 on weekdays in Toronto."""
    hour, found = hour_of(since), {}
    while hour < hour_of(until):
        local = hour.astimezone(TORONTO)
        if 9 <= local.hour < 17 and local.weekday() < 5:
            found[hour] = each
        hour += HOUR
    return found


def spikes_of(counts: dict[datetime, int], first: datetime, hours: int, config: Spikes = CONFIG) -> list[Spike | None]:
    """How each of these hours looks at its end."""
    moments = [hour_of(first) + number * HOUR for number in range(hours)]
    return [spike(watch("f", counts, SINCE, moment, TORONTO, config), counts) for moment in moments]


def starts(found: Iterable[Spike | None]) -> list[datetime]:
    return list(dict.fromkeys(one.start for one in found if one))


@pytest.mark.parametrize(
    ("usual", "now", "is_spike"),
    [
        (0, 2, False),
        (0, 4, False),
        (0, 6, False),
        (0, 7, True),
        (1, 8, False),
        (1, 14, True),
        (30, 60, False),
        (30, 200, True),
    ],
)
def test_how_much_it_takes(usual: int, now: int, is_spike: bool) -> None:
    counts = {**office_hours(usual), hour_of(NOW): now}
    assert bool(spikes_of(counts, NOW, 1)[0]) is is_spike


def test_least_counts_whatever_the_rate() -> None:
    counts = {hour_of(NOW): 9}
    assert spikes_of(counts, NOW, 1)[0]
    assert not spikes_of(counts, NOW, 1, Spikes(least=10))[0]


def test_what_is_usual_on_monday_morning_is_not_at_night() -> None:
    counts = office_hours(20)
    night = datetime(2026, 11, 24, 7, tzinfo=UTC)  # 2:00
    assert spikes_of({**counts, hour_of(NOW): 20}, NOW, 1) == [None]
    assert spikes_of({**counts, night: 20}, night, 1) != [None]
    sunday = datetime(2026, 11, 22, 15, tzinfo=UTC)
    assert spikes_of({**counts, sunday: 20}, sunday, 1) != [None]


@pytest.mark.parametrize("week", [datetime(2026, 11, 2, 14, tzinfo=UTC), datetime(2027, 3, 15, 13, tzinfo=UTC)])
def test_the_morning_after_the_change_of_summer_time_is_a_morning(week: datetime) -> None:
    counts = office_hours(20, until=week + 8 * HOUR)
    assert week.astimezone(TORONTO).hour == 9
    found = baseline(windows(counts, Spikes(window=3600)), week + HOUR, SINCE, TORONTO, Spikes(window=3600))
    assert found.usual == pytest.approx(20)
    assert starts(spikes_of(counts, week - 48 * HOUR, 72)) == []


def test_an_episode_is_one_and_ends() -> None:
    counts = office_hours(2)
    burst = datetime(2026, 11, 18, 16, tzinfo=UTC)
    counts |= {burst + number * HOUR: 40 for number in range(5)}
    found = spikes_of(counts, burst - 3 * HOUR, 30)
    assert starts(found) == [burst]
    assert {one.id for one in found if one} == {next(one.id for one in found if one)}
    there = [one is not None for one in found]
    assert there == sorted(there[:3]) + [True] * sum(there) + [False] * (27 - sum(there))  # one stretch
    assert 5 <= sum(there) <= 9


def test_between_the_marks_an_episode_goes_on_but_none_begins() -> None:
    quiet = {hour_of(NOW) + number * HOUR: 5 for number in range(8)}
    config = Spikes(window=3600)
    assert starts(spikes_of(quiet, NOW, 8, config)) == []
    loud = {**quiet, hour_of(NOW): 30}
    found = spikes_of(loud, NOW, 10, config)
    assert starts(found) == [hour_of(NOW)]
    assert [one is not None for one in found] == [True] * 9 + [False]  # and the hour in which it ends


def test_what_lasts_is_news_no_more_until_it_was_over() -> None:
    begin = datetime(2026, 11, 9, 15, tzinfo=UTC)
    counts = {begin + number * HOUR: 30 for number in range(24 * 9)}
    found = spikes_of(counts, begin, 24 * 9)
    assert starts(found) == [begin]
    assert sum(one is not None for one in found) == 72
    again = begin + timedelta(days=11)
    assert starts(spikes_of({**counts, again: 60}, again, 1)) == [again]


def test_an_earlier_burst_does_not_blunt_the_next() -> None:
    counts = office_hours(2)
    hour = hour_of(NOW)
    before = baseline(windows(counts, CONFIG), hour, SINCE, TORONTO, CONFIG)
    burst = {hour - timedelta(weeks=week, hours=back): 90 for week in (2, 5) for back in range(4)}
    after = baseline(windows({**counts, **burst}, CONFIG), hour, SINCE, TORONTO, CONFIG)
    assert after.usual == pytest.approx(before.usual, abs=1)


def test_what_comes_at_the_same_hour_of_every_week_is_usual() -> None:
    config = Spikes(window=3600)
    ten = NOW.astimezone(TORONTO).replace(tzinfo=None)
    weekly = {hour_of((ten - timedelta(weeks=week)).replace(tzinfo=TORONTO)): 40 for week in range(20)}
    assert starts(spikes_of(weekly, NOW, 1, config)) == []
    assert starts(spikes_of({**weekly, hour_of(NOW): 100}, NOW, 1, config)) == [hour_of(NOW)]


def test_two_weeks_have_to_be_known() -> None:
    counts = {hour_of(NOW): 50}
    for weeks, wanted in ((1, False), (3, True)):
        since = NOW - timedelta(weeks=weeks)
        look = watch("f", counts, since, NOW, TORONTO, CONFIG)
        assert bool(spike(look, counts)) is wanted
        assert growth(look, counts) == (50.0 if wanted else 1.0)
    assert baseline({}, hour_of(NOW), NOW, TORONTO, CONFIG) == Baseline()


def test_growth_is_over_what_is_usual() -> None:
    counts = {**office_hours(2), hour_of(NOW): 20}
    look = watch("f", counts, SINCE, NOW, TORONTO, CONFIG)
    assert look.baseline.usual == pytest.approx(4)  # 8:00 to 10:59: two of the three hours
    assert growth(look, counts) == pytest.approx(22 / 4)


def test_other_files_have_other_episodes() -> None:
    counts = {hour_of(NOW): 50}
    one, two = (spike(watch(file, counts, SINCE, NOW, TORONTO, CONFIG), counts) for file in "ab")
    assert one and two and one.id != two.id and one.start == two.start


@given(st.integers(0, 2**32), st.sampled_from([0.02, 0.3, 2, 12]))
@settings(max_examples=20, deadline=None)
def test_chance_alone_is_no_news(seed: int, rate: float) -> None:
    chance = random.Random(seed)
    counts = {}
    for back in range(24 * 7 * 9):
        number = sum(chance.random() < rate / 100 for _ in range(100))
        if number:
            counts[hour_of(NOW) - back * HOUR] = number
    assert starts(spikes_of(counts, NOW - 12 * HOUR, 12)) == []


bursts = st.lists(st.tuples(st.integers(0, 200), st.integers(1, 60)), max_size=25)


@given(bursts, st.integers(60, 200))
@settings(max_examples=40, deadline=None)
def test_within_an_hour_a_spike_only_comes_and_the_next_hour_agrees(rows: list[tuple[int, int]], upto: int) -> None:
    begin = hour_of(NOW) - 200 * HOUR
    counts: dict[datetime, int] = {}
    for offset, number in rows:
        counts[begin + offset * HOUR] = counts.get(begin + offset * HOUR, 0) + number
    hour = begin + upto * HOUR
    past = {one: number for one, number in counts.items() if one < hour}
    look = watch("f", past, SINCE, hour, TORONTO, CONFIG)
    assert look == watch("f", counts, SINCE, hour + timedelta(minutes=59), TORONTO, CONFIG)  # later hours do not count
    seen = [spike(look, {**past, hour: number}) for number in range(counts.get(hour, 0) + 1)]
    kinds = [one is not None for one in seen]
    assert kinds == sorted(kinds) and len({one.id for one in seen if one}) <= 1
    after = watch("f", counts, SINCE, hour + HOUR, TORONTO, CONFIG)
    if after.going_on:
        assert after.going_on == seen[-1]


@given(st.lists(st.integers(0, 60 * 24 * 200), max_size=40))
@settings(max_examples=60, deadline=None)
def test_counting_one_by_one_is_counting_at_once_and_stays_bounded(minutes: list[int]) -> None:
    moments = [SINCE + timedelta(minutes=one) for one in minutes]
    config = Spikes(weeks=2)
    counts: dict[datetime, int] = {}
    for moment in sorted(moments):
        counts = counted(counts, moment, config)
    all_of_them: dict[datetime, int] = {}
    for moment in moments:
        all_of_them[hour_of(moment)] = all_of_them.get(hour_of(moment), 0) + 1
    assert counts == (rebuilt(all_of_them, max(moments), config) if moments else {})
    assert not counts or max(counts) - min(counts) <= reach(config)


def test_a_mention_of_long_ago_changes_nothing() -> None:
    counts = counted({}, NOW, CONFIG)
    assert counted(counts, NOW - 2 * reach(CONFIG), CONFIG) == counts


def test_what_is_out_of_reach_never_matters() -> None:
    counts = {**office_hours(3), hour_of(NOW): 40}
    kept = rebuilt(counts, NOW, CONFIG)
    assert len(kept) < len(counts)
    assert watch("f", kept, SINCE, NOW, TORONTO, CONFIG) == watch("f", counts, SINCE, NOW, TORONTO, CONFIG)


@pytest.mark.parametrize(
    "wrong",
    [{"window": "90m"}, {"window": "25h"}, {"window": "0s"}, {"weeks": 1}, {"weeks": 53}, {"least": 1}, {"above": 2},
     {"below": 4}, {"most": "1h"}, {"most": "8d"}, {"most": "100m"}, {"above": "inf"}, {"sigma": 3}],
)  # fmt: skip
def test_settings_that_make_no_sense_are_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        Spikes.model_validate(wrong)
