"""Publishing to Kafka, with a deadline of our own on every message and a producer that is replaced when it is stuck.

kafka-python 3.0.12 can stop for ever after one delivery timeout: the idempotent producer's state machine loses its way,
its thread idles and no future is ever done. A new producer in the same process works.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from gordon.bus import Message
from gordon.bus.kafka_client import TOO_LARGE, KafkaError, KafkaProducer, opened, quiet
from gordon.bus.kafka_settings import KafkaSettings
from gordon.errors import BusUnavailable, Permanent

LARGEST = 8 * 1024 * 1024
LARGEST_DEAD = 2 * LARGEST
"""A dead letter carries a whole message in base64, and more; it must always fit."""
OVERHEAD = 4096
"""Bytes for key, framing and the batch's own header, generously."""
GRACE = 1.0
"""Seconds after the library's delivery timeout until we stop believing in its answer."""


def producer_options(connection: Mapping[str, Any], settings: KafkaSettings) -> dict[str, Any]:
    """A producer that loses nothing and keeps the order of a key."""
    return {
        **connection,
        "acks": "all",
        "enable_idempotence": True,
        "max_in_flight_requests_per_connection": 5,
        "delivery_timeout_ms": round(settings.delivery_timeout * 1000),
        "request_timeout_ms": round(min(settings.request_timeout, settings.delivery_timeout) * 1000),
        "max_block_ms": round(settings.request_timeout * 1000),
        "max_request_size": LARGEST_DEAD,
        "batch_size": 128 * 1024,
        "linger_ms": 0,
        "metrics_enabled": False,
    }


class Publisher:
    """``replaced``: how many producers were given up."""

    def __init__(
        self,
        connection: Mapping[str, Any],
        settings: KafkaSettings,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.replaced = 0
        self._options = producer_options(connection, settings)
        self._settings = settings
        self._clock = clock
        self._producer: Any = None

    def publish(self, messages: Sequence[Message]) -> None:
        """All of them durable, or BusUnavailable. A batch that failed is sent once more, whole, by a new producer:
        some of it may then be there twice. Lasts at most about twice the delivery timeout."""
        try:
            self._send(messages)
        except BusUnavailable:
            if self._producer is None:  # it could not even be opened
                raise
            self._replace()
            try:
                self._send(messages)
            except BusUnavailable:
                if self._producer is not None:
                    self._replace()
                raise

    def _send(self, messages: Sequence[Message]) -> None:
        _refuse_too_large(messages)
        if self._producer is None:
            self._producer = opened(KafkaProducer, self._options, self._settings.request_timeout + GRACE)
        deadline = self._clock() + self._settings.delivery_timeout + GRACE
        send = self._producer.send
        try:
            futures = [send(m.topic, m.value, m.key.encode(), list(m.headers)) for m in messages]
            for future in futures:
                future.get(max(0.0, deadline - self._clock()))
        except TOO_LARGE as error:
            raise Permanent(f"a message is larger than Kafka takes: {error}") from error
        except (KafkaError, OSError) as error:
            raise BusUnavailable(f"not published: {type(error).__name__}: {error}") from error

    def _replace(self) -> None:
        self.replaced += 1
        self.close()

    def close(self) -> None:
        """Bounded, also when the producer is stuck."""
        producer, self._producer = self._producer, None
        if producer is not None:
            quiet(lambda: _end(producer))


def largest(topic: str) -> int:
    """What a message of this topic may weigh, in bytes."""
    return LARGEST_DEAD if topic.endswith("dead") else LARGEST


def _refuse_too_large(messages: Sequence[Message]) -> None:
    """Here, since a broker that refuses one leaves an idempotent producer useless."""
    for message in messages:
        weight = len(message.value) + sum(len(name) + len(value) for name, value in message.headers) + OVERHEAD
        if weight > largest(message.topic):
            raise Permanent(f"a message of {weight} bytes is larger than {message.topic} takes")


def _end(producer: Any) -> None:
    """``KafkaProducer.close`` raises when messages are unsent, and then leaves its thread and sockets behind for ever;
    only the sender's own method ends it. Everything that was promised to a caller is already decided here."""
    producer._unregister_cleanup()
    producer._sender.force_close()
    producer._sender.join()
    producer._closed = True
