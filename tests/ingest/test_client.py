"""The outbound client against an origin that misbehaves (hostile cases 5 to 21)."""

from __future__ import annotations

import gzip
import ssl
import time
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from gordon.settings import Http
from ingest.client import Client, has_asynchronous_dns, user_agent
from ingest.http import Answer, Failure, Request, Response
from tests.ingest.conftest import wait_for_answers
from tests.ingest.origin import Asked, Origin, Script, reply

Fetch = Callable[..., Answer]


def ok(answer: Answer) -> Response:
    assert isinstance(answer, Response), answer
    return answer


def failed(answer: Answer, outcome: str, words: str) -> Failure:
    assert isinstance(answer, Failure), answer
    assert answer.outcome == outcome and words in answer.detail, answer
    return answer


def test_a_plain_answer(origin: Origin, fetch: Fetch) -> None:
    origin.answers["/feed"] = reply(gzip.compress(b"hello"), headers={"Content-Encoding": "gzip", "X-A": "1"})
    answer = ok(fetch(origin.url("/feed"), contact="mailto:web@example.org"))
    assert (answer.status, answer.body, answer.headers["x-a"]) == (200, b"hello", "1")
    assert answer.wire > 20 and not answer.permanent
    asked = origin.requests[0]
    assert asked.headers["accept-encoding"] == "gzip"
    assert asked.headers["user-agent"].startswith("Gordon/")
    assert asked.headers["user-agent"].endswith("(+mailto:web@example.org)")
    assert "if-none-match" not in asked.headers and "cookie" not in asked.headers


def test_the_contact_cannot_smuggle_a_header() -> None:
    assert user_agent("mailto:a@b\r\nX-Evil: 1").count("\n") == 0


@pytest.mark.hostile(19)
@pytest.mark.parametrize("etag", ['"abc"', 'W/"x"', "no quotes", '""'])
def test_validators_go_out_verbatim(etag: str, origin: Origin, fetch: Fetch) -> None:
    origin.answers["/feed"] = reply(status=304, headers={"ETag": etag})
    answer = ok(fetch(origin.url("/feed"), asks={"etag": etag, "last_modified": "yesterday, they say"}))
    assert answer.status == 304 and answer.headers["etag"] == etag
    assert origin.requests[0].headers["if-none-match"] == etag
    assert origin.requests[0].headers["if-modified-since"] == "yesterday, they say"


def test_many_requests_at_once_and_connections_are_reused(origin: Origin) -> None:
    for number in range(20):
        origin.answers[f"/{number}"] = reply(f"body {number}")
    client = Client(Http(allow_networks=("127.0.0.0/8",)), clock=time.monotonic)
    for round_ in range(2):
        for number in range(20):
            client.start(Request(f"{number}", origin.url(f"/{number}")))
        answers = {answer.key: ok(answer).body for answer in wait_for_answers(client, 20)}
        assert answers == {f"{number}": f"body {number}".encode() for number in range(20)}
        if round_ == 0:
            opened = origin.connections
    assert origin.connections == opened
    client.close()


def test_redirects_are_followed_and_permanent_ones_told(origin: Origin, fetch: Fetch) -> None:
    origin.answers["/a"] = reply(status=301, headers={"Location": "b"}, body="x" * 100)
    origin.answers["/b"] = reply(status=308, headers={"Location": f"//127.0.0.1:{origin.port}/c"})
    origin.answers["/c"] = reply("here")
    answer = ok(fetch(origin.url("/a")))
    assert answer.body == b"here"
    assert answer.url == answer.permanent == origin.url("/c")
    origin.answers["/b"] = reply(status=302, headers={"Location": "/c"})
    assert ok(fetch(origin.url("/a"))).permanent == ""


@pytest.mark.hostile(5)
def test_a_redirect_to_a_private_address_is_refused_at_that_hop(origin: Origin, fetch: Fetch) -> None:
    for hop in range(4):
        origin.answers[f"/{hop}"] = reply(status=302, headers={"Location": f"/{hop + 1}"})
    origin.answers["/4"] = reply(status=302, headers={"Location": "//10.0.0.1/secret"})
    failed(fetch(origin.url("/0")), "blocked", "10.0.0.1 is not a public address")
    with Origin(host="127.0.0.2") as inside:
        origin.answers["/in"] = reply(status=302, headers={"Location": inside.url("/")})
        failed(fetch(origin.url("/in"), allow_networks=("127.0.0.1/32",)), "blocked", "127.0.0.2")
        assert inside.connections == 0


@pytest.mark.hostile(6)
def test_loops_and_too_many_hops_end(origin: Origin, fetch: Fetch) -> None:
    origin.answers["/loop"] = reply(status=302, headers={"Location": "/loop"})
    failed(fetch(origin.url("/loop")), "unreachable", "more than 5 redirects")
    assert len(origin.requests) == 6
    origin.answers["/nowhere"] = reply(status=302)
    failed(fetch(origin.url("/nowhere")), "unreachable", "without a location")


@pytest.mark.hostile(7)
@pytest.mark.parametrize("to", ["file:///etc/passwd", "gopher://x/1", "data:text/xml,<rss/>", "ftp://x/"])
def test_redirects_to_other_schemes_are_refused(to: str, origin: Origin, fetch: Fetch) -> None:
    origin.answers["/a"] = reply(status=302, headers={"Location": to})
    failed(fetch(origin.url("/a")), "blocked", "redirect refused")


@pytest.mark.parametrize(
    "url", ["file:///etc/passwd", "gopher://x/", "http:///x", "", "http://h:99999/", "http://a b/"]
)
def test_other_addresses_are_refused_at_once(url: str, fetch: Fetch) -> None:
    assert isinstance(fetch(url), Failure)


@pytest.mark.hostile(9)
def test_credentials_stay_with_their_origin(origin: Origin, fetch: Fetch) -> None:
    with Origin(host="127.0.0.2") as other:
        origin.answers["/a"] = reply(status=302, headers={"Location": other.url("/b", userinfo="evil:x")})
        other.answers["/b"] = reply(status=302, headers={"Location": origin.url("/c")})
        origin.answers["/c"] = reply("back")
        asks = {"headers": {"X-Api-Key": "k-e-y"}}
        ok(fetch(origin.url("/a", userinfo="us%40er:s3cret"), asks=asks))
        assert origin.requests[0].headers["authorization"] == "Basic dXNAZXI6czNjcmV0"
        assert origin.requests[0].headers["x-api-key"] == "k-e-y"
        assert not {"authorization", "x-api-key"} & set(other.requests[0].headers)
        assert "authorization" in origin.requests[1].headers


@pytest.mark.hostile(11)
def test_no_answer_holds_the_password(origin: Origin, fetch: Fetch) -> None:
    answers = [
        fetch(origin.url("/404", userinfo="user:s3cret")),
        fetch("ftp://user:s3cret@blog.example/"),
        fetch("http://user:s3cret@127.0.0.1:1/"),
        fetch("http://user:s3cret@10.0.0.1/"),
        fetch("http://user:s3cret@[broken/"),
    ]
    assert all("s3cret" not in repr(answer) for answer in answers)


@pytest.mark.hostile(12)
@pytest.mark.parametrize("encoding", ["gzip, gzip", "br", "zstd", "deflate", "bogus"])
def test_only_gzip_is_decoded(encoding: str, origin: Origin, fetch: Fetch) -> None:
    origin.answers["/"] = reply(zlib.compress(b"x"), headers={"Content-Encoding": encoding})
    failed(fetch(origin.url("/")), "unreachable", "only gzip was asked for")


@pytest.mark.hostile(16)
def test_broken_and_unfinished_gzip_is_not_a_body(origin: Origin, fetch: Fetch) -> None:
    origin.answers["/broken"] = reply(b"not gzip at all", headers={"Content-Encoding": "gzip"})
    failed(fetch(origin.url("/broken")), "unreachable", "broken gzip")
    origin.answers["/half"] = reply(gzip.compress(bytes(1000))[:-6], headers={"Content-Encoding": "gzip"})
    failed(fetch(origin.url("/half")), "unreachable", "ends in the middle")


def test_gzip_of_several_members_with_padding(origin: Origin, fetch: Fetch) -> None:
    data = gzip.compress(b"one ") + gzip.compress(b"two") + bytes(20)
    origin.answers["/"] = reply(data, headers={"Content-Encoding": "gzip"})
    assert ok(fetch(origin.url("/"))).body == b"one two"


def endless(_: Asked) -> Script:
    def body() -> Iterator[bytes | float]:
        yield b"HTTP/1.1 200 OK\r\n\r\n"
        while True:
            yield bytes(65536)

    return body()


@pytest.mark.hostile(13)
def test_an_endless_body_is_cut_at_the_cap(origin: Origin, fetch: Fetch) -> None:
    origin.answers["/"] = endless
    answer = failed(fetch(origin.url("/"), max_body=1024**2), "unreachable", "larger than")
    assert answer.wire < 2 * 1024**2


@pytest.mark.hostile(13)
def test_an_endless_body_behind_a_redirect_too(origin: Origin, fetch: Fetch) -> None:
    def answer(_: Asked) -> Script:
        yield b"HTTP/1.1 302 F\r\nLocation: /b\r\n\r\n"
        while True:
            yield bytes(65536)

    origin.answers["/"] = answer
    failed(fetch(origin.url("/"), max_body=1024**2), "unreachable", "huge body")


def drip(start: bytes, part: bytes) -> Callable[[Asked], Script]:
    def answer(_: Asked) -> Script:
        yield start
        while True:
            yield 0.05
            yield part

    return answer


SLOW = {
    "body": drip(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n", b"x"),
    "headers": drip(b"HTTP/1.1 200 OK\r\n", b"X-Slow: 1\r\n"),
    "silence": drip(b"", b""),
}


@pytest.mark.hostile(14)
@pytest.mark.parametrize("kind", SLOW)
def test_the_total_deadline_holds_however_slowly_it_drips(kind: str, origin: Origin, fetch: Fetch) -> None:
    origin.answers["/"] = SLOW[kind]
    failed(fetch(origin.url("/"), deadline=0.5), "unreachable", "deadline")


@pytest.mark.hostile(14)
def test_the_deadline_is_for_all_redirects_together(origin: Origin, fetch: Fetch) -> None:
    def hop(_: Asked) -> Script:
        yield 0.3
        yield reply(status=302, headers={"Location": "/"})

    origin.answers["/"] = hop
    failed(fetch(origin.url("/"), deadline=0.5), "unreachable", "deadline")
    assert len(origin.requests) <= 2


WEIRD = {
    "10,000 headers": b"HTTP/1.1 200 OK\r\n" + b"".join(b"X-%d: 1\r\n" % n for n in range(10_000)) + b"\r\n",
    "1 MB header": b"HTTP/1.1 200 OK\r\nX-Big: " + b"x" * 1024**2 + b"\r\n\r\n",
    "bad chunk": b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nZZ\r\nabc",
    "http 0.9": b"<rss><channel/></rss>",
    "longer than said": b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nonly this",
    "cut chunk": b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n20\r\nabc",
    "nothing": b"",
    "bad length": b"HTTP/1.1 200 OK\r\nContent-Length: many\r\n\r\nx",
    "odd status": b"HTTP/1.1 abc Nope\r\n\r\nx",
}


@pytest.mark.hostile(15, 16)
@pytest.mark.parametrize("kind", WEIRD)
def test_a_broken_answer_is_no_answer(kind: str, origin: Origin, fetch: Fetch) -> None:
    origin.answers["/"] = lambda _: [WEIRD[kind]]
    failed(fetch(origin.url("/"), deadline=5), "unreachable", "")


def test_what_cannot_be_put_into_a_request_is_unreachable(fetch: Fetch) -> None:
    failed(fetch("http://127.0.0.1/", asks={"headers": {"X-Api-Key": "\u2603"}}), "unreachable", "cannot be requested")


@pytest.mark.hostile(8, 17)
def test_tls_is_verified_and_fails_closed(certificate: Path, fetch: Fetch) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate / "pem", certificate / "key")
    trusted = str(certificate / "pem")
    with Origin(tls=context) as secure, Origin(host="127.0.0.2", tls=context) as elsewhere, Origin() as plain:
        secure.answers |= {"/": reply("safe"), "/down": reply(status=302, headers={"Location": plain.url("/p")})}
        elsewhere.answers["/"] = reply("wrong host")
        plain.answers["/p"] = reply("plain")
        assert ok(fetch(secure.url("/"), ca_file=trusted)).body == b"safe"
        failed(fetch(secure.url("/")), "unreachable", "certificate")
        failed(fetch(elsewhere.url("/"), ca_file=trusted), "unreachable", "")
        assert elsewhere.requests == []
        assert ok(fetch(secure.url("/down"), ca_file=trusted)).downgraded
        failed(fetch(secure.url("/down", userinfo="u:p"), ca_file=trusted), "blocked", "from https to http")
        assert len(plain.requests) == 1


@pytest.mark.hostile(15)
def test_hundred_continue_is_skipped(origin: Origin, fetch: Fetch) -> None:
    origin.answers["/"] = b"HTTP/1.1 100 Continue\r\nX-A: 1\r\n\r\n" + reply("real")
    answer = ok(fetch(origin.url("/")))
    assert (answer.status, answer.body) == (200, b"real") and "x-a" not in answer.headers


def test_a_dead_port_and_an_unknown_name_are_unreachable(fetch: Fetch) -> None:
    failed(fetch("http://127.0.0.1:1/"), "unreachable", "does not accept connections")
    failed(fetch("http://name.invalid/"), "unreachable", "")


def test_cancelled_requests_are_not_answered(origin: Origin) -> None:
    origin.answers["/"] = SLOW["silence"]
    client = Client(Http(allow_networks=("127.0.0.0/8",)), clock=time.monotonic)
    client.start(Request("k", origin.url("/")))
    client.step(0.1)
    client.cancel_all()
    assert client.step(0.1) == []
    client.close()


def test_this_libcurl_resolves_names_in_the_background() -> None:
    assert has_asynchronous_dns()


def test_a_post_sends_its_body_and_keeps_its_method_where_the_redirect_does(origin: Origin, fetch: Fetch) -> None:
    form = {"method": "POST", "body": b"a=1&b=%C3%A9", "content_type": "application/x-www-form-urlencoded"}
    origin.answers["/hub"] = reply(status=307, headers={"Location": "/moved"})
    origin.answers["/moved"] = reply(status=308, headers={"Location": "/there"})
    origin.answers["/there"] = reply("accepted", 202)
    assert ok(fetch(origin.url("/hub"), asks=form)).status == 202
    assert [(asked.method, asked.body) for asked in origin.requests] == [("POST", form["body"])] * 3
    headers = origin.requests[-1].headers
    assert headers["content-type"] == form["content_type"] and "expect" not in headers


@pytest.mark.parametrize("status", [301, 302, 303])
def test_a_post_is_never_turned_into_a_get(origin: Origin, fetch: Fetch, status: int) -> None:
    origin.answers["/hub"] = reply(status=status, headers={"Location": "/there"})
    failed(fetch(origin.url("/hub"), asks={"method": "POST", "body": b"a=1"}), "blocked", f"{status} would make a GET")
    assert not origin.asked("/there")


def test_a_post_goes_through_the_same_guard(origin: Origin, fetch: Fetch) -> None:
    form = {"method": "POST", "body": b"a=1"}
    failed(fetch(origin.url("/hub"), asks=form, allow_networks=()), "blocked", "not a public address")
    origin.answers["/drip"] = lambda asked: [b"HTTP/1.1 200 OK\r\n", 5.0]
    failed(fetch(origin.url("/drip"), asks=form, deadline=0.5), "unreachable", "deadline")
    origin.answers["/big"] = reply(b"x" * 2000)
    failed(fetch(origin.url("/big"), asks=form, max_body=1000), "unreachable", "larger")


@pytest.mark.hostile(8)
def test_a_body_never_goes_from_https_to_http(certificate: Path, fetch: Fetch) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate / "pem", certificate / "key")
    with Origin(tls=context) as secure, Origin() as plain:
        secure.answers["/hub"] = reply(status=307, headers={"Location": plain.url("/hub")})
        answer = fetch(secure.url("/hub"), ca_file=str(certificate / "pem"), asks={"method": "POST", "body": b"s=1"})
        failed(answer, "blocked", "from https to http")
        assert not plain.requests


def test_link_headers_of_several_lines_add_up(origin: Origin, fetch: Fetch) -> None:
    origin.answers["/"] = (
        b"HTTP/1.1 200 OK\r\nLink: <h>; rel=hub\r\nX: 1\r\nX: 2\r\nlink: <s>; rel=self\r\nContent-Length: 0\r\n\r\n"
    )
    headers = ok(fetch(origin.url("/"))).headers
    assert (headers["link"], headers["x"]) == ("<h>; rel=hub, <s>; rel=self", "2")
