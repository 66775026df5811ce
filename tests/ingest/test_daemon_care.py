"""The daemon takes care: floods wait for a person, pages for their robots, a lost lease loses nothing, and what is
known is not parsed again."""

from __future__ import annotations

import time
from collections.abc import Callable, Hashable
from datetime import timedelta
from typing import Any, Literal

import pytest
from msgspec.structs import replace

from gordon.polling import Feed, HostState, Polled
from ingest.parser import ParserPool
from store.database import Database
from store.held import drop_held, held_by_feed, held_by_reason, held_mentions, release_held
from tests.ingest.daemon_bench import START, Bench
from tests.ingest.origin import Asked, Origin, Script, reply

Make = Callable[..., Bench]


def rss(entries: dict[str, str], date: str = "Mon, 02 Feb 2026 10:00:00 GMT") -> str:
    """A feed with these entries: guid and text."""
    items = "".join(
        f"<item><guid isPermaLink='false'>{guid}</guid><title>About {guid}</title><link>/{guid}</link>"
        f"<pubDate>{date}</pubDate><description>{text}</description></item>"
        for guid, text in entries.items()
    )
    return f"<rss version='2.0'><channel><title>Archive</title>{items}</channel></rss>"


class Watched(ParserPool):
    """The real pool; keeps how much was known of each document."""

    known: list[int]

    def submit(
        self,
        key: Hashable,
        body: bytes,
        content_type: str,
        url: str,
        *,
        known: bytes = b"",
        what: Literal["feed", "page"] = "feed",
    ) -> None:
        self.known.append(len(known) // 8)
        super().submit(key, body, content_type, url, known=known, what=what)


@pytest.fixture
def watched(bench: Make) -> Any:
    """A daemon and its watched parser."""
    settings = bench().settings
    parser = Watched(settings.parse, clock=time.monotonic)
    parser.known = []
    yield bench(parser), parser
    parser.close()


@pytest.mark.hostile(46)
def test_a_republished_archive_waits_for_a_person(
    watched: tuple[Bench, Watched], origin: Origin, database: Database
) -> None:
    origin.answers["/a"] = reply(rss({f"n{number}": "Fresh news." for number in range(60)}))
    one, _ = watched
    one.sync(Feed(id="a", url=origin.url("/a")))
    assert len(one.until(1)[0].found) == 60, "the first poll of a feed is no flood"
    origin.answers["/a"] = reply(rss({f"old{number}": f"Old story {number}." for number in range(80)}))
    one.later(1)
    report = one.until(2)[1]
    assert (len(report.found), report.held) == (0, 80)
    assert one.store.outbox_size() == 60 and held_by_feed(database) == {"a": 80}
    one.later(1)
    origin.answers["/a"] = reply(rss({f"old{number}": f"Old story {number}!" for number in range(80)}))
    assert one.until(3)[2].held == 80, "found again with other words, they still wait"
    assert {held.mention.revision for held in held_mentions(database)} == {1}
    assert release_held(database, "a", one.now) == 80
    assert one.store.outbox_size() == 140 and held_by_feed(database) == {}
    assert one.scalar("select count(*) from revisions") == 140
    one.later(1)
    origin.answers["/a"] = reply(rss({f"old{number}": f"Old story {number}?" for number in range(80)}))
    assert {found.mention.revision for found in one.until(4)[3].found} == {2}, "now they are as any other"


def test_what_was_dropped_does_not_come_again(
    watched: tuple[Bench, Watched], origin: Origin, database: Database
) -> None:
    origin.answers["/a"] = reply(rss({"first": "News."}))
    one, _ = watched
    one.sync(Feed(id="a", url=origin.url("/a")))
    one.until(1)
    flood = rss({f"old{number}": f"Old story {number}." for number in range(51)})
    origin.answers["/a"] = reply(flood)
    one.later(1)
    assert one.until(2)[1].held == 51
    assert drop_held(database, "a") == 51
    origin.answers["/a"] = reply(flood + " ")
    one.later(1)
    assert (one.until(3)[2].found, one.reports[2].held) == ((), 0)
    assert one.store.outbox_size() == 1


def test_only_what_is_new_is_parsed(watched: tuple[Bench, Watched], origin: Origin) -> None:
    one, parser = watched
    entries = {f"n{number}": f"Story {number}." for number in range(30)}
    origin.answers["/a"] = reply(rss(entries))
    one.sync(Feed(id="a", url=origin.url("/a")))
    one.until(1)
    origin.answers["/a"] = reply(rss({"new": "Just in."} | entries))
    one.later(1)
    assert [found.mention.title for found in one.until(2)[1].found] == ["About new"]
    origin.answers["/a"] = reply(rss({"new": "Just in."} | entries | {"n7": "Story 7, corrected."}))
    one.later(1)
    (edit,) = one.until(3)[2].found
    assert (edit.mention.title, edit.mention.revision) == ("About n7", 2)
    assert parser.known == [0, 30, 31]


def test_readings_that_are_garbage_are_not_believed(watched: tuple[Bench, Watched], origin: Origin) -> None:
    one, parser = watched
    origin.answers["/a"] = reply(rss({"x": "One."}))
    one.sync(Feed(id="a", url=origin.url("/a")))
    one.until(1)
    with one.database.writing() as connection:
        connection.exec_driver_sql("update readings set data = x'00ff00'")
    origin.answers["/a"] = reply(rss({"x": "One.", "y": "Two."}))
    one.later(1)
    assert [found.mention.title for found in one.until(2)[1].found] == ["About y"]
    assert parser.known == [0, 0]


PAGE = (
    "<html><head><title>Ferry</title></head><body><nav>Home | About</nav><article><h1>The ferry</h1>"
    + "".join(
        f"<p>Paragraph {number}: the ferry to the island is late again, and nobody says why.</p>" for number in range(8)
    )
    + "</article><footer>All rights reserved</footer></body></html>"
)


def turn_until(one: Bench, done: Callable[[], bool], seconds: float = 15.0) -> None:
    until = time.monotonic() + seconds
    while not done() and time.monotonic() < until:
        one.ingest.turn(0.1)
    assert done()


def test_the_page_of_an_entry_is_fetched_once_its_robots_allow_it(
    bench: Make, origin: Origin, database: Database
) -> None:
    origin.answers |= {
        "/a": reply(rss({"ferry": "Late.", "secret": "Not for robots."})),
        "/robots.txt": reply("User-agent: *\nDisallow: /secret\n"),
        "/ferry": reply(PAGE, headers={"Content-Type": "text/html; charset=utf-8"}),
        "/secret": reply(PAGE),
    }
    one = bench()
    one.sync(Feed(id="a", url=origin.url("/a"), full_text=True))
    assert (one.until(1)[0].found, one.reports[0].held) == ((), 2)
    assert one.store.outbox_size() == 0
    turn_until(one, lambda: not held_by_reason(database))
    assert one.store.outbox_size() == 2 and one.scalar("select count(*) from revisions") == 2
    with database.reading() as connection:
        data = dict(connection.exec_driver_sql("select json_extract(data,'$.title'), data from revisions").all())  # type: ignore[arg-type]  # rows of two
    assert "Paragraph 7" in data["About ferry"] and '"full-text"' in data["About ferry"]
    assert "Not for robots." in data["About secret"] and '"page-failed"' in data["About secret"]
    assert len(origin.asked("/robots.txt")) == 1 and not origin.asked("/secret") and len(origin.asked("/ferry")) == 1
    origin.answers["/a"] = reply(rss({"ferry": "Late.", "secret": "Not for robots."}) + " ")
    one.later(1)
    assert one.until(2)[1].found == () and one.store.outbox_size() == 2


def test_the_text_of_the_feed_stands_in_for_a_page_that_fails(bench: Make, origin: Origin, database: Database) -> None:
    origin.answers["/a"] = reply(rss({"ferry": "Late."}))
    one = bench()
    one.sync(Feed(id="a", url=origin.url("/a"), full_text=True))
    one.until(1)
    for _ in range(3):
        turn_until(one, lambda: not one.ingest.in_flight)
        for _ in range(12):
            one.ingest.turn(0.05)
        one.later(3)
    turn_until(one, lambda: not held_by_reason(database))
    assert len(origin.asked("/ferry")) == 3
    assert "Late." in one.scalar("select data from revisions") and one.store.outbox_size() == 1


@pytest.mark.hostile(63)
def test_a_poll_under_a_lease_that_is_lost_changes_nothing(bench: Make, origin: Origin) -> None:
    one = bench()

    def answer(asked: Asked) -> Script:
        with one.database.writing() as connection:
            connection.exec_driver_sql("update hosts set owner = 'another', epoch = epoch + 1")
        yield reply(rss({"x": "One."}))

    origin.answers["/a"] = answer
    one.sync(Feed(id="a", url=origin.url("/a")))
    turn_until(one, lambda: len(origin.requests) == 1 and not one.ingest.in_flight)
    assert one.reports == [] and one.scalar("select outcome from feeds") == "never"
    assert one.scalar("select count(*) from entries") == 0
    with one.database.writing() as connection:
        connection.exec_driver_sql("update hosts set owner = '', leased_until = null")
    origin.answers["/a"] = reply(rss({"x": "One."}))
    assert len(one.until(1)[0].found) == 1


def test_a_second_daemon_on_sqlite_waits_for_its_turn(bench: Make, origin: Origin) -> None:
    origin.answers["/a"] = reply(rss({"x": "One."}))
    first, second = bench(), bench(owner="two")
    first.sync(Feed(id="a", url=origin.url("/a")))
    first.until(1)
    second.sync(Feed(id="a", url=origin.url("/a")))
    second.now = START + timedelta(seconds=20)
    second.ingest.turn(0.05)
    assert second.ingest.standby and not first.ingest.standby and second.reports == []
    first.ingest.drain()
    second.now = START + timedelta(hours=1)
    second.sync(Feed(id="a", url=origin.url("/a")))
    second.until(1)
    assert not second.ingest.standby


def test_what_the_database_cannot_take_is_the_outcome_of_that_feed_alone(bench: Make, origin: Origin) -> None:
    origin.answers |= {"/good": reply(rss({"x": "One."})), "/bad": reply(rss({"y": "Two."}))}
    one = bench(poll={"host_concurrency": 2})
    real = one.store.record

    def record(owner: str, now: Any, polls: list[Polled], hosts: list[HostState]) -> Any:
        poisoned = [
            replace(
                poll, found=tuple(replace(each, mention=replace(each.mention, revision=2**80)) for each in poll.found)
            )
            if poll.state.id in ("bad", "worse")
            else poll
            for poll in polls
        ]
        return real(owner, now, poisoned, hosts)

    one.store.record = record  # type: ignore[method-assign]  # a database that refuses rows cannot be had otherwise
    origin.answers["/worse"] = origin.answers["/bad"]
    one.sync(*(Feed(id=name, url=origin.url(f"/{name}")) for name in ("good", "bad", "worse")))
    one.until(3)
    outcomes = {report.feed: report.outcome for report in one.reports}
    assert outcomes == {"good": "ok", "bad": "unparseable", "worse": "unparseable"}
    assert one.store.outbox_size() == 1
