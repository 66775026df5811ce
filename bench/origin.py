"""The origin of the ingest benchmark: real feeds served from many loopback addresses by one small HTTP/1.1 server.

    python -m bench.origin --data FOLDER [--feeds 10000]     (measures the origin itself)

Feed number n lives on a host of its own, 127.x.y.z. A third of the feeds answers 304 from the second round on, a
third always 200 with the same body and without validators, a third 200 with one new entry a round. Bodies are
compressed before a round begins. The harness speaks to it over standard input: ``round N`` and ``stats``.
"""

from __future__ import annotations

import argparse
import asyncio
import gzip
import json
import socket
import subprocess
import sys
import time
from collections import defaultdict
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

from bench.support.feed_sets import grown, present, real_feeds
from bench.support.hostile_bodies import ENDLESS, answer, hostile_bodies

SMALL = 20_000
DEAD = ("hole", "mute", "drip", "closed")
_BLOCK = b"<item><title>and so on</title></item>" * 1000


def feed_url(port: int, number: int, kind: str = "feed") -> str:
    """Where a feed lives. ``kind``: feed, feed-small, one of DEAD, or hostile-KIND. A hole is where connections are not
    answered; nobody listens on the port after the next."""
    port += {"hole": 1, "closed": 2}.get(kind, 0)
    return f"http://127.{20 + number // 62_500}.{number // 250 % 250}.{1 + number % 250}:{port}/{kind}/{number}"


class Ready(NamedTuple):
    """The answers to one request, made before it comes."""

    zipped: bytes
    plain: bytes
    not_modified: bytes
    etag: bytes


def _ready(body: bytes, validator: bytes) -> Ready:
    refusal = b"HTTP/1.1 304 Not Modified\r\n" + validator + b"\r\n\r\n"
    zipped = answer(gzip.compress(body, 6), [validator, b"Content-Encoding: gzip"])
    return Ready(zipped, answer(body, [validator]), refusal, validator.partition(b" ")[2])


class Feeds:
    """What the feeds answer in the present round."""

    def __init__(self, bodies: list[bytes]) -> None:
        self._bodies = bodies
        self._small = [place for place, body in enumerate(bodies) if len(body) < SMALL] or [0]
        self._same = self._news = [_ready(body, b'ETag: "%d-0"' % number) for number, body in enumerate(bodies)]
        self._anonymous = [_ready(body, b"X-Etag: none") for body in bodies]

    def begin(self, number: int) -> None:
        """Prepares the answers of a round, so that serving costs next to nothing."""
        self._news = [
            _ready(grown(body, number), b'ETag: "%d-%d"' % (place, number)) for place, body in enumerate(self._bodies)
        ]

    def respond(self, number: int, request: bytes, *, small: bool) -> bytes:
        fate = number % 3
        base = self._small[number % len(self._small)] if small else number // 3 % len(self._bodies)
        ready = (self._same, self._anonymous, self._news)[fate][base]
        if fate != 1 and ready.etag in request:
            return ready.not_modified
        return ready.zipped if b"gzip" in request else ready.plain


class Site(asyncio.Protocol):
    """One connection."""

    def __init__(self, feeds: Feeds, hostile: dict[str, bytes], seen: dict[str, float]) -> None:
        self._feeds, self._hostile, self._seen = feeds, hostile, seen
        self._pending = b""
        self._pouring = False

    def connection_made(self, transport: Any) -> None:
        self._transport: asyncio.Transport = transport

    def data_received(self, data: bytes) -> None:
        self._pending += data
        while b"\r\n\r\n" in self._pending:
            request, _, self._pending = self._pending.partition(b"\r\n\r\n")
            self._serve(request)

    def _serve(self, request: bytes) -> None:
        kind, _, number = request.split(b" ", 2)[1][1:].partition(b"/")
        self._seen.setdefault("first", time.time())
        if kind in (b"feed", b"feed-small"):
            reply = self._feeds.respond(int(number), request, small=kind == b"feed-small")
            self._seen[reply[9:12].decode()] += 1
            self._seen["bytes"] += len(reply)
            self._transport.write(reply)
            return
        self._seen[kind.decode()] += 1
        if kind == b"drip":
            self._transport.write(answer(b"", []).replace(b"Length: 0", b"Length: 100000") + b"<rss>")
            self._drip()
        elif kind == b"hostile-" + ENDLESS.encode():
            self._transport.write(
                b"HTTP/1.1 200 OK\r\nContent-Type: text/xml\r\nConnection: close\r\n\r\n<rss><channel>"
            )
            self._pouring = True
            self._pour()
        elif kind != b"mute":
            self._transport.write(self._hostile[kind.decode().removeprefix("hostile-")])

    def _drip(self) -> None:
        if not self._transport.is_closing():
            self._transport.write(b" ")
            asyncio.get_running_loop().call_later(1.0, self._drip)

    def _pour(self) -> None:
        if self._pouring and not self._transport.is_closing():
            self._transport.write(_BLOCK)
            asyncio.get_running_loop().call_soon(self._pour)

    def pause_writing(self) -> None:
        self._pouring = False

    def resume_writing(self) -> None:
        self._pouring = True
        self._pour()

    def connection_lost(self, _: Exception | None) -> None:
        self._pouring = False


def _listener(port: int, backlog: int) -> socket.socket:
    """On every address of the loopback device and no other."""
    listener = socket.socket()
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, b"lo")
    listener.bind(("0.0.0.0", port))
    listener.listen(backlog)
    return listener


async def serve(data: Path, port: int) -> None:
    """Until standard input ends."""
    feeds, hostile = Feeds(real_feeds(data)), dict(hostile_bodies())
    seen: dict[str, float] = defaultdict(float)
    loop = asyncio.get_running_loop()
    await loop.create_server(lambda: Site(feeds, hostile, seen), sock=_listener(port, 4096))
    hole = _listener(port + 1, 0)
    stuck = [socket.create_connection(("127.0.0.1", port + 1))]  # fills its queue: from now on nobody is answered
    commands = asyncio.StreamReader()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(commands), sys.stdin)
    print("ready", flush=True)
    while words := (await commands.readline()).split():
        if words[0] == b"round":
            feeds.begin(int(words[1]))
            seen.clear()
        print(json.dumps({**seen, "cpu": time.process_time()}), flush=True)
    for one in (hole, *stuck):
        one.close()


class Origin:
    """The running server, seen from the harness."""

    def __init__(self, process: subprocess.Popen[str], port: int) -> None:
        self._process, self.port = process, port

    def ask(self, command: str) -> dict[str, float]:
        """``round N`` begins a round, ``stats`` tells of it: answers by status, bytes, CPU seconds since the start."""
        assert self._process.stdin and self._process.stdout
        self._process.stdin.write(command + "\n")
        self._process.stdin.flush()
        found: dict[str, float] = json.loads(self._process.stdout.readline())
        return found


@contextmanager
def origin(data: Path, port: int) -> Iterator[Origin]:
    """A started server. Ports: this one and the two after it."""
    command = [sys.executable, "-m", "bench.origin", "--serve", "--port", str(port), "--data", str(data)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdin and process.stdout
        if process.stdout.readline() != "ready\n":
            raise SystemExit("the origin does not start")
        yield Origin(process, port)
        process.stdin.close()


def ceiling(data: Path, port: int, feeds: int) -> None:
    """How many answers a second the origin gives to a client that throws them away; all are whole bodies."""
    with origin(data, port) as server:
        before, began = server.ask("round 0")["cpu"], time.perf_counter()
        with ThreadPoolExecutor(4) as pool:
            done = sum(pool.map(lambda number: fetch(feed_url(port, number)), range(feeds)))
        wall, used = time.perf_counter() - began, server.ask("stats")["cpu"] - before
        print(f"{done / wall:.0f} answers/s taken; {1e6 * used / done:.0f} us CPU each, so {done / used:.0f}/s at most")


def fetch(url: str) -> int:
    """Throws a whole answer away; 1."""
    host, _, path = url.removeprefix("http://").partition("/")
    name, _, port = host.partition(":")
    with socket.create_connection((name, int(port))) as connection:
        connection.sendall(f"GET /{path} HTTP/1.1\r\nAccept-Encoding: gzip\r\n\r\n".encode())
        head = connection.recv(65536)
        start = head.index(b"Content-Length: ") + 16
        left = int(head[start : head.index(b"\r", start)]) + head.index(b"\r\n\r\n") + 4 - len(head)
        while left > 0:
            left -= len(connection.recv(1 << 20))
    return 1


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--data", type=Path, help="folder of evaluation data")
    parser.add_argument("--port", type=int, default=18080)
    parser.add_argument("--feeds", type=int, default=10_000)
    parser.add_argument("--serve", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if not present(options.data):
        return
    if options.serve:
        asyncio.run(serve(options.data, options.port))
    else:
        ceiling(options.data, options.port, options.feeds)


if __name__ == "__main__":
    main()
