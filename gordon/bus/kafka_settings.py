"""What the Kafka bus needs beyond its address, and how the client library is told. Secrets stay out of repr."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class KafkaSettings:
    """Times in seconds. ``replication`` -1: as the broker is set. ``partitions``, ``replication`` and ``retention``
    count for topics that Gordon creates; the dead letters are kept for ever."""

    partitions: int = 6
    replication: int = -1
    retention: float = 30 * 86400.0
    session_timeout: float = 10.0
    request_timeout: float = 5.0
    delivery_timeout: float = 10.0
    security_protocol: str = "PLAINTEXT"
    sasl_mechanism: str | None = None
    sasl_username: str = ""
    sasl_password: str = field(default="", repr=False)
    ssl_cafile: str = ""
    ssl_certfile: str = ""
    ssl_keyfile: str = ""
    ssl_password: str = field(default="", repr=False)
