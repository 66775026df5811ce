"""Who owns which partition: pure decisions of the members of a group on the embedded log."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from gordon.bus.sqlite_group import Member, Place, Process, decide, lives, process_start, share, this_process

HERE = Process("boot", "space", 10, 5)


def member(id: int, topics: set[int]) -> Member:
    return Member(id, HERE, frozenset(topics), 0.0)


groups = st.dictionaries(st.integers(1, 9), st.sets(st.integers(1, 3), min_size=1), max_size=6).map(
    lambda found: [member(id, topics) for id, topics in found.items()]
)
places = st.lists(st.tuples(st.integers(1, 3), st.integers(0, 7)), unique=True, max_size=24)


@given(groups, places, st.randoms())
@settings(max_examples=100, deadline=None)
def test_a_share_is_complete_fair_and_the_same_for_all(members: list[Member], found: list[Place], dice: object) -> None:
    owners = share(members, found)
    dice.shuffle(members)  # type: ignore[attr-defined]  # a random.Random
    dice.shuffle(found)  # type: ignore[attr-defined]  # a random.Random
    assert share(members, found) == owners
    readers = {topic for each in members for topic in each.topics}
    assert set(owners) == {place for place in found if place[0] in readers}
    topics_of = {each.id: each.topics for each in members}
    assert all(place[0] in topics_of[owner] for place, owner in owners.items())
    if len({each.topics for each in members}) == 1:
        counts = [list(owners.values()).count(each.id) for each in members]
        assert max(counts) - min(counts) <= 1


@given(st.lists(st.tuples(st.integers(0, 4), st.sampled_from(["join", "die", "turn"])), max_size=60))
@settings(max_examples=100, deadline=None)
def test_no_place_ever_has_two_and_in_the_end_all_are_read(steps: list[tuple[int, str]]) -> None:
    owners: dict[Place, int | None] = {(1, partition): None for partition in range(6)}
    members: dict[int, Member] = {}
    living: set[int] = set()

    def turn(me: int) -> None:
        plan = decide(me, list(members.values()), frozenset(living), owners)
        assert not any(owners[place] in living - {me} for place in plan.claim)
        assert all(owners[place] == me for place in plan.release)
        assert not set(plan.dead) & living
        for dead in plan.dead:
            del members[dead]
        owners.update(dict.fromkeys(plan.release))
        owners.update(dict.fromkeys(plan.claim, me))

    for me, step in steps:
        if step == "join" and me not in members:
            members[me] = member(me, {1})
            living.add(me)
        elif step == "die":
            living.discard(me)
        elif step == "turn" and me in living:
            turn(me)
    for _ in range(3):
        for me in sorted(living):
            turn(me)
    if living:
        assert set(owners.values()) <= living and None not in owners.values()
        counts = [list(owners.values()).count(me) for me in living]
        assert max(counts) - min(counts) <= 1
        assert not any(decide(me, list(members.values()), frozenset(living), owners) for me in living)


def test_a_sign_of_life_counts_for_one_session_of_one_boot() -> None:
    other_space = Member(1, replace(HERE, space="container"), frozenset({1}), 100.0)
    assert lives(other_space, HERE, 130.0, 30.0)
    assert not lives(other_space, HERE, 130.1, 30.0)
    assert not lives(other_space, HERE, 99.0, 30.0)
    assert not lives(replace(other_space, process=replace(HERE, boot="before")), HERE, 110.0, 30.0)


def test_a_process_that_is_gone_or_was_replaced_is_dead() -> None:
    here = this_process()
    child = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    started = process_start(child.pid)
    assert started
    there = Member(1, replace(here, pid=child.pid, started=started), frozenset({1}), 0.0)
    assert lives(there, here, 0.0, 30.0)
    assert not lives(replace(there, process=replace(there.process, started=started + 1)), here, 0.0, 30.0)
    child.kill()
    os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOWAIT)  # dead, but still in the process table
    assert not lives(there, here, 0.0, 30.0)
    child.communicate()
    assert process_start(child.pid) is None
