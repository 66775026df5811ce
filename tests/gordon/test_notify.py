"""What the service manager hears, over a socket as systemd opens it: by path, or abstract."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from gordon.notify import Notifier, without_manager

PID = 4711


class Manager:
    """The other end of $NOTIFY_SOCKET."""

    def __init__(self, name: str) -> None:
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.bind(name)
        self._socket.setblocking(False)

    def heard(self) -> list[str]:
        found = []
        while True:
            try:
                found.append(self._socket.recv(4096).decode())
            except BlockingIOError:
                return found

    def close(self) -> None:
        self._socket.close()


@pytest.fixture(params=["path", "abstract"])
def pair(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[Manager, str]]:
    name = str(tmp_path / "notify") if request.param == "path" else f"\0gordon-{tmp_path}"
    manager = Manager(name)
    yield manager, name.replace("\0", "@")
    manager.close()


def test_a_life(pair: tuple[Manager, str]) -> None:
    manager, name = pair
    notifier = Notifier({"NOTIFY_SOCKET": name}, pid=PID)
    notifier.reloading()  # before the start is over there is nothing to reload
    notifier.reloaded()
    notifier.ready("waiting for\nstore")
    notifier.ready("working")
    notifier.status("working")
    notifier.stopping()
    assert manager.heard() == ["READY=1\nSTATUS=waiting for store", "STATUS=working", "STOPPING=1"]
    notifier.reloading()
    notifier.reloaded()
    first, second = manager.heard()
    assert first.startswith("RELOADING=1\nMONOTONIC_USEC=") and int(first.rpartition("=")[2]) > 0
    assert second == "READY=1"


@pytest.mark.parametrize(("microseconds", "every"), [("60000000", 1.0), ("1000000", 0.5)])
def test_pings_come_with_the_beats_and_not_more_often_than_needed(
    pair: tuple[Manager, str], microseconds: str, every: float
) -> None:
    manager, name = pair
    clock = [100.0]
    environ = {"NOTIFY_SOCKET": name, "WATCHDOG_USEC": microseconds, "WATCHDOG_PID": str(PID)}
    notifier = Notifier(environ, pid=PID, monotonic=lambda: clock[0])
    assert manager.heard() == []
    assert [notifier.beat() for _ in range(3)] == [True, False, False]
    assert manager.heard() == ["WATCHDOG=1"]
    clock[0] += every - 0.01
    assert not notifier.beat()
    clock[0] += 0.02
    assert notifier.beat() and manager.heard() == ["WATCHDOG=1"]


@pytest.mark.parametrize(
    "environ",
    [
        {},
        {"WATCHDOG_USEC": "1000000", "WATCHDOG_PID": "1"},
        {"WATCHDOG_USEC": "0"},
        {"WATCHDOG_USEC": "soon"},
        {"WATCHDOG_USEC": "²"},
    ],
)
def test_a_watchdog_that_is_not_ours_gets_no_ping(pair: tuple[Manager, str], environ: dict[str, str]) -> None:
    manager, name = pair
    assert not Notifier({"NOTIFY_SOCKET": name, **environ}, pid=PID).beat()
    assert manager.heard() == []


@pytest.mark.parametrize("name", ["", "/nowhere/at/all", "@nobody-listens-here", "vsock:2:1234"])
def test_nobody_listens(name: str) -> None:
    notifier = Notifier({"NOTIFY_SOCKET": name, "WATCHDOG_USEC": "10"}, pid=PID)
    notifier.ready("working")
    notifier.beat()
    notifier.stopping()


def test_a_manager_that_does_not_read_holds_nobody_up(tmp_path: Path) -> None:
    manager = Manager(str(tmp_path / "notify"))
    notifier = Notifier({"NOTIFY_SOCKET": str(tmp_path / "notify")}, pid=PID)
    for number in range(10_000):
        notifier.status(f"{number}")
    assert len(manager.heard()) < 10_000
    manager.close()


def test_children_do_not_speak_for_us() -> None:
    environ = {"NOTIFY_SOCKET": "/x", "WATCHDOG_USEC": "1", "WATCHDOG_PID": "1", "GORDON_BUS": ""}
    assert without_manager(environ) == {"GORDON_BUS": ""}


def test_a_status_says_no_password(pair: tuple[Manager, str]) -> None:
    manager, name = pair
    notifier = Notifier({"NOTIFY_SOCKET": name}, pid=PID)
    notifier.status("waiting for store: postgresql://gordon:canary-word@db/gordon is away")
    assert manager.heard() == ["STATUS=waiting for store: postgresql://***@db/gordon is away"]
