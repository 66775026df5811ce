"""Messages that nobody should have sent: poison, copies, copies in another order. Put on the bus past the proxies."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import TypeVar

from gordon.bus import Bus, Message, Record
from gordon.errors import Transient
from tests.chaos.facts import digest
from tests.chaos.history import History
from tests.chaos.press import KILLER
from tests.chaos.town import Town

T = TypeVar("T")
PATIENCE = 300.0
ENVELOPE = (
    ("ce_specversion", b"1.0"),
    ("ce_source", b"/chaos"),
    ("ce_id", b"chaos"),
    ("ce_time", b"2026-01-01T00:00:00Z"),
    ("content-type", b"application/json"),
)
POISON: tuple[tuple[str, str, tuple[tuple[str, bytes], ...], bytes], ...] = (
    ("no headers", "undecodable", (), b'{"id": "%d"}'),
    ("not JSON", "undecodable", (*ENVELOPE, ("ce_type", b"gordon.mention.v1")), b"\xff\x00 no %d"),
    ("wrong shape", "undecodable", (*ENVELOPE, ("ce_type", b"gordon.mention.v1")), b'{"id": 7, "revision": "%d"}'),
    ("unknown type", "undecodable", (*ENVELOPE, ("ce_type", b"gordon.gossip.v1")), b'{"says": %d}'),
    ("newer major", "newer-major", (*ENVELOPE, ("ce_type", b"gordon.mention.v9")), b'{"number": %d}'),
    ("deep", "undecodable", (*ENVELOPE, ("ce_type", b"gordon.mention.v1")), b"[" * 20000 + b"%d"),
)
"""What it is, the reason its dead letter must give, headers and value, each made unique by a number."""


class Letters:
    """One thread's. All that is asked for is put in, however often the bus has to be asked."""

    def __init__(self, place: Town, history: History, chance: random.Random) -> None:
        self._town, self._history, self._chance = place, history, chance
        self._number = 0

    def post(self, what: str, count: int) -> None:
        """``poison``, ``duplicate`` or ``reorder``: so many messages."""
        messages = self._poison(count) if what == "poison" else self._copies(what, count)
        if messages:
            self._with_bus(lambda bus: _publish(bus, messages))

    def _with_bus(self, do: Callable[[Bus], T]) -> T:
        """A bus that is away is asked again, for five minutes."""
        until = time.monotonic() + PATIENCE
        while True:
            try:
                bus = self._town.bus()
                try:
                    return do(bus)
                finally:
                    bus.close()
            except Transient:
                if time.monotonic() > until:
                    raise
                time.sleep(0.3)

    def _poison(self, count: int) -> list[Message]:
        made = []
        for _ in range(count):
            self._number += 1
            name, reason, headers, value = self._chance.choice(POISON)
            value = value.replace(b"%d", str(self._number).encode())
            topic = self._chance.choice((self._town.topics.mentions, self._town.topics.tagged))
            made.append(Message(topic, f"poison-{self._number}", value, headers))
            self._history.note("poison", name=name, reason=reason, topic=topic, digest=digest(value))
        return made

    def _copies(self, what: str, count: int) -> list[Message]:
        """Messages of Gordon's own that are on the bus already, as they were or the newest first."""
        topic = self._chance.choice((self._town.topics.mentions, self._town.topics.tagged))
        there = [record for record in self._with_bus(lambda bus: everything(bus, topic)) if _harmless(record)]
        chosen = self._chance.sample(there, min(count, len(there)))
        chosen.sort(key=lambda record: (record.partition, record.offset), reverse=what == "reorder")
        self._history.note("copies", kind=what, topic=topic, count=len(chosen))
        return [Message(record.topic, record.key, record.value, record.headers) for record in chosen]


def _publish(bus: Bus, messages: Sequence[Message]) -> None:
    bus.ensure(sorted({message.topic for message in messages}))
    bus.publish(messages)


def everything(bus: Bus, topic: str) -> Sequence[Record]:
    """All that a topic holds by now, in the order of each partition. Raises BusUnavailable."""
    past = bus.past([topic], datetime(2000, 1, 1, tzinfo=UTC))
    found: list[Record] = []
    try:
        while not past.exhausted:
            some = past.poll(1.0, 1000)
            found += some
            past.commit(some)
    finally:
        past.close()
    return found


def _harmless(record: Record) -> bool:
    """Neither a poison nor a killer: of these each is put in once."""
    return not record.key.startswith("poison-") and KILLER.encode() not in record.value
