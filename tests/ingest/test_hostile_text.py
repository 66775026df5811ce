"""Titles and texts of feeds that try to be more than text: through the whole parse."""

from __future__ import annotations

from collections.abc import Callable
from html import escape
from typing import Any

import pytest
from selectolax.lexbor import LexborHTMLParser

from gordon.settings import Parse
from ingest.kinds import parse as parse_document
from ingest.raw import Document, Limits, RawEntry, RawFeed


def atom(title: str, kind: str = "text", content: str = "x", link: str = "https://news.example/1") -> RawEntry:
    body = (
        '<feed xmlns="http://www.w3.org/2005/Atom"><title>t</title><entry><id>1</id>'
        f'<title type="{kind}">{escape(title)}</title><link href="{escape(link)}"/>'
        f'<content type="html">{escape(content)}</content></entry></feed>'
    )
    limits = Limits(text=1000, html=True)
    found = parse_document(Document(body=body.encode(), url="https://news.example/feed", limits=limits))
    assert isinstance(found, RawFeed)
    return found.entries[0]


@pytest.mark.hostile(40)
@pytest.mark.parametrize(
    ("title", "kind", "shown"),
    [
        ("<script>alert(1)</script>", "text", "<script>alert(1)</script>"),
        ("Loi &amp; ordre", "text", "Loi &amp; ordre"),
        ("Loi &amp; <b>ordre</b>", "html", "Loi & ordre"),
        ("a<script>alert(1)</script>b", "html", "ab"),
        ("&lt;b&gt;est-ce gras ?&lt;/b&gt;", "html", "<b>est-ce gras ?</b>"),
        ("&amp;lt;script&amp;gt;", "html", "&lt;script&gt;"),
    ],
)
def test_a_title_is_plain_text_and_its_references_are_read_once(title: str, kind: str, shown: str) -> None:
    assert atom(title, kind).title == shown


@pytest.mark.hostile(35, 42)
def test_a_title_is_one_line_that_hides_and_reorders_nothing() -> None:
    found = atom("Budget\u202e gpj.exe\u2066\n2026\u2028x\u200b\u2029y\u00adz &#x202e;", "html")
    assert found.title.isprintable()
    assert found.title == "Budget gpj.exe 2026 x yz"


@pytest.mark.hostile(38)
@pytest.mark.parametrize("link", ["javascript:alert(1)", "data:text/html,x", "vbscript:x", " java\tscript:x"])
def test_links_in_a_text_are_text(link: str) -> None:
    found = atom("t", content=f'<p>Voir <a href="{escape(link)}">le rapport</a></p>')
    assert found.text == "Voir le rapport"
    assert "href" not in found.html and "le rapport" in found.html


@pytest.mark.hostile(39)
def test_what_is_cut_is_the_text_and_never_safe_html() -> None:
    found = atom("t", content="<p><b title='x'>" + "mot <i>mot</i> " * 400 + '</b><a href="/2">suite</a></p>')
    assert found.cut and len(found.text) <= 1000
    tree = LexborHTMLParser(f"<main>{found.html}</main>").css_first("main")
    assert tree is not None and tree.inner_html == found.html
    assert found.html.endswith("suite</a></p>")


def test_safe_html_is_made_only_for_desks_that_want_it(parse: Callable[..., Any]) -> None:
    assert not Parse().html
    body = "<rss version='2.0'><channel><title>t</title><item><guid>1</guid><description>&lt;p>a</description></item>"
    assert parse(body + "</channel></rss>").entries[0].html == ""
