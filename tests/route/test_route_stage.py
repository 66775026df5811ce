"""The stage against the real store: what a batch leaves behind, and that nothing is done twice."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from gordon import codec
from gordon.bus import Record
from gordon.errors import Permanent
from gordon.events import Assigned, Dead, Event, Mention, Origin, Topics
from gordon.ids import derive, issue_id, item_id
from gordon.records import RouteWrites
from gordon.stage import Stage
from route.report import RouteReport
from route.stage import Route
from store.database import Database, open_database
from store.migrate import upgrade
from store.outbox import Outbox
from store.reads import issue as read_issue
from store.reads import item as read_item
from store.reads import items as read_items
from store.reads import mention as read_mention
from store.route import Route as RouteStore
from store.status import completeness
from tests.route.route_desk import MONDAY, load, mention, tagged, write_desk

FILE = "passport-services"
DELAYS = mention(
    "delays",
    "Passport office in Lower Beaver closes after flood",
    "Water in the cellar of the office; staff move to the library.",
)
DELAYS_AGAIN = mention(
    "delays-2",
    "Flood closes Lower Beaver passport office",
    "Staff of the flooded office in Lower Beaver work from the library.",
)
FEES = mention(
    "fees", "Passport fees to double next spring, blogger insists", "No source is given for the doubling of fees."
)


class Desk:
    """A store, a stage over it, and what it said."""

    def __init__(self, folder: Path) -> None:
        self.database: Database = open_database(f"sqlite:///{folder / 'gordon.db'}")
        upgrade(self.database)
        self.reports: list[RouteReport] = []
        self.folder = folder
        write_desk(folder)
        self.stage = self.another()

    def another(self, now: Callable[[], datetime] = lambda: MONDAY + timedelta(seconds=2)) -> Route:
        """One more worker over the same store."""
        desk, tree = load(self.folder)
        return Route(
            desk=desk,
            tree=tree,
            store=RouteStore(self.database),
            topics=Topics(),
            now=now,
            observe=self.reports.append,
        )

    def sent(self) -> list[Event]:
        """Everything in the outbox, in order."""
        rows = Outbox(self.database).pending("route", 1000)
        return [
            codec.decode(Record(m.topic, 0, number, m.key, m.value, m.headers))
            for number, m in enumerate(row.message for row in rows)
        ]

    def changes(self) -> list[tuple[str, str, int]]:
        """Queue, change and mentions of every event sent."""
        return [
            (d.queue, d.change, d.mentions) for d in (event.data for event in self.sent()) if isinstance(d, Assigned)
        ]


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
    assert (stored.assigned, stored.opened, stored.state) == (data, opened, "open")
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


def everything(desk: Desk) -> object:
    """All that is to see from outside."""
    return (desk.sent(), read_items(desk.database), completeness(desk.database))


def test_redelivery_changes_nothing(desk: Desk) -> None:
    events = [tagged(DELAYS), tagged(DELAYS_AGAIN), tagged(FEES, claims=["fee-doubles"]), tagged(FEES, None)]
    desk.stage.handle(events)
    before = everything(desk)
    desk.stage.handle(events)
    desk.another().handle(events)
    desk.another().handle([*events, *events])
    assert everything(desk) == before
    assert not any(report.items or report.tagged or report.untagged for report in desk.reports[1:])


def test_the_same_mentions_under_another_policy_are_no_growth(desk: Desk) -> None:
    desk.stage.handle([tagged(DELAYS), tagged(DELAYS_AGAIN)])
    before = (desk.sent(), read_items(desk.database))
    for worker in (desk.stage, desk.another()):
        worker.handle([tagged(DELAYS, version="v2"), tagged(DELAYS_AGAIN, version="v2")])
    assert (desk.sent(), read_items(desk.database)) == before


def test_the_same_mention_under_another_policy_may_lead_to_a_new_queue(desk: Desk) -> None:
    desk.stage.handle([tagged(DELAYS)])
    desk.another().handle([tagged(DELAYS, version="v2", claims=["fee-doubles"])])
    assert desk.changes() == [("duty-desk", "opened", 1), ("rapid-correction", "opened", 1)]


def edited(one: Mention, title: str, *, days: int = 0) -> Mention:
    return mention(one.id, title, one.text, revision=2, kind="edited", seen=MONDAY + timedelta(days=days), url=one.url)


def test_an_edit_updates_the_story_and_is_otherwise_silent(desk: Desk) -> None:
    desk.stage.handle([tagged(DELAYS)])
    desk.stage.handle([tagged(edited(DELAYS, "Something else altogether, on taxes"))])
    assert desk.changes() == [("duty-desk", "opened", 1)]
    trail = read_issue(desk.database, issue_id(FILE, DELAYS.id))
    assert (trail.issue.title, trail.issue.mentions) == ("Something else altogether, on taxes", 1)
    assert [(join.revision, story.revision) for join, story in zip(trail.joins, trail.stories, strict=True)] == [(2, 2)]


@pytest.mark.parametrize("restart", [False, True])
def test_an_edit_long_after_stays_in_its_issue(desk: Desk, restart: bool) -> None:
    desk.stage.handle([tagged(DELAYS), tagged(DELAYS_AGAIN)])
    stage = desk.another() if restart else desk.stage
    late = mention("late", "Another matter", "of no relation", seen=MONDAY + timedelta(days=60))
    stage.handle([tagged(late)])
    stage.handle([tagged(edited(DELAYS_AGAIN, "Office reopens", days=90), claims=["fee-doubles"])])
    trail = read_mention(desk.database, DELAYS_AGAIN.id)
    assert [issue.id for issue in trail.issues] == [issue_id(FILE, DELAYS.id)]
    assert trail.issues[0].mentions == 2
    assert desk.changes()[-1] == ("rapid-correction", "opened", 2)


def test_an_older_revision_never_wins(desk: Desk) -> None:
    desk.stage.handle([tagged(edited(DELAYS, "The newer words"))])
    desk.stage.handle([tagged(DELAYS, claims=["fee-doubles"])])
    trail = read_issue(desk.database, issue_id(FILE, DELAYS.id))
    assert [(story.revision, story.title) for story in trail.stories] == [(2, "The newer words")]
    assert desk.changes() == [("duty-desk", "opened", 1)]
    assert [one.mention.revision for one in read_mention(desk.database, DELAYS.id).recorded] == [1, 2]


def test_a_restart_groups_as_if_nothing_had_happened(desk: Desk) -> None:
    desk.stage.handle([tagged(DELAYS)])
    desk.another().handle([tagged(DELAYS_AGAIN)])
    assert desk.changes()[-1] == ("duty-desk", "grew", 2)


def test_two_workers_see_each_others_issues(desk: Desk) -> None:
    other = desk.another()
    other.handle([tagged(FEES)])
    desk.stage.handle([tagged(DELAYS)])
    other.handle([tagged(DELAYS_AGAIN)])
    desk.stage.handle([tagged(mention("fees-2", FEES.title, FEES.text))])
    assert [change for _, change, _ in desk.changes()] == ["opened", "opened", "grew", "grew"]


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


def test_a_failed_batch_is_forgotten_by_the_cache_as_well(desk: Desk, tmp_path: Path) -> None:
    desk.stage.handle([tagged(FEES)])
    moments = iter([MONDAY, MONDAY])
    stage = desk.another(lambda: next(moments))
    broken = tagged(mention("bad", "Passport \ud800 office", "x"))  # no database takes a lone surrogate
    with pytest.raises(Exception, match="surrogate"):
        stage.handle([tagged(DELAYS), broken])
    stage.handle([tagged(DELAYS)])
    assert desk.changes() == [("duty-desk", "opened", 1), ("duty-desk", "opened", 1)]


TOLD = [
    tagged(DELAYS),
    tagged(DELAYS_AGAIN, claims=["fee-doubles"]),
    tagged(mention("delays-3", DELAYS.title, DELAYS.text + " So we hear.")),
    tagged(FEES),
    tagged(mention("fees-2", FEES.title, "Again no source for the doubling."), claims=["fee-doubles"]),
    tagged(DELAYS, "rural-broadband"),
    tagged(mention("nothing", "Nothing of note"), None),
]


@given(st.permutations(TOLD), st.lists(st.integers(1, 4), max_size=6))
@settings(max_examples=15, deadline=None)
def test_the_items_do_not_depend_on_order_batches_or_restarts(events: list[Event], cuts: list[int]) -> None:
    with TemporaryDirectory() as folder:
        desk = Desk(Path(folder))
        rest = list(events)
        for cut in cuts:
            desk.another().handle(rest[:cut])
            rest = rest[cut:]
        desk.stage.handle(rest)
        found = {
            (frozenset(story.mention for story in read_issue(desk.database, item.issue).stories), item.file, item.queue)
            for item in read_items(desk.database)
        }
        mentions = [read_issue(desk.database, item.issue).issue.mentions for item in read_items(desk.database)]
        desk.database.close()
    delays, fees = frozenset({"delays", "delays-2", "delays-3"}), frozenset({"fees", "fees-2"})
    assert found - {(delays, FILE, "watch")} == {
        (delays, FILE, "duty-desk"),
        (delays, FILE, "rapid-correction"),
        (fees, FILE, "duty-desk"),
        (fees, FILE, "rapid-correction"),
        (frozenset({"delays"}), "rural-broadband", "duty-desk"),
    }
    assert sorted(mentions)[:5] == [1, 2, 2, 3, 3]


def test_a_mention_of_a_closed_issue_is_recorded_and_changes_nothing(desk: Desk) -> None:
    desk.stage.handle([tagged(DELAYS)])
    issue = read_issue(desk.database, issue_id(FILE, DELAYS.id)).issue
    with RouteStore(desk.database).transaction() as transaction:
        transaction.write("route", RouteWrites(issues=(replace(issue, state="closed"),)))
    for stage in (desk.stage, desk.another()):
        stage.handle([tagged(edited(DELAYS, "New words"), version=f"v{id(stage)}", claims=["fee-doubles"])])
    assert desk.changes() == [("duty-desk", "opened", 1)]
    assert read_issue(desk.database, issue.id).issue.state == "closed"
    desk.stage.handle([tagged(DELAYS_AGAIN)])
    assert desk.changes()[-1] == ("duty-desk", "opened", 1), "a further post on a closed issue opens another"


def test_a_closed_item_does_not_grow(desk: Desk) -> None:
    desk.stage.handle([tagged(DELAYS)])
    (item,) = read_items(desk.database)
    with RouteStore(desk.database).transaction() as transaction:
        transaction.write("route", RouteWrites(items=(replace(item, state="closed"),)))
    desk.stage.handle([tagged(DELAYS_AGAIN)])
    assert desk.changes() == [("duty-desk", "opened", 1)]


def test_capacity_counts_items_of_earlier_batches_and_of_this_one(desk: Desk) -> None:
    write_desk(desk.folder, people="- {id: a, disciplines: [communications], capacity: 3}")
    stage = desk.another()
    matters = ["Harbour pilots on strike", "Comet over Lake Superior", "Bridge tolls abolished", "Owl census begins"]
    events = [tagged(mention(f"m{number}", title)) for number, title in enumerate(matters)]
    stage.handle(events[:1])
    stage.handle(events[1:])
    teams = [[member.person for member in item.assigned.team] for item in read_items(desk.database)]
    assert sorted(teams) == [[], ["a"], ["a"], ["a"]]
    (full,) = [item for item in read_items(desk.database) if not item.assigned.team]
    assert full.assigned.gaps[0].why == "the only one, a, has no room (3 of 3 items)"


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
