"""Dates of entries: what feedparser reads, checked, and what it cannot read (French). Pure."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from time import struct_time

_IMPOSSIBLE = re.compile(r"^\s*\d{4}-(?:00|1[3-9]|[2-9]\d)\b|^\s*\d{4}-\d\d-(?:00|3[2-9]|[4-9]\d)\b")
_MONTHS = {
    "janv": "Jan", "janvier": "Jan", "jan": "Jan", "févr": "Feb", "fevr": "Feb", "février": "Feb", "fevrier": "Feb",
    "fév": "Feb", "fev": "Feb", "feb": "Feb", "mars": "Mar", "mar": "Mar", "avril": "Apr", "avr": "Apr", "apr": "Apr",
    "mai": "May", "may": "May", "juin": "Jun", "jun": "Jun", "juillet": "Jul", "juil": "Jul", "jul": "Jul",
    "août": "Aug", "aout": "Aug", "aoû": "Aug", "aug": "Aug", "septembre": "Sep", "sept": "Sep", "sep": "Sep",
    "octobre": "Oct", "oct": "Oct", "novembre": "Nov", "nov": "Nov", "décembre": "Dec", "decembre": "Dec",
    "déc": "Dec", "dec": "Dec",
}  # fmt: skip
_FRENCH = re.compile(
    r"^\s*(?:[^\W\d]+\.?,?\s+)?(?:le\s+)?(\d{1,2})(?:er)?\s+([^\W\d]+)\.?\s+(\d{4})(?:\s*(?:à|,)?\s*(\d.*))?$",
    re.IGNORECASE,
)


def moment(raw: str, parsed: struct_time | None) -> datetime | None:
    """When that was, in UTC. ``parsed``: feedparser's reading, also in UTC. None if it cannot be a date."""
    if _IMPOSSIBLE.match(raw):
        return None
    if parsed is not None:
        try:
            return datetime(*parsed[:6], tzinfo=UTC)
        except ValueError:
            return None
    return _mail(raw) or iso(raw) or _french(raw)


def iso(raw: str) -> datetime | None:
    """An RFC 3339 date; without a zone it is UTC."""
    try:
        return _utc(datetime.fromisoformat(raw.strip()))
    except (ValueError, OverflowError):
        return None


def _french(raw: str) -> datetime | None:
    """ "Dim, 22 nov 2026 10:00:00 -0500", "le 1er août 2026": put into English, then read as a mail date."""
    found = _FRENCH.match(raw[:80])
    month = _MONTHS.get(found[2].lower()) if found else None
    if found is None or month is None:
        return None
    return _mail(f"{found[1]} {month} {found[3]} {found[4] or '00:00:00'}")


def _mail(raw: str) -> datetime | None:
    try:
        return _utc(parsedate_to_datetime(raw[:100]))
    except (ValueError, OverflowError):
        return None


def _utc(value: datetime) -> datetime:
    return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)
