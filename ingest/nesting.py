"""How deeply markup nests, at most, before any parser sees it. Pure and linear.

HTML parsers take quadratic time for deep nesting, and copy formatting that was never closed into every paragraph that
follows. So this scan must never find less than a browser would: where the two could disagree (tags inside comments,
attributes or scripts, end tags that fit nothing) it counts the start tag and not the end tag.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import islice

MOST_DEPTH = 256
MOST_COPIES = 150_000
"""Formatting that is open at once, times tags."""
MOST_MARKS = 4_000
_LONG_TAG = re.compile(rf"<[a-zA-Z][^<>]{{{MOST_MARKS},}}")
_S = "[\t\n\f\r ]"
_TOKEN = re.compile(
    r"<!--(?P<comment>-?>|.*?(?:--!?>|\Z))|<(?P<cdata>!\[CDATA\[)|<(?P<bogus>[!?]|/(?![a-zA-Z]))|"
    rf"<(?P<end>/?)(?P<name>[a-zA-Z][^\t\n\f\r />]*+)"
    rf"(?P<rest>(?:[\t\n\f\r /]++|[^\t\n\f\r />][^\t\n\f\r />=]*+(?:{_S}*+={_S}*+"
    rf"(?:\"[^\"]*+\"|'[^']*+'|[^\t\n\f\r >\"'][^\t\n\f\r >]*+)?+)?+)*+)>?",
    re.DOTALL,
)
_LOST = "<x" * (MOST_DEPTH + 1)
_START = re.compile("<([a-zA-Z][a-zA-Z0-9]*)")
_FOREIGN = frozenset({"svg", "math"})
_FORMATTING = frozenset(
    {"a", "b", "big", "code", "em", "font", "i", "nobr", "s", "small", "strike", "strong", "tt", "u"}
)
_RAW = frozenset({"script", "style", "xmp", "iframe", "noembed", "noframes", "noscript", "textarea", "title"})
# These end themselves, or each other; but not inside drawings and formulas.
_FLAT = frozenset(
    {"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "param", "source", "track", "wbr"}
    | {"p", "li", "dt", "dd", "tr", "td", "th", "tbody", "thead", "tfoot"}
)
# Items of one kind end each other, but not across items of the other kind.
_ITEMS = {"li": "li", "dt": "dd", "dd": "dd"}


def too_deep(html: str) -> bool:
    """Whether a parser could need more than linear time and space for it."""
    if any(_is_crowded(tag) for tag in _LONG_TAG.findall(html)):
        return True
    if html.count("<") <= MOST_DEPTH:
        return False
    scan = _Scan()
    return any(scan.beyond() for _ in scan.run(html))


def _is_crowded(tag: str) -> bool:
    """Whether a tag has so many attributes that comparing each with each takes long. A picture inside an attribute has
    none of the marks between attributes, but for a slash now and then."""
    marks = sum(map(tag.count, " =\t\n\f"))
    return marks > MOST_MARKS or tag.count("/") > max(MOST_MARKS, len(tag) // 16)


class _Scan:
    """The open elements, outermost first; those called "" no end tag closes."""

    def __init__(self) -> None:
        self._open: list[str] = []
        self._tags = self._formatting = self._most_formatting = 0
        self._foreign = self._wary = False
        self._item = ""

    def beyond(self) -> bool:
        return len(self._open) > MOST_DEPTH or self._most_formatting * self._tags > MOST_COPIES

    def run(self, html: str) -> Iterator[None]:
        """Goes from tag to tag."""
        place = 0
        while found := _TOKEN.search(html, place):
            place = found.end()
            if found["name"]:
                place = self._tag(found, html)
            elif found["comment"] is not None:
                self._inside(found["comment"] if self._wary else "")
            else:
                place = html.find(">", place) + 1 or len(html)
                self._inside(html[found.end() : place] if self._wary else "")
                self._inside(_LOST if found["cdata"] and self._foreign else "")
            yield

    def _tag(self, found: re.Match[str], html: str) -> int:
        """Takes note of a tag; returns where the text behind it begins."""
        name = found["name"].lower()
        self._tags += 1
        if found["end"]:
            if self._open and self._open[-1] == name:
                self._open.pop()
                self._formatting -= name in _FORMATTING
            return found.end()
        self._inside(found["rest"] if "<" in found["rest"] else "")
        self._foreign = self._foreign or name in _FOREIGN
        if name in _RAW:
            return self._raw(name, found.end(), html)
        if not self._flat(name):
            self._push(name)
        return found.end()

    def _raw(self, name: str, start: int, html: str) -> int:
        """The contents of a script and its like are no markup, except where the parser takes them for it."""
        self._wary = True
        end = re.compile(rf"</{name}[\t\n\f\r />]", re.IGNORECASE).search(html, start)
        inside = html[start : end.start() if end else len(html)]
        # A script that writes scripts may hide its end from the parser: then nothing is certain.
        hides = name == "script" and "<!--" in inside and "<script" in inside.lower()
        self._inside(_LOST if hides else inside)
        self._push(name)
        return end.start() if end else len(html)

    def _inside(self, text: str) -> None:
        """Start tags that the parser may see or not."""
        names = (found[1].lower() for found in _START.finditer(text))
        for name in islice((name for name in names if not self._flat(name)), MOST_DEPTH + 1):
            self._push(name, ends=False)

    def _flat(self, name: str) -> bool:
        """Whether any number of these one behind the other nest no deeper than one."""
        self._item = self._item or _ITEMS.get(name, "")
        return name in _FLAT and not self._foreign and _ITEMS.get(name, self._item) == self._item

    def _push(self, name: str, *, ends: bool = True) -> None:
        self._open.append(name if ends else "")
        self._formatting += name in _FORMATTING
        self._most_formatting = max(self._most_formatting, self._formatting)
