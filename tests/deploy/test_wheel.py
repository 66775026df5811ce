"""The wheel: the same bytes from the same commit, wherever it is built; all of the program in it, and nothing else."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path
from zipfile import ZipFile

import pytest

ROOT = Path(__file__).parents[2]
PACKAGES = ("gordon/", "ingest/", "classify/", "route/", "store/")


def git(tree: Path, *words: str) -> str:
    command = ["git", "-C", str(tree), "-c", "safe.directory=*", *words]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


@pytest.fixture(scope="module")
def wheels(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """Two of the same commit: clones in different folders, another umask, another time zone, leftovers in one."""
    made = []
    for name, umask, zone in (("a", 0o022, "UTC"), ("b/deeper", 0o077, "Asia/Tokyo")):
        folder = tmp_path_factory.mktemp("wheel") / name
        folder.parent.mkdir(parents=True, exist_ok=True)
        subprocess.run(["git", "clone", "--quiet", "--no-hardlinks", str(ROOT), str(folder)], check=True, umask=umask)
        if umask == 0o077:
            (folder / "build" / "lib" / "gordon").mkdir(parents=True)
            (folder / "build" / "lib" / "gordon" / "left_over.py").write_text("")
            (folder / "gordon" / "not_committed.py").write_text("")
        command = [sys.executable, str(folder / "deploy" / "wheel.py"), str(folder / "out")]
        environ = {**os.environ, "TZ": zone, "PYTHONHASHSEED": str(umask)}
        subprocess.run(command, check=True, env=environ, umask=umask, cwd=folder.parent, capture_output=True)
        made += list((folder / "out").glob("*.whl"))
    return made


def test_two_builds_are_the_same_bytes(wheels: list[Path]) -> None:
    first, second = (path.read_bytes() for path in wheels)
    assert wheels[0].name == wheels[1].name and first == second


def test_it_holds_the_program_and_nothing_else(wheels: list[Path]) -> None:
    with ZipFile(wheels[0]) as archive:
        names = archive.namelist()
        times = {each.date_time for each in archive.infolist()}
    program = {
        name for name in git(ROOT, "ls-tree", "-r", "--name-only", "HEAD").splitlines() if name.startswith(PACKAGES)
    }
    about = {name for name in names if ".dist-info/" in name}
    assert set(names) - about == program
    assert {name.partition("/")[2] for name in about} >= {"METADATA", "RECORD", "licenses/LICENSE", "entry_points.txt"}
    moment = time.gmtime(int(git(ROOT, "log", "-1", "--format=%ct")))
    assert times == {(*moment[:5], moment[5] // 2 * 2)}
