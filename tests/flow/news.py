"""Feeds whose stories are easy to tell apart, served on loopback, and the desk that reads them."""

from __future__ import annotations

import random
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, ClassVar
from xml.sax.saxutils import escape

TOPICS = {
    "passport-services": ("The passport office", "Le bureau des passeports"),
    "parental-benefits": ("The parental benefit", "La prestation parentale"),
    "rural-broadband": ("The rural broadband plan", "Le plan de la large bande rurale"),
    "": ("The garden show", "Le salon des jardins"),
}
SYLLABLES = [a + b for a in "bdfglmnprstvz" for b in ("a", "e", "i", "o", "u", "ra", "lo")]


@dataclass(frozen=True)
class Post:
    """One entry of one feed. ``story`` and ``file``: what the test knows and Gordon has to find out."""

    feed: int
    guid: str
    title: str
    text: str
    story: str
    file: str


def words(chance: random.Random, number: int) -> list[str]:
    return ["".join(chance.choice(SYLLABLES) for _ in range(4)) for _ in range(number)]


def posts(stories: int, feeds: int, seed: int = 7) -> list[Post]:
    """``stories`` stories, each told by one to three feeds in nearly the same words; a quarter touch no file."""
    chance = random.Random(seed)
    found: list[Post] = []
    for number in range(stories):
        file = sorted(TOPICS)[number % len(TOPICS)]
        lead = TOPICS[file][number // len(TOPICS) % 2]
        theme, names = words(chance, 40), words(chance, 3)
        title = f"{lead}: {' '.join(names)}"
        for feed in chance.sample(range(feeds), 1 + number % 3):
            told = [word for word in theme if chance.random() > 0.1]
            text = f"{lead} {' '.join(names)} {' '.join(told)}."
            found.append(Post(feed, f"s{number}-f{feed}", title, text, f"s{number}", file))
    return found


class News:
    """What the feeds hold by now; grows while it is read."""

    def __init__(self, everything: Sequence[Post], feeds: int) -> None:
        self.everything, self.feeds = list(everything), feeds
        self.out = 0
        self._lock = threading.Lock()

    def publish(self, number: int) -> int:
        """Lets so many more posts out; returns how many are out."""
        with self._lock:
            self.out = min(len(self.everything), self.out + number)
            return self.out

    def feed(self, number: int) -> bytes:
        with self._lock:
            mine = [post for post in self.everything[: self.out] if post.feed == number]
        items = "".join(
            f"<item><guid isPermaLink='false'>{post.guid}</guid><title>{escape(post.title)}</title>"
            f"<link>https://news{number}.example/{post.guid}</link><description>{escape(post.text)}</description></item>"
            for post in reversed(mine)
        )
        return f"<rss version='2.0'><channel><title>News {number}</title>{items}</channel></rss>".encode()


class _Handler(BaseHTTPRequestHandler):
    news: ClassVar[News]

    def do_GET(self) -> None:
        body = self.news.feed(int(self.path.removeprefix("/feed/")))
        self.send_response(200)
        self.send_header("Content-Type", "application/rss+xml; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None: ...


@contextmanager
def served(news: News) -> Iterator[int]:
    """Serves the feeds at http://127.0.0.1:PORT/feed/N; yields the port."""
    handler = type("Handler", (_Handler,), {"news": news})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield server.server_address[1]
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def write_desk(folder: Path, port: int, feeds: int) -> Path:
    """A desk for these feeds: three files, three queues, a two-hatter, a file without a lead."""
    (folder / "files").mkdir(parents=True)
    (folder / "gordon.toml").write_text(
        '[http]\nallow_networks = ["127.0.0.0/8"]\n'
        '[poll]\nleast_interval = "1s"\nmost_interval = "2s"\nhost_delay = "0s"\nhost_concurrency = 8\n',
    )
    outlines = "".join(
        f'<outline type="rss" text="News {number}" xmlUrl="http://127.0.0.1:{port}/feed/{number}"/>'
        for number in range(feeds)
    )
    (folder / "feeds.opml").write_text(f'<opml version="2.0"><head/><body>{outlines}</body></opml>')
    for file, phrases in TOPICS.items():
        if file:
            rules = "\n".join(
                f'  - {{id: r{number}, phrases: ["{phrase.split(" ", 1)[1]}"]}}'
                for number, phrase in enumerate(phrases)
            )
            (folder / "files" / f"{file}.yaml").write_text(f"file: {file}\nrules:\n{rules}\n", encoding="utf-8")
    (folder / "people.yaml").write_text(PEOPLE)
    (folder / "queues.yaml").write_text(QUEUES)
    return folder


PEOPLE = """\
- id: gordon
  disciplines: [policy, communications]
  languages: [en, fr]
  capacity: 100000
  files: {passport-services: {expertise: lead, authority: [speak, approve]}}
- id: noor
  disciplines: [communications, media-relations]
  capacity: 100000
- id: amelie
  disciplines: [policy]
  languages: [fr]
  capacity: 100000
  files: {parental-benefits: {expertise: lead, authority: [approve]}}
- id: wei
  disciplines: [web-communications]
  capacity: 100000
"""
QUEUES = """\
queues:
  passports:
    requires: {disciplines: [policy, communications, web-communications], expertise: lead, authority: [approve]}
    clocks: {acknowledge: 30m, draft: 2h}
    escalate: duty
  benefits:
    requires: {disciplines: [policy, media-relations], expertise: lead}
  duty: {requires: {disciplines: [communications, advocacy]}}
routes:
  - {when: {file: passport-services}, queue: passports}
  - {when: {file: "parental-*"}, queue: benefits}
  - {queue: duty}
"""
