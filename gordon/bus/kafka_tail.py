"""Reading one topic of Kafka without a group, for people who watch."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from typing import Any

from gordon.bus import Record
from gordon.bus.kafka_client import KafkaConsumer, TopicPartition, errors, milliseconds, opened, quiet
from gordon.bus.kafka_settings import KafkaSettings
from gordon.bus.kafka_subscription import consumer_options, to_record


class KafkaTail:
    """All partitions of one topic, without a group; positions live in memory only."""

    def __init__(
        self,
        connection: Mapping[str, Any],
        settings: KafkaSettings,
        topic: str,
        partitions: int,
        *,
        from_start: bool,
    ) -> None:
        options = {**consumer_options(connection, settings), "group_id": None}
        self._closed = False
        self._consumer: Any = opened(KafkaConsumer, options, settings.request_timeout + 1.0)
        with ExitStack() as unless_placed, errors("tailing"):
            unless_placed.callback(self.close)
            places = [TopicPartition(topic, number) for number in range(partitions)]
            self._consumer.assign(places)
            ask = self._consumer.beginning_offsets if from_start else self._consumer.end_offsets
            self._start = ask(places, timeout_ms=milliseconds(settings.request_timeout))
            self.rewind()
            unless_placed.pop_all()

    def poll(self, timeout: float, most: int) -> Sequence[Record]:
        with errors("polling"):
            polled = self._consumer.poll(timeout_ms=milliseconds(timeout), max_records=most)
        return [to_record(record) for records in polled.values() for record in records]

    def begin(self, records: Sequence[Record]) -> None:
        pass

    def commit(self, records: Sequence[Record]) -> None:
        pass

    def flush(self) -> None:
        """There is never anything to write."""

    def rewind(self) -> None:
        for partition, offset in self._start.items():
            self._consumer.seek(partition, offset)

    def close(self) -> None:
        if not self._closed:
            self._closed = True
            quiet(lambda: self._consumer.close(autocommit=False, timeout_ms=2000))
