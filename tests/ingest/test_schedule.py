"""When the next poll is due and what is remembered (hostile cases 18 to 24)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from gordon.polling import FeedState
from gordon.settings import Poll
from ingest.http import Failure, Response
from ingest.raw import RawEntry, RawFeed, Refused
from ingest.schedule import Ending, after, body_hash, by_body, early, max_age, retry_after, same_body, validators

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
POLL = Poll()
DAY = 86400.0
STATE = FeedState(
    id="f", url="https://a.example/", next_due=NOW, etag='"e"', last_modified="Sat", body_hash="h", last_full=NOW
)


def response(status: int = 200, body: bytes = b"x", **headers: str) -> Response:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Response("f", status, "https://a.example/", named, body, 100, 0.5)


def seconds(ending: Ending, state: FeedState = STATE, jitter: float = 0.0) -> float:
    return (after(state, ending, POLL, NOW, jitter).next_due - NOW).total_seconds()


ANSWERS = {
    200: None, 203: None, 204: "unreachable", 206: "unreachable", 301: "unreachable", 304: "unreachable",
    401: "blocked", 403: "blocked", 451: "blocked", 404: "unreachable", 410: "gone", 429: "rate-limited",
    500: "unreachable", 503: "unreachable",
}  # fmt: skip


@pytest.mark.parametrize("status", ANSWERS)
def test_the_outcome_by_status(status: int) -> None:
    ending = early(response(status), conditional=False)
    assert (ending and ending.outcome) == ANSWERS[status]
    if ending:
        assert ending.status == status and str(status) in ending.detail


def test_other_early_endings() -> None:
    assert early(response(304), conditional=True) == Ending(outcome="unchanged", status=304)
    limited = early(response(503, retry_after="60"), conditional=False)
    assert limited and limited.outcome == "rate-limited"
    empty = early(response(body=b""), conditional=False)
    assert empty and empty.outcome == "empty"
    failed = early(Failure("f", "blocked", "why"), conditional=False)
    assert failed == Ending(outcome="blocked", detail="why")


def test_an_ordinary_poll_is_due_again_after_the_least_interval_and_jitter_only_delays() -> None:
    assert seconds(Ending(outcome="unchanged")) == 900
    assert seconds(Ending(outcome="unchanged"), jitter=0.5) == 900 * 1.05


def test_failures_double_the_wait_up_to_a_day_and_never_stop_the_feed() -> None:
    state, waits = STATE, []
    for _ in range(12):
        state = after(state, Ending(outcome="unreachable"), POLL, NOW, 0.0)
        waits.append(state.interval)
    assert waits[:4] == [900, 1800, 3600, 7200] and waits[-1] == DAY
    assert state.failures == 12 and not state.stopped
    assert (state.etag, state.last_modified, state.body_hash) == ('"e"', "Sat", "h")
    well = after(state, Ending(outcome="unchanged"), POLL, NOW, 0.0)
    assert (well.failures, well.interval) == (0, 900)


def test_only_gone_stops_a_feed() -> None:
    assert after(STATE, Ending(outcome="gone", status=410), POLL, NOW, 0.0).stopped


RETRY = {
    "3600": 3600.0, "10": 900.0, "-5": 900.0, "": 900.0, "soon": 900.0, "315360000": DAY, "9" * 400: DAY, "²": 900.0,
    "Sun, 22 Nov 2026 14:00:00 GMT": 7200.0, "Sun, 22 Nov 2026 14:00:00": 7200.0,
    "Fri, 22 Nov 2036 14:00:00 GMT": DAY, "Sun, 22 Nov 2020 14:00:00 GMT": 900.0, "Sun, 99 Nov 2026": 900.0,
}  # fmt: skip


@pytest.mark.parametrize("value", RETRY)
def test_retry_after_in_all_its_forms_is_clamped(value: str) -> None:
    assert seconds(Ending(outcome="rate-limited", headers={"retry-after": value})) == RETRY[value]


CACHE = {
    "max-age=3600": 3600.0, "public, MAX-AGE = 7200": 900.0, "public, max-age=7200": 7200.0, 'max-age="1800"': 1800.0,
    "max-age=0": 900.0, "max-age=999999999999999": DAY, "max-age=x": 900.0, "no-cache, max-age=7200": 900.0, "": 900.0,
    "no-store": 900.0,
}  # fmt: skip


@pytest.mark.parametrize("value", CACHE)
def test_max_age_is_respected_within_bounds(value: str) -> None:
    assert seconds(Ending(outcome="ok", headers={"cache-control": value})) == CACHE[value]


def test_a_failure_does_not_wait_for_max_age() -> None:
    assert seconds(Ending(outcome="unreachable", headers={"cache-control": "max-age=7200"})) == 900


@given(st.text(max_size=40))
@settings(max_examples=100, deadline=None)
def test_no_header_breaks_the_schedule(value: str) -> None:
    assert retry_after(value, NOW) >= 0 and max_age(value) >= 0
    ending = Ending(outcome="ok", headers={"retry-after": value, "cache-control": value})
    assert 900 <= seconds(ending) <= DAY


def test_validators_are_sent_verbatim_but_once_a_day_not_at_all() -> None:
    assert validators(STATE, NOW + timedelta(hours=23)) == ('"e"', "Sat")
    assert validators(STATE, NOW + timedelta(hours=24)) == ("", "")
    assert validators(replace(STATE, last_full=None), NOW) == ("", "")


def test_a_body_that_was_understood_is_remembered() -> None:
    answer = response(body=b"feed", etag='W/"n"', last_modified="Sun", retry_after="7000")
    later = NOW + timedelta(hours=1)
    ending = by_body(answer, RawFeed(entries=(RawEntry(guid="g"),)))
    state = after(STATE, replace(ending, new=True), POLL, later, 0.0)
    assert (state.etag, state.last_modified, state.body_hash) == ('W/"n"', "Sun", body_hash(b"feed"))
    assert (state.outcome, state.status, state.last_full, state.last_new) == ("ok", 200, later, later)
    assert state.interval == 7000
    again = after(state, same_body(answer), POLL, NOW + timedelta(hours=2), 0.0)
    assert (again.outcome, again.last_new) == ("unchanged", later)


def test_an_empty_feed_and_what_should_be_known_about_a_good_one() -> None:
    assert by_body(response(), RawFeed()).outcome == "empty"
    moved = Response("f", 200, "http://b/", {}, b"x", 1, 0.1, permanent="http://b/", downgraded=True)
    detail = by_body(moved, RawFeed(entries=(RawEntry(),), dropped=3)).detail
    assert "moved for good to http://b/" in detail and "https leads to http" in detail and "3 entries" in detail


@pytest.mark.parametrize("outcome", ["not-a-feed", "unparseable"])
def test_what_was_not_understood_is_asked_for_again_in_full(outcome: str) -> None:
    ending = by_body(response(etag='"n"'), Refused(outcome=outcome, detail="why"))  # type: ignore[arg-type]  # parametrised
    state = after(STATE, ending, POLL, NOW, 0.0)
    assert (state.etag, state.last_modified, state.body_hash, state.failures) == ("", "", "", 1)
    assert (state.outcome, state.detail) == (outcome, "why")


def test_a_304_nobody_asked_for_clears_what_was_remembered() -> None:
    ending = early(response(304), conditional=False)
    assert ending is not None
    assert after(STATE, ending, POLL, NOW, 0.0).etag == ""
