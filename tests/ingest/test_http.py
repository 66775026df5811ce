"""The pure rules of redirects, bodies and validators."""

from __future__ import annotations

import gzip

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gordon.hosts import host_of, redact
from ingest.http import Body, Garbled, Hop, TooBig, follow, validator
from ingest.url import Target, absolute, canonical, target


def at(url: str) -> Target:
    found = target(url)
    assert isinstance(found, Target)
    return found


def go(url: str, location: str, *, guarded: bool = False, status: int = 302) -> Hop | str:
    return follow(Hop(at(url)), status, location, first=at(url), guarded=guarded, most=5)


@pytest.mark.hostile(8)
def test_from_https_to_http_is_refused_with_credentials_and_flagged_without() -> None:
    assert "https to http" in str(go("https://a.example/", "http://a.example/", guarded=True))
    hop = go("https://a.example/", "http://a.example/")
    assert isinstance(hop, Hop) and hop.downgraded and not hop.secrets


@pytest.mark.hostile(9)
def test_secrets_go_to_the_same_scheme_host_and_port_only() -> None:
    secrets = {
        location: isinstance(hop := go("https://a.example/x", location), Hop) and hop.secrets
        for location in (
            "/y",
            "https://A.EXAMPLE:443/y",
            "https://b.example/",
            "https://a.example:444/",
            "http://a.example/",
        )
    }
    assert list(secrets.values()) == [True, True, False, False, False]


def test_userinfo_of_a_redirect_is_not_used() -> None:
    hop = go("https://a.example/", "https://user:pw@b.example/")
    assert isinstance(hop, Hop) and "pw" not in hop.target.url and not hop.secrets


@given(st.binary(max_size=3000), st.integers(1, 50))
@settings(max_examples=60, deadline=None)
def test_a_compressed_body_comes_out_whole_however_it_is_cut(data: bytes, step: int) -> None:
    packed = gzip.compress(data[: len(data) // 2]) + gzip.compress(data[len(data) // 2 :])
    body = Body("gzip", 10_000)
    for start in range(0, len(packed), step):
        body.feed(packed[start : start + step])
    assert body.finish() == data


def test_the_cap_counts_on_the_wire_and_after_decompression() -> None:
    plain = Body("", 10)
    plain.feed(bytes(10))
    with pytest.raises(TooBig):
        plain.feed(b"x")
    with pytest.raises(TooBig):
        Body("x-gzip", 100).feed(gzip.compress(bytes(101)))
    exact = Body("gzip", 100)
    exact.feed(gzip.compress(bytes(100)))
    assert len(exact.finish()) == 100


def test_an_empty_body_needs_no_gzip_frame() -> None:
    assert Body("gzip", 10).finish() == b""
    half = Body("gzip", 10)
    half.feed(gzip.compress(b"x")[:5])
    with pytest.raises(Garbled):
        half.finish()


@pytest.mark.hostile(19)
def test_validators_are_bounded_and_printable() -> None:
    assert validator('W/"é"') == 'W/"é"'
    assert validator("x" * 1024) and not validator("x" * 1025)
    assert validator("a\x00b") == "" == validator("a\rb")


CANONICAL = {
    "https://Blog.example:443/a?utm_source=x&id=3&fbclid=y#top": "https://blog.example/a?id=3",
    "http://blog.example": "http://blog.example/",
    "http://user:pw@blog.example/a": "http://blog.example/a",
    "http://blog.example:8080/é?q=a b": "http://blog.example:8080/é?q=a%20b",
    "https://blog.example/?a=1&b&c=": "https://blog.example/?a=1&b&c=",
    "http://[2001:db8::1]/x": "http://[2001:db8::1]/x",
    "javascript:alert(1)": "",
    "data:text/html,x": "",
    "/relative": "",
    "http://[broken/": "",
    "http://h:x/": "",
    "https://blog.example/" + "x" * 3000: "",
}


@pytest.mark.parametrize("url", CANONICAL)
def test_canonical_addresses(url: str) -> None:
    assert canonical(url) == CANONICAL[url]


def test_redaction_takes_out_the_userinfo_of_every_address_in_a_text() -> None:
    text = "from http://u:p@a.example/x to https://key@b.example/, mail me@c.example"
    assert redact(text) == "from http://a.example/x to https://b.example/, mail me@c.example"
    assert redact("http://u:p@ss:w@rd@a.example/?to=b@c") == "http://a.example/?to=b@c"


@pytest.mark.hostile(11)
@pytest.mark.parametrize("password", ["s3cret", "p@s3cret", "s3cret/x", "a:s3cret", "s3cret#", "s3cret?", "[s3cret"])
def test_what_is_wrong_with_an_address_is_said_without_its_password(password: str) -> None:
    found = target(f"http://user:{password}@blog.example:port/feed")
    assert isinstance(found, str) and "s3cret" not in found


def test_targets_and_hosts() -> None:
    assert at("http://ü.example/ä?q=ü").url == "http://%C3%BC.example/%C3%A4?q=%C3%BC"
    assert at("HTTP://[::1]:8080").url == "http://[::1]:8080/"
    assert host_of("http://[broken") == "" and host_of("https://U:p@Host.example:1/") == "host.example"
    assert absolute("http://a.example/b/c", "../d") == "http://a.example/d"
    assert absolute("http://a.example/", "http://[x") == ""
