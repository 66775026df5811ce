"""Google-news sitemaps: the articles of the last two days with title, date and language, without a text."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from xml.parsers import expat

from ingest.clean import line
from ingest.dates import moment
from ingest.kinds.choose import newest
from ingest.kinds.prolog import prolog
from ingest.raw import Document, Parsed, RawEntry, RawFeed, Refused
from ingest.split import hash_set, raw_hashes
from ingest.url import absolute

_CLAIMED = 65_536
_NEWS = "news"
_NAMESPACES = {
    "http://www.sitemaps.org/schemas/sitemap/0.9": "",
    "https://www.sitemaps.org/schemas/sitemap/0.9": "",
    "http://www.google.com/schemas/sitemap/0.84": "",
    "http://www.google.com/schemas/sitemap-news/0.9": _NEWS,
    "https://www.google.com/schemas/sitemap-news/0.9": _NEWS,
}
_FIELDS = {
    ("urlset", "url", "loc"): "loc",
    ("urlset", "url", "news news"): "news",
    ("urlset", "url", "news news", "news title"): "title",
    ("urlset", "url", "news news", "news publication_date"): "date",
    ("urlset", "url", "news news", "news publication", "news name"): "name",
    ("urlset", "url", "news news", "news publication", "news language"): "language",
}
_MOST_DEPTH = 32
_MOST_TEXT = 10_000
_MOST_URLS = 50_000


def claims(text: str) -> bool:
    """Any sitemap, also those that are refused."""
    return text.startswith("<") and _root(text).rpartition(":")[2] in ("urlset", "sitemapindex")


def _root(text: str) -> str:
    return prolog(text[:_CLAIMED])[1]


def parse(text: str, document: Document) -> Parsed:
    """The articles, known ones left out. Sitemaps are made by programs: what is not well-formed is refused."""
    if _root(text).endswith("sitemapindex"):
        return Refused(outcome="not-a-feed", detail="an index of sitemaps; subscribe to the news sitemap it names")
    scan = _Scan()
    try:
        scan.run(text)
    except (expat.ExpatError, _Refusal) as error:
        return Refused(outcome="unparseable", detail=f"not readable as a sitemap: {error}")
    articles = [url for url in scan.urls if "news" in url and url.get("loc")]
    if not articles:
        return Refused(outcome="not-a-feed", detail="a sitemap without news (no news:news element in it)")
    return _feed(articles, document)


def _feed(articles: list[dict[str, str]], document: Document) -> RawFeed:
    limits = document.limits
    raws: tuple[bytes, ...] = ()
    if len(articles) <= limits.entries:
        raws = raw_hashes((repr(sorted(found.items())).encode() for found in articles), "", document.url, limits)
    known = hash_set(document.known)
    places = tuple(place for place, raw in enumerate(raws) if raw not in known)
    kept = [articles[place] for place in places] if raws else newest(articles, limits.entries, _date)
    names = {found.get("name", "") for found in articles}
    return RawFeed(
        title=line(names.pop()) if len(names) == 1 else "",
        entries=tuple(_entry(found, document.url) for found in kept),
        dropped=0 if raws else len(articles) - len(kept),
        raws=raws,
        places=places,
    )


def _entry(found: dict[str, str], base: str) -> RawEntry:
    return RawEntry(
        guid=found["loc"],
        link=absolute(base, found["loc"]),
        title=line(found.get("title", "")),
        raw_date=found.get("date", "")[:100],
        published=_date(found),
        language=found.get("language", ""),
    )


def _date(found: dict[str, str]) -> datetime | None:
    return moment(found.get("date", ""), None)


class _Refusal(Exception):  # never leaves this module
    pass


class _Scan:
    """The fields of every url element, through expat alone: no document type, no entities of its own."""

    def __init__(self) -> None:
        self.urls: list[dict[str, str]] = []
        self._path: list[str] = []
        self._text: list[str] = []

    def run(self, text: str) -> None:
        parser = expat.ParserCreate(encoding="utf-8", namespace_separator=" ")
        parser.buffer_text = True
        parser.StartElementHandler = self._start
        parser.EndElementHandler = self._end
        parser.CharacterDataHandler = self._text.append
        parser.StartDoctypeDeclHandler = _refuse("it has a document type")
        parser.Parse(text.encode("utf-8", "replace"), True)

    def _start(self, name: str, _attributes: dict[str, str]) -> None:
        if len(self._path) >= _MOST_DEPTH:
            raise _Refusal("its elements nest too deeply")
        space, _, local = name.rpartition(" ")
        prefix = _NAMESPACES.get(space)
        self._path.append(f"{prefix} {local}" if prefix else local if prefix == "" or not space else name)
        self._text.clear()
        if self._path == ["urlset", "url"]:
            if len(self.urls) >= _MOST_URLS:
                raise _Refusal(f"it has more than {_MOST_URLS} addresses")
            self.urls.append({})

    def _end(self, _name: str) -> None:
        field = _FIELDS.get(tuple(self._path))
        if field:
            self.urls[-1].setdefault(field, "".join(self._text).strip()[:_MOST_TEXT])
        self._path.pop()
        self._text.clear()


def _refuse(why: str) -> Callable[..., None]:
    def refuse(*_: object) -> None:
        raise _Refusal(why)

    return refuse
