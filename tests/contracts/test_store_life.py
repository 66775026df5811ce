"""What happens to items and issues is kept, on every database: audit, clocks and pauses."""

from __future__ import annotations

from datetime import timedelta

import pytest
from msgspec.structs import replace

from gordon.records import IssueChange, ItemChange, Pause, RouteWrites
from store.backup import check
from store.database import Database
from store.reads import issue as read_issue
from store.reads import item as read_item
from store.reads import item_history
from store.route import Route
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


def test_the_history_of_an_issue_keeps_its_order(route: Route, database: Database) -> None:
    lines = tuple(
        IssueChange(issue="issue-1", at=NOW, person=person, action=action, why="corrigé")
        for person, action in (("", "dormant"), ("gordon", "closed"))
    )
    with route.transaction() as transaction:
        transaction.write("route", RouteWrites(issue_changes=lines[:1]))
        transaction.write("route", RouteWrites(issue_changes=lines[1:]))
        assert [one.id for one in transaction.issues_by_id(["issue-2", "nobody"])] == ["issue-2"]
    assert read_issue(database, "issue-1").changes == lines and read_issue(database, "issue-2").changes == ()
    assert check(database) == []
