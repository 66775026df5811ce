"""The team is the best there is, against brute force over the people: what has run out, stand-ins, who drafts."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date
from itertools import combinations
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from gordon.desk.schema import Requires
from route.people import rank
from route.roster import Need, needs_of
from tests.route.route_desk import MONDAY, person
from tests.route.route_team import AWAY, FILE, choose, gaps, ids

hats = st.lists(st.sampled_from(["policy", "communications", "advocacy"]), min_size=1, max_size=3, unique=True)
ends = st.sampled_from([None, None, None, "2026-11-22", "2026-11-23"])
standing = st.fixed_dictionaries(
    {
        "expertise": st.sampled_from(["", "working", "expert", "lead"]),
        "authority": st.dictionaries(st.sampled_from(["speak", "approve", "draft"]), ends),
        "until": ends,
    }
)
someone = st.fixed_dictionaries(
    {
        "disciplines": hats,
        "languages": st.lists(st.sampled_from(["en", "fr"]), min_size=1, unique=True),
        "files": st.dictionaries(st.sampled_from([FILE, "pass*", "visas"]), standing, max_size=2),
        "capacity": st.sampled_from([0, 2, 2, 2]),
        "away": st.sampled_from([[], [], AWAY]),
        "delegate": st.sampled_from([None, "p0", "p1", "p2"]),
        "until": ends,
    }
)
requirement = st.builds(
    Requires,
    disciplines=hats.map(tuple),
    expertise=st.sampled_from([None, "lead", "expert"]),
    authority=st.lists(st.sampled_from(["speak", "approve", "draft"]), unique=True).map(tuple),
    languages=st.lists(st.sampled_from(["en", "fr"]), unique=True).map(tuple),
    separate_approver=st.sampled_from([True, True, False]),
)


def over(last: Any) -> bool:
    return last is not None and date.fromisoformat(str(last)) < date(2026, 11, 23)


def plain_standing(row: dict[str, Any]) -> dict[str, Any] | None:
    """What holds of somebody's standing on the file, asked plainly; None: it ran out."""
    found: dict[str, Any] | None = {"expertise": "", "authority": {}}
    for pattern in (FILE, "pass*"):
        one = row["files"].get(pattern)
        if one is not None:
            held = {name for name, last in one["authority"].items() if not over(last)}
            something = one["expertise"] or held or not one["authority"]
            if not over(one["until"]) and something:
                return {"expertise": one["expertise"], "authority": held}
            found = None
    return found


def plain_left(row: dict[str, Any]) -> bool:
    gone = [
        over(one["until"])
        or bool(not one["expertise"] and one["authority"] and all(map(over, one["authority"].values())))
        for one in row["files"].values()
    ]
    return over(row["until"]) or (bool(gone) and all(gone))


def plainly_here(rows: Sequence[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """By id everybody who could be on a team for the file now, with what they have, stand-ins included."""
    here = {}
    for number, row in enumerate(rows):
        own = plain_standing(row)
        if own is None or row["away"] or plain_left(row) or not row["capacity"]:
            continue
        best = own["expertise"]
        for absent in rows:
            theirs = plain_standing(absent)
            if own["expertise"] and absent["away"] and absent["delegate"] == f"p{number}" and theirs:
                best = max(best, theirs["expertise"], key=rank)
        here[f"p{number}"] = row | {"expertise": best, "authority": own["authority"]}
    return here


def plainly_covers(one: dict[str, Any], need: Need) -> bool:
    if need.kind == "expertise":
        return rank(one["expertise"]) >= rank(need.name)
    return need.name in one[{"discipline": "disciplines", "authority": "authority", "language": "languages"}[need.kind]]


def plainly_apart(team: Sequence[dict[str, Any]], requires: Requires) -> bool:
    """Whether somebody approves and somebody else drafts."""

    def drafts(one: dict[str, Any]) -> bool:
        if "draft" in requires.authority:
            return "draft" in one["authority"]
        return any(hat in one["disciplines"] for hat in requires.disciplines)

    return any("approve" in a["authority"] and drafts(d) and a is not d for a in team for d in team)


@given(st.lists(someone, max_size=6), requirement, st.lists(st.integers(0, 3), min_size=6, max_size=6))
@settings(max_examples=100, deadline=None)
def test_the_team_is_the_best_there_is(rows: list[dict[str, Any]], requires: Requires, loads: list[int]) -> None:
    people = [person(f"p{number}", **row) for number, row in enumerate(rows)]
    load = {f"p{number}": loads[number] for number in range(len(rows))}
    needs, here = needs_of(requires), plainly_here(rows)
    asked = requires.separate_approver and "approve" in requires.authority

    def value(team: Sequence[str]) -> tuple[object, ...]:
        those = [here[name] for name in team]
        return (
            sum(not any(plainly_covers(one, need) for one in those) for need in needs)
            + (asked and not plainly_apart(those, requires)),
            sum(load[name] >= here[name]["capacity"] for name in team),
            len(team),
            not any(one["expertise"] == "lead" for one in those),
            -sum(rank(one["expertise"]) for one in those),
            sum(load[name] for name in team),
            sorted(team),
        )

    teams = [team for size in range(len(here) + 1) for team in combinations(sorted(here), size)]
    best = min(teams, key=value)
    for order in (people, people[::-1]):
        choice = choose(order, requires, load=load, now=MONDAY.astimezone(UTC))
        assert ids(choice) == list(best)
    covered = [need for need in needs if any(plainly_covers(here[name], need) for name in best)]
    unmet = [(need.kind, need.name) for need in needs if need not in covered]
    found = [(gap.kind, gap.need) for gap in choice.gaps]
    lonely = ("authority", "approve") in found and ("authority", "approve") not in unmet
    assert found == [*unmet, *([("authority", "approve")] if lonely else [])]
    drafted = any(plainly_apart([here[name], here[name] | {}], requires) for name in best)
    assert lonely == (asked and drafted and not plainly_apart([here[name] for name in best], requires))
    worn = [hat for member in choice.team for hat in member.disciplines]
    assert sorted(worn) == sorted(need.name for need in covered if need.kind == "discipline")
    done = [duty for member in choice.team for duty in member.duties]
    assert len(done) == len(set(done))
    if asked:
        assert all(len(member.duties) < 2 for member in choice.team)


@given(st.lists(someone, max_size=6), requirement, st.lists(st.integers(0, 6), min_size=6, max_size=6))
@settings(max_examples=100, deadline=None)
def test_the_full_help_out_only_where_nobody_with_room_can(
    rows: list[dict[str, Any]], requires: Requires, loads: list[int]
) -> None:
    people = [person(f"p{number}", **row) for number, row in enumerate(rows)]
    load = {one.id: count for one, count in zip(people, loads, strict=False)}
    choice = choose(people, requires, load=load, now=MONDAY.astimezone(UTC))
    unloaded = choose(people, requires, now=MONDAY.astimezone(UTC))
    assert gaps(choice).keys() == gaps(unloaded).keys(), "a full person is no gap"
    # Who takes no items may still have a delegate.
    roomy = [one if load[one.id] < one.capacity else one.model_copy(update={"capacity": 0}) for one in people]
    alone = choose(roomy, requires, load=load, now=MONDAY.astimezone(UTC))
    full = [one for one in choice.team if load[one.person] >= 2]
    assert bool(full) == (gaps(alone).keys() != gaps(choice).keys())
    assert all("beyond capacity" in one.why for one in full)
