"""Working on items through the real database: one of several wins, everything is in the audit, the queue hears it."""

from __future__ import annotations

import threading
from datetime import timedelta
from pathlib import Path

import pytest

from gordon import codec
from gordon.app import items
from gordon.bus import Record
from gordon.desk.load import Desk
from gordon.errors import Conflict, NotFound
from gordon.events import Assigned
from route.stage import Route
from store.database import Database
from store.outbox import Outbox
from store.reads import issue, item, item_history
from store.reads import items as open_items
from store.route import Route as RouteStore
from tests.route.route_desk import MONDAY, load, policy, tagged, write_desk
from tests.route.route_store import DELAYS, FEES

NOW = MONDAY + timedelta(minutes=1)


@pytest.fixture
def desk(tmp_path: Path) -> Desk:

    write_desk(tmp_path)
    return load(tmp_path)[0]


@pytest.fixture
def store(desk: Desk, database: Database) -> RouteStore:

    store = RouteStore(database)
    stage = Route(policy=policy(desk.folder), store=store, now=lambda: MONDAY)
    stage.handle([tagged(DELAYS), tagged(FEES, claims=["fee-doubles"])])
    return store


def of_queue(database: Database, queue: str) -> str:
    return open_items(database, queue)[0].id


def sent(database: Database) -> list[Assigned]:
    rows = [row.message for row in Outbox(database).pending("route", 100)]
    events = [codec.decode(Record(one.topic, 0, 0, one.key, one.value, one.headers)) for one in rows]
    return [event.data for event in events if isinstance(event.data, Assigned)]


def test_of_many_who_claim_at_once_one_gets_it(desk: Desk, store: RouteStore, database: Database) -> None:
    wanted = of_queue(database, "duty-desk")
    start, won, lost = threading.Barrier(8), list[str](), list[str]()

    def grab(number: int) -> None:
        person = ("gordon", "noor")[number % 2]
        start.wait(20)
        try:
            items.claim(desk, store, wanted, f"{person}", NOW + timedelta(seconds=number))
            won.append(person)
        except Conflict as error:
            lost.append(str(error))

    threads = [threading.Thread(target=grab, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert len(won) + len(lost) == 8 and len(set(won)) == 1, "prolonged by whoever has it, refused to everybody else"
    assert item(database, wanted).assigned.claimed_by == won[0] and len(lost) == 4
    assert [line.action for line in item_history(database, wanted)] == ["claim", *["prolong"] * 3]


def test_closing_tells_the_queue_and_frees_the_people(desk: Desk, store: RouteStore, database: Database) -> None:
    wanted = of_queue(database, "rapid-correction")
    with store.transaction() as transaction:
        before = dict(transaction.load())
    items.claim(desk, store, wanted, "gordon", NOW)
    closed = items.close(desk, store, wanted, "gordon", NOW, "corrected")
    last = sent(database)[-1]
    assert (last.item, last.change, last.why) == (wanted, "closed", "closed by gordon: corrected")
    with store.transaction() as transaction:
        after = transaction.load()
    assert {name: before[name] - after.get(name, 0) for name in before} == {"gordon": 1, "noor": 1}
    trail = issue(database, closed.issue)
    assert trail.issue.state == "closed" and [line.action for line in trail.changes] == ["closed"]
    assert [line.action for line in item_history(database, wanted)] == ["claim", "close"]
    with pytest.raises(Conflict, match="is closed"):
        items.claim(desk, store, wanted, "noor", NOW)


def test_approval_takes_authority_and_a_second_person(desk: Desk, store: RouteStore, database: Database) -> None:
    wanted = of_queue(database, "rapid-correction")
    with pytest.raises(Conflict, match="noor may not approve for passport-services"):
        items.do_step(desk, store, wanted, "approve", "noor", NOW)
    items.do_step(desk, store, wanted, "draft", "gordon", NOW)
    with pytest.raises(Conflict, match="gordon drafted"):
        items.do_step(desk, store, wanted, "approve", "gordon", NOW)
    assert item(database, wanted).assigned.done.keys() == {"acknowledge", "draft"}


def test_clocks_stand_and_run_on(desk: Desk, store: RouteStore, database: Database) -> None:
    wanted = of_queue(database, "duty-desk")
    due = item(database, wanted).assigned.clocks["acknowledge_by"]
    assert items.pause(desk, store, wanted, "noor", NOW, "waiting").next_due is None
    resumed = items.resume(desk, store, wanted, "noor", NOW + timedelta(hours=1))
    assert resumed.next_due == due + timedelta(hours=1) and item(database, wanted) == resumed


def test_who_and_what_must_exist(desk: Desk, store: RouteStore, database: Database) -> None:
    wanted = of_queue(database, "duty-desk")
    with pytest.raises(NotFound, match="no person 'nobody'; known: gordon, noor"):
        items.claim(desk, store, wanted, "nobody", NOW)
    with pytest.raises(NotFound, match="no item 'nothing'"):
        items.release(desk, store, "nothing", "noor", NOW)
    assert item_history(database, wanted) == []
