"""Hostile markup in a real browser: nothing runs, nothing loads, nothing leaves, nothing lays itself over the page."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import ExitStack
from html import escape

import pytest

from ingest.kinds import parse
from ingest.raw import Document, Limits, RawFeed
from ingest.safe_html import ATTRIBUTES, TAGS, safe
from tests.ingest.xss import Listener, Shown, corpus, listening, show
from tests.servers.chromium import Chromium, chromium
from tests.servers.missing import started

pytestmark = pytest.mark.chromium


@pytest.fixture(scope="module")
def browser() -> Iterator[Chromium]:
    with ExitStack() as stack:
        yield started(stack, chromium, os.environ)


@pytest.fixture(scope="module")
def site() -> Iterator[Listener]:
    with listening() as server:
        yield server


@pytest.fixture(scope="module")
def target() -> Iterator[Listener]:
    with listening() as server:
        yield server


def harmless(shown: Shown, sections: int) -> None:
    """No mark, no request, no navigation, no foreign control over the page."""
    assert not shown.left
    assert not shown.tripped
    assert not shown.asked
    assert not shown.heard
    report = shown.report
    assert (report["sections"], report["ending"]) == (sections, 1)
    assert not report["covered"]
    assert not report["clobbered"]
    assert set(report["tags"]) <= {"section", *TAGS}
    assert set(report["attributes"]) <= {"rel"}.union(*ATTRIBUTES.values())
    assert set(report["protocols"]) <= {"http:", "https:", "mailto:"}


@pytest.mark.hostile(37, 38, 41)
def test_safe_html_is_harmless(browser: Chromium, site: Listener, target: Listener) -> None:
    payloads = corpus(target.host)
    assert len(payloads) >= 150
    pieces = [safe(payload, f"http://{target.host}/post/") for payload in payloads]
    harmless(show(browser, pieces, site, target), len(pieces))


@pytest.mark.hostile(37, 38, 40)
def test_the_whole_way_of_a_feed_is_harmless(browser: Chromium, site: Listener, target: Listener) -> None:
    items = "".join(
        f"<item><guid>{number}</guid><title>{escape(payload)}</title><description>{escape(payload)}</description></item>"
        for number, payload in enumerate(corpus(target.host))
    )
    body = f"<rss version='2.0'><channel><title>x</title>{items}</channel></rss>".replace("\0", "").encode()
    url = f"http://{target.host}/feed"
    parsed = parse(Document(body=body, url=url, limits=Limits(html=True)))
    assert isinstance(parsed, RawFeed)
    assert sum(bool(entry.html) for entry in parsed.entries) > 100
    pieces = [f"{escape(entry.title)}{entry.html}{escape(entry.text)}" for entry in parsed.entries]
    harmless(show(browser, pieces, site, target), len(pieces))


@pytest.mark.parametrize(
    ("payload", "call"),
    [
        ("<img src=x onerror=alert(1)>", "alert"),
        ('<a href="javascript:confirm(1)">x</a>', "confirm"),
        ("<p onmouseover=prompt(1)>x</p>", "prompt"),
        ("<noscript><p title='</noscript><img src onerror=print(1)>'></noscript>", "print"),
    ],
)
def test_what_runs_would_be_noticed(
    browser: Chromium, site: Listener, target: Listener, payload: str, call: str
) -> None:
    assert call in show(browser, [payload], site, target).tripped


def test_the_other_detectors_detect(browser: Chromium, site: Listener, target: Listener) -> None:
    pieces = [
        f"<img src=http://{target.host}/pixel.gif>",
        "<img src=/own.gif>",
        "<img name=cookie>",
        "<div style='position:fixed;inset:0'>x</div>",
        "<a href='data:text/plain,x' target=x>x</a>",
        "</section></main><p>out</p>",
        "",
    ]
    shown = show(browser, pieces, site, target)
    assert set(shown.heard) == {"/pixel.gif"}
    assert "/own.gif" in shown.asked
    assert shown.report["clobbered"]
    assert shown.report["covered"]
    assert shown.report["sections"] < len(pieces)
    assert "style" in shown.report["attributes"]
    assert "data:" in shown.report["protocols"]


def test_leaving_the_page_would_be_noticed(browser: Chromium, site: Listener, target: Listener) -> None:
    shown = show(browser, [f'<meta http-equiv=refresh content="0;url=http://{target.host}/refresh">'], site, target)
    assert "/refresh" in shown.heard
    assert shown.left
