"""The coverage of a desk at one moment as a table: files by what they need, with how many people cover it. Pure."""

from __future__ import annotations

from collections.abc import Collection
from datetime import UTC, datetime
from typing import NamedTuple

from gordon.desk.load import Desk
from route.coverage import Coverage
from route.people import LEAD
from route.roster import Need, Snapshot

GORDON = Need("expertise", LEAD)


class Cell(NamedTuple):
    """People who cover a need of a file, and how many of them are on duty. ``asked``: some queue within reach of the
    file requires it."""

    on_duty: int
    in_all: int
    asked: bool

    @property
    def bad(self) -> bool:
        """Whether what is asked hangs on one person, or on nobody."""
        return self.asked and self.on_duty < 2


class Row(NamedTuple):
    """One file. ``gordon``: who leads it, those on duty first; ``cells`` in the order of the columns."""

    file: str
    gordon: tuple[str, ...]
    gordon_on_duty: bool
    cells: tuple[Cell, ...]


class Matrix(NamedTuple):
    """``columns``: names of disciplines, then of authority that some queue requires; ``disciplines``: how many are the
    former. Files without a Gordon come first, then those with the most cells that hang on one person or nobody."""

    at: datetime
    columns: tuple[str, ...]
    disciplines: int
    rows: tuple[Row, ...]


def matrix(desk: Desk, now: datetime, files: Collection[str] | None = None) -> Matrix:
    """The matrix of these files, or of all. Somebody with capacity 0 does not count; load does not either."""
    coverage = Coverage(desk)
    snapshot = coverage.roster.at(now)
    hats = tuple(Need("discipline", name) for name in desk.settings.disciplines)
    asked = {need for needs in coverage.needs.values() for need in needs if need.kind == "authority"}
    columns = (*hats, *sorted(asked))
    rows = [
        _row(snapshot, file, columns, frozenset(needs))
        for file, needs in coverage.needs.items()
        if files is None or file in files
    ]
    rows.sort(key=lambda row: (bool(row.gordon), -sum(cell.bad for cell in row.cells), row.file))
    return Matrix(now.astimezone(UTC), tuple(need.name for need in columns), len(hats), tuple(rows))


def _row(snapshot: Snapshot, file: str, columns: tuple[Need, ...], asked: frozenset[Need]) -> Row:
    leads = _able(snapshot, file, GORDON)
    there = set(_there(snapshot, leads))
    order = sorted(leads, key=lambda number: (number not in there, snapshot.roster.people[number].id))
    names = tuple(snapshot.roster.people[number].id for number in order)
    return Row(file, names, bool(there), tuple(_cell(snapshot, file, need, need in asked) for need in columns))


def _cell(snapshot: Snapshot, file: str, need: Need, asked: bool) -> Cell:
    able = _able(snapshot, file, need)
    return Cell(len(_there(snapshot, able)), len(able), asked)


def _able(snapshot: Snapshot, file: str, need: Need) -> list[int]:
    return [number for number in snapshot.able(file, need) if snapshot.roster.people[number].capacity]


def _there(snapshot: Snapshot, numbers: list[int]) -> list[int]:
    return [number for number in numbers if snapshot.presences[number].there]
