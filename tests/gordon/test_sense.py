"""Settings that make no sense are found by check, with their line or variable."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest

from gordon.app.sense import sense_problems, sense_warnings
from gordon.health import Health, Listener
from gordon.hosts import is_loopback
from gordon.metrics import Metrics
from gordon.settings import Settings, read_settings

WRONG = """
[http]
allow_networks = ["10.0.0.0/8", "ten dot something"]
allow_ports = [8080, 70000]
[poll]
least_interval = "30m"
most_interval = "10m"
[websub]
callback = "https://gordon.example/hub?token=1"
"""


def problems(tmp_path: Path, text: str, environ: dict[str, str]) -> list[tuple[str, int, str]]:
    (tmp_path / "gordon.toml").write_text(text)
    settings, wrong = read_settings(tmp_path, environ)
    assert wrong == []
    return [(found.file, found.line, found.message) for found in sense_problems(settings, tmp_path, environ)]


def test_all_of_them_at_once_with_their_lines(tmp_path: Path) -> None:
    found = problems(tmp_path, WRONG, {})
    assert [(file, line) for file, line, _ in found] == [("gordon.toml", line) for line in (3, 4, 7, 9)]
    assert "ten dot something" in found[0][2] and "70000" in found[1][2] and "least_interval" in found[2][2]
    assert found[3][2].startswith("websub.callback: ")


def test_a_variable_is_named(tmp_path: Path) -> None:
    ((file, line, _),) = problems(tmp_path, "", {"GORDON_POLL__MOST_INTERVAL": "1s"})
    assert (file, line) == ("environment variable GORDON_POLL__MOST_INTERVAL", 0)


@pytest.mark.parametrize("callback", ["", "https://gordon.example/hub", "http://gordon.example:8080/a/b"])
def test_what_makes_sense_is_fine(tmp_path: Path, callback: str) -> None:
    assert problems(tmp_path, f'[websub]\ncallback = "{callback}"\n', {}) == []


@pytest.mark.parametrize(
    ("listen", "warned"),
    [("127.0.0.1", 0), ("localhost", 0), ("::1", 0), ("0.0.0.0", 1), ("10.1.2.3", 1), ("gordon", 1)],
)
def test_metrics_that_others_can_read_are_warned_of(tmp_path: Path, listen: str, warned: int) -> None:
    (tmp_path / "gordon.toml").write_text(f'[metrics]\nlisten = "{listen}"\n')
    settings, _ = read_settings(tmp_path, {})
    found = sense_warnings(settings, tmp_path, {})
    assert [(each.file, each.line) for each in found] == [("gordon.toml", 2)] * warned


def test_metrics_and_health_are_on_loopback_unless_told_otherwise() -> None:
    """127.0.0.2 is another address of this machine: who binds all of them answers there, too."""
    listen = Settings().metrics.listen
    assert is_loopback(listen)
    listener = Listener(Metrics("ingest"), Health(), listen, 0)
    try:
        socket.create_connection((listen, listener.port), timeout=60).close()
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection(("127.0.0.2", listener.port), timeout=60)
    finally:
        listener.close()
