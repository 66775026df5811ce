"""Entries that others expect in a document, beside the entries that Gordon keeps, field by field."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from io import BytesIO
from typing import Any

import feedparser

from ingest.clean import line
from ingest.dates import moment
from ingest.html import to_text
from ingest.raw import RawEntry
from ingest.url import absolute

URL = "http://127.0.0.1:8097/feed.xml"
_HTML = ("text/html", "application/xhtml+xml")
_NAMES = {
    "guid": ("guid", "id"),
    "link": ("link", "url"),
    "title": ("title",),
    "date": ("publishedParsed", "pubDateParsed", "published", "date_published"),
}


def by_feedparser(body: bytes) -> list[Mapping[str, Any]]:
    """The fields that Gordon keeps, as feedparser reads them by default (sanitised, links resolved)."""
    headers = {"content-type": "application/xml", "content-location": URL}
    return [_fields(entry) for entry in feedparser.parse(BytesIO(body), response_headers=headers).entries]


def _fields(entry: Any) -> Mapping[str, Any]:
    details = [*entry.get("content", ()), entry.get("summary_detail") or {}]
    best = max(details, key=lambda detail: len(detail.get("value") or ""))
    title = entry.get("title_detail") or {}
    date = entry.get("published") or entry.get("updated") or ""
    parsed = entry.get("published_parsed") if entry.get("published") else entry.get("updated_parsed")
    guid, link = (entry.get("id") or "").strip(), entry.get("link") or ""
    return {
        "guid": guid,
        "link": "" if entry.get("guidislink") and not link.startswith("http") else link,
        "title": _shown(title.get("value") or "", title.get("type")),
        "text": _shown(best.get("value") or "", best.get("type")),
        "date": moment(date, parsed),
        "author": line(entry.get("author") or "", 200),
        "language": best.get("language") or "",
    }


def _shown(value: str, kind: str | None) -> str:
    return _words(to_text(value, 100_000) if kind in _HTML else value)


def _words(text: str) -> str:
    return " ".join(text.split())


def kept(entry: RawEntry) -> Mapping[str, Any]:
    """The same of an entry of ours."""
    return {
        "guid": entry.guid,
        "link": entry.link,
        "title": _words(entry.title),
        "text": _words(entry.text),
        "date": entry.published,
        "author": entry.author,
        "language": entry.language,
    }


def agreement(expected: Sequence[Mapping[str, Any]], found: Sequence[RawEntry], tally: Counter[str]) -> list[str]:
    """Counts for each field how often it was expected and how often it is so; returns what differs, by field."""
    differing = []
    for place, wanted in enumerate(expected):
        ours = kept(found[place]) if place < len(found) else {}
        for name, value in wanted.items():
            if not value:
                continue
            tally[f"{name} of"] += 1
            same = _alike(name, value, ours.get(name))
            tally[name] += same
            if not same:
                differing.append(f"{name}: expected {str(value)[:70]!r}, found {str(ours.get(name))[:70]!r}")
    return differing


def _alike(name: str, wanted: Any, found: Any) -> bool:
    if name in ("guid", "link") and isinstance(found, str):  # feedparser resolves guids too, we keep them as they are
        return str(wanted) in (found, absolute(URL, found)) or absolute(URL, str(wanted)) == found
    return bool(wanted == found)


def expected_pairs(files: Mapping[str, bytes]) -> Iterator[tuple[str, bytes, list[Mapping[str, Any]]]]:
    """Documents that have a JSON of expected entries beside them (gofeed, podcastparser, fastfeedparser)."""
    for path, body in files.items():
        stem, _, kind = path.rpartition(".")
        other = files.get(f"{stem}.expected.json") or (files.get(f"{stem}.json") if kind != "json" else None)
        if other is None or path.endswith(".expected.json"):
            continue
        told = json.loads(other)
        items = told.get("items") or told.get("entries") or told.get("episodes") or []
        yield path, body, [_told(item) for item in items if isinstance(item, dict)]


def _told(item: Mapping[str, Any]) -> Mapping[str, Any]:
    found = {name: next((item[key] for key in keys if item.get(key)), "") for name, keys in _NAMES.items()}
    guid = found["guid"]
    return {
        "guid": guid.get("value", "") if isinstance(guid, dict) else guid,
        "link": found["link"],
        "title": _words(to_text(str(found["title"]), 10_000)),
        "date": _when(found["date"]),
    }


def _when(value: Any) -> datetime | None:
    if isinstance(value, int | float):
        return datetime.fromtimestamp(value, UTC) if value else None
    for read in (datetime.fromisoformat, parsedate_to_datetime):
        try:
            when = read(str(value))
        except ValueError:
            continue
        return when if when.tzinfo else when.replace(tzinfo=UTC)
    return None
