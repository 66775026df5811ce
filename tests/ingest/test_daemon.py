"""The daemon with the real store on SQLite, the real client and parser, against an origin on loopback."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, closing
from datetime import timedelta

import pytest

from gordon.polling import Feed
from gordon.settings import Settings
from ingest.client import Client
from ingest.discover import preview
from ingest.parser import ParserPool
from ingest.settle import PollReport
from tests.ingest import texts
from tests.ingest.daemon_bench import START, Bench
from tests.ingest.origin import Asked, Origin, Script, reply

Make = Callable[..., Bench]


def outcomes(reports: Sequence[PollReport]) -> dict[str, str]:
    return {report.feed: report.outcome for report in reports}


def test_every_kind_of_feed_becomes_mentions(bench: Make, origin: Origin) -> None:
    bodies = {
        "rss2": texts.RSS_2,
        "rss1": texts.RSS_1,
        "rss091": texts.RSS_091,
        "atom": texts.ATOM,
        "json": texts.JSON_FEED,
    }
    for name, body in bodies.items():
        origin.answers[f"/{name}"] = reply(body.encode("latin-1" if name == "rss1" else "utf-8"))
    one = bench()
    one.sync(*(Feed(id=name, url=origin.url(f"/{name}")) for name in bodies))
    reports = one.until(5)
    assert set(outcomes(reports).values()) == {"ok"}
    assert {report.feed: len(report.found) for report in reports} == {
        "rss2": 2,
        "rss1": 1,
        "rss091": 1,
        "atom": 2,
        "json": 3,
    }
    assert one.store.outbox_size() == 9 and one.commits >= 1
    languages = {found.mention.title: found.mention.language for report in reports for found in report.found}
    assert languages["Les délais s\u2019allongent"] == "fr" and languages["The dredging grant"] == "en"


@pytest.mark.hostile(18)
def test_the_second_poll_is_conditional_and_once_a_day_it_is_not(bench: Make, origin: Origin) -> None:
    def answer(asked: Asked) -> bytes:
        known = asked.headers.get("if-none-match") == 'W/"1"'
        return reply(status=304) if known else reply(texts.ATOM, headers={"ETag": 'W/"1"'})

    origin.answers["/a"] = answer
    one = bench()
    one.sync(Feed(id="a", url=origin.url("/a")))
    one.until(1)
    one.later(0.01)
    one.ingest.turn(0.05)
    assert len(one.reports) == 1
    for polls, hours in ((2, 1), (3, 22), (4, 2)):
        one.later(hours)
        one.until(polls)
    assert [report.outcome for report in one.reports] == ["ok", "unchanged", "unchanged", "unchanged"]
    assert [report.status for report in one.reports] == [200, 304, 304, 200]
    assert one.store.outbox_size() == 2


@pytest.mark.hostile(20)
def test_a_changing_etag_with_the_same_body_is_unchanged(bench: Make, origin: Origin) -> None:
    origin.answers["/a"] = lambda asked: reply(texts.ATOM, headers={"ETag": f'"{len(origin.requests)}"'})
    one = bench()
    one.sync(Feed(id="a", url=origin.url("/a")))
    one.until(1)
    one.later(1)
    assert one.until(2)[1].outcome == "unchanged"
    assert origin.requests[1].headers["if-none-match"] == '"1"'
    assert one.scalar("select etag from feeds") == '"2"'


def test_an_edit_is_a_revision_and_a_new_entry_is_new(bench: Make, origin: Origin) -> None:
    origin.answers["/a"] = reply(texts.ATOM)
    one = bench()
    one.sync(Feed(id="a", url=origin.url("/a")))
    one.until(1)
    edited = texts.ATOM.replace("One form", "No form")
    entry = "<entry><id>urn:valley:3</id><title>The ferry</title><link href='/f'/><content>Late.</content></entry>"
    origin.answers["/a"] = reply(edited.replace("</feed>", f"{entry}</feed>"))
    one.later(1)
    found = one.until(2)[1].found
    assert sorted((each.mention.kind, each.mention.revision) for each in found) == [("edited", 2), ("new", 1)]
    assert one.store.outbox_size() == 4


@pytest.mark.hostile(24, 26)
def test_failures_have_their_outcome_and_keep_what_was_known(bench: Make, origin: Origin) -> None:
    origin.answers |= {"/ok": reply(texts.ATOM), "/page": reply("<!DOCTYPE html><html>Log in</html>")}
    origin.answers |= {
        "/403": reply("no", 403),
        "/429": reply("no", 429, {"Retry-After": "7200"}),
        "/410": reply("", 410),
    }
    origin.answers |= {
        "/bad": reply("<!DOCTYPE rss [<!ENTITY a 'b'>]><rss/>"),
        "/none": reply('<rss version="2.0"><channel/></rss>'),
    }
    names = ("ok", "page", "403", "429", "410", "bad", "none", "404")
    one = bench(poll={"least_interval": "1m"})
    urls = {name: origin.url(f"/{name}") for name in names} | {
        "private": "http://10.0.0.1/",
        "dead": "http://127.0.0.1:1/",
    }
    one.sync(*(Feed(id=name, url=url) for name, url in urls.items()))
    expected = {
        "ok": "ok", "page": "not-a-feed", "403": "blocked", "429": "rate-limited", "410": "gone", "bad": "unparseable",
        "none": "empty", "404": "unreachable", "private": "blocked", "dead": "unreachable",
    }  # fmt: skip
    assert outcomes(one.until(10)) == expected
    origin.answers["/ok"] = reply("<!DOCTYPE html><html>Captive portal</html>")
    one.later(0.5)
    one.until(18)
    assert "410" not in {report.feed for report in one.reports[10:]}
    assert "429" not in {report.feed for report in one.reports[10:]}
    assert (
        one.scalar("select count(*) from entries") == 2
        and one.scalar("select outcome from feeds where id='ok'") == "not-a-feed"
    )


def test_one_request_at_a_time_of_a_host(bench: Make, origin: Origin) -> None:
    running: list[int] = [0, 0]

    def answer(asked: Asked) -> Script:
        running[0] += 1
        running[1] = max(running)
        yield 0.05
        running[0] -= 1
        yield reply(texts.ATOM)

    paths = [f"/{number}" for number in range(4)]
    origin.answers |= dict.fromkeys(paths, answer)
    one = bench()
    one.sync(*(Feed(id=path[1:], url=origin.url(path)) for path in paths))
    one.until(4)
    assert running == [0, 1]


@pytest.mark.hostile(14)
def test_a_slow_host_does_not_hold_up_the_others(bench: Make, origin: Origin) -> None:
    origin.answers["/slow"] = lambda asked: [60.0]
    with Origin(host="127.0.0.2") as other:
        other.answers["/a"] = reply(texts.ATOM)
        one = bench(http={"deadline": "2s"})
        one.sync(Feed(id="slow", url=origin.url("/slow")), Feed(id="quick", url=other.url("/a")))
        assert one.until(1)[0].feed == "quick"
        assert one.until(2)[1].outcome == "unreachable"


@pytest.mark.hostile(61)
def test_nothing_is_polled_while_the_outbox_is_full(bench: Make, origin: Origin) -> None:
    origin.answers |= {"/a": reply(texts.ATOM), "/b": reply(texts.RSS_2)}
    one = bench(worker={"backpressure": 2})
    one.sync(Feed(id="a", url=origin.url("/a")))
    one.until(1)
    one.sync(Feed(id="a", url=origin.url("/a")), Feed(id="b", url=origin.url("/b")))
    for _ in range(5):
        one.ingest.turn(0.05)
    assert len(one.reports) == 1 and origin.asked("/b") == []


def test_a_store_that_is_away_pauses_and_nothing_is_lost(bench: Make, origin: Origin) -> None:
    one = bench()

    def answer(asked: Asked) -> bytes:
        one.store.away = True
        return reply(texts.ATOM)

    origin.answers["/a"] = answer
    one.sync(Feed(id="a", url=origin.url("/a")))
    until = time.monotonic() + 5
    while not one.ingest.paused and time.monotonic() < until:
        one.ingest.turn(0.1)
    for _ in range(3):
        one.ingest.turn(0.05)
    assert one.reports == [] and one.ingest.in_flight == 1
    one.store.away = False
    assert len(one.until(1)[0].found) == 2
    assert not one.ingest.paused and len(origin.requests) == 1 and one.store.outbox_size() == 2


def test_subscriptions_that_come_while_the_store_is_away_are_told_later(bench: Make, origin: Origin) -> None:
    origin.answers["/a"] = reply(texts.ATOM)
    one = bench()
    one.store.away = True
    one.sync(Feed(id="a", url=origin.url("/a")))
    one.ingest.turn(0.05)
    one.store.away = False
    one.until(1)


def test_a_poll_of_an_address_that_is_no_longer_wanted_is_forgotten(bench: Make, origin: Origin) -> None:
    one = bench()

    def answer(asked: Asked) -> Script:
        yield 0.2
        yield reply(texts.ATOM, headers={"ETag": '"old"'})

    origin.answers |= {"/old": answer, "/new": reply(texts.RSS_2)}
    one.sync(Feed(id="a", url=origin.url("/old")))
    one.ingest.turn(0.05)
    one.sync(Feed(id="a", url=origin.url("/new")))
    one.until(1)
    assert one.scalar("select etag from feeds") == "" and {found.identity for found in one.reports[0].found} == {
        "g-2",
        "https://guichet.example/?p=1",
    }


def test_stopping_ends_what_is_in_flight_or_drops_it(bench: Make, origin: Origin) -> None:
    def soon(asked: Asked) -> Script:
        yield 0.2
        yield reply(texts.ATOM)

    origin.answers |= {"/soon": soon, "/never": lambda asked: [60.0]}
    with Origin(host="127.0.0.2") as other:
        other.answers["/never"] = lambda asked: [60.0]
        one = bench(worker={"drain": "3s"}, http={"deadline": "60s"})
        one.sync(Feed(id="soon", url=origin.url("/soon")), Feed(id="never", url=other.url("/never")))
        turns = iter([False, True])
        began = time.monotonic()
        one.ingest.run(lambda: next(turns, True), turn=0.05)
        assert [report.feed for report in one.reports] == ["soon"]
        assert time.monotonic() - began < 30


def test_a_new_daemon_finds_nothing_twice(bench: Make, origin: Origin) -> None:
    origin.answers["/a"] = reply(texts.RSS_2)
    first = bench()
    first.sync(Feed(id="a", url=origin.url("/a")))
    first.until(1)
    origin.answers["/a"] = reply(texts.RSS_2 + " ")
    second = bench()
    second.now = START + timedelta(hours=1)
    second.sync(Feed(id="a", url=origin.url("/a")))
    assert second.until(1)[0].found == () and second.store.outbox_size() == 2


def test_preview_shows_what_would_come_in(origin: Origin, pool: ParserPool) -> None:
    origin.answers |= {
        "/feed": reply(texts.RSS_2),
        "/page": reply('<html><link rel="alternate" type="application/rss+xml" href="/feed">'),
    }
    settings = Settings.model_validate({"http": {"allow_networks": ("127.0.0.0/8",)}})
    client: AbstractContextManager[Client] = closing(Client(settings.http, clock=time.monotonic))
    with client as web:
        page = preview(origin.url("/page", userinfo="u:s3cret"), web, pool)
        assert (page.outcome, [link.url for link in page.links]) == ("not-a-feed", [origin.url("/feed")])
        feed = preview(page.links[0].url, web, pool)
        assert (feed.outcome, feed.title, len(feed.entries)) == ("ok", "Le guichet", 2)
        missing = preview(origin.url("/404", userinfo="u:s3cret"), web, pool)
        assert (missing.outcome, missing.status) == ("unreachable", 404) and "s3cret" not in repr((page, missing))
