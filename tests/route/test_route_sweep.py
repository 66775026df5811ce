"""Teams follow people and desk: looked at again in time, changed with a reason, and never twice."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from gordon.app import items
from gordon.events import Assigned
from gordon.records import Item
from route.life import Life
from route.sweep import Sweep
from store.reads import item_history
from store.reads import items as read_items
from store.route import Route as RouteStore
from store.status import open_with_gaps
from tests.route.route_desk import MONDAY, PEOPLE, QUEUES, load, mention, policy, tagged, write_desk
from tests.route.route_store import DELAYS, FEES, Desk

CLAIM = tagged(FEES, claims=["fee-doubles"])
AMIRA = """
- id: amira
  disciplines: [policy, communications, media-relations]
  files: {passport-services: {expertise: lead, authority: [speak, approve]}}
  hours: {days: [mon, tue, wed, thu, fri], from: "12:00", to: "17:00", tz: America/Toronto}
"""
"""On duty from 17:00 UTC, two hours after MONDAY."""


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    made = Desk(tmp_path)
    yield made
    made.database.close()


class Watched:
    """A store that counts the pages of open items that are read."""

    def __init__(self, inner: Any) -> None:
        self.inner, self.pages = inner, 0

    @contextmanager
    def transaction(self) -> Iterator[Any]:
        with self.inner.transaction() as transaction:
            before = transaction.open_items
            yield Counted(transaction, lambda *given: self._read(before, *given))

    def _read(self, before: Any, *given: Any) -> Any:
        self.pages += 1
        return before(*given)


class Counted:
    """A transaction with another ``open_items``."""

    def __init__(self, inner: Any, open_items: Callable[..., Any]) -> None:
        self.inner, self.open_items = inner, open_items

    def __getattr__(self, name: str) -> Any:
        return getattr(self.inner, name)


class Clock:
    """A time that tests move."""

    def __init__(self) -> None:
        self.now = MONDAY + timedelta(seconds=2)

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


def life(desk: Desk, now: Callable[[], datetime]) -> Life:
    return Life(policy(desk.folder), RouteStore(desk.database), now=now, dormant_after=timedelta(days=7))


def told(desk: Desk) -> list[Assigned]:
    return [event.data for event in desk.sent() if isinstance(event.data, Assigned)]


def team(item: Item | Assigned) -> list[str]:
    assigned = item.assigned if isinstance(item, Item) else item
    return [member.person for member in assigned.team]


def of_queue(desk: Desk, queue: str) -> Item:
    (item,) = read_items(desk.database, queue)
    return item


def away(people: str) -> str:
    return people.replace("- id: gordon\n", "- id: gordon\n  away: [{from: 2026-11-23, to: 2026-12-20}]\n")


def test_nothing_changes_without_a_reason(desk: Desk, clock: Clock) -> None:
    desk.stage.handle([CLAIM, tagged(DELAYS)])
    turns = life(desk, clock)
    for hours in range(20):
        clock.now = MONDAY + timedelta(minutes=hours)
        assert turns.turn().changes == []
    assert [one.change for one in told(desk)] == ["opened", "opened"]


def test_who_is_away_is_replaced_with_a_reason_once(desk: Desk, clock: Clock) -> None:
    desk.stage.handle([CLAIM])
    write_desk(desk.folder, people=away(PEOPLE) + AMIRA.replace("12:00", "09:00"))
    first, second = life(desk, clock), life(desk, clock)
    assert [change.item.assigned.change for change in first.turn().changes] == ["reassigned"]
    assert [first.turn().changes, second.turn().changes] == [[], []], "another daemon finds it done"
    item = of_queue(desk, "rapid-correction")
    assert team(item) == ["amira", "noor"] and item.assigned.gaps == ()
    why = item.assigned.why.split("; ")
    assert why[0].startswith("gordon leaves the team: is away until 2026-12-20") and why[1].startswith(
        "amira joins the team: "
    )
    assert item.assigned.policy_version == policy(desk.folder).version
    (line,) = item_history(desk.database, item.id)
    assert (line.person, line.action, line.why) == ("", "reassign", item.assigned.why)
    explain = item.assigned.explain
    assert explain[1] == "route 1: claim is true -> rapid-correction"
    assert f"reassigned: {why[0]}" in explain and explain[-1] == "team: amira, noor"


def test_a_gap_closes_when_somebody_comes_on_duty(desk: Desk, clock: Clock) -> None:
    write_desk(desk.folder, people=away(PEOPLE) + AMIRA)
    desk.another(clock).handle([CLAIM])
    assert team(of_queue(desk, "rapid-correction")) == ["noor"]
    assert open_with_gaps(desk.database) == {"rapid-correction": 1}
    turns = life(desk, clock)
    assert turns.turn().changes == []
    clock.now = MONDAY + timedelta(minutes=20)
    assert turns.turn().changes == [], "nobody has come yet"
    clock.now = MONDAY + timedelta(hours=2, seconds=1)
    assert "reassigned" in [change.item.assigned.change for change in turns.turn().changes]
    item = of_queue(desk, "rapid-correction")
    assert team(item) == ["amira", "noor"] and "no gap any more: expertise lead" in item.assigned.why
    assert open_with_gaps(desk.database)["rapid-correction"] == 0


def test_the_team_grows_no_further_line_when_the_item_grows(desk: Desk, clock: Clock) -> None:
    desk.stage.handle([CLAIM])
    write_desk(desk.folder, people=away(PEOPLE) + AMIRA.replace("12:00", "09:00"))
    life(desk, clock).turn()
    copy = mention("fees-2", FEES.title, FEES.text)
    desk.another(clock).handle([tagged(copy, claims=["fee-doubles"])])
    item = of_queue(desk, "rapid-correction")
    assert (item.assigned.change, team(item)) == ("grew", ["amira", "noor"])
    assert any(line.startswith("reassigned: gordon leaves") for line in item.assigned.explain)


def test_who_was_full_and_closes_an_item_is_looked_for_again(desk: Desk, clock: Clock) -> None:
    full = "- id: gordon\n  disciplines: [communications]\n  capacity: 1\n"
    queues = "queues: {duty-desk: {requires: {disciplines: [communications]}}}\nroutes: [{queue: duty-desk}]\n"
    write_desk(desk.folder, people=full, queues=queues)
    desk.another(clock).handle([tagged(DELAYS)])
    store = Watched(RouteStore(desk.database))
    turns = Sweep(policy(desk.folder), store)
    assert [turns.turn(clock.now), turns.turn(clock.now), store.pages] == [[], [], 1]
    items.close(load(desk.folder)[0], RouteStore(desk.database), of_queue(desk, "duty-desk").id, "gordon", clock.now)
    assert [turns.turn(clock.now), turns.turn(clock.now), store.pages] == [[], [], 2]


def test_oldest_first_and_in_pages(desk: Desk, clock: Clock) -> None:
    for number in range(7):
        clock.now = MONDAY + timedelta(seconds=number)
        words = " ".join(f"w{number}x{part}" for part in range(5))
        desk.another(clock).handle([tagged(mention(f"m{number}", words))])
    write_desk(desk.folder, people=away(PEOPLE) + AMIRA.replace("12:00", "09:00"))
    sweep = Sweep(policy(desk.folder), RouteStore(desk.database), page=2, pages=2)
    seen = [[change.item.opened for change in sweep.turn(clock.now)] for _ in range(3)]
    assert [len(page) for page in seen] == [4, 3, 0]
    order = [opened for page in seen for opened in page]
    assert order == sorted(order)


def test_an_item_whose_queue_is_gone_goes_on_in_the_last_one(desk: Desk, clock: Clock) -> None:
    desk.stage.handle([CLAIM])
    queues = "queues: {duty-desk: {requires: {disciplines: [communications]}}}\nroutes: [{queue: duty-desk}]\n"
    write_desk(desk.folder, queues=queues)
    life(desk, clock).turn()
    assert life(desk, clock).turn().changes == []
    old, new = told(desk)[1:]
    why = "the desk has no queue rapid-correction any more; goes on in duty-desk"
    assert (old.queue, old.change, old.why) == ("rapid-correction", "closed", why)
    assert (new.queue, new.change, new.issue) == ("duty-desk", "opened", old.issue)


def test_what_the_queue_requires_anew_is_found_or_named(desk: Desk, clock: Clock) -> None:
    desk.stage.handle([tagged(DELAYS)])
    assert team(of_queue(desk, "duty-desk")) == ["gordon"]
    wider = QUEUES.replace("disciplines: [communications]}", "disciplines: [communications, web-communications, law]}")
    write_desk(desk.folder, queues=wider.replace(", law", ""), people=PEOPLE)
    life(desk, clock).turn()
    item = of_queue(desk, "duty-desk")
    assert team(item) == ["gordon", "noor"] and item.assigned.why.startswith("noor joins the team: ")


GAPS = QUEUES.replace("    escalate: duty-desk", "    escalate: watch\n    escalate_on: [gap]").replace(
    "watch: {requires: {disciplines: [media-relations]}}",
    "watch: {requires: {disciplines: [media-relations]}, escalate: duty-desk, escalate_on: [breach, gap]}",
)


def test_a_gap_goes_up_the_chain_at_once_and_once(desk: Desk, clock: Clock) -> None:
    write_desk(desk.folder, people=away(PEOPLE), queues=GAPS)
    stage = desk.another(clock)
    stage.handle([CLAIM])
    found = [(one.queue, one.change) for one in told(desk)]
    assert found == [
        ("rapid-correction", "opened"),
        ("rapid-correction", "escalated"),
        ("watch", "opened"),
        ("watch", "escalated"),
        ("duty-desk", "opened"),
    ]
    assert told(desk)[1].why == (
        "nobody covers discipline policy, discipline communications, expertise lead, authority approve; goes to watch"
    )
    assert told(desk)[3].why == "nobody covers discipline media-relations; goes to duty-desk"
    stage.handle([tagged(mention("fees-2", FEES.title, FEES.text), claims=["fee-doubles"])])
    turns = life(desk, clock)
    clock.now = MONDAY + timedelta(hours=1)
    assert turns.turn().breaches == [("rapid-correction", "acknowledge")]
    late = [one for one in told(desk) if one.change == "escalated"][-1]
    assert late.why.endswith("; the queue escalates to nobody"), "its chain is for gaps alone"
    assert [one.change for one in told(desk)].count("opened") == 3


def test_a_gap_that_opens_later_goes_up_too(desk: Desk, clock: Clock) -> None:
    write_desk(desk.folder, queues=GAPS)
    desk.another(clock).handle([CLAIM])
    assert [one.change for one in told(desk)] == ["opened"]
    write_desk(desk.folder, people=away(PEOPLE), queues=GAPS)
    life(desk, clock).turn()
    assert [(one.queue, one.change) for one in told(desk)][1:3] == [
        ("rapid-correction", "reassigned"), ("rapid-correction", "escalated")
    ]  # fmt: skip
    lines = [line.action for line in item_history(desk.database, of_queue(desk, "rapid-correction").id)]
    assert lines == ["reassign", "escalate"]
