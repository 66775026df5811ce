"""Addresses of databases: what is refused, in which words, and that no password is ever shown."""

from __future__ import annotations

import socket
import time
from pathlib import Path

import pytest

from gordon.errors import DeskInvalid, StoreUnavailable
from store.database import open_database

SECRET = "geheim42"


@pytest.mark.parametrize(
    ("url", "what"),
    [
        ("", "cannot be read"),
        ("gordon.db", "cannot be read"),
        (f"postgresql://u:{SECRET}@host:port/name", "cannot be read"),
        (f"mysql://u:{SECRET}@host/name", "no database called 'mysql'"),
        (f"postgresql+asyncpg://u:{SECRET}@host/name", "no database called"),
        ("sqlite://", "must be a file"),
        ("sqlite:///:memory:", "must be a file"),
        ("sqlite:///file:x?mode=memory&uri=true", "must be a file"),
    ],
)
def test_senseless_addresses(url: str, what: str) -> None:
    with pytest.raises(DeskInvalid) as caught:
        open_database(url)
    (problem,) = caught.value.problems
    assert problem.file == "gordon.toml"
    assert what in problem.message
    assert "postgresql+psycopg://" in problem.remedy
    assert SECRET not in str(caught.value)
    assert caught.value.__cause__ is None


def test_nobody_listens(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
        with pytest.raises(StoreUnavailable) as caught:
            open_database(f"postgresql+psycopg://u:{SECRET}@127.0.0.1:{port}/name")
    assert SECRET not in str(caught.value)
    assert f"127.0.0.1:{port}" in str(caught.value)


def test_a_host_that_never_answers_is_given_up() -> None:
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        started = time.monotonic()
        with pytest.raises(StoreUnavailable):
            open_database(f"postgresql://u@127.0.0.1:{silent.getsockname()[1]}/name", timeout=2.0)
        assert time.monotonic() - started < 30
