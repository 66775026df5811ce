"""A mention that links two issues merges them in the store: items, queues, history; whatever the batches."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from gordon.app import items
from gordon.events import Assigned, Mention
from gordon.ids import issue_id
from gordon.records import Story
from store.reads import issue as read_issue
from store.reads import items as read_items
from store.reads import mention as read_mention
from store.status import completeness
from tests.route.route_desk import mention, tagged
from tests.route.route_issues import NOW, People
from tests.route.route_store import FILE, Desk
from tests.route.test_route_merging import BRIDGES


def said(one: Story, name: str = "") -> Mention:
    return mention(name or one.mention, one.title, one.text, language=one.language, seen=one.seen)


BOATS, REEF, BRIDGE = (said(one) for one in BRIDGES["en"])
KEPT, GONE = issue_id(FILE, "boats"), issue_id(FILE, "reef")


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    made = Desk(tmp_path)
    yield made
    made.database.close()


def people(desk: Desk) -> People:
    return People(desk.folder, desk.database)


@pytest.mark.parametrize("batches", [[3], [1, 1, 1], [2, 1]])
@pytest.mark.parametrize("language", ["en", "fr"])
def test_a_link_makes_one_issue_of_two_and_tells_their_queues(desk: Desk, language: str, batches: list[int]) -> None:
    first, second, link = (said(one) for one in BRIDGES[language])
    rest = [tagged(one) for one in (first, second, link)]
    for size in batches:
        desk.stage.handle(rest[:size])
        del rest[:size]
    kept, gone = issue_id(FILE, first.id), issue_id(FILE, second.id)
    assert people(desk).members() == {kept: sorted([first.id, second.id, link.id]), gone: []}
    told = [event.data for event in desk.sent() if isinstance(event.data, Assigned)]
    assert [(one.issue, one.queue, one.change, one.mentions) for one in told] == [
        (kept, "duty-desk", "opened", 1),
        (gone, "duty-desk", "opened", 1),
        (gone, "duty-desk", "closed", 1),
        (kept, "duty-desk", "grew", 2),
        (kept, "duty-desk", "grew", 3),
        (kept, "watch", "opened", 3),
    ]
    assert "merged into" in told[2].why and "by Gordon" in told[2].why and repr(second.title) in told[2].why
    (line,) = read_issue(desk.database, gone).changes
    assert (line.issue, line.action, line.person, line.other) == (kept, "merged", "", gone)
    assert repr(first.title) in line.why and "needed" in line.why and line.why.endswith(f"linked by {link.title!r}")
    assert "by Gordon" in read_mention(desk.database, second.id).joins[0].why
    people(desk).require_order({first.id, second.id, link.id})
    people(desk).require_order({first.id, second.id, link.id})
    counted = [number for report in desk.reports for change, number in report.items.items() if change[1] == "closed"]
    counts = completeness(desk.database)
    assert counted == [1] and (counts.unrouted, counts.issues) == (0, 1)


@pytest.mark.parametrize("other", [False, True], ids=["the same daemon", "another"])
def test_what_comes_later_for_the_one_that_is_gone_goes_to_the_one_kept(desk: Desk, other: bool) -> None:
    desk.stage.handle([tagged(one) for one in (BOATS, REEF, BRIDGE)])
    stage = desk.another() if other else desk.stage
    edited = mention("reef", REEF.title + "!", REEF.text, revision=2, kind="edited", seen=REEF.seen)
    stage.handle([tagged(REEF, version="v2")])
    stage.handle([tagged(mention("echo", REEF.title, REEF.text, seen=BRIDGE.seen)), tagged(edited)])
    stage.handle([tagged(REEF, version="v3")])
    assert people(desk).members() == {KEPT: ["boats", "bridge", "echo", "reef"], GONE: []}
    people(desk).require_order({"boats", "reef", "bridge", "echo"})


def test_what_people_parted_no_link_merges_again(desk: Desk) -> None:
    desk.stage.handle([tagged(one) for one in (BOATS, REEF, BRIDGE)])
    fresh = people(desk).split(KEPT, ["reef"]).id
    assert fresh not in (KEPT, GONE)
    for stage, name in ((desk.stage, "again"), (desk.another(), "and-again")):
        stage.handle([tagged(said(BRIDGES["en"][2], name))])
    assert people(desk).members()[fresh] == ["reef"]
    people(desk).require_order({"boats", "reef", "bridge", "again", "and-again"})
    people(desk).merge(KEPT, fresh)
    assert people(desk).members()[KEPT] == ["again", "and-again", "boats", "bridge", "reef"]


def test_what_people_decided_goes_with_an_issue_that_is_merged(desk: Desk) -> None:
    us = people(desk)
    desk.stage.handle([tagged(BOATS), tagged(REEF), tagged(said(BRIDGES["en"][1], "reef-2"))])
    us.split(GONE, ["reef-2"])
    desk.stage.handle([tagged(mention("owls", "Owl census begins", "Volunteers count owls.", seen=BRIDGE.seen))])
    us.merge(us.holding("reef"), us.holding("owls"))
    for stage, name in ((desk.stage, "bridge"), (desk.another(), "again"), (desk.another(), "and-again")):
        stage.handle([tagged(said(BRIDGES["en"][2], name))])
        us.require_order({"boats", "reef", "reef-2", "owls", "bridge", "again", "and-again"} & set(told(desk)))
    assert len({us.holding(name) for name in ("boats", "reef", "reef-2")}) == 2, "one of the two is linked to the boats"
    assert us.holding("reef") == us.holding("owls") and us.holding("reef") != us.holding("reef-2")


def told(desk: Desk) -> list[str]:
    return [name for names in people(desk).members().values() for name in names]


def test_where_two_people_work_on_the_two_the_one_kept_goes_on_with_its_own(desk: Desk) -> None:
    desk.stage.handle([tagged(BOATS), tagged(REEF)])
    us = people(desk)
    for issue, person in ((KEPT, "gordon"), (GONE, "noor")):
        items.claim(us.policy.desk, us.store, us.items(issue)["duty-desk"].id, person, NOW)
    desk.stage.handle([tagged(BRIDGE)])
    assert us.items(KEPT)["duty-desk"].assigned.claimed_by == "gordon"
    assert us.items(GONE)["duty-desk"].assigned.claimed_by is None
    us.require_order({"boats", "reef", "bridge"})


def test_what_somebody_closed_opens_again_with_what_is_merged_into_it(desk: Desk) -> None:
    desk.stage.handle([tagged(BOATS), tagged(REEF)])
    us = people(desk)
    items.close(us.policy.desk, us.store, us.items(KEPT)["duty-desk"].id, "gordon", NOW)
    desk.stage.handle([tagged(BRIDGE)])
    assert [line.action for line in read_issue(desk.database, KEPT).changes] == ["closed", "merged", "reopened"]
    assert us.items(KEPT)["duty-desk"].state == "open"
    us.require_order({"boats", "reef", "bridge"})


WORDS = [said(one, f"{one.mention}-{number}") for number in range(2) for one in (*BRIDGES["en"], *BRIDGES["fr"])]


@given(st.lists(st.sampled_from(WORDS), max_size=10), st.lists(st.integers(1, 4), max_size=5), st.booleans())
@example([WORDS[1], WORDS[0], WORDS[2], WORDS[4], WORDS[3], WORDS[5]], [1, 1, 1], True)
@settings(max_examples=15, deadline=None)
def test_batches_and_restarts_change_nothing(mentions: list[Mention], cuts: list[int], restart: bool) -> None:
    found = []
    for sizes in ([len(mentions)], cuts):
        with TemporaryDirectory() as folder:
            desk = Desk(Path(folder))
            rest = [tagged(one) for one in mentions]
            for size in (*sizes, len(rest)):
                stage = desk.another() if restart else desk.stage
                stage.handle(rest[:size])
                rest = rest[size:]
            us = people(desk)
            us.require_order({one.id for one in mentions})
            found.append((us.members(), {(one.id, one.state) for one in read_items(desk.database, open_only=False)}))
            desk.database.close()
    assert found[0] == found[1]
