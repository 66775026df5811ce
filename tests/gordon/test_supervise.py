"""The supervisor restarts what dies and ends everything it started; the watch waits for files to settle."""

from __future__ import annotations

import os
import signal
import sys
import time
from pathlib import Path

import pytest

from gordon.app.folder_watch import FolderWatch
from gordon.app.supervise import Process, Supervisor

SLEEP = [sys.executable, "-c", "import time; time.sleep(60)"]


def until(what: object, seconds: float = 10.0) -> None:
    assert callable(what)
    end = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.02)


def alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def test_a_killed_process_comes_back_and_all_end_together() -> None:
    group = Supervisor(
        [Process("a", SLEEP, os.environ, None), Process("b", SLEEP, os.environ, None)], monotonic=time.monotonic
    )
    group.start()
    first, second = (process.pid for process in group.processes)
    assert first and second
    os.kill(first, signal.SIGKILL)
    until(lambda: group.tend() is None and group.processes[0].pid not in (None, first))
    assert group.processes[0].restarts == 1 and group.processes[0].last_exit == -signal.SIGKILL
    third = group.processes[0].pid
    group.stop()
    assert third and not alive(third) and not alive(second)


def test_wrong_configuration_is_reported_not_restarted_for_ever(tmp_path: Path) -> None:
    log = tmp_path / "x.log"
    process = Process("x", [sys.executable, "-c", "import sys; sys.exit('why' and 78)"], os.environ, log)
    group = Supervisor([process], monotonic=time.monotonic)
    group.start()
    until(lambda: group.tend() is process)
    group.stop()


def test_what_ignores_sigterm_is_killed() -> None:
    code = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('up', flush=True); time.sleep(60)"
    process = Process("deaf", [sys.executable, "-c", code], os.environ, None)
    process.start(0.0)
    pid = process.pid
    assert pid
    process.ask(signal.SIGTERM)
    process.wait(0.2)
    assert not alive(pid) and process.pid is None


@pytest.mark.hostile(90)
def test_a_child_does_not_outlive_its_parent(tmp_path: Path) -> None:
    note = tmp_path / "pid"
    code = (
        "import os, sys, time; from gordon.app.supervise import Process\n"
        f"p = Process('c', {SLEEP!r}, os.environ, None); p.start(0.0)\n"
        f"open({str(note)!r}, 'w').write(str(p.pid)); time.sleep(60)"
    )
    parent = Process("parent", [sys.executable, "-c", code], os.environ, None)
    parent.start(0.0)
    until(lambda: note.exists() and note.read_text() != "")
    child = int(note.read_text())
    assert alive(child) and parent.pid
    os.kill(parent.pid, signal.SIGKILL)
    parent.wait(60)
    until(lambda: not alive(child))


def test_the_watch_waits_until_files_are_still(tmp_path: Path) -> None:
    clock = [0.0]
    watch = FolderWatch(tmp_path, lambda: clock[0])

    def look() -> bool:
        clock[0] += 2.5
        return watch.changed()

    assert not look()
    (tmp_path / "people.yaml").write_text("half")
    assert not look()
    (tmp_path / "people.yaml").write_text("half and the other half")
    assert not look(), "it changed since the last look"
    assert look() and not look()
    (tmp_path / "notes.txt").write_text("not a file of the desk")
    assert not look() and not look()
    (tmp_path / "people.yaml").unlink()
    assert not look() and look()


@pytest.mark.hostile(92)
def test_who_asks_for_a_reload_gets_it_when_the_files_are_still(tmp_path: Path) -> None:
    clock = [0.0]
    watch = FolderWatch(tmp_path, lambda: clock[0])

    def look() -> bool:
        clock[0] += 2.5
        return watch.changed()

    watch.ask()
    assert look() and not look(), "nothing has changed: it is read anew all the same, once"
    (tmp_path / "people.yaml").write_text("half")
    watch.ask()
    assert not look()
    (tmp_path / "people.yaml").write_text("half and the other half")
    assert not look(), "it was being written"
    assert look() and not look()


def test_the_watch_does_not_look_at_every_turn(tmp_path: Path) -> None:
    clock = [0.0]
    watch = FolderWatch(tmp_path, lambda: clock[0])
    (tmp_path / "queues.yaml").write_text("x")
    for _ in range(10):
        clock[0] += 0.1
        assert not watch.changed()
