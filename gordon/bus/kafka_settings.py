"""What the Kafka bus needs beyond its address, and how the client library is told. Secrets stay out of repr."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class KafkaSettings:
    """Times in seconds. ``replication`` -1: as the broker is set. ``partitions``, ``replication`` and ``retention``
    count for topics that Gordon creates; the dead letters are kept for ever.

    ``most_between_polls``: after which a member that does not poll loses its partitions though its process lives;
    longer than the slowest batch (a dead process is noticed by ``session_timeout``). ``metadata_age``: after which it
    is seen that a topic got more partitions."""

    partitions: int = 6
    replication: int = -1
    retention: float = 30 * 86400.0
    session_timeout: float = 10.0
    request_timeout: float = 5.0
    delivery_timeout: float = 10.0
    most_between_polls: float = 300.0
    metadata_age: float = 60.0
    security_protocol: str = "PLAINTEXT"
    sasl_mechanism: str | None = None
    sasl_username: str = ""
    sasl_password: str = field(default="", repr=False)
    ssl_cafile: str = ""
    ssl_certfile: str = ""
    ssl_keyfile: str = ""
    ssl_password: str = field(default="", repr=False)
