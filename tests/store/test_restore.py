"""An older copy is put back while the bus went on: what comes again has the same ids, and nothing is doubled."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from gordon.events import Event
from store.backup import backup, check
from store.database import open_database
from store.status import completeness
from tests.route.route_desk import mention, tagged
from tests.route.route_store import DELAYS, DELAYS_AGAIN, FEES, Desk

LATER = mention("later", "Harbour pilots vote on new rosters", "The vote of the pilots in the harbour ends on Friday.")


def handle(desk: Desk, events: Sequence[Event]) -> None:
    for event in events:
        assert list(desk.stage.handle([event])) == []


@pytest.mark.hostile(85)
def test_after_an_older_copy_is_restored_the_log_brings_back_the_rest_under_the_same_ids(tmp_path: Path) -> None:
    before, since = [tagged(DELAYS), tagged(FEES)], [tagged(DELAYS_AGAIN), tagged(LATER)]
    desk = Desk(tmp_path)
    handle(desk, before)
    backup(desk.database, tmp_path / "copy.db")
    handle(desk, since)
    counts, sent = completeness(desk.database), desk.sent()
    desk.database.close()
    for end in ("", "-wal", "-shm"):
        (tmp_path / f"gordon.db{end}").unlink(missing_ok=True)
    (tmp_path / "copy.db").rename(tmp_path / "gordon.db")
    desk.database = open_database(f"sqlite:///{tmp_path / 'gordon.db'}")
    desk.stage = desk.another()
    assert completeness(desk.database).tagged == len(before)
    handle(desk, [*before, *since])
    assert completeness(desk.database) == counts
    assert [event.id for event in desk.sent()] == [event.id for event in sent], "a consumer knows all that comes again"
    assert [event.data for event in desk.sent()] == [event.data for event in sent]
    handle(desk, [*since, *before])
    assert completeness(desk.database) == counts and len(desk.sent()) == len(sent)
    assert check(desk.database) == []
    desk.database.close()
