"""Lists of subscriptions from elsewhere: OPML, FOAF, iGoogle; whatever is broken in them costs only itself."""

from __future__ import annotations

import time
from xml.sax.saxutils import escape

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ingest.lists import MOST_DEPTH, MOST_PROBLEMS, address, read_list, same
from ingest.markup import End, Markup, Start, unescape

FOAF = """<rdf:RDF xmlns:rdf="r" xmlns:foaf="f" xmlns:rdfs="s" xmlns:rss="c" xmlns:ya="y">
<foaf:Group><foaf:name> Les ports </foaf:name>
  <foaf:member><foaf:Agent>
    <foaf:weblog><foaf:Document rdf:about="https://a.example/"><rdfs:seeAlso>
      <rss:channel rdf:about=" https://a.example/feed "/></rdfs:seeAlso></foaf:Document></foaf:weblog>
    <foaf:name>Anne &amp; Co</foaf:name>
  </foaf:Agent></foaf:member></foaf:Group>
<foaf:Person><foaf:name>Bob</foaf:name>
  <ya:blogActivity><ya:Posts><ya:feed rdf:resource="https://b.example/feed"/></ya:Posts></ya:blogActivity>
  <foaf:knows><foaf:Person><foaf:name>Carl</foaf:name><rdfs:seeAlso rdf:resource="https://c.example/foaf"/>
  </foaf:Person></foaf:knows></foaf:Person>
<rss:channel rdf:about="https://no.example/feed"/>
</rdf:RDF>"""
IGOOGLE = """<GadgetTabML version="1.0" xmlns:iGoogle="g"><iGoogle:Tab title="Ports"><iGoogle:Section>
<iGoogle:Module type="RSS"><iGoogle:ModulePrefs xmlUrl="https://a.example/feed"/></iGoogle:Module>
</iGoogle:Section></iGoogle:Tab><iGoogle:ModulePrefs xmlUrl="https://no.example/"/></GadgetTabML>"""


def found(text: str) -> list[tuple[str, str, str]]:
    return [(one.feed.url, one.feed.title, one.feed.folder) for one in read_list(text.encode(), "x")[0].feeds]


def lines(text: str) -> list[tuple[int, str]]:
    return [(problem.line, problem.message) for problem in read_list(text.encode(), "x")[1]]


def test_foaf() -> None:
    assert found(FOAF) == [
        ("https://a.example/feed", "Anne & Co", "Les ports"),
        ("https://b.example/feed", "Bob", ""),
    ]
    assert lines(FOAF) == []


def test_igoogle() -> None:
    assert found(IGOOGLE) == [("https://a.example/feed", "", "Ports")] and lines(IGOOGLE) == []


def test_opml_with_folders_and_attributes() -> None:
    text = """<?xml version="1.0"?><!DOCTYPE opml [<!ENTITY x "y">]>
    <opml xmlns:g="urn:gordon:opml:1" xmlns:x="urn:x"><head><title>xmlUrl="no"</title></head><body>
    <outline text="Un/Deux" x:colour="red" category="/a"><outline text="">
    <outline XMLURL="https://a.example/f?a=1&amp;copy=2"
      text="ici" title="là" type="pie" g:id="a" g:fulltext="yes" x:note="n" unbound:note="n" htmlUrl="h"/>
    </outline></outline>
    <!-- <outline xmlUrl="https://comment.example/"/> --><outline xmlUrl="https://a.example/f?a=1&amp;copy=2"/>
    <outline text="arch&aelig;ology &#x42;" xmlUrl='feed://b.example/'></outline></body></opml>"""
    listed, problems = read_list(text.encode(), "x")
    first, second = listed.feeds
    assert problems == []
    assert (first.feed.id, first.feed.url, first.feed.full_text) == ("a", "https://a.example/f?a=1&copy=2", True)
    assert first.path == ("Un/Deux",) and first.feed.title == "là"
    assert first.extra == {"text": "ici", "type": "pie", "{urn:x}note": "n", "htmlUrl": "h"}
    assert listed.folders == {("Un/Deux",): {"{urn:x}colour": "red", "category": "/a"}}
    assert (second.feed.url, second.feed.title) == ("http://b.example/", "archæology B")


MISTAKES = {
    "ampersand": ('<opml><body>\n<outline text="R & D" xmlUrl="https://a/?x&y"/></body></opml>', [2]),
    "entity": ('<opml><body>\n<outline text="&nosuch;" xmlUrl="https://a/"/></body></opml>', [2]),
    "quotes": (
        '<opml><body>\n<outline text="a "b" it\'s" title="c>d" xmlUrl="https://a/" type="rss"/></body></opml>',
        [2],
    ),
    "less than": ('<opml><body>\n1 < 2 <outline xmlUrl="https://a/"/></body></opml>', [2]),
    "unclosed": ('<opml>\n<body><outline text="F"><outline xmlUrl="https://a/"/>', [1, 2, 2]),
    "crossed": (
        '<opml><body>\n<outline text="F"><b><outline xmlUrl="https://a/"/></outline>\n</b></body></opml>',
        [2, 3],
    ),
    "root": ('<list>\n<outline xmlUrl="https://a/"/></list>', [1]),
    "scheme": ('<opml><body><outline xmlUrl="https://a/"/>\n<outline xmlUrl="file:///etc"/></body></opml>', [2]),
    "fulltext": ('<opml><body>\n<outline xmlUrl="https://a/" gordon:fulltext="maybe"/></body></opml>', [2]),
    "no address": ('<opml><body><outline xmlUrl="https://a/"/>\n<outline type="rss"/></body></opml>', [2]),
    "site": (
        '<opml><body><outline xmlUrl="https://a/"/>\n<outline type="rss" htmlUrl="http://s/"/></body></opml>',
        [2],
    ),
    "list": (
        '<opml><body><outline xmlUrl="https://a/"/>\n<outline type="source" xmlUrl="http://s/"/></body></opml>',
        [2],
    ),
    "include": (
        '<opml><body><outline xmlUrl="https://a/"/>\n<outline type="Include" url="http://s/"/></body></opml>',
        [2],
    ),
    "same id and no end": (
        '<opml><body><outline xmlUrl="https://a/" gordon:id="i"/>\n<outline xmlUrl="https://b/" gordon:id="i"/></body>',
        [1, 2],
    ),
}


@pytest.mark.parametrize("name", MISTAKES)
def test_a_mistake_is_told_with_its_line_and_costs_nothing_else(name: str) -> None:
    text, where = MISTAKES[name]
    urls = [url for url, _, _ in found(text)]
    assert len(urls) == 1 and urls[0].startswith("https://a/")
    assert sorted(line for line, _ in lines(text)) == where


@pytest.mark.parametrize("text", ["", " \n", "no markup", "<!-- <opml> ", "\ufeff"])
def test_nothing_to_read_is_a_problem(text: str) -> None:
    assert found(text) == [] and len(lines(text)) == 1


@pytest.mark.parametrize(
    "text",
    ["<" * 500_000, "<a '" * 100_000, '<a b="' * 100_000, "<outline>" * 100_000, "</x>" * 100_000, "&" * 300_000,
     "<opml " + 'a="' * 100_000 + ">", "<!DOCTYPE [" * 50_000, "<foaf:Agent>" * 50_000],
)  # fmt: skip
def test_hostile_lists_are_read_in_bounded_time(text: str) -> None:
    began = time.process_time()
    _, problems = read_list(text.encode(), "x")
    assert time.process_time() - began < 20 and 0 < len(problems) <= MOST_PROBLEMS
    assert len(text) > MOST_DEPTH


def test_addresses_as_people_write_them() -> None:
    for written, meant in {
        "guichet.example": "https://guichet.example",
        " guichet.example/fil?x=https://y ": "https://guichet.example/fil?x=https://y",
        "guichet.example:8080/fil": "https://guichet.example:8080/fil",
        "localhost:8080": "https://localhost:8080",
        "feed://guichet.example/fil": "http://guichet.example/fil",
        "FEED:https://guichet.example/": "https://guichet.example/",
        "https://guichet.example/": "https://guichet.example/",
        "file:///etc/passwd": "file:///etc/passwd",
        "javascript:alert(1.5)": "javascript:alert(1.5)",
        "user:pass@guichet.example": "user:pass@guichet.example",
        "nothing": "nothing",
    }.items():
        assert address(written) == meant


def test_tokens() -> None:
    source = Markup("<?x ?><!DOCTYPE a>\n<a b='1>2' c=\"&lt;\" b='no'/>x&amp;<![CDATA[<y>&z]]></A>")
    assert list(source.tokens()) == [
        "\n",
        Start("a", {"b": "1>2", "c": "<"}, 2, True),
        "x&",
        "<y>&z",
        End("A", 2),
    ]
    assert source.problems == []


def test_references() -> None:
    odd: list[None] = []
    assert unescape("&eacute;&#233;&#xE9;", lambda: odd.append(None)) == "ééé" and not odd
    strange = "&copy=1 & &#0; &#xD800; &#9999999; &nosuch;"
    assert unescape(strange, lambda: odd.append(None)) == strange and len(odd) == 6


@settings(max_examples=60, deadline=None)
@given(st.lists(st.text(alphabet=st.characters(codec="utf-8", exclude_categories=["Cc", "Cs", "Cf"]), max_size=20)))
def test_titles_come_out_as_they_went_in(titles: list[str]) -> None:
    outlines = "".join(
        f'<outline text="{escape(title, {chr(34): "&quot;"})}" xmlUrl="https://a.example/{number}"/>'
        for number, title in enumerate(titles)
    )
    text = f"<opml><body>{outlines}</body></opml>"
    assert len(found(text)) == len(titles) and lines(text) == []


@settings(max_examples=100, deadline=None)
@given(st.text(alphabet="<>/&;'\"= \nabo:![]-?xmlUrl", max_size=60))
def test_anything_can_be_read(text: str) -> None:
    read_list(f"<opml>{text}</opml>".encode(), "x")


def test_the_same_feed_under_two_addresses() -> None:
    one = same("https://Guichet.example:443/fil/#top")
    assert one == same("http://guichet.example/fil") == same("http://guichet.example:80/fil/")
    for other in (
        "https://guichet.example/fil?a=1",
        "https://u@guichet.example/fil",
        "https://guichet.example:8443/fil",
    ):
        assert same(other) != one
    assert same(" file:///x ") == "file:///x"
