"""The main text of an article's page, without menus, advertising and comments. Runs in the parser process.

The only home of trafilatura, which is loaded with the first page: who asks for no pages does not pay for it.
"""

from __future__ import annotations

from ingest.charset import decode
from ingest.clean import cut
from ingest.html import page_title, to_text
from ingest.raw import Document, RawPage, Refused
from ingest.safe_html import safe

MOST_SOURCE = 4 * 1024**2
"""Characters of a page that are looked at."""


def read_page(document: Document) -> RawPage | Refused:
    """The main text within the document's limits; Refused as "not-a-feed" where there is none.

    Bounded in time and memory by the parser process only: nobody else may call this."""
    source = decode(document.body, document.content_type, page=True)[:MOST_SOURCE].lstrip("\ufeff \t\r\n\0")
    if not source.startswith("<"):
        return Refused(outcome="not-a-feed", detail="not a page" if source else "the page is empty")
    article = _article(source, document.url)
    text, short = cut(to_text(article, document.limits.text + 1), document.limits.text)
    if not text:
        return Refused(outcome="not-a-feed", detail="a page without a main text")
    html = safe(article, document.url) if document.limits.html else ""
    return RawPage(title=page_title(source), text=text, html=html, cut=short)


def _article(source: str, url: str) -> str:
    """The part of the page that is its article, as simple HTML; "" where none is found. No file is opened and nothing
    is fetched: trafilatura gets the source, and would only fetch what it is given as an address."""
    from trafilatura import extract

    found = extract(
        source,
        url=url or None,
        output_format="html",
        include_comments=False,
        include_links=True,
        include_formatting=True,
        include_images=False,
        with_metadata=False,
    )
    return found or ""
