"""Route from gordon.tagged to the queue topics, and what a mention costs as the store grows.

    python -m bench.route [--kafka] [--daemons 1] [--mentions 20000]
    python -m bench.route --growth 10000 100000 1000000 [--postgres]

A desk of 1,000 files, 500 people and 50 queues. The first form runs real daemons on two hours of news, and ends when
everything is on the queue topics: outbox and relay are in it; ``--kafka``: a real broker and a real PostgreSQL that
writes through to disk. The second fills a store with so many mentions, 700 a day as they would have come over the last
weeks and years, and measures the stage alone on new ones; the items of the last three days are open.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime, timedelta
from itertools import islice
from pathlib import Path

from msgspec.structs import replace

from bench.processes import cpu_seconds, servers
from bench.route_desk import Sizes, tagged, write_desk
from gordon.app.policy import read_policy
from gordon.bus import Bus
from gordon.bus.open import open_bus
from gordon.codec import encode
from gordon.events import Event, Tagged, Topics
from gordon.ids import event_id, issue_id, item_id
from gordon.records import Issue, IssueState, Item, Join, RecordedMention, RouteWrites, Routing
from route.baseline import hour_of
from route.decide import Met, decide
from route.place import Placed
from route.policy import RoutePolicy, make_policy
from route.stage import Route
from route.watches import Signal
from store.database import Database, open_database
from store.migrate import upgrade
from store.route import Route as RouteStore
from store.status import completeness, outbox_by_stage
from tests.flow.stack import Address, Stack
from tests.servers.postgres import postgres_server

TOPICS = Topics()
NOW = datetime(2026, 11, 24, 15, 0, tzinfo=UTC)
DAILY = 700
"""So that the window of grouping, two weeks, is full with 10,000 mentions already."""
STEP = timedelta(days=1) / DAILY
BATCH = 200
OPEN = timedelta(days=3)


def event_of(data: Tagged) -> Event:
    mention = data.mention
    return Event(
        topic=TOPICS.tagged, key=data.file or mention.id, type="gordon.tagged.v1",
        id=event_id("classify", mention.id, mention.revision, data.file or "", "bench"), source="/gordon/bench",
        subject=f"{mention.id}/{mention.revision}", time=mention.seen, data=data,
    )  # fmt: skip


def batches(events: Iterator[Tagged], size: int = BATCH) -> Iterator[list[Event]]:
    while batch := [event_of(one) for one in islice(events, size)]:
        yield batch


def daemons(address: Address, pids: dict[str, int], options: argparse.Namespace) -> None:
    """The real thing, from topic to topics."""
    with tempfile.TemporaryDirectory(prefix="gordon-bench-") as name:
        desk = write_desk(Path(name) / "desk", Sizes(options.files, options.people))
        stack = Stack(desk, address, ("route",) * options.daemons)
        done = stack.run("db", "upgrade")
        assert done.returncode == 0, done.stderr
        bus = open_bus(stack.environ.get("GORDON_BUS") or f"sqlite:///{desk / 'data' / 'log.db'}")
        database = open_database(stack.environ.get("GORDON_DATABASE") or f"sqlite:///{desk / 'data' / 'gordon.db'}")
        try:
            _drain(stack, bus, database, dict(pids), options)
        finally:
            stack.stop()
            bus.close()
            database.close()


def _drain(stack: Stack, bus: Bus, database: Database, pids: dict[str, int], options: argparse.Namespace) -> None:
    bus.ensure([TOPICS.tagged])
    sizes, total, span = Sizes(options.files, options.people), 0, timedelta(hours=2)
    for batch in batches(tagged(options.mentions, sizes, datetime.now(UTC) - span, span / options.mentions), 500):
        bus.publish([encode(event) for event in batch])
        total += len(batch)

    def waiting() -> int:
        return sum(bus.lag([TOPICS.tagged], TOPICS.group("route")).values())

    stack.supervisor.start()
    pids |= {process.name: process.pid for process in stack.supervisor.processes if process.pid}
    while waiting() >= total:
        stack.tend()
        time.sleep(0.05)
    begun, first, before = time.monotonic(), waiting(), {name: cpu_seconds(pid) for name, pid in pids.items()}
    while waiting() or any(size for size, _ in outbox_by_stage(database).values()):
        stack.tend()
        time.sleep(0.25)
    seconds = time.monotonic() - begun
    counts = completeness(database)
    told = sum(bus.lag([TOPICS.queue(f"q{number:02}") for number in range(50)], "bench").values())
    share = first / total
    print(f"  {first} tagged events in {seconds:.1f} s: {first / seconds:.0f} a second")
    print(f"  {counts.items} items opened: {counts.items * share / seconds:.0f} a second; "
          f"{told} events in the queues: {told * share / seconds:.0f} a second; {counts.issues} issues")  # fmt: skip
    for name, pid in pids.items():
        used = cpu_seconds(pid) - before[name]
        print(f"  {name:12} {used:6.1f} CPU s, {used / seconds:4.0%} of a core, {used / first * 1e3:.2f} ms an event")


class History:
    """Mentions of the past, written as rows: each an issue with one item, copies in the issue of their story. The item
    is what the real decision makes of the file's first mention, closed when it is older than three days."""

    def __init__(self, database: Database, policy: RoutePolicy, sizes: Sizes) -> None:
        self._store, self._policy, self._sizes = RouteStore(database), policy, sizes
        self._issues: dict[tuple[str, str], Issue] = {}
        self._templates: dict[str, Item] = {}

    def write(self, count: int, since: datetime, name: str) -> None:
        """So many mentions, ``STEP`` apart."""
        source = tagged(count, self._sizes, since, STEP, name=name, vary=False)
        while some := list(islice(source, 2_000)):
            with self._store.transaction() as transaction:
                transaction.write("bench", self._rows(some))

    def _rows(self, some: Sequence[Tagged]) -> RouteWrites:
        issues = [self._issue(one) for one in some]
        fresh = {issue.id: (one, issue) for one, issue in zip(some, issues, strict=True)}
        pairs = list(zip(some, issues, strict=True))
        return RouteWrites(
            mentions=tuple(
                RecordedMention(mention=one.mention, files=one.files, claims=one.claims, policy_version="bench")
                for one in some
            ),
            issues=tuple(issues),
            joins=tuple(Join(issue=it.id, mention=one.mention.id, revision=1, joined=NOW, why="") for one, it in pairs),
            items=tuple(self._item(one, issue) for one, issue in fresh.values()),
            routings=tuple(
                Routing(mention=one.mention.id, revision=1, file=it.file, queues=("q00",)) for one, it in pairs
            ),
            hours=tuple((issue.file, hour_of(one.mention.seen)) for one, issue in pairs),
        )

    def _issue(self, one: Tagged) -> Issue:
        mention, file = one.mention, one.file or ""
        known = self._issues.get((file, mention.title))
        issue = known or Issue(
            id=issue_id(file, mention.id), file=file, title=mention.title, state="open", opened=mention.seen,
            last_seen=mention.seen, mentions=0,
        )  # fmt: skip
        state: IssueState = "open" if mention.seen > NOW - OPEN else "closed"
        issue = replace(issue, mentions=issue.mentions + 1, last_seen=mention.seen, state=state)
        self._issues[file, mention.title] = issue
        return issue

    def _item(self, one: Tagged, issue: Issue) -> Item:
        template = self._templates.get(issue.file)
        if template is None:
            placed = Placed(one, issue.file, True, issue, None, "")
            template = decide([Met(placed, Signal())], (), {}, self._policy, NOW).changes[0].item
            self._templates[issue.file] = template
        name = item_id(issue.id, template.queue)
        assigned = replace(template.assigned, item=name, issue=issue.id, mentions=issue.mentions)
        return replace(
            template, id=name, issue=issue.id, opened=issue.opened, updated=issue.last_seen, assigned=assigned,
            state="closed" if issue.state == "closed" else "open",
        )  # fmt: skip


@contextmanager
def a_database(postgres: bool) -> Iterator[str]:
    with ExitStack() as stack:
        if postgres:
            yield stack.enter_context(postgres_server(durable=True)).new_database()
        else:
            yield f"sqlite:///{stack.enter_context(tempfile.TemporaryDirectory(prefix='gordon-bench-'))}/gordon.db"


def growth(options: argparse.Namespace) -> None:
    """Milliseconds a mention in a store of each size: while the files are read into memory, and then."""
    sizes = Sizes(options.files, options.people)
    with a_database(options.postgres) as url, tempfile.TemporaryDirectory(prefix="gordon-bench-") as name:
        desk = read_policy(write_desk(Path(name) / "desk", sizes), {})
        policy = make_policy(desk.desk, desk.tree, desk.silences, TOPICS)
        database = open_database(url)
        upgrade(database)
        past, held = History(database, policy, sizes), 0
        for size in sorted(options.growth):
            began = time.monotonic()
            # Backwards in time: the newest mentions are those of the smallest store, so that the window is the same.
            past.write(size - held, NOW - size * STEP, f"old-{size}")
            held = size
            print(f"  {size} mentions, written in {time.monotonic() - began:.0f} s: ", end="", flush=True)
            counts = (5 * options.files, options.mentions)
            print(_passes(database, policy, sizes, counts, size), flush=True)
        database.close()


def _passes(database: Database, policy: RoutePolicy, sizes: Sizes, counts: tuple[int, int], size: int) -> str:
    stage = Route(policy=policy, store=RouteStore(database), now=lambda: NOW, batch=BATCH)
    found = []
    for number, mentions in enumerate(counts):
        some = list(batches(tagged(mentions, sizes, NOW - timedelta(hours=1), timedelta(0), f"new-{size}-{number}")))
        began, used = time.perf_counter(), time.process_time()
        for batch in some:
            stage.handle(batch)
        count = sum(map(len, some))
        wall, cpu = (time.perf_counter() - began) / count, (time.process_time() - used) / count
        found.append(f"{wall * 1e3:.2f} ms an event ({cpu * 1e3:.2f} of them our CPU)")
    return ", then ".join(found)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--kafka", action="store_true", help="on Kafka and PostgreSQL instead of the embedded parts")
    parser.add_argument("--daemons", type=int, default=1)
    parser.add_argument("--mentions", type=int, default=20_000)
    parser.add_argument("--files", type=int, default=1_000)
    parser.add_argument("--people", type=int, default=500)
    parser.add_argument("--growth", type=int, nargs="+", help="measure the stage on stores of these sizes")
    parser.add_argument("--postgres", action="store_true", help="with --growth: PostgreSQL instead of SQLite")
    options = parser.parse_args()
    if options.growth:
        print(f"{'PostgreSQL' if options.postgres else 'SQLite'}: {options.mentions} new mentions")
        growth(options)
        return
    with servers(kafka=options.kafka) as (address, pids):
        print(f"{address.name}: {options.mentions} mentions, {options.daemons} daemon(s)")
        daemons(address, pids, options)


if __name__ == "__main__":
    main()
