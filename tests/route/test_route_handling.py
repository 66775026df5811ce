"""What people do with an item: one holder at a time, steps once, approval by somebody else, clocks that stand."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from gordon.desk.schema import Hours, Queue
from gordon.errors import Conflict
from gordon.events import Assigned, MentionRef
from gordon.records import Item, ItemChange
from route.handling import Handled, claim, close, do_step, holder_of, pause, paused, release, resume, running, timed
from tests.route.route_desk import MONDAY

HOUR = timedelta(hours=1)
QUEUE = Queue.model_validate({"clocks": {"acknowledge": "30m", "draft": "2h", "approve": "4h"}})
CLOCKS = {
    "acknowledge_by": MONDAY + HOUR / 2,
    "draft_by": MONDAY + 2 * HOUR,
    "approve_by": MONDAY + 4 * HOUR,
}


def fresh() -> Item:
    assigned = Assigned(
        item="item-1", issue="issue-1", queue="press", file="passports", files=("passports",),
        mention=MentionRef(id="m", url="", title="Fees"), mentions=1, priority="normal", team=(), gaps=(),
        clocks=CLOCKS, explain=("route 1",), change="grew", policy_version="v1",
    )  # fmt: skip
    return timed(
        Item(
            id="item-1", issue="issue-1", queue="press", file="passports", priority="normal", state="open",
            opened=MONDAY, updated=MONDAY, assigned=assigned,
        )
    )  # fmt: skip


def test_a_claim_acknowledges_and_keeps_others_out_until_it_ends() -> None:
    item, change = claim(fresh(), "alice", MONDAY, HOUR)
    assert (item.assigned.claimed_by, item.assigned.claimed_until) == ("alice", MONDAY + HOUR)
    assert item.assigned.done == {"acknowledge": MONDAY} and item.next_due == CLOCKS["draft_by"]
    assert (change.person, change.action, change.item) == ("alice", "claim", "item-1")
    with pytest.raises(Conflict, match="claimed by alice until 2026-11-23 16:00Z"):
        claim(item, "bob", MONDAY + HOUR - timedelta(seconds=1), HOUR)
    item, change = claim(item, "bob", MONDAY + HOUR, HOUR)
    assert holder_of(item, MONDAY + HOUR) == "bob" and "alice's claim ran out" in change.why
    assert item.assigned.done == {"acknowledge": MONDAY}, "acknowledged once, by the first"


def test_claiming_again_prolongs() -> None:
    item, _ = claim(fresh(), "alice", MONDAY, HOUR)
    item, change = claim(item, "alice", MONDAY + HOUR / 2, HOUR)
    assert item.assigned.claimed_until == MONDAY + 1.5 * HOUR and change.action == "prolong"


def test_only_the_holder_gives_back() -> None:
    item, _ = claim(fresh(), "alice", MONDAY, HOUR)
    with pytest.raises(Conflict, match="not claimed by bob; it is claimed by alice"):
        release(item, "bob", MONDAY)
    with pytest.raises(Conflict, match="not claimed by alice; it is nobody's"):
        release(item, "alice", MONDAY + HOUR)
    item, _ = release(item, "alice", MONDAY)
    assert item.assigned.claimed_by is None and holder_of(item, MONDAY) is None


def test_who_drafted_does_not_approve() -> None:
    item, change = do_step(fresh(), "draft", "alice", MONDAY, [], separate=True)
    assert item.assigned.done == {"acknowledge": MONDAY, "draft": MONDAY} and item.next_due == CLOCKS["approve_by"]
    with pytest.raises(Conflict, match="alice drafted item item-1 and cannot approve it; somebody else has to"):
        do_step(item, "approve", "alice", MONDAY, [change], separate=True)
    assert do_step(item, "approve", "alice", MONDAY, [change], separate=False).item.next_due is None
    approved, _ = do_step(item, "approve", "bob", MONDAY, [change], separate=True)
    with pytest.raises(Conflict, match="approve of item item-1 was done at 2026-11-23 15:00Z"):
        do_step(approved, "approve", "bob", MONDAY, [change], separate=True)


def test_of_an_item_that_was_opened_again_the_last_draft_counts() -> None:
    _, before = do_step(fresh(), "draft", "alice", MONDAY, [], separate=True)
    item, change = do_step(fresh(), "draft", "bob", MONDAY, [before], separate=True)
    with pytest.raises(Conflict, match="bob drafted"):
        do_step(item, "approve", "bob", MONDAY, [before, change], separate=True)
    assert "approve" in do_step(item, "approve", "alice", MONDAY, [before, change], separate=True).item.assigned.done


def test_a_pause_moves_what_is_due_by_its_length() -> None:
    item, change = pause(fresh(), "alice", MONDAY + HOUR / 4, "the registry answers")
    assert item.next_due is None and paused(item) and change.why == "the registry answers"
    with pytest.raises(Conflict, match="stand already"):
        pause(item, "alice", MONDAY + HOUR, "")
    item, _ = resume(item, "alice", MONDAY + 3 * HOUR, QUEUE, Hours())
    assert item.next_due == CLOCKS["acknowledge_by"] + 2.75 * HOUR
    assert item.assigned.clocks == {name: when + 2.75 * HOUR for name, when in CLOCKS.items()}
    with pytest.raises(Conflict, match="the clocks of item item-1 run"):
        resume(item, "alice", MONDAY + 3 * HOUR, QUEUE, Hours())


def test_closing_ends_everything() -> None:
    item, _ = claim(fresh(), "alice", MONDAY, HOUR)
    with pytest.raises(Conflict, match="claimed by alice"):
        close(item, "bob", MONDAY, "")
    item, change = close(item, "alice", MONDAY, "the blog corrected itself")
    assert item.state == "closed" and item.next_due is None and running(item) == {}
    assert (item.assigned.change, item.assigned.why) == ("closed", "closed by alice: the blog corrected itself")
    assert item.assigned.claimed_by is None and change.why == "the blog corrected itself"
    acts: list[Callable[[], Handled]] = [
        lambda: claim(item, "alice", MONDAY, HOUR),
        lambda: release(item, "alice", MONDAY),
        lambda: do_step(item, "draft", "alice", MONDAY, [], separate=True),
        lambda: pause(item, "alice", MONDAY, ""),
        lambda: resume(item, "alice", MONDAY, QUEUE, Hours()),
        lambda: close(item, "alice", MONDAY, ""),
    ]
    for act in acts:
        with pytest.raises(Conflict, match="is closed"):
            act()


def test_a_clock_that_ran_out_is_not_due_again() -> None:
    assert timed(replace(fresh(), fired=("acknowledge",))).next_due == CLOCKS["draft_by"]
    assert timed(replace(fresh(), fired=("acknowledge", "draft", "approve"))).next_due is None


ACTS = st.lists(
    st.tuples(st.sampled_from(["claim", "release", "draft", "approve", "pause", "resume", "close"]),
              st.sampled_from(["alice", "bob", "carol"]), st.integers(0, 90)),
    max_size=30,
)  # fmt: skip


@given(ACTS)
@settings(max_examples=100, deadline=None)
def test_whatever_people_do_the_rules_hold(acts: list[tuple[str, str, int]]) -> None:
    item, now, audit = fresh(), MONDAY, list[ItemChange]()
    for name, person, minutes in acts:
        now += timedelta(minutes=minutes)
        holder = holder_of(item, now)
        try:
            item, change = _act(name, item, person, now, audit)
        except Conflict:
            continue
        assert holder in (None, person) or name in ("pause", "resume")
        audit.append(change)
        open_steps = {name.removesuffix("_by") for name in item.assigned.clocks} - item.assigned.done.keys()
        assert (item.next_due is None) == (item.state == "closed" or paused(item) or not open_steps)
    drafters = {line.person for line in audit if line.action == "draft"}
    assert not drafters & {line.person for line in audit if line.action == "approve"}
    assert all(first.end is not None and first.end <= then.start
               for first, then in zip(item.pauses, item.pauses[1:], strict=False))  # fmt: skip


def _act(name: str, item: Item, person: str, now: datetime, audit: list[ItemChange]) -> Handled:
    if name == "claim":
        return claim(item, person, now, HOUR)
    if name == "release":
        return release(item, person, now)
    if name == "pause":
        return pause(item, person, now, "")
    if name == "resume":
        return resume(item, person, now, QUEUE, Hours())
    if name == "close":
        return close(item, person, now, "")
    return do_step(item, name, person, now, audit, separate=True)
