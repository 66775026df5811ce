"""HTML to plain text. Runs in the parser process."""

from __future__ import annotations

import re

from selectolax.lexbor import LexborHTMLParser

from ingest.clean import LINE, PARAGRAPH, line, paragraphs
from ingest.nesting import too_deep

_MARKUP = re.compile(r"<[a-zA-Z/!?]|&(?:#|[a-zA-Z])")
_BODY = re.compile(r"<body[\s>]", re.IGNORECASE)
_ANY_TAG = re.compile(r"<[^<>]*>")
_HIDDEN = ["script", "style", "template", "noscript", "iframe", "object", "svg", "math", "head", "title", "form"]
_BLOCKS = (
    "p,div,h1,h2,h3,h4,h5,h6,li,ul,ol,dl,dt,dd,table,tr,blockquote,pre,section,article,header,footer,aside,figure,"
    "figcaption,hr,main,nav,address,details,summary,fieldset"
)


def to_text(html: str, most: int) -> str:
    """What a reader would see, as paragraphs; entities decoded once.

    Bounded: only so much of the source is looked at that ``most`` characters of text can come of it, and markup that
    nests too deeply is stripped instead of understood.
    """
    source = html[: most * 8]
    if not _MARKUP.search(source):
        return paragraphs(source)
    if too_deep(source):
        return paragraphs(_ANY_TAG.sub(" ", source))
    tree = LexborHTMLParser(source)
    tree.strip_tags(_HIDDEN, recursive=True)
    for node in tree.css("br"):
        node.replace_with(LINE)
    for node in tree.css(_BLOCKS):
        node.insert_before(PARAGRAPH)
        node.insert_after(PARAGRAPH)
    for node in tree.css("td,th"):
        node.insert_after(" ")
    return paragraphs(tree.body.text() if tree.body else "")


def page_title(html: str) -> str:
    """What the page calls itself for others (og:title), else its title; one line."""
    head = _BODY.split(html, maxsplit=1)[0]
    if too_deep(head):
        return ""
    tree = LexborHTMLParser(head)
    told = tree.css_first("meta[property='og:title'][content]")
    title = tree.css_first("title")
    return line((told.attributes.get("content") if told else "") or (title.text() if title else ""))
