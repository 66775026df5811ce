"""Where a flow test runs: on the embedded parts, and on Kafka and PostgreSQL."""

from __future__ import annotations

from collections.abc import Callable
from uuid import uuid4

import pytest

from tests.flow.stack import Address
from tests.servers.kafka import KafkaBroker


@pytest.fixture(params=["embedded", pytest.param("kafka", marks=[pytest.mark.kafka, pytest.mark.postgres])])
def address(request: pytest.FixtureRequest) -> Address:
    if request.param == "embedded":
        return Address("embedded", {})
    kafka: KafkaBroker = request.getfixturevalue("kafka_server")
    new_database: Callable[[], str] = request.getfixturevalue("new_postgres_database")
    return Address(
        "kafka",
        {
            "GORDON_BUS": f"kafka://{kafka.servers}",
            "GORDON_DATABASE": new_database(),
            "GORDON_TOPIC_PREFIX": f"flow{uuid4().hex[:8]}.",
            "GORDON_KAFKA__SESSION_TIMEOUT": "6s",
        },
    )
