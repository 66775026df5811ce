"""Teams and gaps: the right people for the right reasons, and minimal against brute force over the people."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from itertools import combinations
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gordon.desk.schema import Person, Requires
from route.people import rank
from route.roster import Need, Roster, covers, needs_of
from route.team import Choice, choose_team
from tests.route.route_desk import MONDAY, person

TORONTO = ZoneInfo("America/Toronto")
FILE = "passport-services"
REQUIRES = Requires(disciplines=("policy", "communications"), expertise="lead", authority=("approve",))
LEAD = {FILE: {"expertise": "lead", "authority": ["speak", "approve"]}}


def choose(
    people: Sequence[Person],
    requires: Requires = REQUIRES,
    *,
    language: str = "",
    load: Mapping[str, int] | None = None,
    now: datetime = MONDAY,
) -> Choice:
    return choose_team(Roster(people, TORONTO), FILE, needs_of(requires, language), load or {}, now)


def ids(choice: Choice) -> list[str]:
    return [member.person for member in choice.team]


def gaps(choice: Choice) -> dict[str, str]:
    return {f"{gap.kind} {gap.need}": gap.why for gap in choice.gaps}


def test_two_hats_on_one_head() -> None:
    both = person("gordon", disciplines=["policy", "communications"], files=LEAD)
    others = [person("a", files=LEAD), person("b", disciplines=["communications"])]
    choice = choose([*others, both])
    assert ids(choice) == ["gordon"] and choice.gaps == ()
    (member,) = choice.team
    assert (member.disciplines, member.expertise, member.authority) == (
        ("policy", "communications"),
        "lead",
        ("approve",),
    )
    assert member.why == "covers policy, communications, approve, lead; leads the file; has 0 of 5 items"
    assert choice.explain == ("team: gordon: the smallest of 3 on duty that covers 4 of 4 needs",)


def test_each_hat_has_one_head_the_most_expert() -> None:
    people = [
        person("a", disciplines=["policy", "advocacy"], files={FILE: {"expertise": "working"}}),
        person("b", disciplines=["policy", "communications"], files=LEAD),
    ]
    choice = choose(people, Requires(disciplines=("policy", "advocacy", "communications")))
    assert [(member.person, member.disciplines) for member in choice.team] == [
        ("a", ("advocacy",)),
        ("b", ("policy", "communications")),
    ]


def test_authority_on_another_file_does_not_count() -> None:
    people = [person("a", disciplines=["policy", "communications"], files={"visas": {"authority": ["approve"]}})]
    choice = choose(people, Requires(disciplines=("policy",), authority=("approve",)))
    assert ids(choice) == ["a"]
    assert gaps(choice) == {"authority approve": "nobody has it"}


def test_among_equals_the_lead_then_the_expert_then_the_least_loaded_then_the_first() -> None:
    requires = Requires(disciplines=("policy",))
    a, b = person("a"), person("b")
    expert = person("y", files={"pass*": {"expertise": "expert"}})
    assert ids(choose([b, a], requires)) == ["a"]
    assert ids(choose([b, a], requires, load={"a": 1})) == ["b"]
    assert ids(choose([b, a, expert], requires, load={"y": 4})) == ["y"]
    assert ids(choose([b, a, expert, person("z", files=LEAD)], requires, load={"z": 4})) == ["z"]


def test_languages_count_where_the_queue_asks_for_them() -> None:
    people = [person("a"), person("b", languages=["fr"]), person("c", languages=["en", "fr"])]
    plain, french = Requires(disciplines=("policy",)), Requires(disciplines=("policy",), languages=("en",))
    assert ids(choose(people, plain, language="fr")) == ["a"]
    assert ids(choose(people, french)) == ["a"]
    assert ids(choose(people, french, language="fr")) == ["c"]
    assert ids(choose(people, french, language="und")) == ["a"]
    assert gaps(choose(people, french, language="es")) == {"language es": "nobody has it"}
    assert needs_of(french, "en") == (Need("discipline", "policy"), Need("language", "en"))


@pytest.mark.parametrize(
    ("fields", "why"),
    [
        ({"away": [{"from": "2026-11-20", "to": "2027-01-03"}]}, "the only one, anna, is away until 2027-01-03"),
        ({"hours": {"from": "12:00", "to": "13:00"}}, "the only one, anna, is off duty until 2026-11-23 17:00 UTC"),
        ({"capacity": 0}, "the only one, anna, takes no items"),
    ],
)
def test_a_gap_says_what_keeps_the_only_one(fields: dict[str, object], why: str) -> None:
    people = [person("anna", disciplines=["advocacy"], **fields), person("b")]
    choice = choose(people, Requires(disciplines=("advocacy", "policy")), load={"anna": 2})
    assert ids(choice) == ["b"]
    assert gaps(choice) == {"discipline advocacy": why}
    assert f"gap: discipline advocacy: {why}" in choice.explain


def test_a_gap_names_several_and_those_of_the_past() -> None:
    away = [{"from": "2026-11-20", "to": "2026-11-30"}]
    people = [person(name, disciplines=["advocacy"], away=away) for name in "abcde"]
    people.append(
        person("tobias", files={FILE: {"expertise": "lead", "authority": ["approve"], "until": "2026-06-30"}})
    )
    choice = choose(people, Requires(disciplines=("advocacy", "media-relations"), expertise="lead"))
    listed = "; ".join(f"{name} is away until 2026-11-30" for name in "abc")
    assert gaps(choice) == {
        "discipline advocacy": f"none of 5 is free: {listed}; and 2 more",
        "discipline media-relations": "nobody has it",
        "expertise lead": "nobody has it any more: tobias's standing ended 2026-06-30",
    }
    assert choice.team == ()


def test_who_left_a_file_is_on_none_of_its_teams() -> None:
    files = {FILE: {"expertise": "lead", "until": "2026-06-30"}, "visas": {"expertise": "lead"}}
    choice = choose([person("tobias", files=files)], Requires(disciplines=("policy",)))
    assert ids(choice) == [] and list(gaps(choice)) == ["discipline policy"]
    roster = Roster([person("tobias", files=files)], TORONTO)
    assert ids(choose_team(roster, "visas", (Need("discipline", "policy"),), {}, MONDAY)) == ["tobias"]


def test_no_gordon_is_said_even_where_nobody_asks_for_one() -> None:
    choice = choose([person("a")], Requires(disciplines=("policy",)))
    assert choice.gaps == ()
    assert choice.explain[-1] == f"gap: No Gordon: nobody with lead expertise on {FILE} is on duty"
    assert "No Gordon" not in str(choose([person("a", files=LEAD)], Requires(disciplines=("policy",))).explain)
    asked = choose([person("a")], Requires(expertise="lead"))
    assert list(gaps(asked)) == ["expertise lead"] and "No Gordon" not in str(asked.explain)


AWAY = [{"from": "2026-11-20", "to": "2026-11-30"}]


def test_the_delegate_of_a_lead_who_is_away_stands_in() -> None:
    lead = person("lead", files=LEAD, away=AWAY, delegate="deputy")
    deputy = person("deputy", files={FILE: {"expertise": "expert"}})
    choice = choose([lead, deputy], Requires(expertise="lead", authority=("approve",)))
    assert [(member.person, member.expertise) for member in choice.team] == [("deputy", "lead")]
    assert "stands in for lead" in choice.team[0].why
    assert gaps(choice) == {"authority approve": "the only one, lead, is away until 2026-11-30"}


@pytest.mark.parametrize(
    ("lead", "deputy"),
    [
        ({"away": AWAY}, {}),  # no standing on the file
        ({"away": AWAY}, {"files": {FILE: {"expertise": "expert", "until": "2026-01-01"}}}),
        ({"away": AWAY}, {"files": {FILE: {"expertise": "expert"}}, "away": AWAY}),
        ({"hours": {"from": "12:00", "to": "13:00"}}, {"files": {FILE: {"expertise": "expert"}}}),  # only off duty
        ({"away": AWAY, "delegate": None}, {"files": {FILE: {"expertise": "expert"}}}),
    ],
)
def test_a_delegate_needs_a_standing_and_to_be_there(lead: dict[str, object], deputy: dict[str, object]) -> None:
    people = [person("lead", **{"files": LEAD, "delegate": "deputy"} | lead), person("deputy", **deputy)]
    choice = choose(people, Requires(expertise="lead"))
    assert choice.team == () and list(gaps(choice)) == ["expertise lead"]


def test_a_delegate_of_two_stands_in_for_the_higher() -> None:
    people = [
        person("expert", files={FILE: {"expertise": "expert"}}, away=AWAY, delegate="d"),
        person("lead", files=LEAD, away=AWAY, delegate="d"),
        person("other", files={FILE: {"expertise": "expert"}}, away=AWAY, delegate="d"),
        person("d", files={FILE: {"expertise": "working"}}),
    ]
    assert "stands in for lead" in choose(people, Requires(expertise="lead")).team[0].why


def test_the_roster_changes_with_the_hour() -> None:
    roster = Roster([person("a", hours={"from": "09:00", "to": "10:30"}), person("b", capacity=0)], TORONTO)
    needs = (Need("discipline", "policy"),)
    assert roster.at(MONDAY) is roster.at(MONDAY + timedelta(minutes=29))
    assert ids(choose_team(roster, FILE, needs, {}, MONDAY + timedelta(minutes=29))) == ["a"]
    assert ids(choose_team(roster, FILE, needs, {}, MONDAY + timedelta(minutes=30))) == []
    assert ids(choose_team(roster, FILE, needs, {}, MONDAY)) == ["a"]


def test_nobody_at_all() -> None:
    choice = choose([], REQUIRES)
    assert choice.team == () and len(choice.gaps) == 4
    assert choice.explain[0] == "team: nobody: the smallest of 0 on duty that covers 0 of 4 needs"


hats = st.lists(st.sampled_from(["policy", "communications", "advocacy"]), min_size=1, max_size=3, unique=True)
standing = st.fixed_dictionaries(
    {"expertise": st.sampled_from(["", "working", "expert", "lead"]),
     "authority": st.lists(st.sampled_from(["speak", "approve"]), unique=True)}
)  # fmt: skip
someone = st.fixed_dictionaries(
    {
        "disciplines": hats,
        "languages": st.lists(st.sampled_from(["en", "fr"]), min_size=1, unique=True),
        "files": st.dictionaries(st.sampled_from([FILE, "pass*", "visas"]), standing, max_size=2),
        "capacity": st.sampled_from([0, 4, 4, 4]),
        "away": st.sampled_from([[], [], AWAY]),
    }
)
requirement = st.builds(
    Requires,
    disciplines=hats.map(tuple),
    expertise=st.sampled_from([None, "lead", "expert"]),
    authority=st.lists(st.sampled_from(["speak", "approve"]), unique=True).map(tuple),
    languages=st.lists(st.sampled_from(["en", "fr"]), unique=True).map(tuple),
)


@given(st.lists(someone, max_size=6), requirement, st.lists(st.integers(0, 3), min_size=6, max_size=6))
@settings(max_examples=100, deadline=None)
def test_the_team_is_minimal_and_the_best_of_the_minimal(
    rows: list[dict[str, object]], requires: Requires, loads: list[int]
) -> None:
    people = [person(f"p{number}", **row) for number, row in enumerate(rows)]
    load = {one.id: count for one, count in zip(people, loads, strict=False)}
    needs = needs_of(requires)
    here = {
        one.id: own
        for one in people
        for own in [one.files.get(FILE) or one.files.get("pass*") or person("x", files={"f": {}}).files["f"]]
        if not one.away and load[one.id] < one.capacity
    }
    by_id = {one.id: one for one in people}

    def value(team: Sequence[str]) -> tuple[object, ...]:
        covered = {need for need in needs for name in team if covers(by_id[name], here[name], need)}
        return (
            len(needs) - len(covered),
            len(team),
            not any(here[name].expertise == "lead" for name in team),
            -sum(rank(here[name].expertise) for name in team),
            sum(load[name] for name in team),
            sorted(team),
        )

    teams = [team for size in range(len(here) + 1) for team in combinations(sorted(here), size)]
    best = min(teams, key=value)
    choice = choose(people, requires, load=load, now=MONDAY.astimezone(UTC))
    assert ids(choice) == list(best)
    covered = {need for need in needs for name in best if covers(by_id[name], here[name], need)}
    assert {(gap.kind, gap.need) for gap in choice.gaps} == {(need.kind, need.name) for need in set(needs) - covered}
    worn = [hat for member in choice.team for hat in member.disciplines]
    assert sorted(worn) == sorted(need.name for need in covered if need.kind == "discipline")


@given(st.lists(someone, max_size=6), requirement, st.lists(st.integers(0, 6), min_size=6, max_size=6))
@settings(max_examples=100, deadline=None)
def test_the_full_help_out_only_where_nobody_with_room_can(
    rows: list[dict[str, object]], requires: Requires, loads: list[int]
) -> None:
    people = [person(f"p{number}", **row) for number, row in enumerate(rows)]
    load = {one.id: count for one, count in zip(people, loads, strict=False)}
    choice = choose(people, requires, load=load, now=MONDAY.astimezone(UTC))
    unloaded = choose(people, requires, now=MONDAY.astimezone(UTC))
    assert gaps(choice).keys() == gaps(unloaded).keys(), "a full person is no gap"
    roomy = [one for one in people if load[one.id] < one.capacity]
    alone = choose(roomy, requires, load=load, now=MONDAY.astimezone(UTC))
    full = [one for one in choice.team if load[one.person] >= 4]
    assert bool(full) == (gaps(alone).keys() != gaps(choice).keys())
    assert all("beyond capacity" in one.why for one in full)


def test_an_overworked_gordon_is_better_than_none() -> None:
    people = [
        person("gordon", disciplines=["policy", "communications"], capacity=1, files=LEAD),
        person("b", disciplines=["policy"]),
        person("c", disciplines=["communications"]),
    ]
    plain = Requires(disciplines=("policy", "communications"))
    assert ids(choose(people, plain)) == ["gordon"]
    assert ids(choose(people, plain, load={"gordon": 1})) == ["b", "c"]
    needed = choose(people, Requires(disciplines=plain.disciplines, expertise="lead"), load={"gordon": 1})
    assert ids(needed) == ["gordon"] and not needed.gaps
    assert "has 1 of 1 items; beyond capacity" in needed.team[0].why


def test_what_the_roster_remembers_is_bounded() -> None:
    roster = Roster([person("a")], TORONTO)
    snapshot = roster.at(MONDAY)
    for number in range(5_001):
        snapshot.prospects(f"file-{number}", (Need("discipline", "policy"),))
    assert len(roster._matching) == len(snapshot._prospects) == len(snapshot._standings) == 1
