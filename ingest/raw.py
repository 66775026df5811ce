"""What passes between the daemon and its parser process: a document in, the raw feed or a refusal out."""

from __future__ import annotations

from datetime import datetime
from typing import Literal, TypeAlias

from msgspec import Struct

from gordon.polling import Hints

HASH = 8
"""Bytes of the hash of a raw entry."""
Reason: TypeAlias = Literal["not-a-feed", "unparseable"]


class Limits(Struct, frozen=True, kw_only=True):
    """How much of a document is kept: entries of a feed, characters of an entry's text; ``html``: whether the text is
    kept as safe HTML, too."""

    entries: int = 500
    text: int = 100_000
    html: bool = False


class Document(Struct, frozen=True, kw_only=True):
    """A fetched body, already decompressed. ``url``: where it came from; relative links start there.

    ``what``: a feed, or the page of an entry. ``known``: hashes (HASH bytes each) of the raw entries that need not be
    parsed, as an earlier RawFeed of the same feed had them in ``raws``; b"" parses all."""

    body: bytes
    what: Literal["feed", "page"] = "feed"
    known: bytes = b""
    content_type: str = ""
    url: str = ""
    limits: Limits = Limits()


class RawEntry(Struct, frozen=True, kw_only=True):
    """One entry as the feed tells it: ``title`` one line and ``text`` paragraphs of plain text, nothing verified.

    ``link`` is absolute if it can be. ``raw_date`` is what the feed said, ``published`` what could be read of it.
    ``cut``: the text was longer than the limit. ``html``: the text as safe HTML, "" unless asked for.
    """

    guid: str = ""
    link: str = ""
    title: str = ""
    text: str = ""
    raw_date: str = ""
    published: datetime | None = None
    author: str = ""
    language: str = ""
    cut: bool = False
    html: str = ""


class RawFeed(Struct, frozen=True, kw_only=True, tag="feed"):
    """A feed as parsed, entries in document order. ``dropped``: how many entries were beyond the limit.

    ``raws``: the hash of every raw entry of the document, in order, those that were not parsed included; empty where
    the document could not be split with certainty, and then all of it was parsed. ``places``: for each of ``entries``,
    where it stands in ``raws``. ``hub`` and ``topic``: what the feed says about WebSub. ``partial``: the document
    breaks off in the middle; its last entry then counts as cut."""

    title: str = ""
    language: str = ""
    entries: tuple[RawEntry, ...] = ()
    dropped: int = 0
    raws: tuple[bytes, ...] = ()
    places: tuple[int, ...] = ()
    hints: Hints = Hints()
    hub: str = ""
    topic: str = ""
    partial: bool = False


class RawPage(Struct, frozen=True, kw_only=True, tag="page"):
    """The main text of a page, without what stands around it."""

    title: str = ""
    text: str = ""
    html: str = ""
    cut: bool = False


class FeedLink(Struct, frozen=True, kw_only=True):
    """A feed that a page offers in its head."""

    url: str
    title: str = ""
    type: str = ""


class Refused(Struct, frozen=True, kw_only=True, tag="refused"):
    """Why there is no feed in a document; ``links``: the feeds that the page names instead."""

    outcome: Reason
    detail: str = ""
    links: tuple[FeedLink, ...] = ()


Parsed: TypeAlias = RawFeed | RawPage | Refused
