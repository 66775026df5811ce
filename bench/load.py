"""A steady load from feeds to queues for minutes: is it held, does anything pile up, does memory grow?

    python -m bench.load [--kafka] [--rate 50] [--minutes 10] [--remember 5000]

Real daemons poll feeds that get so many new entries a second; three quarters of them touch a file, and most stories
are told by two feeds. Held means: as many mentions are recorded as come out, and lag and outbox do not grow. The slope
of memory is taken over the second half, a least squares line through a sample every five seconds. Route remembers the
mentions of the last two weeks, at most ``route.remember``: its memory grows with them until then. ``--remember`` sets
that, so that the window is full after a few minutes instead of hours.
"""

from __future__ import annotations

import argparse
import tempfile
import threading
import time
from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from bench.pipeline import TOPICS
from bench.processes import cpu_seconds, memory_mib, servers
from gordon.bus import Bus
from gordon.bus.open import open_bus
from store.database import Database, open_database
from store.status import completeness, outbox_by_stage
from tests.flow.news import News, Post, posts, served, write_desk
from tests.flow.stack import Address, Stack

FEEDS, SHOWN, EVERY = 40, 50, 5.0
STORIES = 2_000
"""Made at a time, each with words of its own."""


class Wire(News):
    """Feeds that show their newest entries only, and never end."""

    def __init__(self, feeds: int) -> None:
        super().__init__((), feeds)
        self._shown: list[deque[Post]] = [deque(maxlen=SHOWN) for _ in range(feeds)]
        self._coming = _endless(feeds)
        self._gate = threading.Lock()

    def publish(self, number: int) -> int:
        with self._gate:
            for _ in range(number):
                post = next(self._coming)
                self._shown[post.feed].append(post)
            self.out += number
            return self.out

    def feed(self, number: int) -> bytes:
        with self._gate:
            self.everything = list(self._shown[number])
        body = News(self.everything, self.feeds)
        body.out = len(body.everything)
        return body.feed(number)


def _endless(feeds: int) -> Iterator[Post]:
    seed = 0
    while True:
        seed += 1
        for post in posts(STORIES, feeds, seed):
            yield Post(post.feed, f"{seed}-{post.guid}", post.title, post.text, f"{seed}-{post.story}", post.file)


@dataclass(frozen=True)
class Sample:
    """One look: seconds since the start, entries out, mentions recorded, messages under way, MiB of each daemon."""

    at: float
    out: int
    recorded: int
    waiting: int
    memory: dict[str, float]


def slope(points: Sequence[tuple[float, float]]) -> float:
    """The least squares line's rise for each unit of the first coordinate."""
    count = len(points)
    mean_x, mean_y = sum(x for x, _ in points) / count, sum(y for _, y in points) / count
    spread = sum((x - mean_x) ** 2 for x, _ in points)
    return sum((x - mean_x) * (y - mean_y) for x, y in points) / spread if spread else 0.0


def look(bus: Bus, database: Database, pids: dict[str, int], out: int, began: float) -> Sample:
    lag = bus.lag([TOPICS.mentions], TOPICS.group("classify")).values()
    later = bus.lag([TOPICS.tagged], TOPICS.group("route")).values()
    waiting = sum(lag) + sum(later) + sum(size for size, _ in outbox_by_stage(database).values())
    counts = completeness(database)
    memory = {name: memory_mib(pid) for name, pid in pids.items()}
    return Sample(time.monotonic() - began, out, counts.tagged + counts.untagged, waiting, memory)


def hold(stack: Stack, bus: Bus, database: Database, wire: Wire, rate: float, seconds: float) -> list[Sample]:
    """Lets entries out at the rate, and looks every five seconds."""
    pids = {process.name: process.pid for process in stack.supervisor.processes if process.pid}
    samples: list[Sample] = []
    began, next_look = time.monotonic(), 0.0
    while (passed := time.monotonic() - began) < seconds:
        wire.publish(int(passed * rate) - wire.out)
        if passed >= next_look:
            samples.append(look(bus, database, pids, wire.out, began))
            next_look += EVERY
            if len(samples) % 12 == 1:
                last = samples[-1]
                print(f"  {last.at:5.0f} s: {last.out} out, {last.recorded} recorded, {last.waiting} under way")
        stack.tend()
        time.sleep(0.05)
    return samples


def report(samples: Sequence[Sample], cpu: dict[str, float], seconds: float) -> None:
    half = samples[len(samples) // 2 :]
    span, recorded = half[-1].at - half[0].at, half[-1].recorded - half[0].recorded
    print(f"  second half: {(half[-1].out - half[0].out) / span:.1f} entries/s out, {recorded / span:.1f} recorded/s")
    waiting = [sample.waiting for sample in half]
    print(f"  under way: {min(waiting)} to {max(waiting)}, slope "
          f"{slope([(one.at / 60, one.waiting) for one in half]):+.1f} messages a minute")  # fmt: skip
    for name in samples[0].memory:
        rise = slope([(one.at / 60, one.memory[name]) for one in half])
        each = slope([(one.recorded, one.memory[name] * 1024) for one in half])
        print(
            f"  {name:12} {half[-1].memory[name]:7.1f} MiB, slope {rise:+.2f} MiB a minute, {each:+.2f} KiB a mention; "
            f"{cpu[name] / seconds:.0%} of a core"
        )


def run(address: Address, options: argparse.Namespace) -> None:
    wire = Wire(FEEDS)
    with tempfile.TemporaryDirectory(prefix="gordon-bench-") as name, served(wire) as port:
        desk = write_desk(Path(name) / "desk", port, FEEDS)
        stack = Stack(desk, address)
        stack.start()
        bus = open_bus(stack.environ.get("GORDON_BUS") or f"sqlite:///{desk / 'data' / 'log.db'}")
        database = open_database(stack.environ.get("GORDON_DATABASE") or f"sqlite:///{desk / 'data' / 'gordon.db'}")
        try:
            bus.ensure([TOPICS.mentions, TOPICS.tagged])
            stack.until(lambda: len(list((desk / "data").glob("*.metrics"))) == 3, 60, "it does not start")
            pids = {process.name: process.pid for process in stack.supervisor.processes if process.pid}
            samples = hold(stack, bus, database, wire, options.rate, options.minutes * 60)
            report(samples, {one: cpu_seconds(pid) for one, pid in pids.items()}, options.minutes * 60)
            stack.until(lambda: stack.settled(wire.out), 120, "it does not settle")
            print(f"  settled and balanced: {wire.out} entries out, all recorded")
        finally:
            stack.stop()
            bus.close()
            database.close()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--kafka", action="store_true", help="on Kafka and PostgreSQL instead of the embedded parts")
    parser.add_argument("--rate", type=float, default=50.0, help="new entries a second")
    parser.add_argument("--minutes", type=float, default=10.0)
    parser.add_argument("--remember", type=int, help="route.remember")
    options = parser.parse_args()
    with servers(kafka=options.kafka) as (address, _):
        if options.remember:
            address = Address(address.name, {**address.environ, "GORDON_ROUTE__REMEMBER": str(options.remember)})
        print(f"{address.name}: {options.rate:g} entries/s from {FEEDS} feeds for {options.minutes:g} minutes")
        run(address, options)


if __name__ == "__main__":
    main()
