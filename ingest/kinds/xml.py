"""RSS 0.9x, 1.0, 2.0 and Atom 0.3, 1.0. Runs in the parser process.

Of a feed that was read before only the unknown entries are parsed, where its entries can be told apart with certainty.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any
from xml.sax.saxutils import escape

from msgspec.structs import replace

from ingest.clean import line
from ingest.feed_links import feed_links
from ingest.kinds.choose import newest
from ingest.kinds.entry import date, entry, title
from ingest.kinds.hints import hints
from ingest.kinds.prolog import prolog
from ingest.kinds.push import hub_and_topic
from ingest.kinds.reader import Reading, read
from ingest.kinds.words import text_of
from ingest.raw import Document, Parsed, RawFeed, Refused
from ingest.split import KEPT, Split, hash_set, hashes, prune, split

_DECLARATION = re.compile(r"\s*<\?xml\b.*?\?>", re.DOTALL)
_FEED = re.compile(r"<(?:rss|feed|rdf:RDF|channel)[\s>]")
_END = re.compile(r"</(?:rss|feed|rdf:RDF|channel)\s*>", re.IGNORECASE)
# All references that may be to halves or to no character, and some that are not: most feeds have none.
_SUSPECT = re.compile(r"&#(?:[xX]0*(?:[dD][89a-fA-F]|[0-9a-fA-F]{6})|0*(?:5[5-7][0-9]{3}|[0-9]{7}))")
_REFERENCES = re.compile(r"(?:&#(?:[xX][0-9a-fA-F]{1,9}|[0-9]{1,9});)+")
_REFERENCE = re.compile(r"&#([xX]?)([0-9a-fA-F]+);")
_WRAPPING = 4000
_PAGE_HEAD = 262_144


def claims(text: str) -> bool:
    """Whatever begins with a tag."""
    return text.startswith("<")


def parse(text: str, document: Document) -> Parsed:
    """The entries that feedparser finds, known ones left out. HTML pages are told apart before, by their root."""
    subset, root = prolog(text)
    if root == "html" and not _FEED.search(text[:_WRAPPING]):
        links = feed_links(text[:_PAGE_HEAD], document.url)
        return Refused(outcome="not-a-feed", detail="an HTML page", links=links)
    if subset:
        return Refused(outcome="unparseable", detail="a document type with declarations of its own is refused")
    text = _without_declaration(text)
    found = split(text, document.limits.entries)
    raws = hashes(found, document.url, document.limits) if found else ()
    if found and document.known and (feed := _unknown(found, raws, document)):
        return feed
    return _whole(text, raws, document)


def _without_declaration(text: str) -> str:
    found = _DECLARATION.match(text)
    return text[found.end() :] if found else text


def repaired(text: str) -> str:
    """Emoji written as two references to halves of a character, as broken encoders do, made whole; what refers to no
    character becomes U+FFFD. XML allows neither, and feedparser raises on them."""
    return _REFERENCES.sub(_made_whole, text) if _SUSPECT.search(text) else text


def _made_whole(found: re.Match[str]) -> str:
    numbers = [int(digits, 16 if x else 10) for x, digits in _REFERENCE.findall(found[0])]
    if all(number < 0xD800 or 0xDFFF < number <= 0x10FFFF for number in numbers):
        return found[0]
    text = "".join(chr(number) if number <= 0x10FFFF else "\ufffd" for number in numbers)
    return escape(text.encode("utf-16-be", "surrogatepass").decode("utf-16-be", "replace"))


def _unknown(found: Split, raws: tuple[bytes, ...], document: Document) -> RawFeed | None:
    """The feed without its known entries; None when the parser sees other entries than the split did."""
    pruned = prune(found, raws, hash_set(document.known))
    reading = read(repaired(pruned.text))
    if not reading.sound or len(reading.entries) != len(pruned.places):
        return None
    kept = [(place, raw) for place, raw in zip(pruned.places, reading.entries, strict=True) if place != KEPT]
    return _feed(reading, [raw for _, raw in kept], document, raws=raws, places=tuple(place for place, _ in kept))


def _whole(text: str, raws: tuple[bytes, ...], document: Document) -> Parsed:
    """All entries; ``raws``, if they are what the parser finds."""
    reading = read(repaired(text))
    entries = reading.entries
    if not reading.version and not entries:
        return _nothing(reading, text, document)
    if not reading.sound or len(entries) != len(raws):
        raws = ()
    kept = newest(entries, document.limits.entries, date)
    places = tuple(range(len(raws)))
    feed = _feed(reading, kept, document, raws=raws, places=places, dropped=len(entries) - len(kept))
    return _partial(feed) if reading.fault and not _END.search(text[-_WRAPPING:]) else feed


def _partial(feed: RawFeed) -> RawFeed:
    """The feed of a document without an end: nobody knows what else stood in its last entry. Where not even its name
    has come, it would be taken for another one next time: it is left out."""
    last = tuple(replace(entry, cut=True) for entry in feed.entries[-1:] if entry.guid or entry.link)
    return replace(feed, entries=feed.entries[:-1] + last, partial=True)


def _nothing(reading: Reading, text: str, document: Document) -> Refused:
    """feedparser found no feed: was it XML at all?"""
    links = feed_links(text[:_PAGE_HEAD], document.url)
    if reading.fault and not links and _FEED.search(text[:_WRAPPING]):
        return Refused(outcome="unparseable", detail=line(f"{reading.fault}", 300))
    return Refused(outcome="not-a-feed", detail="XML or HTML, but not a feed", links=links)


def _feed(reading: Reading, entries: Sequence[Any], document: Document, **more: Any) -> RawFeed:
    feed = reading.feed
    hub, topic = hub_and_topic(feed.get("links"), document.url)
    return RawFeed(
        title=title(feed, document.limits.text),
        language=text_of(feed.get("language")),
        entries=tuple(entry(found, document) for found in entries),
        hints=hints(feed, reading.skip_hours, reading.skip_days),
        hub=hub,
        topic=topic,
        **more,
    )
