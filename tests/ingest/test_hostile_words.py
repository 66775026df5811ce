"""What else strangers write, in one pass and without a crash: Link headers, wishes, robots.txt, lists of subscriptions
(hostile cases 22, 23, 27, 32). The bounds are generous: they catch quadratic time, not slow machines."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from ingest.hub_links import named_hub
from ingest.lists import read_list
from ingest.opml import read_bytes
from ingest.robots import policy, verdict
from ingest.wishes import fresh_for, retry_after

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
MOST_SECONDS = 10.0
PIECES = [
    "<", "<!--", "<![CDATA[", "<?", "&", "&#", "<a>;", '<a>;a="', "<a>;;", '<a>; rel="hub', " ", "\\", '"\\', ",", "=",
    "9", "max-age=", "Sun, 06 Nov 1994 ", "<outline>", "</outline>", "<outline a='1' ", "<!DOCTYPE", "<rdf:RDF>",
    "User-agent: *\n", "Disallow: " + "*a" * 100 + "$\n", "Allow: /%25\n", "\0", "\u202e", "\ud800",
]  # fmt: skip


def header(text: str) -> None:
    hub, topic = named_hub({"link": text}, "https://a.example/", "", "")
    assert not hub or hub.startswith("http")
    assert not topic or topic.startswith("http")


def wishes(text: str) -> None:
    for name in ("cache-control", "expires", "retry-after", "date"):
        headers = {"expires": text, "retry-after": text, name: text}
        assert retry_after(headers, NOW) >= 0 and fresh_for(headers, NOW) >= 0


def robots(text: str) -> None:
    found = policy(200, b"User-agent: *\nDisallow: /private\n" + text.encode("utf-8", "replace"), "Gordon")
    verdict(found, "Gordon", "https://a.example/" + "a" * 1500)
    assert verdict(found, "Gordon", "https://a.example/private") in ("refused", "allowed")


def lists(text: str) -> None:
    data = ("<opml version='2.0'><head/><body>" + text).encode("utf-8", "replace")
    feeds, _ = read_list(data, "x.opml")
    assert feeds.feeds == () and read_bytes(data, "feeds.opml")[0] == ()


@pytest.mark.hostile(22, 23, 27, 32)
@pytest.mark.parametrize("piece", PIECES)
@pytest.mark.parametrize("read", [header, wishes, robots, lists])
def test_a_piece_said_for_ever_is_read_in_bounded_time(read: Callable[[str], None], piece: str) -> None:
    most = 60_000 if read in (header, wishes) else 200_000
    began = time.process_time()
    read(piece * (most // len(piece)))
    assert time.process_time() - began < MOST_SECONDS
