"""Daemons that cannot work as things stand: they say what is wrong and what to do, and end with code 78."""

from __future__ import annotations

import resource
import shlex
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import text

from gordon.app.limits import LEAST_FILES, make_folder, sqlite_files, wanted_files
from gordon.bus.sqlite import SqliteBus
from gordon.errors import DeskInvalid
from tests.databases import new_sqlite
from tests.route.route_desk import write_desk

EXIT_CONFIGURATION = 78


def command_of(desk: Path, stage: str) -> str:
    return shlex.join([sys.executable, "-m", "gordon", stage, "--desk", str(desk), "--metrics-port", "0"])


def start(desk: Path, stage: str, before: str = "") -> subprocess.CompletedProcess[str]:
    """Runs the daemon, which is not expected to stay."""
    command = ["sh", "-c", f"{before} exec {command_of(desk, stage)}"]
    return subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)


def flip(path: Path) -> None:
    with path.open("r+b") as file:
        file.seek(100)
        file.write(b"\xa5" * (path.stat().st_size - 100))


def of_a_newer_gordon(path: Path) -> None:
    database = new_sqlite(path)
    with database.writing() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    database.close()


def damaged_store(data: Path) -> None:
    new_sqlite(data / "gordon.db").close()
    flip(data / "gordon.db")


def damaged_log(data: Path) -> None:
    data.mkdir()
    SqliteBus(data / "log.db").close()
    flip(data / "log.db")


def empty_store(data: Path) -> None:
    data.mkdir()
    (data / "gordon.db").touch()


def no_folder(data: Path) -> None:
    data.write_text("a file where the folder should be")


@pytest.mark.hostile(82, 83, 87)
@pytest.mark.parametrize(
    ("stage", "spoil", "said"),
    [
        ("route", damaged_store, "gordon db backup"),
        ("ingest", empty_store, "gordon db backup"),
        ("classify", damaged_log, "gordon replay"),
        ("relay", lambda data: of_a_newer_gordon(data / "gordon.db"), "made by a newer Gordon"),
        ("classify", no_folder, "correct data in gordon.toml"),
    ],
)
def test_a_daemon_says_why_it_cannot_begin(
    tmp_path: Path, stage: str, spoil: Callable[[Path], None], said: str
) -> None:
    write_desk(tmp_path)
    spoil(tmp_path / "data")
    done = start(tmp_path, stage)
    assert (done.returncode, said in done.stderr) == (EXIT_CONFIGURATION, True), done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.hostile(82)
@pytest.mark.parametrize("stage", ["ingest", "classify", "route", "relay"])
def test_too_few_open_files(tmp_path: Path, stage: str) -> None:
    write_desk(tmp_path)
    done = start(tmp_path, stage, "ulimit -n 32;")
    assert done.returncode == EXIT_CONFIGURATION, done.stderr
    assert "may open 32 files only" in done.stderr and "LimitNOFILE" in done.stderr


@pytest.mark.hostile(82)
def test_the_least_that_is_asked_for_is_enough(tmp_path: Path) -> None:
    write_desk(tmp_path)
    command = ["sh", "-c", f"ulimit -n {LEAST_FILES}; exec {command_of(tmp_path, 'ingest')}"]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr
        said = [process.stderr.readline()]
        while '"started"' not in said[-1]:
            assert said[-1], said
            said.append(process.stderr.readline())
        process.terminate()
        assert process.wait(120) == 0, process.stderr.read()


@pytest.mark.hostile(82)
def test_the_limit_is_raised_never_lowered_and_never_beyond_the_hard_one() -> None:
    endless = resource.RLIM_INFINITY
    assert wanted_files(1024, 4096, 16384) == 4096
    assert wanted_files(1024, 65536, 16384) == 16384
    assert wanted_files(32768, 65536, 16384) == 32768
    assert wanted_files(1024, endless, 16384) == 16384
    assert wanted_files(endless, endless, 16384) == endless
    assert wanted_files(64, LEAST_FILES, LEAST_FILES) == LEAST_FILES
    with pytest.raises(DeskInvalid, match="may open 127 files only"):
        wanted_files(64, LEAST_FILES - 1, LEAST_FILES)


def test_a_folder_is_made_with_those_above_it(tmp_path: Path) -> None:
    make_folder(tmp_path / "a" / "b")
    make_folder(tmp_path / "a" / "b")
    assert (tmp_path / "a" / "b").is_dir()


def test_which_addresses_are_files() -> None:
    urls = ("sqlite:////data/log.db", "sqlite+pysqlite:////data/gordon.db?timeout=3", "kafka://broker:9092")
    assert sqlite_files(*urls) == (Path("/data/log.db"), Path("/data/gordon.db"))
