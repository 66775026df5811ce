"""What people and metrics read, on every database."""

from __future__ import annotations

from datetime import timedelta

import pytest
from msgspec.structs import replace

from gordon.errors import NotFound
from store.database import Database
from store.dead import Dead, dead_by_stage, dead_letter, dead_letters
from store.feeds import feeds, feeds_by_outcome, poll_history
from store.ingest import Ingest
from store.outbox import Outbox
from store.reads import issue as read_issue
from store.reads import issues, items, mention, newest_items, newest_mentions
from store.reads import item as read_item
from store.status import completeness, oldest_open, open_items
from tests.contracts.store_samples import (
    EARLIER,
    LATER,
    NOW,
    feed,
    found,
    issue,
    item,
    join,
    letter,
    polled,
    record,
    recorded,
    write,
)


def test_nothing_yet(database: Database) -> None:
    counts = completeness(database)
    assert (counts.feeds, counts.found, counts.missing, counts.outbox, counts.outbox_oldest) == (0, 0, 0, 0, None)
    assert items(database) == [] and issues(database) == [] and feeds(database) == []
    assert newest_items(database, 5) == [] and newest_mentions(database, 5) == [] and dead_letters(database, 5) == []
    assert open_items(database) == {} and oldest_open(database) == {} and feeds_by_outcome(database) == {}


def test_completeness_of_a_mention_on_its_way(database: Database) -> None:
    ingest = Ingest(database)
    ingest.sync_feeds([feed(1), feed(2)], NOW)
    record(ingest, polled(1), [found(1), found(2), found(3)])
    counts = completeness(database)
    assert (counts.feeds, counts.found, counts.missing) == (2, 3, 3)
    assert (counts.outbox, counts.outbox_oldest) == (3, NOW)
    write(database, mentions=(recorded(1), recorded(2, files=())))
    counts = completeness(database)
    assert (counts.found, counts.tagged, counts.untagged, counts.dead, counts.missing) == (3, 1, 1, 0, 1)
    Outbox(database).published([row.id for row in Outbox(database).pending("ingest", 10)], LATER)
    assert (completeness(database).outbox, completeness(database).outbox_oldest) == (0, None)


def test_completeness_with_mentions_from_elsewhere_and_revisions(database: Database) -> None:
    ingest = Ingest(database)
    ingest.sync_feeds([feed(1)], NOW)
    record(ingest, polled(1), [found(1), found(1, revision=2)])
    write(database, mentions=(recorded(1, 1), recorded(1, 2), recorded(7), recorded(8, files=())))
    counts = completeness(database)
    assert (counts.found, counts.tagged, counts.untagged, counts.missing) == (4, 3, 1, 0)


def test_the_dead_count_once_and_only_while_they_are_dead(database: Database) -> None:
    ingest, dead = Ingest(database), Dead(database)
    ingest.sync_feeds([feed(1)], NOW)
    record(ingest, polled(1), [found(1), found(2), found(3)])
    dead.bury(
        [
            letter(1, subject="mention-1/1"),
            letter(2, subject="mention-1/1", stage="route"),
            letter(3, subject="mention-2/1"),
            letter(4, subject="mention-99/4"),
            letter(5, subject=""),
            letter(6, subject="item-17"),
            letter(7, subject="/1"),
            letter(8, subject="mention-1/" + "9" * 30),
            letter(9, subject="mention-1/²"),
        ]
    )
    write(database, mentions=(recorded(2),))
    counts = completeness(database)
    assert (counts.found, counts.tagged, counts.dead, counts.missing) == (4, 1, 2, 1)
    dead.mark_replayed("letter-1", LATER)
    assert completeness(database).dead == 2
    dead.mark_replayed("letter-2", LATER)
    counts = completeness(database)
    assert (counts.found, counts.dead, counts.missing) == (4, 1, 2)


def test_dead_letters_come_back_byte_for_byte(database: Database) -> None:
    dead = Dead(database)
    dead.bury([letter(1, subject="mention-1/1"), letter(2, died=LATER), letter(3, stage="route", died=EARLIER)])
    dead.bury([replace(letter(1), reason="changed"), letter(1)])
    expected = replace(letter(1, subject="mention-1/1"), error="it broke\ufffd", traceback="Traceback \ufffd ...")
    assert dead_letter(database, "letter-1") == expected
    assert [one.id for one in dead_letters(database, 10)] == ["letter-2", "letter-1", "letter-3"]
    assert [one.id for one in dead_letters(database, 1)] == ["letter-2"]
    dead.mark_replayed("letter-2", LATER)
    assert [one.id for one in dead_letters(database, 10)] == ["letter-1", "letter-3"]
    assert [one.replayed for one in dead_letters(database, 10, replayed=True)] == [LATER, None, None]
    assert dead_by_stage(database) == {"classify": 1, "route": 1}


def test_ids_may_be_shortened(database: Database) -> None:
    write(
        database,
        mentions=(recorded(1), recorded(1, 2), recorded(12), recorded(30)),
        issues=(issue(1), issue(2)),
        joins=(join(1, 30),),
        items=(item(20), item(21), item(3)),
    )
    assert mention(database, "mention-3").id == "mention-30"
    assert mention(database, "mention-1").id == "mention-1"
    assert read_issue(database, "issue-2").issue == issue(2)
    assert read_item(database, "item-3") == item(3)
    with pytest.raises(NotFound, match=r"no item 'item-2'; several begin with it, write more of it: item-20, item-21"):
        read_item(database, "item-2")
    with pytest.raises(NotFound, match="several begin with it"):
        mention(database, "mention-")
    for nonsense in ("", "%", "mention_1", "x" * 9000):
        with pytest.raises(NotFound):
            mention(database, nonsense)
    with pytest.raises(NotFound):
        read_issue(database, "nothing")
    with pytest.raises(NotFound):
        dead_letter(database, "nothing")
    with pytest.raises(NotFound):
        Dead(database).mark_replayed("nothing", NOW)


def test_a_mention_is_known_before_route_has_it(database: Database) -> None:
    Ingest(database).sync_feeds([feed(1)], NOW)
    record(Ingest(database), polled(1), [found(5)])
    trail = mention(database, "mention-5")
    assert (trail.found, trail.recorded, trail.items) == ((found(5).mention,), (), ())


def test_items_by_queue_and_state_oldest_first(database: Database) -> None:
    write(
        database,
        issues=(issue(1), issue(2, state="closed", last_seen=LATER), issue(3, file="visas", last_seen=EARLIER)),
        items=(
            item(1, opened=NOW, priority="high"),
            item(2, opened=EARLIER),
            item(3, queue="rapid", opened=LATER, state="closed"),
            item(4, queue="rapid", opened=LATER, priority="high"),
        ),
    )
    assert [one.id for one in items(database)] == ["item-2", "item-1", "item-4"]
    assert [one.id for one in items(database, "rapid")] == ["item-4"]
    assert [one.id for one in items(database, "rapid", open_only=False)] == ["item-3", "item-4"]
    assert [one.id for one in newest_items(database, 2)] == ["item-3", "item-4"]
    assert open_items(database) == {("duty-desk", "high"): 1, ("duty-desk", "normal"): 1, ("rapid", "high"): 1}
    assert oldest_open(database) == {"duty-desk": EARLIER, "rapid": LATER}
    assert [one.id for one in issues(database)] == ["issue-1", "issue-3"]
    assert [one.id for one in issues(database, "passports", states=("open", "dormant", "closed"))] == [
        "issue-2",
        "issue-1",
    ]
    assert [one.id for one in issues(database, most=1)] == ["issue-1"]


def test_one_issue_with_all_that_belongs_to_it(database: Database) -> None:
    write(
        database,
        mentions=(recorded(1), recorded(2, seen=EARLIER)),
        issues=(issue(1), issue(2)),
        joins=(join(1, 1), join(1, 2), join(2, 2)),
        items=(item(1, 1), item(2, 2)),
    )
    trail = read_issue(database, "issue-1")
    assert [story.mention for story in trail.stories] == ["mention-2", "mention-1"]
    assert {one.mention for one in trail.joins} == {"mention-1", "mention-2"}
    assert trail.items == (item(1, 1),)


def test_newest_mentions(database: Database) -> None:
    write(database, mentions=(recorded(1, seen=EARLIER), recorded(2, seen=LATER, files=()), recorded(3)))
    assert newest_mentions(database, 2) == [recorded(2, seen=LATER, files=()), recorded(3)]


def test_feeds_with_state_history_and_outcomes(database: Database) -> None:
    ingest = Ingest(database)
    ingest.sync_feeds([feed(1), feed(2), feed(3)], NOW)
    record(ingest, polled(1), [found(1)])
    record(ingest, polled(1, LATER, outcome="unchanged", status=304))
    record(ingest, polled(2, outcome="gone", status=410, stopped=True))
    (first, state), *_ = feeds(database)
    assert first == feed(1)
    assert state == polled(1, LATER, outcome="unchanged", status=304)
    assert feeds_by_outcome(database) == {"unchanged": 1, "stopped": 1, "never": 1}
    assert [note.status for note in poll_history(database, "blog-1", 10)] == [304, 200]
    assert [note.polled for note in poll_history(database, "blog-1", 1)] == [LATER]
    assert poll_history(database, "blog-3", 10) == []
    with pytest.raises(NotFound):
        poll_history(database, "unknown", 10)


def test_one_state_of_the_database_throughout(database: Database) -> None:
    """Counts taken one after the other in one reading agree, whatever is written meanwhile."""
    with database.reading() as connection:
        before = connection.exec_driver_sql("SELECT count(*) FROM mentions").scalar()
        write(database, mentions=(recorded(1),))
        assert connection.exec_driver_sql("SELECT count(*) FROM mentions").scalar() == before == 0
    assert completeness(database).found == 1
    assert completeness(database).tagged == 1


def test_times_keep_their_microseconds_and_come_back_in_utc(database: Database) -> None:
    write(database, mentions=(recorded(1, seen=NOW + timedelta(microseconds=1)),))
    (one,) = mention(database, "mention-1").recorded
    assert one.mention.seen == NOW + timedelta(microseconds=1)
    assert one.mention.seen.utcoffset() == timedelta(0)
