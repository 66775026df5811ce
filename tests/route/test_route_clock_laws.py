"""What holds of business time whatever the hours: brute force by minutes, order, addition, pauses, both changes of
summer time."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gordon.desk.schema import DAYS, Clocks, Hours
from route.calendar import is_holiday, shifts
from route.clocks import business_time, deadlines, remaining, worked

MINUTE = timedelta(minutes=1)
LAWS = settings(max_examples=40, deadline=None)

offices = st.builds(
    lambda tz, days, start, length, code: Hours.model_validate(
        {"tz": tz, "days": days, "from": f"{start:02}:00", "to": f"{start + length:02}:30", "holidays": code}
    ),
    st.sampled_from(["America/Toronto", "America/St_Johns", "Europe/Paris", "Australia/Lord_Howe", "UTC"]),
    st.lists(st.sampled_from(DAYS), min_size=1, unique=True).map(tuple),
    st.sampled_from([0, 5, 9]),
    st.integers(6, 14),
    st.sampled_from(["", "CA-ON", "FR"]),
)
# Around both changes of summer time in Canada, Europe and Australia, and Christmas.
anchors = st.sampled_from([(2026, 10, 3), (2026, 10, 24), (2026, 10, 31), (2026, 12, 24), (2027, 3, 13), (2027, 3, 27)])
moments = st.builds(
    lambda anchor, minutes: datetime(*anchor, tzinfo=UTC) + minutes * MINUTE, anchors, st.integers(0, 4 * 24 * 60)
)
spans = st.integers(1, 900).map(lambda minutes: minutes * MINUTE)


def open_at(hours: Hours, moment: datetime) -> bool:
    """Read off the wall."""
    local = moment.astimezone(hours.zone)
    on = DAYS[local.weekday()] in hours.days and not is_holiday(local.date(), hours.holidays)
    return on and hours.start <= local.time() < hours.end


def by_minutes(hours: Hours, begin: datetime, span: timedelta, pauses: list[tuple[datetime, datetime]]) -> datetime:
    """Minute by minute, and no cleverer."""
    moment, left = begin, span
    while left:
        if open_at(hours, moment) and not any(start <= moment < end for start, end in pauses):
            left -= MINUTE
        moment += MINUTE
    return moment


@given(offices, moments, spans)
@LAWS
def test_it_equals_counting_by_minutes(hours: Hours, begin: datetime, span: timedelta) -> None:
    assert business_time(hours, begin, span) == by_minutes(hours, begin, span, [])


@given(offices, moments, moments, spans, spans)
@LAWS
def test_later_or_longer_is_never_earlier(
    hours: Hours, one: datetime, two: datetime, less: timedelta, more: timedelta
) -> None:
    assert business_time(hours, min(one, two), less) <= business_time(hours, max(one, two), less)
    assert business_time(hours, one, min(less, more)) <= business_time(hours, one, max(less, more))
    if less != more:
        assert business_time(hours, one, less) != business_time(hours, one, more)


@given(offices, moments, spans)
@LAWS
def test_it_never_ends_while_nobody_works(hours: Hours, begin: datetime, span: timedelta) -> None:
    due = business_time(hours, begin, span)
    assert open_at(hours, due - MINUTE)
    assert any(start < due <= end for start, end in shifts(hours, due - MINUTE, 3))


@given(offices, moments, spans, spans)
@LAWS
def test_two_spans_in_a_row_are_their_sum(hours: Hours, begin: datetime, one: timedelta, two: timedelta) -> None:
    assert business_time(hours, business_time(hours, begin, one), two) == business_time(hours, begin, one + two)


@given(offices, moments, spans, moments)
@LAWS
def test_what_remains_is_what_was_given_less_what_was_worked(
    hours: Hours, opened: datetime, span: timedelta, now: datetime
) -> None:
    clocks = Clocks.model_validate({"draft": f"{span.total_seconds():g}s", "time": "business"})
    due = deadlines(clocks, hours, opened)["draft_by"]
    assert remaining(clocks, hours, due, opened) == span
    assert remaining(clocks, hours, due, due) == timedelta()
    left = remaining(clocks, hours, due, now)
    assert left == (worked(hours, now, due) if now <= due else -worked(hours, due, now))
    assert (left < timedelta()) <= (now > due)
    if opened <= now <= due:
        assert business_time(hours, now, left) == due or left == timedelta()


@given(offices, moments, spans, st.lists(st.integers(0, 3000), min_size=2, max_size=6, unique=True))
@LAWS
def test_a_pause_stops_the_clock_and_nothing_else(
    hours: Hours, opened: datetime, span: timedelta, cuts: list[int]
) -> None:
    edges = [opened + cut * MINUTE for cut in sorted(cuts)]
    pauses = list(zip(edges[::2], edges[1::2], strict=False))
    clocks = Clocks.model_validate({"draft": f"{span.total_seconds():g}s", "time": "business"})
    wanted = by_minutes(hours, opened, span, pauses)
    assert deadlines(clocks, hours, opened, pauses) == {"draft_by": wanted}


@given(moments, spans, st.integers(0, 3000), st.integers(1, 3000))
@LAWS
def test_a_pause_round_the_clock(opened: datetime, span: timedelta, first: int, length: int) -> None:
    clocks = Clocks.model_validate({"draft": f"{span.total_seconds():g}s"})
    start = opened + first * MINUTE
    (due,) = deadlines(clocks, Hours(), opened, [(start, start + length * MINUTE)]).values()
    assert due == opened + span + (length * MINUTE if start < opened + span else timedelta())
    assert remaining(clocks, Hours(), due, start) == due - start


def test_a_pause_that_goes_on_moves_nothing_yet() -> None:
    clocks = Clocks.model_validate({"draft": "2h", "time": "business"})
    opened = datetime(2026, 11, 23, 15, tzinfo=UTC)
    assert deadlines(clocks, Hours(), opened, [(opened, None)]) == deadlines(clocks, Hours(), opened)


@pytest.mark.hostile(93)
@pytest.mark.parametrize(("day", "length"), [(datetime(2026, 11, 1), 25), (datetime(2027, 3, 14), 23)])
def test_a_day_of_the_change_has_its_real_length(day: datetime, length: int) -> None:
    round_the_clock = Hours.model_validate({"days": "mon-sun", "from": "00:00", "to": "23:59"})
    start = day.replace(tzinfo=round_the_clock.zone).astimezone(UTC)
    assert worked(round_the_clock, start, start + timedelta(hours=length)) == timedelta(hours=length) - MINUTE


def test_hours_that_never_come_count_as_round_the_clock() -> None:
    never = Hours().model_copy(update={"days": ()})
    clocks = Clocks.model_validate({"draft": "2h", "time": "business"})
    now = datetime(2026, 11, 23, 15, tzinfo=UTC)
    (due,) = deadlines(clocks, never, now).values()
    assert remaining(clocks, never, due, now) == timedelta(hours=2) == due - now
