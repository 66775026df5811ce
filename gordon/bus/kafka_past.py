"""Reading a stretch of the past from Kafka: all partitions of some topics, without a group, up to their ends now."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from datetime import datetime
from typing import Any

from gordon.bus import Record
from gordon.bus.kafka_client import KafkaConsumer, TopicPartition, errors, milliseconds, opened, quiet
from gordon.bus.kafka_settings import KafkaSettings
from gordon.bus.kafka_subscription import consumer_options, to_record


class KafkaPast:
    """``gordon.bus.Past``: begins with the first record that the broker got at or after ``since``."""

    def __init__(
        self, connection: Mapping[str, Any], settings: KafkaSettings, topics: Mapping[str, int], since: datetime
    ) -> None:
        """``topics``: with the number of their partitions."""
        limit = milliseconds(settings.request_timeout)
        options = {**consumer_options(connection, settings), "group_id": None}
        self._closed = False
        self._consumer: Any = opened(KafkaConsumer, options, settings.request_timeout + 1.0)
        with ExitStack() as unless_placed, errors("reading the past"):
            unless_placed.callback(self.close)
            places = [TopicPartition(topic, number) for topic, count in topics.items() for number in range(count)]
            self._consumer.assign(places)
            self._ends: Mapping[Any, int] = self._consumer.end_offsets(places, timeout_ms=limit)
            stamp = max(0, int(since.timestamp() * 1000))
            found = self._consumer.offsets_for_times(dict.fromkeys(places, stamp), timeout_ms=limit)
            self._starts = {place: found[place].offset if found.get(place) else self._ends[place] for place in places}
            self.rewind()
            unless_placed.pop_all()

    @property
    def exhausted(self) -> bool:
        with errors("reading the past"):
            return all(self._consumer.position(place) >= end for place, end in self._ends.items())

    def poll(self, timeout: float, most: int) -> Sequence[Record]:
        with errors("reading the past"):
            polled = self._consumer.poll(timeout_ms=milliseconds(timeout), max_records=most)
        return [
            to_record(record)
            for place, records in polled.items()
            for record in records
            if record.offset < self._ends[place]
        ]

    def begin(self, records: Sequence[Record]) -> None:
        pass

    def commit(self, records: Sequence[Record]) -> None:
        self._starts |= {TopicPartition(one.topic, one.partition): one.offset + 1 for one in records}

    def flush(self) -> None:
        """There is never anything to write."""

    def rewind(self) -> None:
        for place, offset in self._starts.items():
            self._consumer.seek(place, offset)

    def close(self) -> None:
        if not self._closed:
            self._closed = True
            quiet(lambda: self._consumer.close(autocommit=False, timeout_ms=2000))
