"""The pages of the demo's origin for people, and the list of its feeds for machines."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from xml.sax.saxutils import escape

from gordon.demo.blogs import Blog, Post
from gordon.demo.feeds import Site, element, html
from gordon.errors import Problem

_ADDRESS = re.compile(r"(?<=http://127\.0\.0\.1:)(\d+)(?=/)")
_NOTE_OF_ALL = "These blogs, their authors and every event in them are invented; they are part of Gordon's demo."
_NOTE = {
    "en": "This blog, its authors and every event in it are invented; it is part of Gordon's demo.",
    "fr": "Ce blogue, ses auteurs et tout ce qui s'y passe sont inventés; il fait partie de la démo de Gordon.",
}


def index(blogs: Sequence[Blog], base: str) -> str:
    """The front page of the origin."""
    rows = "".join(_row(Site(blog, base)) for blog in blogs)
    body = f"<h1>The blogs of the demo</h1><p>{_NOTE_OF_ALL}</p><ul>{rows}</ul>"
    return _page("en", "The blogs of the demo", body)


def _row(site: Site) -> str:
    name = element("a", escape(site.blog.title), {"href": site.home})
    feed = element("a", f"{site.blog.kind}, {site.blog.language}", {"href": site.feed})
    return element("li", f"{name} ({feed}): {escape(site.blog.about)}")


def home(blog: Blog, posts: Sequence[Post], base: str) -> str:
    """The front page of a blog, which also says where its feed is."""
    site = Site(blog, base)
    rows = "".join(
        element("li", element("a", escape(post.title), {"href": site.link(post)}) + f" {post.published:%Y-%m-%d %H:%M}")
        for post in posts
    )
    body = f"<h1>{escape(blog.title)}</h1><p>{escape(blog.about)}</p><ul>{rows}</ul><p>{_NOTE[blog.language]}</p>"
    return _page(blog.language, blog.title, body, _discovery(site))


def article(blog: Blog, post: Post, base: str) -> str:
    """The page of one post."""
    site = Site(blog, base)
    back = element("a", escape(blog.title), {"href": site.home})
    when = element("time", f"{post.published:%Y-%m-%d %H:%M}", {"datetime": post.published.isoformat()})
    body = f"<article><h1>{escape(post.title)}</h1><p>{when}</p>{html(post)}</article><p>{back}</p>"
    return _page(
        blog.language, f"{post.title} - {blog.title}", f"{body}<p>{_NOTE[blog.language]}</p>", _discovery(site)
    )


def opml(blogs: Sequence[Blog], base: str) -> str:
    """Every feed of the origin as OPML, with the address that it really has."""
    rows = "\n".join(_outline(Site(blog, base)) for blog in blogs)
    head = element("head", element("title", "The blogs of the demo"))
    document = element(
        "opml", f"{head}\n{element('body', rows)}", {"version": "2.0", "xmlns:gordon": "urn:gordon:opml:1"}
    )
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{document}\n'


def _outline(site: Site) -> str:
    names = {
        "type": "rss",
        "text": site.blog.title,
        "gordon:id": site.blog.blog,
        "xmlUrl": site.feed,
        "htmlUrl": site.home,
    }
    return element("outline", "", names | {"language": site.blog.language})


def with_port(text: str, port: int) -> str:
    """The text of a feeds.opml with its loopback feeds at another port."""
    return _ADDRESS.sub(str(port), text)


def wrong_ports(text: str, port: int, file: str = "feeds.opml") -> Iterator[Problem]:
    """A problem for each line of a feeds.opml whose loopback feed is not at the port that the demo listens on."""
    for number, line in enumerate(text.splitlines(), 1):
        found = next((found for found in _ADDRESS.findall(line) if int(found) != port), None)
        if found:
            remedy = f"write 127.0.0.1:{port} in {file}, or set demo.port (GORDON_DEMO__PORT) to {found}"
            yield Problem(file, number, f"the feed is at port {found}, but the demo listens on {port}", remedy)


def _discovery(site: Site) -> str:
    media = "application/atom+xml" if site.blog.kind == "atom" else "application/rss+xml"
    media = "application/feed+json" if site.blog.kind == "json" else media
    return element("link", "", {"rel": "alternate", "type": media, "title": site.blog.title, "href": site.feed})


def _page(language: str, title: str, body: str, head: str = "") -> str:
    return (
        f'<!DOCTYPE html>\n<html lang="{language}"><head><meta charset="utf-8"><title>{escape(title)}</title>'
        f"{head}</head><body>{body}</body></html>\n"
    )
