"""What may be forgotten, on every database."""

from __future__ import annotations

from store.database import Database
from store.feeds import poll_history
from store.ingest import Ingest
from store.prune import prune_inbox, prune_polls, prune_readings
from store.route import Route
from tests.contracts.store_samples import EARLIER, LATER, NOW, feed, polled, record


def test_the_inbox_forgets_what_was_handled_before(database: Database) -> None:
    with Route(database).transaction() as transaction:
        transaction.unseen("route", ["old"], EARLIER)
        transaction.unseen("route", ["new"], NOW)
    assert prune_inbox(database, NOW) == 1
    with Route(database).transaction() as transaction:
        assert transaction.unseen("route", ["old", "new"], LATER) == {"old"}


def test_the_history_of_polls_is_cut_and_the_state_stays(database: Database) -> None:
    ingest = Ingest(database)
    ingest.sync_feeds([feed(1)], EARLIER)
    record(ingest, polled(1, EARLIER))
    record(ingest, polled(1, NOW))
    assert prune_polls(database, NOW) == 1
    assert [note.polled for note in poll_history(database, "blog-1", 10)] == [NOW]
    assert prune_polls(database, LATER) == 1
    assert ingest.next_due(NOW) == polled(1, NOW).next_due


def test_what_was_remembered_of_retired_feeds_goes_in_the_end(database: Database) -> None:
    ingest = Ingest(database)
    ingest.sync_feeds([feed(1), feed(2), feed(3)], EARLIER)
    for number, when in ((1, EARLIER), (2, EARLIER), (3, NOW)):
        record(ingest, polled(number, when), reading=b"seen")
    ingest.sync_feeds([feed(2)], NOW)
    assert prune_readings(database, NOW) == 1
    assert [ingest.reading(f"blog-{number}") for number in (1, 2, 3)] == [b"", b"seen", b"seen"]
