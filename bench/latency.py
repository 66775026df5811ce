"""From the moment a poll finds an entry to its event in the queue topic, at a steady rate.

    python -m bench.latency [--kafka] [--rate 20] [--seconds 60]

The event's ce_time is the time of the poll that found the mention; a tail on every queue topic takes the other time.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from datetime import UTC, datetime
from multiprocessing import Pipe, get_context
from multiprocessing.connection import Connection
from pathlib import Path

from bench.processes import servers
from gordon.bus.open import open_bus
from gordon.codec import decode
from gordon.events import Topics
from tests.flow.news import News, posts, served, write_desk
from tests.flow.stack import Address, Stack

QUEUES = ("passports", "benefits", "duty")
FEEDS = 8
WARM_UP = 5.0


def quantile(values: list[float], share: float) -> float:
    """The value below which ``share`` of them lie."""
    return sorted(values)[min(len(values) - 1, int(share * len(values)))]


def collect(url: str, topics: list[str], line: Connection) -> None:
    """A consumer in a process of its own: until something comes down the line, every event's seconds from poll to
    queue; then sends them up."""
    bus = open_bus(url)
    bus.ensure(topics)
    tails = [bus.tail(topic, 1.0, from_start=False) for topic in topics]
    found: list[tuple[float, float]] = []
    line.send("ready")
    while not line.poll():
        for tail in tails:
            for record in tail.poll(0.005, 500):
                arrived = datetime.now(UTC)
                found.append((arrived.timestamp(), (arrived - decode(record).time).total_seconds()))
    line.send(found)
    bus.close()


def measure(stack: Stack, line: Connection, paper: News, rate: float, seconds: float) -> None:
    """Warms up, then lets posts out at the rate and prints the quantiles."""
    paper.publish(40)
    stack.until(lambda: stack.settled(40), 60, "it does not start")
    time.sleep(WARM_UP)
    began, since, out = time.monotonic(), time.time(), 0
    while time.monotonic() - began < seconds:
        due = int((time.monotonic() - began) * rate)
        paper.publish(due - out)
        out = due
        time.sleep(0.01)
    time.sleep(3)
    line.send("enough")
    found = [delay for arrived, delay in line.recv() if arrived > since]
    print(f"  {out} posts, {len(found)} events in queues")
    shares = ", ".join(f"p{share * 100:g} {quantile(found, share) * 1000:.0f} ms" for share in (0.5, 0.9, 0.99, 1.0))
    print(f"  from poll to queue: {shares}")


def run(address: Address, options: argparse.Namespace) -> None:
    paper = News(posts(int(options.rate * options.seconds) + 100, FEEDS), FEEDS)
    with tempfile.TemporaryDirectory(prefix="gordon-bench-") as name, served(paper) as port:
        desk = write_desk(Path(name) / "desk", port, FEEDS)
        stack = Stack(desk, address)
        url = stack.environ.get("GORDON_BUS") or f"sqlite:///{desk / 'data' / 'log.db'}"
        line, other = Pipe()
        topics = [Topics().queue(name) for name in QUEUES]
        collector = get_context("spawn").Process(target=collect, args=(url, topics, other), daemon=True)
        try:
            stack.start()
            collector.start()
            line.recv()
            measure(stack, line, paper, options.rate, options.seconds)
        finally:
            stack.stop()
            if collector.pid:
                collector.kill()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--kafka", action="store_true", help="on Kafka and PostgreSQL instead of the embedded parts")
    parser.add_argument("--rate", type=float, default=20.0, help="posts a second")
    parser.add_argument("--seconds", type=float, default=60.0)
    options = parser.parse_args()
    with servers(kafka=options.kafka) as (address, _):
        print(f"{address.name}: {options.rate:g} posts a second for {options.seconds:g} s")
        run(address, options)


if __name__ == "__main__":
    main()
