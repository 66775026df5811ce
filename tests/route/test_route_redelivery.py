"""The stage against the real store: repeated, edited and reordered mentions, several workers, restarts."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gordon.app import items
from gordon.events import Event, Mention
from gordon.ids import issue_id
from gordon.ports import RouteTransaction
from gordon.records import IssueWithStories
from route.stage import Route
from store.reads import issue as read_issue
from store.reads import items as read_items
from store.reads import mention as read_mention
from store.route import Route as RouteStore
from store.status import completeness
from tests.route.route_desk import MONDAY, load, mention, policy, tagged
from tests.route.route_store import DELAYS, DELAYS_AGAIN, FEES, FILE, Desk


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    made = Desk(tmp_path)
    yield made
    made.database.close()


def everything(desk: Desk) -> object:
    """All that is to see from outside."""
    return (desk.sent(), read_items(desk.database), completeness(desk.database))


@pytest.mark.hostile(55, 57, 63)
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


@pytest.mark.hostile(73)
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


def test_a_failed_batch_is_forgotten_by_the_cache_as_well(desk: Desk, tmp_path: Path) -> None:
    desk.stage.handle([tagged(FEES)])
    moments = iter([MONDAY, MONDAY])
    stage = desk.another(lambda: next(moments))
    broken = tagged(mention("bad", "Passport \ud800 office", "x"))  # no database takes a lone surrogate
    with pytest.raises(Exception, match="surrogate"):
        stage.handle([tagged(DELAYS), broken])
    stage.handle([tagged(DELAYS)])
    assert desk.changes() == [("duty-desk", "opened", 1), ("duty-desk", "opened", 1)]


class Watched:
    """The real store, noting which files are read."""

    def __init__(self, store: RouteStore) -> None:
        self.store = store
        self.read: list[str] = []

    @contextmanager
    def transaction(self) -> Iterator[RouteTransaction]:
        with self.store.transaction() as transaction:
            yield WatchedTransaction(transaction, self.read)


class WatchedTransaction:
    """All of the real one; ``issues`` leaves a note."""

    def __init__(self, inner: RouteTransaction, read: list[str]) -> None:
        self.inner, self.read = inner, read

    def issues(self, file: str, since: datetime, most: int) -> Sequence[IssueWithStories]:
        self.read.append(file)
        return self.inner.issues(file, since, most)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.inner, name)


def test_a_file_is_read_once_unless_somebody_else_wrote_or_something_older_comes(desk: Desk) -> None:
    store = Watched(RouteStore(desk.database))
    stage = Route(policy=policy(desk.folder), store=store, now=lambda: MONDAY)
    for number, minutes in enumerate((0, 10, -10, 5)):
        stage.handle([tagged(mention(f"m{number}", f"Matter {number}", seen=MONDAY + timedelta(minutes=minutes)))])
    assert store.read == [FILE]
    desk.stage.handle([tagged(DELAYS)])
    stage.handle([tagged(FEES)])
    assert store.read == [FILE, FILE]
    stage.handle([tagged(mention("old", "An old matter", seen=MONDAY - timedelta(days=9)))])
    assert store.read == [FILE, FILE, FILE]


def test_files_in_use_are_read_once_though_they_do_not_fit_together(desk: Desk) -> None:
    """Letting go of the view not used for longest would read a file anew in every batch."""
    store, clock = Watched(RouteStore(desk.database)), [MONDAY]
    stage = Route(policy=policy(desk.folder), store=store, now=lambda: clock[0], remember=10)
    other = "rural-broadband"
    for number in range(40):
        clock[0] += timedelta(minutes=1)
        for file in (FILE, other):
            said = mention(f"{file}-{number}", f"Matter{number} of name{number}", f"word{number}", seen=clock[0])
            stage.handle([tagged(said, file)])
    assert store.read == [FILE, other]
    anew = Watched(RouteStore(desk.database))
    again = Route(policy=policy(desk.folder), store=anew, now=lambda: clock[0], remember=10)
    again.handle([tagged(mention("late", "Matter39 of name39", "word39", seen=clock[0]))])
    assert anew.read == [FILE]
    assert "late" in {story.mention for story in read_issue(desk.database, issue_id(FILE, f"{FILE}-39")).stories}


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


def history(desk: Desk) -> list[tuple[str, str]]:
    return [(line.action, line.other) for line in read_issue(desk.database, issue_id(FILE, DELAYS.id)).changes]


def closed(desk: Desk) -> None:
    """Somebody closes the only item of the issue, and so the issue."""
    (item,) = read_items(desk.database)
    items.close(load(desk.folder)[0], RouteStore(desk.database), item.id, "gordon", MONDAY)
    assert read_issue(desk.database, item.issue).issue.state == "closed"


@pytest.mark.parametrize("other", [False, True], ids=["the same daemon", "another"])
def test_a_new_mention_of_a_closed_issue_opens_it_and_its_item_again(desk: Desk, other: bool) -> None:
    desk.stage.handle([tagged(DELAYS)])
    closed(desk)
    stage = desk.another() if other else desk.stage
    stage.handle([tagged(edited(DELAYS, "New words"))])
    assert [change for _, change, _ in desk.changes()] == ["opened", "closed"], "an edit is no news"
    stage.handle([tagged(DELAYS_AGAIN)])
    assert desk.changes()[2:] == [("duty-desk", "opened", 2)]
    assert history(desk) == [("closed", ""), ("reopened", "delays-2")]
    assert read_issue(desk.database, issue_id(FILE, DELAYS.id)).issue.state == "open"
    stage.handle([tagged(mention("delays-3", DELAYS_AGAIN.title, DELAYS_AGAIN.text))])
    assert len(history(desk)) == 2


def test_an_edit_opens_a_closed_issue_where_it_leads_to_another_queue(desk: Desk) -> None:
    desk.stage.handle([tagged(DELAYS)])
    closed(desk)
    desk.stage.handle([tagged(edited(DELAYS, "New words"), claims=["fee-doubles"])])
    assert desk.changes()[2:] == [("rapid-correction", "opened", 1)]
    assert history(desk) == [("closed", ""), ("reopened", "delays")]


def test_what_a_silence_keeps_back_opens_no_closed_issue(desk: Desk) -> None:
    desk.stage.handle([tagged(DELAYS)])
    closed(desk)
    silence = "- {id: s, owner: gordon, reason: r, from: 2026-11-20, to: 2026-11-24, when: {language: en}}"
    (desk.folder / "silences.yaml").write_text(silence, encoding="utf-8")
    desk.another().handle([tagged(DELAYS_AGAIN)])
    found = read_issue(desk.database, issue_id(FILE, DELAYS.id))
    assert (found.issue.state, found.issue.mentions) == ("closed", 2) and history(desk) == [("closed", "")]
