"""The bus: bytes and headers between the stages. Two implementations, one contract (tests/contracts/test_bus.py).

Promises every implementation keeps:

* order per key: messages of one key in one topic arrive in the order they were published;
* durable: when ``publish`` returns, the messages survive the death of any Gordon process;
* groups are independent of each other;
* what was polled but not committed comes again, to this member after ``rewind``, to another after death or ``close``;
* the members of one group share a topic's partitions, no partition has two members at a time,
  and a dead member's partitions go to the others;
* bounded time: no call blocks much longer than its timeout; a bus that is away raises BusUnavailable.

A bus object belongs to one thread and must be opened after any fork.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

Headers = tuple[tuple[str, bytes], ...]


@dataclass(frozen=True, slots=True)
class Message:
    """What is published. ``key`` picks the partition; it is never empty for Gordon's own events."""

    topic: str
    key: str
    value: bytes
    headers: Headers = ()


@dataclass(frozen=True, slots=True)
class Record:
    """What is polled: a message and its place.

    ``starts``: how often a worker began work on this record *alone* and neither committed nor rewound it (it died).
    ``suspect``: a worker died while this record was part of a bigger batch.
    """

    topic: str
    partition: int
    offset: int
    key: str
    value: bytes
    headers: Headers = ()
    starts: int = 0
    suspect: bool = False


class Subscription(Protocol):
    """One member of a consumer group."""

    def poll(self, timeout: float, most: int) -> Sequence[Record]:
        """Up to ``most`` further records, waiting at most about ``timeout`` seconds for the first; () when none came.

        Also keeps the membership alive: call it at least every 30 seconds. Wakes up at once when a message comes.
        """

    def begin(self, records: Sequence[Record]) -> None:
        """Notes, durably, that work on these polled records starts, so that a poison that kills the process is
        recognised by ``Record.starts`` and ``Record.suspect`` when they are polled again."""

    def commit(self, records: Sequence[Record]) -> None:
        """These records, and all before them in their partitions, are done. Clears the note of ``begin``.
        Silently without effect on partitions this member has lost meanwhile: the work is redone by their new owner."""

    def rewind(self) -> None:
        """Uncommitted records will be polled again; clears the note of ``begin``."""

    def close(self) -> None:
        """Leaves the group; uncommitted records go to the other members. Never raises."""


class Past(Subscription, Protocol):
    """A reader without a group of what was published before it was opened. ``commit`` only moves where ``rewind`` goes
    back to; ``begin`` does nothing."""

    @property
    def exhausted(self) -> bool:
        """Whether all of it was polled."""


class Bus(Protocol):
    """A connection to the broker or the embedded log."""

    def ensure(self, topics: Sequence[str]) -> None:
        """Creates the topics that do not exist yet."""

    def publish(self, messages: Sequence[Message]) -> None:
        """Writes all of them, in order. Raises BusUnavailable when not all are known to be durable:
        publishing the same batch again is then right (readers drop repeated event ids)."""

    def subscribe(self, topics: Sequence[str], group: str) -> Subscription:
        """Joins ``group``; a new group starts at the oldest record. Creates missing topics."""

    def lag(self, topics: Sequence[str], group: str) -> Mapping[str, int]:
        """Records of each topic that ``group`` has not committed. A topic that does not exist has 0."""

    def tail(self, topic: str, timeout: float, *, from_start: bool) -> Subscription:
        """Reads all partitions without a group: ``commit`` and ``begin`` do nothing, nobody else is affected."""

    def past(self, topics: Sequence[str], since: datetime) -> Past:
        """Everything published to these topics at or after ``since`` and before this call, whatever groups have
        committed. Begins earlier where the bus keeps no times: the embedded log begins at the oldest."""

    def close(self) -> None:
        """Releases everything. Never raises."""
