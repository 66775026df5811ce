"""Tests of routes: they hold or fail for the right reason, whatever day it is."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from gordon.app.policy import read_policy
from gordon.desk.schema import PolicyFile, QueuesFile
from gordon.desk.yaml_lines import parse
from gordon.errors import DeskInvalid
from route.roster import Roster
from route.rules import compile_routes
from route.selftest import run_route_tests
from route.shortage import unmet
from tests.route.route_desk import PEOPLE, QUEUES, load, person, write_desk

HOURS = {"days": "mon-fri", "from": "08:00", "to": "17:00", "holidays": "CA-ON"}
LEAD = {"visas": {"expertise": "lead", "authority": ["approve"], "until": "2026-12-31"}}
DESK_PEOPLE = [
    person("gordon", hours=HOURS, files=LEAD, delegate="ben", away=[{"from": "2026-11-24", "to": "2026-11-24"}]),
    person("ben", disciplines=["communications"], files={"visas": {"expertise": "working"}}),
]
ROUTES: dict[str, Any] = {
    "queues": {
        "rapid": {"requires": {"disciplines": ["policy"], "expertise": "lead"}},
        "night": {"requires": {"disciplines": ["communications"]}},
        "lost": {},
        "duty": {"requires": {"disciplines": ["policy", "communications"]}},
    },
    "routes": [
        {"when": {"claim": True}, "queue": "rapid", "continue": True},
        {"when": {"gap": "no-gordon", "language": "fr"}, "queue": "lost"},
        {"when": {"time": {"from": "17:00", "to": "08:00"}}, "queue": "night", "priority": "low"},
        {"queue": "duty"},
    ],
}


def failures(*tests: dict[str, Any]) -> list[str]:
    config = QueuesFile.model_validate({**ROUTES, "tests": tests})
    row = {"rules": [{"id": "r", "query": "x"}]}
    files = [
        policy({"file": "visas", "claims": [{"id": "fee", "says": {"en": "x"}}], **row}),
        policy({"file": "roads", **row}),
    ]
    tree, problems = compile_routes(config, {}, files=files)
    assert problems == []
    found = run_route_tests(config, tree, files, DESK_PEOPLE, "America/Toronto", {})
    return [str(problem).removeprefix("queues.yaml: ") for problem in found]


def policy(row: dict[str, Any]) -> PolicyFile:
    return PolicyFile.model_validate(row)


MONDAY, NIGHT, TUESDAY = "2026-11-23T10:00", "2026-11-23T22:00", "2026-11-24T10:00"


@pytest.mark.parametrize(
    "test",
    [
        {"given": {"file": "visas"}, "queue": "duty", "priority": "normal", "gaps": []},
        {"given": {"file": "visas", "claim": "fee"}, "queues": ["duty", "rapid"], "priority": "high"},
        {"given": {"file": "visas", "claim": ["fee"], "spike": True}, "queues": ["rapid", "duty"],
         "priority": "urgent"},
        {"given": {"file": "visas", "time": MONDAY}, "queue": "duty", "gaps": []},
        {"given": {"file": "visas", "time": NIGHT}, "queue": "night", "gaps": [], "priority": "low"},
        {"given": {"file": "visas", "time": "2026-11-23T22:00Z"}, "queue": "night"},
        {"given": {"file": "visas", "time": NIGHT, "claim": True}, "queues": ["rapid", "night"], "priority": "high",
         "gaps": ["policy", "lead"]},
        {"given": {"file": "visas", "time": NIGHT, "claim": True, "on_duty": ["gordon", "ben"]},
         "queues": ["rapid", "night"], "gaps": []},
        {"given": {"file": "visas", "time": "2027-02-01T10:00", "claim": True}, "queues": ["rapid", "duty"],
         "gaps": ["lead", "policy"]},
        {"given": {"file": "visas", "language": "fr", "on_duty": ["ben"]}, "queue": "lost"},
        {"given": {"file": "visas", "language": "fr", "on_duty": ["gordon"]}, "queue": "duty",
         "gaps": ["communications"]},
        {"given": {"file": "visas", "language": "fr", "away": ["gordon"]}, "queue": "duty", "gaps": ["policy"]},
        {"given": {"file": "visas", "language": "fr", "time": TUESDAY}, "queue": "duty", "gaps": ["policy"]},
        {"given": {"file": "roads", "language": "fr"}, "queue": "lost"},
    ],
)  # fmt: skip
def test_tests_that_hold(test: dict[str, Any]) -> None:
    """While Gordon is away Ben stands in as lead; while he is off duty nobody does."""
    assert failures(test) == []


@pytest.mark.parametrize(
    ("test", "said"),
    [
        ({"given": {"file": "visas"}, "queue": "night"},
         "test 1 (visas) goes to duty, not to night (the path was route 4: always -> duty)"),
        ({"given": {"file": "visas", "claim": True}, "queue": "rapid"},
         "test 1 (visas) goes to rapid, duty, not to rapid (the path was route 1: claim is true -> rapid; route 4: "
         "always -> duty)"),
        ({"given": {"file": "visas"}, "queue": "duty", "priority": "high"},
         "test 1 (visas) is normal, not high (route 4: always -> duty; priority: normal, 0 points)"),
        ({"given": {"file": "visas", "away": ["ben"]}, "queue": "duty", "gaps": []},
         "test 1 (visas) has the gaps communications, not no gaps (the path was route 4: always -> duty)"),
        ({"given": {"file": "visas"}, "queue": "duty", "gaps": ["lead"]},
         "test 1 (visas) has no gaps, not the gaps lead (the path was route 4: always -> duty)"),
        ({"given": {"file": "visa"}, "queue": "duty"}, "test 1: no file 'visa' (did you mean 'visas'?)"),
        ({"given": {"file": "visas"}, "queue": "dutty"}, "test 1: no queue 'dutty' (did you mean 'duty'?)"),
        ({"given": {"file": "visas", "claim": "fees"}, "queue": "duty"},
         "test 1: no claim of visas 'fees' (did you mean 'fee'?)"),
        ({"given": {"file": "roads", "claim": True}, "queue": "duty"},
         "test 1: file 'roads' has no claims (name a file that has, or leave claim out)"),
        ({"given": {"file": "visas", "away": ["bob"]}, "queue": "duty"},
         "test 1: no person 'bob' (known: ben, gordon)"),
        ({"given": {"file": "visas", "on_duty": ["gordo"]}, "queue": "duty"},
         "test 1: no person 'gordo' (did you mean 'gordon'?)"),
    ],
)  # fmt: skip
def test_tests_that_fail_say_what_happened_instead(test: dict[str, Any], said: str) -> None:
    assert failures(test) == [said]


def test_all_that_fail_are_told_at_once_with_their_lines() -> None:
    text = "tests:\n  - given: {file: passport-services}\n    queue: watch\n  - {given: {file: x}, queue: y}\n"
    data, lines, _ = parse(QUEUES + text, "queues.yaml")
    config = QueuesFile.model_validate(data)
    tree, _ = compile_routes(config, lines)
    found = run_route_tests(config, tree, [], [], "UTC", lines)
    first = next(number for number, line in enumerate((QUEUES + text).splitlines(), 1) if line.startswith("tests"))
    assert [(one.line, one.message) for one in found] == [
        (first + 1, "test 1: no file 'passport-services'"),
        (first + 3, "test 2: no queue 'y'"),
        (first + 3, "test 2: no file 'x'"),
    ]


def test_a_desk_whose_route_tests_fail_is_refused(tmp_path: Path) -> None:
    test = "tests:\n  - {given: {file: passport-services, claim: true}, queue: duty-desk}\n"
    write_desk(tmp_path, queues=QUEUES + test)
    (tmp_path / "feeds.opml").write_text("<opml version='2.0'><body/></opml>", encoding="utf-8")
    with pytest.raises(DeskInvalid, match="goes to rapid-correction, not to duty-desk"):
        read_policy(tmp_path, {})
    write_desk(tmp_path, queues=QUEUES + test.replace("duty-desk", "rapid-correction, priority: urgent, gaps: []"))
    assert read_policy(tmp_path, {}).tree.steps


def test_what_nobody_on_duty_covers_just_now() -> None:
    roster = Roster(DESK_PEOPLE, ZoneInfo("America/Toronto"))
    words = {"no-gordon", "expert", "working", "policy", "communications", "approve", "speak"}
    day, night = datetime(2026, 11, 23, 15, tzinfo=UTC), datetime(2026, 11, 24, 3, tzinfo=UTC)
    assert unmet(roster, "visas", words, day) == {"speak"}
    assert unmet(roster, "visas", words, night) == {"no-gordon", "expert", "policy", "approve", "speak"}
    assert unmet(roster, "roads", words, day) == {"no-gordon", "expert", "working", "approve", "speak"}
    hats = [person("anna", files={"visas": {"disciplines": ["advocacy"]}})]
    assert unmet(Roster(hats, ZoneInfo("UTC")), "visas", ["advocacy"], day) == frozenset()
    assert unmet(roster, "visas", (), night) == frozenset()


def test_the_desk_of_the_other_tests_is_sound(tmp_path: Path) -> None:
    write_desk(tmp_path, people=PEOPLE)
    assert load(tmp_path)[1].steps
