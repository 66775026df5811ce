"""Which entries of a very long feed are kept. Pure."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import TypeVar

T = TypeVar("T")
_OLDEST = datetime.min.replace(tzinfo=UTC)


def newest(entries: Sequence[T], most: int, date: Callable[[T], datetime | None]) -> list[T]:
    """The ``most`` newest, in document order. Undated ones count as older than any other, first ones as newer."""
    if len(entries) <= most:
        return list(entries)
    order = sorted(range(len(entries)), key=lambda index: date(entries[index]) or _OLDEST, reverse=True)
    return [entries[index] for index in sorted(order[:most])]
