"""The approved line of a claim as it goes out with a hit, and what is wrong with it on a day. Pure: no clock."""

from __future__ import annotations

from datetime import date

from gordon.desk.schema import Line
from gordon.events import ClaimLine

MISSING = "line-missing"
EXPIRED = "line-expired"
ONE_LANGUAGE = "line-one-language"


def line_on(line: Line, day: date) -> tuple[ClaimLine | None, tuple[str, ...]]:
    """The line, None where it says nothing in either language, and its flags on a day (UTC).

    ``expires`` is the last day on which the line may be used.
    """
    english, french = (text if has_text(text) else None for text in (line.en, line.fr))
    if english is None and french is None:
        return None, (MISSING,)
    expired = line.expires is not None and line.expires < day
    flags = ((EXPIRED, expired), (ONE_LANGUAGE, english is None or french is None))
    found = ClaimLine(
        en=english,
        fr=french,
        version=line.version,
        approved_by=line.approved_by,
        expires=line.expires,
        source=line.source,
    )
    return found, tuple(flag for flag, holds in flags if holds)


def has_text(text: str | None) -> bool:
    """Whether a text of a desk says anything."""
    return text is not None and bool(text.strip())
