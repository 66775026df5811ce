"""Settings that make no sense are found by check, with their line or variable."""

from __future__ import annotations

from pathlib import Path

import pytest

from gordon.app.sense import sense_problems
from gordon.settings import read_settings

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
