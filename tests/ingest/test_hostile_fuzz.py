"""Mutated feeds through the real child, and what comes of them through every decision (hostile cases 35, 53): parsed
or refused, never a crash, and the same whether some entries are known or not."""

from __future__ import annotations

import random
import re
import time
import unicodedata
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from msgspec.structs import replace

from gordon.events import Topics
from gordon.polling import FeedState
from gordon.settings import Parse, Review
from ingest import reading
from ingest.normalise import decide, named
from ingest.parser import ParserPool
from ingest.raw import Limits, Parsed, RawEntry, RawFeed, Refused
from tests.ingest import texts
from tests.ingest.conftest import wait_for_documents

SECONDS = 8.0
ROUND = 40
NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
STATE = FeedState(id="f", url="https://a.example/", next_due=NOW)
NEWS = """<?xml version="1.0"?><urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9"
 xmlns:n="http://www.google.com/schemas/sitemap-news/0.9"><url><loc>https://a.example/un</loc><n:news><n:publication>
<n:name>Le quai</n:name><n:language>fr</n:language></n:publication><n:title>Le bac</n:title>
<n:publication_date>2026-11-22</n:publication_date></n:news></url><url><loc>https://a.example/deux</loc><n:news>
<n:title>Le pont</n:title></n:news></url></urlset>"""
SEEDS = [text.encode() for text in (texts.RSS_2, texts.RSS_1, texts.RSS_091, texts.ATOM, texts.JSON_FEED, NEWS)]
TOKENS = [
    b"\0", b"\x0b", b"\xff\xfe", b"\xed\xa0\x80", b"\xc0\xaf", b"\xf4\x90\x80\x80", b"\xe2\x80\xae", b"\xe2\x80\x8b",
    b"\xef\xbb\xbf", b"&#0;", b"&#x110000;", b"&#xD800;", b"&#55357;&#56832;", b"&#x202E;", b"&#xFFFE;", b"&nbsp;",
    b"&undefined;", b"&", b"<", b">", b"]]>", b"<![CDATA[", b"<!--", b"-->", b"<!DOCTYPE x>", b"<!DOCTYPE x [", b"<?",
    b"<item>", b"</item>", b"<entry>", b"</entry>", b"<channel>", b"</channel>", b"<item/>", b"<url>", b"</n:news>",
    b"<rss>", b"<title>", b"</title>", b' xml:base="//["', b' xml:lang="\xc3\xa9"', b' type="xhtml"',
    b' mode="base64"', b' xmlns="x"', b' xmlns:n=""', b"<link/>", b"<media:content>", b"<itunes:image href=''>",
    b"<geo:lat>9e999</geo:lat>", b"<pubDate>+9999</pubDate>", b"<updated>0000-00-00T99:99:99+99:99</updated>",
    b"<dc:date>9999-12-31T23:59:59-99</dc:date>", b"http://[", b"http://a:x/", b"javascript:x", b'{"', b"1e999",
    b"-0", b"[[[[", b"\\ud800", b"null", b'"', b"'", b"\r", b"\xe2\x80\xa8", b"\xcc\x81" * 50, b"\xf3\xa0\x81\x81",
]  # fmt: skip


def mutated(chance: random.Random, seed: bytes) -> bytes:
    """The document with a few things put in, taken out, turned round or said twice."""
    data = bytearray(seed)
    for _ in range(chance.choice((1, 1, 2, 3, 8, 30))):
        place = chance.randrange(len(data) + 1)
        end = min(len(data), place + chance.choice((1, 2, 8, 60, 400)))
        match chance.randrange(6):
            case 0 | 1:
                data[place:place] = chance.choice(TOKENS)
            case 2:
                del data[place:end]
            case 3:
                data[place:place] = data[place:end]
            case 4:
                data[place:end] = bytes(chance.randrange(256) for _ in range(min(4, end - place)))
            case _:
                data[place:end] = chance.choice(TOKENS)
    return bytes(data)


def rounds(chance: random.Random, seconds: float) -> Iterator[dict[int, bytes]]:
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        yield {number: mutated(chance, chance.choice(SEEDS)) for number in range(ROUND)}


@pytest.mark.hostile(35, 53)
def test_mutated_documents_are_parsed_or_refused() -> None:
    """The seed is printed when it fails; the same seed makes the same documents."""
    seed = random.SystemRandom().randrange(2**32)
    chance = random.Random(seed)
    pool = ParserPool(Parse(html=True), clock=time.monotonic)
    print(f"seed {seed}")
    tried = parsed = failures = 0
    try:
        for documents in rounds(chance, SECONDS):
            whole = parse_all(pool, documents)
            pruned = parse_all(pool, documents, {key: some(chance, result) for key, result in whole.items()})
            for key, result in whole.items():
                check(documents[key], result, pruned[key])
                tried, parsed = tried + 1, parsed + isinstance(result, RawFeed)
                failures += isinstance(result, Refused) and result.detail.startswith("the parser failed")
    finally:
        pool.close()
    print(f"{tried} tried, {parsed} parsed, {failures} made a parser raise")
    assert tried >= ROUND and 0.2 * tried < parsed, (tried, parsed)
    assert failures <= 0.05 * tried, f"{failures} of {tried} documents made a parser raise"


def parse_all(
    pool: ParserPool, documents: dict[int, bytes], known: dict[int, bytes] | None = None
) -> dict[int, Parsed]:
    for key, body in documents.items():
        pool.submit(key, body, "", STATE.url, known=known[key] if known else b"")
    return wait_for_documents(pool, len(documents))


def some(chance: random.Random, result: Parsed) -> bytes:
    """Some entries of the document as known, and some that are not in it."""
    raws = result.raws if isinstance(result, RawFeed) else ()
    return b"".join([raw for raw in raws if chance.random() < 0.5] + [chance.randbytes(8)])


def check(body: bytes, result: Parsed, pruned: Parsed) -> None:
    assert isinstance(result, RawFeed | Refused), body
    assert not isinstance(result, Refused) or "process" not in result.detail, (body, result)
    if not isinstance(result, RawFeed):
        assert pruned == result, body
        return
    for entry in result.entries:
        check_entry(body, entry)
    assert isinstance(pruned, RawFeed), body
    assert replace(pruned, entries=(), places=()) == replace(result, entries=(), places=()), body
    kept = pruned.places if pruned.raws else range(len(result.entries))
    assert pruned.entries == tuple(result.entries[place] for place in kept), body
    decision = decide(
        STATE, result, named(result.entries), (), NOW, present=frozenset(), language=lambda *_: "en",
        topics=Topics(), authors=True, review=Review(),
    )  # fmt: skip
    remembered = reading.remember(result, b"", decision)
    assert reading.present(result, remembered) <= frozenset(decision.names)
    for found in decision.found:
        assert found.message is not None and len(found.mention.url) <= 2048
        assert not found.mention.url or found.mention.url.startswith(("http://", "https://"))
        assert len(found.identity) < 1000


def check_entry(body: bytes, entry: RawEntry) -> None:
    """Fit to be kept and shown."""
    assert len(entry.text) <= Limits().text and len(entry.title) <= 1000, body
    for text in (entry.title, entry.text, entry.author, entry.html):
        text.encode()
    for text in (entry.title, entry.author):
        assert not any(unicodedata.category(letter) in ("Cc", "Cs", "Zl", "Zp") for letter in text), body
    assert not set("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u200b\0") & set(entry.title + entry.text), (
        body
    )
    links = re.findall(r'<[^>]* (?:href|src)="([^"]*)"', entry.html)
    assert "<script" not in entry.html.lower() and all(re.match("https?://|mailto:", link) for link in links), body
