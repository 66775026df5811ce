"""Status of a desk whose mentions are held back: they are counted apart and leave nothing missing."""

from __future__ import annotations

from pathlib import Path

from msgspec.structs import replace

from gordon.app.status import status
from gordon.bus.sqlite import SqliteBus
from gordon.errors import BusUnavailable
from gordon.events import Topics
from store.held import release_held
from store.ingest import Ingest
from tests.contracts.store_samples import NOW, feed, found, polled, record
from tests.databases import new_sqlite


def _away() -> SqliteBus:
    raise BusUnavailable("away")


def test_what_is_held_is_not_found_yet(tmp_path: Path) -> None:
    database = new_sqlite(tmp_path / "gordon.db")
    ingest = Ingest(database)
    ingest.sync_feeds([feed(1)], NOW)
    record(ingest, polled(1), [replace(found(1), held="flood"), replace(found(2), held="page")])
    state = status(database, lambda: SqliteBus(tmp_path / "log.db"), Topics("gordon"))
    assert (state.held, state.found, state.missing, state.outbox, state.balanced) == (2, 0, 0, 0, True)
    assert release_held(database, "blog-1", NOW) == 1
    state = status(database, lambda: SqliteBus(tmp_path / "log.db"), Topics("gordon"))
    assert (state.held, state.found, state.missing, state.in_flight, state.balanced) == (1, 1, 1, 1, True)
    state = status(database, _away, Topics("gordon"))
    assert (state.held, state.found, state.balanced) == (1, 1, None)
    database.close()
