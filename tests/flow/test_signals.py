"""SIGTERM at any moment: during the start, during a migration, under load, twice. Nothing is half done."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest

from gordon.bus.open import open_bus
from gordon.codec import encode
from store.database import open_database
from store.migrate import current
from tests.flow.stack import SLOW, Address, running
from tests.route.route_desk import mention, tagged, write_desk

LIMIT = 20.0
"""Seconds that a daemon may take to end, on a quiet machine."""
STAGES = ("ingest", "classify", "route", "relay")


@contextmanager
def daemon(desk: Path, stage: str, environ: dict[str, str] | None = None) -> Iterator[subprocess.Popen[bytes]]:
    """A daemon that has got as far as to mind signals; killed at the end."""
    command = [sys.executable, "-m", "gordon", stage, "--desk", str(desk), "--metrics-port", "0"]
    with (desk / f"{stage}.log").open("wb") as log:
        process = subprocess.Popen(command, env={**os.environ, **(environ or {})}, stdout=log, stderr=log)
    try:
        until(lambda: minds(process.pid, signal.SIGTERM) or process.poll() is not None)
        yield process
    finally:
        process.kill()
        process.wait()


def until(what: Callable[[], bool], seconds: float = 60.0) -> None:
    end = time.monotonic() + SLOW * seconds
    while not what():
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.02)


def minds(pid: int, number: int) -> bool:
    """Whether the process has a handler for this signal."""
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    caught = next(line for line in lines if line.startswith("SigCgt:"))
    return bool(int(caught.split()[1], 16) >> (number - 1) & 1)


def end(process: subprocess.Popen[bytes], desk: Path) -> None:
    process.terminate()
    assert process.wait(SLOW * LIMIT) == 0, [path.read_text()[-3000:] for path in desk.glob("*.log")]


@pytest.mark.hostile(89)
@pytest.mark.parametrize("stage", STAGES)
def test_at_any_moment_of_the_start(tmp_path: Path, stage: str) -> None:
    """At once, a little later, and when it has just begun to work; SIGHUP too early is no reason to die."""
    write_desk(tmp_path)
    for seconds in (0.0, 0.6):
        with daemon(tmp_path, stage) as process:
            process.send_signal(signal.SIGHUP)
            time.sleep(seconds)
            assert process.poll() is None, (tmp_path / f"{stage}.log").read_text()
            end(process, tmp_path)
    with daemon(tmp_path, stage) as process:
        until(lambda: b'"started"' in (tmp_path / f"{stage}.log").read_bytes())
        end(process, tmp_path)


@pytest.mark.hostile(89)
@pytest.mark.postgres
def test_during_a_migration(tmp_path: Path, new_postgres_database: Callable[[], str]) -> None:
    """It waits for that of another: it ends at once, and has done nothing."""
    write_desk(tmp_path)
    url = new_postgres_database()
    with psycopg.connect(url.replace("+psycopg", ""), autocommit=True) as other:
        other.execute("SELECT pg_advisory_lock(%s)", (0x676F72646F6E,))
        waits = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted"
        with daemon(tmp_path, "route", {"GORDON_DATABASE": url}) as process:
            until(lambda: other.execute(waits).fetchone() == (1,))
            end(process, tmp_path)
        other.execute("SELECT pg_advisory_unlock_all()")
    database = open_database(url)
    assert current(database) is None
    database.close()


@pytest.mark.hostile(89)
def test_under_load_nothing_is_lost_or_doubled(tmp_path: Path) -> None:
    """Route is asked to end again and again in the middle of its work; each time it ends well and goes on."""
    write_desk(tmp_path)
    stories = 120
    chance = random.Random(89)
    with running(tmp_path, Address("embedded", {}), ("route",)) as stack:
        bus = open_bus(f"sqlite:///{tmp_path / 'data' / 'log.db'}")
        texts = {
            f"story-{number}": " ".join(f"word{number}x{place}" for place in range(40)) for number in range(stories)
        }
        bus.publish([encode(tagged(mention(name, text[:60], text))) for name, text in texts.items()])
        bus.close()
        (route,) = stack.supervisor.processes
        for _ in range(3):
            stack.until(lambda: route.pid is not None and minds(route.pid, signal.SIGTERM), 60, "it does not start")
            time.sleep(chance.uniform(0.0, 1.5))
            route.ask(signal.SIGTERM)
            route.wait(SLOW * LIMIT)
            assert route.last_exit == 0, stack.tails()
        stack.until(lambda: stack.json("status")["tagged"] == stories, 120, "not everything was handled")
        state = stack.json("status")
        assert (state["dead"], state["balanced"]) == (0, True)
        stack.until(lambda: stack.json("status")["outbox"] == 0, 60, "the outbox was not emptied")
        done = stack.run("db", "check")
        assert done.returncode == 0, done.stdout


BUSY = """
import sys, time
from gordon.app.signals import Signals
signals = Signals(float(sys.argv[1]))
signals.begin()
print("ready", flush=True)
while True:
    time.sleep(0.05)
"""


def busy(drain: str) -> subprocess.Popen[bytes]:
    """Something that never finishes."""
    process = subprocess.Popen([sys.executable, "-c", BUSY, drain], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    assert process.stdout and process.stdout.readline() == b"ready\n"
    process.stdout.close()
    return process


@pytest.mark.hostile(89)
def test_the_second_one_ends_it_at_once() -> None:
    process = busy("600")
    process.terminate()
    until(lambda: minds(process.pid, signal.SIGALRM))
    assert process.poll() is None
    process.terminate()
    assert process.wait(SLOW * LIMIT) == 128 + signal.SIGTERM


@pytest.mark.hostile(89)
def test_what_does_not_finish_in_time_ends_unfinished() -> None:
    process = busy("0.2")
    process.terminate()
    assert process.wait(SLOW * LIMIT) == 1
