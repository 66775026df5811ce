"""The split of a feed into raw entries: certain or declined, and the same entries as the whole parse gives."""

from __future__ import annotations

import time
from collections.abc import Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ingest.kinds import parse
from ingest.kinds.xml import repaired
from ingest.raw import HASH, Document, Limits, RawFeed
from ingest.split import KEPT, hash_set, hashes, prune, split
from tests.ingest import texts

URL = "https://blog.example/feed"
PLAIN, RICH = Limits(), Limits(html=True)


def rss(*items: str, head: str = "", tail: str = "") -> str:
    return f'<rss version="2.0"><channel><title>t</title>{head}{"".join(items)}{tail}</channel></rss>'


def item(name: str, inside: str = "") -> str:
    return f"<item><guid>{name}</guid><title>{name}</title>{inside}</item>"


def atom(*entries: str, attributes: str = "") -> str:
    return f'<feed xmlns="http://www.w3.org/2005/Atom"{attributes}><title>t</title>{"".join(entries)}</feed>'


NAMESPACES = (
    'xmlns="http://www.w3.org/2005/Atom" xmlns:xhtml="http://www.w3.org/1999/xhtml" xmlns:x="https://x.example/ns"'
)
SPLIT = {
    "rss 2.0": (texts.RSS_2, 2),
    "rss 1.0": (texts.RSS_1, 1),
    "rss 0.91 with its document type": (texts.RSS_091, 1),
    "atom 1.0": (texts.ATOM, 2),
    "atom 0.3": ('<feed version="0.3" xmlns="http://purl.org/atom/ns#"><entry><id>a</id></entry></feed>', 1),
    "rss 0.90, items beside the channel": (
        '<r:RDF xmlns:r="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns="http://my.netscape.com/rdf/simple/0.9/">'
        "<channel><title>t</title></channel><item><title>a</title></item><item><title>b</title></item></r:RDF>",
        2,
    ),
    "items in rss without a channel": ('<rss version="0.91"><item><title>a</title></item></rss>', 1),
    "CDATA hides an end": (rss(item("a", "<description><![CDATA[</item><item>]]></description>"), item("b")), 2),
    "a comment hides an end": (rss(item("a", "<!-- </item> <item> -->"), item("b")), 2),
    "comments with items": (rss(item("a"), "<!-- " + item("old") + " -->", item("b")), 2),
    "an instruction hides an end": (rss(item("a", "<?x </item> ?>"), item("b")), 2),
    "instructions around": ("<?xml-stylesheet href='a>b'?>" + rss("<?x <item> ?>", item("a")), 1),
    "CDATA around": (rss("<x><![CDATA[<item>]]></x>", item("a")), 1),
    "self-closing": (rss("<item/>", item("a"), '<item x="a>b"/>'), 3),
    "signs in attributes": (rss('<item x="1 > 0" y=\'"\'><title>a</title></item >'), 1),
    "source of an entry": (atom("<entry><id>1</id><source><id>2</id><title>s</title></source></entry>"), 1),
    "names that only begin like it": (rss(item("a", "<items><itemx/><entry-id/><feeds/></items>")), 1),
    "title after the items": (rss(item("a"), tail="<title>other</title><ttl>5</ttl>"), 1),
    "items between other elements": (rss(item("a"), "<language>fr</language>", item("b")), 2),
}  # fmt: skip
DECLINED = {
    "none": rss(),
    "empty": "",
    "text": "nothing here",
    "unclosed": "<rss><channel><item><title>a</title>",
    "root unclosed": "<rss><channel><item/></channel>",
    "crossed": "<rss><channel><item/></rss></channel>",
    "end tag too many": "<rss><channel><item/></channel></rss></rss>",
    "end tag with attributes": "<rss><channel><item/></channel></rss x='1'>",
    "two roots": rss(item("a")) + "<x/>",
    "nested": rss("<item><item/></item>"),
    "entry in an item": rss("<item><entry/></item>"),
    "feed in an item": rss("<item><rss></rss></item>"),
    "channel in an item, with a prefix": rss("<item><x:channel></x:channel></item>"),
    "upper case": rss("<ITEM></ITEM>"),
    "mixed case inside": rss("<item><Item/></item>"),
    "a prefix": '<rss:rss xmlns:rss="x"><rss:channel><rss:item/></rss:channel></rss:rss>',
    "prefixed entries": '<a:feed xmlns:a="http://www.w3.org/2005/Atom"><a:entry></a:entry></a:feed>',
    "wrong end": rss("<item></entry>"),
    "end not ended": rss("<item></item x>"),
    "item in a feed": atom("<item/>"),
    "entry in rss": rss("<entry/>"),
    "item in another element": rss("<x><item/></x>"),
    "item alone": "<item/>",
    "items in two channels": "<rss><channel><item/></channel><channel><item/></channel></rss>",
    "items in both": "<rss><item/><channel><item/></channel></rss>",
    "comment not ended": rss("<!-- ", item("a")),
    "comment not ended inside": rss("<item><!-- </item>"),
    "CDATA not ended inside": rss("<item><![CDATA[ </item>"),
    "declaration inside": rss("<item><!x></item>"),
    "document type inside": rss("<!DOCTYPE rss>", item("a")),
    "document type with a subset": '<!DOCTYPE rss [<!ENTITY a "b">]>' + rss(item("a")),
    "entities in a comment before": '<!DOCTYPE rss>\n<!--\n<!ENTITY a "b">\n-->' + rss(item("a")),
    "loose sign": rss("<x>1 < 2</x>", item("a")),
    "quote not ended": rss("<x y='></x>", item("a")),
    "page": "<html><body><item/></body></html>",
}  # fmt: skip


@pytest.mark.parametrize("name", SPLIT)
def test_entries_are_found(name: str) -> None:
    text, count = SPLIT[name]
    text = text.split("?>", 1)[1] if text.startswith("<?xml ") else text
    found = split(text, 500)
    assert found is not None and len(found.entries) == count
    pieces = [found.around[0]]
    for entry, behind in zip(found.entries, found.around[1:], strict=True):
        assert entry.startswith(f"<{found.name}") and entry.endswith(">")
        pieces += [entry, behind]
    assert "".join(pieces) == text
    assert len(whole(SPLIT[name][0]).raws) == count


@pytest.mark.parametrize("name", DECLINED)
def test_what_is_not_certain_is_declined(name: str) -> None:
    assert split(DECLINED[name], 500) is None


def test_more_entries_than_the_limit_are_declined() -> None:
    text = rss(*(item(str(number)) for number in range(4)))
    assert split(text, 3) is None
    found = split(text, 4)
    assert found is not None and len(found.entries) == 4
    assert parse_feed(text, limits=Limits(entries=3)).raws == ()


HOSTILE = {
    "comments": "<!--" * 300_000,
    "CDATA": "<rss><channel><item>" + "<![CDATA[" * 200_000,
    "starts": "<rss><channel>" + "<item>" * 200_000,
    "ends": "<rss><channel>" + "</item>" * 200_000,
    "attributes": "<rss " + "a='" * 300_000,
    "long name": "<" + "a" * 1_000_000,
    "long prefix inside": "<rss><channel><item><" + "a" * 1_000_000,
    "prefixes inside": "<rss><channel><item>" + "<a:" * 300_000,
    "document type": "<!DOCTYPE " + "\"'" * 300_000,
    "languages": rss(item("a"), tail="<language " * 100_000),
    "signs": "<" * 1_000_000,
    "deep": "<a>" * 300_000,
}  # fmt: skip


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_documents_cost_linear_time(name: str) -> None:
    began = time.process_time()
    assert split(HOSTILE[name], 500) is None
    assert time.process_time() - began < 5  # quadratic time would be minutes


def hashes_of(text: str, url: str = URL, limits: Limits = PLAIN) -> tuple[bytes, ...]:
    found = split(text, 500)
    assert found is not None
    return hashes(found, url, limits)


def test_a_hash_is_of_the_entry_and_of_what_gives_it_meaning() -> None:
    text = rss(item("a"), item("b"), item("a"))
    first, second, third = hashes_of(text)
    assert first == third != second and len(first) == HASH
    assert hashes_of(rss(item("b"), head="<lastBuildDate>now</lastBuildDate>", tail="<ttl>5</ttl>")) == (second,)
    others = [
        hashes_of(text, "https://other.example/"),
        hashes_of(text, limits=Limits(text=1000)),
        hashes_of(text, limits=RICH),
        hashes_of(text.replace("<rss", '<rss xml:base="https://x.example/"')),
        hashes_of(text.replace("<channel>", '<channel xml:lang="fr">')),
        hashes_of(text.replace("<channel>", "<channel><language>fr</language>")),
        hashes_of(text.replace("<channel>", "<channel><dc:language><![CDATA[fr]]></dc:language>")),
        hashes_of(text.replace("<channel>", "<channel><dc:language><![CDATA[en]]></dc:language>")),
    ]
    assert len({first, *(other[0] for other in others)}) == len(others) + 1


def test_known_entries_leave_one_stub_for_each_run_of_them() -> None:
    found = split(rss(*map(item, "abcde")), 500)
    assert found is not None
    a, b, _, d, e = raws = hashes(found, URL, Limits())
    pruned = prune(found, raws, hash_set(a + b + d))
    assert pruned.places == (KEPT, 2, KEPT, 4)
    assert pruned.text == rss("<item/>", item("c"), "<item/>", item("e"))
    assert prune(found, raws, hash_set(b"")).text == rss(*map(item, "abcde"))
    parted = split(rss(item("a"), "<title>again</title>", item("a")), 500)
    assert parted is not None
    assert prune(parted, (a, a), hash_set(a)).text == rss("<item/>", "<title>again</title>", "<item/>")
    assert hash_set(a + b) == {a, b} and e not in hash_set(a + b)


def parse_feed(text: str, known: bytes = b"", limits: Limits = RICH) -> RawFeed:
    data = text.encode("latin-1" if "ISO-8859-1" in text[:100] else "utf-8")
    found = parse(Document(body=data, url=URL, known=known, limits=limits))
    assert isinstance(found, RawFeed)
    return found


def whole(text: str) -> RawFeed:
    return parse_feed(text)


def assert_pruned_is_right(text: str, places: Sequence[int]) -> None:
    """Without the entries at these places, and those like them, the others are the same."""
    full = whole(text)
    assert full.raws and full.places == tuple(range(len(full.entries)))
    known = b"".join(full.raws[place] for place in places)
    pruned = parse_feed(text, known)
    expected = tuple(place for place, raw in enumerate(full.raws) if raw not in hash_set(known))
    assert (pruned.raws, pruned.places) == (full.raws, expected)
    assert pruned.entries == tuple(full.entries[place] for place in expected)
    for name in ("title", "language", "hints", "hub", "topic", "dropped"):
        assert getattr(pruned, name) == getattr(full, name), name


@pytest.mark.parametrize("name", SPLIT)
def test_without_some_the_others_are_the_same(name: str) -> None:
    text, count = SPLIT[name]
    for places in ([], range(count), [0], [count - 1]):
        assert_pruned_is_right(text, places)


PIECES = (
    "<title>Le quai</title>",
    "<title type='html'>&lt;b&gt;R&amp;amp;D&lt;/b&gt;</title>",
    "<title type='xhtml'><svg xmlns='http://www.w3.org/2000/svg'><title>x</title></svg></title>",
    "<guid>1</guid>",
    "<guid isPermaLink='false'>2</guid>",
    "<id>urn:1</id>",
    "<link>one</link>",
    "<link href='two'/>",
    "<link rel='hub' href='https://hub.example/'/>",
    "<description>&lt;p&gt;a &#233;t&#233;&lt;/p&gt; ’</description>",
    "<description><![CDATA[<p>b</p></item></entry>]]></description>",
    "<summary xml:lang='fr'>été</summary>",
    "<content type='html' xml:base='https://base.example/'><div>broken</div></content>",
    "<content type='xhtml' xml:base='/deep/'><xhtml:div><xhtml:p>text</xhtml:p></xhtml:div></content>",
    "<content mode='base64'>YWJj</content>",
    "<content src='x'/>",
    "<body>b</body>",
    "<x:y xmlns:x='http://purl.org/dc/elements/1.1/'>z</x:y>",
    "<x:creator>who</x:creator>",
    "<d:creator xmlns:d='http://purl.org/dc/elements/1.1/'>Kim</d:creator>",
    "<q:date xmlns:q='http://purl.org/dc/elements/1.1/' xmlns='urn:other'>2026-11-22T10:00:00Z</q:date>",
    "<author><name>Pat</name><email>p@x.example</email></author>",
    "<author/>",
    "<image><url>i</url><title>image</title></image>",
    "<textInput><title>input</title></textInput>",
    "<source url='s'>Source</source>",
    "<source><title>s</title><updated>2026-01-01T00:00:00Z</updated></source>",
    "<language>fr</language>",
    "<pubDate>Sun, 22 Nov 2026 10:00:00 -0500</pubDate>",
    "<updated>2026-11-21T10:00:00Z</updated>",
    "<category term='a'/>",
    "<skipHours><hour>3</hour></skipHours>",
    "<div>stray</div>",
    "<!-- </item> -->",
    "<?php </entry> ?>",
    "stray text &#x1F600; &#55357;&#56832;",
)
ATTRIBUTES = (
    "",
    " xml:base='https://own.example/a/'",
    " xml:lang='de'",
    " base='rel/'",
    " xmlns:x='urn:mine'",
    " href='h'",
)
entries = st.lists(
    st.tuples(st.sampled_from(ATTRIBUTES), st.lists(st.sampled_from(PIECES), max_size=6).map("".join)),
    min_size=1,
    max_size=8,
)
between = st.sampled_from(("", "\n", "<language>en</language>", "<x:z/>", "<title>again</title>", "<!-- <item> -->"))
ATOM_PREFIXED = NAMESPACES.replace("xmlns=", "xmlns:a=")
XHTML = "xmlns:xhtml='http://www.w3.org/1999/xhtml'"
OWN_BASE = "<channel xml:base='https://c.example/'>"
FRAMES = (
    ("item", f"<rss version='2.0' {ATOM_PREFIXED}><channel><title>t</title>", "</channel></rss>"),
    ("item", f"<rss {XHTML} xmlns:x='urn:x'>{OWN_BASE}", "</channel></rss>"),
    ("entry", f"<feed {NAMESPACES} xml:lang='fr'><title>t</title>", "</feed>"),
    ("entry", f"<feed {NAMESPACES} xml:base='https://f.example/x/'>", "<title>late</title></feed>"),
    ("item", f"<R:RDF xmlns:R='http://www.w3.org/1999/02/22-rdf-syntax-ns#' {XHTML} xmlns:x='urn:x'>", "</R:RDF>"),
)


@settings(max_examples=100, deadline=None)
@given(st.sampled_from(FRAMES), entries, between, st.data())
def test_for_any_known_entries_the_others_are_the_same(
    frame: tuple[str, str, str], found: list[tuple[str, str]], gap: str, data: st.DataObject
) -> None:
    name, start, end = frame
    text = start + gap.join(f"<{name}{attributes}>{inside}</{name}>" for attributes, inside in found) + end
    assert_pruned_is_right(text, data.draw(st.lists(st.integers(0, len(found) - 1))))


@settings(max_examples=100, deadline=None)
@given(st.lists(st.sampled_from([*"<>/!?-[]\"' a", "item", "<item>", "</item>", "<!--", "CDATA"])).map("".join))
def test_whatever_is_inside_the_split_keeps_all_of_it(inside: str) -> None:
    text = rss(item("a", inside), item("b"))
    found = split(text, 500)
    if found is not None:
        pieces = (entry + behind for entry, behind in zip(found.entries, found.around[1:], strict=True))
        assert found.around[0] + "".join(pieces) == text
    feed = whole(text)
    if feed.raws:
        assert_pruned_is_right(text, [0])


def test_a_base_does_not_leak_into_the_next_entry() -> None:
    first = "<entry><content type='html' xml:base='https://leak.example/x/'><div>a</div></content></entry>"
    feed = whole(atom(first, "<entry><link href='page'/></entry>"))
    assert feed.entries[1].link == "https://blog.example/page"


def test_prefixes_do_not_leak_into_the_next_entry() -> None:
    first = "<entry xmlns:x='http://purl.org/dc/elements/1.1/'><x:creator>Kim</x:creator></entry>"
    second = "<entry xmlns:x='urn:other'><x:creator>not a person</x:creator></entry>"
    feed = whole(atom(first, second))
    assert [entry.author for entry in feed.entries] == ["Kim", ""]


def test_when_the_parser_sees_other_entries_all_are_parsed() -> None:
    hidden = '<p·q:item xmlns:p·q="http://purl.org/rss/1.0/"><title>inner</title></p·q:item>'
    text = rss(item("a"), item("b", hidden))
    assert split(text, 500) is not None
    feed = parse_feed(text, known=b"".join(hashes_of(text, limits=RICH)[:1]))
    assert feed.raws == () and feed.places == () and len(feed.entries) == 3


def test_what_is_not_well_formed_is_parsed_as_a_whole() -> None:
    text = rss(item("a", "<description>R&D; &nbsp;</description>"), item("b"))
    known = b"".join(hashes_of(text, limits=RICH))
    feed = parse_feed(text, known=known[HASH:])
    assert feed.raws == () and [entry.guid for entry in feed.entries] == ["a", "b"]


def test_halves_of_emoji_in_an_entry_do_not_matter_to_its_hash() -> None:
    text = rss(item("a", "<description>&#55357;&#56832;</description>"))
    assert whole(text).entries[0].text == "😀" and repaired(text) != text
    assert parse_feed(text, known=b"".join(whole(text).raws)).entries == ()
