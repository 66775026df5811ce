"""A small town's feeds, hub, pages and webhook on loopback, and a desk on which everything happens that the dashboards
show: gaps, passed deadlines, silences, dead letters, quiet feeds and languages."""

from __future__ import annotations

import itertools
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, ClassVar
from xml.sax.saxutils import escape

from msgspec.structs import replace

from gordon.bus import Message
from gordon.bus.open import open_bus
from gordon.codec import encode
from gordon.events import Mention, Topics
from gordon.polling import Feed, Found, Polled
from ingest.normalise import announcement
from store.database import open_database
from store.ingest import Ingest
from tests.flow.news import News, write_desk
from tests.servers.ports import free_ports

FEEDS, SHOWN = 6, 60
QUIET = "quiet-corner"
PACE = 0.2
"""Seconds between two posts."""
OLD = timedelta(days=7, hours=1), timedelta(days=14, hours=1), timedelta(days=15, hours=2)
SECRET = "whsec_" + "Z29yZG9u" * 4


class Town(News):
    """The newest posts of each feed. Feed 0 names a hub, feed 1 has only the beginnings of its texts."""

    base = ""

    def feed(self, number: int) -> bytes:
        with self._lock:
            mine = [post for post in self.everything[: self.out] if post.feed == number][-SHOWN:]
        date = format_datetime(datetime.now(UTC) - timedelta(minutes=20))
        items = "".join(
            f"<item><guid isPermaLink='false'>{post.guid}</guid><title>{escape(post.title)}</title>"
            f"<link>{self.base}/page/{post.guid}</link><pubDate>{date}</pubDate>"
            f"<description>{escape(post.text)}</description></item>"
            for post in reversed(mine)
        )
        hub = f"<atom:link rel='hub' href='{self.base}/hub'/><atom:link rel='self' href='{self.base}/feed/0'/>"
        head = f"<title>News {number}</title>{hub if number == 0 else ''}"
        atom = "xmlns:atom='http://www.w3.org/2005/Atom'"
        return f"<rss version='2.0' {atom}><channel>{head}{items}</channel></rss>".encode()


class _Handler(BaseHTTPRequestHandler):
    town: ClassVar[Town]

    def do_GET(self) -> None:
        if self.path.startswith("/feed/"):
            self._answer(200, "application/rss+xml", self.town.feed(int(self.path.removeprefix("/feed/"))))
        elif self.path == f"/{QUIET}":
            self._answer(
                200, "application/rss+xml", b"<rss version='2.0'><channel><title>Quiet</title></channel></rss>"
            )
        elif self.path.startswith("/page/"):
            self._answer(200, "text/html", b"<html><body><p>Nothing more than the feed says.</p></body></html>")
        else:
            self._answer(404, "text/plain", b"")

    def do_POST(self) -> None:
        """The hub takes every request and never verifies; the webhook takes every event."""
        self.rfile.read(int(self.headers["Content-Length"]))
        self._answer(202 if self.path == "/hub" else 204, "text/plain", b"")

    def _answer(self, status: int, kind: str, body: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None: ...


@contextmanager
def open_town(town: Town) -> Iterator[int]:
    """Serves it; yields the port. A post comes out every fifth of a second."""
    handler = type("Handler", (_Handler,), {"town": town})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    town.base = f"http://127.0.0.1:{server.server_address[1]}"
    ended = threading.Event()

    def write() -> None:
        while not ended.wait(PACE):
            town.publish(1)

    threads = [threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})]
    threads.append(threading.Thread(target=write))
    for thread in threads:
        thread.start()
    try:
        yield server.server_address[1]
    finally:
        ended.set()
        server.shutdown()
        for thread in threads:
            thread.join()
        server.server_close()


QUEUES = """\
queues:
  passports:
    requires: {disciplines: [policy, communications, web-communications], expertise: lead, authority: [approve]}
    clocks: {acknowledge: 2s, draft: 2h, time: calendar}
    escalate: duty
  benefits:
    requires: {disciplines: [policy, media-relations], expertise: lead}
    clocks: {acknowledge: 4h, time: calendar}
  duty: {requires: {disciplines: [communications, advocacy]}, clocks: {acknowledge: 8h, time: calendar}}
routes:
  - {when: {file: passport-services}, queue: passports}
  - {when: {file: "parental-*"}, queue: benefits, priority: urgent}
  - {queue: duty}
"""
SILENCES = """\
- id: broadband-strike
  owner: gordon
  reason: everybody knows
  from: {first}
  to: {last}
  when: {{file: rural-broadband}}
"""


def write_town_desk(folder: Path, port: int) -> int:
    """The desk; returns the port on which ingest listens for hubs."""
    write_desk(folder, port, FEEDS)
    (callback,) = free_ports(1)
    with (folder / "gordon.toml").open("a") as settings:
        settings.write(
            f'[websub]\ncallback = "http://127.0.0.1:{callback}/hub"\nport = {callback}\n[route]\ntick = "1s"\n'
        )
    outlines = "".join(
        f'<outline type="rss" text="News {number}" xmlUrl="http://127.0.0.1:{port}/feed/{number}" '
        f'gordon:fulltext="{"true" if number == 1 else "false"}"/>'
        for number in range(FEEDS)
    )
    quiet = f'<outline type="rss" text="Quiet" gordon:id="{QUIET}" xmlUrl="http://127.0.0.1:{port}/{QUIET}"/>'
    head = '<opml version="2.0" xmlns:gordon="urn:gordon:opml:1"><head/><body>'
    (folder / "feeds.opml").write_text(f"{head}{outlines}{quiet}</body></opml>", encoding="utf-8")
    (folder / "queues.yaml").write_text(QUEUES, encoding="utf-8")
    days = {"first": (datetime.now(UTC) - timedelta(days=2)).date(), "last": datetime.now(UTC).date() + OLD[0]}
    (folder / "silences.yaml").write_text(SILENCES.format(**days), encoding="utf-8")
    hook = f"- {{id: tracker, url: 'http://127.0.0.1:{port}/hook', secrets: [{{env: TRACKER_SECRET}}]}}\n"
    (folder / "webhooks.yaml").write_text(hook, encoding="utf-8")
    return callback


def remember(database_url: str, port: int, topics: Topics) -> int:
    """What a desk that has run for weeks remembers: a feed that used to post each hour, and French mentions at this
    hour of earlier weeks. Returns how many."""
    now = datetime.now(UTC)
    database = open_database(database_url)
    store = Ingest(database)
    store.sync_feeds([Feed(id=QUIET, url=f"http://127.0.0.1:{port}/{QUIET}", title="Quiet")], now)
    (claim,) = store.claim("memory", now, now + timedelta(minutes=1), 10) or ()
    habit = {"outcome": "unchanged", "arrivals": 30, "gap": 3600.0, "last_new": now - OLD[0], "last_poll": now}
    state = replace(claim.feeds[0], next_due=now, **habit)
    old = [_old(number, now - age, topics) for number, age in enumerate(_ages())]
    store.record("memory", now, [Polled(host=claim.host.host, state=state, found=tuple(old))], [claim.host])
    store.release("memory", None)
    database.close()
    return len(old)


def _ages() -> Sequence[timedelta]:
    return [*itertools.repeat(OLD[0], 12), *itertools.repeat(OLD[1], 12), OLD[2]]


def _old(number: int, seen: datetime, topics: Topics) -> Found:
    mention = Mention(
        id=f"old-{number}",
        revision=1,
        feed=QUIET,
        url=f"https://quiet.example/{number}",
        title=f"Le marché du samedi, semaine {number}",
        text="Des pommes, du pain et du fromage.",
        language="fr",
        seen=seen,
        kind="new",
        flags=(),
    )
    message = encode(announcement(mention, topics))
    return Found(identity=mention.url, fingerprint=mention.id, mention=mention, message=message)


def poison(bus_url: str, topics: Topics) -> None:
    """A message that no stage can read."""
    bus = open_bus(bus_url)
    try:
        bus.ensure([topics.mentions])
        bus.publish([Message(topic=topics.mentions, key="poison", value=b"\xff\xfe", headers=())])
    finally:
        bus.close()
