"""HTML to text, cleaning and dates (hostile cases 33, 35, 51)."""

from __future__ import annotations

from datetime import UTC, datetime
from time import gmtime, struct_time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ingest.clean import cut, line, paragraphs, plain
from ingest.dates import iso, moment
from ingest.feed_links import feed_links
from ingest.html import to_text

HTML = {
    "<p>One</p><p>Two</p>": "One\n\nTwo",
    "One<br>Two<br/><br>Three": "One\nTwo\nThree",
    "<div>A<div>B</div>C</div>": "A\n\nB\n\nC",
    "in<b>line</b> <i>text</i>": "inline text",
    "R&amp;D &lt;b&gt; &eacute;t&#233; &nbsp; fin": "R&D <b> été fin",
    "&amp;amp;": "&amp;",
    "<script>alert(1)</script>x<style>p{}</style><!-- no -->": "x",
    "<table><tr><td>a</td><td>b</td></tr></table>": "a b",
    "  plain \n text ": "plain text",
    "5 < 6 & 7 > 2": "5 < 6 & 7 > 2",
    "<p>L'h\u00f4pital</p>": "L'hôpital",
    "": "",
    "<p>": "",
    "<b>unclosed <p>tags": "unclosed\n\ntags",
    "<div>" * 300 + "deep" + "</div>" * 300: "deep",
}


@pytest.mark.parametrize("html", HTML)
def test_html_to_text(html: str) -> None:
    assert to_text(html, 1000) == HTML[html]


def test_the_source_is_bounded() -> None:
    assert len(to_text("<p>" + "word " * 10_000, 100)) <= 800


def test_a_page_nested_too_deeply_names_no_feeds() -> None:
    link = '<link rel="alternate" type="application/rss+xml" href="/f">'
    assert feed_links(link, "https://a.example/")
    assert feed_links("<b>" * 2000 + link, "https://a.example/") == ()


def test_cleaning() -> None:
    assert line(" a\n\tb\u202e\u200bc\ud800\x00 ") == "a bc\ufffd"
    assert line("e\u0301te\u0301") == "été"
    assert line("x" * 20, 5) == "xxxxx"
    assert plain("one\r\ntwo\n \nthree") == "one two\n\nthree"
    assert paragraphs("") == ""


def test_cutting_prefers_a_space() -> None:
    assert cut("short", 10) == ("short", False)
    assert cut("some words here", 12) == ("some words", True)
    assert cut("x" * 30, 10) == ("x" * 10, True)


@given(st.text(max_size=300))
@settings(max_examples=100, deadline=None)
@pytest.mark.hostile(35)
def test_text_comes_out_clean_whatever_goes_in(text: str) -> None:
    for found in (to_text(text, 1000), plain(text), line(text)):
        assert found == found.strip() and "\n\n\n" not in found
        found.encode()
        assert not any(letter < " " and letter != "\n" for letter in found)


DATES = {
    "Dim, 22 nov 2026": datetime(2026, 11, 22, tzinfo=UTC),
    "dimanche 22 novembre 2026 à 10:30:00": datetime(2026, 11, 22, 10, 30, tzinfo=UTC),
    "le 1er août 2026": datetime(2026, 8, 1, tzinfo=UTC),
    "jeu., 5 févr. 2026 08:00:00 -0500": datetime(2026, 2, 5, 13, tzinfo=UTC),
    "Sun, 22 Nov 2026 10:00:00 -0500": datetime(2026, 11, 22, 15, tzinfo=UTC),
    "2026-11-22T10:00:00+01:00": datetime(2026, 11, 22, 9, tzinfo=UTC),
    "2026-13-45T99:99:99Z": None,
    "2026-02-32": None,
    "Dim, 42 nov 2026": None,
    "Dim, 22 foo 2026": None,
    "22 nov 2026 99:99:99": None,
    "soon": None,
    "": None,
}


@pytest.mark.hostile(51)
@pytest.mark.parametrize("raw", DATES)
def test_dates_that_feedparser_does_not_read(raw: str) -> None:
    assert moment(raw, None) == DATES[raw]


@pytest.mark.hostile(51)
def test_what_feedparser_reads_is_checked() -> None:
    assert moment("x", gmtime(0)) == datetime(1970, 1, 1, tzinfo=UTC)
    assert moment("2026-13-45T99:99:99Z", gmtime(0)) is None
    assert moment("x", struct_time((0, 1, 1, 0, 0, 0, 0, 1, 0))) is None
    assert moment("x", struct_time((2026, 1, 1, 0, 0, 61, 0, 1, 0))) is None


def test_iso_dates() -> None:
    assert iso("2026-11-22T10:00:00") == datetime(2026, 11, 22, 10, tzinfo=UTC)
    assert iso("0001-01-01T00:00:00+14:00") is None
