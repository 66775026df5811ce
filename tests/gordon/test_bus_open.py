"""Addresses of buses, and what loading one costs."""

from __future__ import annotations

import contextlib
import subprocess
import sys
from pathlib import Path

import pytest

from gordon.bus.open import SCHEMES, open_bus
from gordon.errors import DeskInvalid


def test_three_slashes_are_relative_and_four_absolute(tmp_path: Path) -> None:
    with contextlib.chdir(tmp_path):
        for url, file in (("sqlite:///here.db", "here.db"), (f"sqlite:///{tmp_path}/a%20b.db", "a b.db")):
            open_bus(url).close()
            assert (tmp_path / file).is_file()


@pytest.mark.parametrize(
    "url",
    [
        "",
        "sqlite",
        "sqlite:log.db",
        "sqlite://log.db",
        "sqlite:///",
        "redis://127.0.0.1:6379",
        "kafka://",
        "kafka://host",
        "kafka://host:",
        "kafka://host:0",
        "kafka://host:65536",
        "kafka://host:9092,",
        "kafka://host:9092,:9092",
        "kafka://user:canary@host:9092",
    ],
)
def test_a_malformed_address_is_a_mistake_with_a_remedy(url: str) -> None:
    with pytest.raises(DeskInvalid) as caught:
        open_bus(url)
    (problem,) = caught.value.problems
    assert problem.file == "gordon.toml" and "sqlite:///" in problem.remedy
    assert "canary" not in str(caught.value)


def test_a_kafka_bus_connects_only_when_used() -> None:
    open_bus("kafka://127.0.0.1:1,[::1]:2").close()


def test_kafka_is_not_loaded_for_the_embedded_log(tmp_path: Path) -> None:
    code = (
        "import sys; from gordon.bus.open import open_bus; "
        f"open_bus('sqlite:///{tmp_path}/log.db').close(); print('kafka' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"
    assert set(SCHEMES) == {"sqlite", "kafka"}
