"""The bus on Apache Kafka, by kafka-python (pinned: see ``kafka_producer`` for why each release must be tried)."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from functools import partial
from typing import Any, TypeVar

from gordon.bus import Message, Past, Subscription
from gordon.bus.kafka_client import (
    KafkaAdminClient,
    OffsetSpec,
    TopicPartition,
    bounded,
    connection_options,
    errors,
    opened,
    patient,
    quiet,
)
from gordon.bus.kafka_past import KafkaPast
from gordon.bus.kafka_producer import Publisher, largest
from gordon.bus.kafka_settings import KafkaSettings
from gordon.bus.kafka_subscription import KafkaSubscription
from gordon.bus.kafka_tail import KafkaTail
from gordon.errors import BusUnavailable

T = TypeVar("T")
EXISTS = 36
"""Kafka's error code for a topic that somebody else has just created."""


def topic_options(name: str, settings: KafkaSettings) -> dict[str, Any]:
    """How a topic is created. Dead letters stay for ever, and may be larger than what died. The broker's clock counts
    for retention, not the producer's: one that is a day ahead would be refused, one far behind would lose at once."""
    dead = name.endswith("dead")
    retention = -1 if dead else round(settings.retention * 1000)
    return {
        "num_partitions": settings.partitions,
        "replication_factor": settings.replication,
        "configs": {
            "retention.ms": str(retention),
            "max.message.bytes": str(largest(name)),
            "message.timestamp.type": "LogAppendTime",
        },
    }


class KafkaBus:
    """``gordon.bus.Bus`` on the brokers ``servers`` (each "host:port"). Connects at its first use."""

    def __init__(self, servers: Sequence[str], *, settings: KafkaSettings | None = None) -> None:
        self._settings = settings or KafkaSettings()
        self._connection = connection_options(servers, self._settings)
        self._publisher = Publisher(self._connection, self._settings)
        self._admin: Any = None
        self._partitions: dict[str, int] = {}
        self._open: list[KafkaSubscription | KafkaTail | KafkaPast] = []

    @property
    def producers_replaced(self) -> int:
        """How many producers were stuck, or could not deliver in time, and were given up."""
        return self._publisher.replaced

    @property
    def offset_resets(self) -> int:
        """How often a partition did not go on where it had been left: a topic began anew, or retention took records
        that nobody had read."""
        return sum(each.resets for each in self._open if isinstance(each, KafkaSubscription))

    def ensure(self, topics: Sequence[str]) -> None:
        missing = [topic for topic in dict.fromkeys(topics) if topic not in self._partitions]
        if not missing:
            return
        there = self._describe(missing)
        new = {topic: topic_options(topic, self._settings) for topic in missing if topic not in there}
        if new:
            self._create(new)
            there = self._wait_for(missing)
        self._partitions |= there

    def _wait_for(self, topics: Sequence[str]) -> dict[str, int]:
        """The topics, once every broker that is asked knows them: right after creation it may not."""
        until = time.monotonic() + self._settings.request_timeout
        while len(there := self._describe(topics)) < len(topics):
            if time.monotonic() >= until:
                raise BusUnavailable(f"Kafka created {', '.join(topics)}, but does not show them")
            time.sleep(0.02)
        return there

    def _create(self, topics: Mapping[str, Mapping[str, Any]]) -> None:
        answer = self._ask(lambda admin: admin.create_topics(topics, raise_errors=False))
        for topic in answer["topics"]:
            if topic["error_code"] not in (0, EXISTS):
                raise BusUnavailable(f"Kafka refuses to create {topic['name']}: {topic.get('error_message')}")

    def _describe(self, topics: Sequence[str]) -> dict[str, int]:
        """Partitions of each of the topics that exists, with a leader for each."""
        found = self._ask(lambda admin: admin.describe_topics(list(topics)))
        return {
            topic["name"]: len(topic["partitions"])
            for topic in found
            if not topic["error_code"] and all(part["leader_id"] >= 0 for part in topic["partitions"])
        }

    def publish(self, messages: Sequence[Message]) -> None:
        if messages:
            self.ensure([message.topic for message in messages])
            try:
                self._publisher.publish(messages)
            except BusUnavailable:
                self._partitions.clear()  # a broker that lost its disk comes back without them
                raise

    def subscribe(self, topics: Sequence[str], group: str) -> Subscription:
        self.ensure(topics)
        subscription = KafkaSubscription(self._connection, self._settings, topics, group)
        self._open.append(subscription)
        return subscription

    def lag(self, topics: Sequence[str], group: str) -> Mapping[str, int]:
        for subscription in self._open:
            subscription.flush()
        there = self._describe(topics)
        places = [TopicPartition(topic, number) for topic, count in there.items() for number in range(count)]
        behind = dict.fromkeys(topics, 0)
        if places:
            committed = self._ask(lambda admin: admin.list_group_offsets({group: places})).get(group, {})
            first, last = self._offsets(places, OffsetSpec.EARLIEST), self._offsets(places, OffsetSpec.LATEST)
            for place in places:
                known = committed.get(place)
                behind[place.topic] += last[place] - max(first[place], known.offset if known else 0)
        return behind

    def _offsets(self, places: Sequence[Any], which: Any) -> dict[Any, int]:
        found = self._ask(lambda admin: admin.list_partition_offsets(dict.fromkeys(places, which)))
        return {place: found[place].offset for place in places}

    def tail(self, topic: str, timeout: float, *, from_start: bool) -> Subscription:
        self.ensure([topic])
        subscription = KafkaTail(
            self._connection, self._settings, topic, self._partitions[topic], from_start=from_start
        )
        self._open.append(subscription)
        return subscription

    def past(self, topics: Sequence[str], since: datetime) -> Past:
        self.ensure(topics)
        counts = {topic: self._partitions[topic] for topic in topics}
        subscription = KafkaPast(self._connection, self._settings, counts, since)
        self._open.append(subscription)
        return subscription

    def close(self) -> None:
        for subscription in self._open:
            subscription.close()
        self._open.clear()
        self._publisher.close()
        self._forget_admin()

    def _ask(self, question: Callable[[Any], T]) -> T:
        """An answer of the admin client in bounded time; a client that failed is given up."""
        limit = self._settings.request_timeout + 1.0
        try:
            if self._admin is None:
                self._admin = opened(KafkaAdminClient, self._connection, limit)
            with errors("asking Kafka"):
                patiently = partial(patient, partial(question, self._admin), self._settings.request_timeout)
                return bounded(patiently, limit, "asking Kafka")
        except BusUnavailable:
            self._forget_admin()
            raise

    def _forget_admin(self) -> None:
        admin, self._admin = self._admin, None
        if admin is not None:
            quiet(admin.close)
