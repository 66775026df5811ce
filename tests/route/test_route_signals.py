"""The stage with silences, spikes and gaps in force: what opens, what does not, and where each mention went."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from gordon.desk.routing import Spikes
from gordon.events import Assigned, Mention
from gordon.ids import derive
from gordon.records import Routing
from route.baseline import HOUR, WEEK
from route.watches import Signal, Watches
from store.reads import issue as read_issue
from store.reads import items as read_items
from store.reads import mention as read_mention
from store.route import Route as RouteStore
from store.status import completeness
from tests.route.route_desk import MONDAY, QUEUES, mention, tagged, write_desk
from tests.route.route_store import DELAYS, DELAYS_AGAIN, FEES, FILE, Desk

SILENCES = """
- id: flood
  owner: gordon
  reason: the flood in Lower Beaver is known
  from: 2026-11-20
  to: 2026-11-23
  when: {file: passport-services, claim: false, priority: {max: normal}}
"""
SPIKES = """
  - {when: {gap: media-relations, claim: true}, queue: watch, continue: true}
  - {when: {spike: true}, queue: rapid-correction}
"""


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    made = Desk(tmp_path)
    yield made
    made.database.close()


def routings(desk: Desk, name: str) -> tuple[Routing, ...]:
    return read_mention(desk.database, name).routings


def test_a_silenced_mention_joins_its_issue_and_opens_nothing(desk: Desk) -> None:
    (desk.folder / "silences.yaml").write_text(SILENCES, encoding="utf-8")
    desk.another().handle([tagged(DELAYS), tagged(DELAYS_AGAIN), tagged(FEES, claims=["fee-doubles"])])
    assert desk.changes() == [("rapid-correction", "opened", 1)]
    (join,) = read_mention(desk.database, "delays-2").joins
    assert read_issue(desk.database, join.issue).issue.mentions == 2
    (silenced,) = routings(desk, "delays")
    assert (silenced.silence, silenced.queues) == ("flood", ())
    assert silenced.why.startswith(
        "silence flood of gordon until 2026-11-24 05:00Z: the flood in Lower Beaver is known"
    )
    assert routings(desk, "fees") == (Routing(mention="fees", revision=1, file=FILE, queues=("rapid-correction",)),)
    assert desk.reports[-1].silenced == {"flood": 2}
    counts = completeness(desk.database)
    assert (counts.tags, counts.routed, counts.silenced, counts.unrouted) == (3, 1, 2, 0)


def test_a_silence_lets_no_item_grow_and_ends_by_itself(desk: Desk) -> None:
    desk.stage.handle([tagged(DELAYS)])
    (desk.folder / "silences.yaml").write_text(SILENCES, encoding="utf-8")
    desk.another().handle([tagged(DELAYS_AGAIN)])
    assert desk.changes() == [("duty-desk", "opened", 1)]
    later = mention("delays-3", DELAYS_AGAIN.title, DELAYS_AGAIN.text)
    desk.another(lambda: MONDAY + timedelta(days=1)).handle([tagged(later)])
    assert ("duty-desk", "grew", 3) in desk.changes()


def test_what_changes_no_issue_is_accounted_for(desk: Desk) -> None:
    edited = mention("delays", DELAYS.title, DELAYS.text + " It is dry again.", revision=2, kind="edited")
    desk.stage.handle([tagged(edited)])
    desk.stage.handle([tagged(DELAYS)])
    first, second = routings(desk, "delays")
    assert (first.revision, first.queues, first.why) == (1, (), "its issue knows a newer revision")
    assert (second.revision, second.queues) == (2, ("duty-desk",))
    counts = completeness(desk.database)
    assert (counts.tags, counts.routed, counts.unrouted) == (2, 2, 0)


def test_the_explanation_says_where_the_priority_comes_from(desk: Desk) -> None:
    desk.stage.handle([tagged(DELAYS), tagged(FEES, claims=["fee-doubles"])])
    lines = {item.queue: item.assigned.explain[2] for item in read_items(desk.database)}
    assert lines["rapid-correction"] == "priority: urgent, as route 1 says"
    assert lines["duty-desk"] == "priority: normal, 0 points"


def crowd(start: datetime, number: int, name: str) -> list[Mention]:
    """Mentions of matters that have nothing in common."""
    found = []
    for n in range(number):
        words = [derive("word", name, str(n), str(m)) for m in range(4)]
        found.append(mention(f"{name}-{n}", " ".join(words), seen=start + timedelta(minutes=n)))
    return found


def with_history(desk: Desk, weeks: int = 3) -> None:
    """One mention at this hour of each of the last weeks."""
    for week in range(weeks, 0, -1):
        when = MONDAY - week * WEEK
        desk.another(lambda when=when: when).handle([tagged(one) for one in crowd(when, 1, f"week{week}")])


def test_a_spike_raises_the_item_of_its_mention_once_and_leads_where_it_should(desk: Desk) -> None:
    write_desk(desk.folder, queues=QUEUES.replace("routes:\n", "routes:" + SPIKES))
    with_history(desk)
    burst = crowd(MONDAY, 14, "burst")
    stage = desk.another(lambda: MONDAY + timedelta(minutes=20))
    for one in burst:
        stage.handle([tagged(one)])
    reached = [routings(desk, one.id)[0].queues for one in burst]
    begins = reached.index(("rapid-correction",))
    assert 4 <= begins < 14, "a handful is no spike, a dozen is"
    assert reached == [("duty-desk",)] * begins + [("rapid-correction",)] * (14 - begins)
    spiking = [item for item in read_items(desk.database) if item.queue == "rapid-correction"]
    assert {item.priority for item in spiking} == {"high"}
    assert spiking[0].assigned.explain[2] == "priority: high, 2 points (a spike of the file: +2)"
    before = len(desk.changes())
    stage.handle([tagged(one) for one in burst])
    assert len(desk.changes()) == before, "mentions that come again raise nothing"
    restarted = desk.another(lambda: MONDAY + timedelta(minutes=25))
    (last,) = crowd(MONDAY + timedelta(minutes=24), 1, "after the restart")
    restarted.handle([tagged(last)])
    assert routings(desk, last.id)[0].queues == ("rapid-correction",), "another daemon finds the same spike"


def test_a_gap_that_nobody_on_duty_covers_leads_to_its_queue(desk: Desk) -> None:
    write_desk(desk.folder, queues=QUEUES.replace("routes:\n", "routes:" + SPIKES))
    desk.another().handle([tagged(DELAYS), tagged(FEES, claims=["fee-doubles"])])
    assert routings(desk, "fees")[0].queues == ("watch", "rapid-correction")
    assert routings(desk, "delays")[0].queues == ("duty-desk",)
    told = [event.data for event in desk.sent()]
    assert all(isinstance(one, Assigned) for one in told)


def test_counts_are_read_once_and_again_when_somebody_else_has_written(desk: Desk) -> None:
    watches = Watches(Spikes(), ZoneInfo("UTC"), files=1)
    desk.stage.handle([tagged(DELAYS)])
    with RouteStore(desk.database).transaction() as transaction:
        counters = transaction.lock_files([FILE, "rural-broadband"])
        watches.refresh(transaction, counters, MONDAY)
        future = MONDAY + 9 * WEEK
        assert watches.see(FILE, future, fresh=True, now=MONDAY) == (Signal(), MONDAY)
        assert watches.see(FILE, MONDAY - HOUR, fresh=False, now=MONDAY)[1] == MONDAY - HOUR
    assert len(watches) == 2, "those of a batch stay together"
    with RouteStore(desk.database).transaction() as transaction:
        watches.refresh(transaction, {FILE: counters[FILE]}, MONDAY)
        assert len(watches) == 1
        watches.drop([FILE])
        assert len(watches) == 0
