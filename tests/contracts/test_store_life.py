"""What happens to items and issues is kept, on every database: audit, clocks, moves, decisions, silences, hours."""

from __future__ import annotations

from datetime import timedelta

import pytest
from msgspec.structs import replace

from gordon.records import DeadLetter, Decisions, IssueChange, ItemChange, Move, Pause, RouteWrites, Routing
from store.backup import check
from store.database import Database
from store.reads import issue as read_issue
from store.reads import item as read_item
from store.reads import item_history
from store.route import Route
from store.status import completeness
from tests.contracts.store_samples import EARLIER, LATER, NOW, issue, item, join, recorded

HOUR = NOW.replace(minute=0, second=0, microsecond=0)


@pytest.fixture
def route(database: Database) -> Route:
    route = Route(database)
    writes = RouteWrites(
        mentions=(recorded(1, files=("passports", "visas")), recorded(2)),
        issues=(issue(1), issue(2), issue(3, file="visas", last_seen=EARLIER)),
        joins=(join(1, 1), join(2, 2), join(3, 1)),
        items=(
            replace(item(1, issue=1, opened=NOW), next_due=LATER),
            replace(item(2, issue=2, opened=EARLIER), next_due=NOW, fired=("acknowledge",)),
            replace(item(3, issue=2, opened=EARLIER, state="closed", queue="press"), next_due=EARLIER),
            item(4, issue=3, opened=LATER),
        ),
    )
    with route.transaction() as transaction:
        transaction.write("route", writes)
    return route


def test_an_item_comes_back_with_its_clocks_and_pauses(route: Route, database: Database) -> None:
    paused = replace(
        read_item(database, "item-1"),
        next_due=None,
        fired=("acknowledge", "draft"),
        pauses=(Pause(start=EARLIER, end=NOW), Pause(start=NOW)),
    )
    with route.transaction() as transaction:
        transaction.write("route", RouteWrites(items=(paused,)))
        assert transaction.items_by_id(["item-1", "nobody"]) == [paused]
    assert read_item(database, "item-1") == paused


def test_due_are_open_items_whose_clock_ran_out_longest_first(route: Route) -> None:
    with route.transaction() as transaction:
        assert [one.id for one in transaction.due_items(NOW - timedelta(seconds=1), 9)] == []
        assert [one.id for one in transaction.due_items(NOW, 9)] == ["item-2"]
        assert [one.id for one in transaction.due_items(LATER, 9)] == ["item-2", "item-1"]
        assert [one.id for one in transaction.due_items(LATER, 1)] == ["item-2"]


def test_open_items_come_oldest_first_page_by_page(route: Route) -> None:
    with route.transaction() as transaction:
        first = transaction.open_items(None, 2)
        assert [one.id for one in first] == ["item-2", "item-1"]
        assert [one.id for one in transaction.open_items(first[-1], 2)] == ["item-4"]
        assert transaction.open_items(transaction.open_items(first[-1], 2)[-1], 2) == []


def test_quiet_issues_are_open_and_not_seen_since(route: Route) -> None:
    with route.transaction() as transaction:
        assert [one.id for one in transaction.quiet_issues(NOW, 9)] == ["issue-3"]
        transaction.write("route", RouteWrites(issues=(issue(3, file="visas", last_seen=EARLIER, state="dormant"),)))
        assert transaction.quiet_issues(NOW, 9) == []


def test_the_audit_keeps_its_order(route: Route, database: Database) -> None:
    lines = tuple(
        ItemChange(item="item-1", at=NOW, person=person, action=action, why="à suivre")
        for person, action in (("gordon", "claim"), ("", "lapse"), ("alice", "claim"))
    )
    with route.transaction() as transaction:
        transaction.write("route", RouteWrites(item_changes=lines[:2]))
        transaction.write("route", RouteWrites(item_changes=lines[2:]))
    assert item_history(database, "item-1") == list(lines)
    assert item_history(database, "item-2") == []


def test_merged_issues_name_each_other_and_their_mentions_move(route: Route, database: Database) -> None:
    change = IssueChange(issue="issue-1", at=NOW, person="gordon", action="merged", other="issue-2", why="same story")
    with route.transaction() as transaction:
        transaction.write(
            "route",
            RouteWrites(
                issues=(issue(1, mentions=2), issue(2, state="closed", mentions=0, merged_into="issue-1")),
                joins=(join(2, 1),),
                moves=tuple(
                    Move(mention=name, source="issue-2", target="issue-1", why="merged")
                    for name in ("mention-2", "mention-1")
                ),
                issue_changes=(change,),
            ),
        )
        (gone,) = transaction.issues_by_id(["issue-2"])
    assert (gone.state, gone.merged_into) == ("closed", "issue-1")
    kept = read_issue(database, "issue-1")
    assert {(one.mention, one.why) for one in kept.joins} == {("mention-1", "same story"), ("mention-2", "merged")}
    assert kept.changes == read_issue(database, "issue-2").changes == (change,)
    assert read_issue(database, "issue-2").joins == () and check(database) == []


def test_issues_are_read_whole_with_what_was_merged_into_them(route: Route) -> None:
    gone = [issue(number, state="closed", mentions=0, merged_into=into) for number, into in ((4, "issue-1"), (5, "x"))]
    elsewhere = issue(6, file="visas", state="closed", merged_into="issue-1")
    with route.transaction() as transaction:
        transaction.write("route", RouteWrites(issues=(*gone, elsewhere), joins=(join(1, 2),)))
        assert transaction.absorbed(issue(1)) == [gone[0]] and transaction.absorbed(issue(2)) == []
        found = {one.issue.id: {story.mention for story in one.stories} for one in transaction.with_stories(
            ["issue-1", "issue-4", "nothing"]
        )}  # fmt: skip
        assert found == {"issue-1": {"mention-1", "mention-2"}, "issue-4": set()}
        assert transaction.with_stories([]) == transaction.recorded([]) == []
        told = transaction.recorded([("mention-1", 1), ("mention-1", 2), ("mention-9", 1)])
    assert told == [recorded(1, files=("passports", "visas"))]


def test_decisions_of_people_add_up_and_the_later_home_wins(route: Route) -> None:
    first = Decisions(homes={"mention-1": "issue-1"}, apart=frozenset({("issue-1", "issue-2")}))
    then = Decisions(homes={"mention-1": "issue-2", "mention-2": "issue-2"}, apart=first.apart)
    with route.transaction() as transaction:
        transaction.write("route", RouteWrites(decisions=(("passports", first),)))
        transaction.write("route", RouteWrites(decisions=(("passports", then),)))
        assert transaction.decisions(["passports", "visas"]) == {"passports": then, "visas": Decisions()}


def test_hours_are_counted_up(route: Route) -> None:
    with route.transaction() as transaction:
        assert transaction.counting_since() is None
        transaction.write("route", RouteWrites(hours=(("passports", HOUR), ("passports", HOUR), ("visas", HOUR))))
        transaction.write("route", RouteWrites(hours=(("passports", HOUR), ("passports", HOUR - timedelta(hours=1)))))
        assert transaction.hours(["passports", "taxes"], HOUR - timedelta(hours=1)) == {
            "passports": {HOUR: 3, HOUR - timedelta(hours=1): 1},
            "taxes": {},
        }
        assert transaction.hours(["visas"], HOUR + timedelta(seconds=1)) == {"visas": {}}
        assert transaction.counting_since() == HOUR - timedelta(hours=1)


def test_each_tag_is_routed_or_silenced_once(route: Route, database: Database) -> None:
    def routed(file: str, mention: int, silence: str = "") -> Routing:
        queues = () if silence else ("duty-desk",)
        return Routing(mention=f"mention-{mention}", revision=1, file=file, queues=queues, silence=silence)

    before = completeness(database)
    assert (before.tags, before.routed, before.silenced) == (3, 0, 0)
    with route.transaction() as transaction:
        transaction.write("route", RouteWrites(routings=(routed("passports", 1), routed("visas", 1, "quiet"))))
        transaction.write("route", RouteWrites(routings=(routed("passports", 2), routed("passports", 2))))
        strange = Routing(mention="mention-2", revision=1, file="not-tagged-with")
        transaction.write("route", RouteWrites(routings=(strange,)))
    after = completeness(database)
    assert (after.tags, after.routed, after.silenced, after.unrouted) == (3, 2, 1, 0)


def test_a_tag_whose_event_died_is_accounted_for_until_it_is_routed(route: Route, database: Database) -> None:
    letter = DeadLetter(
        id="letter-1", stage="route", reason="permanent", error="", traceback="", topic="gordon.tagged", partition=0,
        offset=1, attempts=1, key="visas", headers={}, value=b"", subject="mention-1/1", died=NOW,
    )  # fmt: skip
    with route.transaction() as transaction:
        transaction.bury([letter])
    counts = completeness(database)
    assert (counts.tags, counts.tags_dead, counts.unrouted) == (3, 1, 2)
    with route.transaction() as transaction:
        routed = Routing(mention="mention-1", revision=1, file="visas", queues=("duty-desk",))
        transaction.write("route", RouteWrites(routings=(routed,)))
    counts = completeness(database)
    assert (counts.tags, counts.tags_dead, counts.routed, counts.unrouted) == (3, 0, 1, 2)
