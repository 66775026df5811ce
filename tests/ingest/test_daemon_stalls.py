"""What must not bring the daemon to a stop, or make it spin: a full outbox, a lease that ended unseen, the store going
away at the wrong moment, text that cannot be settled."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import datetime, timedelta

import pytest

from gordon.errors import Permanent, StoreUnavailable
from gordon.polling import Feed, HostState, PageRead
from ingest.http import Answer
from ingest.parser import ParserPool
from store.ingest import Ingest as Store
from tests.ingest import texts
from tests.ingest.daemon_bench import Bench
from tests.ingest.origin import Origin, reply

Make = Callable[..., Bench]


@pytest.mark.hostile(61)
def test_a_full_outbox_that_empties_lets_many_held_feeds_go_on(bench: Make, origin: Origin) -> None:
    origin.answers["/a"] = reply(texts.ATOM)
    one = bench(worker={"backpressure": 2})
    first = Feed(id="a", url=origin.url("/a"))
    one.sync(first)
    one.until(1)
    dead = [
        Feed(id=f"d{number}", url=f"http://127.0.{2 + number // 250}.{1 + number % 250}:1/") for number in range(510)
    ]
    for _ in range(3):
        one.sync(first, *dead)
        one.ingest.turn(0)
    assert len(one.reports) == 1, "the outbox is full"
    with one.database.writing() as connection:
        connection.exec_driver_sql("update outbox set published = created")
    assert {report.outcome for report in one.until(511, seconds=30)[1:]} == {"unreachable"}


def test_a_daemon_that_drains_waits_without_spinning(bench: Make, origin: Origin) -> None:
    origin.answers["/slow"] = lambda asked: [60.0]
    one = bench(worker={"drain": "2s"})
    one.sync(*(Feed(id=name, url=origin.url("/slow")) for name in ("a", "b")))
    one.ingest.turn(0.1)
    assert one.ingest.in_flight == 1, "the other one waits for its host"
    steps, step = [], one.client.step

    def counted(timeout: float) -> list[Answer]:
        steps.append(timeout)
        return step(timeout)

    one.client.step = counted  # type: ignore[method-assign]  # how often it turns cannot be seen otherwise
    one.ingest.drain()
    assert 2 <= len(steps) < 50


def test_a_store_that_is_away_is_not_asked_about_every_feed(bench: Make, origin: Origin, pool: ParserPool) -> None:
    names = [f"f{number}" for number in range(20)]
    one = bench(poll={"host_concurrency": 20}, worker={"backoff_least": "1m", "backoff_most": "1m"})
    asked: list[str] = []

    def away(feed: str) -> bytes:
        asked.append(feed)
        raise StoreUnavailable("nobody answers")

    one.store.reading = away  # type: ignore[method-assign]  # a store that goes away at just this moment
    origin.answers |= {f"/{name}": reply(texts.ATOM) for name in names}
    one.sync(*(Feed(id=name, url=origin.url(f"/{name}")) for name in names))
    until = time.monotonic() + 15
    while len(origin.requests) < 20 and time.monotonic() < until:
        one.ingest.turn(0.1)
    for _ in range(5):
        one.ingest.turn(0.1)
    assert len(asked) == 1 and one.ingest.paused and one.ingest.in_flight == 20
    while pool.backlog():
        pool.step(0.1)


def test_a_store_that_goes_away_after_the_record_does_not_count_a_refusal_twice(bench: Make, origin: Origin) -> None:
    origin.answers["/a"] = reply("Slow down.", 429)
    one = bench()
    failures = [StoreUnavailable("gone"), StoreUnavailable("still gone")]

    def strikes(site: str, since: datetime) -> int:
        if failures:
            raise failures.pop()
        return Store.site_strikes(one.store, site, since)

    one.store.site_strikes = strikes  # type: ignore[method-assign]  # a store that goes away at just this moment
    one.sync(Feed(id="a", url=origin.url("/a")))
    one.until(1)
    assert len(failures) == 1 and one.scalar("select delay from hosts") == 0.5


@pytest.mark.parametrize("trouble", [Permanent("no such character"), ValueError("our own mistake")])
def test_a_page_that_cannot_be_settled_gives_way_to_the_feeds_own_text(
    bench: Make, origin: Origin, trouble: Exception
) -> None:
    words = "<p>The ferry to the island is late again, and nobody on the quay says why it is so.</p>" * 9
    origin.answers["/p"] = reply(f"<html><body><article><h1>Ferry</h1>{words}</article></body></html>")
    feed = f"<rss version='2.0'><channel><title>A</title><item><title>Ferry</title><link>{origin.url('/p')}</link>"
    origin.answers["/a"] = reply(f"{feed}<description>Late.</description></item></channel></rss>")
    one = bench()

    def record(owner: str, now: datetime, read: PageRead, host: HostState) -> bool:
        if read.found is not None and "full-text" in read.found.mention.flags:
            raise trouble
        return Store.record_page(one.store, owner, now, read, host)

    one.store.record_page = record  # type: ignore[method-assign]  # a database that refuses text cannot be had
    one.sync(Feed(id="a", url=origin.url("/a"), full_text=True))
    one.until(1)
    until = time.monotonic() + 15
    while not one.scalar("select count(*) from revisions") and time.monotonic() < until:
        one.ingest.turn(0.1)
    assert "page-failed" in one.scalar("select data from revisions") and one.store.outbox_size() == 1
    assert one.scalar("select count(*) from held") == 0


def test_what_waits_under_a_lease_that_ended_unseen_is_not_visited(bench: Make, origin: Origin) -> None:
    origin.answers |= {"/a": reply(texts.ATOM), "/b": reply(texts.ATOM)}
    one = bench(poll={"host_delay": "300ms"})
    one.sync(*(Feed(id=name, url=origin.url(f"/{name}")) for name in ("a", "b")))
    one.until(1)
    assert len(origin.requests) == 1, "the other one waits for the host's delay"
    one.now += timedelta(minutes=10)
    another = Store(one.database).claim("another", one.now, one.now + timedelta(hours=1), 10)
    assert another is not None and [claim.host.host for claim in another] == ["127.0.0.1"]
    for _ in range(8):
        one.ingest.turn(0.1)
    assert len(origin.requests) == 1
