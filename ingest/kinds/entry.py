"""One entry of feedparser's as a raw entry: plain text, nothing verified. Runs in the parser process."""

from __future__ import annotations

from datetime import datetime
from html import escape
from typing import Any

from ingest.clean import cut, line, plain
from ingest.dates import moment
from ingest.html import to_text
from ingest.kinds.words import text_of
from ingest.raw import Document, RawEntry
from ingest.safe_html import safe
from ingest.url import absolute

_HTML = ("text/html", "application/xhtml+xml")


def entry(found: Any, document: Document) -> RawEntry:
    """``found``: feedparser's dictionary of an entry, neither sanitised nor resolved."""
    most = document.limits.text
    best = _content(found)
    value, html = text_of(best.get("value")), best.get("type") in _HTML
    text, short = cut(to_text(value, most + 1) if html else plain(value), most)
    base = absolute(document.url, text_of(best.get("base")))
    return RawEntry(
        guid=text_of(found.get("id")),
        link=_link(found, document.url),
        title=title(found, most),
        text=text,
        raw_date=_raw_date(found)[:100],
        published=date(found),
        author=line(text_of(found.get("author")), 200),
        language=text_of(best.get("language")),
        cut=short,
        html=(safe(value, base) if html else paragraphs(text)) if document.limits.html else "",
    )


def paragraphs(text: str) -> str:
    """Plain text as HTML."""
    return "".join(f"<p>{escape(part)}</p>" for part in text.split("\n\n") if part)


def title(thing: Any, most: int) -> str:
    """The title of a feed or an entry on one line."""
    detail = thing.get("title_detail") or {}
    value = text_of(detail.get("value"))[: min(most, 10_000)]
    return line(to_text(value, 10_000) if detail.get("type") in _HTML else value)


def date(found: Any) -> datetime | None:
    """When the entry was published, or else changed, in UTC."""
    parsed = found.get("published_parsed") if found.get("published") else found.get("updated_parsed")
    return moment(_raw_date(found), parsed)


def _raw_date(found: Any) -> str:
    return text_of(found.get("published")) or text_of(found.get("updated"))


def _link(found: Any, base: str) -> str:
    """The absolute address. feedparser takes a guid for the link when there is none: only believable ones are."""
    link = text_of(found.get("link"))
    guessed = found.get("guidislink") and link == text_of(found.get("id"))
    if not link or (guessed and not link.startswith(("http://", "https://", "/"))):
        return ""
    return absolute(base, link)


def _content(found: Any) -> Any:
    """Text with its type, language and base: the longest of the contents and the summary."""
    details = [*found.get("content", ()), found.get("summary_detail") or {}]
    return max(details, key=lambda detail: len(text_of(detail.get("value"))))
