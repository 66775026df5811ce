"""Link headers, as servers write them and as they should not."""

from __future__ import annotations

import time
from dataclasses import replace

import pytest

from ingest.http import Response
from ingest.hub_links import links, named_hub
from ingest.raw import RawFeed
from ingest.schedule import by_body

HUB, SELF = "https://hub.example/", "https://blog.example/feed.xml"

LONG = "x" * 3000


@pytest.mark.parametrize(
    "header, expected",
    [
        (f'<{HUB}>; rel="hub", <{SELF}>; rel="self"', (HUB, SELF)),
        (f"<{SELF}>;rel=self,<{HUB}>;rel=hub", (HUB, SELF)),
        (f'<{HUB}>; title="a, b; rel=\\"self\\""; rel="hub"', (HUB, "")),
        (f'<{HUB}>; REL="Preconnect HUB"; type="x"', (HUB, "")),
        (f'<{HUB}>; rel="hub self"', (HUB, HUB)),
        (f'<{HUB}>; rel="hub", <https://second.example/>; rel=hub', (HUB, "")),
        (f'<{HUB}>; rel="next"; rel="hub"', ("", "")),
        (f'<{HUB}>; rel="hub"; anchor="https://elsewhere.example/"', ("", "")),
        (f'<{HUB}>; crossorigin; rel="hub"', (HUB, "")),
        (f"<{HUB}> ; rel = hub , garbage, <{SELF}>; rel=self", (HUB, SELF)),
        (f"{HUB}; rel=hub", ("", "")),
        ("", ("", "")),
        ("<", ("", "")),
    ],
)
def test_hub_and_self_of_a_link_header(header: str, expected: tuple[str, str]) -> None:
    assert links({"link": header}) == expected


@pytest.mark.parametrize(
    "unit", ["<", "<a>;", "<a>; ", '<a>;"', "<a>; a=", '<a>; a="\\', "<a>" + " " * 50, "<a>;a ", ";="]
)
def test_no_header_takes_long(unit: str) -> None:
    began = time.process_time()
    links({"link": unit * (100_000 // len(unit))})
    assert time.process_time() - began < 5.0


def test_the_header_goes_before_the_feed_and_the_feed_before_its_address() -> None:
    header = {"link": f"<{HUB}>; rel=hub, </f>; rel=self"}
    assert named_hub(header, SELF, "https://other.example/", "https://other.example/f") == (
        HUB,
        "https://blog.example/f",
    )
    assert named_hub({"link": f"<{HUB}>; rel=hub"}, SELF, "https://no.example/", "/t") == (
        HUB,
        "https://blog.example/t",
    )
    assert named_hub({}, SELF, "//hub.example/", "") == (HUB, SELF)
    assert named_hub({}, SELF, "", "https://other.example/f") == ("", "")


@pytest.mark.parametrize(
    "hub",
    [
        "ftp://hub.example/",
        "javascript:alert(1)",
        "https://u:p@hub.example/",
        "https://:80/",
        "https://h/" + "x" * 3000,
    ],
)
def test_a_hub_that_cannot_be_asked_is_none(hub: str) -> None:
    assert named_hub({}, SELF, hub, SELF) == ("", "")
    assert named_hub({"link": f"<{hub}>; rel=hub"}, SELF, HUB, SELF) == (HUB, SELF)
    assert named_hub({}, SELF, HUB, hub) == (HUB, SELF)


def test_a_poll_ends_with_the_hub_of_the_header() -> None:
    header = {"link": f"<{HUB}>; rel=hub, <{SELF}>; rel=self"}
    answer = Response("f", 200, "https://blog.example/moved", header, b"<feed/>", 7, 0.1)
    ending = by_body(answer, RawFeed(hub="https://other.example/", topic="https://other.example/f"))
    assert (ending.hub, ending.topic) == (HUB, SELF)
    plain = by_body(replace(answer, headers={}), RawFeed(hub=HUB))
    assert (plain.hub, plain.topic) == (HUB, "https://blog.example/moved")
