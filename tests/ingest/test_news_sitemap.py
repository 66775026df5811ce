"""Google-news sitemaps: strict XML, bounded, everything else refused with a reason."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from ingest.kinds import parse
from ingest.raw import HASH, Document, Limits, RawFeed, Refused

NAMESPACES = (
    'xmlns="http://www.sitemaps.org/schemas/sitemap/0.9" xmlns:n="http://www.google.com/schemas/sitemap-news/0.9" '
    'xmlns:image="http://www.google.com/schemas/sitemap-image/1.1"'
)


def article(number: int, more: str = "", *, name: str = "Le Quai", date: str = "2026-11-20") -> str:
    return f"""<url><loc>
      https://quai.example/{number}?a=1&amp;b=2 </loc><n:news><n:publication><n:name>{name}</n:name>
      <n:language>fr</n:language></n:publication><n:publication_date>{date}</n:publication_date>
      <n:title>L&#8217;été <![CDATA[n° {number}]]></n:title></n:news>{more}</url>"""


def sitemap(*urls: str, head: str = '<?xml version="1.0" encoding="UTF-8"?>\n<!-- made by hand -->') -> str:
    return f"{head}<urlset {NAMESPACES}>{''.join(urls)}</urlset>"


def read(text: str, known: bytes = b"", entries: int = 500) -> RawFeed:
    found = parse(
        Document(body=text.encode(), url="https://quai.example/news.xml", known=known, limits=Limits(entries=entries))
    )
    assert isinstance(found, RawFeed)
    return found


def refused(text: str) -> Refused:
    found = parse(Document(body=text.encode(), url="https://quai.example/news.xml"))
    assert isinstance(found, Refused)
    return found


def test_articles_come_out_as_entries() -> None:
    image = "<image:image><image:loc>https://quai.example/i.png</image:loc><image:title>no</image:title></image:image>"
    plain = "<url><loc>https://quai.example/about</loc></url>"
    feed = read(sitemap(plain, article(1, image, date="2026-11-22T10:00:00-05:00"), article(2)))
    first, second = feed.entries
    assert feed.title == "Le Quai" and feed.dropped == 0
    assert first.guid == first.link == "https://quai.example/1?a=1&b=2"
    assert (first.title, first.language, first.text) == ("L’été n° 1", "fr", "")
    assert first.raw_date == "2026-11-22T10:00:00-05:00"
    assert first.published == datetime(2026, 11, 22, 15, tzinfo=UTC)
    assert second.published == datetime(2026, 11, 20, tzinfo=UTC)
    assert read(sitemap(article(1), article(2, name="Autre"))).title == ""


def test_known_articles_are_left_out() -> None:
    text = sitemap(*map(article, range(4)))
    raws = read(text).raws
    feed = read(text, known=raws[0] + raws[2])
    assert feed.raws == raws and feed.places == (1, 3) and len(raws[0]) == HASH
    assert feed.entries == tuple(read(text).entries[place] for place in (1, 3))
    assert read(text, known=b"".join(raws)).entries == ()


def test_the_newest_are_kept() -> None:
    urls = [article(number, date=f"2026-11-{number:02}") for number in range(1, 6)]
    feed = read(sitemap(*urls), known=read(sitemap(*urls)).raws[4], entries=2)
    assert (feed.dropped, feed.raws, feed.places) == (3, (), ())
    assert [entry.raw_date for entry in feed.entries] == ["2026-11-04", "2026-11-05"]


REFUSED = {
    "index": ("<sitemapindex><sitemap><loc>https://quai.example/s</loc></sitemap></sitemapindex>", "index"),
    "plain": (sitemap("<url><loc>https://quai.example/</loc></url>"), "without news"),
    "empty": (sitemap(), "without news"),
    "news without an address": (sitemap("<url><n:news><n:title>t</n:title></n:news></url>"), "without news"),
    "news of another kind": (sitemap("<url><loc>x</loc><news xmlns='urn:x'/></url>"), "without news"),
}  # fmt: skip
BROKEN = {
    "not well-formed": (sitemap(article(1)) + "<x>", "not readable"),
    "entity": (sitemap(article(1, "&nbsp;")), "not readable"),
    "document type": (sitemap(article(1), head="<!DOCTYPE urlset SYSTEM 'http://127.0.0.1:1/x.dtd'>"), "document type"),
    "subset": (sitemap(article(1), head='<!DOCTYPE urlset [<!ENTITY a "b">]>'), "document type"),
    "deep": (sitemap("<a>" * 100_000), "nest"),
    "endless": (sitemap("<url/>" * 60_000), "more than"),
}  # fmt: skip


@pytest.mark.parametrize("name", REFUSED)
def test_other_sitemaps_are_no_feeds(name: str) -> None:
    text, detail = REFUSED[name]
    found = refused(text)
    assert found.outcome == "not-a-feed" and detail in found.detail


@pytest.mark.parametrize("name", BROKEN)
def test_broken_sitemaps_are_refused(name: str) -> None:
    text, detail = BROKEN[name]
    found = refused(text)
    assert found.outcome == "unparseable" and detail in found.detail
