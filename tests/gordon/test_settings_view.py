"""The settings in force are shown with their places, and secrets are not."""

from __future__ import annotations

import json
from pathlib import Path

from typer.testing import CliRunner

from gordon.cli import app
from gordon.settings import read_settings
from gordon.settings_view import Shown, in_force

PASSWORD = "canary-of-the-view"


def view(folder: Path, environ: dict[str, str]) -> dict[str, Shown]:
    settings, problems = read_settings(folder, environ)
    assert problems == []
    return {one.setting: one for one in in_force(settings, folder, environ)}


def test_each_setting_is_shown_with_its_place(tmp_path: Path) -> None:
    (tmp_path / "gordon.toml").write_text('[poll]\nleast_interval = "1h"\n')
    (tmp_path / "sasl").touch(0o600)
    (tmp_path / "sasl").write_text(PASSWORD)
    environ = {
        "GORDON_DATABASE": f"postgresql://gordon:{PASSWORD}@h/d?password={PASSWORD}",
        "GORDON_KAFKA__SASL_PASSWORD_FILE": "sasl",
    }
    shown = view(tmp_path, environ)
    assert (shown["poll.least_interval"].value, shown["poll.least_interval"].source) == (3600.0, "gordon.toml:2")
    assert shown["poll.jitter"].source == "default"
    assert shown["database"].value == "postgresql://***@h/d?password=***"
    assert shown["database"].source == "environment variable GORDON_DATABASE"
    assert (shown["kafka.sasl_password"].value, shown["kafka.sasl_password"].source) == ("***", "sasl")
    assert shown["kafka.ssl_password"].value == ""
    assert PASSWORD not in str(shown)


def test_the_command_shows_what_was_set_and_all_on_wish(tmp_path: Path) -> None:
    (tmp_path / "gordon.toml").write_text('time_zone = "America/Halifax"\n')
    run = CliRunner()
    short = run.invoke(app, ["settings", "--desk", str(tmp_path), "--json"])
    every = run.invoke(app, ["settings", "--all", "--desk", str(tmp_path), "--json"])
    assert {"setting": "time_zone", "value": "America/Halifax", "source": "gordon.toml:1"} in json.loads(short.stdout)
    assert {one["setting"] for one in json.loads(every.stdout)} > {"poll.jitter", "kafka.retention"}
    assert not any(one["source"] == "default" for one in json.loads(short.stdout))
    assert "America/Halifax" in run.invoke(app, ["settings", "--desk", str(tmp_path)]).stdout
