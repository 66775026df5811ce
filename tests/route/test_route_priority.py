"""Priority from data: the defaults are what was always so; every point shows; thresholds, reach, growth."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from gordon.desk.routing import PriorityRules
from gordon.desk.schema import PolicyFile, QueuesFile
from route.conditions import PRIORITIES, Facts
from route.priority import score
from route.rules import compile_routes

PLAIN = Facts(file="visas", language="en", source="cbc-news", score=1, kind="new", mentions=1, site="www.cbc.ca")
CLAIM = replace(PLAIN, claims=("fee",))


def rules(**fields: Any) -> PriorityRules:
    return PriorityRules.model_validate(fields)


@pytest.mark.parametrize(
    ("facts", "sensitivity", "priority"),
    [
        (PLAIN, "normal", "normal"),
        (CLAIM, "normal", "high"),
        (PLAIN, "low", "low"),
        (CLAIM, "low", "normal"),
        (PLAIN, "high", "normal"),
        (CLAIM, "high", "urgent"),
        (replace(PLAIN, spike=True), "normal", "high"),
        (replace(CLAIM, spike=True), "normal", "urgent"),
        (replace(PLAIN, growth=40.0), "normal", "normal"),
    ],
)
def test_by_default(facts: Facts, sensitivity: Any, priority: str) -> None:
    assert score(facts, PriorityRules(), sensitivity).priority == priority


def test_every_point_says_where_it_comes_from() -> None:
    desk = rules(growth=0.5, reach={"site:cbc.ca": 1.5}, claim=1, sensitivity={"high": 0.25})
    found = score(replace(CLAIM, growth=8.0, spike=True), desk, "high")
    assert found.points == 6.25 and found.priority == "urgent"
    assert str(found) == (
        "priority: urgent, 6.25 points (repeats a known claim: +1, a spike of the file: +2, "
        "8.0 times as many as usual: +1.5, the file's sensitivity is high: +0.25, reach of site:cbc.ca: +1.5)"
    )
    assert str(score(PLAIN, PriorityRules())) == "priority: normal, 0 points"


@pytest.mark.parametrize(
    ("reach", "points"),
    [
        ({"cbc-*": 1, "site:cbc.ca": 5}, 1),
        ({"site:cbc.ca": 5, "cbc-*": 1}, 5),
        ({"site:bc.ca": 5}, 0),
        ({"SITE": 3, "other": 2}, 0),
        ({"site:CBC.ca": 2}, 2),
        ({"cbc-news": -2}, -2),
    ],
)
def test_the_first_reach_that_fits_counts(reach: dict[str, float], points: float) -> None:
    assert score(PLAIN, rules(reach=reach)).points == points


def test_growth_counts_by_doublings_and_never_against() -> None:
    assert [score(replace(PLAIN, growth=one), rules(growth=1)).points for one in (0.0, 0.5, 1.0, 2.0, 8.0)] == [
        0, 0, 0, 1, 3
    ]  # fmt: skip


@given(st.floats(-9, 9), st.floats(-9, 9), st.booleans(), st.booleans())
def test_more_points_are_never_less_urgent(claim: float, spike: float, claims: bool, spikes: bool) -> None:
    desk = rules(claim=claim, spike=spike)
    facts = replace(PLAIN, claims=("fee",) if claims else (), spike=spikes)
    found, without = score(facts, desk), score(PLAIN, desk)
    assert found.points == pytest.approx(claim * claims + spike * spikes, abs=1e-8)
    if found.points >= without.points:
        assert PRIORITIES.index(found.priority) >= PRIORITIES.index(without.priority)


def test_the_tree_knows_how_sensitive_its_files_are() -> None:
    row = {"rules": [{"id": "r", "query": "x"}]}
    files = [PolicyFile.model_validate({"file": name, "sensitivity": name, **row}) for name in ("low", "high")]
    config = QueuesFile.model_validate({"queues": {"q": {}}, "routes": [{"queue": "q"}]})
    tree, problems = compile_routes(config, {}, files=files)
    assert problems == []
    found = {file: tree.route(replace(CLAIM, file=file))[0].priority for file in ("low", "high", "other")}
    assert found == {"low": "normal", "high": "urgent", "other": "high"}


@pytest.mark.parametrize(
    "wrong",
    [
        {"thresholds": {"high": 0}},
        {"thresholds": {"normal": 4, "high": 3, "urgent": 5}},
        {"claim": "nan"},
        {"claim": float("inf")},
        {"reach": {"": 1}},
        {"reach": {"site:": 1}},
        {"reach": {"https://cbc.ca": 1}},
        {"reach": {"cbc": "much"}},
        {"sensitivity": {"higher": 1}},
        {"weights": {}},
    ],
)
def test_rules_that_make_no_sense_are_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        PriorityRules.model_validate(wrong)
