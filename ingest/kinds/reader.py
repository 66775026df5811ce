"""feedparser's two parsers, driven by ourselves: the strict one where the XML is sound, else the loose one. Runs in the
parser process; the only home of feedparser.

feedparser.parse would do the same and more: guess the encoding of what is already decoded, sanitise and resolve links
with two slow, quadratic passes that let live scripts through. It is not needed here, and a str given to it could be
taken for a file name or an address. What comes out of here is not sanitised at all.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from io import BytesIO
from typing import Any
from xml.sax import SAXException
from xml.sax.xmlreader import InputSource

from feedparser.api import LooseFeedParser, StrictFeedParser
from feedparser.html import _cp1252
from feedparser.sanitizer import replace_doctype

from ingest.kinds.expat import create_parser

_DECLARATION = b"<?xml version='1.0' encoding='utf-8'?>\n"
_MOST_SKIPS = 100
_WINDOWS = re.compile(f"[{''.join(map(chr, _cp1252))}]")


@dataclass(frozen=True, slots=True)
class Reading:
    """``feed`` and ``entries``: feedparser's dictionaries. ``fault``: why the strict parser gave up, None if it did
    not. ``sound``: every entry was read strictly and for itself. ``skips``: the hours and days the feed skips."""

    version: str
    feed: Any
    entries: Sequence[Any]
    fault: Exception | None
    sound: bool
    skip_hours: tuple[str, ...]
    skip_days: tuple[str, ...]


def read(text: str) -> Reading:
    """The feed in XML ``text``, which has no XML declaration and no declarations of entities."""
    version, data, entities = replace_doctype(_DECLARATION + text.encode("utf-8", "replace"))
    strict = _Strict("", None, "utf-8")
    fault = _strictly(strict, data)
    if fault is None:
        return _reading(strict, version, None, sound=not strict.nested)
    loose = _Loose("", None, "utf-8", entities)
    loose.resolve_relative_uris = loose.sanitize_html = False
    loose.feed(data.decode("utf-8", "replace"))
    return _reading(loose, version, fault, sound=False)


def _strictly(parser: _Strict, data: bytes) -> Exception | None:
    parser.resolve_relative_uris = parser.sanitize_html = False
    driver = create_parser()
    driver.setContentHandler(parser)
    driver.setErrorHandler(parser)
    source = InputSource()
    source.setByteStream(BytesIO(data))
    try:
        driver.parse(source)
    except SAXException as error:
        return parser.exc or error
    return None


def _reading(parser: Any, version: str | None, fault: Exception | None, *, sound: bool) -> Reading:
    return Reading(
        version=version or parser.version,
        feed=parser.feeddata,
        entries=parser.entries,
        fault=fault,
        sound=sound,
        skip_hours=tuple(parser.hours[:_MOST_SKIPS]),
        skip_days=tuple(parser.days[:_MOST_SKIPS]),
    )


class _Skips:
    """All hours and days of skipHours and skipDays, of which feedparser keeps the last."""

    def __init__(self, *arguments: Any) -> None:
        self.hours: list[str] = []
        self.days: list[str] = []
        super().__init__(*arguments)

    def _end_hour(self) -> None:
        self._note("hour", self.hours)

    def _end_day(self) -> None:
        self._note("day", self.days)

    def _note(self: Any, name: str, found: list[str]) -> None:
        value = self.pop(name)
        if isinstance(value, str) and not self.inentry:
            found.append(value)


class _Loose(_Skips, LooseFeedParser):  # type: ignore[misc]  # feedparser is not typed
    pass


class _Text(str):
    """Text on its way through feedparser, which looks up every character of it in a table of Windows-1252; that is
    slow, so only what has such characters goes there."""

    __slots__ = ()

    def translate(self, table: Any, /) -> str:
        return super().translate(table) if _WINDOWS.search(self) else str(self)


class _Strict(_Skips, StrictFeedParser):  # type: ignore[misc]  # feedparser is not typed
    """Reads every entry for itself. feedparser lets some state of an entry leak into what follows (xml:base, prefixes
    of namespaces, open elements); then an entry would mean something else without the one before it."""

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        self.depth = 0
        self.nested = False
        self._before: tuple[Any, ...] = ()
        self._outer: list[tuple[Any, ...]] = []

    def startPrefixMapping(self, prefix: str | None, uri: str) -> None:
        """Comes before the start of the element that declares it."""
        if not self.inentry:
            self._outer.append(self._names())
        super().startPrefixMapping(prefix, uri)

    def endPrefixMapping(self, _prefix: str | None) -> None:
        """Comes behind the end of that element. What the root declared is the feed's, for good."""
        if not self.inentry and self._outer:
            names = self._outer.pop()
            if self.depth:
                self.namespacemap, self.namespaces_in_use, self.version = names

    def _names(self) -> tuple[Any, ...]:
        return self.namespacemap.copy(), self.namespaces_in_use.copy(), self.version

    def _start_item(self, attrs_d: Any) -> None:
        self.nested = self.nested or bool(self.inentry)
        self._before = (self._names(), (len(self.basestack), self.depth, len(self.elementstack)))
        super()._start_item(attrs_d)

    def _end_item(self) -> None:
        super()._end_item()
        if not self._before:
            return
        (self.namespacemap, self.namespaces_in_use, self.version), (bases, self.depth, elements) = self._before
        self._before = ()
        del self.basestack[bases:], self.langstack[bases:], self.elementstack[elements:]
        # The element's own base and language are popped next, but an empty base would not come back by itself.
        self.baseuri = self.basestack[-2] if bases > 1 else ""
        self.incontent = self.inimage = self.intextinput = self.insource = self.svgOK = 0
        self.inauthor = self.incontributor = self.inpublisher = 0
        self.title_depth = -1
        self._summaryKey = None
        self.contentparams.clear()
        self.sourcedata.clear()

    @staticmethod
    def decode_entities(_element: str, data: str) -> str:
        """feedparser's hook between a text and its last changes."""
        return _Text(data)

    _start_entry = _start_item
    _end_entry = _end_item
