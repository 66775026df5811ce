"""Teams and gaps: the right people for the right reasons."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from gordon.desk.schema import Requires
from route.roster import Need, Roster, needs_of
from route.team import Choice, choose_team
from tests.route.route_desk import MONDAY, person
from tests.route.route_team import AWAY, FILE, LEAD, REQUIRES, TOGETHER, TORONTO, choose, gaps, ids


def test_two_hats_on_one_head() -> None:
    both = person("gordon", disciplines=["policy", "communications"], files=LEAD)
    others = [person("a", files=LEAD), person("b", disciplines=["communications"])]
    choice = choose([*others, both], TOGETHER)
    assert ids(choice) == ["gordon"] and choice.gaps == ()
    (member,) = choice.team
    assert (member.disciplines, member.expertise, member.authority, member.duties) == (
        ("policy", "communications"),
        "lead",
        ("approve",),
        ("draft", "approve"),
    )
    covers = "covers policy, communications, approve, lead"
    assert member.why == f"{covers}; drafts; approves; leads the file; has 0 of 5 items"
    assert choice.explain == ("team: gordon: the smallest of 3 on duty that covers 4 of 4 needs",)


def duties(choice: Choice) -> dict[str, tuple[str, ...]]:
    return {member.person: member.duties for member in choice.team}


def test_somebody_else_drafts_than_approves_and_wears_the_hat() -> None:
    people = [person("gordon", disciplines=["policy", "communications"], files=LEAD)]
    people.append(person("b", disciplines=["communications"]))
    choice = choose(people)
    assert duties(choice) == {"b": ("draft",), "gordon": ("approve",)} and choice.gaps == ()
    assert {member.person: member.disciplines for member in choice.team} == {
        "b": ("communications",), "gordon": ("policy",),
    }  # fmt: skip
    assert choice.team[0].why == "covers communications; drafts; has 0 of 5 items"
    assert choice.explain == ("team: b, gordon: the smallest of 2 on duty that covers 4 of 4 needs",)


@pytest.mark.parametrize(
    ("other", "why"),
    [
        (None, "nobody else can do either"),
        ({"disciplines": ["advocacy"]}, "nobody else can do either"),
        ({"away": [{"from": "2026-11-20", "to": "2026-11-30"}]}, "the only other one, b, is away until 2026-11-30"),
        ({"until": "2026-11-20"}, "nobody else can do either"),
    ],
)
def test_where_one_is_alone_the_team_stays_and_a_gap_says_so(other: dict[str, object] | None, why: str) -> None:
    people = [person("gordon", files=LEAD), *([] if other is None else [person("b", **other)])]
    choice = choose(people, Requires(disciplines=("policy",), authority=("approve",)))
    assert duties(choice) == {"gordon": ("draft",)}
    assert gaps(choice) == {"authority approve": f"gordon cannot approve what gordon drafts: {why}"}
    assert choice.explain[0].endswith("covers 2 of 2 needs")


def test_who_drafts_has_the_authority_where_the_queue_asks_for_it() -> None:
    requires = Requires(disciplines=("policy",), authority=("draft", "approve"))
    people = [
        person("chief", files={FILE: {"expertise": "lead", "authority": ["approve", "draft"]}}),
        person("hat", disciplines=["policy"]),
        person("writer", disciplines=["advocacy"], files={FILE: {"authority": ["draft"]}}),
    ]
    assert duties(choose(people, requires)) == {"chief": ("approve",), "writer": ("draft",)}
    assert duties(choose(people[:2], requires)) == {"chief": ("draft",)}
    assert duties(choose(people[1:], requires)) == {"hat": (), "writer": ("draft",)}
    assert duties(choose(people[:2], Requires(authority=("approve",)))) == {"chief": ()}, "nothing is drafted"


def test_of_two_who_may_approve_the_one_who_cannot_draft_does() -> None:
    people = [
        person("gordon", files=LEAD),
        person("deputy", disciplines=["advocacy"], files={FILE: {"authority": ["approve"]}}),
    ]
    assert duties(choose(people, Requires(disciplines=("policy",), authority=("approve",)))) == {
        "deputy": ("approve",), "gordon": ("draft",),
    }  # fmt: skip
    assert duties(choose(people[1:], Requires(disciplines=("policy",), authority=("approve",)))) == {
        "deputy": ("approve",)
    }


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


@pytest.mark.parametrize(
    ("fields", "missing", "why"),
    [
        ({"files": {FILE: {"expertise": "lead", "authority": [{"approve": "2026-11-22"}, "speak"]}}},
         "authority approve", "2026-11-22"),
        ({"files": {FILE: {"expertise": "lead", "expertise_until": "2026-11-22", "authority": ["approve"]}}},
         "expertise lead", "2026-11-22"),
        ({"disciplines": {"policy": "2026-11-21"}, "files": {FILE: LEAD[FILE]}}, "discipline policy", "2026-11-21"),
        ({"disciplines": ["advocacy"], "files": {FILE: LEAD[FILE] | {"disciplines": {"policy": "2026-11-22"}}}},
         "discipline policy", "2026-11-22"),
        ({"languages": {"en": None, "fr": "2026-11-20"}, "files": LEAD}, "language fr", "2026-11-20"),
        ({"files": {FILE: LEAD[FILE] | {"languages": {"fr": "2026-11-20"}}}}, "language fr", "2026-11-20"),
    ],
)  # fmt: skip
def test_what_has_run_out_is_a_gap_and_the_rest_holds(fields: dict[str, Any], missing: str, why: str) -> None:
    requires = Requires(disciplines=("policy",), expertise="lead", authority=("approve",), languages=("fr",))
    fields = {"languages": ["en", "fr"]} | fields if missing != "language fr" else fields
    people = [person("anna", **fields)]
    needs = needs_of(requires)
    before, on = choose_team(Roster(people, TORONTO), FILE, needs, {}, MONDAY - timedelta(days=4)), MONDAY
    choice = choose_team(Roster(people, TORONTO), FILE, needs, {}, on, separate=False)
    assert gaps(before).keys() == {"authority approve"}, "only that nobody else drafts"
    assert ids(choice) == ["anna"]
    assert gaps(choice) == {missing: f"nobody has it any more: anna's standing ended {why}"}


def test_who_has_left_is_on_no_team() -> None:
    leaver = person("a", until="2026-11-22", files=LEAD)
    choice = choose([leaver], Requires(disciplines=("policy",), expertise="lead"))
    assert choice.team == () and set(gaps(choice).values()) == {"nobody has it any more: a's standing ended 2026-11-22"}


def test_hats_and_languages_for_one_file_only() -> None:
    files = {FILE: {"disciplines": ["legal"], "languages": ["fr"]}, "visas": {}}
    roster = Roster([person("a", disciplines=["policy"], files=files)], TORONTO)
    needs = (Need("discipline", "legal"), Need("language", "fr"), Need("discipline", "policy"))
    assert [len(choose_team(roster, file, needs, {}, MONDAY).gaps) for file in (FILE, "visas")] == [0, 2]


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
    for number in range(20_001):
        snapshot.prospects(f"file-{number}", (Need("discipline", "policy"),))
    assert len(roster._matching) == len(snapshot.day._standings) == len(snapshot.day._own) == 1
    assert len(snapshot._prospects) <= 5_000
