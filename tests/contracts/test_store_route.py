"""Promises of RouteStore and its transaction, on every database."""

from __future__ import annotations

import threading
import time
from datetime import timedelta

import pytest

from gordon.bus import Message
from gordon.errors import Permanent
from gordon.records import RouteWrites
from store.database import Database
from store.outbox import Outbox
from store.reads import issue as read_issue
from store.reads import item as read_item
from store.reads import items as read_items
from store.reads import mention as read_mention
from store.route import Route
from store.status import completeness, outbox_by_stage
from tests.contracts.store_samples import EARLIER, LATER, NOW, issue, item, join, letter, message, recorded, write


@pytest.fixture
def route(database: Database) -> Route:
    return Route(database)


def test_unseen_once_for_each_consumer(route: Route) -> None:
    with route.transaction() as first:
        assert first.unseen("route", ["b", "a", "b"], NOW) == {"a", "b"}
        assert first.unseen("route", ["a"], NOW) == set()
        assert first.unseen("route", [], NOW) == set()
    with route.transaction() as second:
        assert second.unseen("route", ["a", "c"], LATER) == {"c"}
        assert second.unseen("simulate", ["a", "c"], LATER) == {"a", "c"}


def test_rollback_leaves_nothing(route: Route, database: Database) -> None:
    with pytest.raises(KeyError), route.transaction() as transaction:
        transaction.unseen("route", ["a"], NOW)
        transaction.lock_files(["passports"])
        transaction.write(
            "route", RouteWrites(mentions=(recorded(1),), issues=(issue(1),), messages=(message("t", 1),))
        )
        transaction.bury([letter(1, subject="mention-9/1")])
        raise KeyError("the worker dies here")
    with route.transaction() as transaction:
        assert transaction.unseen("route", ["a"], NOW) == {"a"}
        assert transaction.lock_files(["passports"]) == {"passports": 0}
        assert transaction.issues("passports", EARLIER, 100) == []
    counts = completeness(database)
    assert (counts.found, counts.dead, counts.issues, counts.outbox) == (0, 0, 0, 0)


def test_everything_written_is_read_back(route: Route, database: Database) -> None:
    writes = RouteWrites(
        mentions=(recorded(1, files=("passports", "visas")), recorded(2, files=())),
        issues=(issue(1), issue(2, file="visas")),
        joins=(join(1, 1), join(2, 1)),
        items=(item(1, 1, team=("gordon", "maria")),),
        messages=(message("gordon.queue.duty-desk", 1),),
    )
    with route.transaction() as transaction:
        transaction.write("route", writes)
    trail = read_mention(database, "mention-1")
    assert trail.recorded == (writes.mentions[0],)
    assert trail.joins == writes.joins
    assert trail.issues == writes.issues
    assert trail.items == writes.items
    assert read_mention(database, "mention-2").recorded == (writes.mentions[1],)
    assert [row.message for row in Outbox(database).pending("route", 10)] == list(writes.messages)


def test_writing_again_changes_nothing(database: Database) -> None:
    rows = {"mentions": (recorded(1),), "issues": (issue(1),), "joins": (join(1, 1),), "items": (item(1),)}
    write(database, **rows)
    write(database, **rows)
    assert read_mention(database, "mention-1").recorded == rows["mentions"]
    assert read_issue(database, "issue-1").joins == rows["joins"]
    assert read_items(database) == list(rows["items"])


def test_a_mention_recorded_again_loses_its_former_tags(database: Database) -> None:
    write(database, mentions=(recorded(1, files=("passports", "visas")), recorded(2)))
    again = recorded(1, files=("visas",), policy_version="p2")
    write(database, mentions=(again,))
    assert read_mention(database, "mention-1").recorded == (again,)
    assert read_mention(database, "mention-2").recorded == (recorded(2),)
    untagged = recorded(1, files=(), policy_version="p3")
    write(database, mentions=(again, untagged))
    assert read_mention(database, "mention-1").recorded == (untagged,)
    assert (completeness(database).tagged, completeness(database).untagged) == (1, 1)


def test_revisions_stand_side_by_side_and_a_join_keeps_the_newest(route: Route, database: Database) -> None:
    write(database, mentions=(recorded(1, 2),), issues=(issue(1),), joins=(join(1, 1, 2, why="edited"),))
    write(database, mentions=(recorded(1, 1),), joins=(join(1, 1, 1, why="late"),))
    assert [one.mention.revision for one in read_mention(database, "mention-1").recorded] == [1, 2]
    assert read_issue(database, "issue-1").joins == (join(1, 1, 2, why="edited"),)
    write(database, mentions=(recorded(1, 3),), joins=(join(1, 1, 3),))
    with route.transaction() as transaction:
        ((_, stories),) = [(found.issue, found.stories) for found in transaction.issues("passports", EARLIER, 100)]
    assert [(story.mention, story.revision) for story in stories] == [("mention-1", 3)]


def test_later_rows_of_one_batch_win(database: Database) -> None:
    closed = item(1, state="closed", team=("maria",))
    write(
        database,
        mentions=(recorded(1),),
        issues=(issue(1), issue(1, title="Closed", state="closed", mentions=7)),
        items=(item(1, team=("gordon",)), closed),
    )
    assert read_issue(database, "issue-1").issue == issue(1, title="Closed", state="closed", mentions=7)
    assert read_item(database, "item-1") == closed


def test_issues_of_a_file_with_their_stories_oldest_first(route: Route, database: Database) -> None:
    long = "é" * 3000
    write(
        database,
        mentions=(recorded(1, seen=NOW), recorded(2, seen=EARLIER, text=long), recorded(3), recorded(4)),
        issues=(
            issue(1, last_seen=NOW),
            issue(2, last_seen=NOW, opened=EARLIER - timedelta(days=1), state="dormant"),
            issue(3, last_seen=EARLIER),
            issue(4, state="closed", merged_into="issue-1"),
            issue(5, file="visas"),
        ),
        joins=(join(1, 1), join(1, 2), join(2, 3), join(3, 4)),
    )
    with route.transaction() as transaction:
        found = transaction.issues("passports", NOW, 100)
        assert [one.issue.id for one in transaction.issues("passports", EARLIER, 100)] == [
            "issue-2",
            "issue-1",
            "issue-3",
        ]
        assert transaction.issues("unknown", EARLIER, 100) == []
    assert [(one.issue.id, [story.mention for story in one.stories]) for one in found] == [
        ("issue-2", ["mention-3"]),
        ("issue-1", ["mention-2", "mention-1"]),
    ]
    oldest = found[1].stories[0]
    assert (oldest.text, oldest.seen, oldest.language) == ("é" * 2000, EARLIER, "fr")
    assert found[1].issue == issue(1, last_seen=NOW)


def test_items_of_issues_and_load_of_people(route: Route, database: Database) -> None:
    write(
        database,
        issues=(issue(1), issue(2)),
        items=(
            item(1, 1, team=("gordon", "maria")),
            item(2, 1, team=("gordon",)),
            item(3, 2, team=("gordon", "li"), state="closed"),
        ),
    )
    with route.transaction() as transaction:
        assert [one.id for one in transaction.items_of(["issue-1", "unknown"])] == ["item-1", "item-2"]
        assert transaction.items_of([]) == []
        assert transaction.load() == {"gordon": 2, "maria": 1}
        transaction.write("route", RouteWrites(items=(item(2, 1, team=("li",)),)))
        assert transaction.load() == {"gordon": 1, "maria": 1, "li": 1}
        closed = RouteWrites(items=(item(1, 1, team=("gordon", "maria"), state="closed"),))
        transaction.write("route", closed)
        transaction.write("route", closed)
        assert transaction.load() == {"li": 1}
        both = (item(3, 2, team=("gordon",)), item(3, 2, team=("li", "maria")))
        transaction.write("route", RouteWrites(items=both))
        assert transaction.load() == {"li": 2, "maria": 1}, "of several rows the last counts"


def test_a_person_twice_on_a_team_counts_once(route: Route, database: Database) -> None:
    write(database, issues=(issue(1),), items=(item(1, team=("gordon", "gordon")),))
    with route.transaction() as transaction:
        assert transaction.load() == {"gordon": 1}


def test_counter_rises_for_every_file_of_a_written_issue(route: Route) -> None:
    with route.transaction() as transaction:
        assert transaction.lock_files(["visas", "passports"]) == {"passports": 0, "visas": 0}
        transaction.write("route", RouteWrites(issues=(issue(1), issue(2))))
    with route.transaction() as transaction:
        assert transaction.lock_files(["passports", "visas", "taxes"]) == {"passports": 1, "taxes": 0, "visas": 0}
        transaction.write("route", RouteWrites(mentions=(recorded(1),)))
        transaction.write("route", RouteWrites(issues=(issue(9, file="never-locked"),)))
    with route.transaction() as transaction:
        assert transaction.lock_files(["passports", "never-locked"]) == {"never-locked": 1, "passports": 1}
        assert transaction.lock_files([]) == {}


def test_messages_count_from_the_time_of_the_batch(route: Route, database: Database) -> None:
    with route.transaction() as transaction:
        transaction.unseen("route", ["a"], NOW)
        transaction.write("route", RouteWrites(messages=(message("t", 1),)))
    assert outbox_by_stage(database) == {"route": (1, NOW)}


def test_messages_without_a_batch_count_from_their_own_time(database: Database) -> None:
    bare = Message(topic="t", key="k", value=b"", headers=(("ce_time", b"\xff yesterday"),))
    write(database, messages=(bare,))
    assert outbox_by_stage(database) == {"route": (1, None)}
    write(database, messages=(message("t", 1), bare))
    (count, oldest) = outbox_by_stage(database)["route"]
    assert (count, oldest and oldest.isoformat()) == (3, "2026-11-22T14:00:00+00:00")


def test_nul_and_surrogates_do_not_stop_a_batch(database: Database) -> None:
    write(database, mentions=(recorded(1, text="a\x00b\ud800c"),))
    assert read_mention(database, "mention-1").recorded[0].mention.text == "a\ufffdb\ufffdc"


@pytest.mark.parametrize("revision", [2**63, 2**70])
def test_a_value_that_no_column_holds_is_permanent(database: Database, revision: int) -> None:
    with pytest.raises(Permanent):
        write(database, mentions=(recorded(1, revision),))
    assert completeness(database).found == 0


def test_a_join_without_its_mention_is_permanent(database: Database) -> None:
    with pytest.raises(Permanent):
        write(database, issues=(issue(1),), joins=(join(1, 404),))
    assert completeness(database).issues == 0


def test_two_transactions_on_one_file_wait_for_each_other(route: Route) -> None:
    """The second one gets its lock only after the first has ended, and then sees what the first wrote."""
    events: list[str] = []
    seen: list[int] = []
    locked = threading.Event()

    def second() -> None:
        locked.wait(60)
        with route.transaction() as transaction:
            counters = transaction.lock_files(["visas", "passports"])
            events.append("second")
            seen.append(counters["passports"])
            seen.append(len(transaction.issues("passports", EARLIER, 100)))

    with route.transaction() as transaction:
        transaction.lock_files(["passports", "taxes", "visas"])  # so that rows to be locked are there
    thread = threading.Thread(target=second)
    thread.start()
    with route.transaction() as transaction:
        transaction.lock_files(["passports", "taxes"])
        locked.set()
        time.sleep(0.3)  # long enough for the other to pass, if nothing held it up
        transaction.write("route", RouteWrites(issues=(issue(1),)))
        events.append("first")
    thread.join(60)
    assert events == ["first", "second"]
    assert seen == [1, 1]


def test_two_transactions_with_one_event_do_not_both_handle_it(route: Route) -> None:
    handled: list[set[str]] = []
    inside = threading.Event()

    def second() -> None:
        inside.wait(60)
        with route.transaction() as transaction:
            handled.append(transaction.unseen("route", ["a", "b"], NOW))

    thread = threading.Thread(target=second)
    thread.start()
    with route.transaction() as transaction:
        assert transaction.unseen("route", ["b"], NOW) == {"b"}
        inside.set()
        time.sleep(0.3)
    thread.join(60)
    assert handled == [{"a"}]


def test_holding_finds_the_issues_of_mentions_of_any_age_and_state(route: Route, database: Database) -> None:
    write(
        database,
        mentions=(recorded(1), recorded(2), recorded(3)),
        issues=(issue(1, state="closed", last_seen=EARLIER), issue(2, file="visas"), issue(3)),
        joins=(join(1, 1), join(1, 2), join(2, 1), join(3, 3)),
    )
    with route.transaction() as transaction:
        found = {entry.issue.id: entry for entry in transaction.holding(["mention-1", "mention-9"])}
        assert transaction.holding([]) == transaction.holding(["mention-9"]) == []
    assert found.keys() == {"issue-1", "issue-2"}
    assert found["issue-1"].issue.state == "closed"
    assert [(one.mention, one.url) for one in found["issue-1"].stories] == [
        ("mention-1", "https://blog-1.example/1"),
        ("mention-2", "https://blog-1.example/2"),
    ]


def test_of_a_file_with_too_many_mentions_the_issues_seen_last(route: Route, database: Database) -> None:
    later = [NOW + timedelta(hours=hour) for hour in range(5)]
    write(
        database,
        issues=(
            *(issue(number, last_seen=seen, mentions=10) for number, seen in enumerate(later)),
            issue(8, last_seen=later[4], mentions=1_000, file="visas"),
            issue(9, last_seen=later[4], mentions=1_000, merged_into="issue-1"),
        ),
    )
    with route.transaction() as transaction:
        found = {
            most: {one.issue.id for one in transaction.issues("passports", NOW, most)} for most in (50, 49, 20, 11)
        }
        assert {one.issue.id for one in transaction.issues("passports", later[3], 20)} == {"issue-3", "issue-4"}
    assert found[50] == found[49] == {f"issue-{number}" for number in range(5)}
    assert found[20] == found[11] == {"issue-3", "issue-4"}
