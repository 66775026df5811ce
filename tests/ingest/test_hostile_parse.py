"""Documents that want to read, reach, fill or outlast the parser process (hostile cases 30 to 36, 43, 53)."""

from __future__ import annotations

import os
import shutil
import socket
import stat
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from gordon.settings import Parse
from ingest.kinds import parse as parse_here
from ingest.parser import ParserPool
from ingest.raw import Document, RawFeed, RawPage, Refused
from tests.ingest import texts
from tests.ingest.conftest import wait_for_documents
from tests.ingest.origin import Origin, wait_for

ROOT = Path(__file__).parents[2]
HEAD = '<rss version="2.0"><channel><title>t</title>'
NEWS = (
    '<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9" '
    'xmlns:n="http://www.google.com/schemas/sitemap-news/0.9">'
)
JSON = '{"version": "https://jsonfeed.org/version/1.1", "items": ['
SUBSET = "a document type with declarations of its own is refused"

LAUGHS = {
    "billion": "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10)),
    "quadratic": f'<!ENTITY l9 "{"x" * 100_000}">',
    "parameters": '<!ENTITY % l8 "x">%l8;<!ENTITY l9 "y">',
    "none at all": "",
}
ROOTS = {
    "rss": ('rss version="2.0"', "<channel><title>{}</title></channel></rss>"),
    "atom": ('feed xmlns="http://www.w3.org/2005/Atom"', "<title>{}</title></feed>"),
    "sitemap": (NEWS[1:-1], "<url><loc>{}</loc></url></urlset>"),
    "index": (NEWS[1:-1].replace("urlset", "sitemapindex"), "<sitemap><loc>{}</loc></sitemap></sitemapindex>"),
}


@pytest.mark.hostile(30)
@pytest.mark.parametrize("kind", ROOTS)
@pytest.mark.parametrize("bomb", LAUGHS)
def test_a_document_type_of_its_own_is_refused_in_every_kind(bomb: str, kind: str, parse: Callable[..., Any]) -> None:
    start, rest = ROOTS[kind]
    doctype = f'<!DOCTYPE x [<!ENTITY l0 "ha">{LAUGHS[bomb]}]>'
    refused = parse(f'<?xml version="1.0"?><!-- c -->\n{doctype}<{start}>' + rest.format("&l9;" * 1000))
    assert refused == Refused(outcome="unparseable", detail=SUBSET)


@pytest.mark.hostile(30)
def test_laughs_that_come_too_late_for_xml_stay_short(parse: Callable[..., Any]) -> None:
    """Behind the root element the strict parser refuses a document type; the loose one must not make up for it."""
    late = f'{HEAD}<!DOCTYPE x [<!ENTITY l0 "{"ha" * 1000}"><!ENTITY l1 "{"&l0;" * 1000}">]>'
    found = parse(late + f"<item><title>{'&l1;' * 100}</title></item></channel></rss>")
    assert isinstance(found, RawFeed | Refused) and len(repr(found)) < 5000


def outside(place: str) -> dict[str, str]:
    """Every way we know to name something outside, as a feed, a news sitemap or a page."""
    item = "<item><guid>1</guid><title>One &x; two</title></item></channel></rss>"
    news = "<url><loc>http://a.example/&x;</loc><n:news><n:title>t</n:title></n:news></url></urlset>"
    return {
        "entity": f'<!DOCTYPE rss [<!ENTITY x SYSTEM "{place}">]>{HEAD}{item}',
        "parameter": f'<!DOCTYPE rss [<!ENTITY % x SYSTEM "{place}"> %x;]>{HEAD}{item}',
        "external type": f'<!DOCTYPE rss SYSTEM "{place}">{HEAD}{item}',
        "public type": f'<!DOCTYPE rss PUBLIC "-//N//DTD RSS 0.91//EN" "{place}">{HEAD}{item}',
        "style sheet": f'<?xml-stylesheet type="text/xsl" href="{place}"?>{HEAD}{item}',
        "inclusion": f'{HEAD}<x:include xmlns:x="http://www.w3.org/2001/XInclude" href="{place}"/>{item}',
        "schema": item.join((HEAD.replace("<rss", f'<rss xmlns:s="http://www.w3.org/2001/XMLSchema-instance" '
                                                  f's:schemaLocation="x {place}"'), "")),
        "loose": f'<!DOCTYPE rss SYSTEM "{place}">{HEAD}<unclosed>{item}',
        "news sitemap": f'<!DOCTYPE urlset SYSTEM "{place}">{NEWS}{news}',
        "news entity": f'<!DOCTYPE urlset [<!ENTITY x SYSTEM "{place}">]>{NEWS}{news}',
        "as the document": place,
        "page": f'<html><head><base href="{place}"><link rel="stylesheet" href="{place}">'
                f'<script src="{place}"></script></head><body><article><img src="{place}">'
                f'<iframe src="{place}"></iframe><p>{"Le quai. " * 60}</p>',
        "page as the document": place,
    }  # fmt: skip


@pytest.mark.hostile(31)
def test_nothing_outside_is_opened_and_nobody_is_called(tmp_path: Path) -> None:
    """Whoever opens the pipe would wait until the clock kills it; whoever calls the listener is counted; and where
    strace is installed, it watches every file the process opens while it parses."""
    pipe, trace = tmp_path / "secret", tmp_path / "trace"
    os.mkfifo(pipe)
    pool = ParserPool(Parse(deadline=20.0), clock=time.monotonic, python=watched(tmp_path, trace))
    with Origin() as listener:
        try:
            pool.submit("warm", texts.RSS_2.encode(), "", "")
            pool.submit("warm page", b"<html><body><p>" + b"Le quai. " * 60, "", "", what="page")
            wait_for_documents(pool, 2)
            before = opened(trace)
            assert before or shutil.which("strace") is None
            documents = {
                f"{name} {number}": text
                for number, place in enumerate((pipe.as_uri(), str(pipe), listener.url("/x.dtd")))
                for name, text in outside(place).items()
            }
            for name, text in documents.items():
                pool.submit(name, text.encode(), "", listener.url("/feed"), what="page" if "page" in name else "feed")
            found = wait_for_documents(pool, len(documents))
        finally:
            pool.close()
        assert listener.connections == 0
    assert not [name for name, each in found.items() if isinstance(each, Refused) and "longer" in each.detail]
    assert all(isinstance(found[f"{name} 0"], RawFeed) for name in ("external type", "public type", "style sheet"))
    assert isinstance(found["page 0"], RawPage)
    assert [call for call in sorted(opened(trace) - before) if not harmless(call)] == []


def watched(folder: Path, trace: Path) -> str:
    """The Python to start a child with: under strace, where it is installed, with a file beside ``trace`` for each."""
    strace = shutil.which("strace")
    if strace is None:
        return sys.executable
    script = folder / "python"
    calls = "open,openat,connect,sendto,execve,fork,vfork"
    script.write_text(f'#!/bin/sh\nexec {strace} -D -f -qq -o {trace}.$$ -e trace={calls} {sys.executable} "$@"\n')
    script.chmod(script.stat().st_mode | stat.S_IXUSR)
    return str(script)


def opened(trace: Path) -> set[str]:
    """What every child has called, without its number and the answer: a second one, beside a slow first one, starts
    with the same calls."""
    lines = [line for each in trace.parent.glob(f"{trace.name}.*") for line in each.read_text().splitlines()]
    return {line.partition(" ")[2].rpartition(" = ")[0] or line for line in lines}


def harmless(line: str) -> bool:
    """Modules that are imported late and the end of a process."""
    ours = (sys.prefix, sys.base_prefix, "site-packages", str(ROOT / "ingest"), str(ROOT / "gordon"))
    system = ('"/lib/', '"/usr/lib/', '"/etc/ld.so.cache"', "/proc/self")
    return any(word in line for word in (*ours, *system, "+++", "---"))


@pytest.mark.hostile(31)
def test_the_child_has_no_network_where_the_kernel_allows(pool: ParserPool) -> None:
    pool.submit("warm", texts.RSS_2.encode(), "", "")
    wait_for_documents(pool, 1)
    ours, theirs = os.readlink("/proc/self/ns/net"), os.readlink(f"/proc/{pool.processes[0]}/ns/net")
    if ours == theirs:
        pytest.skip("this kernel lets no unprivileged process leave its network; the other walls are tested above")
    assert socket.if_nameindex()


MB = 1024**2
HEAVY = {
    "comments": HEAD + "<item><description><![CDATA[" + "<!--" * 250_000 + "]]></description></item></channel></rss>",
    "attributes": HEAD + "<item " + " ".join(f'a{n}="1"' for n in range(50_000)) + "/></channel></rss>",
    "namespaces": HEAD + "".join(f"<a{n}:x xmlns:a{n}='u{n}'>" for n in range(20_000)),
    "items in items": HEAD + "<item>" * 300_000,
    "xml depth": HEAD + "<a>" * 200_000 + "</a>" * 200_000 + "</channel></rss>",
    "html depth": HEAD + "<item><description>" + "&lt;div&gt;" * 200_000 + "</description></item></channel></rss>",
    "token": HEAD + "<item><title>" + "x" * 8 * MB + "</title></item></channel></rss>",
    "open token": HEAD + "<item " + "x" * 8 * MB,
    "unclosed comments": HEAD + "<!--" * 1_000_000,
    "unclosed cdata": HEAD + "<item>" + "<![CDATA[" * 400_000,
    "instructions": "<?a?>" * 500_000 + HEAD,
    "document types": "<!DOCTYPE a>" * 200_000 + HEAD,
    "languages": HEAD + "<language>" * 30_000,
    "categories": HEAD + "<item>" + "".join(f"<category>{n}</category>" for n in range(100_000)) + "</item>",
    "entry of 9 MB": HEAD + "<item><description>" + "mot " * 2_250_000 + "</description></item></channel></rss>",
    "guid of 9 MB": HEAD + "<item><guid>" + "x" * 9_000_000 + "</guid></item></channel></rss>",
    "date of 5 MB": HEAD + "<item><pubDate>" + "Mon, 1:" * 700_000 + "</pubDate></item></channel></rss>",
    "news: addresses": NEWS + "<url/>" * 600_000 + "</urlset>",
    "news: depth": NEWS + "<url>" * 500_000,
    "news: attributes": NEWS + "<url " + " ".join(f'a{n}="1"' for n in range(50_000)) + "/></urlset>",
    "news: token": NEWS + "<url><loc>" + "x" * 8 * MB + "</loc></url></urlset>",
    "news: namespaces": NEWS + "".join(f"<a{n}:x xmlns:a{n}='u{n}'>" for n in range(20_000)),
    "json: arrays": JSON + "[" * 900_000,
    "json: objects": JSON + '{"a":' * 900_000,
    "json: items": JSON + ",".join(['{"id": "a"}'] * 150_000) + "]}",
    "json: keys": JSON + "{" + ",".join(f'"k{n}": 1' for n in range(300_000)) + "}]}",
    "json: html": JSON + '{"content_html": "' + "<!--" * 1_000_000 + '"}]}',
}
PAGES = {
    "page: depth": "<html><body>" + "<div>" * 300_000,
    "page: formatting": "<html><body><article><p>" + "<b><i>" * 100_000 + "word " * 1000,
    "page: comments": "<html><body>" + "<!--" * 1_000_000,
    "page: attributes": "<html><body " + " ".join(f'a{n}="1"' for n in range(50_000)) + ">",
    "page: paragraphs": "<html><body><article>" + "<p>Un mot, deux mots, trois mots et un point.</p>" * 80_000,
    "page: tables": "<html><body>" + "<table><tr><td>" * 100_000,
    "page: scripts": "<html>" + "<script>" * 300_000,
    "page: token": "<html><body><p " + "x" * 8 * MB,
    "page: data": '<html><script type="application/ld+json">' + "[" * 1_000_000 + "</script><body><p>x",
}


@pytest.mark.hostile(32, 33, 34, 36, 53)
def test_whatever_is_heavy_ends_within_its_limits_and_harms_no_other(tmp_path: Path) -> None:
    """Each document has two seconds of CPU; between any two of them stands a feed that must come out as ever."""
    pool = ParserPool(Parse(cpu=2.0, deadline=120.0, workers=2), clock=time.monotonic)
    try:
        for name, text in (HEAVY | PAGES).items():
            known = b"12345678" if len(name) % 2 else b""
            pool.submit(name, text.encode(), "", "https://a.example/", known=known, what=kind(name))
            pool.submit(f"after {name}", texts.ATOM.encode(), "", "")
        found = wait_for_documents(pool, 2 * len(HEAVY | PAGES), 900.0)
    finally:
        pool.close()
    for name in HEAVY | PAGES:
        after = found[f"after {name}"]
        assert isinstance(after, RawFeed) and len(after.entries) == 2, name
        assert not isinstance(found[name], Refused) or "longer than" not in found[name].detail, name
    assert found["attributes"].detail == "parsing used more than 2 s of CPU"
    for name in ("comments", "html depth", "token", "entry of 9 MB", "guid of 9 MB", "json: items"):
        assert isinstance(found[name], RawFeed), (name, found[name])
    assert found["json: items"].dropped == 150_000 - 500
    (long,) = found["entry of 9 MB"].entries
    assert long.cut and len(long.text) <= 100_000
    assert found["comments"].entries[0].text == ""


def kind(name: str) -> Any:
    return "page" if name.startswith("page") else "feed"


@pytest.mark.hostile(32)
def test_a_child_that_died_with_the_next_document_in_its_pipe_is_buried_once() -> None:
    """It ends by itself after a document that left it in doubt; the next one goes to its successor, whole."""
    pool = ParserPool(Parse(memory=220 * MB), clock=lambda: 0.0)  # else a slow machine sets it aside and ends it
    try:
        pool.submit("doubtful", f"{HEAD}<item><title>{'x' * 60 * MB}".encode(), "", "")
        assert "memory" in wait_for_documents(pool, 1)["doubtful"].detail
        (child,) = pool.processes
        assert wait_for(lambda: Path(f"/proc/{child}/stat").read_text().split(") ")[1].startswith("Z"))
        pool.submit("next", texts.ATOM.encode(), "", "")
        assert len(wait_for_documents(pool, 1)["next"].entries) == 2
    finally:
        pool.close()


SENTENCE = "L'été, l'œuvre du Québec coûte 5 €"
LIES = {
    "nothing said, utf-8": ("", "utf-8"),
    "header latin-1, body utf-8": ("text/html; charset=iso-8859-1", "utf-8"),
    "header utf-8, body windows": ("text/html; charset=utf-8", "cp1252"),
    "header of python's": ("text/html; charset=unicode_escape", "utf-8"),
    "utf-16 with a mark": ("text/html", "utf-16"),
    "utf-7": ("text/html; charset=utf-7", "utf-8"),
    "zip": ("text/xml; charset=zip", "utf-8"),
}


@pytest.mark.hostile(43)
@pytest.mark.parametrize("name", LIES)
@pytest.mark.parametrize("form", ["atom", "json", "news"])
def test_accents_survive_in_every_kind(form: str, name: str) -> None:
    header, codec = LIES[name]
    documents = {
        "atom": texts.ATOM.replace('encoding="utf-8"', 'encoding="unicode_escape"').replace("Prestations", SENTENCE),
        "json": texts.JSON_FEED.replace("Le  quai", SENTENCE),
        "news": f"{NEWS}<url><loc>http://a.example/1</loc><n:news><n:title>{SENTENCE}</n:title></n:news></url></urlset>",
    }
    found = parse_here(Document(body=documents[form].encode(codec), content_type=header, url="https://a.example/"))
    assert isinstance(found, RawFeed), found
    assert SENTENCE in {entry.title for entry in found.entries}
