"""The relay on the real outbox and the real embedded log: in order, once marked, by one leader, in spite of faults."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from gordon.bus import Bus, Message
from gordon.bus.sqlite import SqliteBus
from gordon.errors import BusUnavailable, GordonError, Permanent
from gordon.polling import Feed, FeedState, Found
from gordon.relay import LEASE, Relay
from store.database import Database
from store.ingest import Ingest
from store.outbox import Outbox
from tests.contracts.store_samples import record
from tests.databases import new_sqlite
from tests.samples import MENTION

START = datetime(2026, 11, 1, tzinfo=UTC)


class Clock:
    def __init__(self) -> None:
        self.seconds = 0.0

    def now(self) -> datetime:
        return START + timedelta(seconds=self.seconds)

    def monotonic(self) -> float:
        return self.seconds


class Notes:
    def __init__(self) -> None:
        self.events = 0
        self.troubles: list[GordonError] = []

    def published(self, messages: Sequence[Message]) -> None:
        self.events += len(messages)

    def waiting(self, error: GordonError) -> None:
        self.troubles.append(error)


class Away:
    """The embedded log behind a line that is down for the first ``failures`` calls."""

    def __init__(self, bus: Bus, failures: int, error: GordonError) -> None:
        self._bus, self._left, self._error = bus, failures, error

    def ensure(self, topics: Sequence[str]) -> None:
        self._bus.ensure(topics)

    def publish(self, messages: Sequence[Message]) -> None:
        if self._left:
            self._left -= 1
            raise self._error
        self._bus.publish(messages)

    def close(self) -> None:
        self._bus.close()


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    made = new_sqlite(tmp_path / "gordon.db")
    yield made
    made.close()


def accept(database: Database, first: int, count: int) -> None:
    """Puts messages into the outbox of ingest, as a poll does."""
    state = FeedState(id=MENTION.feed, url="https://a.example/", host="a.example", last_poll=START, next_due=START)
    found = [
        Found(
            identity=f"e{number}",
            fingerprint="f",
            mention=type(MENTION)(**{**_fields(), "id": f"m{number}", "revision": 1}),
            message=Message("out", "one key", f"{number}".encode()),
        )
        for number in range(first, first + count)
    ]
    store = Ingest(database)
    store.sync_feeds([Feed(id=state.id, url=state.url)], START)
    assert not record(store, state, found).broken


def _fields() -> dict[str, object]:
    return {name: getattr(MENTION, name) for name in MENTION.__struct_fields__}


def read(path: Path) -> list[int]:
    bus = SqliteBus(path)
    tail = bus.tail("out", 0.1, from_start=True)
    found = [int(record.value) for record in tail.poll(0.2, 5000)]
    bus.close()
    return found


def relay(
    database: Database, path: Path, notes: Notes, clock: Clock, owner: str = "me", bus: Bus | None = None
) -> Relay:
    return Relay(
        "ingest",
        Outbox(database),
        lambda: bus or SqliteBus(path),
        owner=owner,
        observer=notes,
        now=clock.now,
        monotonic=clock.monotonic,
    )


def test_what_was_accepted_is_published_in_order_and_once(database: Database, tmp_path: Path) -> None:
    accept(database, 0, 1200)
    notes, log = Notes(), tmp_path / "log.db"
    made, bus = relay(database, log, notes, Clock()), SqliteBus(log)
    assert made.drain(bus) == 1200 and made.drain(bus) == 0
    assert read(log) == list(range(1200)) and notes.events == 1200
    assert Outbox(database).size("ingest") == 0
    bus.close()


@pytest.mark.hostile(96)
def test_there_is_one_leader_until_its_lease_runs_out(database: Database, tmp_path: Path) -> None:
    clock, log = Clock(), tmp_path / "log.db"
    first, second = (relay(database, log, Notes(), clock, owner) for owner in ("first", "second"))
    bus = SqliteBus(log)
    accept(database, 0, 1)
    assert first.drain(bus) == 1
    accept(database, 1, 1)
    assert second.drain(bus) == 0
    clock.seconds += LEASE + 1
    assert second.drain(bus) == 1 and first.drain(bus) == 0
    assert read(log) == [0, 1]
    bus.close()


@pytest.mark.hostile(61)
@pytest.mark.parametrize("error", [BusUnavailable("away"), Permanent("too large")])
def test_in_its_thread_it_outlives_faults_and_ends_empty(
    database: Database, tmp_path: Path, error: GordonError
) -> None:
    accept(database, 0, 3)
    log, notes, ended = tmp_path / "log.db", Notes(), threading.Event()
    made: list[Relay] = []

    def run() -> None:
        made.append(relay(database, log, notes, Clock(), bus=Away(SqliteBus(log), 1, error)))
        made[0].run(ended.is_set)

    thread = threading.Thread(target=run)
    thread.start()
    until = time.monotonic() + 10
    while notes.events < 3 and time.monotonic() < until:
        time.sleep(0.01)
    accept(database, 3, 2)
    ended.set()
    made[0].wake()
    thread.join(60)
    assert not thread.is_alive()
    assert read(log) == [0, 1, 2, 3, 4] and len(notes.troubles) == 1
    assert Outbox(database).lease("outbox.ingest", "another", START, LEASE), "the lease was not given back"
