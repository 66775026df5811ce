"""``gordon feeds`` as people and programs use it, over an origin on loopback and a real database."""

from __future__ import annotations

import json
import os
import pty
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from gordon.bus import Message
from gordon.events import Mention
from gordon.polling import Feed, FeedState, Found, Polled
from gordon.starter import write_starter
from ingest.opml import read
from ingest.opml_edit import render
from store.ingest import Ingest
from tests.databases import new_sqlite
from tests.ingest.origin import Origin, reply

RSS = """<?xml version="1.0"?><rss version="2.0"><channel><title>Le guichet</title><language>fr-CA</language>
<item><title>Une nouvelle carte de bibliothèque pour les étudiants du quartier</title><link>/1</link>
<pubDate>Mon, 02 Nov 2026 08:00:00 GMT</pubDate></item>
<item><title>Le pont de la rivière est fermé jusqu’à lundi matin</title><link>/2</link>
<pubDate>Tue, 03 Nov 2026 08:00:00 GMT</pubDate></item></channel></rss>"""
NAMED = '<link rel="alternate" type="application/rss+xml" href="{}" title="{}">'
NOW = datetime.now(UTC)


@pytest.fixture
def origin() -> Iterator[Origin]:
    with Origin() as server:
        server.answers |= {
            "/": reply(f"<head>{NAMED.format('/flux', 'Le guichet')}</head>"),
            "/flux": reply(RSS),
            "/old": reply(status=301, headers={"Location": "/flux"}),
            "/several": reply(f"<head>{NAMED.format('/flux', 'Nouvelles')}{NAMED.format('/en', 'News')}</head>"),
            "/empty": reply(""),
            "/nothing/": reply("<html><body>Rien</body></html>"),
        }
        yield server


@pytest.fixture
def desk(tmp_path: Path) -> Path:
    write_starter(tmp_path / "desk")
    (tmp_path / "desk" / "feeds.opml").unlink()
    return tmp_path / "desk"


def environment(port: int = 1) -> dict[str, str]:
    return {
        **os.environ,
        "GORDON_HTTP__ALLOW_NETWORKS": "127.0.0.0/8",
        "GORDON_HTTP__ALLOW_PORTS": str(port),
        "GORDON_POLL__HOST_DELAY": "0s",
    }


def gordon(
    desk: Path, *arguments: str, port: int = 1, code: int = 0, stdin: int = subprocess.DEVNULL
) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "gordon", "feeds", *arguments, "--desk", str(desk)]
    done = subprocess.run(
        command, env=environment(port), stdin=stdin, capture_output=True, text=True, timeout=300, check=False
    )
    assert done.returncode == code and "Traceback" not in done.stderr, (done.returncode, done.stdout, done.stderr)
    return done


def as_json(desk: Path, *arguments: str, port: int = 1, code: int = 0) -> Any:
    return json.loads(gordon(desk, *arguments, "--json", port=port, code=code).stdout)


def subscribed(desk: Path) -> tuple[Feed, ...]:
    feeds, problems = read(desk / "feeds.opml")
    assert problems == []
    return feeds


# Adding


def test_adding_the_feed_of_a_page_shows_what_would_come_in(desk: Path, origin: Origin) -> None:
    done = gordon(desk, "add", origin.url("/"), "--folder", "Ports/Nord", "--full-text", port=origin.port)
    for words in ("Le guichet", "2 entries", "language fr", "2026-11-03 08:00Z  Le pont", "→ library-cards", "added"):
        assert words in done.stdout
    (feed,) = subscribed(desk)
    assert (feed.url, feed.title, feed.language) == (origin.url("/flux"), "Le guichet", "fr")
    assert (feed.folder, feed.full_text) == ("Ports/Nord", True)
    for path in ("/", "/flux", "/old"):
        again = gordon(desk, "add", origin.url(path), port=origin.port, code=1)
        assert again.stderr.strip() == f"already subscribed as {feed.id}"


def test_adding_for_programs(desk: Path, origin: Origin) -> None:
    answer = as_json(desk, "add", origin.url("/old"), "--title", "Mine", "-l", "en", port=origin.port)
    assert (answer["added"]["url"], answer["added"]["title"]) == (origin.url("/flux"), "Mine")
    assert (answer["added"]["language"], answer["entries"], answer["how"]) == ("en", 2, "itself")
    assert [one["published"] for one in answer["newest"]] == ["2026-11-03T08:00:00Z", "2026-11-02T08:00:00Z"]


def test_what_is_not_added(desk: Path, origin: Origin) -> None:
    several = gordon(desk, "add", origin.url("/several"), port=origin.port, code=1)
    assert f"gordon feeds add {origin.url('/flux')}" in several.stderr and "Nouvelles" in several.stderr
    assert len(as_json(desk, "add", origin.url("/several"), port=origin.port, code=1)["offered"]) == 2
    empty = gordon(desk, "add", origin.url("/empty"), port=origin.port, code=1)
    assert "an empty body; nothing was added" in empty.stderr
    gordon(desk, "test", origin.url("/empty"), port=origin.port, code=1)
    before = len(origin.requests)
    nothing = gordon(desk, "add", origin.url("/nothing/"), port=origin.port, code=1)
    assert "no feed was found around it" in nothing.stderr and len(origin.requests) - before == 9
    for unfit in ("file:///etc/passwd", "http://u:hunter2@127.0.0.1:1/", "http://10.0.0.1/"):
        refused = gordon(desk, "add", unfit, port=origin.port, code=1)
        assert "nothing was added" in refused.stderr and "hunter2" not in refused.stderr
    assert not (desk / "feeds.opml").exists()


@pytest.mark.parametrize(("said", "code"), [("n\n", 1), ("y\n", 0)])
def test_a_terminal_is_asked(desk: Path, origin: Origin, said: str, code: int) -> None:
    ours, theirs = pty.openpty()
    os.write(ours, said.encode())
    done = gordon(desk, "add", origin.url("/flux"), port=origin.port, code=code, stdin=theirs)
    assert "Subscribe?" in done.stderr and len(subscribed(desk)) == (code == 0)
    again = gordon(desk, "add", origin.url("/flux"), "-y", port=origin.port, code=code ^ 1, stdin=theirs)
    assert "Subscribe?" not in again.stderr
    os.close(ours)
    os.close(theirs)


def test_a_round_trip_of_lists(desk: Path, tmp_path: Path) -> None:
    broken = tmp_path / "liste.opml"
    broken.write_text(
        '<opml xmlns:x="urn:x"><body><outline text="Ports" x:colour="red">\n<outline text="R & D" category="/a,/b" '
        'xmlUrl="https://a.example/"/></outline>\n<outline type="rss" text="none"/></body></opml>'
    )
    done = gordon(desk, "import", str(broken), code=1)
    assert [line.split(": ")[0] for line in done.stderr.splitlines()] == ["liste.opml:2", "liste.opml:3"]
    (feed,) = subscribed(desk)
    assert (feed.title, feed.folder) == ("R & D", "Ports")
    out = tmp_path / "out.opml"
    gordon(desk, "export", str(out))
    assert 'category="/a,/b"' in out.read_text() and 'x:colour="red"' in out.read_text()
    gordon(desk, "remove", feed.id)
    assert as_json(desk, "import", str(out)) == {"added": as_json(desk, "list"), "problems": 0}
    assert (desk / "feeds.opml").read_text().count('x:colour="red"') == 1


# Health


def feed(name: str) -> Feed:
    return Feed(id=name, url=f"https://{name}.example/feed", title=f"Le blogue {name}")


FEEDS = tuple(feed(name) for name in ("fine", "gone", "refused", "asleep", "moved", "flood"))
STATES: dict[str, dict[str, Any]] = {
    "fine": {"outcome": "ok"},
    "gone": {"outcome": "gone", "stopped": True, "failures": 1, "detail": "HTTP 410", "status": 410},
    "refused": {"outcome": "blocked", "failures": 3, "detail": "HTTP 403", "status": 403},
    "asleep": {"outcome": "unchanged", "last_new": NOW - timedelta(days=60), "gap": 86400.0, "arrivals": 50},
    "moved": {
        "outcome": "ok",
        "moved_to": "https://new.example/feed",
        "moved_times": 4,
        "moved_since": NOW - timedelta(days=3),
        "hub": "https://hub.example/",
        "topic": "https://moved.example/feed",
    },
    "flood": {"outcome": "ok"},
}


def found(name: str, number: int) -> Found:
    mention = Mention(id=f"m{number}", revision=1, feed=name, url=f"https://{name}.example/{number}", kind="new",
                      title=f"Billet {number}", text="Une archive.", language="fr", seen=NOW, flags=())  # fmt: skip
    message = Message("gordon.mentions", mention.id, b"{}", (("ce_id", f"e{number}".encode()),))
    return Found(identity=f"i{number}", fingerprint="f", mention=mention, message=message, held="flood")


@pytest.fixture
def polled(desk: Path) -> Path:
    """A desk whose feeds have been polled, each with another ending; three mentions are held."""
    (desk / "feeds.opml").write_text(render(FEEDS), encoding="utf-8")
    database = new_sqlite(desk / "data" / "gordon.db")
    store = Ingest(database)
    began = NOW - timedelta(hours=3)
    store.sync_feeds(FEEDS, began)
    claims = store.claim("test", began, NOW + timedelta(hours=1), 100)
    assert claims is not None and len(claims) == len(FEEDS)
    hosts = {claim.feeds[0].id: claim.host for claim in claims}
    for hours in (2, 1):
        when = NOW - timedelta(hours=hours)
        polls = [Polled(host=claim.host.host, state=_state(claim.feeds[0], when, hours)) for claim in claims]
        polls = [replace(poll, found=_flood()) if poll.state.id == "flood" and hours == 1 else poll for poll in polls]
        assert store.record("test", when, polls, list(hosts.values())).refused == frozenset()
    store.release("test", None)
    database.close()
    return desk


def _state(state: FeedState, when: datetime, hours: int) -> FeedState:
    base: dict[str, Any] = {"last_poll": when, "next_due": NOW + timedelta(hours=6), "status": 200, "interval": 900.0}
    news = {**base, **STATES[state.id]}
    if state.id == "gone" and hours == 2:
        news |= {"outcome": "ok", "stopped": False, "failures": 0, "detail": ""}
    return replace(state, **news)


def _flood() -> tuple[Found, ...]:
    return tuple(found("flood", number) for number in range(3))


def test_health_at_a_glance(polled: Path) -> None:
    feeds = {one["feed"]["id"]: one for one in as_json(polled, "health", code=1)}
    assert {name: one["health"] for name, one in feeds.items()} == {
        "fine": "ok",
        "gone": "gone",
        "refused": "blocked",
        "asleep": "dormant",
        "moved": "ok",
        "flood": "ok",
    }
    assert [name for name, one in feeds.items() if one["dormant"]] == ["asleep"]
    assert {name: one["held"] for name, one in feeds.items() if one["held"]} == {"flood": 3}
    assert {name: one["move"] for name, one in feeds.items() if one["move"]} == {"moved": "https://new.example/feed"}
    assert list(feeds)[:3] == ["gone", "refused", "asleep"] and list(feeds)[-1] == "fine"
    assert feeds["refused"]["state"]["outcome"] == "blocked" and feeds["refused"]["since"]
    assert feeds["fine"]["needs"] == []
    text = gordon(polled, "health", code=1).stdout
    for words in ("1 gone", "1 blocked", "1 dormant", "3 ok", "5 of 6 feeds need a look", "3 times in a row",
                  "since 2 hours ago", "gordon feeds move moved", "gordon feeds release flood",
                  "gordon feeds resume gone", "hub.example, not subscribed"):  # fmt: skip
        assert words in text


def test_health_of_one_feed(polled: Path) -> None:
    done = gordon(polled, "health", "gone", code=1)
    assert "+" not in done.stdout.split("oldest")[0].splitlines()[-1] and "·✗" in done.stdout
    (one,) = as_json(polled, "health", "gone", code=1)
    assert [note["outcome"] for note in one["history"]] == ["gone", "ok"]
    assert as_json(polled, "health", "fine")[0]["health"] == "ok"
    assert "no feed 'nobody'" in gordon(polled, "health", "nobody", code=1).stderr


def test_resuming_a_feed_that_stopped(polled: Path) -> None:
    assert "has not stopped" in gordon(polled, "resume", "fine", code=1).stderr
    assert as_json(polled, "resume", "gone")["resumed"]["id"] == "gone"
    (one,) = as_json(polled, "health", "gone", code=1)
    assert one["state"]["stopped"] is False


def test_moving_a_feed_keeps_its_id(polled: Path, origin: Origin) -> None:
    assert "give --to URL" in gordon(polled, "move", "fine", code=1).stderr
    answer = as_json(polled, "move", "moved")
    assert answer["moved"]["id"] == "moved" and answer["from"] == "https://moved.example/feed"
    assert {one.id: one.url for one in subscribed(polled)}["moved"] == "https://new.example/feed"
    double = gordon(polled, "move", "gone", code=1, port=origin.port)
    assert "give --to URL" in double.stderr
    unfit = gordon(polled, "move", "fine", "--to", origin.url("/nothing/"), code=1, port=origin.port)
    assert "not-a-feed" in unfit.stderr
    gordon(polled, "move", "fine", "--to", origin.url("/flux"), port=origin.port)
    second = gordon(polled, "move", "gone", "--to", origin.url("/flux"), code=1, port=origin.port)
    assert "subscribed already, as fine" in second.stderr
    assert {one.id for one in subscribed(polled)} == {one.id for one in FEEDS}


def test_held_mentions_are_released_or_dropped(polled: Path) -> None:
    assert {one["mention"]["title"] for one in as_json(polled, "held")} == {"Billet 0", "Billet 1", "Billet 2"}
    assert as_json(polled, "held", "fine") == []
    text = gordon(polled, "held", "flood").stdout
    assert "too many at once" in text and "gordon feeds release flood" in text
    assert as_json(polled, "release", "flood") == {"feed": "flood", "released": 3}
    assert as_json(polled, "held") == [] and as_json(polled, "release", "flood")["released"] == 0
    assert "no mentions released" in gordon(polled, "release", "flood").stdout


def test_held_mentions_can_be_forgotten(polled: Path) -> None:
    assert as_json(polled, "release", "flood", "--drop") == {"feed": "flood", "dropped": 3}
    assert as_json(polled, "held") == []
