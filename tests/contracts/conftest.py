"""The bus and the database under test: who asks for ``bus_factory`` or ``database`` runs on every implementation."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from store.database import Database, open_database
from tests.contracts.bus_kinds import BusFactory
from tests.databases import new_sqlite, writers_begin_immediate


@pytest.fixture(params=["sqlite", pytest.param("kafka", marks=pytest.mark.kafka)])
def bus_factory(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[BusFactory]:
    if request.param == "sqlite":
        url = f"sqlite:///{tmp_path / 'log.db'}"
    else:
        url = f"kafka://{request.getfixturevalue('kafka_server').servers}"
    factory = BusFactory(request.param, url)
    yield factory
    factory.close()


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The address of a database that nobody has touched yet."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'gordon.db'}"
    url: str = request.getfixturevalue("new_postgres_database")()
    return url


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    """A database at the newest revision; other connections to it go to ``database.name``."""
    if request.param == "sqlite":
        opened = new_sqlite(tmp_path / "gordon.db")
    else:
        opened = open_database(request.getfixturevalue("migrated_postgres")())
    with writers_begin_immediate():
        yield opened
    opened.close()
