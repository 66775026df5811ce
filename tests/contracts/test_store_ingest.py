"""Promises of IngestStore, on every database."""

from __future__ import annotations

from datetime import timedelta

import pytest
from msgspec.structs import replace

from gordon.errors import Permanent
from store.database import Database
from store.feeds import feeds, poll_history
from store.ingest import Ingest
from store.outbox import Outbox
from store.reads import mention
from tests.contracts.store_samples import LATER, NOW, feed, found, polled
from tests.contracts.store_samples import mention as sample_mention


@pytest.fixture
def ingest(database: Database) -> Ingest:
    return Ingest(database)


def test_new_feeds_are_due_at_once(ingest: Ingest) -> None:
    ingest.sync_feeds([feed(2), feed(1, language="fr")], NOW)
    assert [state.id for state in ingest.due(NOW, 10)] == ["blog-1", "blog-2"]
    (first, _) = ingest.due(NOW, 10)
    assert (first.language, first.outcome, first.next_due, first.last_poll) == ("fr", "never", NOW, None)
    assert ingest.due(NOW - timedelta(microseconds=1), 10) == []
    assert ingest.next_due() == NOW


def test_no_feeds_no_due(ingest: Ingest) -> None:
    assert ingest.next_due() is None
    ingest.sync_feeds([], NOW)
    assert ingest.due(LATER, 10) == []


def test_state_comes_back_as_it_was_recorded(ingest: Ingest) -> None:
    ingest.sync_feeds([feed(1)], NOW)
    state = polled(1, failures=2, detail="temps dépassé", outcome="timeout", status=0, last_new=None)
    ingest.record_poll(state, [])
    assert ingest.due(NOW, 10) == []
    assert ingest.next_due() == state.next_due
    assert ingest.due(state.next_due, 10) == [state]


def test_longest_due_first_and_not_too_many(ingest: Ingest) -> None:
    ingest.sync_feeds([feed(1), feed(2), feed(3)], NOW)
    ingest.record_poll(polled(1, next_due=NOW + timedelta(seconds=3)), [])
    ingest.record_poll(polled(2, next_due=NOW + timedelta(seconds=1)), [])
    ingest.record_poll(polled(3, next_due=NOW + timedelta(seconds=2)), [])
    assert [state.id for state in ingest.due(LATER, 2)] == ["blog-2", "blog-3"]


def test_stopped_and_retired_feeds_are_not_due(ingest: Ingest, database: Database) -> None:
    ingest.sync_feeds([feed(1), feed(2), feed(3)], NOW)
    ingest.record_poll(polled(1, stopped=True), [])
    ingest.sync_feeds([feed(1), feed(3)], LATER)
    assert [state.id for state in ingest.due(LATER, 10)] == ["blog-3"]
    assert [one.id for one, _ in feeds(database)] == ["blog-1", "blog-3"]
    assert [one.id for one, _ in feeds(database, retired=True)] == ["blog-1", "blog-2", "blog-3"]


def test_retired_feed_comes_back_with_its_past(ingest: Ingest) -> None:
    ingest.sync_feeds([feed(1)], NOW)
    ingest.record_poll(polled(1), [found(1)])
    ingest.sync_feeds([], LATER)
    ingest.sync_feeds([feed(1)], LATER)
    assert ingest.due(LATER + timedelta(hours=1), 10) == [polled(1)]
    assert ingest.entries("blog-1", [found(1).identity])


def test_changed_url_starts_anew(ingest: Ingest, database: Database) -> None:
    ingest.sync_feeds([feed(1)], NOW)
    ingest.record_poll(polled(1, failures=4, stopped=True), [found(1)])
    ingest.sync_feeds([feed(1, url="https://neu.example/atom")], LATER)
    (state,) = ingest.due(LATER, 10)
    assert state.url == "https://neu.example/atom"
    assert (state.etag, state.last_modified, state.body_hash, state.failures, state.stopped) == ("", "", "", 0, False)
    assert state.last_poll == NOW
    assert ingest.entries("blog-1", [found(1).identity])
    assert len(poll_history(database, "blog-1", 10)) == 1


def test_moved_feed_stays_where_it_moved_when_the_desk_is_read_again(ingest: Ingest) -> None:
    ingest.sync_feeds([feed(1)], NOW)
    moved = polled(1, url="https://moved.example/feed")
    ingest.record_poll(moved, [])
    ingest.sync_feeds([feed(1)], LATER)
    assert ingest.due(LATER + timedelta(hours=1), 10) == [moved]


def test_entries_by_identity(ingest: Ingest) -> None:
    ingest.sync_feeds([feed(1), feed(2)], NOW)
    ingest.record_poll(polled(1), [found(1), found(2, revision=3)])
    known = ingest.entries("blog-1", [found(1).identity, found(2).identity, "unknown"])
    assert {entry.mention: (entry.revision, entry.fingerprint) for entry in known.values()} == {
        "mention-1": (1, "print-1-1"),
        "mention-2": (3, "print-2-3"),
    }
    assert set(known) == {found(1).identity, found(2).identity}
    assert ingest.entries("blog-2", [found(1).identity]) == {}
    assert ingest.entries("blog-1", []) == {}


@pytest.mark.parametrize("identity", ["x" * 20_000, "with\x00nul", "lone\ud800surrogate", "œ" * 3000])
def test_any_identity_is_found_again(ingest: Ingest, identity: str) -> None:
    ingest.sync_feeds([feed(1)], NOW)
    ingest.record_poll(polled(1), [replace(found(1), identity=identity)])
    assert ingest.entries("blog-1", [identity])[identity].mention == "mention-1"


def test_a_thousand_entries_at_once(ingest: Ingest) -> None:
    ingest.sync_feeds([feed(1)], NOW)
    everything = [found(number) for number in range(1500)]
    ingest.record_poll(polled(1), everything)
    assert len(ingest.entries("blog-1", [one.identity for one in everything])) == 1500
    assert ingest.outbox_size() == 1500


def test_messages_wait_in_the_outbox_in_order(ingest: Ingest, database: Database) -> None:
    ingest.sync_feeds([feed(1)], NOW)
    ingest.record_poll(polled(1), [found(3), found(1), found(2)])
    assert ingest.outbox_size() == 3
    rows = Outbox(database).pending("ingest", 10)
    assert [row.message for row in rows] == [found(3).message, found(1).message, found(2).message]


def test_recording_a_poll_again_changes_nothing(ingest: Ingest, database: Database) -> None:
    ingest.sync_feeds([feed(1)], NOW)
    for _ in range(2):
        ingest.record_poll(polled(1), [found(1), found(2)])
    assert ingest.outbox_size() == 2
    (note,) = poll_history(database, "blog-1", 10)
    assert (note.polled, note.outcome, note.status, note.new, note.edited) == (NOW, "ok", 200, 2, 0)


def test_known_revision_is_left_alone(ingest: Ingest, database: Database) -> None:
    ingest.sync_feeds([feed(1)], NOW)
    ingest.record_poll(polled(1), [found(1)])
    other = replace(found(1), fingerprint="other", mention=sample_mention(1, text="Another text."))
    ingest.record_poll(polled(1, LATER), [other])
    assert ingest.outbox_size() == 1
    assert mention(database, "mention-1").found == (found(1).mention,)
    assert ingest.entries("blog-1", [other.identity])[other.identity].fingerprint == "print-1-1"


def test_edited_entry_adds_a_revision(ingest: Ingest, database: Database) -> None:
    ingest.sync_feeds([feed(1)], NOW)
    ingest.record_poll(polled(1), [found(1)])
    ingest.record_poll(polled(1, LATER), [found(1, revision=2)])
    assert ingest.entries("blog-1", [found(1).identity])[found(1).identity].revision == 2
    assert mention(database, "mention-1").found == (found(1).mention, found(1, revision=2).mention)
    assert [(note.new, note.edited) for note in poll_history(database, "blog-1", 10)] == [(0, 1), (1, 0)]
    ingest.record_poll(polled(1), [found(1)])
    assert ingest.entries("blog-1", [found(1).identity])[found(1).identity].revision == 2
    assert ingest.due(LATER + timedelta(hours=1), 1) == [polled(1, LATER)]


def test_a_failing_poll_leaves_nothing(ingest: Ingest, database: Database) -> None:
    ingest.sync_feeds([feed(1)], NOW)
    stolen = replace(found(2), mention=replace(found(2).mention, id="mention-1"))
    with pytest.raises(Permanent):
        ingest.record_poll(polled(1), [found(1), stolen])
    assert ingest.outbox_size() == 0
    assert ingest.entries("blog-1", [found(1).identity]) == {}
    assert poll_history(database, "blog-1", 10) == []
    assert [state.id for state in ingest.due(NOW, 1)] == ["blog-1"]


def test_polling_a_feed_nobody_subscribed_keeps_it_retired(ingest: Ingest, database: Database) -> None:
    ingest.record_poll(polled(9), [])
    assert ingest.due(LATER + timedelta(hours=1), 10) == []
    assert [one.id for one, _ in feeds(database, retired=True)] == ["blog-9"]


def test_a_state_without_a_poll_adds_no_line(ingest: Ingest, database: Database) -> None:
    ingest.sync_feeds([feed(1)], NOW)
    ingest.record_poll(polled(1, last_poll=None), [])
    assert ingest.due(LATER + timedelta(hours=1), 1) == [polled(1, last_poll=None)]
    assert poll_history(database, "blog-1", 10) == []
