"""From the moment a poll finds an entry to its event in the queue topic, at a steady rate.

    python -m bench.latency [--kafka] [--rate 20] [--seconds 60]

The event's ce_time is the time of the poll that found the mention; a tail on every queue topic takes the other time.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path

from bench.processes import servers
from gordon.bus import Bus, Subscription
from gordon.bus.open import open_bus
from gordon.codec import decode
from gordon.events import Topics
from tests.flow.news import News, posts, served, write_desk
from tests.flow.stack import Address, Stack

QUEUES = ("passports", "benefits", "duty")
FEEDS = 8


def quantile(values: list[float], share: float) -> float:
    """The value below which ``share`` of them lie."""
    return sorted(values)[min(len(values) - 1, int(share * len(values)))]


def collect(tails: list[Subscription]) -> list[float]:
    """Seconds from poll to queue of every event that has come since the last call."""
    found = []
    for tail in tails:
        while records := tail.poll(0.001, 500):
            arrived = datetime.now(UTC)
            found += [(arrived - decode(record).time).total_seconds() for record in records]
    return found


def measure(stack: Stack, bus: Bus, paper: News, rate: float, seconds: float) -> None:
    """Warms up for ten seconds, then lets posts out at the rate and prints the quantiles."""
    topics = [Topics().queue(name) for name in QUEUES]
    bus.ensure(topics)
    tails = [bus.tail(topic, 1.0, from_start=False) for topic in topics]
    stack.start()
    paper.publish(40)
    stack.until(lambda: stack.settled(40), 60, "it does not start")
    collect(tails)
    found: list[float] = []
    began, out = time.monotonic(), 0
    while time.monotonic() - began < seconds:
        due = int((time.monotonic() - began) * rate)
        paper.publish(due - out)
        out = due
        found += collect(tails)
        time.sleep(0.005)
    print(f"  {out} posts, {len(found)} events in queues")
    shares = ", ".join(f"p{share * 100:g} {quantile(found, share) * 1000:.0f} ms" for share in (0.5, 0.9, 0.99, 1.0))
    print(f"  from poll to queue: {shares}")


def run(address: Address, options: argparse.Namespace) -> None:
    paper = News(posts(int(options.rate * options.seconds) + 100, FEEDS), FEEDS)
    with tempfile.TemporaryDirectory(prefix="gordon-bench-") as name, served(paper) as port:
        desk = write_desk(Path(name) / "desk", port, FEEDS)
        stack = Stack(desk, address)
        bus = open_bus(stack.environ.get("GORDON_BUS") or f"sqlite:///{desk / 'data' / 'log.db'}")
        try:
            measure(stack, bus, paper, options.rate, options.seconds)
        finally:
            stack.stop()
            bus.close()


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
