"""A blog's feed in its kind: RSS 2.0, RSS 1.0 (RDF), RSS 0.91, Atom or JSON Feed. Pure: posts in, text out."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from email.utils import format_datetime
from typing import Any, NamedTuple
from xml.sax.saxutils import escape, quoteattr

from gordon.demo.blogs import Blog, Kind, Post

_CONTENT = "http://purl.org/rss/1.0/modules/content/"
_DC = "http://purl.org/dc/elements/1.1/"
_RDF = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
_ATOM = "http://www.w3.org/2005/Atom"


class Feed(NamedTuple):
    """A rendered feed."""

    content_type: str
    body: bytes


class Site(NamedTuple):
    """A blog seen from outside. ``base``: the origin's address without a slash at its end."""

    blog: Blog
    base: str

    @property
    def home(self) -> str:
        return f"{self.base}/{self.blog.blog}/"

    @property
    def feed(self) -> str:
        return self.base + self.blog.feed_path

    def link(self, post: Post) -> str:
        """The address of a post."""
        return self.home + post.slug


def render(blog: Blog, posts: Sequence[Post], base: str) -> Feed:
    """The feed as bytes in the blog's charset. It changes only when a post does, so that its hash can be an ETag."""
    media, write = RENDERERS[blog.kind]
    text = write(Site(blog, base), posts)
    if blog.kind == "json":
        return Feed(media, text.encode())
    document = f'<?xml version="1.0" encoding="{blog.charset.upper()}"?>\n{text}\n'
    # What the charset lacks (the typographic apostrophe in Latin-1) becomes a reference, as good publishers do.
    return Feed(f"{media}; charset={blog.charset}", document.encode(blog.charset, "xmlcharrefreplace"))


def html(post: Post) -> str:
    """The body of a post as HTML."""
    return "".join(f"<p>{escape(paragraph)}</p>" for paragraph in post.paragraphs)


def changed(posts: Sequence[Post]) -> datetime | None:
    """When the newest of the posts was written or edited; None without posts."""
    return max((post.updated for post in posts), default=None)


def element(name: str, content: str, attributes: Mapping[str, str] | None = None) -> str:
    """One XML element; ``content`` is markup already."""
    shown = "".join(f" {key}={quoteattr(value)}" for key, value in (attributes or {}).items())
    return f"<{name}{shown}>{content}</{name}>" if content else f"<{name}{shown}/>"


def _text(name: str, text: str, attributes: Mapping[str, str] | None = None) -> str:
    return element(name, escape(text), attributes)


def _lead(post: Post) -> str:
    return post.paragraphs[0] if post.paragraphs else ""


def _rss2(site: Site, posts: Sequence[Post]) -> str:
    newest = changed(posts)
    head = _text("title", site.blog.title) + _text("link", site.home) + _text("description", site.blog.about)
    head += _text("language", site.blog.language) + (_text("lastBuildDate", format_datetime(newest)) if newest else "")
    items = "\n".join(_rss2_item(site, post) for post in posts)
    names = {"version": "2.0", "xmlns:content": _CONTENT, "xmlns:dc": _DC}
    return element("rss", element("channel", f"{head}\n{items}"), names)


def _rss2_item(site: Site, post: Post) -> str:
    parts = _text("title", post.title) + _text("link", site.link(post))
    parts += _text("guid", post.guid, {"isPermaLink": "false"}) + _text("pubDate", format_datetime(post.published))
    parts += _text("dc:creator", site.blog.author) if site.blog.author else ""
    return element("item", parts + _text("description", _lead(post)) + _text("content:encoded", html(post)))


def _rss1(site: Site, posts: Sequence[Post]) -> str:
    entries = "".join(element("rdf:li", "", {"rdf:resource": site.link(post)}) for post in posts)
    head = _text("title", site.blog.title) + _text("link", site.home) + _text("description", site.blog.about)
    head += _text("dc:language", site.blog.language) + element("items", element("rdf:Seq", entries))
    channel = element("channel", head, {"rdf:about": site.feed})
    items = "\n".join(_rss1_item(site, post) for post in posts)
    names = {"xmlns:rdf": _RDF, "xmlns": "http://purl.org/rss/1.0/", "xmlns:dc": _DC, "xmlns:content": _CONTENT}
    return element("rdf:RDF", f"{channel}\n{items}", names)


def _rss1_item(site: Site, post: Post) -> str:
    parts = _text("title", post.title) + _text("link", site.link(post)) + _text("description", _lead(post))
    parts += _text("dc:date", post.published.isoformat())
    parts += _text("dc:creator", site.blog.author) if site.blog.author else ""
    return element("item", parts + _text("content:encoded", html(post)), {"rdf:about": site.link(post)})


def _rss091(site: Site, posts: Sequence[Post]) -> str:
    head = _text("title", site.blog.title) + _text("link", site.home) + _text("description", site.blog.about)
    head += _text("language", site.blog.language)
    items = "\n".join(
        element("item", _text("title", post.title) + _text("link", site.link(post)) + _text("description", html(post)))
        for post in posts
    )
    return element("rss", element("channel", f"{head}\n{items}"), {"version": "0.91"})


def _atom(site: Site, posts: Sequence[Post]) -> str:
    newest = changed(posts)
    head = _text("title", site.blog.title) + _text("subtitle", site.blog.about)
    head += _text("id", f"tag:demo.example,2026:{site.blog.blog}")
    head += element("link", "", {"rel": "alternate", "type": "text/html", "href": site.home})
    head += element("link", "", {"rel": "self", "type": "application/atom+xml", "href": site.feed})
    head += element("author", _text("name", site.blog.author or site.blog.title))
    head += _text("updated", newest.isoformat()) if newest else ""
    entries = "\n".join(_atom_entry(site, post) for post in posts)
    return element("feed", f"{head}\n{entries}", {"xmlns": _ATOM, "xml:lang": site.blog.language})


def _atom_entry(site: Site, post: Post) -> str:
    parts = _text("title", post.title) + _text("id", post.guid)
    parts += element("link", "", {"rel": "alternate", "type": "text/html", "href": site.link(post)})
    parts += _text("published", post.published.isoformat()) + _text("updated", post.updated.isoformat())
    return element("entry", parts + _text("summary", _lead(post)) + _text("content", html(post), {"type": "html"}))


def _json(site: Site, posts: Sequence[Post]) -> str:
    feed: dict[str, Any] = {
        "version": "https://jsonfeed.org/version/1.1",
        "title": site.blog.title,
        "description": site.blog.about,
        "home_page_url": site.home,
        "feed_url": site.feed,
        "language": site.blog.language,
        "items": [_json_item(site, post) for post in posts],
    }
    return json.dumps(feed, ensure_ascii=False, indent=1)


def _json_item(site: Site, post: Post) -> dict[str, Any]:
    item: dict[str, Any] = {
        "id": post.guid,
        "url": site.link(post),
        "title": post.title,
        "content_html": html(post),
        "date_published": post.published.isoformat(),
        "date_modified": post.updated.isoformat(),
    }
    return item | ({"authors": [{"name": site.blog.author}]} if site.blog.author else {})


RENDERERS: Mapping[Kind, tuple[str, Callable[[Site, Sequence[Post]], str]]] = {
    "rss2": ("application/rss+xml", _rss2),
    "rss1": ("application/rdf+xml", _rss1),
    "rss091": ("text/xml", _rss091),
    "atom": ("application/atom+xml", _atom),
    "json": ("application/feed+json", _json),
}
"""Kind of feed to media type and renderer."""
