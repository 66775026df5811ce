"""Promises of IngestStore, on every database."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from msgspec.structs import replace

from gordon.errors import NotFound
from gordon.polling import Entry, Found, Hints, Polled, Recorded
from store.database import Database
from store.feeds import arrivals_by_language, feeds, poll_history, resume
from store.ingest import Ingest
from store.outbox import Outbox
from store.reads import mention
from tests.contracts.store_samples import EARLIER, LATER, NOW, OWNER, claims, due, feed, found, polled, record
from tests.contracts.store_samples import mention as sample_mention


@pytest.fixture
def ingest(database: Database) -> Ingest:
    return Ingest(database)


def entry(ingest: Ingest, number: int) -> Entry:
    (known,) = ingest.entries("blog-1", [found(number).identity])
    return known


def test_new_feeds_are_due_at_once(ingest: Ingest) -> None:
    ingest.sync_feeds([feed(2), feed(1, language="fr")], NOW)
    assert [state.id for state in due(ingest, NOW)] == ["blog-1", "blog-2"]
    (first, _) = due(ingest, NOW)
    assert (first.host, first.full_text, first.pushed, first.hints) == ("blog-1.example", False, False, Hints())
    assert (first.language, first.outcome, first.next_due, first.last_poll) == ("fr", "never", NOW, None)
    assert due(ingest, NOW - timedelta(microseconds=1)) == []
    assert ingest.next_due(NOW) == NOW


def test_no_feeds_no_due(ingest: Ingest) -> None:
    assert ingest.next_due(NOW) is None
    ingest.sync_feeds([], NOW)
    assert due(ingest, LATER) == []


def test_state_comes_back_as_it_was_recorded(ingest: Ingest) -> None:
    ingest.sync_feeds([feed(1)], NOW)
    habits = {"gap": 3600.5, "arrivals": 7, "hints": Hints(ttl=60.0, period=7200.0, skip_hours=(1, 23), skip_days=(6,))}
    moves = {"moved_to": "https://neu.example/à", "moved_times": 2, "moved_since": EARLIER}
    hub = {"hub": "https://hub.example/", "topic": "https://blog-1.example/feed"}
    failed = {"failures": 2, "detail": "temps dépassé", "outcome": "unreachable", "status": 0, "last_new": None}
    state = polled(1, **habits, **moves, **hub, **failed)
    record(ingest, state)
    assert due(ingest, NOW) == []
    assert ingest.next_due(NOW) == state.next_due
    assert due(ingest, state.next_due) == [state]


def test_stopped_and_retired_feeds_are_not_due(ingest: Ingest, database: Database) -> None:
    ingest.sync_feeds([feed(1), feed(2), feed(3)], NOW)
    record(ingest, polled(1, stopped=True))
    ingest.sync_feeds([feed(1), feed(3)], LATER)
    assert [state.id for state in due(ingest, LATER)] == ["blog-3"]
    assert [one.id for one, _ in feeds(database)] == ["blog-1", "blog-3"]
    assert [one.id for one, _ in feeds(database, retired=True)] == ["blog-1", "blog-2", "blog-3"]


def test_retired_feed_comes_back_with_its_past(ingest: Ingest) -> None:
    ingest.sync_feeds([feed(1)], NOW)
    record(ingest, polled(1), [found(1)])
    ingest.sync_feeds([], LATER)
    ingest.sync_feeds([feed(1)], LATER)
    assert due(ingest, LATER + timedelta(hours=1)) == [polled(1)]
    assert ingest.entries("blog-1", [found(1).identity])


def test_changed_url_starts_anew(ingest: Ingest, database: Database) -> None:
    ingest.sync_feeds([feed(1)], NOW)
    record(ingest, polled(1, failures=4, stopped=True), [found(1)])
    ingest.sync_feeds([feed(1, url="https://neu.example/atom")], LATER)
    (state,) = due(ingest, LATER)
    assert state.url == "https://neu.example/atom"
    assert (state.etag, state.last_modified, state.body_hash, state.failures, state.stopped) == ("", "", "", 0, False)
    assert state.last_poll == NOW
    assert ingest.entries("blog-1", [found(1).identity])
    assert len(poll_history(database, "blog-1", 10)) == 1


def test_a_poll_of_an_address_that_the_desk_has_changed_meanwhile_is_refused(ingest: Ingest) -> None:
    ingest.sync_feeds([feed(1), feed(2)], NOW)
    hosts = [claim.host for claim in claims(ingest)]
    ingest.sync_feeds([feed(1, url="https://blog-1.example/atom"), feed(2)], LATER)
    polls = [Polled(host=f"blog-{n}.example", state=polled(n), found=(found(n),)) for n in (1, 2)]
    assert ingest.record(OWNER, NOW, polls, hosts) == Recorded(refused=frozenset({"blog-1"}))
    (state, _) = due(ingest)
    assert (state.url, state.outcome, state.etag) == ("https://blog-1.example/atom", "never", "")
    assert not ingest.entries("blog-1", [found(1).identity]) and ingest.entries("blog-2", [found(2).identity])


def test_entries_by_identity(ingest: Ingest) -> None:
    ingest.sync_feeds([feed(1), feed(2)], NOW)
    record(ingest, polled(1), [found(1), found(2, revision=3)])
    known = ingest.entries("blog-1", [found(1).identity, found(2).identity, "unknown"])
    assert {entry.mention: (entry.revision, entry.fingerprint) for entry in known} == {
        "mention-1": (1, "print-1-1"),
        "mention-2": (3, "print-2-3"),
    }
    assert {entry.identity for entry in known} == {found(1).identity, found(2).identity}
    assert not ingest.entries("blog-2", [found(1).identity])
    assert not ingest.entries("blog-1", [])


@pytest.mark.parametrize("identity", ["x" * 20_000, "with\x00nul", "lone\ud800surrogate", "œ" * 3000])
def test_any_identity_is_found_again(ingest: Ingest, identity: str) -> None:
    ingest.sync_feeds([feed(1)], NOW)
    record(ingest, polled(1), [replace(found(1), identity=identity)])
    assert [entry.mention for entry in ingest.entries("blog-1", [identity])] == ["mention-1"]


def test_a_thousand_entries_at_once(ingest: Ingest) -> None:
    ingest.sync_feeds([feed(1)], NOW)
    everything = [found(number) for number in range(1500)]
    record(ingest, polled(1), everything)
    assert len(ingest.entries("blog-1", [one.identity for one in everything])) == 1500
    assert ingest.outbox_size() == 1500


def test_messages_wait_in_the_outbox_in_order(ingest: Ingest, database: Database) -> None:
    ingest.sync_feeds([feed(1)], NOW)
    record(ingest, polled(1), [found(3), found(1), found(2)])
    assert ingest.outbox_size() == 3
    rows = Outbox(database).pending("ingest", 10)
    assert [row.message for row in rows] == [found(3).message, found(1).message, found(2).message]


def test_recording_a_poll_again_changes_nothing(ingest: Ingest, database: Database) -> None:
    ingest.sync_feeds([feed(1)], NOW)
    for _ in range(2):
        record(ingest, polled(1), [found(1), found(2)])
    assert ingest.outbox_size() == 2
    (note,) = poll_history(database, "blog-1", 10)
    assert (note.polled, note.outcome, note.status, note.new, note.edited) == (NOW, "ok", 200, 2, 0)


def test_known_revision_is_left_alone(ingest: Ingest, database: Database) -> None:
    ingest.sync_feeds([feed(1)], NOW)
    record(ingest, polled(1), [found(1)])
    other = replace(found(1), fingerprint="other", mention=sample_mention(1, text="Another text."))
    record(ingest, polled(1, LATER), [other])
    assert ingest.outbox_size() == 1
    assert mention(database, "mention-1").found == (found(1).mention,)
    assert entry(ingest, 1).fingerprint == "print-1-1"


def test_edited_entry_adds_a_revision(ingest: Ingest, database: Database) -> None:
    ingest.sync_feeds([feed(1)], NOW)
    record(ingest, polled(1), [found(1)])
    record(ingest, polled(1, LATER), [found(1, revision=2)])
    assert entry(ingest, 1).revision == 2
    assert mention(database, "mention-1").found == (found(1).mention, found(1, revision=2).mention)
    assert [(note.new, note.edited) for note in poll_history(database, "blog-1", 10)] == [(0, 1), (1, 0)]
    record(ingest, polled(1), [found(1)])
    assert entry(ingest, 1).revision == 2
    assert due(ingest, LATER + timedelta(hours=1)) == [polled(1, LATER)]


def stolen(number: int) -> Found:
    """An entry that claims the mention of another one: no database takes it."""
    return replace(found(number), mention=replace(found(number).mention, id="mention-1"))


def test_a_broken_poll_leaves_nothing(ingest: Ingest, database: Database) -> None:
    ingest.sync_feeds([feed(1)], NOW)
    done = record(ingest, polled(1), [found(1), stolen(2)], reading=b"seen")
    assert list(done.broken) == ["blog-1"] and "UNIQUE" in done.broken["blog-1"].upper()
    assert ingest.outbox_size() == 0 and ingest.reading("blog-1") == b""
    assert not ingest.entries("blog-1", [found(1).identity])
    assert poll_history(database, "blog-1", 10) == []
    assert [state.outcome for state in due(ingest, NOW)] == ["never"]


def test_a_mention_that_is_another_entrys_breaks_the_poll(ingest: Ingest) -> None:
    """Also when that one came before: nothing is passed over in silence."""
    ingest.sync_feeds([feed(1), feed(2)], NOW)
    record(ingest, polled(1), [found(1)])
    assert list(record(ingest, polled(1, LATER), [stolen(2)]).broken) == ["blog-1"]
    assert list(record(ingest, polled(2), [found(1)]).broken) == ["blog-2"]


@pytest.mark.parametrize("broken", [1, 4, 7])
def test_a_broken_poll_among_good_ones_breaks_nothing_else(ingest: Ingest, broken: int) -> None:
    numbers = range(1, 8)
    ingest.sync_feeds([feed(number) for number in numbers], NOW)
    hosts = [replace(claim.host, delay=9.0) for claim in claims(ingest)]
    polls = [Polled(host=f"blog-{n}.example", state=polled(n), found=(found(n), found(100 + n))) for n in numbers]
    polls[broken - 1] = replace(polls[broken - 1], state=polled(broken, status=2**70))
    done = ingest.record(OWNER, NOW, polls, hosts)
    assert done.refused == frozenset() and set(done.broken) == {f"blog-{broken}"}
    assert ingest.outbox_size() == 12
    states = {state.id: state.outcome for state in due(ingest)}
    assert states == {f"blog-{n}": "never" if n == broken else "ok" for n in numbers}
    delays = {claim.host.host: claim.host.delay for claim in claims(ingest)}
    assert delays == {f"blog-{n}.example": 0.0 if n == broken else 9.0 for n in numbers}


def test_a_feed_that_is_retired_meanwhile_stays_so(ingest: Ingest, database: Database) -> None:
    ingest.sync_feeds([feed(1)], NOW)
    hosts = [claim.host for claim in claims(ingest)]
    ingest.sync_feeds([], LATER)
    poll = Polled(host=hosts[0].host, state=polled(1))
    assert ingest.record(OWNER, NOW, [poll], hosts) == Recorded()
    ingest.release(OWNER, None)
    assert due(ingest) == [] and ingest.next_due(NOW) is None
    assert feeds(database) == [] and [one.id for one, _ in feeds(database, retired=True)] == ["blog-1"]


def test_entries_by_link_and_content(ingest: Ingest) -> None:
    ingest.sync_feeds([feed(1), feed(2)], NOW)
    named = [replace(found(n), link=f"link-{n % 2}", content=f"content-{n}") for n in (1, 2, 3)]
    record(ingest, polled(1), [*named, found(4)])

    def known(*asked: list[str]) -> set[str]:
        entries = ingest.entries("blog-1", *asked)
        assert len(entries) == len({entry.mention for entry in entries})
        return {entry.mention for entry in entries}

    assert known([], ["link-1"]) == {"mention-1", "mention-3"}
    assert known([], [], ["content-2"]) == {"mention-2"}
    assert known([found(1).identity], ["link-1"], ["content-1", "content-2"]) == {"mention-1", "mention-2", "mention-3"}
    assert known([], [""], [""]) == set(), "an entry of old has neither, and is nobody's alias"
    assert not ingest.entries("blog-2", [], ["link-1"], ["content-1"])
    first = entry(ingest, 1)
    assert (first.link, first.content, first.held) == ("link-1", "content-1", "")
    record(ingest, polled(1, LATER), [replace(found(1, revision=2), link="link-9", content="content-9")])
    assert known([], ["link-9"]) == known([], [], ["content-9"]) == {"mention-1"}
    assert known([], [], ["content-1"]) == set()


def test_reading_is_kept_until_it_changes_or_the_address_does(ingest: Ingest) -> None:
    ingest.sync_feeds([feed(1), feed(2)], NOW)
    assert ingest.reading("blog-1") == b""
    record(ingest, polled(1), reading=b"\x00\xff" * 16)
    record(ingest, polled(2), reading=b"other")
    record(ingest, polled(1, LATER))
    ingest.sync_feeds([feed(2), replace(feed(1), title="Renamed", full_text=True)], LATER)
    assert ingest.reading("blog-1") == b"\x00\xff" * 16
    record(ingest, polled(1, LATER), reading=b"")
    assert ingest.reading("blog-1") == b""
    record(ingest, polled(1, LATER), reading=b"again")
    ingest.sync_feeds([feed(1, url="https://blog-1.example/atom"), feed(2)], LATER)
    assert ingest.reading("blog-1") == b"" and ingest.reading("blog-2") == b"other"


def test_desk_is_read_again_without_a_change(ingest: Ingest) -> None:
    ingest.sync_feeds([feed(1), feed(2)], NOW)
    record(ingest, polled(1))
    before = due(ingest)
    ingest.sync_feeds([feed(2), feed(1)], LATER)
    assert due(ingest) == before
    ingest.sync_feeds([feed(2), replace(feed(1), title="Neu", folder="", language="de", full_text=True)], LATER)
    assert due(ingest) == [replace(before[0], language="de", full_text=True), before[1]]


def test_a_feed_that_answers_nothing_gives_its_cause_a_way_back(ingest: Ingest, database: Database) -> None:
    ingest.sync_feeds([feed(1), feed(2)], NOW)
    record(ingest, polled(1, stopped=True, outcome="gone", failures=3))
    assert ingest.next_due(NOW) == NOW and [state.id for state in due(ingest)] == ["blog-2"]
    resume(database, "blog-1", LATER)
    (state, _) = due(ingest)
    assert (state.id, state.stopped, state.failures, state.next_due) == ("blog-1", False, 0, LATER)
    ingest.sync_feeds([feed(2)], LATER)
    for unknown in ("blog-1", "nobody"):
        with pytest.raises(NotFound, match="gordon feeds list"):
            resume(database, unknown, LATER)


def test_arrivals_by_language_and_hour(ingest: Ingest, database: Database) -> None:
    ingest.sync_feeds([feed(1)], NOW)

    def one(number: int, language: str, seen: datetime, revision: int = 1) -> Found:
        made = found(number, revision)
        return replace(made, mention=replace(made.mention, language=language, seen=seen))

    hour = NOW.replace(minute=0, second=0, microsecond=0)
    news = [one(1, "fr", NOW), one(2, "fr", hour), one(3, "en", NOW), one(4, "fr", hour - timedelta(seconds=1))]
    old = [one(5, "fr", EARLIER), replace(one(6, "fr", NOW), held="flood")]
    record(ingest, polled(1), [*news, *old])
    record(ingest, polled(1, LATER), [one(1, "fr", NOW, 2)])
    counts = {(count.language, count.start): count.number for count in arrivals_by_language(database, EARLIER)}
    assert counts == {("fr", hour): 2, ("en", hour): 1, ("fr", hour - timedelta(hours=1)): 1}
