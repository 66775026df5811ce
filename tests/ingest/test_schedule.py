"""How a poll ended, when the next one is due, and what is remembered (hostile cases 18 to 26)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from gordon.polling import FeedState, Hints
from gordon.settings import Poll
from ingest.habit import proposed_move
from ingest.http import Failure, Response
from ingest.raw import RawEntry, RawFeed, Refused
from ingest.schedule import Ending, after, body_hash, by_body, early, same_body, validators

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)  # a Sunday
POLL = Poll()
LEAST, DAY = POLL.least_interval, 86400.0
STATE = FeedState(
    id="f",
    url="https://a.example/",
    next_due=NOW,
    etag='"e"',
    last_modified="Sat",
    body_hash="h",
    last_full=NOW,
    last_new=NOW,
)
FEED = RawFeed(entries=(RawEntry(guid="g"),))
WELL = Ending(outcome="unchanged")


def response(status: int = 200, body: bytes = b"x", permanent: str = "", **headers: str) -> Response:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Response("f", status, "https://a.example/", named, body, 100, 0.5, permanent=permanent)


def seconds(ending: Ending, state: FeedState = STATE, jitter: float = 0.0, *, slow: float = 1.0) -> float:
    return (after(state, ending, POLL, NOW, jitter, slow=slow).next_due - NOW).total_seconds()


def used_to(gap: float, silence: float = 0.0, arrivals: int = 9) -> FeedState:
    return replace(STATE, gap=gap, arrivals=arrivals, last_new=NOW - timedelta(seconds=silence))


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
    empty = early(response(body=b""), conditional=False)
    assert empty and empty.outcome == "empty"
    failed = early(Failure("f", "blocked", "why"), conditional=False)
    assert failed == Ending(outcome="blocked", detail="why")


@pytest.mark.parametrize("status", [403, 429, 503])
def test_a_refusal_that_says_when_to_come_back_is_a_rate_limit(status: int) -> None:
    limited = early(response(status, retry_after="7200"), conditional=False)
    assert limited and limited.outcome == "rate-limited" and seconds(limited) == 7200


CHALLENGES = {
    "cloudflare": response(403, b"<html>", cf_mitigated="challenge", content_type="text/html", retry_after="9"),
    "unavailable": response(503, b'<script src="/cdn-cgi/challenge-platform/x">', content_type="text/html"),
    "waf": response(202, b"", x_amzn_waf_action="challenge"),
    "captcha": response(403, b"<iframe src=https://geo.captcha-delivery.com>", content_type="Text/HTML"),
}


@pytest.mark.hostile(24)
@pytest.mark.parametrize("name", CHALLENGES)
def test_a_challenge_is_a_block_that_says_so(name: str) -> None:
    ending = early(CHALLENGES[name], conditional=False)
    assert ending and ending.outcome == "blocked" and "bot defence" in ending.detail


def test_an_ordinary_refusal_is_no_challenge() -> None:
    page = early(response(403, b"<h1>Forbidden</h1>", content_type="text/html"), conditional=False)
    text = early(response(403, b"cf-chl-", content_type="text/plain"), conditional=False)
    assert page and text and page.detail == text.detail == "HTTP 403"


def test_jitter_only_delays() -> None:
    assert seconds(WELL) == LEAST and seconds(WELL, jitter=0.5) == LEAST * 1.05


@pytest.mark.hostile(24)
@pytest.mark.parametrize("status", [0, 401, 403, 404, 451, 500])
def test_failures_double_the_wait_up_to_a_day_and_never_stop_the_feed(status: int) -> None:
    answer = response(status) if status else Failure("f", "unreachable", "nobody there")
    ending = early(answer, conditional=True)
    assert ending is not None
    state, waits, now = STATE, [], NOW
    for _ in range(45):
        state = after(state, ending, POLL, now, 0.0)
        waits.append(state.interval)
        now = state.next_due
    assert waits[:4] == [900, 1800, 3600, 7200] and set(waits[7:]) == {DAY} and now - NOW > timedelta(days=30)
    assert state.failures == 45 and not state.stopped
    assert (state.etag, state.last_modified, state.body_hash) == ('"e"', "Sat", "h")
    well = after(state, Ending(outcome="ok", new=True), POLL, NOW, 0.0)
    assert (well.failures, well.interval) == (0, LEAST)


@pytest.mark.hostile(24)
def test_only_gone_stops_a_feed() -> None:
    ending = early(response(410), conditional=True)
    assert ending is not None
    state = after(STATE, ending, POLL, NOW, 0.0)
    assert state.stopped and (state.outcome, state.detail) == ("gone", "HTTP 410")


@pytest.mark.hostile(23)
def test_a_failure_waits_for_no_cache_and_no_habit() -> None:
    failed = Ending(outcome="unreachable", headers={"cache-control": "max-age=7200"})
    assert seconds(failed, replace(used_to(DAY), hints=Hints(ttl=7200))) == LEAST


HABITS = [
    (used_to(60), LEAST),
    (used_to(7200), 1800.0),
    (used_to(30 * DAY), 4 * LEAST),
    (used_to(60, silence=20 * 3600), LEAST),
    (used_to(60, silence=3 * DAY), 4 * LEAST),
    (used_to(0, silence=600, arrivals=1), LEAST),
    (used_to(0, silence=7200, arrivals=1), 1800.0),
    (replace(STATE, last_new=None), 4 * LEAST),
]


@pytest.mark.parametrize(("state", "wait"), HABITS)
def test_a_busy_feed_is_visited_often_and_a_quiet_one_up_to_four_times_less(state: FeedState, wait: float) -> None:
    assert seconds(WELL, state) == wait


def test_a_tiny_least_interval_stays_quick() -> None:
    state = after(used_to(30 * DAY), WELL, Poll(least_interval=1.0), NOW, 0.0)
    assert state.interval == 4.0


SAID = [
    (Hints(ttl=5400), STATE, 5400.0),
    (Hints(period=DAY), STATE, DAY),
    (Hints(ttl=365 * DAY), STATE, DAY),
    (Hints(ttl=60), STATE, LEAST),
    (Hints(ttl=DAY), used_to(4 * 3600), 7200.0),
    (Hints(ttl=DAY), used_to(600), LEAST),
    (Hints(ttl=DAY), used_to(4 * 3600, arrivals=4), DAY),
    (Hints(ttl=5400), used_to(20 * DAY), 5400.0),
]


@pytest.mark.parametrize(("hints", "state", "wait"), SAID)
def test_the_feeds_own_words_count_unless_its_habit_says_otherwise(hints: Hints, state: FeedState, wait: float) -> None:
    assert seconds(WELL, replace(state, hints=hints)) == wait
    assert seconds(Ending(outcome="ok", hints=hints, body_hash="1:x"), state) == wait


def test_the_habit_outvotes_words_but_never_headers() -> None:
    busy = replace(used_to(600), hints=Hints(ttl=DAY))
    assert seconds(Ending(outcome="ok", headers={"cache-control": "max-age=7000"}), busy) == 7000
    assert seconds(Ending(outcome="ok", headers={"retry-after": "7000"}), busy) == 7000


@pytest.mark.hostile(22, 23)
def test_what_servers_ask_is_clamped() -> None:
    for name, value in (("cache-control", "max-age=99999999"), ("expires", "Fri, 22 Nov 2036 14:00:00 GMT")):
        assert seconds(Ending(outcome="ok", headers={name: value})) == DAY
    for value in ("0", "-1", "soon"):
        assert seconds(Ending(outcome="ok", headers={"expires": value})) == LEAST
    for value, wait in (("315360000", DAY), ("-5", LEAST), ("10", LEAST), ("soon", LEAST), ("3600", 3600)):
        assert seconds(Ending(outcome="rate-limited", headers={"retry-after": value})) == wait


def test_the_hours_it_is_idle_in_are_left_out() -> None:
    nights = Hints(skip_hours=(12, 13, 14))
    assert seconds(WELL, replace(STATE, hints=nights)) == 3 * 3600
    assert seconds(WELL, replace(STATE, hints=nights), jitter=0.5) == 3 * 3600 + 45
    never = Hints(skip_days=tuple(range(7)))
    assert seconds(WELL, replace(STATE, hints=never)) == DAY
    asked = Ending(outcome="rate-limited", headers={"retry-after": "86400"})
    assert seconds(asked, replace(STATE, hints=never)) == DAY


def test_a_pushed_feed_is_polled_slowly() -> None:
    pushed = replace(STATE, pushed=True)
    assert seconds(WELL, pushed, slow=4.0) == 4 * LEAST and seconds(WELL, STATE, slow=4.0) == LEAST
    assert seconds(WELL, replace(pushed, hints=Hints(ttl=DAY)), slow=4.0) == DAY
    assert seconds(Ending(outcome="unreachable"), pushed, slow=4.0) == LEAST


@given(
    st.dictionaries(st.sampled_from(["retry-after", "cache-control", "expires", "date"]), st.text(max_size=40)),
    st.builds(
        Hints,
        ttl=st.floats(0, 1e12),
        period=st.floats(0, 1e12),
        skip_hours=st.lists(st.integers(0, 23)).map(tuple),
        skip_days=st.lists(st.integers(0, 6)).map(tuple),
    ),
    st.floats(0, 1e9),
    st.integers(0, 9),
    st.sampled_from(["ok", "unchanged", "unreachable", "rate-limited"]),
)
@settings(max_examples=100, deadline=None)
def test_nothing_breaks_the_bounds(
    headers: dict[str, str], hints: Hints, gap: float, arrivals: int, outcome: str
) -> None:
    state = replace(STATE, hints=hints, gap=gap, arrivals=arrivals, pushed=arrivals == 3)
    ending = Ending(outcome=outcome, headers=headers)  # type: ignore[arg-type]  # one of the outcomes
    assert LEAST <= seconds(ending, state, slow=4.0) <= DAY


@pytest.mark.hostile(18)
def test_a_304_for_ever_is_seen_through_once_a_day() -> None:
    assert validators(STATE, NOW + timedelta(hours=23)) == ('"e"', "Sat")
    assert validators(STATE, NOW + timedelta(hours=24)) == ("", "")
    assert validators(replace(STATE, last_full=None), NOW) == ("", "")
    state, now, unconditional = STATE, NOW, []
    for _ in range(300):
        if validators(state, now) == ("", ""):
            unconditional.append(now)
            ending = same_body(response(etag='"e"'))
        else:
            ending = Ending(outcome="unchanged", status=304)
        state = after(state, ending, POLL, now, 0.0)
        now = state.next_due
    assert len(unconditional) == (now - NOW).days


@pytest.mark.hostile(18)
def test_a_304_nobody_asked_for_clears_what_was_remembered() -> None:
    ending = early(response(304), conditional=False)
    assert ending is not None and ending.outcome == "unreachable"
    assert validators(after(STATE, ending, POLL, NOW, 0.0), NOW) == ("", "")


ODD = ['"quoted"', 'W/"weak"', "", "bare", '"' + "x" * 1000 + '"', "Fri, 31 Feb 2199 99:00:00", "gestern"]


@pytest.mark.hostile(19)
@pytest.mark.parametrize("value", ODD)
def test_validators_are_opaque(value: str) -> None:
    state = after(STATE, by_body(response(etag=value, last_modified=value), FEED), POLL, NOW, 0.0)
    assert validators(state, NOW) == (value, value)


@pytest.mark.hostile(19)
def test_an_endless_validator_is_not_kept() -> None:
    state = after(STATE, by_body(response(etag='"' + "x" * 8000 + '"'), FEED), POLL, NOW, 0.0)
    assert state.etag == ""


@pytest.mark.hostile(20)
def test_the_same_body_under_a_new_etag_is_unchanged() -> None:
    first = after(STATE, by_body(response(etag='"1"'), FEED), POLL, NOW, 0.0)
    assert first.body_hash == body_hash(b"x")
    again = after(first, same_body(response(etag='"2"')), POLL, NOW + timedelta(hours=1), 0.0)
    assert (again.outcome, again.etag, again.last_new) == ("unchanged", '"2"', first.last_new)


def test_a_body_that_was_understood_is_remembered() -> None:
    later = NOW + timedelta(hours=1)
    raw = RawFeed(entries=FEED.entries, hints=Hints(ttl=60), hub="https://hub.example/", topic="https://a.example/self")
    ending = by_body(response(body=b"feed", etag='W/"n"', last_modified="Sun", retry_after="7000"), raw)
    state = after(STATE, replace(ending, new=True), POLL, later, 0.0)
    assert (state.etag, state.last_modified, state.body_hash) == ('W/"n"', "Sun", body_hash(b"feed"))
    assert (state.outcome, state.status, state.last_full, state.last_new) == ("ok", 200, later, later)
    assert (state.hints, state.hub, state.topic) == (raw.hints, raw.hub, raw.topic) and state.interval == 7000
    silent = after(state, WELL, POLL, later, 0.0)
    assert (silent.hints, silent.hub) == (raw.hints, raw.hub)
    dropped = after(state, by_body(response(), FEED), POLL, later, 0.0)
    assert (dropped.hints, dropped.hub) == (Hints(), "")


def test_an_empty_feed_is_not_one_whose_entries_are_all_known() -> None:
    assert by_body(response(), RawFeed()).outcome == "empty"
    assert by_body(response(), RawFeed(raws=(b"12345678",))).outcome == "ok"


def test_what_should_be_known_about_a_good_one() -> None:
    moved = Response("f", 200, "http://b/", {}, b"x", 1, 0.1, permanent="http://b/", downgraded=True)
    detail = by_body(moved, replace(FEED, dropped=3)).detail
    assert "moved for good to http://b/" in detail and "https leads to http" in detail and "3 entries" in detail


@pytest.mark.hostile(21, 26)
@pytest.mark.parametrize("outcome", ["not-a-feed", "unparseable"])
def test_what_was_not_understood_is_asked_for_again_in_full(outcome: str) -> None:
    ending = by_body(response(etag='"n"'), Refused(outcome=outcome, detail="why"))  # type: ignore[arg-type]  # parametrised
    state = after(STATE, ending, POLL, NOW, 0.0)
    assert (state.etag, state.last_modified, state.body_hash, state.failures) == ("", "", "", 1)
    assert (state.outcome, state.detail) == (outcome, "why")


def moves(*answers: Ending, every: timedelta = timedelta(days=1)) -> FeedState:
    state = STATE
    for number, ending in enumerate(answers):
        state = after(state, ending, POLL, NOW + number * every, 0.0)
    return state


THERE, ELSEWHERE = "https://new.example/feed", "https://other.example/feed"
MOVED = by_body(response(permanent=THERE), FEED)


@pytest.mark.hostile(25)
def test_a_move_is_proposed_after_three_equal_answers_over_two_days_and_never_made() -> None:
    state = moves(MOVED, MOVED, MOVED)
    assert (proposed_move(state), state.url, state.moved_times) == (THERE, STATE.url, 3)
    assert proposed_move(moves(MOVED, MOVED)) == "" and proposed_move(STATE) == ""
    assert proposed_move(moves(*[MOVED] * 9, every=timedelta(hours=5))) == ""
    unchanged = early(response(304, permanent=THERE), conditional=True)
    assert unchanged and proposed_move(moves(MOVED, unchanged, same_body(response(permanent=THERE)))) == THERE


@pytest.mark.hostile(25)
def test_only_equal_good_answers_in_a_row_count() -> None:
    other = by_body(response(permanent=ELSEWHERE), FEED)
    assert proposed_move(moves(MOVED, MOVED, other, MOVED, MOVED)) == ""
    assert moves(MOVED, WELL).moved_to == "" and moves(MOVED, WELL).moved_since is None
    away = Ending(outcome="unreachable")
    broken = early(response(500, permanent=ELSEWHERE), conditional=True)
    assert broken and proposed_move(moves(MOVED, away, MOVED, broken, MOVED)) == THERE


@pytest.mark.hostile(16)
def test_what_breaks_off_is_asked_for_in_full_until_it_breaks_off_at_the_same_place_again() -> None:
    broken = replace(FEED, partial=True)
    first = after(STATE, by_body(response(etag='"1"'), broken), POLL, NOW, 0.0)
    assert (first.etag, first.last_full, first.outcome) == ("", NOW, "ok")
    assert first.body_hash != body_hash(b"x"), "the same body is parsed once more"
    other = after(first, by_body(response(body=b"xy", etag='"2"'), broken), POLL, NOW, 0.0)
    assert other.etag == ""
    again = after(first, by_body(response(etag='"1"'), broken), POLL, NOW, 0.0)
    assert (again.etag, again.body_hash) == ('"1"', body_hash(b"x"))
    assert after(first, by_body(response(etag='"3"'), FEED), POLL, NOW, 0.0).etag == '"3"'
