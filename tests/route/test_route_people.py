"""People: standing by file and day, presence by hours and absence, to the minute."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gordon.desk.schema import DAYS, Person, Standing
from route.people import NO_STANDING, current, departed, knows, matching, presence, rank, why_absent
from tests.route.route_desk import MONDAY, person

TORONTO = ZoneInfo("America/Toronto")
OFFICE = {"tz": "America/Toronto", "days": "mon-fri", "from": "09:00", "to": "17:00", "holidays": "CA-ON"}


def local(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=TORONTO)  # type: ignore[arg-type, misc]  # year, month, day, hour, minute


def standing_on(one: Person, file: str, day: date) -> Standing | None:
    return current(matching(one, file), day)


def test_the_most_specific_standing_wins() -> None:
    files = {"*": {"expertise": "working"}, "pass*": {"expertise": "expert"}, "passport-fees": {"authority": ["speak"]}}
    one = person("a", files=files)
    day = date(2026, 11, 23)
    assert standing_on(one, "visas", day) == Standing(expertise="working")
    assert standing_on(one, "passport-photos", day) == Standing(expertise="expert")
    assert standing_on(one, "passport-fees", day) == Standing(authority=("speak",))


def test_until_is_inclusive_and_what_is_less_specific_steps_in() -> None:
    files = {
        "visas": {"expertise": "lead", "until": "2026-11-23"},
        "*": {"expertise": "working", "until": "2026-11-30"},
    }
    one = person("a", files=files)
    assert standing_on(one, "visas", date(2026, 11, 23)) == one.files["visas"]
    assert standing_on(one, "visas", date(2026, 11, 24)) == one.files["*"]
    assert standing_on(one, "visas", date(2026, 12, 1)) is None
    assert standing_on(person("b"), "visas", date(2026, 12, 1)) == NO_STANDING
    assert not departed(one, date(2026, 11, 30)) and departed(one, date(2026, 12, 1))
    assert not departed(person("b"), date(2099, 1, 1))


@pytest.mark.parametrize(
    ("has", "need", "enough"),
    [
        ("lead", "lead", True),
        ("expert", "lead", False),
        ("lead", "expert", True),
        ("expert", "working", True),
        ("", "working", False),
        ("counsel", "counsel", True),
        ("lead", "counsel", False),
        ("counsel", "working", False),
    ],
)
def test_higher_expertise_covers_lower(has: str, need: str, enough: bool) -> None:
    assert knows(Standing(expertise=has), need) is enough


def test_ranks() -> None:
    assert [rank(word) for word in ("lead", "expert", "working", "counsel", "")] == [3, 2, 1, 1, 0]


@pytest.mark.parametrize(
    ("now", "there", "end", "why"),
    [
        (local(2026, 11, 23, 8, 59), False, local(2026, 11, 23, 9), "is off duty until 2026-11-23 14:00 UTC"),
        (local(2026, 11, 23, 9), True, local(2026, 11, 23, 17), ""),
        (local(2026, 11, 23, 16, 59), True, local(2026, 11, 23, 17), ""),
        (local(2026, 11, 23, 17), False, local(2026, 11, 24), "is off duty until 2026-11-24 14:00 UTC"),
        (local(2026, 11, 28, 10), False, local(2026, 11, 29), "is off duty until 2026-11-30 14:00 UTC"),
        (local(2026, 12, 19, 10), False, local(2026, 12, 20), "is off duty until 2027-01-04 14:00 UTC"),
        (local(2026, 12, 21, 10), False, local(2026, 12, 22), "is away until 2027-01-03"),
        (local(2027, 1, 4, 9), True, local(2027, 1, 4, 17), ""),
        (local(2027, 7, 1, 10), False, local(2027, 7, 2), "has left (standing ended 2027-06-30)"),
    ],
)
def test_presence(now: datetime, there: bool, end: datetime, why: str) -> None:
    one = person(
        "a",
        hours=OFFICE,
        away=[{"from": "2026-12-20", "to": "2027-01-03"}],
        files={"f": {"expertise": "lead", "until": "2027-06-30"}},
    )
    found = presence(one, now.astimezone(UTC), ZoneInfo("UTC"))
    assert (found.there, found.end, found.away) == (there, end, "away" in why)
    if not there:
        assert why_absent(one, now.astimezone(UTC), ZoneInfo("UTC")) == why


def test_somebody_without_hours_is_there_until_further_notice() -> None:
    found = presence(person("a"), MONDAY, TORONTO)
    assert (found.there, found.end) == (True, local(2026, 11, 24))
    assert why_absent(person("a"), MONDAY, TORONTO) == "is there"


def test_hours_without_days_are_never() -> None:
    one = person("a", hours={"days": []})
    assert not presence(one, MONDAY, TORONTO).there
    assert why_absent(one, MONDAY, TORONTO) == "is off duty"


def test_overlapping_absences_last_until_the_longest_ends() -> None:
    away = [{"from": "2026-11-20", "to": "2026-11-24"}, {"from": "2026-11-23", "to": "2026-12-01"}]
    assert why_absent(person("a", away=away), MONDAY, TORONTO) == "is away until 2026-12-01"


def plainly_there(one: Person, now: datetime, default: ZoneInfo) -> bool:
    """The same question, asked of the wall clock."""
    wall = now.astimezone(ZoneInfo(one.hours.tz) if one.hours else default)
    if any(away.start <= wall.date() <= away.end for away in one.away):
        return False
    if one.files and all(entry.until and entry.until < wall.date() for entry in one.files.values()):
        return False
    if one.hours is None:
        return True
    return DAYS[wall.weekday()] in one.hours.days and one.hours.start <= wall.time() < one.hours.end


somebody: st.SearchStrategy[dict[str, Any]] = st.fixed_dictionaries(
    {
        "hours": st.none()
        | st.fixed_dictionaries(
            {
                "tz": st.sampled_from(["America/Toronto", "America/Vancouver", "Asia/Kolkata"]),
                "days": st.sampled_from(["mon-fri", "sat-mon", "wed"]),
                "from": st.sampled_from(["00:00", "06:30", "09:00"]),
                "to": st.sampled_from(["12:00", "17:00", "23:59"]),
            }
        ),
        "away": st.lists(
            st.tuples(st.integers(1, 28), st.integers(0, 5)).map(
                lambda days: {"from": date(2026, 11, days[0]), "to": date(2026, 11, days[0]) + timedelta(days[1])}
            ),
            max_size=2,
        ),
        "files": st.just({})
        | st.dates(date(2026, 10, 30), date(2026, 12, 3)).map(lambda day: {"f": {"expertise": "lead", "until": day}}),
    }
)
moments = st.datetimes(datetime(2026, 10, 28), datetime(2026, 12, 4)).map(lambda moment: moment.replace(tzinfo=UTC))


@given(somebody, moments, st.floats(0, 0.99))
@settings(max_examples=100, deadline=None)
def test_presence_is_what_the_wall_clock_says_and_holds_until_its_end(
    fields: dict[str, Any], now: datetime, part: float
) -> None:
    one = person("a", **fields)
    found = presence(one, now, TORONTO)
    assert found.end > now
    for moment in (now, now + (found.end - now) * part, found.end - timedelta(microseconds=1)):
        assert plainly_there(one, moment, TORONTO) is found.there
