"""Words out of loosely typed data. Pure."""

from __future__ import annotations


def text_of(value: object) -> str:
    """Parsers promise text here; hostile input has made it something else before. That is nothing."""
    return value.strip() if isinstance(value, str) else ""
