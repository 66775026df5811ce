"""What stands before the root element of an XML document, and the root's name. Pure."""

from __future__ import annotations

import re

_PROLOG = re.compile(r"\s+|<\?.*?\?>|<!--.*?-->", re.DOTALL)
_DOCTYPE = re.compile(r"<!DOCTYPE(?:[^>\[\"']|\"[^\"]*\"|'[^']*')*(\[)?", re.IGNORECASE)
_ROOT = re.compile(r"<([A-Za-z_][\w.:-]*)")


def prolog(text: str) -> tuple[bool, str]:
    """Whether the document type has an internal subset (entity bombs live there), and the root's name."""
    place, subset = 0, False
    while True:
        if found := _PROLOG.match(text, place):
            place = found.end()
        elif found := _DOCTYPE.match(text, place):
            if re.match(r"<!DOCTYPE\s+html\b", found[0], re.IGNORECASE):
                return False, "html"
            subset = subset or bool(found[1])
            place = found.end() + (not found[1])
            if found[1]:
                break
        else:
            break
    root = _ROOT.match(text, place)
    return subset, root[1].lower() if root else ""
