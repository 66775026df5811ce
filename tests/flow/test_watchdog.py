"""The watchdog of the service manager hears the work loop itself: every daemon pings in every wait, and a loop that is
stuck is silent, whatever its other threads do."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import pytest

from gordon.app.connect import connect_bus
from gordon.bus import Message
from gordon.codec import encode
from gordon.settings import Settings
from gordon.starter import write_starter
from tests.flow.stack import ROOT
from tests.samples import EVENTS

PATIENCE = 120.0
SILENCE = 3.0
"""Seconds of silence that prove it: six times what a living loop keeps."""
PING = "WATCHDOG=1"


class Manager:
    """Listens as systemd does, on an abstract socket."""

    def __init__(self, name: str) -> None:
        self.name = f"@{name}"
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.bind(f"\0{name}")
        self._socket.settimeout(0.1)

    def heard(self, seconds: float) -> list[str]:
        """What comes within the time."""
        found: list[str] = []
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            try:
                found += self._socket.recv(4096).decode().splitlines()
            except TimeoutError:
                continue
        return found

    def wait(self, line: str, child: subprocess.Popen[bytes]) -> None:
        """Until the manager hears a line that begins so."""
        until = time.monotonic() + PATIENCE
        while not any(one.startswith(line) for one in self.heard(0.1)):
            assert child.poll() is None, f"the daemon has ended with {child.returncode}"
            assert time.monotonic() < until, f"never heard {line}"

    def close(self) -> None:
        self._socket.close()


@pytest.fixture
def manager(tmp_path: Path) -> Iterator[Manager]:
    listening = Manager(f"gordon-{os.getpid()}-{tmp_path.name}")
    yield listening
    listening.close()


@pytest.fixture
def desk(tmp_path: Path) -> Path:
    write_starter(tmp_path / "desk")
    (tmp_path / "desk" / "feeds.opml").unlink(missing_ok=True)
    return tmp_path / "desk"


@contextmanager
def watched(manager: Manager, *command: str, **environ: str) -> Iterator[subprocess.Popen[bytes]]:
    """A process under a manager that wants a ping a second."""
    given = {**os.environ, **environ, "NOTIFY_SOCKET": manager.name, "WATCHDOG_USEC": "1000000"}
    child = subprocess.Popen([sys.executable, "-m", *command], env=given, cwd=ROOT, stderr=subprocess.DEVNULL)
    try:
        yield child
    finally:
        child.kill()
        child.wait()


def until(what: Callable[[], bool]) -> None:
    end = time.monotonic() + PATIENCE
    while not what():
        assert time.monotonic() < end
        time.sleep(0.05)


AWAY = {"GORDON_BUS": "kafka://127.0.0.1:1", "GORDON_KAFKA__REQUEST_TIMEOUT": "1s"}


@pytest.mark.parametrize(
    ("stage", "environ", "status"),
    [
        ("ingest", {}, "STATUS=working"),
        ("classify", {}, "STATUS=working"),
        ("route", {}, "STATUS=working"),
        ("relay", {}, "STATUS=working"),
        ("classify", AWAY, "STATUS=waiting for bus"),
    ],
)
@pytest.mark.hostile(91)
def test_a_daemon_pings_at_rest_and_while_it_waits(
    manager: Manager, desk: Path, stage: str, environ: Mapping[str, str], status: str
) -> None:
    with watched(manager, "gordon", stage, "--desk", str(desk), "--metrics-port", "0", **environ) as child:
        manager.wait(status, child)
        for _ in range(3):
            manager.wait(PING, child)
        child.terminate()
        assert child.wait(PATIENCE) == 0


@pytest.mark.hostile(91)
def test_a_frozen_daemon_is_silent_until_it_thaws(manager: Manager, desk: Path) -> None:
    with watched(manager, "gordon", "route", "--desk", str(desk), "--metrics-port", "0") as child:
        manager.wait(PING, child)
        child.send_signal(signal.SIGSTOP)
        os.waitid(os.P_PID, child.pid, os.WSTOPPED)
        manager.heard(0.3)  # what was under way
        assert manager.heard(SILENCE) == []
        child.send_signal(signal.SIGCONT)
        manager.wait(PING, child)


@pytest.mark.hostile(91)
def test_no_thread_pings_for_a_loop_that_is_stuck(manager: Manager, tmp_path: Path) -> None:
    with watched(manager, "tests.flow.stuck", str(tmp_path)) as child:
        manager.wait(PING, child)
        publish_one(tmp_path)
        until((tmp_path / "stuck").exists)
        manager.heard(0.3)  # what was under way
        assert manager.heard(SILENCE) == []
        address = (tmp_path / "data" / "classify.metrics").read_text().strip()
        with urllib.request.urlopen(f"http://{address}/metrics", timeout=PATIENCE) as answer:
            assert answer.status == 200, "its other threads are to be well"


def publish_one(folder: Path) -> None:
    bus = connect_bus(Settings(), folder)
    message = encode(EVENTS["gordon.mention.v1"])
    bus.publish([Message("gordon.mentions", message.key, message.value, message.headers)])
    bus.close()
