"""The whole classify daemon from topic to topic: events a second, embedded or on Kafka.

    python -m bench.classify_daemon [--kafka] [--mentions 20000] [--rules 1000]

The mentions lie in gordon.mentions before the daemon starts. Counted from its first commit to its last.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from pathlib import Path

from bench.pipeline import TOPICS, fill, write_desk
from bench.processes import cpu_seconds, servers
from gordon.bus.open import open_bus
from tests.flow.stack import Address, Stack


def run(address: Address, options: argparse.Namespace) -> None:
    """One daemon on one desk."""
    with tempfile.TemporaryDirectory(prefix="gordon-bench-") as name:
        desk = write_desk(Path(name) / "desk", options.rules)
        stack = Stack(desk, address, ("classify",))
        bus = open_bus(stack.environ.get("GORDON_BUS") or f"sqlite:///{desk / 'data' / 'log.db'}")

        def left() -> int:
            return sum(bus.lag([TOPICS.mentions], TOPICS.group("classify")).values())

        try:
            fill(bus, options.mentions)
            stack.supervisor.start()
            while (first := left()) >= options.mentions:
                stack.tend()
                time.sleep(0.02)
            pids = [process.pid for process in stack.supervisor.processes if process.pid]
            began, before = time.monotonic(), sum(map(cpu_seconds, pids))
            while left():
                stack.tend()
                time.sleep(0.05)
            seconds, used = time.monotonic() - began, sum(map(cpu_seconds, pids)) - before
        finally:
            stack.stop()
            bus.close()
    print(
        f"  {first} mentions in {seconds:.1f} s: {first / seconds:.0f} a second, {used / first * 1e3:.2f} CPU ms each"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--kafka", action="store_true", help="on Kafka instead of the embedded log")
    parser.add_argument("--mentions", type=int, default=20_000)
    parser.add_argument("--rules", type=int, default=1_000)
    options = parser.parse_args()
    with servers(kafka=options.kafka) as (address, _):
        print(f"{address.name}: {options.mentions} mentions of 2 to 3 kB, {options.rules} rules")
        run(address, options)


if __name__ == "__main__":
    main()
