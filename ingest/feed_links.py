"""The feeds that a web page names: in its head, else what looks like one among its links. Runs in the parser process.

Both parts are bounded: a tree is built of the head only, the body is read as a stream of tags.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import islice
from urllib.parse import urlsplit

from selectolax.lexbor import LexborHTMLParser

from gordon.hosts import host_of
from ingest.clean import line
from ingest.markup import End, Markup, Start
from ingest.nesting import too_deep
from ingest.raw import FeedLink
from ingest.url import absolute, target

MOST_LINKS = 20
MOST_IN_BODY = 8
_TYPES = {
    *("application/rss+xml", "application/atom+xml", "application/rdf+xml", "application/feed+json"),
    *("application/json", "application/xml", "text/xml", "text/rss+xml", "text/atom+xml"),
}
_BODY = re.compile(r"<body[\s>]", re.IGNORECASE)
_NO_FEED = re.compile(r"/wp-json/|/oembed\b|opensearch|/manifest\.|\.webmanifest", re.IGNORECASE)
_LOOKS = re.compile(
    r"(?:^|[/._-])(?:rss2?|atom|feeds?|flux(?:-?rss)?|fil-?rss|syndication)(?:[/._-]|$)"
    r"|\.(?:rss|atom|rdf)$|(?:^|/)(?:index|news|blog|nouvelles|actualites)\.xml$",
    re.IGNORECASE,
)
_ASKS = re.compile(r"(?:^|&)(?:feed|format|type|alt|output)=(?:rss2?|atom|rdf|json|feed)(?:&|$)", re.IGNORECASE)
_SAYS = re.compile(
    r"\b(?:rss|atom|json feed|(?:fil|flux) (?:rss|atom|de nouvelles|d['\u2019]information))\b", re.IGNORECASE
)
_FILES = re.compile(r"\.(?:png|jpe?g|gif|svg|webp|ico|css|js|pdf|zip|mp3|mp4|html?)$", re.IGNORECASE)


def feed_links(html: str, base: str) -> tuple[FeedLink, ...]:
    """The feeds that the page names, best first as the page orders them. Those of the head have a type; where there
    are none, links of the body that look like feeds come instead, with the type ""."""
    head, *body = _BODY.split(html, maxsplit=1)
    if too_deep(head):
        return ()
    tree = LexborHTMLParser(head)
    node = tree.css_first("base[href]")
    start = absolute(base, (node.attributes.get("href") or "") if node else "") or base
    found = tuple(islice(_named(tree, start), MOST_LINKS))
    return found or tuple(islice(_among_links(body[0] if body else html, start), MOST_IN_BODY))


def _named(tree: LexborHTMLParser, base: str) -> Iterator[FeedLink]:
    seen: set[str] = set()
    for node in tree.css("link[rel~=alternate][href], link[rel~=feed][href]"):
        kind = (node.attributes.get("type") or "").split(";")[0].strip().lower()
        feed = "feed" in (node.attributes.get("rel") or "").lower().split()
        url = _clean(base, node.attributes.get("href") or "")
        if url and url not in seen and (kind in _TYPES or (feed and not kind)) and not _NO_FEED.search(url):
            seen.add(url)
            yield FeedLink(url=url, title=line(node.attributes.get("title") or "", 200), type=kind or "feed")


def _among_links(html: str, base: str) -> Iterator[FeedLink]:
    """Links that look like feeds, those of the page's own host first."""
    found: dict[str, FeedLink] = {}
    for href, text in _links(html):
        url = _clean(base, href)
        parts = urlsplit(url)
        likely = _LOOKS.search(parts.path) or _ASKS.search(parts.query) or _SAYS.search(text)
        if url and likely and not _FILES.search(parts.path) and not _NO_FEED.search(url):
            found.setdefault(url, FeedLink(url=url, title=line(text, 200)))
    own = host_of(base)
    yield from sorted(found.values(), key=lambda link: host_of(link.url) != own)


def _links(html: str) -> Iterator[tuple[str, str]]:
    """Address and text of each link."""
    href, texts = "", list[str]()
    for token in Markup(html).tokens():
        if isinstance(token, Start) and token.name.lower() == "a":
            named = {key.lower(): value for key, value in token.attributes.items()}
            href, texts = named.get("href", ""), [named.get("title", "")]
        elif isinstance(token, Start) and href:
            texts.append(token.attributes.get("alt", ""))
        elif isinstance(token, End) and token.name.lower() == "a" and href:
            yield href, " ".join(texts)
            href = ""
        elif isinstance(token, str) and href:
            texts.append(token)


def _clean(base: str, href: str) -> str:
    """The link without its fragment, where it is one that can be fetched; else ""."""
    url = absolute(base, href).partition("#")[0]
    return "" if isinstance(target(url), str) else url
