"""Processor time and memory of processes, read from /proc; and addresses of real servers for the benchmarks."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

from tests.flow.stack import Address
from tests.servers.kafka import kafka_broker
from tests.servers.postgres import postgres_server

TICK = os.sysconf("SC_CLK_TCK")


def children(pid: int) -> list[int]:
    """The process and everything below it."""
    found = [pid]
    for path in Path(f"/proc/{pid}/task").glob("*/children"):
        with suppress(FileNotFoundError):  # a thread that has just ended
            for child in path.read_text().split():
                found += children(int(child))
    return found


def cpu_seconds(pid: int) -> float:
    """User and system time of a process and everything below it, ended children included."""
    total = 0.0
    for one in children(pid):
        with suppress(FileNotFoundError, ProcessLookupError):  # ended meanwhile: its parent has the time
            fields = Path(f"/proc/{one}/stat").read_text().rpartition(")")[2].split()
            total += sum(int(ticks) for ticks in fields[11:15]) / TICK
    return total


def memory_mib(pid: int) -> float:
    """Proportional share of memory of a process and everything below it, in MiB."""
    total = 0
    for one in children(pid):
        with suppress(FileNotFoundError, ProcessLookupError):  # ended meanwhile
            for line in Path(f"/proc/{one}/smaps_rollup").read_text().splitlines():
                total += int(line.split()[1]) if line.startswith("Pss:") else 0
    return total / 1024


@contextmanager
def servers(*, kafka: bool) -> Iterator[tuple[Address, dict[str, int]]]:
    """The embedded parts, or a real broker and a real PostgreSQL that writes through to disk; with their pids."""
    if not kafka:
        yield Address("embedded", {}), {}
        return
    with ExitStack() as stack:
        broker = stack.enter_context(kafka_broker())
        postgres = stack.enter_context(postgres_server(durable=True))
        environ = {"GORDON_BUS": f"kafka://{broker.servers}", "GORDON_DATABASE": postgres.new_database()}
        yield Address("kafka", environ), {"kafka": broker.pid, "postgresql": postgres.pid}
