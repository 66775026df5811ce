"""The tags and texts of XML as people write it: never refuses, loads nothing, expands no entity of a DTD. Linear time.

For documents that are read once and by hand of a person, such as lists of subscriptions from elsewhere; feeds go
through ingest/kinds.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from html.entities import html5

# No "<" outside of quotes: a tag that is never closed then ends at the next one instead of the end of the document.
_TAG = re.compile(r"<(/?)([A-Za-z_][\w:.-]*)((?:[^<>\"']|\"[^\"]*\"|'[^']*')*)>")
_ATTRIBUTE = re.compile(r"([A-Za-z_][\w:.-]*)\s*=\s*(?:\"([^\"]*)\"|'([^']*)'|([^\s\"'<>]+))")
# Where the quotes of a tag do not match: it ends where the next one begins, a value before the next attribute.
_LOOSE_TAG = re.compile(r"<(/?)([A-Za-z_][\w:.-]*)([^<]{0,4000})>")
_LOOSE = re.compile(
    r"([A-Za-z_][\w:.-]*)\s*=\s*(?:\"(.*?)\"|'(.*?)')(?=\s+[A-Za-z_][\w:.-]*\s*=\s*[\"']|\s*/?$)", re.DOTALL
)
_DOCTYPE = re.compile(r"<!DOCTYPE[^\[>]*(?:\[[^\]]*\][^>]*)?>", re.IGNORECASE)
_REFERENCE = re.compile(r"&(?:#(\d{1,7})|#[xX]([0-9a-fA-F]{1,6})|([A-Za-z][A-Za-z0-9]{0,30}));|&")
_CLOSED = (("<!--", "-->"), ("<?", "?>"))


@dataclass(frozen=True, slots=True)
class Start:
    """A start tag. ``closed``: it is its own end tag, and none follows."""

    name: str
    attributes: Mapping[str, str]
    line: int
    closed: bool


@dataclass(frozen=True, slots=True)
class End:
    """An end tag, of whatever."""

    name: str
    line: int


@dataclass(slots=True)
class Markup:
    """``problems``: line and what is wrong there, as far as the document has been read."""

    source: str
    problems: list[tuple[int, str]] = field(default_factory=list)
    _line: int = 1
    _counted: int = 0
    _declared: bool = False

    def tokens(self) -> Iterator[Start | End | str]:
        """Start tags, end tags and the texts between them, in order; comments and declarations are left out."""
        source, place = self.source, 0
        while place < len(source):
            opening = source.find("<", place)
            if opening != place:
                end = opening if opening > 0 else len(source)
                yield self._text(source[place:end], place)
                place = end
            elif source.startswith("<![CDATA[", place):
                end = self._after(place, "]]>")
                yield source[place + 9 : end - 3]
                place = end
            elif over := self._passed_over(place):
                place = over
            elif (tag := _TAG.match(source, place)) and _sound(tag[3]):
                yield self._tag(tag, _ATTRIBUTE)
                place = tag.end()
            elif loose := _LOOSE_TAG.match(source, place):
                self._note(place, "a tag whose quotes do not match")
                yield self._tag(loose, _LOOSE)
                place = loose.end()
            else:
                self._note(place, "a '<' that begins no tag")
                place += 1

    def _passed_over(self, place: int) -> int:
        """The end of a comment, instruction or document type that begins here; 0 for none."""
        for begin, end in _CLOSED:
            if self.source.startswith(begin, place):
                return self._after(place, end)
        if self._declared or not self.source.startswith("<!", place):
            return 0
        self._declared = True  # there is one at most, and looking for its end may take long
        found = _DOCTYPE.match(self.source, place)
        return found.end() if found else 0

    def _after(self, place: int, mark: str) -> int:
        found = self.source.find(mark, place)
        return found + len(mark) if found >= 0 else len(self.source)

    def _tag(self, found: re.Match[str], pattern: re.Pattern[str]) -> Start | End:
        place, name, inside = found.start(), found[2], found[3]
        if found[1]:
            return End(name, self._at(place))
        pairs: dict[str, str] = {}
        for one in pattern.finditer(inside):
            value = next(group for group in one.groups()[1:] if group is not None)
            pairs.setdefault(one[1], self._text(value, found.start(3) + one.start()))
        return Start(name, pairs, self._at(place), inside.endswith("/"))

    def _text(self, raw: str, place: int) -> str:
        return unescape(raw, lambda: self._note(place, "an '&' that is not written as &amp;")) if "&" in raw else raw

    def _note(self, place: int, problem: str) -> None:
        entry = (self._at(place), problem)
        if entry not in self.problems[-3:]:
            self.problems.append(entry)

    def _at(self, place: int) -> int:
        """The line of a place; places are asked for nearly in order."""
        if place < self._counted:
            return self._line - self.source.count("\n", place, self._counted)
        self._line += self.source.count("\n", self._counted, place)
        self._counted = place
        return self._line


def _sound(inside: str) -> bool:
    """Whether every quote of a tag belongs to a value."""
    rest = _ATTRIBUTE.sub("", inside) if "'" in inside or '"' in inside else ""
    return "'" not in rest and '"' not in rest


def unescape(text: str, odd: Callable[[], None]) -> str:
    """The text with its references resolved, those of HTML as well; what is none stays as it stands, after
    ``odd()``. A name counts only with its semicolon: addresses are full of ``&copy=1``."""

    def resolved(found: re.Match[str]) -> str:
        number = int(found[1]) if found[1] else int(found[2], 16) if found[2] else -1
        if 0 < number <= 0x10FFFF and not 0xD800 <= number <= 0xDFFF:
            return chr(number)
        known = html5.get(f"{found[3]};") if found[3] else None
        if known is None:
            odd()
        return known or found[0]

    return _REFERENCE.sub(resolved, text)
