"""Publishers that never rest: new entries, edits and renamed entries, with a list of all that was ever served."""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from hashlib import sha256
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, ClassVar
from xml.sax.saxutils import escape

from tests.chaos.history import History
from tests.flow.news import TOPICS, words

KILLER = "xylokardia"
"""A word that kills the worker that reads it."""
LEAST_SHOWN, LEAST_AGE, LEAST_ANSWERS = 40, 120.0, 20
"""An entry leaves its feed after so many newer ones, so many seconds and so many answers with what it says now."""


@dataclass(slots=True)
class Entry:
    """One entry. ``number`` is its own for ever; ``guid`` changes when it is renamed, ``versions`` are what it said."""

    number: int
    feed: int
    guid: str
    file: str
    killer: bool
    title: str
    born: float
    versions: list[str] = field(default_factory=list)
    answers: int = 0
    served: bool = False

    @property
    def link(self) -> str:
        return f"https://news{self.feed}.example/{self.number}"

    @property
    def text(self) -> str:
        return self.versions[-1]


class Press:
    """The feeds and what they hold by now. ``history`` is told of all that is published."""

    def __init__(self, seed: int, feeds: int, history: History) -> None:
        self.feeds = feeds
        self.entries: list[Entry] = []
        self._shown: list[list[Entry]] = [[] for _ in range(feeds)]
        self._versions = [0] * feeds
        self._chance = random.Random(f"press {seed}")
        self._history = history
        self._lock = threading.Lock()
        self._story: list[tuple[str, str, list[str]]] = []

    def publish(self, *, killer: bool = False) -> Entry:
        """One entry more: a story of its own, or one that another feed has told before."""
        with self._lock:
            chance = self._chance
            number, feed = len(self.entries), chance.randrange(self.feeds)
            file, title, theme = self._told() if self._story and chance.random() < 0.3 else self._news(number)
            if killer:
                theme = [*theme, KILLER]
            text = " ".join([title, *(word for word in theme if word == KILLER or chance.random() > 0.1)]) + "."
            entry = Entry(number, feed, f"e{number}", file, killer, title, self._history.seconds(), [text])
            self.entries.append(entry)
            self._shown[feed].append(entry)
            self._versions[feed] += 1
            note = {"entry": number, "feed": feed, "link": entry.link, "file": file, "killer": killer}
            self._history.note("published", **note)
            return entry

    def edit(self) -> None:
        """An entry says something else from now on."""
        with self._lock:
            if entry := self._any():
                entry.answers = 0
                entry.versions.append(f"{entry.text[:-1]} {' '.join(words(self._chance, 3))}.")
                self._versions[entry.feed] += 1
                self._history.note("edited", entry=entry.number, version=len(entry.versions))

    def rename(self) -> None:
        """An entry has another guid from now on; link and words stay."""
        with self._lock:
            if entry := self._any():
                entry.guid = f"{entry.guid}x"
                self._versions[entry.feed] += 1
                self._history.note("renamed", entry=entry.number)

    def feed(self, number: int) -> tuple[str, bytes, list[Entry]]:
        """The feed's version, its body and the entries in it."""
        with self._lock:
            self._retire(number)
            shown = list(self._shown[number])
            items = "".join(map(_item, reversed(shown)))
            body = f"<rss version='2.0'><channel><title>News {number}</title>{items}</channel></rss>"
            return f'"v{self._versions[number]}"', body.encode(), shown

    def answered(self, shown: list[Entry]) -> None:
        """These entries went out in a whole answer."""
        with self._lock:
            for entry in shown:
                entry.answers += 1
                entry.served = True

    def served(self) -> list[dict[str, Any]]:
        """All that was ever served, for the checker."""
        with self._lock:
            return [_told(entry) for entry in self.entries if entry.served]

    def _news(self, number: int) -> tuple[str, str, list[str]]:
        chance = self._chance
        file = sorted(TOPICS)[number % len(TOPICS)]
        title = f"{chance.choice(TOPICS[file])}: {' '.join(words(chance, 3))}"
        story = (file, title, words(chance, 40))
        self._story = [*self._story[-10:], story]
        return story

    def _told(self) -> tuple[str, str, list[str]]:
        return self._chance.choice(self._story)

    def _any(self) -> Entry | None:
        """One that is shown and kills nobody."""
        fit = [entry for shown in self._shown for entry in shown if not entry.killer]
        return self._chance.choice(fit) if fit else None

    def _retire(self, number: int) -> None:
        shown, now = self._shown[number], self._history.seconds()
        while len(shown) > LEAST_SHOWN and shown[0].answers >= LEAST_ANSWERS and now - shown[0].born > LEAST_AGE:
            shown.pop(0)
            self._versions[number] += 1


def _item(entry: Entry) -> str:
    return (
        f"<item><guid isPermaLink='false'>{entry.guid}</guid><title>{escape(entry.title)}</title>"
        f"<link>{entry.link}</link><description>{escape(entry.text)}</description></item>"
    )


def fingerprint(title: str, text: str) -> str:
    """Of what an entry says."""
    return sha256(f"{title}\n{text}".encode()).hexdigest()[:16]


def _told(entry: Entry) -> dict[str, Any]:
    return {
        "entry": entry.number,
        "feed": entry.feed,
        "link": entry.link,
        "file": entry.file,
        "killer": entry.killer,
        "versions": [fingerprint(entry.title, text) for text in entry.versions],
    }


class _Handler(BaseHTTPRequestHandler):
    press: ClassVar[Press]

    def do_GET(self) -> None:
        tag, body, shown = self.press.feed(int(self.path.removeprefix("/feed/")))
        same = self.headers.get("If-None-Match") == tag
        self.send_response(304 if same else 200)
        self.send_header("ETag", tag)
        self.send_header("Content-Type", "application/rss+xml; charset=utf-8")
        if not same:
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if not same:
            self.wfile.write(body)
        self.press.answered(shown)

    def log_message(self, format: str, *args: Any) -> None: ...


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A visitor that was killed in the middle is nothing to tell."""


@contextmanager
def printed(press: Press) -> Iterator[int]:
    """Serves the feeds at http://127.0.0.1:PORT/feed/N; yields the port."""
    server = _Server(("127.0.0.1", 0), type("Handler", (_Handler,), {"press": press}))
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield server.server_address[1]
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def keep_printing(press: Press, rate: float, seed: int, ended: Callable[[], bool]) -> None:
    """``rate`` entries a second until ``ended``; now and then an edit or a new name."""
    chance = random.Random(f"printing {seed}")
    while not ended():
        press.publish()
        if chance.random() < 0.15:
            press.edit()
        if chance.random() < 0.1:
            press.rename()
        time.sleep(min(2.0, chance.expovariate(rate)))
