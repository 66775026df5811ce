"""The routing tree: every condition, first match, continue, explanations, and every mistake with its line."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from fnmatch import fnmatchcase
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gordon.desk.schema import DAYS, PolicyFile, QueuesFile
from gordon.desk.yaml_lines import parse
from route.conditions import CONDITIONS, Facts, Wrong
from route.reach import needs_of_file, reachable
from route.roster import Need
from route.rules import Tree, compile_routes

FACTS = Facts(
    file="passport-services",
    language="fr",
    source="blog-1",
    score=2.5,
    kind="new",
    mentions=2,
    claims=("fee-doubles",),
    site="news.blog.example",
    revision=3,
    learned=True,
    spike=False,
    time=datetime(2026, 11, 23, 15, 0, tzinfo=UTC),
    gaps=frozenset({"no-gordon"}),
    priority="high",
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
        ("mentions", {"min": 2, "max": 9}, True),
        ("mentions", {"max": 1}, False),
        ("site", "blog.example", True),
        ("site", ["other.example", "NEWS.blog.example"], True),
        ("site", "log.example", False),
        ("revision", 3, True),
        ("revision", 4, False),
        ("revision", {"max": 2}, False),
        ("learned", True, True),
        ("learned", False, False),
        ("spike", False, True),
        ("spike", True, False),
        ("priority", "high", True),
        ("priority", ["low", "urgent"], False),
        ("priority", {"min": "normal"}, True),
        ("priority", {"max": "normal"}, False),
        ("priority", {"min": "high", "max": "high"}, True),
        ("gap", "no-gordon", True),
        ("gap", ["policy", "no-gordon"], True),
        ("gap", "policy", False),
        ("time", {"days": "mon-fri", "from": "08:00", "to": "17:00"}, True),
        ("time", {"from": "10:00", "to": "10:01"}, True),
        ("time", {"from": "10:01", "to": "17:00"}, False),
        ("time", {"from": "08:00", "to": "10:00"}, False),
        ("time", {"from": "16:00", "to": "17:00", "tz": "Europe/Paris"}, True),
        ("time", {"days": ["sat", "sun"]}, False),
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
        ("language", "french"),
        ("revision", 0),
        ("revision", {"min": 2, "max": 1}),
        ("site", "https://blog.example/a"),
        ("site", "*.example"),
        ("learned", "yes"),
        ("spike", 1),
        ("priority", "higher"),
        ("priority", {"min": "high", "max": "low"}),
        ("priority", {"least": "high"}),
        ("priority", {"min": 3}),
        ("gap", True),
        ("time", "09:00"),
        ("time", {}),
        ("time", {"tz": "America/Toronto"}),
        ("time", {"days": "mon-fri", "until": "17:00"}),
        ("time", {"days": "mon-fry"}),
        ("time", {"days": []}),
        ("time", {"days": 5}),
        ("time", {"from": "8", "to": "17:00"}),
        ("time", {"from": 8}),
        ("time", {"from": "25:00"}),
        ("time", {"from": "08:00", "to": "08:00"}),
        ("time", {"days": "mon-fri", "tz": "Toronto"}),
        ("time", {"days": "mon-fri", "tz": 5}),
        ("time", {"days": "mon-fri", "holidays": "Atlantis"}),
        ("time", {"days": "mon-fri", "holidays": 3}),
    ],
)
def test_values_that_a_condition_cannot_use(name: str, value: Any) -> None:
    with pytest.raises(Wrong) as caught:
        CONDITIONS[name](value)
    assert str(caught.value) and caught.value.remedy


NIGHT = {"days": "fri", "from": "22:00", "to": "06:00"}


@pytest.mark.parametrize(
    ("value", "moment", "holds"),
    [
        (NIGHT, datetime(2026, 11, 20, 22, 0), True),  # Friday evening
        (NIGHT, datetime(2026, 11, 21, 5, 59), True),  # the night belongs to the day on which it begins
        (NIGHT, datetime(2026, 11, 21, 6, 0), False),
        (NIGHT, datetime(2026, 11, 21, 22, 30), False),  # Saturday evening
        (NIGHT, datetime(2026, 11, 20, 5, 0), False),  # the end of Thursday's night
        ({"days": "fri", "from": "18:00", "to": "24:00"}, datetime(2026, 11, 20, 23, 59), True),
        ({"days": "fri", "from": "18:00", "to": "24:00"}, datetime(2026, 11, 21, 0, 0), False),
        ({"days": "mon-fri", "holidays": "CA-ON"}, datetime(2026, 12, 25, 10, 0), False),
        ({"days": "mon-fri", "holidays": ""}, datetime(2026, 12, 25, 10, 0), True),
        ({"from": "01:00", "to": "03:00"}, datetime(2026, 11, 1, 1, 30, fold=1), True),  # the hour that comes twice
        ({"from": "01:00", "to": "03:00"}, datetime(2027, 3, 14, 3, 0), False),  # after the hour that never was
    ],
)
def test_times_of_day_are_wall_time(value: Any, moment: datetime, holds: bool) -> None:
    now = moment.replace(tzinfo=ZoneInfo("America/Toronto")).astimezone(UTC)
    assert CONDITIONS["time"](value)(replace(FACTS, time=now)) is holds


@given(st.lists(st.text("ab*?[]!-", min_size=1, max_size=5), min_size=1, max_size=3), st.text("ab*-", max_size=5))
@settings(max_examples=100, deadline=None)
def test_patterns_are_those_of_the_shell(patterns: list[str], name: str) -> None:
    wanted = any(fnmatchcase(name, one) for one in patterns)
    assert CONDITIONS["file"](patterns)(replace(FACTS, file=name)) is wanted


def test_facts_without_a_time_are_never_in_time() -> None:
    assert not CONDITIONS["time"]({"from": "00:00", "to": "24:00"})(replace(FACTS, time=None))


@given(
    st.sampled_from([DAYS[:5], DAYS[5:], ("mon",), DAYS]),
    st.integers(0, 23),
    st.integers(0, 23),
    st.datetimes(datetime(2026, 10, 25), datetime(2026, 11, 8)),
)
@settings(max_examples=100, deadline=None)
def test_a_time_of_day_equals_a_clock_that_is_read_by_hand(
    days: tuple[str, ...], start: int, end: int, moment: datetime
) -> None:
    if start == end:
        return
    value = {"days": list(days), "from": f"{start:02}:00", "to": f"{end:02}:00", "tz": "UTC"}
    now = moment.replace(tzinfo=UTC)
    begun = [now.replace(hour=start, minute=0, second=0, microsecond=0) - timedelta(days=back) for back in (0, 1)]
    length = timedelta(hours=(end - start) % 24)
    wanted = any(DAYS[one.weekday()] in days and one <= now < one + length for one in begun)
    assert CONDITIONS["time"](value)(replace(FACTS, time=now)) is wanted


def test_times_of_routes_are_in_the_zone_of_the_queue_else_of_the_desk() -> None:
    paris = {"hours": {"tz": "Europe/Paris"}}
    routes = [
        {"when": {"time": {"from": "16:00", "to": "17:00"}}, "queue": "a", "continue": True},
        {"when": {"time": {"from": "15:00", "to": "16:00"}}, "queue": "b", "continue": True},
        {"when": {"time": {"from": "10:00", "to": "11:00", "tz": "America/Toronto"}}, "queue": "c", "continue": True},
        {"queue": "d"},
    ]
    config = QueuesFile.model_validate({"queues": {"a": paris, "b": {}, "c": {}, "d": {}}, "routes": routes})
    made, problems = compile_routes(config, {}, zone="UTC")
    assert problems == []
    assert [one.queue for one in made.route(FACTS)] == ["a", "b", "c", "d"]
    assert [one.queue for one in compile_routes(config, {}, zone="Asia/Tokyo")[0].route(FACTS)] == ["a", "c", "d"]


def test_the_tree_says_what_it_wants_to_know_about_gaps() -> None:
    routes = [{"when": {"gap": ["policy", "no-gordon"]}, "queue": "a"}, {"when": {"gap": "approve"}, "queue": "b"}]
    assert tree([*routes, {"queue": "d"}]).gaps == {"policy", "no-gordon", "approve"}


def test_the_tree_ranks_before_it_routes_and_says_why() -> None:
    routes = [
        {"when": {"priority": {"min": "high"}}, "queue": "a"},
        {"when": {"language": "fr"}, "queue": "b", "priority": "low"},
        {"queue": "d"},
    ]
    (first,) = tree(routes).route(replace(FACTS, priority="low"))
    assert (first.queue, first.priority) == ("a", "high")
    assert first.why == "priority: high, 2 points (repeats a known claim: +2)"
    (second,) = tree(routes).route(replace(FACTS, claims=()))
    assert (second.queue, second.priority, second.why) == ("b", "low", "priority: low, as route 2 says")


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
