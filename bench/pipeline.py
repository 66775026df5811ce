"""The whole pipeline from gordon.mentions to the queue topics: mentions a second, and where the time goes.

    python -m bench.pipeline [--kafka] [--mentions 20000] [--rules 1000]

The mentions lie in the topic before the daemons start. Counted from the first recorded mention to the moment when
nothing is left in any topic or outbox. ``--kafka``: a real broker and a real PostgreSQL that writes through to disk.
"""

from __future__ import annotations

import argparse
import json
import tempfile
import time
from pathlib import Path

from bench import rule_sets
from bench.processes import cpu_seconds, servers
from gordon.bus import Bus
from gordon.bus.open import open_bus
from gordon.codec import encode
from gordon.events import Event, Topics
from store.database import Database, open_database
from store.status import completeness, outbox_by_stage
from tests.flow.news import PEOPLE, QUEUES
from tests.flow.stack import Address, Stack

TOPICS = Topics()


def write_desk(folder: Path, rules: int) -> Path:
    """A desk of generated policy files of ten rules each, and the people and queues of the flow tests. A word of each
    file is frequent enough for about a quarter of the mentions to be tagged."""
    (folder / "files").mkdir(parents=True)
    for entry in rule_sets.files([*rule_sets.rules(rules - rules // 10), *rule_sets.frequent(rules // 10)]):
        body = json.dumps(entry.model_dump(mode="json", exclude_defaults=True, by_alias=True), ensure_ascii=False)
        (folder / "files" / f"{entry.file}.yaml").write_text(body, encoding="utf-8")
    (folder / "people.yaml").write_text(PEOPLE.replace("passport-services", '"*"').replace("parental-benefits", '"*"'))
    (folder / "queues.yaml").write_text(
        QUEUES.replace("passport-services", "file-1").replace("parental-benefits", "file-2")
    )
    return folder


def fill(bus: Bus, mentions: int) -> None:
    """Puts the mentions into the topic."""
    bus.ensure([TOPICS.mentions])
    batch = []
    for number, one in enumerate(rule_sets.mentions(mentions)):
        event = Event(
            topic=TOPICS.mentions,
            key=one.id,
            type="gordon.mention.v1",
            id=f"bench-{number}",
            source="/gordon/bench",
            subject=f"{one.id}/1",
            time=one.seen,
            data=one,
        )
        batch.append(encode(event))
        if len(batch) == 500 or number == mentions - 1:
            bus.publish(batch)
            batch = []


def left(bus: Bus, database: Database) -> int:
    """Messages that are still on their way."""
    lag = bus.lag([TOPICS.mentions], TOPICS.group("classify")).values()
    later = bus.lag([TOPICS.tagged], TOPICS.group("route")).values()
    return sum(lag) + sum(later) + sum(size for size, _ in outbox_by_stage(database).values())


def measure(stack: Stack, bus: Bus, database: Database, pids: dict[str, int], mentions: int) -> None:
    """Prints the speed and the share of each process."""
    stack.supervisor.start()
    pids |= {process.name: process.pid for process in stack.supervisor.processes if process.pid}
    recorded = 0
    while not recorded:
        stack.tend()
        time.sleep(0.05)
        recorded = _recorded(database)
    began, before = time.monotonic(), {name: cpu_seconds(pid) for name, pid in pids.items()}
    while left(bus, database) or _recorded(database) < mentions:
        stack.tend()
        time.sleep(0.5)
    seconds = time.monotonic() - began
    counts = completeness(database)
    print(f"  {mentions - recorded} mentions in {seconds:.1f} s: {(mentions - recorded) / seconds:.0f} mentions/s")
    print(f"  {counts.tagged} tagged, {counts.untagged} not, {counts.issues} issues, {counts.items} open items")
    for name, pid in pids.items():
        used = cpu_seconds(pid) - before[name]
        print(
            f"  {name:12} {used:6.1f} CPU s, {used / seconds:4.0%} of a core, {used / mentions * 1000:.2f} ms a mention"
        )


def _recorded(database: Database) -> int:
    counts = completeness(database)
    return counts.tagged + counts.untagged


def run(address: Address, pids: dict[str, int], options: argparse.Namespace) -> None:
    with tempfile.TemporaryDirectory(prefix="gordon-bench-") as name:
        desk = write_desk(Path(name) / "desk", options.rules)
        stack = Stack(desk, address, ("classify", "route"))
        done = stack.run("db", "upgrade")
        assert done.returncode == 0, done.stderr
        data = desk / "data"
        bus = open_bus(stack.environ.get("GORDON_BUS") or f"sqlite:///{data / 'log.db'}")
        database = open_database(stack.environ.get("GORDON_DATABASE") or f"sqlite:///{data / 'gordon.db'}")
        try:
            fill(bus, options.mentions)
            measure(stack, bus, database, dict(pids), options.mentions)
        finally:
            stack.stop()
            bus.close()
            database.close()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--kafka", action="store_true", help="on Kafka and PostgreSQL instead of the embedded parts")
    parser.add_argument("--mentions", type=int, default=20_000)
    parser.add_argument("--rules", type=int, default=1000)
    options = parser.parse_args()
    with servers(kafka=options.kafka) as (address, pids):
        print(f"{address.name}: {options.mentions} mentions, {options.rules} rules")
        run(address, pids, options)


if __name__ == "__main__":
    main()
