"""gordon simulate over the stores that it reads: all the mentions of a time, without a trace, while others write."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from store.database import Database
from store.tables import metadata
from tests.route.route_desk import mention
from tests.route.route_simulate import MORNING, Stand, changed, stories


@pytest.fixture
def stand(tmp_path: Path, database: Database) -> Stand:
    return Stand(tmp_path, database.name, database)


def everything(database: Database) -> dict[str, list[Any]]:
    """Every row of every table."""
    with database.reading() as connection:
        return {table.name: sorted(map(repr, connection.execute(select(table)))) for table in metadata.sorted_tables}


def test_an_unchanged_desk_differs_in_nothing_and_nothing_is_written(stand: Stand) -> None:
    stand.record(stories())
    before = everything(stand.database)
    found = stand.found("--exit-code")
    assert everything(stand.database) == before
    assert found["same"] and found["before"] == found["after"]
    totals = found["difference"]["totals"]
    assert found["difference"]["mentions"] == 5 and totals["tagged"] == {"before": 4, "after": 4}
    assert totals["issues"] == {"before": 3, "after": 3} and totals["items"] == {"before": 3, "after": 3}
    assert all(
        changed(found, part) == [] for part in ("tags", "claims", "issues", "queues", "silences", "gaps", "load")
    )
    assert all(found["difference"][part] == [] for part in ("teams", "reroutes", "priorities"))


def test_it_works_while_somebody_writes(stand: Stand) -> None:
    stand.record(stories())
    with stand.database.writing() as connection:
        connection.execute(metadata.tables["file_versions"].update().values(counter=7))
        connection.execute(metadata.tables["mentions"].update().values(title="another"))
        assert stand.found()["same"]


def test_pages_and_steps_leave_nothing_out(stand: Stand) -> None:
    """More mentions than a page, many of them at one moment, and later revisions of some."""
    many = [mention(f"{number:04}", f"Salmon count {number}", seen=MORNING) for number in range(420)]
    later = [
        mention(one.id, one.title, seen=MORNING + timedelta(minutes=number), revision=2, kind="edited")
        for number, one in enumerate(many[:200])
    ]
    stand.record([*many, *later])
    assert stand.found()["difference"]["mentions"] == 620


def test_only_the_mentions_of_that_time_are_replayed(stand: Stand) -> None:
    stand.record(stories())
    found = stand.found("--since", "2024-11-18T16:00", "--until", "2024-11-18T13:00-05:00")
    assert found["difference"]["mentions"] == 2
    assert (found["since"], found["until"]) == ("2024-11-18T16:00:00Z", "2024-11-18T18:00:00Z")
