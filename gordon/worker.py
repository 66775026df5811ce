"""THE loop: polls, decodes, handles, publishes, commits. It alone retries, dead-letters and counts.

    poll ──► begin ──► decode ──► stage.handle ──► publish ──► commit
     ▲                   │             │               │
     │                   └── dead ◄────┤ Permanent     │ Transient
     └──────────── rewind, wait ◄──────┴───────────────┘

A message that kills the process is found by the note that ``begin`` leaves on the bus: what was begun and neither
committed nor rewound is taken up one by one, and a message that was begun alone twice is parked at its third start.
"""

from __future__ import annotations

import traceback
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from gordon.bus import Bus, Record, Subscription
from gordon.codec import decode, encode
from gordon.errors import Permanent, Transient
from gordon.events import Event
from gordon.letters import dead_letter
from gordon.stage import Stage

ATTEMPTS = 3
"""How often an event with an unexpected error is tried, and at which start a killer is parked."""


class Observer(Protocol):
    """What the loop tells about itself."""

    def turned(self) -> None:
        """The loop is alive."""

    def handled(self, events: int, seconds: float) -> None:
        """A batch is committed."""

    def produced(self, events: Sequence[Event]) -> None:
        """These events are on the bus."""

    def retried(self, events: int, error: Transient, wait: float) -> None:
        """A batch waits for something that is away."""

    def died(self, record: Record, reason: str, error: str) -> None:
        """A record went to the dead letters."""


@dataclass(frozen=True, slots=True)
class Backoff:
    """Seconds to wait after the n-th failure in a row: doubling from ``least`` up to ``most``."""

    least: float = 0.5
    most: float = 30.0

    def after(self, failures: int) -> float:
        return min(self.most, self.least * 2.0 ** min(failures - 1, 30))


class Worker:
    """One consumer of one stage. ``bus`` belongs to the calling thread."""

    def __init__(
        self,
        stage: Stage,
        bus: Bus,
        *,
        group: str,
        dead_topic: str,
        observer: Observer,
        backoff: Backoff,
        sleep: Callable[[float], None],
        monotonic: Callable[[], float],
        poll: float = 1.0,
    ) -> None:
        """``poll``: seconds to wait for news, and so how often ``between`` is called at rest."""
        self._poll = poll
        self._stage = stage
        self._bus = bus
        self._group = group
        self._dead_topic = dead_topic
        self._observer = observer
        self._backoff = backoff
        self._sleep = sleep
        self._monotonic = monotonic
        self._in_hand = 0

    def run(self, stopping: Callable[[], bool], between: Callable[[], None]) -> None:
        """Works until ``stopping()``; then finishes the batch in hand and leaves the group.
        ``between`` is called between batches, at least about once a second: reloads and gauges live there."""
        failures = 0
        subscription: Subscription | None = None
        try:
            while not stopping():
                self._observer.turned()
                try:
                    between()
                    subscription = subscription or self._bus.subscribe(self._stage.reads, self._group)
                    self.turn(subscription)
                    failures = 0
                except Transient as error:
                    failures += 1
                    self._wait(subscription, error, failures, stopping)
        finally:
            if subscription:
                subscription.close()

    def turn(self, subscription: Subscription) -> int:
        """One batch; returns how many records it had. Raises Transient with nothing committed."""
        self._in_hand = 0
        records = subscription.poll(self._poll, self._stage.batch)
        if not records:
            return 0
        self._in_hand = len(records)
        started = self._monotonic()
        if any(record.starts or record.suspect for record in records):
            self._one_by_one(subscription, records)
        else:
            self._together(subscription, records)
        self._observer.handled(len(records), self._monotonic() - started)
        return len(records)

    def _together(self, subscription: Subscription, records: Sequence[Record]) -> None:
        subscription.begin(records)
        try:
            produced = list(self._stage.handle([decode(record) for record in records]))
            self._publish(produced)
        except Transient:
            raise
        except Exception:  # the loop is where unexpected errors end: find out below whose it is
            self._one_by_one(subscription, records)
        else:
            self._done(subscription, records, produced)

    def _one_by_one(self, subscription: Subscription, records: Sequence[Record]) -> None:
        for record in records:
            self._observer.turned()
            if record.starts >= ATTEMPTS - 1:
                self._bury(subscription, record, "poison", "it killed the worker at every start", "", record.starts)
                continue
            subscription.begin([record])
            self._alone(subscription, record)

    def _alone(self, subscription: Subscription, record: Record) -> None:
        for attempt in range(1, ATTEMPTS + 1):
            try:
                produced = list(self._stage.handle([decode(record)]))
                self._publish(produced)
            except Transient:
                raise
            except Permanent as error:
                self._bury(subscription, record, error.reason, str(error), traceback.format_exc(), attempt)
                return
            except Exception as error:  # a fault of ours or of the message: tried again, then kept for people
                if attempt == ATTEMPTS:
                    text = f"{type(error).__name__}: {error}"
                    self._bury(subscription, record, "error", text, traceback.format_exc(), attempt)
                    return
                self._sleep(min(self._backoff.after(attempt), 1.0))
            else:
                self._done(subscription, [record], produced)
                return

    def _publish(self, produced: Sequence[Event]) -> None:
        if produced:
            self._bus.publish([encode(event) for event in produced])

    def _done(self, subscription: Subscription, records: Sequence[Record], produced: Sequence[Event]) -> None:
        subscription.commit(records)
        self._observer.produced(produced)

    def _bury(
        self, subscription: Subscription, record: Record, reason: str, error: str, trace: str, attempts: int
    ) -> None:
        letter = dead_letter(self._dead_topic, self._stage.name, record, reason, error, trace, attempts)
        self._publish([letter])
        self._done(subscription, [record], [letter])
        self._observer.died(record, reason, error)

    def _wait(
        self, subscription: Subscription | None, error: Transient, failures: int, stopping: Callable[[], bool]
    ) -> None:
        wait = self._backoff.after(failures)
        self._observer.retried(self._in_hand, error, wait)
        if subscription:
            try:
                subscription.rewind()
            except Transient as also:
                # The bus is away too: nothing was committed, so nothing is lost; the next turn tries again.
                self._observer.retried(0, also, wait)
        until = self._monotonic() + wait
        while not stopping() and (left := until - self._monotonic()) > 0:
            self._observer.turned()
            self._sleep(min(left, 0.5))
