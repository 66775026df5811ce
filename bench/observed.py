"""What metrics and logs cost: classify and route as shipped, and with neither, side by side in one run.

    python -m bench.observed [--rounds 16] [--events 1000] [--level info]

The real loop, stage, relay and observers in one process, on the embedded log and SQLite; the lines of the log go
through a pipe to another process, as under systemd. Each round handles so many events as shipped and as many with
metrics that do nothing and a log that says nothing, batch by batch in turns; ten times as many for classify. Counted in
processor time of this process, so that a busy machine matters less; what waits for a disk would only hide the cost.
Beside it what has a pace of its own: the gauges, every 5 seconds or, where they take long, 200 times as long, and a
scrape, every 15. The pipe's reader is not in it, nor is the storage of Prometheus.
"""

from __future__ import annotations

import argparse
import gc
import os
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from statistics import median, quantiles

from bench import pipeline, route_desk
from bench.route import batches
from classify.matchers.spacy_runtime import Pipelines
from classify.stage import Classify
from gordon import log
from gordon.app.gauges import EVERY, SHARE, Lag
from gordon.app.observe import LoopObserver, OutboxObserver
from gordon.app.policy import make_tagger, read_policy
from gordon.app.route import note_batch
from gordon.app.route_gauges import gauge_items, gauge_people, note_equation
from gordon.app.status import settled
from gordon.bus import Bus
from gordon.bus.open import open_bus
from gordon.codec import encode
from gordon.desk.load import Desk
from gordon.events import Topics
from gordon.health import Health
from gordon.metrics import Metrics
from gordon.relay import Relay
from gordon.stage import Stage
from gordon.worker import Backoff, Worker
from route.coverage import Coverage
from route.policy import make_policy
from route.report import RouteReport
from route.stage import Route
from store.database import Database, open_database
from store.migrate import upgrade
from store.outbox import Outbox
from store.route import Route as RouteStore
from store.status import outbox_by_stage

TOPICS = Topics()
SCRAPE = 15.0
LOOKS = 5
CLASSIFY = 10
"""How many times as many mentions classify gets: it takes so much less time for each."""


class Silent(Metrics):
    """Metrics that do nothing."""

    def count(self, name: str, amount: float = 1, *labels: str) -> None: ...
    def set(self, name: str, value: float, *labels: str) -> None: ...
    def observe(self, name: str, value: float, *labels: str) -> None: ...
    def replace(self, name: str, values: Mapping[tuple[str, ...], float]) -> None: ...


@dataclass(frozen=True)
class Way:
    """One way to run a stage: what a turn of it is, and how loud its log is."""

    level: str
    turn: Callable[[], int]


@dataclass(frozen=True)
class Rig:
    """A stage that can be run in both ways over the same state. ``looks``: the gauges of the daemon."""

    name: str
    shipped: Way
    silent: Way
    metrics: Metrics
    looks: Sequence[Callable[[], None]]


def observed(stage: Stage, bus: Bus, metrics: Metrics, health: Health) -> Worker:
    """The loop of a daemon."""
    return Worker(
        stage, bus, group=TOPICS.group(stage.name), dead_topic=TOPICS.dead,
        observer=LoopObserver(stage.name, metrics, health), backoff=Backoff(),
        sleep=time.sleep, monotonic=time.monotonic,
    )  # fmt: skip


def classify(folder: Path, mentions: int, level: str) -> Rig:
    """Classify with 1,000 rules over so many mentions of 2 to 3 kB."""
    desk = pipeline.write_desk(folder / "classify", 1_000)
    policy, bus = read_policy(desk, {}), open_bus(f"sqlite:///{folder}/classify.db")
    bus.ensure([TOPICS.mentions, TOPICS.tagged, TOPICS.dead])
    pipeline.fill(bus, mentions)
    tagger = make_tagger(policy.desk, Pipelines())
    tagger.engine.warm()
    stage = Classify(tagger=tagger, policy_version=policy.desk.version, topics=TOPICS)
    subscription, health = bus.subscribe(stage.reads, TOPICS.group(stage.name)), Health(folder)
    metrics = Metrics("classify")

    def way(level: str, counted: Metrics) -> Way:
        worker = observed(stage, bus, counted, health)
        return Way(level, lambda: worker.turn(subscription))

    lag = Lag(metrics, lambda: bus, stage.name, stage.reads, TOPICS.group(stage.name))
    return Rig("classify", way(level, metrics), way("critical", Silent("classify")), metrics, [lag])


def route(folder: Path, mentions: int, level: str) -> Rig:
    """Route with 1,000 files and 500 people, over an hour of mentions; two thirds of them open an item."""
    desk = route_desk.write_desk(folder / "route", route_desk.Sizes())
    read = read_policy(desk, {})
    database, bus = open_database(f"sqlite:///{folder}/gordon.db"), open_bus(f"sqlite:///{folder}/route.db")
    upgrade(database)
    _fill(bus, mentions)
    metrics, health, heard = Metrics("route"), Health(folder), [Metrics("route")]

    def observe(report: RouteReport) -> None:
        note_batch(heard[0], report)

    policy = make_policy(read.desk, read.tree, read.silences, TOPICS)
    stage = Route(policy=policy, store=RouteStore(database), now=now, observe=observe)
    subscription = bus.subscribe(stage.reads, TOPICS.group(stage.name))
    relay = Relay(
        "route", Outbox(database), lambda: bus, owner="bench", observer=OutboxObserver("route", health), now=now,
        monotonic=time.monotonic,
    )  # fmt: skip

    def way(level: str, counted: Metrics) -> Way:
        worker = observed(stage, bus, counted, health)

        def turn() -> int:
            heard[0] = counted
            handled = worker.turn(subscription)
            relay.drain(bus)
            return handled

        return Way(level, turn)

    looks = _looks(metrics, database, bus, read.desk)
    return Rig("route", way(level, metrics), way("critical", Silent("route")), metrics, looks)


def now() -> datetime:
    return datetime.now(UTC)


def _fill(bus: Bus, mentions: int) -> None:
    bus.ensure([TOPICS.tagged, TOPICS.dead])
    hour = timedelta(hours=1)
    for batch in batches(route_desk.tagged(mentions, route_desk.Sizes(), now() - hour, hour / mentions), 500):
        bus.publish([encode(event) for event in batch])


def _looks(metrics: Metrics, database: Database, bus: Bus, desk: Desk) -> Sequence[Callable[[], None]]:
    """The gauges of the route daemon; each connection is used in turns here."""
    coverage = Coverage(desk)
    return [
        Lag(metrics, lambda: bus, "route", [TOPICS.tagged, TOPICS.dead], TOPICS.group("route")),
        lambda: _look(metrics, database, desk, coverage),
        lambda: _equation(metrics, database, bus),
    ]


def _look(metrics: Metrics, database: Database, desk: Desk, coverage: Coverage) -> None:
    metrics.set("gordon_outbox_events", sum(size for size, _ in outbox_by_stage(database).values()))
    gauge_items(metrics, database, now())
    gauge_people(metrics, database, desk.people, coverage, now())


def _equation(metrics: Metrics, database: Database, bus: Bus) -> None:
    """As ``Equation`` looks, but for its rests."""
    counts, _, under_way = settled(database, bus, TOPICS)
    note_equation(metrics, counts, under_way)


@contextmanager
def logged() -> Iterator[None]:
    """Standard error is a pipe to another process, as a service manager's."""
    with subprocess.Popen(["cat"], stdin=subprocess.PIPE, stdout=subprocess.DEVNULL) as reader:
        assert reader.stdin
        own = os.dup(2)
        os.dup2(reader.stdin.fileno(), 2)
        try:
            yield
        finally:
            os.dup2(own, 2)
            os.close(own)
            reader.stdin.close()


def speeds(rig: Rig, events: int) -> tuple[float, float]:
    """Events for each second of the processor as shipped and without, batch by batch in turns: both see the same state
    and the same noise. What is there already is left out of garbage collection, which hits one or the other."""
    gc.collect()
    gc.freeze()
    done, spent = [0, 0], [0.0, 0.0]
    for turn in count():
        if min(done) >= events:
            break
        number = (0, 1, 1, 0)[turn % 4]
        way = (rig.shipped, rig.silent)[number]
        log.set_up(way.level, "json", rig.name)
        began = time.process_time()
        handled = way.turn()
        spent[number] += time.process_time() - began
        assert handled, "there are not enough events in the topic"
        done[number] += handled
    return done[0] / spent[0], done[1] / spent[1]


def compare(rig: Rig, rounds: int, events: int) -> float:
    """Prints both speeds and what the difference comes to; returns the median of it."""
    speeds(rig, events)
    found = [speeds(rig, events) for _ in range(rounds)]
    costs = [1 - shipped / silent for shipped, silent in found]
    low, _, high = quantiles(costs, n=4)
    print(
        f"  {rig.name:9} as shipped {median(one for one, _ in found):6.0f} events a CPU second, "
        f"without {median(other for _, other in found):6.0f}; "
        f"costs {median(costs):.1%} (quartiles {low:.1%} to {high:.1%} of {rounds} rounds)"
    )
    return median(costs)


def regular(rig: Rig) -> float:
    """Prints what the gauges and a scrape take of a core, and returns it."""
    looks = [took(look) for look in rig.looks]
    shares = [one / max(EVERY, SHARE * one) for one in looks]
    scrape = took(rig.metrics.exposition)
    lines = len(rig.metrics.exposition()[0].splitlines())
    print(f"  {rig.name:9} gauges: {sum(looks) * 1e3:.1f} CPU ms, in their turns {sum(shares):.2%} of a core; "
          f"a scrape of {lines} lines: {scrape * 1e3:.1f} CPU ms, {scrape / SCRAPE:.2%}")  # fmt: skip
    return sum(shares) + scrape / SCRAPE


def took(work: Callable[[], object]) -> float:
    """CPU seconds, once it is warm."""
    found = []
    for _ in range(LOOKS):
        began = time.process_time()
        work()
        found.append(time.process_time() - began)
    return median(found)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--rounds", type=int, default=16)
    parser.add_argument("--events", type=int, default=1_000)
    parser.add_argument("--level", default="info", help="of the log; the default is that of the product")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="gordon-bench-") as name, logged():
        for make, times in ((classify, CLASSIFY), (route, 1)):
            events = options.events * times
            # A turn may handle a batch more than was asked for, of 200 events at most.
            rig = make(Path(name), 2 * (options.rounds + 1) * (events + 400), options.level)
            total = compare(rig, options.rounds, events) + regular(rig)
            print(f"  {rig.name:9} together {total:.1%}", flush=True)


if __name__ == "__main__":
    main()
