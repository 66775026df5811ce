"""The main text of a page, in the guarded process for real."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest

from gordon.settings import Parse
from ingest.charset import decode
from ingest.parser import ParserPool
from ingest.raw import Parsed, RawPage, Refused
from tests.ingest.conftest import wait_for_documents

URL = "https://news.example/2026/phare"
MENU = "<nav><ul>" + "".join(f"<li><a href=/s{n}>Rubrique {n}</a>" for n in range(20)) + "</ul></nav>"
PARAGRAPHS = [
    "Le phare de l'île aux Grues rouvrira en juin après deux étés de travaux, a annoncé la municipalité.",
    "Les visiteurs monteront de nouveau les cent douze marches jusqu'à la lanterne, qui date de 1871.",
    "Le chantier a coûté 2,4 millions de dollars, dont la moitié vient du gouvernement fédéral.",
    "Une passerelle neuve relie maintenant le quai à la maison du gardien, devenue un petit musée.",
]
ARTICLE = "<article><h1>Le phare rouvre</h1>" + "".join(f"<p>{each}</p>" for each in PARAGRAPHS)
HEAD = "<!doctype html><html lang=fr><head>{meta}<title>Le phare rouvre | Le Courrier</title></head><body>"
END = '<p>Lire <a href="/dossier" onclick=x()>le dossier</a>.</p></article><footer>Tous droits réservés</footer></html>'


def page(meta: str = "<meta charset=utf-8>") -> str:
    return HEAD.format(meta=meta) + MENU + ARTICLE + END


@pytest.fixture(scope="module")
def pool() -> Iterator[ParserPool]:
    found = ParserPool(Parse(html=True, max_text=1000, cpu=2.0), clock=time.monotonic)
    yield found
    found.close()


def read(pool: ParserPool, body: bytes, content_type: str = "text/html") -> Parsed:
    pool.submit("page", body, content_type, URL, what="page")
    return wait_for_documents(pool, 1)["page"]


def test_the_article_without_what_stands_around_it(pool: ParserPool) -> None:
    found = read(pool, page().encode())
    assert isinstance(found, RawPage)
    assert found.title == "Le phare rouvre | Le Courrier"
    assert all(each in found.text.split("\n\n") for each in PARAGRAPHS)
    assert "Rubrique" not in found.text and "Tous droits" not in found.text
    assert '<a href="https://news.example/dossier" rel="noopener noreferrer nofollow">le dossier</a>' in found.html
    assert "onclick" not in found.html and not found.cut


def test_the_name_for_others_is_the_title(pool: ParserPool) -> None:
    found = read(pool, page('<meta charset=utf-8><meta property="og:title" content="Le phare">').encode())
    assert isinstance(found, RawPage) and found.title == "Le phare"


@pytest.mark.hostile(43)
@pytest.mark.parametrize(
    "meta", ["<meta charset=windows-1252>", "<meta http-equiv=x content='text/html; charset=latin1'>"]
)
def test_the_encoding_that_a_page_names(pool: ParserPool, meta: str) -> None:
    found = read(pool, page(meta).encode("cp1252"))
    assert isinstance(found, RawPage)
    assert PARAGRAPHS[1] in found.text


def test_a_meta_element_counts_for_pages_only() -> None:
    body = "<meta charset=koi8-r><p>Привет".encode("koi8-r")
    assert decode(body, page=True).endswith("Привет")
    assert not decode(body).endswith("Привет")
    assert decode(b"<meta charset=unicode_escape>\\u0041\xe9", page=True).endswith("\\u0041é")


def test_a_long_text_is_cut(pool: ParserPool) -> None:
    more = "".join(f"<p>Le paragraphe numéro {n} raconte encore un peu du phare et de son île.</p>" for n in range(100))
    found = read(pool, (page().replace("</article>", more + "</article>")).encode())
    assert isinstance(found, RawPage)
    assert found.cut and 900 < len(found.text) <= 1000


@pytest.mark.hostile(26)
@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"plain words",
        b"%PDF-1.7",
        b"<html></html>",
        b"<html><body><script>x()</script></body></html>",
        b"<div>" * 99999,
    ],
)
def test_no_main_text_is_said(pool: ParserPool, body: bytes) -> None:
    found = read(pool, body)
    assert isinstance(found, Refused) and found.outcome == "not-a-feed" and found.detail


@pytest.mark.hostile(32)
def test_a_page_that_eats_time_costs_its_process_only(pool: ParserPool) -> None:
    greedy = "<html " + " ".join(f"a{number}=1" for number in range(100_000)) + ">"
    found = read(pool, greedy.encode())
    assert isinstance(found, Refused) and found.outcome == "unparseable"
    assert isinstance(read(pool, page().encode()), RawPage)
