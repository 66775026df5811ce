"""RSS 0.9x, 1.0, 2.0 and Atom 0.3, 1.0 through feedparser. Runs in the parser process; the only home of feedparser.

feedparser's sanitiser and link resolution stay off: they are slow, quadratic, and let live scripts through. What
comes out of here is plain text. It is only ever given bytes: a str could be taken for a file name or an address.
"""

from __future__ import annotations

import re
from io import BytesIO
from typing import Any
from xml.sax.saxutils import escape

import feedparser

from ingest.clean import cut, line, plain
from ingest.dates import moment
from ingest.feed_links import feed_links
from ingest.html import to_text
from ingest.kinds.choose import newest
from ingest.raw import Document, Parsed, RawEntry, RawFeed, Refused
from ingest.url import absolute

_PROLOG = re.compile(r"\s+|<\?.*?\?>|<!--.*?-->", re.DOTALL)
_DOCTYPE = re.compile(r"<!DOCTYPE(?:[^>\[\"']|\"[^\"]*\"|'[^']*')*(\[)?", re.IGNORECASE)
_ROOT = re.compile(r"<([A-Za-z_][\w.:-]*)")
_DECLARATION = re.compile(r"^\s*<\?xml\b.*?\?>", re.DOTALL)
_HTML = ("text/html", "application/xhtml+xml")
_FEED = re.compile(r"<(?:rss|feed|rdf:RDF|channel)[\s>]")
_REFERENCES = re.compile(r"(?:&#(?:[xX][0-9a-fA-F]{1,9}|[0-9]{1,9});)+")
_REFERENCE = re.compile(r"&#([xX]?)([0-9a-fA-F]+);")
_WRAPPING = 4000
_PAGE_HEAD = 262_144


def claims(text: str) -> bool:
    """Whatever begins with a tag."""
    return text.startswith("<")


def parse(text: str, document: Document) -> Parsed:
    """The entries that feedparser finds. HTML pages are told apart before, by their root element."""
    subset, root = prolog(text)
    if root == "html" and not _FEED.search(text[:_WRAPPING]):
        links = feed_links(text[:_PAGE_HEAD], document.url)
        return Refused(outcome="not-a-feed", detail="an HTML page", links=links)
    if subset:
        return Refused(outcome="unparseable", detail="a document type with declarations of its own is refused")
    parsed = feedparser.parse(
        BytesIO(repaired(_DECLARATION.sub("", text)).encode("utf-8", "replace")),
        response_headers={"content-type": "application/xml; charset=utf-8"},
        sanitize_html=False,
        resolve_relative_uris=False,
    )
    if not parsed.version and not parsed.entries:
        return _nothing(parsed, text, document)
    return _feed(parsed, document)


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


def repaired(text: str) -> str:
    """Emoji written as two references to halves of a character, as broken encoders do, made whole; what refers to no
    character becomes U+FFFD. XML allows neither, and feedparser raises on them."""
    return _REFERENCES.sub(_whole, text)


def _whole(found: re.Match[str]) -> str:
    numbers = [int(digits, 16 if x else 10) for x, digits in _REFERENCE.findall(found[0])]
    if all(number < 0xD800 or 0xDFFF < number <= 0x10FFFF for number in numbers):
        return found[0]
    text = "".join(chr(number) if number <= 0x10FFFF else "\ufffd" for number in numbers)
    return escape(text.encode("utf-16-be", "surrogatepass").decode("utf-16-be", "replace"))


def _nothing(parsed: Any, text: str, document: Document) -> Refused:
    """feedparser found no feed: was it XML at all?"""
    links = feed_links(text[:_PAGE_HEAD], document.url)
    if parsed.get("bozo") and not links and _FEED.search(text[:_WRAPPING]):
        return Refused(outcome="unparseable", detail=line(f"{parsed.get('bozo_exception')}", 300))
    return Refused(outcome="not-a-feed", detail="XML or HTML, but not a feed", links=links)


def _feed(parsed: Any, document: Document) -> RawFeed:
    entries = parsed.entries
    kept = newest(entries, document.limits.entries, _date)
    return RawFeed(
        title=_title(parsed.feed, document.limits.text),
        language=str(parsed.feed.get("language") or ""),
        entries=tuple(_entry(entry, document) for entry in kept),
        dropped=len(entries) - len(kept),
    )


def _entry(entry: Any, document: Document) -> RawEntry:
    most = document.limits.text
    value, kind, language = _content(entry)
    text, short = cut(to_text(value, most + 1) if kind in _HTML else plain(value), most)
    return RawEntry(
        guid=_str(entry.get("id")),
        link=_link(entry, document.url),
        title=_title(entry, most),
        text=text,
        raw_date=_raw_date(entry)[:100],
        published=_date(entry),
        author=line(_str(entry.get("author")), 200),
        language=language,
        cut=short,
    )


def _link(entry: Any, base: str) -> str:
    """The absolute address. feedparser takes a guid for the link when there is none: only believable ones are."""
    link = _str(entry.get("link"))
    guessed = entry.get("guidislink") and link == _str(entry.get("id"))
    if not link or (guessed and not link.startswith(("http://", "https://", "/"))):
        return ""
    return absolute(base, link)


def _content(entry: Any) -> tuple[str, str, str]:
    """Text, its type and language: the longest of the contents and the summary."""
    details = [*entry.get("content", ()), entry.get("summary_detail") or {}]
    best = max(details, key=lambda detail: len(_str(detail.get("value"))))
    return _str(best.get("value")), _str(best.get("type")), _str(best.get("language"))


def _title(thing: Any, most: int) -> str:
    detail = thing.get("title_detail") or {}
    value = _str(detail.get("value"))[: min(most, 10_000)]
    return line(to_text(value, 10_000) if detail.get("type") in _HTML else value)


def _raw_date(entry: Any) -> str:
    return _str(entry.get("published")) or _str(entry.get("updated"))


def _date(entry: Any) -> Any:
    parsed = entry.get("published_parsed") if entry.get("published") else entry.get("updated_parsed")
    return moment(_raw_date(entry), parsed)


def _str(value: Any) -> str:
    """feedparser promises text here; hostile input has made it something else before."""
    return value.strip() if isinstance(value, str) else ""
