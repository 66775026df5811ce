"""The routing tree: every condition, first match, continue, explanations, and every mistake with its line."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gordon.desk.schema import PolicyFile, QueuesFile
from gordon.desk.yaml_lines import parse
from route.conditions import CONDITIONS, Facts, Wrong
from route.reach import needs_of_file, reachable
from route.roster import Need
from route.rules import Tree, compile_routes

FACTS = Facts(
    file="passport-services", language="fr", source="blog-1", score=2.5, kind="new", mentions=2, claims=("fee-doubles",)
)


@pytest.mark.parametrize(
    ("name", "value", "holds"),
    [
        ("claim", True, True),
        ("claim", False, False),
        ("claim", "fee-doubles", True),
        ("claim", ["other", "fee-doubles"], True),
        ("claim", "other", False),
        ("file", "passport-*", True),
        ("file", "passport", False),
        ("file", ["visa-*", "passport-services"], True),
        ("language", "fr", True),
        ("language", ["en", "es"], False),
        ("source", "blog-?", True),
        ("source", ["news", "press-*"], False),
        ("score", 2.5, True),
        ("score", 3, False),
        ("score", {"min": 2}, True),
        ("score", {"max": 2}, False),
        ("score", {"min": 2.5, "max": 2.5}, True),
        ("kind", "new", True),
        ("kind", ["edited"], False),
        ("mentions", 2, True),
        ("mentions", 3, False),
    ],
)
def test_conditions(name: str, value: Any, holds: bool) -> None:
    assert CONDITIONS[name](value)(FACTS) is holds


def test_claim_false_is_a_mention_without_claims() -> None:
    assert CONDITIONS["claim"](False)(replace(FACTS, claims=()))


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("claim", 3),
        ("claim", []),
        ("claim", ""),
        ("file", True),
        ("file", ["a", 2]),
        ("source", {}),
        ("language", None),
        ("score", "high"),
        ("score", True),
        ("score", float("nan")),
        ("score", {}),
        ("score", {"least": 2}),
        ("score", {"min": "2"}),
        ("score", {"min": 3, "max": 2}),
        ("kind", "old"),
        ("mentions", 0),
        ("mentions", 1.5),
        ("mentions", "3"),
        ("mentions", False),
    ],
)
def test_values_that_a_condition_cannot_use(name: str, value: Any) -> None:
    with pytest.raises(Wrong) as caught:
        CONDITIONS[name](value)
    assert str(caught.value) and caught.value.remedy


def tree(routes: list[dict[str, Any]]) -> Tree:
    queues = {name: {} for name in "abcd"}
    made, problems = compile_routes(QueuesFile.model_validate({"queues": queues, "routes": routes}), {})
    assert problems == []
    return made


def test_the_first_match_wins_and_continue_goes_on() -> None:
    routes = [
        {"when": {"claim": True, "language": "en"}, "queue": "a"},
        {"when": {"file": "passport-*"}, "queue": "b", "continue": True, "priority": "low"},
        {"when": {"score": {"min": 2}}, "queue": "b"},
        {"queue": "d"},
    ]
    assert [(one.queue, one.priority, one.path) for one in tree(routes).route(FACTS)] == [
        ("b", "low", "route 2: file is passport-* -> b")
    ]
    assert tree(routes[:1]).route(FACTS) == ()
    routes[2]["queue"] = "c"
    assert [(one.queue, one.priority) for one in tree(routes).route(FACTS)] == [("b", "low"), ("c", "high")]
    english = replace(FACTS, language="en")
    assert [one.path for one in tree(routes).route(english)] == ["route 1: claim is true and language is en -> a"]
    plain = replace(FACTS, file="x", score=1, claims=())
    assert [(one.queue, one.priority, one.path) for one in tree(routes).route(plain)] == [
        ("d", "normal", "route 4: always -> d")
    ]


@given(st.lists(st.tuples(st.sampled_from("abcd"), st.booleans(), st.integers(1, 4)), max_size=6), st.integers(1, 4))
@settings(max_examples=60, deadline=None)
def test_there_is_always_a_queue_and_none_twice(rows: list[tuple[str, bool, int]], mentions: int) -> None:
    routes: list[dict[str, Any]] = [
        {"when": {"mentions": least}, "queue": queue, "continue": go_on} for queue, go_on, least in rows
    ]
    found = [one.queue for one in tree([*routes, {"queue": "d"}]).route(replace(FACTS, mentions=mentions))]
    assert found and len(set(found)) == len(found)
    wanted: list[str] = []
    for queue, go_on, least in rows:
        if mentions >= least:
            wanted.append(queue)
            if not go_on:
                break
    else:
        wanted.append("d")
    assert found == list(dict.fromkeys(wanted))


def test_every_mistake_with_its_line_and_remedy() -> None:
    text = """\
queues: {a: {}}
routes:
  - when: {claims: true}
    queue: a
  - when:
      score: {min: 2, most: 3}
      kind: old
    queue: a
  - {queue: a}
"""
    data, lines, _ = parse(text, "queues.yaml")
    _, problems = compile_routes(QueuesFile.model_validate(data), lines)
    assert [str(problem) for problem in problems] == [
        "queues.yaml:3: unknown condition 'claims' (did you mean 'claim'?)",
        "queues.yaml:6: score: score takes min and max, not min, most (write a number, or {min: 2, max: 5})",
        "queues.yaml:7: kind: 'old' is not a kind of mention (write new or edited)",
    ]


def test_explanations_read_as_the_desk_says() -> None:
    routes = [{"when": {"score": {"min": 2}, "language": ["en", "fr"], "claim": True}, "queue": "a"}, {"queue": "b"}]
    (found,) = tree(routes).route(FACTS)
    assert found.path == "route 1: score is min 2 and language is en or fr and claim is true -> a"


QUEUES = QueuesFile.model_validate(
    {
        "queues": {
            "rapid": {"requires": {"disciplines": ["policy"], "expertise": "lead"}, "escalate": "duty"},
            "french": {"requires": {"languages": ["fr"], "authority": ["speak"]}},
            "visas": {"requires": {"disciplines": ["advocacy"]}},
            "duty": {"requires": {"disciplines": ["communications", "policy"]}},
            "last": {"requires": {"authority": ["approve"]}},
        },
        "routes": [
            {"when": {"claim": True}, "queue": "rapid"},
            {"when": {"file": "visa-*"}, "queue": "visas"},
            {"when": {"file": "passport*", "language": "fr"}, "queue": "french"},
            {"when": {"file": "passport*"}, "queue": "duty"},
            {"queue": "last"},
        ],
    }
)


def policy_file(name: str, *claims: str) -> PolicyFile:
    rows = [{"id": claim, "says": {"en": claim}} for claim in claims]
    return PolicyFile.model_validate({"file": name, "rules": [{"id": "r", "query": "x"}], "claims": rows})


@pytest.mark.parametrize(
    ("entry", "queues"),
    [
        (policy_file("passports", "c"), ["rapid", "duty", "french"]),
        (policy_file("passports"), ["french", "duty"]),
        (policy_file("visa-fees", "c"), ["rapid", "duty", "visas"]),
        (policy_file("other"), ["last"]),
    ],
)
def test_the_queues_within_reach_of_a_file(entry: PolicyFile, queues: list[str]) -> None:
    assert reachable(QUEUES, entry) == queues


def test_without_a_catch_all_reach_ends_with_the_routes() -> None:
    config = QUEUES.model_copy(update={"routes": QUEUES.routes[:3]})
    assert reachable(config, policy_file("passports")) == ["french"]


def test_the_needs_of_a_file_each_once() -> None:
    assert needs_of_file(QUEUES, policy_file("passports", "c")) == (
        Need("discipline", "policy"),
        Need("expertise", "lead"),
        Need("discipline", "communications"),
        Need("authority", "speak"),
        Need("language", "fr"),
    )
