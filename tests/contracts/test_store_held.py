"""What is held back, for a person or for its page: nothing lost, nothing twice, nothing before its time."""

from __future__ import annotations

from datetime import timedelta

import pytest
from msgspec.structs import replace
from sqlalchemy import delete

from gordon.bus import Message
from gordon.polling import Found, Hold, PageRead, PageTask, Polled, Recorded
from store.backup import check
from store.database import Database
from store.feeds import poll_history
from store.held import drop_held, held_by_feed, held_by_reason, held_mentions, release_held
from store.ingest import Ingest
from store.outbox import Outbox
from store.reads import mention
from store.status import completeness
from store.tables import revisions
from tests.contracts.store_samples import AT_LAST, LATER, NOW, OWNER, claims, due, feed, found, polled, record

LEASE = timedelta(minutes=1)


@pytest.fixture
def ingest(database: Database) -> Ingest:
    made = Ingest(database)
    made.sync_feeds([feed(1), feed(2)], NOW)
    return made


def held(number: int, why: Hold = "flood", *, revision: int = 1, text: str = "", page: str = "") -> Found:
    one = found(number, revision)
    url = page or one.mention.url
    one = replace(one, held=why, mention=replace(one.mention, url=url, text=text or one.mention.text))
    if not text:
        return one
    message = Message(topic=one.message.topic, key=one.message.key, value=text.encode(), headers=one.message.headers)
    return replace(one, fingerprint=text, message=message)


def messages(database: Database) -> list[bytes]:
    return [row.message.value for row in Outbox(database).pending("ingest", 100)]


def waiting(database: Database) -> list[tuple[str, str]]:
    return [(one.mention.id, one.mention.text) for one in held_mentions(database)]


def task(ingest: Ingest) -> PageTask:
    (one,) = [page for claim in claims(ingest) for page in claim.pages]
    return one


def page_read(ingest: Ingest, read: PageRead) -> bool:
    host = next(claim.host for claim in claims(ingest) if claim.host.host == read.task.host)
    done = ingest.record_page(OWNER, LATER, read, replace(host, delay=3.0))
    ingest.release(OWNER, None)
    return done


def test_what_is_held_is_known_but_tells_nobody(ingest: Ingest, database: Database) -> None:
    record(ingest, polled(1), [held(1), found(2), held(3, "page")], now=LATER)
    assert [(one.mention.id, one.reason, one.feed, one.since) for one in held_mentions(database)] == [
        ("mention-1", "flood", "blog-1", LATER), ("mention-3", "page", "blog-1", LATER)
    ]  # fmt: skip
    assert messages(database) == [found(2).message.value]
    assert held_by_reason(database) == {"flood": 1, "page": 1} and held_by_feed(database) == {"blog-1": 1}
    known = {one.mention: one.held for one in ingest.entries("blog-1", [found(n).identity for n in (1, 2, 3)])}
    assert known == {"mention-1": "flood", "mention-2": "", "mention-3": "page"}
    (line,) = poll_history(database, "blog-1", 9)
    assert (line.new, line.held) == (3, 2)
    counts = completeness(database)
    assert (counts.found, counts.held, counts.missing, counts.outbox) == (1, 2, 1, 1)


def test_held_of_one_feed(ingest: Ingest, database: Database) -> None:
    other = replace(held(9), identity="https://blog-2.example/9")
    record(ingest, polled(1), [held(1)])
    record(ingest, polled(2), [other])
    assert [one.mention.id for one in held_mentions(database, "blog-2")] == ["mention-9"]
    assert held_mentions(database, "nobody") == [] and release_held(database, "nobody", NOW) == 0
    assert release_held(database, "blog-2", NOW) == 1
    assert waiting(database) == [("mention-1", found(1).mention.text)]


def test_recording_again_holds_once(ingest: Ingest, database: Database) -> None:
    for _ in range(2):
        record(ingest, polled(1), [held(1), held(2, "page")])
    assert len(waiting(database)) == 2 and ingest.outbox_size() == 0


def test_what_changes_while_it_is_held_is_replaced_where_it_stands(ingest: Ingest, database: Database) -> None:
    record(ingest, polled(1), [held(1), held(2)], now=NOW)
    record(ingest, polled(1, LATER), [held(1, text="Mis à jour")], now=LATER)
    assert waiting(database) == [("mention-1", "Mis à jour"), ("mention-2", found(2).mention.text)]
    assert [one.since for one in held_mentions(database)] == [NOW, NOW]
    (entry,) = ingest.entries("blog-1", [found(1).identity])
    assert (entry.fingerprint, entry.revision, entry.held) == ("Mis à jour", 1, "flood")
    assert release_held(database, "blog-1", LATER) == 2
    assert messages(database) == ["Mis à jour".encode(), found(2).message.value]


def test_release_publishes_in_order_and_once(ingest: Ingest, database: Database) -> None:
    record(ingest, polled(1), [held(3), held(1), held(2), held(4, "page")])
    assert release_held(database, "blog-1", LATER) == 3
    assert messages(database) == [found(n).message.value for n in (3, 1, 2)]
    assert [row.message for row in Outbox(database).pending("ingest", 1)] == [held(3).message]
    assert mention(database, "mention-1").found == (held(1).mention,)
    assert release_held(database, "blog-1", LATER) == 0 and held_by_reason(database) == {"page": 1}
    counts = completeness(database)
    assert (counts.found, counts.held) == (3, 1)
    for again in (held(3), replace(held(3), held="")):
        record(ingest, polled(1), [again])
    assert len(messages(database)) == 3 and len(waiting(database)) == 1


def test_what_was_dropped_never_comes_again(ingest: Ingest, database: Database) -> None:
    record(ingest, polled(1), [held(1), held(2, "page")])
    assert drop_held(database, "blog-1") == 1 and drop_held(database, "blog-1") == 0
    (entry,) = ingest.entries("blog-1", [found(1).identity])
    assert (entry.revision, entry.held) == (1, "")
    for again in (held(1), replace(held(1), held="")):
        record(ingest, polled(1), [again])
    assert waiting(database) == [("mention-2", found(2).mention.text)] and messages(database) == []
    record(ingest, polled(1, LATER), [found(1, revision=2)])
    assert messages(database) == [found(1, revision=2).message.value], "an edit is news"


def test_what_is_held_or_dropped_is_no_damage_but_what_is_lost_is(ingest: Ingest, database: Database) -> None:
    record(ingest, polled(1), [held(1), held(2, "page"), found(3)])
    assert check(database) == []
    assert drop_held(database, "blog-1") == 1
    assert check(database) == []
    with database.writing() as connection:
        connection.execute(delete(revisions))
    assert check(database) == ["1 entries without a revision"]


def test_what_is_found_fit_to_publish_is_no_longer_held(ingest: Ingest, database: Database) -> None:
    record(ingest, polled(1), [held(1), held(2)])
    record(ingest, polled(1, LATER), [replace(held(1), held="")])
    assert messages(database) == [found(1).message.value]
    assert waiting(database) == [("mention-2", found(2).mention.text)]


def test_an_old_poll_that_is_recorded_again_takes_nothing_back(ingest: Ingest, database: Database) -> None:
    record(ingest, polled(1), [found(1), held(2)])
    newer = [held(1, revision=2, text="Second"), held(2, revision=2, text="Deuxième")]
    record(ingest, polled(1, LATER), newer)
    record(ingest, polled(1), [found(1), held(2), replace(held(2), held="")])
    assert waiting(database) == [("mention-2", "Deuxième"), ("mention-1", "Second")]
    assert messages(database) == [found(1).message.value]
    assert release_held(database, "blog-1", LATER) == 2
    assert messages(database) == [found(1).message.value, "Deuxième".encode(), b"Second"]


def test_a_page_that_was_read_is_published_instead(ingest: Ingest, database: Database) -> None:
    record(ingest, polled(1), [held(1, "page", page="https://pages.example/1")])
    read = PageRead(task=task(ingest), found=replace(held(1, text="Toute la page"), held=""))
    assert page_read(ingest, read)
    assert waiting(database) == [] and messages(database) == [b"Toute la page"]
    assert [one.text for one in mention(database, "mention-1").found] == ["Toute la page"]
    assert page_read(ingest, replace(read, task=replace(read.task, host="blog-1.example")))
    assert messages(database) == [b"Toute la page"], "only once"
    assert ingest.entries("blog-1", [found(1).identity])[0].held == ""
    record(ingest, polled(1), [held(1, "page")])
    assert waiting(database) == [], "published is published"


def test_a_page_that_failed_is_tried_again_when_it_is_due(ingest: Ingest, database: Database) -> None:
    record(ingest, polled(1, next_due=AT_LAST), [held(1, "page", page="https://pages.example/1")])
    record(ingest, polled(2, next_due=AT_LAST))
    again = replace(task(ingest), failures=1, next_due=NOW + 5 * LEASE)
    assert page_read(ingest, PageRead(task=again, found=None))
    assert ingest.next_due(NOW) == NOW + 5 * LEASE and claims(ingest, NOW + 4 * LEASE) == []
    (claim,) = claims(ingest, NOW + 5 * LEASE)
    assert claim.pages == (again,) and claim.host.delay == 3.0
    assert messages(database) == [] and len(waiting(database)) == 1


def test_what_changes_while_its_page_is_fetched_waits_for_its_page_again(ingest: Ingest, database: Database) -> None:
    record(ingest, polled(1), [held(1, "page", page="https://pages.example/1")])
    before = task(ingest)
    ingest.release(OWNER, None)
    record(ingest, polled(1, LATER), [held(1, "page", text="Corrigé", page="https://pages.example/1b")])
    for old in (replace(found(1), fingerprint="old"), None):
        assert page_read(ingest, PageRead(task=before, found=old))
    assert messages(database) == [] and waiting(database) == [("mention-1", "Corrigé")]
    assert (task(ingest).url, task(ingest).failures) == ("https://pages.example/1b", 0)


def test_a_page_and_a_feed_of_one_host_come_together(ingest: Ingest) -> None:
    record(ingest, polled(1, next_due=LATER), [held(1, "page")])
    (claim,) = [one for one in claims(ingest, LATER) if one.host.host == "blog-1.example"]
    assert [one.id for one in claim.feeds] == ["blog-1"] and [one.id for one in claim.pages] == ["mention-1"]


def test_a_page_waits_although_its_feed_is_retired(ingest: Ingest, database: Database) -> None:
    record(ingest, polled(1), [held(1, "page"), held(2)])
    ingest.sync_feeds([], LATER)
    assert due(ingest) == [] and task(ingest).id == "mention-1"
    ingest.release(OWNER, None)
    assert page_read(ingest, PageRead(task=task(ingest), found=found(1)))
    assert release_held(database, "blog-1", LATER) == 1 and len(messages(database)) == 2


def test_a_broken_poll_holds_nothing(ingest: Ingest, database: Database) -> None:
    hosts = [claim.host for claim in claims(ingest)]
    twins = [held(1), replace(held(2), mention=replace(held(2).mention, id="mention-1"))]
    polls = [
        Polled(host="blog-1.example", state=polled(1), found=tuple(twins)),
        Polled(host="blog-2.example", state=polled(2), found=(held(3, "page"),)),
    ]
    done = ingest.record(OWNER, NOW, polls, hosts)
    assert set(done.broken) == {"blog-1"} and done.refused == frozenset()
    assert [one for one, _ in waiting(database)] == ["mention-3"]
    assert ingest.record(OWNER, NOW, [], hosts) == Recorded()
