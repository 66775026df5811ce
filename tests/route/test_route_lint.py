"""Warnings about routes and silences, and silence where it is not sure."""

from __future__ import annotations

from datetime import UTC, datetime
from itertools import product
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gordon.desk.routing import Silence
from gordon.desk.schema import PolicyFile, QueuesFile
from route.conditions import CONDITIONS, PRIORITIES, Facts
from route.lint import implies, lint_routes, lint_silences

FILES = [
    PolicyFile.model_validate({"file": name, "rules": [{"id": "r", "query": "x"}]}) for name in ("visas", "passports")
]


def warnings(*routes: dict[str, Any], **queues: Any) -> list[str]:
    config = QueuesFile.model_validate({"queues": {"q": {}, **queues}, "routes": [*routes, {"queue": "q"}]})
    return [one.message for one in lint_routes(config, FILES, {})]


@pytest.mark.parametrize(
    ("early", "late"),
    [
        ({"claim": True}, {"claim": True}),
        ({"claim": True}, {"claim": "fee", "language": "fr"}),
        ({"claim": ["a", "b"]}, {"claim": "a"}),
        ({"claim": False}, {"claim": False, "kind": "new"}),
        ({"file": "p*"}, {"file": "passports"}),
        ({"file": ["p*", "visas"]}, {"file": ["passport*", "visas"]}),
        ({"language": ["en", "fr"]}, {"language": "fr"}),
        ({"score": 2}, {"score": 3}),
        ({"score": {"max": 5}}, {"score": {"min": 1, "max": 4}}),
        ({"mentions": 3}, {"mentions": {"min": 3, "max": 5}}),
        ({"priority": {"min": "high"}}, {"priority": ["urgent"]}),
        ({"spike": True}, {"spike": True, "time": {"days": "mon"}}),
        ({"time": {"days": "mon"}}, {"time": {"days": "mon"}}),
        ({"gap": ["no-gordon", "policy"]}, {"gap": "policy"}),
        ({"site": ["a.example", "b.example"]}, {"site": "b.example"}),
    ],
)
def test_a_route_behind_a_wider_one_is_never_reached(early: dict[str, Any], late: dict[str, Any]) -> None:
    first, second = {"when": early, "queue": "q"}, {"when": late, "queue": "q"}
    assert warnings(first, second) == ["route 2 is never reached: route 1 takes all its mentions"]
    assert warnings({**first, "continue": True}, second) == []
    if early != late:
        assert warnings(second, first) == []


def test_the_same_time_in_two_zones_is_not_the_same() -> None:
    when = {"time": {"from": "08:00", "to": "17:00"}}
    routes = [{"when": when, "queue": "a"}, {"when": when, "queue": "b"}]
    assert warnings(*routes, a={"hours": {"tz": "Europe/Paris"}}, b={}) == []
    assert len(warnings(*routes, a={"hours": {"tz": "Europe/Paris"}}, b={"hours": {"tz": "Europe/Paris"}})) == 1


@pytest.mark.parametrize(
    ("early", "late"),
    [
        ({"claim": "fee"}, {"claim": True}),
        ({"claim": True}, {"claim": False}),
        ({"claim": False}, {"claim": "fee"}),
        ({"file": "visa?"}, {"file": "visa*"}),
        ({"file": "[pv]*"}, {"file": "visas"}),
        ({"score": 3}, {"score": 2}),
        ({"score": {"max": 3}}, {"score": 2}),
        ({"spike": True}, {"spike": False}),
        ({"time": {"days": "mon-fri"}}, {"time": {"days": "mon"}}),
        ({"claim": True, "language": "fr"}, {"claim": True}),
    ],
)
def test_where_it_is_not_certain_nothing_is_said(early: dict[str, Any], late: dict[str, Any]) -> None:
    assert warnings({"when": early, "queue": "q"}, {"when": late, "queue": "q"}) == []


values: dict[str, list[Any]] = {
    "claim": [True, False, "a", "b", ["a", "b"]],
    "file": ["visas", "v*", "*", "visa?", ["visas", "passports"], "[pv]*"],
    "score": [1, 2, {"min": 1, "max": 2}, {"max": 1}, {"max": 3}],
    "priority": ["high", ["low", "high"], {"min": "normal"}, {"max": "normal"}, {"min": "high", "max": "high"}],
    "spike": [True, False],
}
whens = st.fixed_dictionaries({}, optional={name: st.sampled_from(some) for name, some in values.items()})
WORLD = [
    Facts(file=file, language="en", source="", score=score, kind="new", mentions=1, claims=claims, spike=spike,
          priority=priority)
    for file, score, claims, spike, priority in product(
        ("visas", "visa-x", "visa*", "passports", "x"), (0, 1, 1.5, 2, 3, 4), ((), ("a",), ("b",), ("c",)),
        (True, False), PRIORITIES)
]  # fmt: skip


@given(whens, whens)
@settings(max_examples=100, deadline=None)
def test_what_is_said_to_be_covered_is_covered(narrow: dict[str, Any], wide: dict[str, Any]) -> None:
    if implies(narrow, wide):
        inside, outside = ([CONDITIONS[name](value) for name, value in when.items()] for when in (narrow, wide))
        for facts in WORLD:
            assert not all(test(facts) for test in inside) or all(test(facts) for test in outside)


def test_routes_that_fit_no_file_and_queues_out_of_reach() -> None:
    assert warnings({"when": {"file": ["pass*", "pasport*"]}, "queue": "q"}) == ["route 1: no file fits 'pasport*'"]
    assert warnings(lost={}) == ["queue lost: no route and no escalation leads to it"]
    clocks = {"acknowledge": "30m"}
    assert warnings({"when": {"claim": True}, "queue": "a"}, a={"escalate": "b", "clocks": clocks}, b={}) == []
    assert warnings({"when": {"claim": True}, "queue": "a"}, a={"escalate": "q"}) == [
        "queue a escalates to q, but has no clock that could run out"
    ]
    assert warnings({"when": {"claim": True}, "queue": "a"}, a={"escalate": "q", "escalate_on": ["gap"]}) == []


def test_silences_that_are_over_or_keep_everything_back() -> None:
    def entry(name: str, **fields: Any) -> Silence:
        row = {"id": name, "owner": "g", "reason": "r", "from": "2026-11-01", "to": "2026-11-30"}
        return Silence.model_validate({**row, "when": {"file": "*"}, **fields})

    now = datetime(2026, 11, 23, tzinfo=UTC)
    placed = [
        (0, entry("over", to="2026-11-22")),
        (2, entry("all")),
        (3, entry("named", when={"file": ["visas", "passports"]})),
        (4, entry("some", when={"file": "v*"})),
        (5, entry("french", when={"file": "*", "language": "fr"})),
        (6, entry("soon", **{"from": "2027-01-01", "to": "2027-01-02"}, when={"kind": "edited"})),
    ]
    found = lint_silences(placed, FILES, "UTC", {(0, "to"): 4, (2, "when"): 9}, now)
    assert [(one.line, one.message) for one in found] == [
        (4, "silence over is over since 2026-11-23 00:00Z"),
        (9, "silence all keeps every file back"),
        (0, "silence named keeps every file back"),
    ]
    assert lint_silences(placed[1:3], FILES[:1], "UTC", {}, now) == []
