"""Settings: file under environment, relative addresses, units, secrets."""

from __future__ import annotations

from pathlib import Path

import pytest

from gordon.desk.units import octets, seconds
from gordon.settings import read_settings


def read(folder: Path, text: str = "", **environ: str) -> object:
    (folder / "gordon.toml").touch(0o600)
    (folder / "gordon.toml").write_text(text)
    settings, problems = read_settings(folder, environ)
    assert not problems
    return settings


def test_the_environment_overrides_the_file(tmp_path: Path) -> None:
    settings = read(
        tmp_path,
        '[http]\ndeadline = "5s"\nmax_body = "1MiB"\n',
        GORDON_HTTP__DEADLINE="10s",
        GORDON_HTTP__ALLOW_NETWORKS="127.0.0.0/8, ::1/128",
        GORDON_WORKER__CLASSIFY="3",
        GORDON_DESK="/elsewhere",
        PATH="/bin",
    )
    assert settings.http.deadline == 10.0 and settings.http.max_body == 1024**2
    assert settings.http.allow_networks == ("127.0.0.0/8", "::1/128")
    assert settings.worker.classify == 3


def test_addresses_are_relative_to_the_desk(tmp_path: Path) -> None:
    plain = read(tmp_path)
    assert plain.bus_url(tmp_path) == f"sqlite:///{tmp_path.resolve()}/data/log.db"
    assert plain.database_url(tmp_path) == f"sqlite:///{tmp_path.resolve()}/data/gordon.db"
    moved = read(tmp_path, 'data = "/var/lib/x"\nbus = "sqlite:///y/log.db"\ndatabase = "postgresql+psycopg://h/db"\n')
    assert moved.bus_url(tmp_path) == f"sqlite:///{tmp_path.resolve()}/y/log.db"
    assert moved.database_url(tmp_path) == "postgresql+psycopg://h/db"
    assert str(moved.data_folder(tmp_path)) == "/var/lib/x"


def test_secrets_do_not_show(tmp_path: Path) -> None:
    settings = read(tmp_path, 'database = "postgresql://u:hunter2@h/d"\n[kafka]\nsasl_password = "hunter2"\n')
    assert "hunter2" not in repr(settings) and "hunter2" not in str(settings)


@pytest.mark.parametrize(
    ("text", "value"), [("30s", 30), ("15m", 900), ("1h30m", 5400), ("2d", 172800), ("250ms", 0.25), ("90", 90), (7, 7)]
)
def test_durations(text: object, value: float) -> None:
    assert seconds(text) == value


@pytest.mark.parametrize(("text", "value"), [("10MiB", 10485760), ("10MB", 10**7), ("512", 512), ("1.5kB", 1500)])
def test_sizes(text: str, value: int) -> None:
    assert octets(text) == value


@pytest.mark.parametrize("text", ["", "soon", "-5s", "5 parsecs", "1h-2m", "s"])
def test_what_is_no_duration_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="is not a duration"):
        seconds(text)


def test_a_wrong_variable_is_named(tmp_path: Path) -> None:
    _, problems = read_settings(tmp_path, {"GORDON_HTTP__DEADLNE": "3s", "GORDON_METRICS__PORT": "x"})
    assert {problem.file for problem in problems} == {
        "environment variable GORDON_HTTP__DEADLNE",
        "environment variable GORDON_METRICS__PORT",
    }


def test_what_kubernetes_sets_for_a_service_called_gordon_is_no_setting(tmp_path: Path) -> None:
    links = {
        "GORDON_SERVICE_HOST": "10.0.0.1",
        "GORDON_SERVICE_PORT": "80",
        "GORDON_SERVICE_PORT_HTTP": "80",
        "GORDON_PORT": "tcp://10.0.0.1:80",
        "GORDON_KAFKA_PORT_9092_TCP_ADDR": "10.0.0.2",
    }
    settings, problems = read_settings(tmp_path, {**links, "GORDON_METRICS__PORT": "1234"})
    assert not problems and settings.metrics.port == 1234
