"""JSON Feed 1.0 and 1.1."""

from __future__ import annotations

from typing import Any

import msgspec

from ingest.clean import cut, line, plain
from ingest.dates import moment
from ingest.html import to_text
from ingest.kinds.choose import newest
from ingest.raw import Document, Parsed, RawEntry, RawFeed, Refused
from ingest.url import absolute


def claims(text: str) -> bool:
    """JSON objects are ours; there is no other kind of JSON."""
    return text.startswith("{")


def parse(text: str, document: Document) -> Parsed:
    """The items of the feed; an item that is not an object is left out."""
    try:
        data = msgspec.json.decode(text.encode("utf-8", "replace"))
    except (msgspec.DecodeError, RecursionError) as error:
        return Refused(outcome="unparseable", detail=f"not readable as JSON: {error}")
    if not str(data.get("version", "")).startswith(("https://jsonfeed.org/version/", "http://jsonfeed.org/version/")):
        return Refused(outcome="not-a-feed", detail="JSON, but without the version of a JSON Feed")
    items = data.get("items")
    found = [item for item in items if isinstance(item, dict)] if isinstance(items, list) else []
    kept = newest(found, document.limits.entries, lambda item: moment(_word(item.get("date_published")), None))
    return RawFeed(
        title=line(_word(data.get("title"))),
        language=_word(data.get("language")),
        entries=tuple(_entry(item, document) for item in kept),
        dropped=len(found) - len(kept),
    )


def _entry(item: dict[str, Any], document: Document) -> RawEntry:
    text, short = cut(_text(item, document.limits.text), document.limits.text)
    date = _word(item.get("date_published")) or _word(item.get("date_modified"))
    link = _word(item.get("url")) or _word(item.get("external_url"))
    return RawEntry(
        guid=_word(item.get("id")),
        link=absolute(document.url, link) if link else "",
        title=line(_word(item.get("title"))),
        text=text,
        raw_date=date[:100],
        published=moment(date, None),
        author=_author(item),
        language=_word(item.get("language")),
        cut=short,
    )


def _text(item: dict[str, Any], most: int) -> str:
    html = _word(item.get("content_html"))
    if html:
        return to_text(html, most)
    return plain(_word(item.get("content_text")) or _word(item.get("summary")))


def _author(item: dict[str, Any]) -> str:
    authors = item.get("authors")
    people = authors if isinstance(authors, list) else [item.get("author")]
    names = (_word(person.get("name")) for person in people if isinstance(person, dict))
    return line(", ".join(name for name in names if name), 200)


def _word(value: Any) -> str:
    """Text as it stands; ids that are numbers, as the standard allows for 1.0 readers; anything else is nothing."""
    if isinstance(value, str):
        return value.strip()
    return str(value) if isinstance(value, int | float) and not isinstance(value, bool) else ""
