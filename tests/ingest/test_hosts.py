"""How far a refusal reaches: each row of docs/decisions/0012-scope-of-back-off.md (hostile cases 22 and 24)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import pytest
from msgspec.structs import replace

from gordon.polling import HostState
from gordon.settings import Poll
from ingest.hosts import MOST_DELAY, after_visit, is_refusal, rests_site, site_of
from ingest.schedule import Ending, Outcome

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
POLL = Poll()
LEAST = POLL.least_interval
HOST = HostState(host="hub.example.org")


def ending(status: int, outcome: Outcome, wait: str = "") -> Ending:
    return Ending(outcome=outcome, status=status, headers={"retry-after": wait} if wait else {})


FINE = ending(200, "ok")
LIMIT = ending(429, "rate-limited")
LATER = ending(429, "rate-limited", "7200")
AWAY = ending(503, "rate-limited", "60")
FORBIDDEN = ending(403, "blocked")
DEAD = ending(0, "unreachable")


def visited(*visits: tuple[str, Ending], poll: Poll = POLL, host: HostState = HOST) -> HostState:
    for feed, how in visits:
        host = after_visit(host, feed, how, NOW, poll, NOW)
    return host


def rest(host: HostState) -> float | None:
    return (host.rest_until - NOW).total_seconds() if host.rest_until else None


EVIDENCE = [
    (LIMIT, True), (LATER, True), (AWAY, True), (FORBIDDEN, True), (ending(403, "rate-limited", "9"), True),
    (ending(503, "unreachable"), False), (ending(401, "blocked"), False), (ending(451, "blocked"), False),
    (ending(0, "blocked"), False), (ending(404, "unreachable"), False), (ending(410, "gone"), False),
    (ending(500, "unreachable"), False), (DEAD, False), (FINE, False), (ending(200, "not-a-feed"), False),
]  # fmt: skip


@pytest.mark.parametrize(("how", "counts"), EVIDENCE)
def test_what_counts_as_a_refusal(how: Ending, counts: bool) -> None:
    assert is_refusal(how) is counts
    assert (visited(("a", how)).strikes == 1) is counts


def test_a_403_that_stays_is_about_the_feed_alone() -> None:
    first = visited(("a", FORBIDDEN), ("b", FORBIDDEN))
    assert (first.strikes, rest(first)) == (2, LEAST)
    for feed in ("a", "b", "a", "b"):
        first = after_visit(first, feed, FORBIDDEN, NOW, POLL, NOW + timedelta(hours=2), again=True)
    assert (first.strikes, rest(first)) == (2, LEAST)
    assert is_refusal(ending(403, "rate-limited", "9"), again=True) and is_refusal(LIMIT, again=True)


SCOPES: list[tuple[Sequence[tuple[str, Ending]], int, float | None]] = [
    ((("a", LIMIT),), 1, None),
    ((("a", LATER),), 1, None),
    ((("a", LIMIT), ("a", LIMIT), ("a", LIMIT)), 1, None),
    ((("a", LIMIT), ("b", LIMIT)), 2, LEAST),
    ((("a", LIMIT), ("b", LATER)), 2, 7200),
    ((("a", AWAY), ("b", AWAY)), 2, LEAST),
    ((("a", LATER), ("b", AWAY)), 1, None),
    ((("a", FORBIDDEN), ("b", LIMIT), ("c", FORBIDDEN)), 1, None),
    ((("a", FORBIDDEN), ("b", FORBIDDEN)), 2, LEAST),
    ((("a", LIMIT), ("b", LIMIT), ("c", LIMIT)), 3, 2 * LEAST),
    ((("a", LIMIT), ("b", LIMIT), ("a", LIMIT), ("b", LIMIT)), 4, 4 * LEAST),
    ((("a", LIMIT), ("b", LIMIT), ("b", LIMIT)), 2, LEAST),
    ((("a", LIMIT), ("c", FINE), ("b", LIMIT)), 1, None),
    ((("a", LIMIT), ("c", DEAD), ("b", LIMIT)), 2, LEAST),
    ((("a", LIMIT), ("b", ending(429, "rate-limited", "315360000"))), 2, 86400),
    (tuple((f"{number}", LIMIT) for number in range(40)), 40, 86400),
]


@pytest.mark.hostile(22, 24)
@pytest.mark.parametrize(("visits", "strikes", "seconds"), SCOPES)
def test_the_scope_of_a_refusal(visits: Sequence[tuple[str, Ending]], strikes: int, seconds: float | None) -> None:
    host = visited(*visits)
    assert (host.strikes, rest(host)) == (strikes, seconds)


def test_a_success_forgets_the_strikes_and_a_longer_rest_is_never_cut_short() -> None:
    host = visited(("a", LIMIT), ("b", LATER), ("c", LIMIT))
    assert rest(host) == 7200
    host = visited(("c", FINE), host=host)
    assert (host.strikes, host.struck) == (0, "")
    assert visited(("a", LIMIT), host=host).strikes == 1


def test_the_delay_is_doubled_by_refusals_and_halved_by_successes() -> None:
    delays, host = [], HOST
    for how in (LIMIT, LIMIT, LIMIT, DEAD, FINE, FINE, FINE, FINE):
        host = visited(("a", how), host=host)
        delays.append(host.delay)
    assert delays == [10, 20, 40, 40, 20, 10, 0, 0]
    assert visited(*[("a", LIMIT)] * 20).delay == MOST_DELAY
    eager = Poll(host_delay=0.0, least_interval=3.0)
    assert [visited(*[("a", LIMIT)] * times, poll=eager).delay for times in (1, 2, 3, 4, 5)] == [0.5, 1, 2, 3, 3]


def test_the_host_is_free_again_after_its_delay_from_the_start_of_the_visit() -> None:
    began = NOW - timedelta(seconds=30)
    assert after_visit(HOST, "a", FINE, began, POLL, NOW).free_at == began + timedelta(seconds=5)
    assert after_visit(HOST, "a", LIMIT, began, POLL, NOW).free_at == began + timedelta(seconds=10)
    busy = replace(HOST, free_at=NOW)
    assert after_visit(busy, "a", FINE, began, POLL, NOW).free_at == NOW


def test_the_site_is_noted_once() -> None:
    assert visited(("a", FINE)).site == "example.org"
    assert visited(("a", FINE), host=replace(HOST, site="kept")).site == "kept"


def test_a_site_rests_when_several_of_its_hosts_were_told_off() -> None:
    one, many = visited(("a", LIMIT)), visited(("a", LIMIT), ("b", LATER))
    assert rests_site(one, 1, NOW) is None and rests_site(many, 1, NOW) is None
    assert rests_site(HOST, 5, NOW) is None
    assert rests_site(one, 2, NOW) == NOW + timedelta(seconds=LEAST)
    assert rests_site(one, 3, NOW) == NOW + timedelta(seconds=2 * LEAST)
    assert rests_site(many, 2, NOW) == NOW + timedelta(seconds=7200)
    assert rests_site(one, 99, NOW) == NOW + timedelta(days=1)
    quick = Poll(least_interval=2.0)
    assert rests_site(one, 2, NOW, poll=quick) == NOW + timedelta(seconds=2)


SITES = {
    "old.reddit.com": "reddit.com", "reddit.com": "reddit.com", "a.tumblr.com": "tumblr.com",
    "WWW.BBC.co.uk": "bbc.co.uk",
    "someone.github.io": "someone.github.io", "github.io": "github.io", "co.uk": "co.uk", "news.gc.ca.": "news.gc.ca",
    "localhost": "localhost", "127.0.0.1": "127.0.0.1", "::1": "::1", "[::1]": "[::1]", "": "",
    "blog.xn--mnchen-3ya.example": "xn--mnchen-3ya.example", "blog.münchen.example": "münchen.example",
}  # fmt: skip


@pytest.mark.parametrize("host", SITES)
def test_the_site_of_a_host(host: str) -> None:
    assert site_of(host) == SITES[host]
