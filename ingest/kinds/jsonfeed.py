"""JSON Feed 1.0 and 1.1."""

from __future__ import annotations

from typing import Any

import msgspec

from ingest.clean import cut, line, plain
from ingest.dates import moment
from ingest.html import to_text
from ingest.kinds.choose import newest
from ingest.kinds.entry import paragraphs
from ingest.kinds.push import web_address
from ingest.raw import Document, Limits, Parsed, RawEntry, RawFeed, Refused
from ingest.safe_html import safe
from ingest.split import hash_set, raw_hashes
from ingest.url import absolute


def claims(text: str) -> bool:
    """JSON objects are ours; there is no other kind of JSON."""
    return text.startswith("{")


def parse(text: str, document: Document) -> Parsed:
    """The items of the feed, known ones left out; an item that is not an object is no item."""
    try:
        data = msgspec.json.decode(text.encode("utf-8", "replace"))
    except (msgspec.DecodeError, RecursionError) as error:
        return Refused(outcome="unparseable", detail=f"not readable as JSON: {error}")
    if not str(data.get("version", "")).startswith(("https://jsonfeed.org/version/", "http://jsonfeed.org/version/")):
        return Refused(outcome="not-a-feed", detail="JSON, but without the version of a JSON Feed")
    items = data.get("items")
    found = [item for item in items if isinstance(item, dict)] if isinstance(items, list) else []
    language = _word(data.get("language"))
    raws = _hashes(found, language, document) if len(found) <= document.limits.entries else ()
    known = hash_set(document.known)
    places = tuple(place for place, raw in enumerate(raws) if raw not in known)
    kept = [found[place] for place in places] if raws else _newest(found, document.limits)
    return RawFeed(
        title=line(_word(data.get("title"))),
        language=language,
        entries=tuple(_entry(item, document) for item in kept),
        dropped=0 if raws else len(found) - len(kept),
        raws=raws,
        places=places,
        hub=_hub(data.get("hubs"), document.url),
        topic=web_address(data.get("feed_url"), document.url),
    )


def _newest(found: list[dict[str, Any]], limits: Limits) -> list[dict[str, Any]]:
    return newest(found, limits.entries, lambda item: moment(_word(item.get("date_published")), None))


def _hashes(items: list[dict[str, Any]], language: str, document: Document) -> tuple[bytes, ...]:
    """Of the items in one canonical form: order of keys and white space do not count."""
    encoded = (msgspec.json.encode(item, order="sorted") for item in items)
    return raw_hashes(encoded, language, document.url, document.limits)


def _hub(hubs: Any, base: str) -> str:
    """The first usable hub of WebSub."""
    for hub in hubs if isinstance(hubs, list) else ():
        if isinstance(hub, dict) and _word(hub.get("type")).lower() == "websub" and web_address(hub.get("url"), base):
            return web_address(hub["url"], base)
    return ""


def _entry(item: dict[str, Any], document: Document) -> RawEntry:
    most = document.limits.text
    html = _word(item.get("content_html"))
    words = plain(_word(item.get("content_text")) or _word(item.get("summary")))
    text, short = cut(to_text(html, most) if html else words, most)
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
        html=(safe(html, document.url) if html else paragraphs(text)) if document.limits.html else "",
    )


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
