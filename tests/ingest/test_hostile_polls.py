"""The daemon against servers that stall, lie, move and shut the door (hostile cases 14 to 27, 36)."""

from __future__ import annotations

import socket
import time
from collections.abc import Callable

import pytest

from gordon.app.ingest import note_poll
from gordon.metrics import Metrics
from gordon.polling import Feed
from gordon.settings import Parse
from ingest.parser import ParserPool
from tests.ingest import texts
from tests.ingest.daemon_bench import Bench
from tests.ingest.origin import Answer, Asked, Origin, Script, reply

Make = Callable[..., Bench]
KINDS_OF_SILENCE: dict[str, Script] = {
    "nothing": (60.0,),
    "headers": (b"HTTP/1.1 200 OK\r\n", 60.0),
    "body": (b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n<", 60.0),
}


def outcomes(one: Bench) -> list[str]:
    return [report.outcome for report in one.reports]


def only(one: Bench, column: str) -> object:
    return one.scalar(f"select {column} from feeds")


@pytest.mark.hostile(14)
@pytest.mark.parametrize("kind", KINDS_OF_SILENCE)
def test_a_silent_server_gives_its_slot_back(kind: str, bench: Make, origin: Origin) -> None:
    """There is one slot for all feeds."""
    with Origin(host="127.0.0.2") as other:
        origin.answers["/a"] = lambda _: KINDS_OF_SILENCE[kind]
        other.answers["/a"] = reply(texts.ATOM)
        one = bench(poll={"concurrency": 1}, http={"deadline": "700ms"})
        one.sync(Feed(id="a-silent", url=origin.url("/a")), Feed(id="b-well", url=other.url("/a")))
        one.until(2)
        assert {report.feed: report.outcome for report in one.reports} == {"a-silent": "unreachable", "b-well": "ok"}
        assert one.ingest.in_flight == 0


@pytest.mark.hostile(14)
def test_a_stalled_handshake_gives_its_slot_back(bench: Make) -> None:
    """The kernel takes the connection, and nobody ever reads it: an HTTP server would answer a hello with a newline."""
    with socket.create_server(("127.0.0.1", 0)) as deaf:
        one = bench(poll={"concurrency": 1}, http={"deadline": "700ms"})
        one.sync(Feed(id="a", url=f"https://127.0.0.1:{deaf.getsockname()[1]}/a"))
        assert one.until(1)[0].outcome == "unreachable" and one.ingest.in_flight == 0
        assert "deadline" in str(only(one, "detail"))


@pytest.mark.hostile(16)
def test_a_body_that_is_shorter_than_announced_changes_nothing(bench: Make, origin: Origin) -> None:
    whole = reply(texts.RSS_2, headers={"ETag": '"1"'})
    origin.answers["/a"] = whole
    one = bench()
    one.sync(Feed(id="a", url=origin.url("/a")))
    one.until(1)
    origin.answers["/a"] = lambda _: [whole[:-200].replace(b'"1"', b'"2"').replace(b"six", b"sept")]
    one.later(1)
    assert one.until(2)[1].outcome == "unreachable" and one.reports[1].found == ()
    assert only(one, "etag") == '"1"' and one.store.outbox_size() == 2


@pytest.mark.hostile(16)
def test_a_body_that_is_longer_than_announced_is_not_taken_for_the_whole(bench: Make, origin: Origin) -> None:
    """The count of characters for the count of bytes, say: what came is read, and asked for again in full."""
    body = texts.RSS_2.encode()
    short = body.index(b"Texte simple") + 5
    head = b'HTTP/1.1 200 OK\r\nETag: "1"\r\nContent-Length: %d\r\n\r\n'
    origin.answers["/a"] = lambda _: [head % short, body]
    one = bench()
    one.sync(Feed(id="a", url=origin.url("/a")))
    first = {found.mention.title: found.mention for found in one.until(1)[0].found}
    assert len(first) == 2 and "breaks off in the middle" in str(only(one, "detail"))
    assert [mention.flags for mention in first.values() if "text-cut" in mention.flags] == [("text-cut",)]
    assert only(one, "etag") == "" and only(one, "body_hash").startswith("broken off ")
    origin.answers["/a"] = reply(body)
    one.later(1)
    (found,) = one.until(2)[1].found
    assert (found.mention.kind, found.mention.text, found.mention.flags) == ("edited", "Texte simple", ())
    assert "if-none-match" not in origin.requests[1].headers


@pytest.mark.hostile(18)
def test_a_304_that_nobody_asked_for_is_no_success(bench: Make, origin: Origin) -> None:
    origin.answers["/a"] = reply(status=304, headers={"ETag": '"x"'})
    one = bench()
    one.sync(Feed(id="a", url=origin.url("/a")))
    one.until(1)
    one.later(1)
    one.until(2)
    assert outcomes(one) == ["unreachable", "unreachable"] and only(one, "etag") == ""
    assert all("if-none-match" not in asked.headers for asked in origin.requests)


@pytest.mark.hostile(18)
def test_behind_a_304_for_ever_the_news_come_within_a_day(bench: Make, origin: Origin) -> None:
    def stuck(asked: Asked) -> bytes:
        if "if-none-match" in asked.headers:
            return reply(status=304)
        changed = texts.ATOM.replace("urn:valley:2", "urn:valley:3").replace("two", "three")
        body = texts.ATOM if len(origin.requests) == 1 else changed
        return reply(body, headers={"ETag": '"for ever"'})

    origin.answers["/a"] = stuck
    one = bench()
    one.sync(Feed(id="a", url=origin.url("/a")))
    one.until(1)
    for polls in range(2, 8):
        one.later(5)
        one.until(polls)
    news = [len(report.found) for report in one.reports]
    assert sum(news) == 3 and sum("if-none-match" not in asked.headers for asked in origin.requests) == 2


@pytest.mark.hostile(19)
@pytest.mark.parametrize(
    ("etag", "modified"),
    [
        ('W/"a b,c"', "Fri, 31 Feb 2199 99:00:00"),
        ("", "Thu, 01 Jan 2099 00:00:00 GMT"),
        ('"' + "x" * 1000 + '"', "hier"),
        ("\u00e9\t'", "0"),
    ],
)
def test_validators_come_back_as_they_were(etag: str, modified: str, bench: Make, origin: Origin) -> None:
    origin.answers["/a"] = reply(texts.ATOM, headers={"ETag": etag, "Last-Modified": modified})
    one = bench()
    one.sync(Feed(id="a", url=origin.url("/a")))
    one.until(1)
    one.later(1)
    one.until(2)
    headers = origin.requests[1].headers
    assert (headers.get("if-none-match", ""), headers.get("if-modified-since", "")) == (etag, modified)


@pytest.mark.hostile(19)
def test_an_endless_validator_is_not_sent_back(bench: Make, origin: Origin) -> None:
    origin.answers["/a"] = reply(texts.ATOM, headers={"ETag": '"' + "x" * 8000 + '"'})
    one = bench()
    one.sync(Feed(id="a", url=origin.url("/a")))
    one.until(1)
    one.later(1)
    assert one.until(2)[1].outcome == "unchanged"
    assert "if-none-match" not in origin.requests[1].headers


@pytest.mark.hostile(21)
@pytest.mark.parametrize("change", ["path", "password"])
def test_validators_do_not_outlive_the_address_or_its_password(change: str, bench: Make, origin: Origin) -> None:
    origin.answers |= dict.fromkeys(("/a", "/b"), reply(texts.ATOM, headers={"ETag": '"1"', "Last-Modified": "hier"}))
    one = bench()
    one.sync(Feed(id="a", url=origin.url("/a", userinfo="u:one")))
    one.until(1)
    one.feeds = (Feed(id="a", url=origin.url("/b" if change == "path" else "/a", userinfo="u:two")),)
    one.later(1)
    assert one.until(2)[1].found == ()
    assert not {"if-none-match", "if-modified-since"} & set(origin.requests[1].headers)
    assert origin.requests[1].headers["authorization"] != origin.requests[0].headers["authorization"]


@pytest.mark.hostile(21)
def test_validators_do_not_outlive_a_body_that_was_not_understood(bench: Make, origin: Origin) -> None:
    origin.answers["/a"] = reply(texts.ATOM, headers={"ETag": '"1"'})
    one = bench()
    one.sync(Feed(id="a", url=origin.url("/a")))
    one.until(1)
    origin.answers["/a"] = reply("<!DOCTYPE html><html>Maintenance</html>", headers={"ETag": '"2"'})
    one.later(1)
    one.until(2)
    one.later(2)
    one.until(3)
    assert outcomes(one) == ["ok", "not-a-feed", "not-a-feed"]
    assert [asked.headers.get("if-none-match") for asked in origin.requests] == [None, '"1"', None]


REFUSALS: dict[str, tuple[Answer, str]] = {
    "401": (reply("", 401), "blocked"),
    "403": (reply("", 403), "blocked"),
    "404": (reply("", 404), "unreachable"),
    "challenge": (reply("<html>", 403, {"cf-mitigated": "challenge", "Content-Type": "text/html"}), "blocked"),
    "410": (reply("", 410), "gone"),
}


@pytest.mark.hostile(24)
@pytest.mark.parametrize("name", REFUSALS)
def test_only_gone_ends_a_subscription(name: str, bench: Make, origin: Origin) -> None:
    origin.answers["/a"], outcome = REFUSALS[name]
    one = bench()
    one.sync(Feed(id="a", url=origin.url("/a")))
    one.until(1)
    for _ in range(12):
        one.later(72)
        for _ in range(3):
            one.ingest.turn(0.02)
    assert set(outcomes(one)) == {outcome} and only(one, "outcome") == outcome
    assert len(one.reports) == (1 if outcome == "gone" else 13) == len(origin.requests)
    assert bool(only(one, "stopped")) == (outcome == "gone")
    if outcome == "gone":
        return
    origin.answers["/a"] = reply(texts.ATOM)
    one.later(72)
    assert one.until(14)[-1].outcome == "ok"


@pytest.mark.hostile(25)
def test_a_move_for_good_is_followed_and_proposed_but_never_made(bench: Make, origin: Origin) -> None:
    with Origin(host="127.0.0.2") as new:
        new.answers["/b"] = reply(texts.ATOM)
        origin.answers["/a"] = reply(status=301, headers={"Location": new.url("/b")})
        one = bench()
        one.sync(Feed(id="a", url=origin.url("/a")))
        for polls in range(1, 6):
            one.until(polls)
            one.later(30)
        assert {*outcomes(one)} == {"ok", "unchanged"} and len(origin.requests) == 5
        assert (only(one, "url"), only(one, "current_url")) == (origin.url("/a"),) * 2
        assert only(one, "moved_to") == new.url("/b") and only(one, "moved_times") == 5


@pytest.mark.hostile(26)
def test_a_captive_portal_touches_nothing(bench: Make, origin: Origin) -> None:
    origin.answers["/a"] = reply(texts.ATOM)
    one = bench()
    one.sync(Feed(id="a", url=origin.url("/a")))
    one.until(1)
    before = one.scalar("select group_concat(identity || revision) from entries")
    portal = '<!DOCTYPE html><html><head><title>Wi-Fi</title></head><body><form><input type="password"></form>'
    origin.answers["/a"] = reply(portal, headers={"Content-Type": "application/rss+xml"})
    one.later(1)
    assert one.until(2)[1].outcome == "not-a-feed" and one.reports[1].found == ()
    origin.answers["/a"] = reply(texts.ATOM)
    one.later(2)
    assert one.until(3)[2].found == () and one.store.outbox_size() == 2
    assert one.scalar("select group_concat(identity || revision) from entries") == before


def endless(_: Asked) -> Script:
    yield b"HTTP/1.1 200 OK\r\n\r\nUser-agent: *\n"
    while True:
        yield b"Allow: /\n" * 8000


ROBOTS: dict[str, Answer] = {
    "slow": lambda _: (b"HTTP/1.1 200 OK\r\n\r\nUser-agent", 60.0),
    "endless": endless,
    "inside": reply(status=302, headers={"Location": "http://10.0.0.1/robots.txt"}),
    "in a circle": reply(status=301, headers={"Location": "/robots.txt"}),
    "file": reply(status=302, headers={"Location": "file:///etc/passwd"}),
    "broken": reply("", 503),
}


@pytest.mark.hostile(27)
@pytest.mark.parametrize("name", ROBOTS)
def test_hostile_robots_neither_open_nor_stop_anything(name: str, bench: Make, origin: Origin) -> None:
    """While a site cannot say, its pages are left alone, and its feed is read as ever."""
    item = "<item><guid>1</guid><title>Un</title><link>/page</link><description>Texte.</description></item>"
    origin.answers |= {
        "/a": reply(f"<rss version='2.0'><channel><title>t</title>{item}</channel></rss>"),
        "/robots.txt": ROBOTS[name],
        "/page": reply("<html><body><p>page"),
    }
    one = bench(http={"deadline": "600ms", "max_body": 200_000})
    one.sync(Feed(id="a", url=origin.url("/a"), full_text=True))
    one.until(1)
    until = time.monotonic() + 15
    while not one.scalar("select coalesce(max(failures), 0) from held") and time.monotonic() < until:
        one.ingest.turn(0.05)
    assert not origin.asked("/page") and 1 <= len(origin.asked("/robots.txt")) <= 6
    origin.answers["/a"] = reply(f"<rss version='2.0'><channel><title>t</title>{item * 2}</channel></rss>")
    one.later(0.5)
    assert one.until(2)[1].outcome == "ok"


@pytest.mark.hostile(36)
def test_of_a_feed_without_end_the_newest_are_kept_and_the_rest_is_counted(bench: Make, origin: Origin) -> None:
    day = (
        "<item><guid>{0}</guid><title>N {0}</title><pubDate>Mon, 02 Nov 2026 {1:02}:{2:02}:{3:02} GMT</pubDate></item>"
    )
    items = "".join(day.format(n, n // 3600, n // 60 % 60, n % 60) for n in range(20_000))
    origin.answers["/a"] = reply(f"<rss version='2.0'><channel><title>t</title>{items}</channel></rss>")
    parser = ParserPool(Parse(cpu=60.0, deadline=60.0), clock=time.monotonic)
    try:
        one = bench(parser, http={"deadline": "30s"})
        one.sync(Feed(id="a", url=origin.url("/a")))
        (report,) = one.until(1, 60.0)
    finally:
        parser.close()
    assert (report.outcome, len(report.found), report.dropped) == ("ok", 500, 19_500)
    assert {found.identity for found in report.found} == {str(number) for number in range(19_500, 20_000)}
    assert "19500 entries" in str(only(one, "detail"))
    metrics = Metrics("ingest")
    note_poll(metrics, report)
    assert metrics.registry.get_sample_value("gordon_entries_dropped_total") == 19_500
