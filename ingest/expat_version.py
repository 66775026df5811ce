"""Which versions of expat, the XML parser inside Python, may parse feeds. Why: docs/decisions/0023-expat.md."""

from __future__ import annotations

import re
from pyexpat import EXPAT_VERSION

from gordon.errors import DeskInvalid, Problem

LEAST = (2, 5, 0)
"""Before, a document can corrupt memory (CVE-2022-40674, CVE-2022-43680, CVE-2022-25235, CVE-2022-25315)."""
GOOD = (2, 7, 2)
"""Before, one can only cost time, memory or the parser process, which are limited (CVE-2023-52425 up to
CVE-2025-59375)."""


def number(version: str) -> tuple[int, ...]:
    """ "expat_2.5.0" and "2.5.0" are both (2, 5, 0)."""
    return tuple(int(part) for part in re.findall(r"\d+", version)[:3])


def outdated_expat(version: str = EXPAT_VERSION) -> str:
    """What to warn of at start; "" when all is well."""
    if number(version) >= GOOD:
        return ""
    return f"{version} is older than 2.7.2: hostile feeds cost a parser process much time or memory; update Python"


def require_expat(accepted: str, version: str = EXPAT_VERSION) -> None:
    """Raises DeskInvalid for a version that hostile feeds can corrupt, unless it is the one that was accepted."""
    if number(version) >= LEAST or (accepted and number(accepted) == number(version)):
        return
    shown = ".".join(map(str, number(version)))
    remedy = (
        "use a Python with a newer one; where the system has mended this version without giving it a new number, set"
        f' accept_expat = "{shown}" under [parse], or GORDON_PARSE__ACCEPT_EXPAT={shown}'
    )
    text = f"Python's XML parser, expat {shown}, has known faults that a hostile feed can use to corrupt memory"
    raise DeskInvalid([Problem("expat", 0, text, remedy)])
