"""The kinds of feeds. To add one: a module here with ``claims`` and ``parse``, and one line in KINDS."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from ingest.charset import decode
from ingest.kinds import jsonfeed, newssitemap, xml
from ingest.raw import Document, Parsed, Refused


@dataclass(frozen=True, slots=True)
class Kind:
    """``claims(text)``: whether a document is of this kind, from its first characters; the first kind that says yes
    has it. ``parse(text, document)``: its entries, or why there are none."""

    claims: Callable[[str], bool]
    parse: Callable[[str, Document], Parsed]


KINDS: Mapping[str, Kind] = {
    "json-feed": Kind(jsonfeed.claims, jsonfeed.parse),
    "news-sitemap": Kind(newssitemap.claims, newssitemap.parse),
    "xml": Kind(xml.claims, xml.parse),
}


def parse(document: Document) -> Parsed:
    """The feed in a document of any kind. May raise anything, take for ever and eat all memory on hostile input:
    only the guarded child calls this."""
    text = decode(document.body, document.content_type).lstrip("\ufeff \t\r\n\0")
    for kind in KINDS.values():
        if kind.claims(text):
            return kind.parse(text, document)
    return Refused(outcome="not-a-feed", detail="neither XML nor JSON" if text else "the document is empty")
