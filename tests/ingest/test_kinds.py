"""Every kind of feed through the guarded child, as the daemon does it (hostile cases 35, 36, 43)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from ingest.kinds import KINDS, parse
from ingest.kinds.xml import repaired
from ingest.raw import Document, Limits, RawFeed, Refused
from tests.ingest import texts

Parse = Callable[..., Any]


def test_rss_2(parse: Parse) -> None:
    feed = parse(texts.RSS_2)
    assert (feed.title, feed.language, feed.dropped) == ("Le guichet", "fr-CA", 0)
    first, second = feed.entries
    assert first.title == "Les délais s\u2019allongent"
    assert first.text == "Il faut six mois à Québec.\n\nUn\n\nDeux"
    assert (first.guid, first.link) == ("g-2", "https://guichet.example/delais?utm_source=rss")
    assert first.published == datetime(2026, 11, 22, 15, tzinfo=UTC)
    assert first.author == "Une autrice"
    assert second.title == "R&D : le crédit d'impôt"
    assert second.link == "https://blog.example/rd"
    assert second.published == datetime(2026, 11, 22, 9, tzinfo=UTC)


def test_rss_1_in_latin_1(parse: Parse) -> None:
    feed = parse(texts.RSS_1.encode("latin-1"))
    (entry,) = feed.entries
    assert entry.text == "The café pays again."
    assert entry.published == datetime(2026, 11, 20, 8, tzinfo=UTC)


def test_rss_091_with_its_doctype(parse: Parse) -> None:
    (entry,) = parse(texts.RSS_091).entries
    assert (entry.guid, entry.link, entry.title) == ("", "https://old.example/ferry", "Ferry fares")
    assert entry.published is None and entry.raw_date == ""


def test_atom(parse: Parse) -> None:
    feed = parse(texts.ATOM)
    first, second = feed.entries
    assert (first.title, first.link, first.text) == (
        "Benefits & forms",
        "https://valley.example/blog/one",
        "One form.\n\nTwo weeks.",
    )
    assert (second.language, second.text) == ("fr", "Un <b> reste un <b>.")
    assert second.published == datetime(2026, 11, 20, 9, tzinfo=UTC)


def test_json_feed(parse: Parse) -> None:
    feed = parse(texts.JSON_FEED, "application/feed+json")
    first, second, third = feed.entries
    assert (first.guid, first.link, first.title, first.text) == ("a", "https://blog.example/a", "Le quai", "Un quai")
    assert first.author == "Alex, Sam" and first.published == datetime(2026, 11, 22, 15, tzinfo=UTC)
    assert (second.guid, second.link, second.text) == ("7", "https://x.example/7", "One\n\ntwo words")
    assert (third.text, third.author, third.link) == ("Short", "Kim", "")


NOT_FEEDS = {
    "page": ("<!DOCTYPE html><html><body>Log in</body></html>", "not-a-feed"),
    "xhtml": ('<?xml version="1.0"?><!-- x --><html xmlns="http://www.w3.org/1999/xhtml"/>', "not-a-feed"),
    "fragment": ("<p>Sign in to the network</p>", "not-a-feed"),
    "text": ("Service unavailable", "not-a-feed"),
    "nothing": ("  \n ", "not-a-feed"),
    "svg": ('<svg xmlns="http://www.w3.org/2000/svg"/>', "not-a-feed"),
    "other json": ('{"version": "2.0", "items": []}', "not-a-feed"),
    "broken feed": ("<channel><title>x", "unparseable"),
    "broken json": ('{"version": "https://jsonfeed.org/version/1", "items": [', "unparseable"),
    "deep json": ('{"items": ' + "[" * 100_000, "unparseable"),
    "huge number": ('{"version": "https://jsonfeed.org/version/1", "x": 1e999999}', "unparseable"),
    "subset": ('<!DOCTYPE rss [<!ENTITY a "b">]><rss version="2.0"><channel/></rss>', "unparseable"),
}  # fmt: skip


@pytest.mark.hostile(26, 53)
@pytest.mark.parametrize("name", NOT_FEEDS)
def test_what_is_not_a_feed(name: str, parse: Parse) -> None:
    body, outcome = NOT_FEEDS[name]
    refused = parse(body)
    assert isinstance(refused, Refused) and refused.outcome == outcome and refused.detail


def test_a_page_names_its_feeds(parse: Parse) -> None:
    page = """<html><head><link rel="alternate" type="application/rss+xml" title="Posts" href="/feed">
      <link rel="stylesheet" href="/x.css"><link rel="alternate" type="application/atom+xml" href="//b.example/a">
      <link rel=alternate type=application/rss+xml href="javascript:x">
      <link rel=alternate hreflang=fr href=/fr></html>"""
    links = parse(page, "text/html", "https://a.example/blog").links
    assert [(link.url, link.title) for link in links] == [
        ("https://a.example/feed", "Posts"),
        ("https://b.example/a", ""),
    ]


def test_a_feed_without_entries_is_still_a_feed(parse: Parse) -> None:
    assert parse('<rss version="2.0"><channel><title>t</title></channel></rss>') == RawFeed(title="t")


def test_a_feed_wrapped_in_a_page_and_a_broken_one_are_read(parse: Parse) -> None:
    feed = texts.ATOM.split("?>", 1)[1]
    assert len(parse(f"<!DOCTYPE html><html><body>{feed}</body></html>").entries) == 2
    assert len(parse(texts.RSS_2.replace("<title>Le guichet", "<title>Le & guichet <i>")[:-200]).entries) >= 1


def rss(text: str, head: str = "") -> str:
    item = f"<item><title>{text}</title><guid>1</guid></item>"
    return f'{head}<rss version="2.0"><channel><title>t</title>{item}</channel></rss>'


ACCENTS = "Émis à l'été, œuvre de Noël"
LATIN_1 = '<?xml version="1.0" encoding="ISO-8859-1"?>'
CHARSETS = {
    "header says latin-1, body is utf-8": (rss(ACCENTS).encode(), "text/xml; charset=iso-8859-1"),
    "utf-16 with mark": (rss(ACCENTS).encode("utf-16"), "text/xml"),
    "utf-16 without mark": (rss(ACCENTS, '<?xml version="1.0" encoding="utf-16"?>').encode("utf-16-be"), ""),
    "utf-8 with mark": (b"\xef\xbb\xbf" + rss(ACCENTS).encode(), "text/xml; charset=utf-16"),
    "declared latin-1, really windows": (rss(ACCENTS, LATIN_1).encode("cp1252"), ""),
    "header knows": (rss(ACCENTS).encode("cp1252"), 'application/xml; charset="windows-1252"'),
    "header and declaration lie": (rss(ACCENTS, LATIN_1).encode("cp1252"), "text/xml; charset=utf-8"),
    "nobody knows": (rss(ACCENTS).encode("cp1252"), ""),
    "a codec of python": (rss(ACCENTS).encode("cp1252"), "text/xml; charset=unicode_escape"),
    "declared codec of python": (rss(ACCENTS, '<?xml version="1.0" encoding="unicode_escape"?>').encode(), ""),
    "unknown": (rss(ACCENTS).encode(), "text/xml; charset=klingon"),
}  # fmt: skip


@pytest.mark.hostile(43)
@pytest.mark.parametrize("name", CHARSETS)
def test_accents_survive_lies_about_the_charset(name: str, parse: Parse) -> None:
    body, header = CHARSETS[name]
    assert parse(body, header).entries[0].title == ACCENTS


def test_one_broken_byte_does_not_spoil_the_rest(parse: Parse) -> None:
    body = rss(ACCENTS + " X").encode().replace(b"X", b"\xff")
    assert parse(body).entries[0].title == f"{ACCENTS} \ufffd"


def test_other_alphabets(parse: Parse) -> None:
    assert (
        parse(rss("日本", '<?xml version="1.0" encoding="Shift_JIS"?>').encode("shift_jis")).entries[0].title == "日本"
    )
    assert parse(rss("日本").encode("iso2022_jp"), "text/xml; charset=iso-2022-jp").entries[0].title == "日本"


@pytest.mark.hostile(35)
def test_control_direction_and_broken_characters(parse: Parse) -> None:
    body = rss("a\u202eb\u200bc\u00add &#x1F600; &#xD800; &#x110000; \0e")
    found = parse(body)
    assert isinstance(found, RawFeed)
    assert not set("\u202e\u200b\u00ad\0") & set(found.entries[0].title)


@pytest.mark.hostile(35)
def test_halves_of_emoji_are_joined() -> None:
    assert repaired("a&#55357;&#56832;b&#xD83D;&#xDE00; &#55295;&#57344;") == "a😀b😀 &#55295;&#57344;"
    assert repaired("&#xd83d;x&#56832;") == "\ufffdx\ufffd"
    assert repaired("&#60;&#x110000;&#233;") == "&lt;\ufffdé"


@pytest.mark.hostile(36)
def test_the_newest_entries_are_kept_and_the_others_counted() -> None:
    items = "".join(
        f"<item><guid>{n}</guid><title>{n}</title><pubDate>{n:02} Nov 2026 00:00:00 GMT</pubDate></item>"
        for n in range(1, 11)
    )
    body = f'<rss version="2.0"><channel><title>t</title>{items}<item><guid>x</guid></item></channel></rss>'
    feed = parse_here(body, entries=3)
    assert [entry.guid for entry in feed.entries] == ["8", "9", "10"] and feed.dropped == 8


@pytest.mark.hostile(36)
def test_long_texts_are_cut_with_a_flag() -> None:
    (entry,) = parse_here(
        rss("t").replace("<guid>", f"<description>{'mot ' * 2000}</description><guid>"), text=1000
    ).entries
    assert entry.cut and 990 <= len(entry.text) <= 1000 and entry.text.endswith("mot")


def parse_here(body: str, *, entries: int = 500, text: int = 100_000) -> RawFeed:
    found = parse(Document(body=body.encode(), limits=Limits(entries=entries, text=text)))
    assert isinstance(found, RawFeed)
    return found


def test_kinds_are_tried_in_the_order_of_the_dictionary() -> None:
    assert list(KINDS) == ["json-feed", "news-sitemap", "xml"]


def test_known_items_of_a_json_feed_are_left_out() -> None:
    whole = parse(Document(body=texts.JSON_FEED.encode()))
    assert isinstance(whole, RawFeed) and whole.places == (0, 1, 2) and len(set(whole.raws)) == 3
    other_form = texts.JSON_FEED.replace('"id": 7, "external_url"', '"language":  "en", "id": 7, "external_url"')
    known = parse(Document(body=other_form.encode(), known=whole.raws[0] + whole.raws[1]))
    assert isinstance(known, RawFeed)
    assert (known.raws, known.places, known.entries) == (whole.raws, (2,), whole.entries[2:])
    french = parse(Document(body=texts.JSON_FEED.replace('"fr"', '"en"').encode()))
    assert isinstance(french, RawFeed) and not set(french.raws) & set(whole.raws)


def test_a_json_feed_that_is_too_long_is_parsed_as_a_whole() -> None:
    whole = parse(Document(body=texts.JSON_FEED.encode()))
    assert isinstance(whole, RawFeed)
    limits = Limits(entries=2)
    cut = parse(Document(body=texts.JSON_FEED.encode(), limits=limits, known=b"".join(whole.raws)))
    assert isinstance(cut, RawFeed)
    assert (cut.raws, cut.places, len(cut.entries), cut.dropped) == ((), (), 2, 1)


def test_safe_html_is_kept_where_it_is_wanted() -> None:
    markup = '&lt;p onclick="x()"&gt;A &lt;a href="/b"&gt;link&lt;/a&gt;&lt;/p&gt;&lt;script&gt;x&lt;/script&gt;'
    body = rss("t").replace("<guid>", f"<description>{markup}</description><guid>")
    (entry,) = here(body, html=True).entries
    assert entry.html.startswith("<p>A <a ") and 'href="https://blog.example/b"' in entry.html
    assert "script" not in entry.html and "onclick" not in entry.html
    assert here(body, html=False).entries[0].html == ""
    (first, second) = here(texts.ATOM, html=True).entries
    assert first.html and second.html == "<p>Un &lt;b&gt; reste un &lt;b&gt;.</p>"
    items = here(texts.JSON_FEED, html=True).entries
    assert [item.html for item in items] == ["<p>Un&nbsp;quai</p>", "<p>One</p><p>two words</p>", "<p>Short</p>"]


def here(body: str, *, html: bool) -> RawFeed:
    found = parse(Document(body=body.encode(), url="https://blog.example/feed", limits=Limits(html=html)))
    assert isinstance(found, RawFeed)
    return found


def test_windows_characters_in_any_text_come_out_as_what_was_meant() -> None:
    (entry,) = here(rss("it&#146;s \u0153uvre \u20ac"), html=False).entries
    assert entry.title == "it\u2019s \u0153uvre \u20ac"
