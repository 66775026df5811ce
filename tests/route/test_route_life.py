"""What time alone does: clocks run out once and go up the chain, quiet issues sleep and wake."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from gordon.events import Assigned
from gordon.records import Item
from route.life import Life
from store.reads import issue as read_issue
from store.reads import issues as read_issues
from store.reads import item_history
from store.reads import items as read_items
from store.route import Route as RouteStore
from tests.route.route_desk import MONDAY, load, policy, tagged, write_desk
from tests.route.route_store import DELAYS, DELAYS_AGAIN, FEES, FILE, Desk

CLAIM = tagged(FEES, claims=["fee-doubles"])
WEEK = timedelta(days=7)


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path)


def life(desk: Desk, now: Callable[[], datetime]) -> Life:
    return Life(policy(desk.folder), RouteStore(desk.database), now=now, dormant_after=WEEK)


def after(desk: Desk, **span: float) -> Life:
    return life(desk, lambda: MONDAY + timedelta(**span))


def of_queue(desk: Desk, queue: str) -> Item:
    (item,) = read_items(desk.database, queue)
    return item


def told(desk: Desk) -> list[tuple[str, str, str]]:
    data = [event.data for event in desk.sent()]
    return [(one.queue, one.change, one.why) for one in data if isinstance(one, Assigned)]


def test_nothing_happens_in_time(desk: Desk) -> None:
    desk.stage.handle([CLAIM])
    report = after(desk, minutes=29).turn()
    assert (report.changes, report.breaches, report.dormant) == ([], [], 0)
    assert [change for _, change, _ in told(desk)] == ["opened"]


def test_a_clock_that_runs_out_goes_up_the_chain_once(desk: Desk) -> None:
    desk.stage.handle([CLAIM])
    turn = after(desk, minutes=31)
    assert turn.turn().breaches == [("rapid-correction", "acknowledge")]
    assert [turn.turn().breaches, after(desk, minutes=90).turn().breaches] == [[], []]
    why = "acknowledge was due 2026-11-23 15:30Z; goes to duty-desk"
    assert told(desk)[1:] == [
        ("rapid-correction", "escalated", why),
        ("duty-desk", "opened", f"escalated from rapid-correction: {why}"),
    ]
    late, next_one = of_queue(desk, "rapid-correction"), of_queue(desk, "duty-desk")
    assert late.fired == ("acknowledge",) and late.next_due == late.assigned.clocks["draft_by"]
    assert [member.person for member in next_one.assigned.team] == ["gordon"]
    assert next_one.assigned.clocks == {"acknowledge_by": MONDAY + timedelta(minutes=31, hours=4)}
    assert [(line.person, line.action, line.why) for line in item_history(desk.database, late.id)] == [
        ("", "escalate", why)
    ]


def test_several_clocks_at_once_are_one_change(desk: Desk) -> None:
    desk.stage.handle([CLAIM])
    report = after(desk, hours=3).turn()
    assert report.breaches == [("rapid-correction", "acknowledge"), ("rapid-correction", "draft")]
    assert [change for _, change, _ in told(desk)] == ["opened", "escalated", "opened"]
    assert of_queue(desk, "rapid-correction").next_due is None


def test_the_end_of_the_chain_says_so(desk: Desk) -> None:
    desk.stage.handle([tagged(DELAYS)])
    after(desk, hours=5).turn()
    assert told(desk)[-1] == (
        "duty-desk", "escalated", "acknowledge was due 2026-11-23 19:00Z; the queue escalates to nobody"
    )  # fmt: skip


def test_two_that_are_late_share_one_item_of_the_next_queue(desk: Desk) -> None:
    queues = """
queues:
  one: {clocks: {acknowledge: 10m}, escalate: chief}
  two: {clocks: {acknowledge: 10m}, escalate: chief}
  chief: {requires: {disciplines: [policy]}}
routes: [{when: {mentions: 1}, queue: one, continue: true}, {queue: two}]
"""
    write_desk(desk.folder, queues=queues)
    desk.another().handle([tagged(DELAYS)])
    report = after(desk, hours=1).turn()
    assert sorted((change.item.queue, change.item.assigned.change) for change in report.changes) == [
        ("chief", "opened"), ("one", "escalated"), ("two", "escalated")
    ]  # fmt: skip


def test_several_daemons_fire_a_clock_once(desk: Desk) -> None:
    desk.stage.handle([CLAIM])
    first, second = after(desk, minutes=31), after(desk, minutes=31)
    store = RouteStore(desk.database)
    with store.transaction() as transaction:
        seen = transaction.due_items(MONDAY + timedelta(minutes=31), 9)
    assert len(seen) == 1 and len(first.turn().breaches) == 1 and second.turn().breaches == []


def test_what_was_claimed_meanwhile_is_not_late(desk: Desk) -> None:
    from gordon.app import items

    desk.stage.handle([CLAIM])
    loaded, _ = load(desk.folder)
    items.claim(loaded, RouteStore(desk.database), of_queue(desk, "rapid-correction").id, "gordon", MONDAY)
    assert after(desk, minutes=31).turn().breaches == []
    assert after(desk, hours=3).turn().breaches == [("rapid-correction", "draft")]


def test_quiet_issues_sleep_and_wake(desk: Desk) -> None:
    desk.stage.handle([tagged(DELAYS)])
    assert after(desk, days=7).turn().dormant == 0
    assert after(desk, days=7, seconds=1).turn().dormant == 1
    assert after(desk, days=8).turn().dormant == 0
    (issue,) = read_issues(desk.database, FILE)
    assert issue.state == "dormant"
    desk.stage.handle([tagged(DELAYS_AGAIN)])
    (issue,) = read_issues(desk.database, FILE)
    assert (issue.state, issue.mentions) == ("open", 2)
    lines = [(line.action, line.other) for line in read_issue(desk.database, issue.id).changes]
    assert lines == [("dormant", ""), ("woke", "delays-2")]
