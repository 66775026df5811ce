"""Feeds and pages of the demo's blogs, read back with independent parsers."""

from __future__ import annotations

import gzip
import json
from datetime import UTC, datetime, timedelta
from typing import get_args
from xml.etree import ElementTree

import feedparser
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gordon.demo.blogs import Blog, Kind, posts_at
from gordon.demo.feeds import changed, render
from gordon.demo.pages import with_port, wrong_ports
from gordon.demo.site import Origin

START = datetime(2026, 11, 22, 14, 0, tzinfo=UTC)
BASE = "http://127.0.0.1:8470"
KINDS: tuple[Kind, ...] = get_args(Kind)
TITLE = 'L\u2019œuvre d\u2019été: 5 < 6 & "déjà"'
TEXT = "Où est l\u2019élève? \u2014 Là-bas.\n\nFin <b>&amp;</b>."


def blog(kind: Kind, **changes: object) -> Blog:
    plain = {
        "blog": "quai",
        "title": "Le quai",
        "about": "Des bateaux & des gens",
        "language": "fr",
        "kind": kind,
        "author": "Une autrice",
        "posts": [
            {"id": "ete", "age": "1d", "title": TITLE, "text": TEXT},
            {"id": "hier", "age": "2d", "title": "Hier", "text": "Rien."},
        ],
        "later": [{"id": "neuf", "after": 1, "title": "Neuf", "text": "Du neuf."}],
        "edits": [{"of": "hier", "after": 2, "text": "Presque rien."}],
    }
    return Blog.model_validate(plain | changes)


def origin(kind: Kind, **changes: object) -> Origin:
    return Origin(blogs=(blog(kind, **changes),), start=START, pace=10.0, base=BASE)


@pytest.mark.parametrize("charset", ["utf-8", "iso-8859-1"])
@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind != "json"])
def test_xml_feeds_are_read_by_feedparser_with_every_accent(kind: Kind, charset: str) -> None:
    site = origin(kind, charset=charset)
    feed = render(site.blogs[0], site.posts(site.blogs[0], START), BASE)
    assert f"charset={charset}" in feed.content_type
    assert feed.body.decode(charset).startswith(f'<?xml version="1.0" encoding="{charset.upper()}"?>')
    found = feedparser.parse(feed.body, response_headers={"content-type": feed.content_type}, sanitize_html=False)
    assert not found.bozo, found.get("bozo_exception")
    assert found.version == {"rss2": "rss20", "rss1": "rss10", "rss091": "rss091u", "atom": "atom10"}[kind]
    assert (found.feed.title, found.feed.language) == ("Le quai", "fr")
    first = found.entries[0]
    assert first.title.replace("&lt;", "<").replace("&amp;", "&") == TITLE
    assert first.link == f"{BASE}/quai/ete"
    body = first.content[0].value if "content" in first else first.summary
    assert body == "<p>Où est l\u2019élève? \u2014 Là-bas.</p><p>Fin &lt;b&gt;&amp;amp;&lt;/b&gt;.</p>"
    if kind != "rss091":
        moment = first.published_parsed if "published_parsed" in first else first.updated_parsed
        assert datetime(*moment[:6], tzinfo=UTC) == START - timedelta(days=1)
    if kind in ("rss2", "atom"):
        assert first.id == "tag:demo.example,2026:quai/ete"


def test_json_feeds_are_json() -> None:
    site = origin("json")
    feed = render(site.blogs[0], site.posts(site.blogs[0], START), BASE)
    data = json.loads(feed.body)
    assert data["version"] == "https://jsonfeed.org/version/1.1" and data["feed_url"] == f"{BASE}/quai/feed.json"
    assert [item["id"] for item in data["items"]] == [f"tag:demo.example,2026:quai/{name}" for name in ("ete", "hier")]
    assert data["items"][0]["title"] == TITLE and data["items"][0]["authors"] == [{"name": "Une autrice"}]
    assert (
        "authors"
        not in json.loads(render(blog("json", author=""), site.posts(site.blogs[0], START), BASE).body)["items"][0]
    )


LETTERS = st.text(st.characters(exclude_categories=("Cc", "Cs", "Co", "Cn"), exclude_characters="\ufffe\uffff"))


@given(title=LETTERS, text=LETTERS, kind=st.sampled_from(KINDS), charset=st.sampled_from(["utf-8", "iso-8859-1"]))
@settings(max_examples=100, deadline=None)
def test_any_letters_make_a_well_formed_feed(title: str, text: str, kind: Kind, charset: str) -> None:
    one = blog(kind, charset=charset, posts=[{"id": "a", "age": "1h", "title": title, "text": text}], edits=[])
    body = render(one, posts_at(one, start=START, pace=1, now=START), BASE).body
    if kind == "json":
        assert json.loads(body)["items"][0]["title"] == title
        return
    titles = [node.text or "" for node in ElementTree.fromstring(body).iter() if node.tag.endswith("title")]
    assert titles[-1] == title


@pytest.mark.parametrize("kind", KINDS)
def test_a_blog_without_posts_still_has_a_feed(kind: Kind) -> None:
    empty = blog(kind, posts=[], edits=[])
    assert changed(()) is None
    answer = Origin(blogs=(empty,), start=START, pace=10.0, base=BASE).answer(empty.feed_path, {}, START)
    assert answer.status == 200 and "Last-Modified" not in answer.headers
    assert json.loads(answer.body)["items"] == [] if kind == "json" else ElementTree.fromstring(answer.body) is not None


@pytest.mark.parametrize("kind", KINDS)
def test_a_feed_that_did_not_change_is_304_and_one_that_did_is_200(kind: Kind) -> None:
    site = origin(kind)
    path = site.blogs[0].feed_path
    first = site.answer(path, {}, START)
    tag, date = first.headers["ETag"], first.headers["Last-Modified"]
    for known in ({"if-none-match": tag}, {"if-none-match": f'"x", {tag}'}, {"if-modified-since": date}):
        same = site.answer(path, known, START + timedelta(seconds=9))
        assert (same.status, same.body, same.headers["ETag"]) == (304, b"", tag)
    for known in ({"if-none-match": tag}, {"if-modified-since": date}):
        assert site.answer(path, known, START + timedelta(seconds=10)).status == 200, "a new post"
    newer = site.answer(path, {}, START + timedelta(seconds=10)).headers["ETag"]
    assert site.answer(path, {"if-none-match": newer}, START + timedelta(seconds=20)).status == 200, "an edited post"


def test_an_etag_outweighs_a_date_and_nonsense_counts_for_nothing() -> None:
    site = origin("rss2")
    date = site.answer("/quai/feed.xml", {}, START).headers["Last-Modified"]
    assert site.answer("/quai/feed.xml", {"if-none-match": '"x"', "if-modified-since": date}, START).status == 200
    assert site.answer("/quai/feed.xml", {"if-modified-since": "yesterday"}, START).status == 200
    assert site.answer("/quai/feed.xml", {"if-modified-since": date.replace("GMT", "-0000")}, START).status == 200
    assert site.answer("/quai/feed.xml", {"if-none-match": "*"}, START).status == 304


def test_gzip_only_when_asked() -> None:
    site = origin("atom")
    plain = site.answer("/quai/feed.xml", {}, START)
    for asked in ("gzip", "deflate, GZIP;q=0.5"):
        packed = site.answer("/quai/feed.xml", {"accept-encoding": asked}, START)
        assert packed.headers["Content-Encoding"] == "gzip" and gzip.decompress(packed.body) == plain.body
        assert packed.headers["ETag"] == plain.headers["ETag"]
    for asked in ("", "identity", "gzip;q=0", "gzip; q=0.0"):
        assert "Content-Encoding" not in site.answer("/quai/feed.xml", {"accept-encoding": asked}, START).headers


def test_every_post_has_its_page_and_what_is_not_out_has_none() -> None:
    site = origin("rss1")
    page = site.answer("/quai/ete?utm_source=x", {}, START)
    assert page.status == 200 and page.headers["Content-Type"] == "text/html; charset=utf-8"
    assert (
        "<p>Où est l\u2019élève? \u2014 Là-bas.</p>" in page.body.decode() and '<html lang="fr">' in page.body.decode()
    )
    late = site.posts(site.blogs[0], START + timedelta(minutes=1))[0]
    assert site.answer(f"/quai/{late.slug}", {}, START).status == 404
    assert site.answer(f"/quai/{late.slug}", {}, START + timedelta(minutes=1)).status == 200
    for path in ("/nowhere/feed.xml", "/quai/nothing", "/quai/feed.json", "quai"):
        assert site.answer(path, {}, START).status == (200 if path == "quai" else 404)


@pytest.mark.parametrize(("kind", "media"), [("atom", "atom+xml"), ("json", "feed+json"), ("rss2", "rss+xml")])
def test_the_front_pages_lead_to_the_feeds(kind: Kind, media: str) -> None:
    site = origin(kind)
    for path in ("/", "/quai/"):
        assert site.blogs[0].feed_path in site.answer(path, {}, START).body.decode()
    assert f'type="application/{media}"' in site.answer("/quai/", {}, START).body.decode()
    document = ElementTree.fromstring(site.answer("/feeds.opml", {}, START).body)
    assert [node.get("xmlUrl") for node in document.iter("outline")] == [BASE + site.blogs[0].feed_path]


def test_the_port_in_an_opml_can_be_checked_and_changed() -> None:
    text = '<a xmlUrl="http://127.0.0.1:8470/x/"/>\n<a xmlUrl="https://example.org:8470/"/>\n'
    moved = with_port(text, 9000)
    assert moved.splitlines() == ['<a xmlUrl="http://127.0.0.1:9000/x/"/>', '<a xmlUrl="https://example.org:8470/"/>']
    assert not list(wrong_ports(text, 8470))
    (problem,) = wrong_ports(moved, 8470)
    assert (problem.file, problem.line) == ("feeds.opml", 1) and "GORDON_DEMO__PORT" in problem.remedy
