"""Who knows a file, and what nobody covers: now and over the days, to the minute."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gordon.desk.load import Desk
from gordon.desk.schema import PolicyFile, QueuesFile
from gordon.errors import NotFound
from gordon.settings import Settings
from route.coverage import Coverage, CoverageGap
from route.find import coverage_gaps, find, gauges, gordon_gaps, no_gordon
from tests.route.route_desk import MONDAY, person

TORONTO = ZoneInfo("America/Toronto")
OFFICE = {"from": "09:00", "to": "17:00", "holidays": "CA-ON"}


def desk_of(
    people: Sequence[dict[str, Any]], requires: dict[str, Any], files: Sequence[str] = ("visas",), **queues: Any
) -> Desk:
    """A desk with one queue that asks for this."""
    rows = {"q": {"requires": requires}} | queues
    return Desk(
        folder=Path(),
        settings=Settings(),
        files=tuple(PolicyFile.model_validate({"file": file, "rules": [{"id": "r", "query": "x"}]}) for file in files),
        people=tuple(person(**one) for one in people),
        queues=QueuesFile.model_validate({"queues": rows, "routes": [{"queue": "q"}]}),
        version="v",
        sources={},
        lines={},
    )


def local(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=TORONTO)  # type: ignore[arg-type, misc]  # year, month, day, hour, minute


PEOPLE = [
    {"name": "lead", "hours": OFFICE, "files": {"visas": {"expertise": "lead", "authority": ["approve"]}}},
    {"name": "gone", "files": {"visas": {"expertise": "lead", "until": "2026-01-01"}}},
    {"name": "expert", "files": {"vis*": {"expertise": "expert", "authority": ["speak"]}}},
    {"name": "helper", "files": {"*": {"expertise": "working"}}, "disciplines": ["advocacy"]},
    {"name": "hat", "disciplines": ["communications"]},
    {"name": "other", "disciplines": ["advocacy"]},
]


def test_find_by_day_and_by_night() -> None:
    desk = desk_of(PEOPLE, {"disciplines": ["communications", "media-relations"], "authority": ["approve"]})
    day, night = find(desk, "visas", MONDAY), find(desk, "visas", MONDAY + timedelta(hours=10))
    assert (day.file, day.gordon, day.experts, day.speakers, day.approvers) == (
        "visas", "lead", ("lead", "expert"), ("expert",), ("lead",),
    )  # fmt: skip
    assert day.on_duty == ("lead", "expert", "helper", "hat")
    assert [(gap.kind, gap.need) for gap in day.gaps] == [("discipline", "media-relations")]
    assert (night.gordon, night.on_duty) == ("lead", ("expert", "helper", "hat"))
    assert [(gap.need, gap.why) for gap in night.gaps] == [
        ("media-relations", "nobody has it"),
        ("approve", "the only one, lead, is off duty until 2026-11-24 14:00 UTC"),
    ]
    assert list(msgspec.json.decode(msgspec.json.encode(day))) == [
        "file", "gordon", "experts", "speakers", "approvers", "on_duty", "gaps", "deputies", "ending", "coming",
    ]  # fmt: skip


def test_no_gordon_stands_out() -> None:
    found = find(desk_of(PEOPLE[1:], {"disciplines": ["communications"]}), "visas", MONDAY)
    assert found.gordon is None
    assert [(gap.kind, gap.need, gap.why) for gap in found.gaps] == [
        ("expertise", "lead", "nobody has it any more: gone's standing ended 2026-01-01")
    ]


def test_deputies_what_ends_soon_and_who_comes_next() -> None:
    files = {"visas": {"expertise": "lead", "authority": ["speak", {"approve": "2026-12-01"}], "until": "2027-11-30"}}
    people = [
        {"name": "lead", "hours": OFFICE, "files": files, "delegate": "helper"},
        {"name": "second", "files": {"visas": {"expertise": "lead", "expertise_until": "2026-12-24"}}},
        {
            "name": "helper",
            "files": {"*": {"expertise": "working"}},
            "away": [{"from": "2026-11-20", "to": "2026-11-30"}],
        },
        {"name": "hat", "disciplines": ["advocacy", {"policy": "2026-12-02"}], "hours": {"days": "sat"}},
        {"name": "elsewhere", "files": {"fees": {"expertise": "lead", "until": "2026-11-30"}}, "hours": OFFICE},
        {"name": "takes-none", "capacity": 0, "hours": OFFICE, "files": {"visas": {"expertise": "expert"}}},
    ]
    desk = desk_of(people, {"disciplines": ["policy", "advocacy"], "authority": ["approve"]}, ("visas", "fees"))
    night = find(desk, "visas", MONDAY + timedelta(hours=10))
    assert (night.gordon, night.deputies) == ("second", ("lead", "takes-none"))
    assert find(desk, "visas", MONDAY).deputies == ("second", "takes-none", "helper")
    assert [(one.person, one.need, str(one.last)) for one in night.ending] == [
        ("elsewhere", "policy", "2026-11-30"),
        ("lead", "approve", "2026-12-01"),
        ("hat", "policy", "2026-12-02"),
        ("second", "lead", "2026-12-24"),
        ("second", "policy", "2026-12-24"),
    ]
    assert [gap.need for gap in night.gaps] == ["advocacy", "approve"]
    assert [(one.person, one.at) for one in night.coming] == [
        ("lead", local(2026, 11, 24, 9)),
        ("hat", local(2026, 11, 28, 9)),
        ("helper", local(2026, 12, 1)),
    ]


def test_who_alone_could_approve_and_draft_is_a_gap_in_approval() -> None:
    people = [
        {"name": "lead", "files": {"visas": {"expertise": "lead", "authority": ["approve"]}}},
        {"name": "late", "hours": {"from": "12:00", "to": "13:00"}},
    ]
    desk = desk_of(people, {"disciplines": ["policy"], "authority": ["approve"]})
    why = "lead cannot approve what lead drafts: the only other one, late, is off duty until 2026-11-23 17:00 UTC"
    assert [(gap.need, gap.why) for gap in find(desk, "visas", MONDAY).gaps] == [("approve", why)]
    assert find(desk, "visas", MONDAY + timedelta(hours=2)).gaps == ()
    assert gauges(desk, MONDAY) == ({"visas": 0.5}, {("visas", "approve"): 1})
    together = desk_of(people, {"disciplines": ["policy"], "authority": ["approve"], "separate_approver": False})
    assert find(together, "visas", MONDAY).gaps == ()
    nobody_drafts = desk_of(people[:1], {"disciplines": ["advocacy"], "authority": ["approve"]})
    assert [gap.need for gap in find(nobody_drafts, "visas", MONDAY).gaps] == ["advocacy"]


def test_files_that_nobody_leads() -> None:
    people = [PEOPLE[1], {"name": "lead", "files": {"fees": {"expertise": "lead"}}, "hours": OFFICE}]
    plain, asking = ({"disciplines": ["policy"]}, {"expertise": "lead"})
    for requires, count in ((plain, 1), (asking, 0)):
        desk = desk_of(people, requires, ("visas", "fees"))
        assert no_gordon(desk, MONDAY) == {"visas": "nobody has it any more: gone's standing ended 2026-01-01"}
        found = gordon_gaps(desk, ["visas"], MONDAY, 2)
        assert [(gap.file, gap.need, gap.kind) for gap in found] == [("visas", "lead", "uncovered")] * count


def test_of_two_leads_the_one_on_duty() -> None:
    lead = {"files": {"visas": {"expertise": "lead"}}}
    people = [{"name": "a", "hours": {"from": "03:00", "to": "04:00"}} | lead, {"name": "b"} | lead]
    assert find(desk_of(people, {}), "visas", MONDAY).gordon == "b"


def test_an_unknown_file() -> None:
    with pytest.raises(NotFound, match="vias"):
        find(desk_of(PEOPLE, {}), "vias", MONDAY)


def test_gauges() -> None:
    desk = desk_of(
        PEOPLE, {"disciplines": ["communications", "media-relations"], "authority": ["approve"]}, ("visas", "fees")
    )
    ratios, gaps = gauges(desk, MONDAY)
    assert ratios == {"visas": pytest.approx(2 / 3), "fees": pytest.approx(1 / 3)}
    assert gaps == {("visas", "media-relations"): 1, ("fees", "media-relations"): 1, ("fees", "approve"): 1}
    assert gauges(desk_of(PEOPLE, {}), MONDAY) == ({"visas": 1.0}, {})


def rows(gaps: Sequence[CoverageGap]) -> list[tuple[str | None, str, datetime, datetime]]:
    return [(gap.discipline or gap.need, gap.kind, gap.start, gap.end) for gap in gaps]


def test_gaps_over_a_weekend_with_a_holiday() -> None:
    desk = desk_of([{"name": "a", "hours": OFFICE}], {"disciplines": ["policy"]})
    start = local(2026, 12, 24, 12)
    assert rows(coverage_gaps(desk, start.astimezone(UTC), 5)) == [
        ("policy", "single", start, local(2026, 12, 24, 17)),
        ("policy", "uncovered", local(2026, 12, 24, 17), local(2026, 12, 29, 9)),
        ("policy", "single", local(2026, 12, 29, 9), local(2026, 12, 29, 12)),
    ]


def test_one_after_the_other_hangs_on_single_people_all_along() -> None:
    people = [{"name": "a", "hours": {"to": "12:00"}}, {"name": "b", "hours": {"from": "12:00"}}]
    (before, single, after) = coverage_gaps(desk_of(people, {"disciplines": ["policy"]}), local(2026, 11, 23, 6), 0.5)
    assert (before.kind, after.kind) == ("uncovered", "uncovered")
    assert (single.kind, single.people) == ("single", ("a", "b"))
    assert (single.start, single.end) == (local(2026, 11, 23, 9), local(2026, 11, 23, 17))


def test_two_are_no_gap_and_absence_leaves_one() -> None:
    people = [{"name": "a"}, {"name": "b", "away": [{"from": "2026-11-25", "to": "2026-11-26"}]}]
    desk = desk_of(people, {"disciplines": ["policy"]})
    assert rows(coverage_gaps(desk, MONDAY, 7)) == [("policy", "single", local(2026, 11, 25), local(2026, 11, 27))]
    assert coverage_gaps(desk, MONDAY, 0) == []


def test_expiring_until_the_end_of_the_last_day() -> None:
    people = [
        {"name": "a", "files": {"visas": {"authority": ["approve"], "until": "2026-11-25"}, "*": {}}},
        {"name": "b", "files": {"visas": {"authority": ["approve"], "until": "2026-11-24"}, "*": {}}},
    ]
    desk = desk_of(people, {"authority": ["approve"]})
    assert rows(coverage_gaps(desk, MONDAY, 7)) == [
        ("approve", "expiring", MONDAY, local(2026, 11, 26)),
        ("approve", "single", local(2026, 11, 25), local(2026, 11, 26)),
        ("approve", "uncovered", local(2026, 11, 26), MONDAY + timedelta(days=7)),
    ]
    assert rows(coverage_gaps(desk, MONDAY, 1)) == []


def test_who_leaves_takes_their_hats_along() -> None:
    people = [{"name": "a", "files": {"fees": {"expertise": "expert", "until": "2026-11-24"}}}]
    desk = desk_of(people, {"disciplines": ["policy"]})
    assert [(what, kind) for what, kind, _, _ in rows(coverage_gaps(desk, MONDAY, 3))] == [
        ("policy", "expiring"),
        ("policy", "single"),
        ("policy", "uncovered"),
    ]


def test_a_less_specific_standing_goes_on() -> None:
    files = {"visas": {"authority": ["approve"], "until": "2026-11-24"}, "*": {"authority": ["approve"]}}
    desk = desk_of([{"name": "a", "files": files}, {"name": "b"}], {"authority": ["approve"]})
    assert rows(coverage_gaps(desk, MONDAY, 7)) == [("approve", "single", MONDAY, MONDAY + timedelta(days=7))]


def test_as_json() -> None:
    desk = desk_of([], {"disciplines": ["policy"], "expertise": "lead"})
    found = msgspec.to_builtins(coverage_gaps(desk, MONDAY, 1), builtin_types=(datetime,))
    span = {"file": "visas", "from": MONDAY, "to": MONDAY + timedelta(days=1), "kind": "uncovered"}
    assert found == [span | {"need": "lead"}, span | {"discipline": "policy"}]


people_rows = st.lists(
    st.fixed_dictionaries(
        {
            "disciplines": st.sampled_from([["policy"], ["policy", "advocacy"], ["advocacy"]]),
            "hours": st.none()
            | st.fixed_dictionaries(
                {
                    "tz": st.sampled_from(["America/Toronto", "Asia/Kolkata"]),
                    "days": st.sampled_from(["mon-fri", "tue-sun"]),
                    "from": st.sampled_from(["00:00", "09:00"]),
                    "to": st.sampled_from(["13:00", "17:00"]),
                }
            ),
            "away": st.sampled_from([[], [{"from": "2026-11-24", "to": "2026-11-25"}]]),
            "files": st.sampled_from(
                [{}, {"visas": {"expertise": "lead", "until": "2026-11-25"}}, {"*": {"expertise": "lead"}}]
            ),
            "capacity": st.integers(0, 1),
            "delegate": st.none() | st.sampled_from(["p0", "p1"]),
        }
    ),
    max_size=4,
)


@given(people_rows, st.floats(0, 2.99))
@settings(max_examples=60, deadline=None)
def test_at_any_moment_the_gaps_are_those_of_that_moment(rows: list[dict[str, Any]], days: float) -> None:
    people = [{"name": f"p{number}"} | row for number, row in enumerate(rows)]
    desk = desk_of(people, {"disciplines": ["policy", "advocacy"], "expertise": "lead"}, ("visas", "fees"))
    gaps = [gap for gap in coverage_gaps(desk, MONDAY, 3) if gap.kind != "expiring"]
    moment = MONDAY + timedelta(days=days)
    listed = {(gap.file, gap.discipline or gap.need): gap for gap in gaps if gap.start <= moment < gap.end}
    assert len(listed) == sum(gap.start <= moment < gap.end for gap in gaps), "no two at a time"
    uncovered = {key for key, gap in listed.items() if gap.kind == "uncovered"}
    assert uncovered == Coverage(desk).gauges(moment)[1].keys()
    for file in ("visas", "fees"):
        assert {need for name, need in uncovered if name == file} <= {gap.need for gap in find(desk, file, moment).gaps}
    following = {(gap.file, gap.discipline, gap.need, gap.kind, gap.start) for gap in gaps}
    assert not any((gap.file, gap.discipline, gap.need, gap.kind, gap.end) in following for gap in gaps), "merged"
