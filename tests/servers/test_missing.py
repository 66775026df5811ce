"""A skipped test must not look like a pass where it counts."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

import pytest

from tests.servers.missing import Missing, started


@contextmanager
def nowhere() -> Iterator[None]:
    raise Missing("java is not installed: apt install it")
    yield


def test_a_missing_server_skips_on_a_laptop_with_the_remedy() -> None:
    with ExitStack() as stack, pytest.raises(pytest.skip.Exception, match="apt install"):
        started(stack, nowhere, {})


def test_a_missing_server_fails_in_ci() -> None:
    with ExitStack() as stack, pytest.raises(pytest.fail.Exception, match="apt install"):
        started(stack, nowhere, {"CI": "true"})


def test_a_server_that_is_there_is_open_until_the_end() -> None:
    closed = []

    @contextmanager
    def here() -> Iterator[str]:
        yield "server"
        closed.append(True)

    with ExitStack() as stack:
        assert started(stack, here, {"CI": "true"}) == "server"
        assert not closed
    assert closed
