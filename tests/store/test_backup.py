"""Copies of a database that goes on working."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from gordon.errors import DatabaseUnfit
from store.backup import Copied, _compared, backup, check
from store.database import Database, open_database
from store.migrate import require_current
from store.status import completeness
from tests.contracts.store_samples import recorded, write
from tests.databases import new_sqlite


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    opened = new_sqlite(tmp_path / "gordon.db")
    yield opened
    opened.close()


@pytest.mark.hostile(84)
def test_a_copy_holds_everything_and_stands_alone(database: Database, tmp_path: Path) -> None:
    write(database, mentions=(recorded(1), recorded(2, files=())))
    target = tmp_path / "copies" / "monday.db"
    backup(database, target)
    write(database, mentions=(recorded(3),))
    assert [one.name for one in target.parent.iterdir()] == ["monday.db"]
    copy = open_database(f"sqlite:///{target}")
    require_current(copy)
    assert (completeness(copy).tagged, completeness(copy).untagged) == (1, 1)
    assert check(copy) == []
    copy.close()


@pytest.mark.hostile(84)
def test_a_copy_made_under_load_is_of_one_moment(database: Database, tmp_path: Path) -> None:
    """Each transaction writes a mention and its pair: a copy never holds one without the other."""
    ended = threading.Event()

    def load() -> None:
        number = 0
        while not ended.is_set():
            write(
                database, mentions=(recorded(number, text="é" * 5000), recorded(number + 1, files=(), text="é" * 5000))
            )
            number += 2

    thread = threading.Thread(target=load)
    thread.start()
    try:
        for number in range(3):
            backup(database, tmp_path / f"{number}.db")
    finally:
        ended.set()
        thread.join(30)
    for number in range(3):
        copy = open_database(f"sqlite:///{tmp_path / f'{number}.db'}")
        counts = completeness(copy)
        assert counts.tagged == counts.untagged
        assert check(copy) == []
        copy.close()


@pytest.mark.hostile(84)
def test_a_target_that_exists_is_never_overwritten(database: Database, tmp_path: Path) -> None:
    target = tmp_path / "old.db"
    target.write_text("something dear")
    with pytest.raises(DatabaseUnfit, match="exists"):
        backup(database, target)
    assert target.read_text() == "something dear"


def test_a_target_that_cannot_be_written(database: Database, tmp_path: Path) -> None:
    with pytest.raises(DatabaseUnfit, match="cannot be written"):
        backup(database, tmp_path / "gordon.db" / "copy.db")


def test_a_copy_that_lacks_something_is_refused(tmp_path: Path) -> None:
    made = Copied("0006", {"mentions": 3, "tags": 2})
    assert _compared(made, Copied("0006", {"mentions": 3, "tags": 2}), tmp_path) == made
    with pytest.raises(DatabaseUnfit, match="mentions: 3 and 2 rows, tags: 2 and None rows"):
        _compared(made, Copied("0006", {"mentions": 2}), tmp_path)
    with pytest.raises(DatabaseUnfit, match="another revision"):
        _compared(made, Copied("0005", dict(made.rows)), tmp_path)
