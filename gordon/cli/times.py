"""Moments and spans of time as people type them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import typer

from gordon.desk.units import seconds

EXAMPLE = "write for example 2026-12-24T09:00"


def moment(text: str, now: datetime) -> datetime:
    """ISO 8601, UTC without an offset; "" is now. Raises BadParameter."""
    if not text:
        return now
    try:
        found = datetime.fromisoformat(text)
    except ValueError as error:
        raise typer.BadParameter(f"{text!r} is not a time; {EXAMPLE}") from error
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def past(text: str, now: datetime, option: str) -> datetime:
    """A moment that is over: a time, or how long ago it was, such as 36h or 7d. Raises BadParameter."""
    try:
        found = moment(text, now)
    except typer.BadParameter:
        try:
            found = now - timedelta(seconds=seconds(text if not text.isdecimal() else ""))
        except (ValueError, OverflowError) as error:
            message = f"{text!r} is neither a time nor a span; {EXAMPLE}, or 7d"
            raise typer.BadParameter(message, param_hint=option) from error
    if found > now:
        raise typer.BadParameter(f"{text!r} lies in the future", param_hint=option)
    return found.astimezone(UTC)


def span(text: str, option: str, least: timedelta, most: timedelta) -> timedelta:
    """A span such as 90m or 2d, within these bounds. Raises BadParameter."""
    try:
        found = timedelta(seconds=seconds(text))
    except (ValueError, OverflowError) as error:
        raise typer.BadParameter(str(error), param_hint=option) from error
    if not least <= found <= most:
        raise typer.BadParameter(f"between {least} and {most}", param_hint=option)
    return found
