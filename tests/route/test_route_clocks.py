"""Calendar and clocks: hours, holidays, daylight saving, deadlines in business time."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gordon.desk.schema import Clocks, Hours, QueuesFile
from gordon.errors import DeskInvalid
from route.calendar import holiday_problems, is_holiday, shift, shifts, works_on
from route.clocks import business_time, deadlines
from tests.route.route_desk import person

TORONTO = ZoneInfo("America/Toronto")
OFFICE = Hours.model_validate({"holidays": "CA-ON"})


def local(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=TORONTO)  # type: ignore[arg-type, misc]  # year, month, day, hour, minute


@pytest.mark.parametrize(
    ("begin", "hours", "wanted"),
    [
        (local(2026, 11, 23, 10), 2, local(2026, 11, 23, 12)),
        (local(2026, 11, 23, 16), 2, local(2026, 11, 24, 10)),  # over night
        (local(2026, 11, 23, 9), 8, local(2026, 11, 23, 17)),  # to the last minute of the day
        (local(2026, 11, 23, 3), 1, local(2026, 11, 23, 10)),  # from before the office opens
        (local(2026, 11, 20, 16, 30), 1, local(2026, 11, 23, 9, 30)),  # over a weekend
        (local(2026, 12, 24, 16), 2, local(2026, 12, 29, 10)),  # Christmas, a weekend, Boxing Day observed
        (local(2026, 10, 9, 16), 2, local(2026, 10, 13, 10)),  # Thanksgiving, in Canada
        (local(2027, 3, 12, 16), 2, local(2027, 3, 15, 10)),  # over the change to summer time
        (local(2026, 10, 30, 16), 2, local(2026, 11, 2, 10)),  # and back
    ],
)
def test_business_time(begin: datetime, hours: int, wanted: datetime) -> None:
    found = business_time(OFFICE, begin.astimezone(UTC), timedelta(hours=hours))
    assert found == wanted


def test_quebec_works_on_family_day_and_ontario_on_saint_jean() -> None:
    assert is_holiday(date(2026, 2, 16), "CA-ON") and not is_holiday(date(2026, 2, 16), "CA-QC")
    assert is_holiday(date(2026, 6, 24), "CA-QC") and not is_holiday(date(2026, 6, 24), "CA-ON")
    assert not is_holiday(date(2026, 12, 25), "")


def test_deadlines_name_only_the_steps_that_the_queue_has() -> None:
    clocks = Clocks.model_validate({"acknowledge": "30m", "approve": "4h", "time": "business"})
    opened = local(2026, 11, 23, 14)
    assert deadlines(clocks, OFFICE, opened) == {
        "acknowledge_by": local(2026, 11, 23, 14, 30),
        "approve_by": local(2026, 11, 24, 10),
    }
    assert all(moment.tzinfo is UTC for moment in deadlines(clocks, OFFICE, opened).values())
    around = Clocks.model_validate({"draft": "1d"})
    assert deadlines(around, OFFICE, local(2026, 10, 31, 12)) == {"draft_by": local(2026, 11, 1, 11)}
    assert deadlines(Clocks(), OFFICE, opened) == {}


def test_hours_that_never_come_fall_back_to_the_clock() -> None:
    never = OFFICE.model_copy(update={"days": ()})
    begin = local(2026, 11, 23, 10)
    assert business_time(never, begin, timedelta(hours=2)) == begin + timedelta(hours=2)


def test_a_shift_that_summer_time_swallows_is_none() -> None:
    night = Hours.model_validate({"days": "mon-sun", "from": "02:30", "to": "03:00"})
    assert shift(night, date(2027, 3, 14)) is None
    assert shift(night, date(2027, 3, 15)) == (
        datetime(2027, 3, 15, 6, 30, tzinfo=UTC),
        datetime(2027, 3, 15, 7, 0, tzinfo=UTC),
    )
    long = Hours.model_validate({"days": "mon-sun", "from": "00:00", "to": "06:00"})
    spring, autumn = shift(long, date(2027, 3, 14)), shift(long, date(2026, 11, 1))
    assert spring and spring[1] - spring[0] == timedelta(hours=5)
    assert autumn and autumn[1] - autumn[0] == timedelta(hours=7)


moments = st.datetimes(datetime(2026, 9, 1), datetime(2027, 5, 1)).map(lambda moment: moment.replace(tzinfo=UTC))
offices = st.builds(
    lambda tz, days, start, length, code: Hours.model_validate(
        {"tz": tz, "days": days, "from": f"{start:02}:00", "to": f"{start + length:02}:30", "holidays": code}
    ),
    st.sampled_from(["America/Toronto", "Europe/Paris", "Australia/Lord_Howe", "UTC"]),
    st.lists(st.sampled_from(["mon", "wed", "sat", "sun"]), min_size=1).map(tuple),
    st.integers(0, 10),
    st.integers(0, 12),
    st.sampled_from(["", "CA-ON", "FR"]),
)


@given(offices, moments, st.integers(1, 3000))
@settings(max_examples=60, deadline=None)
def test_business_time_counts_exactly_the_open_minutes(hours: Hours, begin: datetime, minutes: int) -> None:
    end = business_time(hours, begin, timedelta(minutes=minutes))
    days = (end - begin).days + 3
    worked = sum(
        (max(timedelta(0), min(stop, end) - max(start, begin)) for start, stop in shifts(hours, begin, days)),
        timedelta(0),
    )
    assert worked == timedelta(minutes=minutes)
    local_end = end.astimezone(hours.zone)
    assert works_on(hours, (local_end - timedelta(microseconds=1)).date())


def test_unknown_calendars_are_problems_with_a_line() -> None:
    people = [(0, person("a", hours={"holidays": "CA-ON"})), (3, person("b", hours={"holidays": "CA-XX"}))]
    people.append((4, person("c")))
    queues = QueuesFile.model_validate(
        {"queues": {"q": {"hours": {"holidays": "Atlantis"}}, "r": {}}, "routes": [{"queue": "q"}]}
    )
    problems = holiday_problems(people, queues, {(3, "hours", "holidays"): 12}, {("queues", "q"): 2})
    assert [(one.file, one.line, one.message) for one in problems] == [
        ("people.yaml", 12, "no holidays known for 'CA-XX'"),
        ("queues.yaml", 2, "no holidays known for 'Atlantis'"),
    ]
    assert holiday_problems(people[:1], None, {}, {}) == []
    with pytest.raises(DeskInvalid, match="Atlantis"):
        works_on(Hours(holidays="Atlantis"), date(2026, 11, 23))
