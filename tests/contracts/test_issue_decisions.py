"""People merge and split issues on every database: it is recorded, queues hear of it, and the stream respects it."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from datetime import timedelta
from multiprocessing import get_context
from pathlib import Path

import pytest

from gordon import codec
from gordon.app import items
from gordon.bus import Record
from gordon.errors import Conflict, NotFound
from gordon.events import Assigned, Mention
from gordon.ids import issue_id
from store.database import Database, open_database
from store.outbox import Outbox
from store.reads import issue as read_issue
from store.reads import item_history
from store.reads import mention as read_mention
from tests.route.route_desk import MONDAY, mention, tagged
from tests.route.route_issues import FEE, FLOOD, NOW, People, begun
from tests.route.route_store import DELAYS, DELAYS_AGAIN, FEES, FILE

FEES_AGAIN = mention(
    "fees-2",
    "Blogger repeats: passport fees to double next spring",
    "The doubling of passport fees next spring is repeated, without a source.",
    seen=MONDAY + timedelta(hours=1),
)


@pytest.fixture
def people(tmp_path: Path, database: Database) -> People:
    return begun(tmp_path, database)


def sent(people: People, since: int = 0) -> list[Assigned]:
    rows = [row.message for row in Outbox(people.database).pending("route", 1000)]
    events = [codec.decode(Record(one.topic, 0, 0, one.key, one.value, one.headers)) for one in rows]
    assert len({event.id for event in events}) == len(events), "each event has its own id"
    return [event.data for event in events if isinstance(event.data, Assigned)][since:]


def test_a_merge_moves_the_mentions_and_carries_the_work(people: People) -> None:
    before = people.items(FEE)["rapid-correction"]
    told = len(sent(people))
    merged = people.merge(FLOOD, FEE, why="one press release")
    assert (merged.id, merged.mentions, merged.state) == (FLOOD, 3, "open")
    assert people.mentions(FLOOD) == ["delays", "delays-2", "fees"] and people.mentions(FEE) == []
    gone = read_issue(people.database, FEE)
    assert (gone.issue.state, gone.issue.merged_into, gone.issue.mentions) == ("closed", FLOOD, 0)
    (line,) = gone.changes
    assert (line.issue, line.other, line.action, line.person, line.why) == (
        FLOOD, FEE, "merged", "gordon", "one press release",
    )  # fmt: skip
    assert line in read_issue(people.database, FLOOD).changes
    carried = people.items(FLOOD)["rapid-correction"]
    assert carried.assigned.team == before.assigned.team and carried.priority == "urgent"
    assert (carried.next_due, carried.opened) == (before.next_due, before.opened), "nobody gains time"
    changes = {(one.issue, one.queue): (one.change, one.mentions) for one in sent(people, told)}
    assert changes == {
        (FEE, "rapid-correction"): ("closed", 1),
        (FLOOD, "rapid-correction"): ("opened", 3),
        (FLOOD, "duty-desk"): ("grew", 3),
    }
    assert all("gordon" in one.why and "one press release" in one.why for one in sent(people, told))
    people.require_order({"delays", "delays-2", "fees"})
    join = next(one for one in read_mention(people.database, "fees").joins)
    assert join.issue == FLOOD and "merged by gordon: one press release" in join.why


@pytest.mark.parametrize("fresh", [False, True], ids=["the daemon that knew it", "a new daemon"])
def test_what_comes_later_for_the_source_goes_to_the_target(people: People, fresh: bool) -> None:
    worker = people.stage()
    worker.handle([tagged(mention("x", "Owl census begins", "Volunteers count owls."))])
    people.merge(FLOOD, FEE)
    worker = people.stage() if fresh else worker
    worker.handle([tagged(FEES_AGAIN), tagged(FEES, version="v2"), tagged(edited(FEES))])
    assert people.mentions(FLOOD) == ["delays", "delays-2", "fees", "fees-2"]
    people.require_order({"delays", "delays-2", "fees", "fees-2", "x"})


def edited(one: Mention) -> Mention:
    return mention(one.id, one.title + "!", one.text, revision=2, kind="edited", url=one.url)


def test_claims_and_drafts_survive_a_merge(people: People) -> None:
    desk = people.policy.desk
    wanted = people.items(FEE)["rapid-correction"].id
    items.claim(desk, people.store, wanted, "gordon", NOW)
    items.do_step(desk, people.store, wanted, "draft", "gordon", NOW)
    people.merge(FLOOD, FEE, "gordon")
    carried = people.items(FLOOD)["rapid-correction"]
    assert carried.assigned.claimed_by == "gordon" and set(carried.assigned.done) == {"acknowledge", "draft"}
    with pytest.raises(Conflict, match="gordon drafted"):
        items.do_step(desk, people.store, carried.id, "approve", "gordon", NOW)
    assert people.items(FEE)["rapid-correction"].assigned.claimed_by is None
    assert item_history(people.database, wanted)[-1].why.count("merged") == 1


def test_two_items_of_one_queue_become_one_with_the_earlier_deadline(people: People) -> None:
    later = mention("owls", "Owl census begins", "Volunteers count owls.", seen=MONDAY)
    people.stage(MONDAY + timedelta(hours=2)).handle([tagged(later)])
    owls = issue_id(FILE, "owls")
    early, late = people.items(FLOOD)["duty-desk"], people.items(owls)["duty-desk"]
    assert early.next_due and late.next_due and early.next_due < late.next_due
    people.merge(owls, FLOOD)
    kept = people.items(owls)["duty-desk"]
    assert (kept.id, kept.state, kept.next_due) == (late.id, "open", early.next_due)
    assert kept.assigned.clocks["acknowledge_by"] == early.next_due
    assert people.items(FLOOD)["duty-desk"].state == "closed"


def test_whoever_works_on_one_of_two_items_works_on_both(people: People) -> None:
    people.stage().handle([tagged(mention("owls", "Owl census begins", "Volunteers count owls."))])
    owls, desk = issue_id(FILE, "owls"), people.policy.desk
    items.claim(desk, people.store, people.items(owls)["duty-desk"].id, "noor", NOW)
    people.merge(FLOOD, owls)
    kept = people.items(FLOOD)["duty-desk"]
    assert (kept.assigned.claimed_by, kept.assigned.claimed_until) == ("noor", NOW + items.LEASE)
    assert kept.assigned.done == {"acknowledge": NOW} and kept.next_due is None
    assert people.items(owls)["duty-desk"].assigned.claimed_by is None
    with pytest.raises(Conflict, match="claimed by noor"):
        items.claim(desk, people.store, kept.id, "gordon", NOW)


def test_two_who_work_on_the_two_must_agree_first(people: People) -> None:
    people.stage().handle([tagged(mention("owls", "Owl census begins", "Volunteers count owls."))])
    owls, desk = issue_id(FILE, "owls"), people.policy.desk
    for issue, person in ((owls, "noor"), (FLOOD, "gordon")):
        items.claim(desk, people.store, people.items(issue)["duty-desk"].id, person, NOW)
    before = (people.all_issues(), sent(people))
    with pytest.raises(Conflict, match="the one is claimed by gordon, the other by noor; one of them has to release"):
        people.merge(FLOOD, owls)
    assert (people.all_issues(), sent(people)) == before
    people.merge(FLOOD, owls, now=NOW + items.LEASE)


def test_merging_what_is_open_into_what_is_closed_opens_it_again(people: People) -> None:
    wanted = people.items(FLOOD)["duty-desk"].id
    items.close(people.policy.desk, people.store, wanted, "gordon", NOW)
    assert read_issue(people.database, FLOOD).issue.state == "closed"
    assert people.merge(FLOOD, FEE).state == "open"
    assert [one.action for one in read_issue(people.database, FLOOD).changes] == ["closed", "merged", "reopened"]
    assert people.items(FLOOD)["duty-desk"].state == "closed"
    people.require_order({"delays", "delays-2", "fees"})


def test_a_split_goes_its_own_way_and_its_copies_with_it(people: People) -> None:
    worker = people.stage()
    worker.handle([tagged(mention("delays-3", DELAYS_AGAIN.title, DELAYS_AGAIN.text + " Still."))])
    told = len(sent(people))
    fresh = people.split(FLOOD, ["delays-2", "delays-3"], "noor", "about another office")
    assert (fresh.mentions, fresh.title, fresh.state) == (2, DELAYS_AGAIN.title, "open")
    assert fresh.id not in (FLOOD, FEE)
    assert people.items(fresh.id)["duty-desk"].assigned.mentions == 2
    assert people.items(FLOOD)["duty-desk"].assigned.mentions == 1
    opened = [one for one in sent(people, told) if one.change == "opened"]
    assert [(one.issue, one.queue) for one in opened] == [(fresh.id, "duty-desk")]
    (line,) = read_issue(people.database, fresh.id).changes
    assert (line.issue, line.other, line.action, line.person) == (FLOOD, fresh.id, "split", "noor")
    copies = [mention(f"copy-{n}", DELAYS_AGAIN.title, DELAYS_AGAIN.text, url="") for n in range(2)]
    worker.handle([tagged(copies[0])])
    people.stage().handle([tagged(copies[1]), tagged(edited(DELAYS_AGAIN)), tagged(DELAYS_AGAIN, version="v2")])
    assert people.mentions(fresh.id) == ["copy-0", "copy-1", "delays-2", "delays-3"]
    assert people.mentions(FLOOD) == ["delays"]
    with people.store.transaction() as transaction:
        decided = transaction.decisions([FILE])[FILE]
    assert {frozenset(pair) for pair in decided.apart} == {frozenset({FLOOD, fresh.id})}
    people.require_order({"delays", "delays-2", "delays-3", "fees", "copy-0", "copy-1"})


def test_the_founder_can_leave_and_come_back(people: People) -> None:
    left = people.split(FLOOD, ["delays"])
    assert left.id != FLOOD and read_issue(people.database, FLOOD).issue.title == DELAYS_AGAIN.title
    again = people.merge(FLOOD, left.id)
    assert (again.id, again.mentions) == (FLOOD, 2)
    assert people.split(FLOOD, ["delays"], now=NOW + timedelta(minutes=1)).id != FLOOD
    people.require_order({"delays", "delays-2", "fees"})


def test_the_later_decision_counts(people: People) -> None:
    fresh = people.split(FLOOD, ["delays-2"])
    people.merge(FLOOD, fresh.id)
    people.merge(FEE, FLOOD, now=NOW + timedelta(minutes=1))
    assert people.mentions(FEE) == ["delays", "delays-2", "fees"]
    assert read_issue(people.database, fresh.id).issue.merged_into == FEE
    people.stage().handle([tagged(mention("copy", DELAYS_AGAIN.title, DELAYS_AGAIN.text))])
    assert people.holding("copy") == FEE
    people.require_order({"delays", "delays-2", "fees", "copy"})


REFUSED: dict[str, tuple[Callable[[People], object], type[Exception], str]] = {
    "unknown": (lambda us: us.merge(FLOOD, "nothing"), NotFound, "no issue 'nothing'"),
    "itself": (lambda us: us.merge(FLOOD, FLOOD), Conflict, "itself"),
    "who": (lambda us: us.merge(FLOOD, FEE, "nobody"), NotFound, "no person 'nobody'; known: gordon, noor"),
    "who splits": (lambda us: us.split(FLOOD, ["delays"], "nobody"), NotFound, "no person 'nobody'"),
    "not there": (lambda us: us.split(FLOOD, ["fees"]), NotFound, "no mention 'fees'"),
    "all": (lambda us: us.split(FLOOD, ["delays", "delays-2"]), Conflict, "no mention would stay"),
    "none": (lambda us: us.split(FLOOD, []), Conflict, "no mention"),
    "unknown to split": (lambda us: us.split("nothing", ["fees"]), NotFound, "no issue 'nothing'"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_makes_no_sense_is_refused_and_changes_nothing(people: People, case: str) -> None:
    act, error, words = REFUSED[case]
    before = (people.all_issues(), sent(people))
    with pytest.raises(error, match=words):
        act(people)
    assert (people.all_issues(), sent(people)) == before


def test_only_living_issues_of_one_file_are_merged(people: People) -> None:
    people.stage().handle([tagged(DELAYS, "rural-broadband")])
    other = issue_id("rural-broadband", "delays")
    with pytest.raises(Conflict, match="rural-broadband"):
        people.merge(FLOOD, other)
    people.merge(FLOOD, FEE)
    for act in (lambda: people.merge(FLOOD, FEE), lambda: people.merge(FEE, FLOOD), lambda: people.split(FEE, ["x"])):
        with pytest.raises(Conflict, match=f"was merged into {FLOOD}; name that one"):
            act()


def merge_elsewhere(url: str, folder: str, target: str, source: str) -> str:
    """What one process says after it tried."""
    database = open_database(url, timeout=30)
    try:
        return People(Path(folder), database).merge(target, source).id
    except Conflict as error:
        return str(error)
    finally:
        database.close()


def test_of_two_processes_that_merge_the_same_issue_one_succeeds(people: People) -> None:
    people.stage().handle([tagged(mention("owls", "Owl census begins", "Volunteers count owls."))])
    owls = issue_id(FILE, "owls")
    folder = str(people.policy.desk.folder)
    with ProcessPoolExecutor(2, mp_context=get_context("spawn")) as pool:
        said = list(pool.map(merge_elsewhere, [people.database.name] * 2, [folder] * 2, [FLOOD, FEE], [owls, owls]))
    (won,) = [one for one in said if one in (FLOOD, FEE)]
    assert [one for one in said if one != won] == [f"issue {owls} was merged into {won}; name that one"]
    assert read_issue(people.database, owls).issue.merged_into == won
    people.require_order({"delays", "delays-2", "fees", "owls"})
