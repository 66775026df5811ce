"""Publishes an outbox: what a stage accepted in its database goes to the bus, in order, by one leader at a time.

At least once: a row is marked only after the bus has it, so a death in between publishes it again, under the same id.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import datetime
from typing import Protocol

from gordon.bus import Bus, Message
from gordon.errors import GordonError
from gordon.ports import OutboxStore

BATCH = 500
LEASE = 5.0
IDLE = 0.5


class RelayObserver(Protocol):
    """What the relay tells about itself."""

    def published(self, messages: Sequence[Message]) -> None:
        """These left the outbox; none: there was nothing to do, and all is well."""

    def waiting(self, error: Exception) -> None:
        """The bus or the database is away, or refuses a message; it is tried again for ever."""


class Relay:
    """The outbox of one stage, driven from a thread of its own: ``run`` in the thread, ``wake`` from anywhere."""

    def __init__(
        self,
        stage: str,
        store: OutboxStore,
        open_bus: Callable[[], Bus],
        *,
        owner: str,
        observer: RelayObserver,
        now: Callable[[], datetime],
        monotonic: Callable[[], float],
    ) -> None:
        self._stage = stage
        self._store = store
        self._open_bus = open_bus
        self._owner = owner
        self._observer = observer
        self._now = now
        self._monotonic = monotonic
        self._news = threading.Event()
        self._leads_until = 0.0
        self._ensured: set[str] = set()

    def wake(self) -> None:
        """There is something in the outbox."""
        self._news.set()

    def run(self, stopping: Callable[[], bool]) -> None:
        """Publishes until ``stopping()``, and then once more what is left; gives the lease back."""
        bus: Bus | None = None
        failures = 0
        while True:
            last = stopping()
            try:
                bus = bus or self._open_bus()
                self.drain(bus)
                self._observer.published(())
                failures = 0
            except Exception as error:  # the thread's edge: one that died unseen would be the worst of faults
                failures += 1
                self._ensured.clear()  # a broker may come back without its topics
                self._observer.waiting(error)
            if last:
                break
            self._news.wait(IDLE if not failures else min(5.0, IDLE * 2.0 ** min(failures, 10)))
            self._news.clear()
        self.release()
        if bus:
            bus.close()

    def release(self) -> None:
        """Gives the lease back."""
        with suppress(GordonError):  # an unreleased lease expires by itself
            self._store.release(self._lease_name, self._owner)

    @property
    def _lease_name(self) -> str:
        return f"outbox.{self._stage}"

    def drain(self, bus: Bus) -> int:
        """Publishes all that waits, if this is the leader. Returns how many messages."""
        total = 0
        while self._leads():
            rows = self._store.pending(self._stage, BATCH)
            if not rows:
                break
            messages = [row.message for row in rows]
            self._ensure(bus, {message.topic for message in messages})
            bus.publish(messages)
            self._store.published([row.id for row in rows], self._now())
            self._observer.published(messages)
            total += len(rows)
        return total

    def _leads(self) -> bool:
        """Whether the lease is ours for long enough to publish a batch; prolongs it at half time."""
        if self._monotonic() < self._leads_until - LEASE / 2:
            return True
        asked = self._monotonic()
        if not self._store.lease(self._lease_name, self._owner, self._now(), LEASE):
            self._leads_until = 0.0
            return False
        self._leads_until = asked + LEASE
        return True

    def _ensure(self, bus: Bus, topics: set[str]) -> None:
        new = topics - self._ensured
        if new:
            bus.ensure(sorted(new))
            self._ensured |= new
