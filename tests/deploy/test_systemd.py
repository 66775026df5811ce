"""The units of deploy/systemd, by systemd's own tools: nothing to complain about, and hardly anything exposed."""

from __future__ import annotations

import os
import re
import shutil
import stat
import subprocess
from configparser import ConfigParser
from pathlib import Path

import pytest
from typer.main import get_command

from gordon.app.daemon import PORT_OFFSET
from gordon.app.supervise import EXIT_CONFIGURATION
from gordon.cli import app
from gordon.settings import Settings

FOLDER = Path(__file__).parents[2] / "deploy" / "systemd"
UNITS = sorted(path for path in FOLDER.iterdir() if path.suffix in {".service", ".timer", ".target"})
SERVICES = [path for path in UNITS if path.suffix == ".service"]
DAEMONS = [path for path in SERVICES if "Type=notify" in path.read_text(encoding="utf-8")]
MOST_EXPOSED = 2.0


def name(path: Path) -> str:
    """The unit as it is started: a template gets the port that is its instance."""
    stage = re.sub(r"gordon-(\w+)@?\..*", r"\1", path.name)
    return path.name.replace("@.", f"@{Settings().metrics.port + PORT_OFFSET.get(stage, 0)}.")


def settings_of(*paths: Path) -> dict[str, list[str]]:
    """Key to all its values; sections do not matter, as no key is in two."""
    found: dict[str, list[str]] = {}
    for path in paths:
        for line in path.read_text(encoding="utf-8").splitlines():
            key, sign, value = line.partition("=")
            if sign and not line.startswith("#"):
                found.setdefault(key, []).append(value)
    return found


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A machine's file system as far as systemd-analyze looks at it, with Gordon installed as the handbook says."""
    if not shutil.which("systemd-analyze"):
        remedy = "systemd-analyze is missing; on Debian: apt install systemd"
        pytest.fail(remedy) if os.environ.get("CI") == "true" else pytest.skip(remedy)
    folder = tmp_path_factory.mktemp("root")
    shutil.copytree("/lib/systemd/system", folder / "lib/systemd/system", symlinks=True)
    target = folder / "etc/systemd/system"
    target.mkdir(parents=True)
    for path in UNITS:
        shutil.copy(path, target)
    shutil.copytree(FOLDER / "gordon-.service.d", target / "gordon-.service.d")
    for program in ("opt/gordon/bin/gordon", "bin/sh", "bin/kill"):
        (folder / program).parent.mkdir(parents=True, exist_ok=True)
        (folder / program).touch(mode=0o755)
    return folder


def analyze(root: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = ["systemd-analyze", *arguments, f"--root={root}", "--no-pager"]
    environ = {**os.environ, "SYSTEMD_COLORS": "0", "LC_ALL": "C.UTF-8"}
    return subprocess.run(command, env=environ, capture_output=True, text=True, timeout=120, check=False)


@pytest.mark.parametrize("cluster", [False, True], ids=["embedded", "cluster"])
@pytest.mark.parametrize("unit", UNITS, ids=name)
def test_systemd_has_nothing_to_complain_about(root: Path, unit: Path, cluster: bool) -> None:
    extra = root / "etc/systemd/system/gordon-.service.d/addresses.conf"
    if cluster:
        shutil.copy(FOLDER / "cluster" / "addresses.conf", extra)
    try:
        done = analyze(root, "verify", "--man=no", name(unit))
    finally:
        extra.unlink(missing_ok=True)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_verify_would_complain(root: Path) -> None:
    broken = root / "etc/systemd/system/gordon-broken.service"
    text = (FOLDER / "gordon-ingest.service").read_text(encoding="utf-8")
    broken.write_text(text.replace("RestartSec=2", "RestartSek=2").replace("bin/gordon ", "bin/nobody "))
    done = analyze(root, "verify", "--man=no", broken.name)
    broken.unlink()
    assert "RestartSek" in done.stderr and "nobody is not executable" in done.stderr


@pytest.mark.parametrize("unit", SERVICES, ids=name)
def test_hardly_anything_is_exposed(root: Path, unit: Path) -> None:
    threshold = f"--threshold={round(MOST_EXPOSED * 10)}"
    done = analyze(root, "security", "--offline=true", threshold, name(unit))
    found = re.search(r"Overall exposure level for \S+: ([\d.]+)", done.stdout)
    assert found and float(found[1]) <= MOST_EXPOSED, done.stdout
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("unit", SERVICES, ids=name)
def test_each_service_runs_a_command_that_exists(unit: Path) -> None:
    groups = get_command(app)
    commands = settings_of(unit)["ExecStart"]
    words = [re.search(r"/opt/gordon/bin/gordon ([\w ]+?)(?: ?--| ?\"|$)", command) for command in commands]
    for found in words:
        assert found
        command = groups
        for word in found[1].split():
            command = command.commands[word]  # type: ignore[attr-defined]  # a group, or the test is to fail


@pytest.mark.parametrize("unit", DAEMONS, ids=name)
def test_each_daemon_is_watched_restarted_and_bounded(unit: Path) -> None:
    found = settings_of(unit, FOLDER / "gordon-.service.d" / "hardening.conf")
    assert found["RestartPreventExitStatus"] == [str(EXIT_CONFIGURATION)]
    assert found["Restart"] == ["always"] and found["StartLimitIntervalSec"] == ["0"]
    assert int(found["WatchdogSec"][0]) > 120, "a daemon that waits for its desk's check is no stuck one"
    assert int(found["TimeoutStopSec"][0]) > Settings().worker.drain
    assert found["MemoryMax"] and found["TasksMax"] and found["WantedBy"] == ["gordon.target"]


def test_every_daemon_has_its_unit() -> None:
    assert {re.sub(r"gordon-(\w+)@?\..*", r"\1", path.name) for path in DAEMONS} == set(PORT_OFFSET)


def test_every_variable_is_a_setting(tmp_path: Path) -> None:
    from gordon.settings import read_settings

    lines = settings_of(FOLDER / "gordon-.service.d" / "hardening.conf", FOLDER / "cluster" / "addresses.conf")
    words = [word for line in lines["Environment"] for word in line.split()]
    secrets = {"GORDON_DATABASE_FILE": "postgresql+psycopg://gordon:s3cretword@db/gordon", "kafka": "another-word"}
    environ = {}
    for word in words:
        variable, _, value = word.partition("=")
        if value.startswith("%d/"):
            path = tmp_path / value.removeprefix("%d/")
            path.write_text(secrets.get(variable, secrets["kafka"]))
            path.chmod(stat.S_IRUSR)
            value = str(path)
        environ[variable] = value
    settings, problems = read_settings(tmp_path, environ)
    assert problems == []
    assert settings.kafka.sasl_password.get_secret_value() == "another-word"
    assert settings.database_url(tmp_path) == secrets["GORDON_DATABASE_FILE"]
    loaded = {line.partition(":")[0] for line in lines["LoadCredential"]}
    assert loaded == {word.rpartition("%d/")[2] for word in words if "%d/" in word}


@pytest.mark.parametrize("timer", [path for path in UNITS if path.suffix == ".timer"], ids=name)
def test_each_timer_has_its_service(timer: Path) -> None:
    parsed = ConfigParser(interpolation=None, strict=False)
    parsed.optionxform = str  # type: ignore[assignment,method-assign]  # the documented way to keep capitals
    parsed.read(timer)
    assert parsed["Install"]["WantedBy"] == "timers.target"
    assert timer.with_suffix(".service") in SERVICES
