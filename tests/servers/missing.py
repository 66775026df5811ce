"""A server that cannot be started here: what is missing, how to get it, and what that means for the tests."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, ExitStack
from typing import TypeVar

S = TypeVar("S")


class Missing(Exception):
    """``str()`` is the reason and the remedy, for people."""


def started(stack: ExitStack, open_server: Callable[[], AbstractContextManager[S]], environ: Mapping[str, str]) -> S:
    """The server, open until ``stack`` closes. Where it is missing, a laptop skips with the remedy and CI fails."""
    import pytest  # only here: benchmarks start servers without it

    try:
        return stack.enter_context(open_server())
    except Missing as missing:
        if environ.get("CI") == "true":
            pytest.fail(str(missing))
        pytest.skip(str(missing))
