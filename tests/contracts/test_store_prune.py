"""What may be forgotten, on every database."""

from __future__ import annotations

from store.database import Database
from store.feeds import poll_history
from store.ingest import Ingest
from store.prune import KINDS, count, prune
from store.route import Route
from tests.contracts.store_samples import EARLIER, LATER, NOW, feed, polled, record


def test_the_inbox_forgets_what_was_handled_before(database: Database) -> None:
    with Route(database).transaction() as transaction:
        transaction.unseen("route", ["old"], EARLIER)
        transaction.unseen("route", ["new"], NOW)
    assert prune(database, "inbox", NOW) == 1
    with Route(database).transaction() as transaction:
        assert transaction.unseen("route", ["old", "new"], LATER) == {"old"}


def test_the_history_of_polls_is_cut_and_the_state_stays(database: Database) -> None:
    ingest = Ingest(database)
    ingest.sync_feeds([feed(1)], EARLIER)
    record(ingest, polled(1, EARLIER))
    record(ingest, polled(1, NOW))
    assert prune(database, "polls", NOW) == 1
    assert [note.polled for note in poll_history(database, "blog-1", 10)] == [NOW]
    assert prune(database, "polls", LATER) == 1
    assert ingest.next_due(NOW) == polled(1, NOW).next_due


def test_what_was_remembered_of_retired_feeds_goes_in_the_end(database: Database) -> None:
    ingest = Ingest(database)
    ingest.sync_feeds([feed(1), feed(2), feed(3)], EARLIER)
    for number, when in ((1, EARLIER), (2, EARLIER), (3, NOW)):
        record(ingest, polled(number, when), reading=b"seen")
    ingest.sync_feeds([feed(2)], NOW)
    assert prune(database, "readings", NOW) == 1
    assert [ingest.reading(f"blog-{number}") for number in (1, 2, 3)] == [b"", b"seen", b"seen"]


def test_it_goes_step_by_step_and_counts_before(database: Database) -> None:
    with Route(database).transaction() as transaction:
        transaction.unseen("route", [f"old {number}" for number in range(25)], EARLIER)
        transaction.unseen("route", ["new"], NOW)
    assert count(database, "inbox", NOW) == (25, 1)
    assert prune(database, "inbox", NOW, step=10) == 25
    assert count(database, "inbox", NOW) == (0, 1)


def test_counting_changes_nothing_and_agrees_with_what_goes(database: Database) -> None:
    ingest = Ingest(database)
    ingest.sync_feeds([feed(1), feed(2)], EARLIER)
    for number in (1, 2):
        record(ingest, polled(number, EARLIER), reading=b"seen")
    ingest.sync_feeds([], NOW)
    told = {kind: count(database, kind, NOW) for kind in KINDS}
    assert {kind: count(database, kind, NOW) for kind in KINDS} == told
    assert told["polls"] == (2, 0) and told["readings"] == (2, 0)
    assert {kind: prune(database, kind, NOW) for kind in KINDS} == {kind: old for kind, (old, _) in told.items()}
    assert {kind: count(database, kind, NOW) for kind in KINDS} == {kind: (0, rest) for kind, (_, rest) in told.items()}
