"""The raw text of each entry of an XML feed, found without parsing, so that only unknown entries need parsing. Pure.

One linear scan that knows comments, CDATA and processing instructions. It is either certain or declines: it never
guesses. What it cannot see (text that is not well-formed) the parser sees afterwards; then the split does not count.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from hashlib import blake2b

from ingest.raw import HASH, Limits

READING = 1
"""Raised whenever the same raw entry comes to mean something else: all hashes change with it."""
KEPT = -1
"""The place of a stub, which stands for known entries that were left out."""
_MARKUP = re.compile(
    r"<(?:!--.*?-->|!\[CDATA\[.*?\]\]>|\?.*?\?>|(?P<doctype>!DOCTYPE(?:[^<>\[\]\"']++|\"[^\"]*+\"|'[^']*+')*+>)|"
    r"(?P<end>/?)(?P<name>[^\s<>/!?\"'=&]++)(?P<rest>(?:[^<>\"']++|\"[^<\"]*+\"|'[^<']*+')*+)>)",
    re.DOTALL,
)
# Inside an entry only this matters: what could hide its end, and whatever could be an entry or a feed of its own.
_INSIDE = re.compile(
    r"<(?:(?P<hidden>!--|!\[CDATA\[|\?)|(?P<other>!)|"
    r"(?P<tag>/?(?:[\w.-]++:)?(?:item|entry|channel|rss|feed|rdf)(?=[\s/>])))",
    re.IGNORECASE,
)
_ENDS = {"!--": "-->", "![CDATA[": "]]>", "?": "?>"}
_END_TAG = re.compile(r"\s*>")
_RDF = re.compile(r"[\w.-]+:RDF")
_ENTRIES = {
    ("rss",): "item",
    ("rss", "channel"): "item",
    ("RDF",): "item",
    ("RDF", "channel"): "item",
    ("feed",): "entry",
}
_LANGUAGE = re.compile(r"<(?:[\w.-]++:)?language\b[^<>]*+>(?:<!\[CDATA\[)?[^<\]]*+", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Split:
    """``entries``: the raw text of each; ``around``: the text before, between and behind them, one more; ``name``: of
    their elements; ``frame``: what of the text around them gives them their meaning."""

    entries: tuple[str, ...]
    around: tuple[str, ...]
    name: str
    frame: str


@dataclass(frozen=True, slots=True)
class Pruned:
    """A document without its known entries. ``places``: for each entry element in it, where it stood among all
    entries; KEPT for a stub."""

    text: str
    places: tuple[int, ...]


class _Uncertain(Exception):  # never leaves this module
    pass


def split(text: str, most: int) -> Split | None:
    """The entries of the feed; None where that is not certain, where there are none, or more than ``most``."""
    try:
        return _Scan(text, most).run()
    except _Uncertain:
        return None


def hashes(found: Split, url: str, limits: Limits) -> tuple[bytes, ...]:
    """HASH bytes for each entry: the same for the same raw text in the same frame, read in the same way."""
    entries = (entry.encode("utf-8", "surrogatepass") for entry in found.entries)
    return raw_hashes(entries, found.frame, url, limits)


def raw_hashes(entries: Iterable[bytes], frame: str, url: str, limits: Limits) -> tuple[bytes, ...]:
    """As ``hashes``, for entries of any kind."""
    seed = repr((READING, url, limits.text, limits.html, frame)).encode("utf-8", "surrogatepass")
    key = blake2b(seed, digest_size=32).digest()
    return tuple(blake2b(entry, digest_size=HASH, key=key).digest() for entry in entries)


def hash_set(known: bytes) -> frozenset[bytes]:
    """Document.known as a set."""
    return frozenset(known[place : place + HASH] for place in range(0, len(known), HASH))


def prune(found: Split, raws: Sequence[bytes], known: frozenset[bytes]) -> Pruned:
    """The document with one empty entry in place of each run of known ones, so that whatever stands behind entries
    still does."""
    pieces, places = [found.around[0]], list[int]()
    for place, (entry, raw) in enumerate(zip(found.entries, raws, strict=True)):
        if raw not in known:
            pieces.append(entry)
            places.append(place)
        elif not places or places[-1] != KEPT or found.around[place].strip():
            pieces.append(f"<{found.name}/>")
            places.append(KEPT)
        pieces.append(found.around[place + 1])
    return Pruned("".join(pieces), tuple(places))


class _Scan:
    """Goes once through the text, tag by tag outside of entries, from entry to entry inside."""

    def __init__(self, text: str, most: int) -> None:
        self._text, self._most = text, most
        self._open: list[re.Match[str]] = []
        self._parent: list[re.Match[str]] = []
        self._began = False
        self._entries: list[tuple[int, int]] = []
        self._name = ""

    def run(self) -> Split:
        place = self._text.find("<")
        while place >= 0:
            found = _MARKUP.match(self._text, place)
            if found is None:
                raise _Uncertain
            place = self._text.find("<", self._step(found))
        if self._open or not self._entries:
            raise _Uncertain
        return self._split()

    def _step(self, found: re.Match[str]) -> int:
        """Takes note of the markup; returns where it ends."""
        name = found["name"]
        if found["doctype"]:
            self._require(not self._began)
        elif name and found["end"]:
            self._require(bool(self._open) and self._open.pop()["name"] == name and not found["rest"].strip())
        elif name:
            return self._start(found, name)
        return found.end()

    def _start(self, found: re.Match[str], name: str) -> int:
        closed = found["rest"].endswith("/")
        if name.rpartition(":")[2].lower() in ("item", "entry"):
            return self._entry(found, name, found.end() if closed else self._end(found.end(), name))
        self._require(bool(self._open) or not self._began)
        if not self._began:
            self._require("<!ENTITY" not in self._text[: found.start()])
        self._began = True
        if not closed:
            self._open.append(found)
        return found.end()

    def _entry(self, found: re.Match[str], name: str, end: int) -> int:
        """An entry where entries belong, all of them in the same element."""
        above = tuple("RDF" if _RDF.fullmatch(tag["name"]) else tag["name"] for tag in self._open)
        self._require(_ENTRIES.get(above) == name)
        if not self._entries:
            self._parent, self._name = list(self._open), name
        self._require(self._parent == self._open and len(self._entries) < self._most)
        self._entries.append((found.start(), end))
        return end

    def _end(self, place: int, name: str) -> int:
        """Behind the end tag of an entry."""
        while found := _INSIDE.search(self._text, place):
            if found["tag"]:
                end = _END_TAG.match(self._text, found.end())
                if found["tag"] != f"/{name}" or end is None:
                    break
                return end.end()
            if found["other"]:
                break
            place = self._behind(_ENDS[found["hidden"].upper()], found.end())
        raise _Uncertain

    def _behind(self, end: str, place: int) -> int:
        found = self._text.find(end, place)
        self._require(found >= 0)
        return found + len(end)

    def _split(self) -> Split:
        starts = [start for start, _ in self._entries] + [len(self._text)]
        ends = [0] + [end for _, end in self._entries]
        around = tuple(self._text[end:start] for end, start in zip(ends, starts, strict=True))
        frame = [tag[0] for tag in self._parent] + _LANGUAGE.findall("".join(around))
        entries = tuple(self._text[start:end] for start, end in self._entries)
        return Split(entries, around, self._name, "\n".join(frame))

    @staticmethod
    def _require(certain: bool) -> None:
        if not certain:
            raise _Uncertain
