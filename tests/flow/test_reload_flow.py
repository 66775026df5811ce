"""A desk that is broken, empty, unreadable or half-written while a daemon runs: the old one stays in force."""

from __future__ import annotations

import signal
import subprocess
import urllib.request
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.flow.test_signals import daemon, end, until
from tests.route.route_desk import PEOPLE, QUEUES, write_desk


def broken(path: Path) -> None:
    path.write_text(QUEUES + "\nroutes: [{queue: nowhere}\n", encoding="utf-8")


def empty(path: Path) -> None:
    path.write_text("")


def unreadable(path: Path) -> None:
    """Root may read any file, but nobody reads a folder as one."""
    path.unlink()
    path.mkdir()


def restore(path: Path, text: str) -> None:
    if path.is_dir():
        path.rmdir()
    path.write_text(text, encoding="utf-8")


def in_force(desk: Path) -> float:
    """Whether the desk in force is the one in the folder, as Prometheus hears it."""
    address = (desk / "data" / "route.metrics").read_text().strip()
    with urllib.request.urlopen(f"http://{address}/metrics", timeout=60) as answer:
        lines = answer.read().decode().splitlines()
    return float(next(line for line in lines if line.startswith("gordon_desk_reload_success ")).split()[1])


def said(desk: Path, what: str) -> int:
    return (desk / "route.log").read_text().count(what)


@pytest.mark.hostile(92)
def test_a_desk_that_cannot_be_used_changes_nothing(tmp_path: Path) -> None:
    write_desk(tmp_path)
    queues = tmp_path / "queues.yaml"
    with daemon(tmp_path, "route") as process:
        until(lambda: said(tmp_path, '"started"') == 1)

        def hang_up(spoil: Callable[[Path], None]) -> None:
            before = said(tmp_path, "desk refused")
            spoil(queues)
            process.send_signal(signal.SIGHUP)
            until(lambda: said(tmp_path, "desk refused") > before)
            until(lambda: in_force(tmp_path) == 0.0)
            assert process.poll() is None and said(tmp_path, "desk reloaded") == 0

        for spoil in (broken, empty, unreadable):
            hang_up(spoil)
            restore(queues, QUEUES)
        _heals(tmp_path, process)


def _heals(desk: Path, process: subprocess.Popen[bytes]) -> None:
    """What was half-written when the signal came is read when it is whole."""
    before = said(desk, "desk refused")
    half = len(PEOPLE) // 2
    with (desk / "people.yaml").open("w", encoding="utf-8") as file:
        file.write(PEOPLE[:half])
        file.flush()
        process.send_signal(signal.SIGHUP)
        file.write(PEOPLE[half:])
    until(lambda: in_force(desk) == 1.0 and said(desk, "desk reloaded") > 0)
    assert said(desk, "desk refused") == before, "the half was read"
    process.send_signal(signal.SIGHUP)
    reloads = said(desk, "desk reloaded")
    until(lambda: said(desk, "desk reloaded") > reloads)
    end(process, desk)
