"""Fixtures for the whole suite: one real Kafka and one real PostgreSQL a test run, started when first asked for."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack
from typing import TypeVar

import pytest

from tests.servers.kafka import KafkaBroker, kafka_broker
from tests.servers.missing import Missing
from tests.servers.postgres import PostgresServer, postgres_server

S = TypeVar("S")


def started(stack: ExitStack, open_server: Callable[[], AbstractContextManager[S]]) -> S:
    """The server; where it is missing, a laptop skips with the remedy and CI fails."""
    try:
        return stack.enter_context(open_server())
    except Missing as missing:
        if os.environ.get("CI") == "true":
            pytest.fail(str(missing))
        pytest.skip(str(missing))


@pytest.fixture(scope="session")
def kafka_server() -> Iterator[KafkaBroker]:
    """``servers`` ("127.0.0.1:port"), ``pid``, ``freeze``, ``thaw``, ``stop``, and ``start`` on the same data."""
    with ExitStack() as stack:
        yield started(stack, kafka_broker)


@pytest.fixture(scope="session")
def postgres_server_started() -> Iterator[PostgresServer]:
    """``new_database``, ``pid``, ``freeze``, ``thaw``, ``stop`` and ``start``."""
    with ExitStack() as stack:
        yield started(stack, postgres_server)


@pytest.fixture
def new_postgres_database(postgres_server_started: PostgresServer) -> Callable[[], str]:
    """Each call gives the URL of a fresh, empty database."""
    return postgres_server_started.new_database


@pytest.fixture
def postgres_url(new_postgres_database: Callable[[], str]) -> str:
    """A fresh, empty database."""
    return new_postgres_database()
