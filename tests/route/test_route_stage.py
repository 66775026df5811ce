"""The stage against the real store: what a batch leaves behind."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from msgspec.structs import replace

from gordon.errors import Permanent
from gordon.events import Assigned, Dead, Event, Origin
from gordon.french import bilingual
from gordon.ids import derive, issue_id, item_id
from gordon.records import RouteWrites
from gordon.stage import Stage
from store.reads import issue as read_issue
from store.reads import item as read_item
from store.reads import items as read_items
from store.reads import mention as read_mention
from store.route import Route as RouteStore
from store.status import completeness
from tests.route.route_desk import MONDAY, mention, tagged, write_desk
from tests.route.route_store import DELAYS, DELAYS_AGAIN, FEES, FILE, Desk


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    made = Desk(tmp_path)
    yield made
    made.database.close()


def test_it_has_the_shape_of_a_stage(desk: Desk) -> None:
    shape: Stage = desk.stage
    assert (shape.name, tuple(shape.reads), shape.batch) == ("route", ("gordon.tagged", "gordon.dead"), 200)


def test_a_mention_opens_an_issue_and_an_item_with_team_gaps_and_clocks(desk: Desk) -> None:
    assert desk.stage.handle([tagged(FEES, claims=["fee-doubles"])]) == ()
    (event,) = desk.sent()
    issue = issue_id(FILE, "fees")
    item = item_id(issue, "rapid-correction")
    data = event.data
    assert isinstance(data, Assigned)
    assert (event.topic, event.key, event.subject) == ("gordon.queue.rapid-correction", issue, item)
    assert event.id == derive("event", "route", item, "fees", "1", "opened")
    assert (event.source, event.time, event.type) == ("/gordon/route", MONDAY, "gordon.assigned.v1")
    assert (data.item, data.issue, data.file, data.files) == (item, issue, FILE, (FILE,))
    assert (data.mention.id, data.mentions, data.priority, data.change) == ("fees", 1, "urgent", "opened")
    assert [member.person for member in data.team] == ["gordon", "noor"]
    assert data.team[0].disciplines == ("policy", "communications")
    assert data.gaps == ()
    opened = MONDAY + timedelta(seconds=2)
    assert data.clocks == {
        "acknowledge_by": opened + timedelta(minutes=30),
        "draft_by": opened + timedelta(hours=2),
    }
    assert data.explain[1] == "route 1: claim is true -> rapid-correction"
    stored = read_item(desk.database, item)
    assert (bilingual(stored.assigned), stored.opened, stored.state) == (data, opened, "open")
    trail = read_issue(desk.database, issue)
    assert (trail.issue.title, trail.issue.mentions, trail.issue.opened) == (FEES.title, 1, MONDAY)
    assert [story.url for story in trail.stories] == [FEES.url]


def test_a_second_post_on_the_story_lets_the_item_grow(desk: Desk) -> None:
    desk.stage.handle([tagged(DELAYS), tagged(DELAYS_AGAIN), tagged(FEES)])
    assert desk.changes() == [("duty-desk", "opened", 1), ("duty-desk", "grew", 2), ("duty-desk", "opened", 1)]
    first, second, _ = (event.data for event in desk.sent())
    assert isinstance(first, Assigned) and isinstance(second, Assigned)
    assert (second.team, second.gaps, second.clocks) == (first.team, first.gaps, first.clocks)
    assert second.explain[0].startswith("issue: tells the story of 'Passport office in Lower Beaver")


@pytest.mark.parametrize("batches", [[3], [1, 1, 1], [2, 1]])
def test_a_further_queue_opens_when_a_later_mention_leads_there(desk: Desk, batches: list[int]) -> None:
    copies = [mention(f"copy-{number}", DELAYS.title, DELAYS.text) for number in range(3)]
    events = [tagged(one) for one in copies]
    for size in batches:
        desk.stage.handle(events[:size])
        del events[:size]
    assert desk.changes() == [
        ("duty-desk", "opened", 1),
        ("duty-desk", "grew", 2),
        ("duty-desk", "grew", 3),
        ("watch", "opened", 3),
    ]
    last = desk.sent()[-1].data
    assert isinstance(last, Assigned)
    assert [(gap.kind, gap.need, gap.why) for gap in last.gaps] == [("discipline", "media-relations", "nobody has it")]


def test_a_claim_later_in_the_story_brings_the_rapid_team(desk: Desk) -> None:
    desk.stage.handle([tagged(DELAYS)])
    desk.stage.handle([tagged(DELAYS_AGAIN, claims=["fee-doubles"])])
    assert desk.changes() == [
        ("duty-desk", "opened", 1),
        ("duty-desk", "grew", 2),
        ("rapid-correction", "opened", 2),
    ]


def test_a_mention_of_two_files_joins_an_issue_of_each(desk: Desk) -> None:
    desk.stage.handle([tagged(DELAYS), tagged(DELAYS, "rural-broadband")])
    issues = read_mention(desk.database, DELAYS.id).issues
    assert {(issue.file, issue.mentions) for issue in issues} == {(FILE, 1), ("rural-broadband", 1)}
    gaps = [line for event in desk.sent() if isinstance(event.data, Assigned) for line in event.data.explain]
    assert "gap: No Gordon: nobody with lead expertise on rural-broadband is on duty" in gaps


def test_untagged_mentions_and_dead_letters_are_kept(desk: Desk) -> None:
    desk.stage.handle([tagged(FEES, None), dead("d1"), dead("d1")])
    desk.another().handle([dead("d1")])
    counts = completeness(desk.database)
    assert (counts.untagged, counts.tagged, counts.issues) == (1, 0, 0)
    assert (desk.reports[0].untagged, desk.reports[0].buried) == ({"en": 1}, 1)
    assert desk.reports[1].buried == 0


def dead(name: str) -> Event:
    data = Dead(
        stage="classify",
        reason="permanent",
        error="e",
        traceback="t",
        origin=Origin(topic="gordon.mentions", partition=1, offset=7),
        attempts=3,
        value=b"\x00",
        key="k",
        headers={"ce_subject": "m/1"},
    )
    return Event(
        topic="gordon.dead", key="k", type="gordon.dead.v1", id=name, source="/gordon/classify", subject="m/1",
        time=MONDAY, data=data,
    )  # fmt: skip


def test_the_report_counts_what_was_committed(desk: Desk) -> None:
    desk.stage.handle([tagged(DELAYS), tagged(DELAYS_AGAIN), tagged(FEES, claims=["fee-doubles"])])
    (report,) = desk.reports
    assert report.items == {("duty-desk", "opened"): 1, ("duty-desk", "grew"): 1, ("rapid-correction", "opened"): 1}
    assert report.tagged == {(FILE, "en"): 3}
    assert report.waits == [(FILE, 2.0)] * 3
    assert report.gaps == {}


def test_anything_else_is_permanent_and_leaves_nothing(desk: Desk) -> None:
    wrong = Event(topic="t", key="k", type="gordon.mention.v1", id="x", source="", subject="", time=MONDAY, data=DELAYS)
    with pytest.raises(Permanent, match=r"not gordon\.mention"):
        desk.stage.handle([tagged(DELAYS), wrong])
    assert desk.changes() == [] and desk.reports == []


def close(desk: Desk, queue: str) -> None:
    (item,) = read_items(desk.database, queue)
    with RouteStore(desk.database).transaction() as transaction:
        transaction.write("route", RouteWrites(items=(replace(item, state="closed"),)))


def test_closed_items_open_again_when_nobody_works_on_the_issue(desk: Desk) -> None:
    desk.stage.handle([tagged(DELAYS)])
    close(desk, "duty-desk")
    desk.stage.handle([tagged(DELAYS), tagged(DELAYS, version="v2")])
    assert desk.changes() == [("duty-desk", "opened", 1)], "nothing new was said"
    desk.stage.handle([tagged(DELAYS_AGAIN)])
    assert desk.changes() == [("duty-desk", "opened", 1), ("duty-desk", "opened", 2)]
    (item,) = read_items(desk.database)
    assert item.state == "open" and item.assigned.why == "opened again: a new mention of its story"


def test_a_closed_item_stays_closed_while_another_of_its_issue_is_open(desk: Desk) -> None:
    desk.stage.handle([tagged(DELAYS), tagged(DELAYS_AGAIN, claims=["fee-doubles"])])
    close(desk, "duty-desk")
    third = mention("delays-3", DELAYS.title, "Another account of the flood in Lower Beaver.")
    desk.stage.handle([tagged(third)])
    assert [(queue, change) for queue, change, mentions in desk.changes() if mentions == 3] == [
        ("rapid-correction", "grew"),
        ("watch", "opened"),
    ]


def test_capacity_counts_items_of_earlier_batches_and_of_this_one(desk: Desk) -> None:
    people = "- {id: a, disciplines: [communications], capacity: 2}\n- {id: b, disciplines: [communications]}"
    write_desk(desk.folder, people=people)
    stage = desk.another()
    matters = ["Harbour pilots on strike", "Comet over Lake Superior", "Bridge tolls abolished", "Owl census begins"]
    events = [tagged(mention(f"m{number}", title)) for number, title in enumerate(matters)]
    stage.handle(events[:1])
    stage.handle(events[1:])
    teams = [[member.person for member in item.assigned.team] for item in read_items(desk.database)]
    assert sorted(teams) == [["a"], ["a"], ["b"], ["b"]]


def test_the_priority_of_an_item_only_rises(desk: Desk) -> None:
    queues = """
queues: {q: {}}
routes: [{when: {claim: true}, queue: q, priority: urgent}, {queue: q, priority: low}]
"""
    write_desk(desk.folder, queues=queues)
    stage = desk.another()
    copies = [mention(f"copy-{number}", DELAYS.title, DELAYS.text) for number in range(3)]
    stage.handle([tagged(copies[0]), tagged(copies[1], claims=["fee-doubles"]), tagged(copies[2])])
    assert [event.data.priority for event in desk.sent() if isinstance(event.data, Assigned)] == [
        "low",
        "urgent",
        "urgent",
    ]
