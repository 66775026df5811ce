"""The coverage matrix: who is there and in all, by what each file needs."""

from __future__ import annotations

from datetime import timedelta

from gordon.settings import Settings
from route.matrix import Cell, matrix
from tests.route.route_desk import MONDAY
from tests.route.test_route_find import OFFICE, desk_of

PEOPLE = [
    {"name": "lead", "hours": OFFICE, "files": {"visas": {"expertise": "lead", "authority": ["approve"]}}},
    {"name": "other", "files": {"visas": {"expertise": "lead"}}, "disciplines": ["advocacy"]},
    {"name": "gone", "files": {"fees": {"expertise": "lead", "until": "2026-01-01"}}},
    {"name": "none", "capacity": 0},
]


def test_cells_say_who_is_there_and_who_is_asked_for() -> None:
    desk = desk_of(PEOPLE, {"disciplines": ["policy"], "authority": ["approve"]}, ("visas", "fees"))
    day, night = matrix(desk, MONDAY), matrix(desk, MONDAY + timedelta(hours=10))
    assert day.columns == (*Settings().disciplines, "approve") and day.disciplines == len(Settings().disciplines)
    assert [(row.file, row.gordon, row.gordon_on_duty) for row in day.rows] == [
        ("fees", (), False), ("visas", ("lead", "other"), True),
    ]  # fmt: skip
    assert night.rows[1].gordon == ("other", "lead")
    visas = dict(zip(day.columns, day.rows[1].cells, strict=True))
    assert (visas["policy"], visas["advocacy"], visas["approve"]) == (
        Cell(1, 1, True), Cell(1, 1, False), Cell(1, 1, True),
    )  # fmt: skip
    assert dict(zip(night.columns, night.rows[1].cells, strict=True))["policy"] == Cell(0, 1, True)
    assert dict(zip(day.columns, day.rows[0].cells, strict=True))["approve"] == Cell(0, 0, True)


def test_files_may_be_picked_and_the_worst_stand_first() -> None:
    lead = {"expertise": "lead"}
    people = [
        {"name": "a", "files": {"visas": lead, "fees": lead | {"authority": ["approve"]}}},
        {"name": "b", "files": {"fees": {"authority": ["approve"]}}},
    ]
    desk = desk_of(people, {"authority": ["approve"]}, ("fees", "visas", "taxes"))
    assert [row.file for row in matrix(desk, MONDAY).rows] == ["taxes", "visas", "fees"]
    assert [row.file for row in matrix(desk, MONDAY, ["fees"]).rows] == ["fees"]
