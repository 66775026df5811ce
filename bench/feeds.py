"""Real feeds through the whole pipeline: is every entry found, is everything accounted for, does nothing come twice?

    python -m bench.feeds --data FOLDER [--kafka] [--sets kagi_200_real_feeds gov_and_french_feeds]

FOLDER holds feeds/NAME.tar.xz; without it the benchmark skips, saying so. The files are served on loopback, each as a
feed; feedparser, reading the same bytes, says which entries there are. Exit 1 when something is missing or doubled.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from io import BytesIO
from pathlib import Path
from typing import Any, ClassVar

import feedparser

from bench.processes import servers
from bench.support.desk import feeds_opml, write_desk
from bench.support.feed_sets import files, present
from store.database import Database, open_database
from store.feeds import feeds as subscriptions
from tests.flow.stack import Address, Stack

SETS = ("kagi_200_real_feeds", "gov_and_french_feeds")


class _Handler(BaseHTTPRequestHandler):
    bodies: ClassVar[Mapping[str, bytes]]

    def do_GET(self) -> None:
        body = self.bodies[self.path]
        self.send_response(200)
        self.send_header("Content-Type", "text/xml")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None: ...


def load(data: Path, sets: list[str]) -> dict[str, bytes]:
    """The body of each feed by its path on the server; files without a single entry are left out."""
    bodies = [(name, body) for name in sets for _, body in files(data, name) if entries(body)]
    return {f"/{name}/{number}": body for number, (name, body) in enumerate(bodies)}


def entries(body: bytes) -> set[str]:
    """What tells the entries of a feed apart, according to feedparser."""
    parsed = feedparser.parse(BytesIO(body), sanitize_html=False, resolve_relative_uris=False)
    return {
        str(entry.get("id") or entry.get("link") or entry.get("title", "") + entry.get("summary", ""))
        for entry in parsed.entries
    }


@contextmanager
def served(bodies: Mapping[str, bytes]) -> Iterator[int]:
    """Serves the bodies on loopback; yields the port."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), type("Handler", (_Handler,), {"bodies": bodies}))
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield server.server_address[1]
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def polled(database: Database, since: float) -> int:
    """How many feeds were polled after this wall-clock time."""
    return sum(1 for _, state in subscriptions(database) if state.last_poll and state.last_poll.timestamp() > since)


def run(address: Address, bodies: Mapping[str, bytes]) -> bool:
    """Runs until every feed was polled twice and the pipeline rests; True when everything is right."""
    expected = sum(len(entries(body)) for body in bodies.values())
    with tempfile.TemporaryDirectory(prefix="gordon-bench-") as name, served(bodies) as port:
        desk = write_desk(Path(name) / "desk", interval="10s", concurrency=8)
        (desk / "feeds.opml").write_text(feeds_opml([f"http://127.0.0.1:{port}{path}" for path in bodies]))
        stack = Stack(desk, address)
        stack.start()
        database = open_database(stack.environ.get("GORDON_DATABASE") or f"sqlite:///{desk / 'data' / 'gordon.db'}")
        try:
            began = time.time()
            stack.until(lambda: polled(database, began) == len(bodies) and _rests(stack), 300, "the first round")
            first = stack.json("status")
            print(f"  first round: {time.time() - began:.1f} s")
            again = time.time()
            stack.until(lambda: polled(database, again) == len(bodies) and _rests(stack), 120, "the second round")
            second = stack.json("status")
        finally:
            stack.stop()
            database.close()
    return report(len(bodies), expected, first, second)


def _rests(stack: Stack) -> bool:
    state = stack.json("status")
    return bool(state["balanced"] and state["in_flight"] == 0 and state["outbox"] == 0)


def report(feeds: int, expected: int, first: dict[str, Any], second: dict[str, Any]) -> bool:
    """Prints what was found beside what there is."""
    total = second["tagged"] + second["untagged"] + second["dead"]
    print(f"  {feeds} feeds; feedparser tells {expected} entries apart, Gordon found {first['found']}")
    print(f"  {second['tagged']} tagged + {second['untagged']} untagged + {second['dead']} dead = {total}")
    print(f"  polled again: {second['found'] - first['found']} more")
    return bool(first["found"] == expected == total and second["found"] == first["found"])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--data", type=Path, help="folder of evaluation data")
    parser.add_argument("--kafka", action="store_true", help="on Kafka and PostgreSQL instead of the embedded parts")
    parser.add_argument("--sets", nargs="*", default=list(SETS))
    options = parser.parse_args()
    if not present(options.data):
        return
    bodies = load(options.data, options.sets)
    with servers(kafka=options.kafka) as (address, _):
        print(f"{address.name}: {', '.join(options.sets)}")
        sys.exit(0 if run(address, bodies) else 1)


if __name__ == "__main__":
    main()
