"""What servers and feeds ask for, in all its forms (hostile cases 22 and 23)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gordon.polling import Hints
from ingest.wishes import after_skipped, fresh_for, retry_after

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)  # a Sunday
AT_TWO = "Sun, 22 Nov 2026 14:00:00 GMT"

RETRY = {
    "3600": 3600.0, " 10 ": 10.0, "-5": 0.0, "": 0.0, "soon": 0.0, "315360000": 315360000.0, "9" * 400: 999999999999.0,
    "²": 0.0, AT_TWO: 7200.0, "Sun, 22 Nov 2026 14:00:00": 7200.0, "Sunday, 22-Nov-26 14:00:00 GMT": 7200.0,
    "Sun Nov 22 14:00:00 2026": 7200.0, "Sun, 22 Nov 2026 09:00:00 -0500": 7200.0,
    "Sun, 22 Nov 2020 14:00:00 GMT": 0.0, "Sun, 99 Nov 2026": 0.0, "Sun, 22 Nov 99999 14:00:00 GMT": 0.0,
}  # fmt: skip


@pytest.mark.hostile(22)
@pytest.mark.parametrize("value", RETRY)
def test_retry_after(value: str) -> None:
    assert retry_after({"retry-after": value}, NOW) == RETRY[value]


def test_dates_are_read_by_the_servers_own_clock() -> None:
    hours_late = {"date": "Sun, 22 Nov 2026 09:00:00 GMT", "retry-after": "Sun, 22 Nov 2026 09:10:00 GMT"}
    assert retry_after(hours_late, NOW) == 600
    assert fresh_for({"date": "Sun, 22 Nov 2026 13:00:00 GMT", "expires": AT_TWO}, NOW) == 3600
    assert fresh_for({"date": "nonsense", "expires": AT_TWO}, NOW) == 7200


FRESH = {
    "max-age=3600": 3600.0, "public, MAX-AGE = 1800": 1800.0, "public, max-age=7200": 7200.0, 'max-age="1800"': 1800.0,
    "max-age=0": 0.0, "max-age=x": 0.0, "no-cache, max-age=7200": 0.0, "no-store": 0.0, "": 7200.0, "public": 7200.0,
}  # fmt: skip


@pytest.mark.hostile(23)
@pytest.mark.parametrize("value", FRESH)
def test_cache_control_goes_before_expires(value: str) -> None:
    assert fresh_for({"cache-control": value, "expires": AT_TWO}, NOW) == FRESH[value]


@pytest.mark.hostile(23)
@pytest.mark.parametrize("value", ["0", "-1", "", "Sun, 22 Nov 2020 14:00:00 GMT", "\x00", "tomorrow"])
def test_an_expiry_that_is_past_or_no_date_asks_for_nothing(value: str) -> None:
    assert fresh_for({"expires": value}, NOW) == 0


@given(st.text(max_size=60), st.text(max_size=60))
@settings(max_examples=100, deadline=None)
def test_no_header_breaks_anything(value: str, date: str) -> None:
    headers = {"retry-after": value, "cache-control": value, "expires": value, "date": date}
    assert retry_after(headers, NOW) >= 0 and fresh_for(headers, NOW) >= 0


def at(hour: int, minute: int = 0, day: int = 22) -> datetime:
    return datetime(2026, 11, day, hour, minute, tzinfo=UTC)


SKIPPED = [
    (Hints(), at(12), at(12)),
    (Hints(skip_hours=(3,)), at(12), at(12)),
    (Hints(skip_hours=(12, 13, 15)), at(12, 20), at(14)),
    (Hints(skip_hours=(22, 23, 0, 1)), at(22, 30), at(2, day=23)),
    (Hints(skip_days=(6,)), at(12, 20), at(0, day=23)),
    (Hints(skip_days=(5, 6)), at(0, 5, day=21), at(0, 5, day=22)),
    (Hints(skip_days=(6,), skip_hours=(0, 1)), at(23), at(2, day=23)),
    (Hints(skip_hours=tuple(range(24))), at(12, 20), at(12, 20, day=23)),
]


@pytest.mark.parametrize(("hints", "due", "moved"), SKIPPED)
def test_a_time_within_the_skipped_hours_moves_to_their_end_a_day_at_most(
    hints: Hints, due: datetime, moved: datetime
) -> None:
    assert after_skipped(hints, due) == moved
    assert after_skipped(hints, due) - due <= timedelta(days=1)
