"""Moments and spans as people type them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
import typer

from gordon.cli.times import moment, past, span

NOW = datetime(2026, 11, 23, 15, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("", NOW),
        ("2026-11-20", datetime(2026, 11, 20, tzinfo=UTC)),
        ("20261120", datetime(2026, 11, 20, tzinfo=UTC)),
        ("2026-11-20T09:00", datetime(2026, 11, 20, 9, tzinfo=UTC)),
        ("2026-11-20T09:00-05:00", datetime(2026, 11, 20, 14, tzinfo=UTC)),
        ("7d", NOW - timedelta(days=7)),
        ("1d12h", NOW - timedelta(hours=36)),
        ("0s", NOW),
    ],
)
def test_a_moment_that_is_over(text: str, found: datetime) -> None:
    assert past(text, NOW, "--since") == found
    assert past(text, NOW, "--since").tzinfo is UTC


@pytest.mark.parametrize("text", ["2026-11-23T15:01", "2026", "90", "soon", "7 fortnights", "-7d", "999999999w"])
def test_no_moment_that_is_over(text: str) -> None:
    with pytest.raises(typer.BadParameter):
        past(text, NOW, "--since")


def test_a_moment_may_lie_ahead_but_is_no_span() -> None:
    assert moment("2027-01-01T00:00+01:00", NOW) == datetime(2026, 12, 31, 23, tzinfo=UTC)
    with pytest.raises(typer.BadParameter, match="is not a time"):
        moment("7d", NOW)


def test_a_span_within_bounds() -> None:
    day = timedelta(days=1)
    assert span("90m", "--work", timedelta(0), day) == timedelta(minutes=90)
    for text in ("25h", "soon"):
        with pytest.raises(typer.BadParameter):
            span(text, "--work", timedelta(0), day)
