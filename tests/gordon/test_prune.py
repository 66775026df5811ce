"""What is old enough is forgotten, what waits is not, and the database is asked once an hour at most."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

from gordon.app.prune import Pruner
from gordon.bus import Message
from gordon.polling import Feed, FeedState, Found
from gordon.settings import Retention
from store.feeds import poll_history
from store.ingest import Ingest
from store.outbox import Outbox
from tests.contracts.store_samples import record
from tests.databases import new_sqlite
from tests.samples import MENTION

START = datetime(2026, 11, 1, tzinfo=UTC)


def test_old_history_goes_and_what_waits_stays(tmp_path: Path) -> None:
    database = new_sqlite(tmp_path / "gordon.db")
    clock = [START]
    trims: list[datetime] = []
    state = FeedState(id=MENTION.feed, url="https://a.example/", host="a.example", next_due=START, last_poll=START)
    found = Found(identity="x", fingerprint="y", mention=MENTION, message=Message("t", "k", b"v"))
    store = Ingest(database)
    store.sync_feeds([Feed(id=state.id, url=state.url)], START)
    assert not record(store, state, [found]).broken
    prune = Pruner(database, Retention(polls="1h", outbox="1h"), lambda: clock[0], lambda now: trims.append(now))
    prune()
    assert len(poll_history(database, MENTION.feed, 10)) == 1
    clock[0] = START + timedelta(minutes=59)
    prune()
    assert len(poll_history(database, MENTION.feed, 10)) == 1
    clock[0] = START + timedelta(hours=3)
    prune()
    assert poll_history(database, MENTION.feed, 10) == []
    assert len(Outbox(database).pending("ingest", 10)) == 1
    assert trims == [START, START + timedelta(hours=3)]
    database.close()
