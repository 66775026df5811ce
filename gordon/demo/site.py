"""What the demo's origin answers: a path, the request's headers and the time in; status, headers and body out."""

from __future__ import annotations

import gzip
import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from email.utils import format_datetime, parsedate_to_datetime
from typing import NamedTuple

from gordon.demo import pages
from gordon.demo.blogs import Blog, Post, posts_at
from gordon.demo.feeds import changed, render

HTML = "text/html; charset=utf-8"


class Answer(NamedTuple):
    """A response; ``headers`` lack only Content-Length."""

    status: int
    headers: dict[str, str]
    body: bytes


class _Page(NamedTuple):
    content_type: str
    body: bytes
    modified: datetime | None


@dataclass(frozen=True, slots=True)
class Origin:
    """The blogs since ``start``. ``pace``: seconds for a minute of the script; ``base``: the address of the origin."""

    blogs: tuple[Blog, ...]
    start: datetime
    pace: float
    base: str

    def answer(self, path: str, headers: Mapping[str, str], now: datetime) -> Answer:
        """The response to GET ``path``. ``headers``: of the request, names in lower case."""
        page = self._page(path.partition("?")[0], now)
        if page is None:
            return Answer(404, {"Content-Type": "text/plain; charset=utf-8"}, b"There is no such page.\n")
        shown = {"Vary": "Accept-Encoding", "ETag": _etag(page.body), "Cache-Control": "no-cache"}
        if page.modified:
            shown["Last-Modified"] = format_datetime(page.modified, usegmt=True)
        if _unchanged(headers, shown["ETag"], page.modified):
            return Answer(304, shown, b"")
        shown["Content-Type"] = page.content_type
        if not _accepts_gzip(headers.get("accept-encoding", "")):
            return Answer(200, shown, page.body)
        return Answer(200, shown | {"Content-Encoding": "gzip"}, gzip.compress(page.body, mtime=0))

    def posts(self, blog: Blog, now: datetime) -> tuple[Post, ...]:
        """The posts of a blog at ``now``."""
        return posts_at(blog, start=self.start, pace=self.pace, now=now)

    def _page(self, path: str, now: datetime) -> _Page | None:
        if path == "/":
            return _html(pages.index(self.blogs, self.base), None)
        if path == "/feeds.opml":
            return _Page("text/x-opml; charset=utf-8", pages.opml(self.blogs, self.base).encode(), None)
        name, _, rest = path.removeprefix("/").partition("/")
        blog = next((blog for blog in self.blogs if blog.blog == name), None)
        return self._blog_page(blog, path, rest, self.posts(blog, now)) if blog else None

    def _blog_page(self, blog: Blog, path: str, rest: str, posts: Sequence[Post]) -> _Page | None:
        if path == blog.feed_path:
            return _Page(*render(blog, posts, self.base), changed(posts))
        if not rest:
            return _html(pages.home(blog, posts, self.base), changed(posts))
        post = next((post for post in posts if post.slug == rest), None)
        return _html(pages.article(blog, post, self.base), post.updated) if post else None


def _html(text: str, modified: datetime | None) -> _Page:
    return _Page(HTML, text.encode(), modified)


def _etag(body: bytes) -> str:
    """Weak, as the gzipped form shares it."""
    return f'W/"{hashlib.sha256(body).hexdigest()[:16]}"'


def _unchanged(headers: Mapping[str, str], etag: str, modified: datetime | None) -> bool:
    """Whether the client has this version; an ETag it sends outweighs a date (RFC 9110, 13.1.3)."""
    if "if-none-match" in headers:
        known = [tag.strip().removeprefix("W/") for tag in headers["if-none-match"].split(",")]
        return "*" in known or etag.removeprefix("W/") in known
    since = _date(headers.get("if-modified-since", ""))
    return bool(since and modified and modified <= since)


def _date(text: str) -> datetime | None:
    try:
        moment = parsedate_to_datetime(text)
    except ValueError:
        return None
    return moment if moment.tzinfo else None


def _accepts_gzip(header: str) -> bool:
    accepted: dict[str, str] = {}
    for part in header.lower().split(","):
        coding, _, weight = part.partition(";")
        accepted[coding.strip()] = weight.replace(" ", "")
    return "gzip" in accepted and accepted["gzip"] not in ("q=0", "q=0.0", "q=0.00", "q=0.000")
