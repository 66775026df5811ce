"""Whether a team changes: never without a reason, as little as possible, and not twice."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from itertools import combinations
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from gordon.desk.schema import Person, Requires
from gordon.events import Assigned, MentionRef
from gordon.records import Item
from route.reexamine import Reassignment, next_moment, reexamine
from route.roster import Roster, needs_of
from route.team import choose_team
from tests.route.route_desk import MONDAY, person
from tests.route.route_team import AWAY, FILE, LEAD, TORONTO

POLICY = Requires(disciplines=("policy",))
BOTH = Requires(disciplines=("policy", "communications"))
APPROVED = Requires(disciplines=("policy",), authority=("approve",))
MORNING = {"from": "08:00", "to": "12:00"}
NOON = {"from": "09:00", "to": "17:00"}
HOUR = timedelta(hours=1)


def opened(
    people: Sequence[Person], requires: Requires, now: datetime, clocks: Mapping[str, timedelta] | None = None
) -> Item:
    """An item with the team that it got at this time."""
    separate = requires.separate_approver
    choice = choose_team(Roster(people, TORONTO), FILE, needs_of(requires), {}, now, separate=separate)
    assigned = Assigned(
        item="item", issue="issue", queue="q", file=FILE, files=(FILE,), mention=MentionRef(id="m", url="", title=""),
        mentions=1, priority="normal", team=choice.team, gaps=choice.gaps,
        clocks={name: now + span for name, span in (clocks or {}).items()}, explain=(), change="opened",
        policy_version="v",
    )  # fmt: skip
    return Item(
        id="item", issue="issue", queue="q", file=FILE, priority="normal", state="open", opened=now, updated=now,
        assigned=assigned,
    )  # fmt: skip


def look(
    item: Item, people: Sequence[Person], requires: Requires, now: datetime, load: Mapping[str, int] | None = None
) -> Reassignment | None:
    separate = requires.separate_approver
    return reexamine(item, Roster(people, TORONTO), needs_of(requires), load or {}, now, separate=separate)


def changed(item: Item, found: Reassignment) -> Item:
    return replace(item, assigned=replace(item.assigned, team=found.team, gaps=found.gaps))


def team_of(found: Reassignment | None) -> list[str] | None:
    return None if found is None else [member.person for member in found.team]


def test_nothing_changes_while_everybody_serves() -> None:
    people = [person("a"), person("b", files=LEAD)]
    item = opened(people, POLICY, MONDAY)
    assert look(item, people, POLICY, MONDAY) is None
    assert look(item, [*people, person("c", files=LEAD)], POLICY, MONDAY, {"b": 9}) is None, "a better one is no reason"
    assert look(replace(item, state="closed"), [], POLICY, MONDAY) is None


@pytest.mark.parametrize(
    ("later", "reason"),
    [
        ([], "is on the desk no more"),
        ([person("a", capacity=0)], "takes no items any more"),
        ([person("a", until="2026-11-22")], "has left (last day 2026-11-22)"),
        ([person("a", disciplines=["advocacy"])], "covers nothing of what is asked any more"),
        ([person("a", disciplines={"policy": "2026-11-22", "web": None})], "standing ended 2026-11-22"),
        ([person("a", away=[{"from": "2026-11-23", "to": "2026-12-04"}])], "is away until 2026-12-04"),
    ],
)
def test_who_cannot_serve_leaves_and_the_need_is_met_or_a_gap(later: list[Person], reason: str) -> None:
    item = opened([person("a")], POLICY, MONDAY - timedelta(days=3))
    found = look(item, later, POLICY, MONDAY)
    assert found is not None and found.team == ()
    assert found.why[0] == f"a leaves the team: {reason}"
    assert found.why[1].startswith("gap: discipline policy: ") and [gap.need for gap in found.gaps] == ["policy"]
    found = look(item, [*later, person("b")], POLICY, MONDAY)
    assert found is not None and team_of(found) == ["b"] and found.gaps == ()
    assert found.why == (f"a leaves the team: {reason}", "b joins the team: covers policy; has 0 of 5 items")


def test_a_short_absence_is_waited_for_and_a_gap_filled_by_who_comes_back() -> None:
    away = [{"from": "2026-11-23", "to": "2026-11-24"}]
    item = opened([person("a")], POLICY, MONDAY - timedelta(days=3))
    assert look(item, [person("a", away=away), person("b")], POLICY, MONDAY) is None
    absent = opened([person("a", away=away)], POLICY, MONDAY)
    assert absent.assigned.team == ()
    assert look(absent, [person("a", away=away)], POLICY, MONDAY + HOUR) is None
    found = look(absent, [person("a", away=away)], POLICY, MONDAY + timedelta(days=2))
    assert team_of(found) == ["a"] and found is not None
    assert found.why == ("a joins the team: covers policy; has 0 of 5 items", "no gap any more: discipline policy")


@pytest.mark.parametrize(("draft", "team"), [(2 * HOUR, ["b"]), (24 * HOUR, None), (None, None)])
def test_off_duty_is_a_reason_only_where_a_clock_does_not_wait(draft: timedelta | None, team: list[str] | None) -> None:
    people = [person("a", hours=MORNING, files=LEAD), person("b", hours=NOON)]
    at = MONDAY + HOUR
    item = opened(people, POLICY, at, {"draft_by": draft + 2 * HOUR} if draft else {})
    found = look(item, people, POLICY, at + 2 * HOUR)
    assert team_of(found) == team
    if found:
        assert found.why[0] == (
            "a leaves the team: is off duty until 2026-11-24 13:00 UTC, and draft is due 2026-11-23 20:00 UTC"
        )
    done = replace(item, assigned=replace(item.assigned, done={"draft": at}))
    assert look(done, people, POLICY, at + 2 * HOUR) is None, "a step that is done is not waited for"
    held = replace(item, assigned=replace(item.assigned, claimed_by="a", claimed_until=at + 5 * HOUR))
    assert look(held, people, POLICY, at + 2 * HOUR) is None, "who works on it is there"
    assert look(item, people[:1], POLICY, at + 2 * HOUR) is None, "somebody who is late is better than nobody"


def test_who_is_late_stays_where_others_of_the_team_have_it_or_nobody_does() -> None:
    people = [person("a", hours=MORNING, disciplines=["policy", "communications"]), person("b", hours=NOON)]
    item = opened(people, BOTH, MONDAY + HOUR, {"draft_by": 4 * HOUR})
    assert look(item, people, BOTH, MONDAY + 3 * HOUR) is None, "nobody else has communications"
    with_web = [*people, person("c", disciplines=["communications"])]
    found = look(item, with_web, BOTH, MONDAY + 3 * HOUR)
    assert team_of(found) == ["b", "c"]


def test_an_authority_that_ran_out_is_a_gap_and_the_person_stays() -> None:
    files = {FILE: {"expertise": "lead", "expertise_until": "2026-11-23", "authority": {"approve": "2026-11-23"}}}
    people = [person("a", files=files), person("b")]
    item = opened(people, APPROVED, MONDAY)
    assert {member.person: member.duties for member in item.assigned.team} == {"a": ("approve",), "b": ("draft",)}
    found = look(item, people, APPROVED, MONDAY + timedelta(days=1))
    assert found is not None and team_of(found) == ["b"]
    assert found.why[0] == "a leaves the team: has left (standing ended 2026-11-23)"
    stays = [person("a", files={FILE: files[FILE] | {"authority": [{"approve": "2026-11-23"}, "speak"]}}), person("b")]
    found = look(item, stays, APPROVED, MONDAY + timedelta(days=1))
    assert found is not None and team_of(found) == ["a", "b"]
    assert found.why == (
        "a no longer covers approve",
        "a counts as no expert now, no longer as lead",
        "gap: authority approve: nobody has it any more: a's standing ended 2026-11-23",
    )
    assert [member.authority for member in found.team] == [(), ()]


def test_the_lead_comes_back_and_the_stand_in_stays() -> None:
    away = [{"from": "2026-11-20", "to": "2026-11-23"}]
    people = [
        person("lead", files=LEAD, away=away, delegate="deputy"),
        person("deputy", files={FILE: {"expertise": "expert"}}),
    ]
    requires = Requires(disciplines=("policy",), expertise="lead")
    item = opened(people, requires, MONDAY)
    assert [member.person for member in item.assigned.team] == ["deputy"]
    found = look(item, people, requires, MONDAY + timedelta(days=1))
    assert found is not None and team_of(found) == ["deputy", "lead"] and found.gaps == ()
    assert found.why == (
        "deputy counts as expert now, no longer as lead",
        "lead joins the team: covers lead; leads the file; has 0 of 5 items",
    )


def test_hats_and_duties_stay_where_they_are() -> None:
    people = [person("a"), person("b", files=LEAD)]
    item = opened(people, APPROVED, MONDAY)
    before = {member.person: member for member in item.assigned.team}
    gone = [person("b", files=LEAD), person("c", files=LEAD)]
    found = look(item, gone, APPROVED, MONDAY)
    assert found is not None and team_of(found) == ["b", "c"]
    assert found.team[0] == before["b"] and found.team[1].duties == ("draft",)


hats = st.lists(st.sampled_from(["policy", "communications", "advocacy"]), min_size=1, max_size=2, unique=True)
someone = st.fixed_dictionaries(
    {
        "disciplines": hats,
        "files": st.dictionaries(
            st.sampled_from([FILE, "pass*"]),
            st.fixed_dictionaries(
                {
                    "expertise": st.sampled_from(["", "expert", "lead"]),
                    "authority": st.sampled_from([[], ["approve"], [{"approve": "2026-11-24"}]]),
                    "until": st.sampled_from([None, None, "2026-11-24"]),
                }
            ),
            max_size=1,
        ),
        "capacity": st.sampled_from([0, 2, 2]),
        "away": st.sampled_from([[], [], AWAY, [{"from": "2026-11-24", "to": "2026-12-24"}]]),
        "delegate": st.sampled_from([None, "p0", "p1"]),
        "hours": st.sampled_from([None, MORNING, NOON]),
    }
)
requirement = st.builds(
    Requires,
    disciplines=hats.map(tuple),
    expertise=st.sampled_from([None, "lead"]),
    authority=st.sampled_from([(), ("approve",)]),
    separate_approver=st.sampled_from([True, True, False]),
)
desks = st.lists(someone, max_size=5)


@given(desks, st.none() | desks, requirement, st.integers(0, 60), st.none() | st.integers(1, 48), st.integers(0, 3))
@settings(max_examples=100, deadline=None)
def test_it_is_stable_and_adds_as_few_as_possible(
    rows: list[dict[str, Any]],
    others: list[dict[str, Any]] | None,
    requires: Requires,
    hours: int,
    clock: int | None,
    load: int,
) -> None:
    people = [person(f"p{number}", **row) for number, row in enumerate(rows)]
    later = people if others is None else [person(f"p{number}", **row) for number, row in enumerate(others)]
    busy = {f"p{number}": load for number in range(0, 5, 2)}
    item = opened(people, requires, MONDAY, {"draft_by": clock * HOUR} if clock else {})
    now = MONDAY + hours * HOUR
    found = look(item, later, requires, now, busy)
    before = {member.person for member in item.assigned.team}
    if found is None:
        return
    after = {member.person for member in found.team}
    assert found.why
    assert look(changed(item, found), later, requires, now, busy) is None, "examined again nothing changes"
    left = {line.split()[0] for line in found.why if " leaves the team: " in line}
    joined = {line.split()[0] for line in found.why if " joins the team: " in line}
    assert (left, joined) == (before - after, after - before)
    roster = Roster(later, TORONTO)
    snapshot = roster.at(now)
    for name in left & roster.index.keys():
        one = later[roster.index[name]]
        serves = snapshot.presences[roster.index[name]].there and one.capacity
        assert not serves or snapshot.prospect(roster.index[name], FILE, needs_of(requires)) is None
    unmet = len(found.gaps)
    for fewer in (those for size in range(len(joined)) for those in combinations(sorted(joined), size)):
        kept = tuple(member for member in found.team if member.person not in joined - set(fewer))
        again = look(replace(item, assigned=replace(item.assigned, team=kept)), later, requires, now, busy)
        assert again is not None and len(again.gaps) == unmet and len(again.team) == len(after)


@given(desks, st.integers(0, 200))
@settings(max_examples=60, deadline=None)
def test_until_the_next_moment_nobody_comes_or_goes(rows: list[dict[str, Any]], hours: int) -> None:
    roster = Roster([person(f"p{number}", **row) for number, row in enumerate(rows)], TORONTO)
    now = MONDAY + hours * HOUR
    then = next_moment(roster, now)
    key = roster.look(now).key()
    assert now < then <= now + timedelta(days=7)
    for part in (0.25, 0.5, 0.99):
        assert roster.look((now + (then - now) * part).astimezone(UTC)).key() == key
    assert then == now + timedelta(days=7) or roster.look(then).key() != key
