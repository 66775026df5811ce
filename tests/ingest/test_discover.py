"""Finding the feed of a page: what is chosen, what is tried and how often, and what is asked of a real parser."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from dataclasses import replace

import pytest

from gordon.settings import Http
from ingest.client import Client
from ingest.discover import COMMON, MOST_TRIED, Discovery, Preview, choose, discover, places, preview, shown
from ingest.feed_links import MOST_IN_BODY, feed_links
from ingest.http import Response
from ingest.parser import ParserPool
from ingest.raw import FeedLink, RawPage
from tests.ingest.origin import Origin, reply

SITE = "https://guichet.example/"
RSS = """<?xml version="1.0"?><rss version="2.0"><channel><title>Le guichet</title><language>fr-CA</language>
<item><title>Délais de passeport</title><link>/1</link><pubDate>Mon, 02 Nov 2026 08:00:00 GMT</pubDate></item>
<item><title>Nouveaux frais</title><link>/2</link><pubDate>Tue, 03 Nov 2026 08:00:00 GMT</pubDate></item>
</channel></rss>"""
FEED = Preview(f"{SITE}feed", "ok", "", 200, title="Le guichet", feed=True)
PAGE = Preview(SITE, "not-a-feed", "an HTML page", 200)
MISSING = Preview(SITE, "unreachable", "HTTP 404", 404)


class Site:
    """A site of previews; everything else is missing. ``asked`` in order, a "…" for each pause."""

    def __init__(self, there: Mapping[str, Preview]) -> None:
        self._there = there
        self.asked: list[str] = []

    def find(self, url: str) -> Discovery:
        return discover(url, self._look, lambda: self.asked.append("…"))

    def _look(self, url: str) -> Preview:
        self.asked.append(url)
        return self._there.get(url, MISSING)


def link(path: str, title: str = "", kind: str = "application/rss+xml") -> FeedLink:
    return FeedLink(url=f"{SITE}{path}", title=title, type=kind)


def test_an_address_that_is_a_feed_is_asked_once() -> None:
    site = Site({FEED.url: FEED})
    assert site.find(FEED.url) == Discovery(FEED.url, FEED, "itself")
    assert site.asked == [FEED.url]


def test_the_one_feed_of_a_page() -> None:
    site = Site({SITE: replace(PAGE, links=(link("feed"),)), FEED.url: FEED})
    found = site.find(SITE)
    assert (found.url, found.how, found.preview) == (FEED.url, "named", FEED)
    assert site.asked == [SITE, "…", FEED.url]


def test_a_page_with_several_feeds_is_not_decided_for_a_person() -> None:
    links = (link("en", "News"), link("fr", "Nouvelles"))
    site = Site({SITE: replace(PAGE, links=links)})
    found = site.find(SITE)
    assert (found.url, found.how, found.offered) == (SITE, "several", links) and site.asked == [SITE]


CHOICES = {
    "one": ((link("a"),), "a"),
    "comments in English": ((link("comments/feed", "Site » Comments Feed"), link("feed", "Site » Feed")), "feed"),
    "comments in French": ((link("x", "Flux des commentaires"), link("feed", "Le site » Flux")), "feed"),
    "formats": ((link("a", "Site RSS"), link("b", "Site (Atom)", "application/atom+xml")), "b"),
    "formats without names": ((link("a"), link("b", "", "application/feed+json")), "a"),
    "several": ((link("a", "Ports"), link("b", "Rail", "application/atom+xml")), None),
    "several of one type": ((link("a", "RSS"), link("b", "RSS")), None),
    "only comments": ((link("a", "Comments of Ann"), link("b", "Comments of Bob")), None),
}


@pytest.mark.parametrize("name", CHOICES)
def test_choosing(name: str) -> None:
    links, wanted = CHOICES[name]
    chosen, why = choose(links)
    assert (chosen.url.removeprefix(SITE) if chosen else None) == wanted and why


def test_links_of_the_body_come_before_common_places() -> None:
    site = Site({SITE: replace(PAGE, links=(link("no", kind=""), link("fil", kind=""))), f"{SITE}fil": FEED})
    found = site.find(SITE)
    assert (found.url, found.how) == (f"{SITE}fil", "linked")
    assert site.asked == [SITE, "…", f"{SITE}no", "…", f"{SITE}fil"]


def test_common_places_one_after_the_other_until_there_is_a_feed() -> None:
    site = Site({SITE: PAGE, f"{SITE}atom.xml": FEED})
    assert (site.find(SITE).url, site.asked.count("…")) == (f"{SITE}atom.xml", 3)
    nothing = Site({SITE: PAGE})
    assert nothing.find(SITE) == Discovery(SITE, PAGE, "none")
    assert nothing.asked[2::2] == [f"{SITE}{name}" for name in COMMON] and len(COMMON) == MOST_TRIED


def test_common_places_begin_around_the_page_and_are_few() -> None:
    tried = places(replace(PAGE, url=f"{SITE}~anne/2026/x.html"), [f"{SITE}{n}" for n in range(9)])
    assert len(tried) == MOST_TRIED and len([url for url in tried if url[len(SITE) :].isdigit()]) == 3
    assert tried[3:7] == [f"{SITE}~anne/feed/", f"{SITE}~anne/rss.xml", f"{SITE}~anne/atom.xml", f"{SITE}feed/"]
    assert places(replace(PAGE, url=f"{SITE}page.html"), [])[0] == f"{SITE}feed/"
    assert places(replace(MISSING, url=SITE), [])


@pytest.mark.parametrize(
    "answer",
    [
        Preview(SITE, "rate-limited", "HTTP 429", 429),
        Preview(SITE, "blocked", "HTTP 403", 403),
        Preview(SITE, "unreachable", "no answer in time"),
        Preview(SITE, "unreachable", "HTTP 500", 500),
    ],
    ids=lambda answer: answer.detail,
)
def test_a_site_that_refuses_is_left_alone(answer: Preview) -> None:
    assert places(answer, []) == []
    site = Site({SITE: PAGE, f"{SITE}feed/": answer, f"{SITE}rss.xml": FEED})
    assert site.find(SITE).how == "none" and site.asked == [SITE, "…", f"{SITE}feed/"]


def test_the_text_of_a_page_is_no_feed() -> None:
    answer = Response("k", 200, SITE, {}, b"x", 1, 0.1)
    assert (shown(answer, RawPage(text="x")).feed, shown(answer, RawPage(text="x")).outcome) == (False, "not-a-feed")


# What a page names


def urls(html: str, base: str = SITE) -> list[str]:
    return [one.url.removeprefix(SITE) for one in feed_links(html, base)]


def test_links_of_the_head() -> None:
    html = """<head><base href="/blog/"><link rel="alternate" type="application/rss+xml" href="rss" title=" Le  fil ">
    <link rel="alternate" type="application/json" href="/wp-json/wp/v2/pages/1">
    <link rel="alternate" hreflang="fr" href="/fr"><link rel=feed href=f>
    <link rel="alternate" type="application/json+oembed" href="/oe"><link rel="alternate" type="text/xml" href="ftp://x/">
    <link rel="ALTERNATE" type="Application/Atom+XML; charset=utf-8" href="rss#again"></head>
    <body><a href="/body/rss">RSS</a>"""
    assert urls(html) == ["blog/rss", "blog/f"]
    assert feed_links(html, SITE)[0].title == "Le fil"


BODY = {
    '<a href="/rss">x</a>': ["rss"],
    '<a href="/fr/fil-rss/">x</a>': ["fr/fil-rss/"],
    '<a href="/spip.php?page=backend&amp;format=rss">x</a>': ["spip.php?page=backend&format=rss"],
    '<A CLASS=b HREF=/w?a=1&feed=rss2>no quotes</A><a href="/x">Fil <b>RSS</b></a>': ["w?a=1&feed=rss2", "x"],
    '<a href="/y"><img src="i.png" alt="RSS"></a>': ["y"],
    '<a href="/z" title="Flux d’information"></a>': ["z"],
    '<a href="https://elsewhere.example/feed">a</a><a href="/feed">b</a>': ["feed", "https://elsewhere.example/feed"],
    '<a href="/feedback">Feedback</a><a href="/rss.png">RSS</a><a href="mailto:rss@x">RSS</a><a>RSS</a>': [],
    '<a href="/news/rss.html">About RSS</a><a href="/press">Press</a>': [],
    "<!-- <a href='/rss'>x</a> --><a href='/atom.xml'>": [],
}


@pytest.mark.parametrize("html", BODY)
def test_links_of_the_body_that_look_like_feeds(html: str) -> None:
    assert urls(f"<html><head></head><body>{html}</body>") == BODY[html]
    assert urls(html) == BODY[html]
    assert all(one.type == "" for one in feed_links(html, SITE))


def test_links_are_few() -> None:
    assert len(urls("".join(f'<a href="/{n}/rss">x</a>' for n in range(100)))) == MOST_IN_BODY


# With the real client and parser


@pytest.fixture
def client() -> Iterator[Client]:
    made = Client(Http(allow_networks=("127.0.0.0/8",)), clock=time.monotonic)
    yield made
    made.close()


def test_over_the_wire(origin: Origin, client: Client, pool: ParserPool) -> None:
    origin.answers |= {
        "/": reply("<html><head></head><body><a href='/neuf/flux'>Fil RSS</a></body></html>"),
        "/neuf/flux": reply(status=301, headers={"Location": "/flux"}),
        "/flux": reply(RSS, headers={"Content-Type": "application/rss+xml"}),
        "/empty": reply(""),
    }
    found = discover(origin.url("/"), lambda url: preview(url, client, pool), lambda: None)
    assert (found.url, found.how) == (origin.url("/neuf/flux"), "linked")
    assert found.preview.moved == found.preview.url == origin.url("/flux")
    assert (found.preview.title, found.preview.language, len(found.preview.entries)) == ("Le guichet", "fr-CA", 2)
    empty = preview(origin.url("/empty"), client, pool)
    assert (empty.feed, empty.outcome) == (False, "empty")
    refused = preview("file:///etc/passwd", client, pool)
    assert (refused.feed, refused.outcome) == (False, "blocked")
