"""What passes between the daemon and its parser process: a document in, the raw feed or a refusal out."""

from __future__ import annotations

from datetime import datetime
from typing import Literal, TypeAlias

from msgspec import Struct

Reason: TypeAlias = Literal["not-a-feed", "unparseable"]


class Limits(Struct, frozen=True, kw_only=True):
    """How much of a document is kept: entries of a feed, characters of an entry's text."""

    entries: int = 500
    text: int = 100_000


class Document(Struct, frozen=True, kw_only=True):
    """A fetched body, already decompressed. ``url``: where it came from; relative links start there."""

    body: bytes
    content_type: str = ""
    url: str = ""
    limits: Limits = Limits()


class RawEntry(Struct, frozen=True, kw_only=True):
    """One entry as the feed tells it: ``title`` one line and ``text`` paragraphs of plain text, nothing verified.

    ``link`` is absolute if it can be. ``raw_date`` is what the feed said, ``published`` what could be read of it.
    ``cut``: the text was longer than the limit.
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


class RawFeed(Struct, frozen=True, kw_only=True, tag="feed"):
    """A feed as parsed, entries in document order. ``dropped``: how many entries were beyond the limit."""

    title: str = ""
    language: str = ""
    entries: tuple[RawEntry, ...] = ()
    dropped: int = 0


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


Parsed: TypeAlias = RawFeed | Refused
