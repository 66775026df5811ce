"""Many processes on one database: nobody fails, nothing is lost, nothing is doubled."""

from __future__ import annotations

import time
from concurrent.futures import ProcessPoolExecutor
from datetime import timedelta
from multiprocessing import get_context

import pytest
from msgspec.structs import replace

from gordon.polling import Found, Polled, Recorded
from gordon.records import RouteWrites
from store.database import Database, open_database
from store.ingest import Ingest
from store.outbox import Outbox
from store.route import Route
from store.status import completeness
from tests.contracts.store_samples import AT_LAST, EARLIER, NOW, feed, found, issue, join, message, recorded

WRITERS = 8
ROUNDS = 12


def poll_something(ingest: Ingest, owner: str, news: Found) -> None:
    """Takes a feed that is free, whichever, and records that it has brought this."""
    until = time.monotonic() + 60
    while time.monotonic() < until:
        claims = ingest.claim(owner, AT_LAST, AT_LAST + timedelta(minutes=1), 1)
        if claims:
            (claim,) = claims
            poll = Polled(host=claim.host.host, state=replace(claim.feeds[0], last_poll=NOW), found=(news,))
            assert ingest.record(owner, NOW, [poll], [claim.host]) == Recorded()
            ingest.release(owner, None)
            return
        time.sleep(0.005)
    raise AssertionError("no feed was ever free")


def write_a_lot(url: str, number: int) -> int:
    """What ingest, relay and route do, by turns. The count kept in an issue grows by one each time, read and written
    under the lock of the file."""
    database = open_database(url, timeout=60.0)  # eight on two slow cores wait longer than the 5 s of a daemon
    for turn in range(ROUNDS):
        one = 1000 * number + turn
        poll_something(Ingest(database), str(number), found(one))
        Outbox(database).lease("relay", str(number), NOW, 60)
        with Route(database).transaction() as transaction:
            transaction.unseen("route", [f"event-{one}", "shared"], NOW)
            transaction.lock_files(["visas", "passports"] if number % 2 else ["passports"])
            known = transaction.issues("passports", EARLIER, 100)
            count = known[0].issue.mentions + 1 if known else 1
            writes = RouteWrites(
                mentions=(recorded(one),),
                issues=(issue(1, mentions=count),),
                joins=(join(1, one),),
                messages=(message("t", one),),
            )
            transaction.write("route", writes)
    database.close()
    return number


@pytest.mark.hostile(77)
def test_eight_writers_at_once(database: Database) -> None:
    Ingest(database).sync_feeds([feed(number) for number in range(WRITERS + 2)], NOW)
    with ProcessPoolExecutor(WRITERS, mp_context=get_context("spawn")) as pool:
        done = list(pool.map(write_a_lot, [database.name] * WRITERS, range(WRITERS)))
    assert done == list(range(WRITERS))
    counts = completeness(database)
    total = WRITERS * ROUNDS
    assert (counts.found, counts.tagged, counts.missing, counts.issues, counts.outbox) == (
        total,
        total,
        0,
        1,
        2 * total,
    )
    with Route(database).transaction() as transaction:
        assert transaction.lock_files(["passports"]) == {"passports": total}
        (known,) = transaction.issues("passports", EARLIER, 100)
    assert known.issue.mentions == len(known.stories) == total
