"""Fixtures for the whole suite: one real Kafka and one real PostgreSQL for each process that runs
tests, started when first asked for."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.databases import migrated
from tests.servers.kafka import KafkaBroker, kafka_broker
from tests.servers.missing import started
from tests.servers.postgres import PostgresServer, postgres_server
from tests.servers.proxy import Proxy

ROOT = Path(__file__).parent


SLOW = ("chaos", "flow", "deploy", "contracts")
"""Folders whose tests wait for daemons and servers, the longest first: a long test that begins last is waited for by
all processes but one. The others work through the rest meanwhile, and then take over from the end."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    ranks = {ROOT / name: rank for rank, name in enumerate(SLOW)}
    items.sort(key=lambda item: ranks.get(item.path.parent, len(SLOW)))


@pytest.fixture(scope="session")
def kafka_server() -> Iterator[KafkaBroker]:
    """``servers`` ("127.0.0.1:port"), ``pid``, ``freeze``, ``thaw``, ``stop``, and ``start`` on the same data."""
    with ExitStack() as stack:
        yield started(stack, kafka_broker, os.environ)


@pytest.fixture
def kafka_proxy(kafka_server: KafkaBroker) -> Iterator[Proxy]:
    """The line to the broker, which can break: who connects to its ``port`` stays on it."""
    made = Proxy(kafka_server.behind, kafka_server.front)
    yield made
    made.close()


@pytest.fixture(scope="session")
def postgres_server_started() -> Iterator[PostgresServer]:
    """``new_database``, ``pid``, ``freeze``, ``thaw``, ``stop`` and ``start``."""
    with ExitStack() as stack:
        yield started(stack, postgres_server, os.environ)


@pytest.fixture
def new_postgres_database(postgres_server_started: PostgresServer) -> Callable[[], str]:
    """Each call gives the URL of a fresh, empty database."""
    return postgres_server_started.new_database


@pytest.fixture(scope="session")
def migrated_postgres(postgres_server_started: PostgresServer) -> Callable[[], str]:
    """Each call gives the URL of a fresh database at the newest revision."""
    template = migrated(postgres_server_started.new_database()).rpartition("/")[2]
    return lambda: postgres_server_started.new_database(template)


@pytest.fixture
def postgres_url(new_postgres_database: Callable[[], str]) -> str:
    """A fresh, empty database."""
    return new_postgres_database()
