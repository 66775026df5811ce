"""Reading from Kafka: one member of a consumer group, and a reader without a group.

The notes of ``begin`` travel as metadata of the group's committed offsets, so they follow a partition to another host.
A commit is sent at once but not waited for: a broker takes its time to group commits (5 ms and more), and until it is
sure of one, a death only means that the work is redone. ``begin``, ``rewind`` and ``close`` wait.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from typing import Any

from gordon.bus import Record
from gordon.bus.kafka_client import (
    CLAIM_LOST,
    CLOSE,
    ConsumerRebalanceListener,
    KafkaConsumer,
    KafkaError,
    OffsetAndMetadata,
    RangePartitionAssignor,
    TopicPartition,
    errors,
    milliseconds,
    opened,
    quiet,
)
from gordon.bus.kafka_settings import KafkaSettings
from gordon.bus.notes import NOTHING, Note, after, begun, from_text, marked, to_text
from gordon.errors import BusUnavailable

LARGEST_FETCH = 4 * 1024 * 1024
SIGN_OF_LIFE = 5.0
"""Seconds of silence after which the broker is asked whether it is there: to the library, away looks like empty."""


def consumer_options(connection: Mapping[str, Any], settings: KafkaSettings) -> dict[str, Any]:
    """A consumer that never commits by itself and never shows what a transaction took back."""
    return {
        **connection,
        "enable_auto_commit": False,
        "auto_offset_reset": "earliest",
        "isolation_level": "read_committed",
        "partition_assignment_strategy": (RangePartitionAssignor,),
        "session_timeout_ms": milliseconds(settings.session_timeout),
        "heartbeat_interval_ms": milliseconds(min(3.0, settings.session_timeout / 3)),
        "max_poll_interval_ms": milliseconds(max(settings.most_between_polls, settings.session_timeout)),
        "max_partition_fetch_bytes": LARGEST_FETCH,
        "metrics_enabled": False,
    }


@dataclass(slots=True)
class Place:
    """A partition this member reads: the offset of the first uncommitted record, the note beside it, and the offset
    that is expected next."""

    committed: int
    note: Note = NOTHING
    next: int = 0


class Revoked(ConsumerRebalanceListener):  # type: ignore[misc]  # the library has no types
    """Remembers which partitions were taken away. Runs in the library's thread, and never raises."""

    def __init__(self) -> None:
        self.partitions: deque[Any] = deque()

    def on_partitions_revoked(self, revoked: Iterable[Any]) -> None:
        self.partitions.extend(revoked)

    def on_partitions_lost(self, lost: Iterable[Any]) -> None:
        self.partitions.extend(lost)

    def on_partitions_assigned(self, assigned: Iterable[Any]) -> None:
        pass


class KafkaSubscription:
    """One member of a group; ``gordon.bus.Subscription``.

    ``resets``: how often a partition did not go on where this member, or its group, had left it: the topic began anew,
    or retention took records that nobody had read. Reading goes on with the oldest record that there is."""

    def __init__(
        self,
        connection: Mapping[str, Any],
        settings: KafkaSettings,
        topics: Sequence[str],
        group: str,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._limit = milliseconds(settings.request_timeout)
        self._clock = clock
        self._topics = list(topics)
        self._places: dict[Any, Place] = {}
        self._unwritten: set[Any] = set()
        self._sent: frozenset[Any] = frozenset()
        self._done: dict[Any, int] = {}
        self._revoked = Revoked()
        self._closed = False
        self.resets = 0
        options = {**consumer_options(connection, settings), "group_id": group}
        self._consumer: Any = opened(KafkaConsumer, options, settings.request_timeout + 1.0)
        self._consumer.subscribe(self._topics, listener=self._revoked)
        self._heard = clock()

    def poll(self, timeout: float, most: int) -> Sequence[Record]:
        with errors("polling"):
            self._send()
            self._finish_joining()
            polled = self._consumer.poll(timeout_ms=milliseconds(timeout), max_records=most)
            self._forget_revoked()
            if not polled:
                self._check_life()
                return ()
            self._heard = self._clock()
            self._learn(polled)
        return [record for partition, records in polled.items() for record in self._records(partition, records)]

    def _finish_joining(self) -> None:
        """kafka-python 3.0.12 forgets a rebalance that it began because a topic changed, when a poll ends between the
        two answers of the broker: such a member would wait for ever, without partitions and without heartbeats. What
        an earlier poll has begun is finished by the next ones."""
        coordinator = self._consumer._coordinator
        if coordinator.rejoining:
            coordinator.request_rejoin()

    def _learn(self, polled: Mapping[Any, Sequence[Any]]) -> None:
        """Looks up what is committed in the partitions that are new to this member, and whether each goes on where it
        was left."""
        try:
            for partition, records in polled.items():
                if partition not in self._places:
                    self._places[partition] = self._place(partition, records[0].offset)
                self._check_offset(partition, records[0].offset)
        except KafkaError:
            for partition, records in polled.items():
                self._seek(partition, records[0].offset)
            raise
        for partition, records in polled.items():
            self._places[partition].next = records[-1].offset + 1

    def _place(self, partition: Any, first: int) -> Place:
        found = self._consumer.committed(partition, metadata=True, timeout_ms=self._limit)
        if found is None or found.offset < 0:
            return Place(first, next=self._done.get(partition, first))
        return Place(found.offset, from_text(found.metadata), found.offset)

    def _check_offset(self, partition: Any, first: int) -> None:
        """A gap alone is no loss: the marks of transactions take offsets too."""
        place = self._places[partition]
        if first == place.next:
            return
        if first > place.next:
            oldest = self._consumer.beginning_offsets([partition], timeout_ms=self._limit)[partition]
            if oldest <= place.next:
                return
        self.resets += 1
        self._places[partition] = Place(first, next=first)

    def _records(self, partition: Any, records: Sequence[Any]) -> list[Record]:
        note = self._places[partition].note
        converted = [to_record(record) for record in records]
        return [marked(note, record) for record in converted] if note else converted

    def _check_life(self) -> None:
        if self._clock() - self._heard >= SIGN_OF_LIFE:
            self._consumer.committed(TopicPartition(self._topics[0], 0), timeout_ms=self._limit)
            self._heard = self._clock()

    def _forget_revoked(self) -> None:
        while self._revoked.partitions:
            self._forget(self._revoked.partitions.popleft())

    def _forget(self, partition: Any) -> None:
        self._places.pop(partition, None)
        self._unwritten.discard(partition)

    def begin(self, records: Sequence[Record]) -> None:
        alone = len(records) == 1
        for partition, place, some in self._sorted_out(records):
            place.note = begun(place.note, some, alone=alone)
            self._unwritten.add(partition)
        self.flush()

    def commit(self, records: Sequence[Record]) -> None:
        for partition, place, some in self._sorted_out(records):
            last = max(record.offset for record in some)
            place.committed, place.note = max(place.committed, last + 1), after(place.note, last)
            self._done[partition] = place.committed
            self._unwritten.add(partition)
        with errors("committing"):
            self._send()

    def rewind(self) -> None:
        self._forget_revoked()
        for partition, place in self._places.items():
            self._seek(partition, place.committed)
            place.next = place.committed
            if place.note:
                place.note = NOTHING
                self._unwritten.add(partition)
        self.flush()

    def flush(self, limit: float | None = None) -> None:
        """Waits, at most ``limit`` seconds, until the broker has every offset and note of this member.
        Without effect when the group has gone on without it: the library then joins again at the next poll
        and starts from what is committed."""
        partitions = self._unwritten | (self._sent & self._places.keys())
        if not partitions or self._closed:
            return
        try:
            with errors("committing"):
                self._commit(self._offsets(partitions), milliseconds(limit) if limit else self._limit)
        except Lost:
            self._forget_all()
        else:
            self._unwritten, self._sent = set(), frozenset()
            self._heard = self._clock()

    def _commit(self, offsets: Mapping[Any, Any], limit: int) -> None:
        try:
            self._consumer.commit(offsets, timeout_ms=limit)
        except CLAIM_LOST as error:
            raise Lost from error

    def _send(self) -> None:
        """Sends what is unwritten, unless a commit is still under way: then it goes with the next."""
        if self._unwritten and not self._sent:
            self._sent = frozenset(self._unwritten)
            self._unwritten = set()
            places = {partition: self._places[partition] for partition in self._sent}
            self._consumer.commit_async(self._offsets(self._sent), callback=partial(self._answered, self._sent, places))

    def _answered(
        self, partitions: frozenset[Any], places: Mapping[Any, Place], offsets: object, answer: object
    ) -> None:
        """The library calls this from its next poll or commit, in our thread; it may come so late that this member
        has joined again meanwhile: what it learned since is not forgotten."""
        if self._sent is not partitions:
            return  # meanwhile written again, by ``flush``
        self._sent = frozenset()
        if isinstance(answer, CLAIM_LOST):
            for partition, place in places.items():
                if self._places.get(partition) is place:
                    self._forget(partition)
        elif isinstance(answer, Exception):
            self._unwritten |= partitions & self._places.keys()
        else:
            self._heard = self._clock()

    def _offsets(self, partitions: Iterable[Any]) -> dict[Any, Any]:
        places = {partition: self._places[partition] for partition in partitions}
        return {each: OffsetAndMetadata(place.committed, to_text(place.note), -1) for each, place in places.items()}

    def _forget_all(self) -> None:
        for partition in list(self._places):
            self._forget(partition)

    def close(self) -> None:
        if not self._closed:
            with suppress(BusUnavailable):
                self.flush(CLOSE)
            self._closed = True
            quiet(lambda: self._consumer.close(autocommit=False, timeout_ms=2000))

    def _seek(self, partition: Any, offset: int) -> None:
        if partition in self._consumer.assignment():
            self._consumer.seek(partition, offset)

    def _sorted_out(self, records: Sequence[Record]) -> list[tuple[Any, Place, list[Record]]]:
        """The records by partition, without those of partitions that are lost."""
        self._forget_revoked()
        found: dict[Any, list[Record]] = {}
        for record in records:
            found.setdefault(TopicPartition(record.topic, record.partition), []).append(record)
        return [(each, self._places[each], some) for each, some in found.items() if each in self._places]


class Lost(Exception):
    """The group has gone on without this member; never leaves this file."""


def to_record(record: Any) -> Record:
    """From the library's record; a header or key of foreign make may have no value."""
    return Record(
        record.topic,
        record.partition,
        record.offset,
        record.key.decode("utf-8", "replace") if record.key else "",
        record.value or b"",
        tuple([(name, value or b"") for name, value in record.headers]),
    )
