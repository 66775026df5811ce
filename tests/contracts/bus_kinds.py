"""The buses that the contract runs over, and what its tests share: fresh names, patience, and child processes."""

from __future__ import annotations

import itertools
import os
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from gordon.bus import Bus, Message, Record, Subscription
from gordon.bus.kafka_settings import KafkaSettings
from gordon.bus.open import open_bus

ROOT = Path(__file__).parents[2]
PATIENCE = 120.0
FAST = KafkaSettings(partitions=4, session_timeout=3.0, request_timeout=5.0, delivery_timeout=5.0)
"""Kafka as the tests use it: a dead member is noticed after 3 seconds."""

_numbers = itertools.count(1)


class BusFactory:
    """One implementation at one address."""

    def __init__(self, name: str, url: str) -> None:
        self.name = name
        self.url = url
        self._open: list[Bus] = []

    def open(self) -> Bus:
        """A connection of its own, closed after the test."""
        self._open.append(open_bus(self.url, kafka=FAST))
        return self._open[-1]

    def close(self) -> None:
        for bus in self._open:
            bus.close()


def fresh(word: str) -> str:
    """A topic or group that nobody has used."""
    return f"{word}.{os.getpid()}.{next(_numbers)}"


def messages(topic: str, count: int, *, keys: int = 16, start: int = 0) -> list[Message]:
    """Numbered messages, over ``keys`` keys."""
    return [Message(topic, f"k{n % keys}", str(n).encode()) for n in range(start, start + count)]


def numbers(records: Sequence[Record]) -> list[int]:
    return [int(record.value) for record in records]


def take(subscription: Subscription, count: int, *, commit: bool = True) -> list[Record]:
    """The next ``count`` records, or a failure. What comes beyond them in one poll is returned too."""
    found: list[Record] = []
    until = time.monotonic() + PATIENCE
    while len(found) < count:
        assert time.monotonic() < until, f"{len(found)} of {count} records came"
        records = subscription.poll(0.5, 500)
        if commit and records:
            subscription.commit(records)
        found += records
    return found


def nothing_comes(subscription: Subscription, seconds: float = 1.2) -> bool:
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        if subscription.poll(0.3, 10):
            return False
    return True


@contextmanager
def child(bus_factory: BusFactory, *arguments: str) -> Iterator[subprocess.Popen[str]]:
    """A process that runs ``tests.contracts.bus_child``; killed at the end."""
    command = [sys.executable, "-m", "tests.contracts.bus_child", bus_factory.url, *arguments]
    process = subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    try:
        yield process
    finally:
        process.kill()
        process.wait()
        assert process.stdin and process.stdout
        process.stdin.close()
        process.stdout.close()


def line(process: subprocess.Popen[str]) -> str:
    """The next line that a child prints."""
    assert process.stdout
    return process.stdout.readline().strip()
