"""``gordon replay``: a stretch of the past goes through a stage once more, by its own code and loop, in this process.

Nothing is doubled: the same event has the same id, and route and every consumer drop ids that they know. Daemons may
run meanwhile.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from pathlib import Path

from msgspec import Struct

from gordon import log
from gordon.app.connect import connect_bus, connect_store, stage_bus
from gordon.app.daemon import owner_name, utc_now
from gordon.app.policy import Policy, make_tagger, read_policy
from gordon.app.prepare import ready
from gordon.app.route import make_stage
from gordon.bus import Bus, Message, Past, Record, Subscription
from gordon.errors import GordonError
from gordon.events import Event, Topics
from gordon.relay import Relay
from gordon.settings import Settings
from gordon.stage import Stage
from gordon.worker import Backoff, Worker
from store.database import Database
from store.outbox import Outbox

LOG = ("classify", "route")
OUTBOX = {"ingest": "ingest", "relay": "route"}
"""What publishes from an outbox, and whose: replaying it publishes again what the outbox still holds."""
STAGES = ("ingest", *LOG, "relay")


class Replayed(Struct, frozen=True, kw_only=True):
    """``read``: events handled again, or messages of an outbox to be published again; ``produced``: events that came
    of them on the bus, known ids among them; ``dead``: what could not be handled."""

    stage: str
    since: datetime
    read: int
    produced: int
    dead: int


class Since:
    """Of a stretch of the log, the records whose event has its time at or after ``since``. One without a readable time
    is in it."""

    def __init__(self, past: Past, since: datetime) -> None:
        self._past, self._since = past, since
        self.begin, self.commit, self.rewind, self.close = past.begin, past.commit, past.rewind, past.close

    def ended(self) -> bool:
        """Whether all was polled."""
        return self._past.exhausted

    def poll(self, timeout: float, most: int) -> Sequence[Record]:
        return [record for record in self._past.poll(timeout, most) if not self._earlier(record)]

    def _earlier(self, record: Record) -> bool:
        stamp = dict(record.headers).get("ce_time", b"").decode("ascii", "replace")
        try:
            moment = datetime.fromisoformat(stamp)
        except ValueError:
            return False
        return moment.tzinfo is not None and moment < self._since


class _Again:
    """The bus as the loop sees it: it publishes as ever, and whoever subscribes gets the past."""

    def __init__(self, bus: Bus, past: Since) -> None:
        self._past = past
        self.ensure, self.lag, self.tail, self.past = bus.ensure, bus.lag, bus.tail, bus.past
        self._bus = bus

    def publish(self, messages: Sequence[Message]) -> None:
        self._bus.publish(messages)

    def subscribe(self, topics: Sequence[str], group: str) -> Subscription:
        return self._past

    def close(self) -> None:
        self._bus.close()


class _Counts:
    """Observer of the loop: sums, a bar, and a line where it waits."""

    def __init__(self, tick: Callable[[int], None]) -> None:
        self.read = self.produced_events = self.dead = 0
        self._tick = tick

    def turned(self) -> None:
        pass

    def handled(self, events: int, seconds: float) -> None:
        self.read += events
        self._tick(events)

    def produced(self, events: Sequence[Event]) -> None:
        self.produced_events += len(events)

    def done(self, records: Sequence[Record]) -> None:
        pass

    def retried(self, events: int, error: GordonError, wait: float) -> None:
        log.logger().warning("waiting", error=str(error), seconds=wait)

    def recovered(self) -> None:
        log.logger().info("works again")

    def died(self, record: Record, reason: str, error: str) -> None:
        self.dead += 1
        place = f"{record.topic}/{record.partition}/{record.offset}"
        log.logger().error("dead letter", reason=reason, error=error[:500], origin=place)


def replay(
    stage: str, since: datetime, folder: Path, environ: Mapping[str, str], tick: Callable[[int], None]
) -> Replayed:
    """Handles again what the stage read since then, up to what is there now. ``tick`` is told of events as they are
    handled. Raises DeskInvalid, BusUnavailable and StoreUnavailable; nothing is lost by an end half-way."""
    policy = read_policy(folder, environ)
    settings = policy.desk.settings
    log.set_up(settings.log.level, settings.log.format, "replay")
    if stage in OUTBOX:
        database = ready(connect_store(settings, folder))
        try:
            again = Outbox(database).republish(OUTBOX[stage], since)
        finally:
            database.close()
        return Replayed(stage=stage, since=since, read=again, produced=0, dead=0)
    bus = stage_bus(settings, folder)
    try:
        if stage == "classify":
            counts = _handle(_classify(policy, settings), bus, settings, since, tick)
        else:
            counts = _route(policy, settings, folder, bus, since, tick)
    finally:
        bus.close()
    return Replayed(stage=stage, since=since, read=counts.read, produced=counts.produced_events, dead=counts.dead)


def _handle(stage: Stage, bus: Bus, settings: Settings, since: datetime, tick: Callable[[int], None]) -> _Counts:
    topics, counts = Topics(settings.topic_prefix), _Counts(tick)
    past = Since(bus.past(stage.reads, since), since)
    worker = Worker(
        stage,
        _Again(bus, past),
        group=topics.group(stage.name),
        dead_topic=topics.dead,
        observer=counts,
        backoff=Backoff(settings.worker.backoff_least, settings.worker.backoff_most),
        sleep=time.sleep,
        monotonic=time.monotonic,
        poll=0.5,
    )
    worker.run(past.ended, lambda: None)
    return counts


def _classify(policy: Policy, settings: Settings) -> Stage:
    from classify.matchers.spacy_runtime import Pipelines  # a replay of route must not pay for spaCy
    from classify.stage import Classify

    tagger = make_tagger(policy.desk, Pipelines())
    return Classify(tagger=tagger, policy_version=policy.desk.version, topics=Topics(settings.topic_prefix))


def _route(
    policy: Policy, settings: Settings, folder: Path, bus: Bus, since: datetime, tick: Callable[[int], None]
) -> _Counts:
    """Route's events leave by its outbox, which this process empties if no daemon does."""
    database = ready(connect_store(settings, folder))
    try:
        counts = _handle(make_stage(policy, settings, database, lambda report: None), bus, settings, since, tick)
        relay = _relay(settings, folder, database)
        counts.produced_events += relay.drain(bus)
        relay.release()
    finally:
        database.close()
    return counts


class _Quiet:
    """Observer of a relay that works once."""

    def published(self, messages: Sequence[Message]) -> None:
        pass

    def waiting(self, error: Exception) -> None:
        log.logger().warning("outbox waits", error=str(error))


def _relay(settings: Settings, folder: Path, database: Database) -> Relay:
    return Relay(
        "route",
        Outbox(database),
        lambda: connect_bus(settings, folder),
        owner=owner_name(),
        observer=_Quiet(),
        now=utc_now,
        monotonic=time.monotonic,
    )
