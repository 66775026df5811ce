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
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

from gordon.bus import Bus, Record, Subscription
from gordon.codec import decode, encode
from gordon.errors import DatabaseUnfit, GordonError, NewerMajor, Permanent, Transient, Undecodable
from gordon.events import Event
from gordon.letters import dead_letter
from gordon.stage import Stage

ATTEMPTS = 3
"""How often an event with an unexpected error is tried, and at which start a killer is parked."""
AWAY = (Transient, DatabaseUnfit)
"""What is no message's fault: the loop waits for it to be mended. A database may become unfit while we run (a changed
password, a failover); burying the backlog for that would be the worst answer."""
MOST_EXCUSED = 10_000

Place = tuple[str, int, int]
NOT_OURS = (Undecodable.reason, NewerMajor.reason)


class Observer(Protocol):
    """What the loop tells about itself."""

    def turned(self) -> None:
        """The loop is alive."""

    def handled(self, events: int, seconds: float) -> None:
        """A batch is committed."""

    def produced(self, events: Sequence[Event]) -> None:
        """These events are on the bus."""

    def done(self, records: Sequence[Record]) -> None:
        """These records are committed."""

    def retried(self, events: int, error: GordonError, wait: float) -> None:
        """A batch waits for something that is away."""

    def recovered(self) -> None:
        """What was away is back."""

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
        self._begun_alone: Place | None = None
        self._excused: Counter[Place] = Counter()

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
                    if failures:
                        self._observer.recovered()
                    failures = 0
                except AWAY as error:
                    failures += 1
                    self._excuse()
                    self._wait(subscription, error, failures, stopping)
        finally:
            if subscription:
                subscription.close()

    def turn(self, subscription: Subscription) -> int:
        """One batch; returns how many records it had. Raises Transient with nothing committed."""
        self._in_hand = 0
        self._begun_alone = None
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
        self._begin(subscription, records)
        produced: list[Event] | None
        try:
            events = list(self._stage.handle([decode(record) for record in records]))
            self._publish(events)
            produced = events
        except AWAY:
            raise
        except Exception:  # the loop is where unexpected errors end: find out below, outside of it, whose it is
            produced = None
        if produced is None:
            self._one_by_one(subscription, records)
        else:
            self._done(subscription, records, produced)

    def _one_by_one(self, subscription: Subscription, records: Sequence[Record]) -> None:
        for record in records:
            self._observer.turned()
            starts = record.starts - self._excused[_place(record)]
            if starts >= ATTEMPTS - 1:
                self._bury(subscription, record, "poison", "it killed the worker at every start", "", starts)
                continue
            self._begin(subscription, [record])
            self._alone(subscription, record)

    def _alone(self, subscription: Subscription, record: Record) -> None:
        for attempt in range(1, ATTEMPTS + 1):
            try:
                produced = list(self._stage.handle([decode(record)]))
                self._publish(produced)
            except AWAY:
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
        for record in records:
            self._excused.pop(_place(record), None)
        self._observer.done(records)
        self._observer.produced(produced)

    def _bury(
        self, subscription: Subscription, record: Record, reason: str, error: str, trace: str, attempts: int
    ) -> None:
        """Publishes a dead letter and goes on. A letter that the sink itself cannot take is not answered with a letter
        about it, which would die like it: it stays in its topic, and in the log."""
        letters = []
        if record.topic != self._dead_topic or reason in NOT_OURS:
            letters = [dead_letter(self._dead_topic, self._stage.name, record, reason, error, trace, attempts)]
        try:
            self._publish(letters)
        except Permanent as refusal:  # the bus takes no message of this size: the place of the original remains
            short = replace(record, value=b"")
            letters = [
                dead_letter(self._dead_topic, self._stage.name, short, reason, f"{error}; {refusal}", "", attempts)
            ]
            self._publish(letters)
        self._done(subscription, [record], letters)
        self._observer.died(record, reason, error)

    def _begin(self, subscription: Subscription, records: Sequence[Record]) -> None:
        self._begun_alone = _place(records[0]) if len(records) == 1 else None
        subscription.begin(records)

    def _excuse(self) -> None:
        """The record in hand did not kill anybody: its start does not count, even if the bus, away as well, could not
        be told so."""
        if self._begun_alone is not None:
            if len(self._excused) >= MOST_EXCUSED:
                self._excused.clear()
            self._excused[self._begun_alone] += 1
            self._begun_alone = None

    def _wait(
        self, subscription: Subscription | None, error: GordonError, failures: int, stopping: Callable[[], bool]
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


def _place(record: Record) -> Place:
    return (record.topic, record.partition, record.offset)
