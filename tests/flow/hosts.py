"""Many small publishers on addresses of their own, who write down when they were visited."""

from __future__ import annotations

import itertools
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, ClassVar

BUSY = 0.03
"""Seconds that a publisher takes for an answer, so that visits that overlap are seen to."""


@dataclass
class Publisher:
    """One host with ``feeds`` feeds of ``entries`` entries each. ``visits``: begin and end of each, in seconds."""

    host: str
    feeds: int
    entries: int
    visits: list[tuple[float, float]] = field(default_factory=list)

    def body(self, feed: str) -> bytes:
        items = "".join(
            f"<item><guid isPermaLink='false'>{self.host}-{feed}-{number}</guid><title>Post {number} of {feed}</title>"
            f"<link>http://{self.host}/{feed}/{number}</link><description>Nothing much.</description></item>"
            for number in range(self.entries)
        )
        return f"<rss version='2.0'><channel><title>{self.host}</title>{items}</channel></rss>".encode()

    @property
    def overlapping(self) -> int:
        """How many visits began while another was going on."""
        order = sorted(self.visits)
        return sum(before[1] > after[0] for before, after in itertools.pairwise(order))

    @property
    def least_gap(self) -> float:
        """The shortest time between the beginnings of two visits."""
        begins = sorted(begin for begin, _ in self.visits)
        return min((after - before for before, after in itertools.pairwise(begins)), default=1e9)


class _Handler(BaseHTTPRequestHandler):
    publisher: ClassVar[Publisher]

    def do_GET(self) -> None:
        began = time.monotonic()
        time.sleep(BUSY)
        body = self.publisher.body(self.path.strip("/"))
        self.publisher.visits.append((began, time.monotonic()))
        self.send_response(200)
        self.send_header("Content-Type", "application/rss+xml; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None: ...


@contextmanager
def published(hosts: int, *, feeds: int, entries: int) -> Iterator[tuple[list[Publisher], list[str]]]:
    """Serves on 127.0.9.1, 127.0.9.2 and so on; yields the publishers and the addresses of all their feeds."""
    publishers: list[Publisher] = []
    addresses: list[str] = []
    with ExitStack() as stack:
        for number in range(1, hosts + 1):
            publisher = Publisher(f"127.0.9.{number}", feeds, entries)
            handler = type("Handler", (_Handler,), {"publisher": publisher})
            server = ThreadingHTTPServer((publisher.host, 0), handler)
            thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
            thread.start()
            stack.callback(_end, server, thread)
            publishers.append(publisher)
            addresses += [f"http://{publisher.host}:{server.server_address[1]}/feed{feed}" for feed in range(feeds)]
        yield publishers, addresses


def _end(server: ThreadingHTTPServer, thread: threading.Thread) -> None:
    server.shutdown()
    thread.join()
    server.server_close()
