"""The outbound client against hostile names, redirects, environments and bodies (hostile cases 1 to 16)."""

from __future__ import annotations

import gzip
import os
import socket
import struct
import subprocess
import sys
import threading
import time
import zlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from functools import cache
from pathlib import Path
from types import MappingProxyType

import pytest

from gordon.settings import Http
from ingest.client import Client
from ingest.http import Answer, Failure, Request, Response
from tests.ingest.conftest import wait_for_answers
from tests.ingest.origin import Asked, Origin, Script, reply

Fetch = Callable[..., Answer]
ROOT = Path(__file__).parents[2]


def ok(answer: Answer) -> Response:
    assert isinstance(answer, Response), answer
    return answer


def failed(answer: Answer, outcome: str, words: str) -> Failure:
    assert isinstance(answer, Failure), answer
    assert answer.outcome == outcome and words in answer.detail, answer
    return answer


def has_ipv6() -> bool:
    try:
        with socket.socket(socket.AF_INET6) as one:
            one.bind(("::1", 0))
    except OSError:
        return False
    return True


@pytest.mark.skipif(not has_ipv6(), reason="nothing can listen on ::1 here; test_guard covers the addresses")
@pytest.mark.hostile(1, 2)
def test_loopback_of_the_new_protocol_is_refused_before_any_connection(fetch: Fetch) -> None:
    with Origin(host="::1") as inside:
        inside.answers["/"] = reply("secret")
        failed(fetch(inside.url("/"), allow_networks=()), "blocked", "::1 is not a public address")
        for name in ("[::ffff:127.0.0.1]", "[::127.0.0.1]", "[0:0:0:0:0:0:0:1]"):
            failed(fetch(inside.url("/", host=name), allow_networks=()), "blocked", "not a public address")
        assert inside.connections == 0


MIXED = ["10.0.0.1,127.0.0.1", "169.254.169.254,127.0.0.1", "[fd00::1],127.0.0.1", "[::ffff:10.0.0.1],127.0.0.1"]


@pytest.mark.hostile(3)
@pytest.mark.parametrize("addresses", MIXED)
def test_after_a_private_address_no_other_of_that_name_is_tried(addresses: str, origin: Origin, fetch: Fetch) -> None:
    """The origin, allowed here, stands for the public address."""
    names = (f"mixed.example:{origin.port}:{addresses}",)
    answer = fetch(f"http://mixed.example:{origin.port}/", resolve=names, allow_networks=("127.0.0.1/32",))
    failed(answer, "blocked", "is not a public address")
    assert origin.connections == 0


@pytest.mark.hostile(3)
def test_the_private_address_of_a_name_is_never_connected_to_whatever_becomes_of_the_public_one(fetch: Fetch) -> None:
    """Alive, the public one is asked; dead, the private one is refused. See docs/decisions/0014."""
    with Origin() as public, Origin(host="127.0.0.2", port=public.port) as private:
        public.answers["/"] = private.answers["/"] = reply("here")
        names, url = (f"mixed.example:{public.port}:127.0.0.1,127.0.0.2",), f"http://mixed.example:{public.port}/"
        assert ok(fetch(url, resolve=names, allow_networks=("127.0.0.1/32",))).body == b"here"
        assert (len(public.requests), private.connections) == (1, 0)
    with Origin(host="127.0.0.2") as private:
        names, url = (f"mixed.example:{private.port}:127.0.0.1,127.0.0.2",), f"http://mixed.example:{private.port}/"
        failed(fetch(url, resolve=names, allow_networks=("127.0.0.1/32",)), "blocked", "127.0.0.2 is not a public")
        assert private.connections == 0


@pytest.mark.hostile(4)
def test_a_name_that_turns_private_between_two_answers_is_refused_at_the_socket() -> None:
    """One client with its cache of names and its open connections: the answers for a name change under it."""
    with Origin() as public, Origin(host="127.0.0.2") as private:
        public.answers |= {
            "/": reply("public"),
            "/go": reply(status=302, headers={"Location": f"http://turning.example:{private.port}/"}),
        }
        private.answers["/"] = reply("private")
        names = (f"turning.example:{public.port}:127.0.0.1", f"turning.example:{private.port}:127.0.0.2")
        client = Client(Http(allow_networks=("127.0.0.1/32",)), clock=time.monotonic, resolve=names)
        for path in ("/", "/go", "/"):
            client.start(Request(path, f"http://turning.example:{public.port}{path}"))
            (answer,) = wait_for_answers(client, 1)
            if path == "/":
                assert ok(answer).body == b"public"
            else:
                failed(answer, "blocked", "127.0.0.2 is not a public address")
        client.close()
        assert private.connections == 0
        assert {asked.headers["host"] for asked in public.requests} == {f"turning.example:{public.port}"}


@pytest.mark.hostile(5)
@pytest.mark.parametrize("to", ["//10.0.0.1/x", "http://10.0.0.1/x", "http://[::ffff:10.0.0.1]/", "//0x0a000001/"])
@pytest.mark.parametrize("hops", [0, 4])
def test_no_hop_leads_inside(to: str, hops: int, origin: Origin, fetch: Fetch) -> None:
    origin.answers |= {f"/{hop}": reply(status=302, headers={"Location": f"{hop + 1}"}) for hop in range(hops)}
    origin.answers[f"/{hops}"] = reply(status=302, headers={"Location": to})
    failed(fetch(origin.url("/0")), "blocked", "10.0.0.1 is not a public address")
    assert len(origin.requests) == hops + 1


@pytest.mark.hostile(6)
def test_the_fifth_redirect_is_followed_and_the_sixth_is_not(origin: Origin, fetch: Fetch) -> None:
    origin.answers |= {f"/{hop}": reply(status=302, headers={"Location": f"/{hop + 1}"}) for hop in range(6)}
    origin.answers["/6"] = reply("at last")
    failed(fetch(origin.url("/0")), "unreachable", "more than 5 redirects")
    assert not origin.asked("/6")
    assert ok(fetch(origin.url("/1"))).body == b"at last"


@pytest.mark.hostile(9)
@pytest.mark.parametrize("where", ["host", "port"])
def test_no_secret_goes_to_another_host_or_port(where: str, origin: Origin, fetch: Fetch) -> None:
    with Origin(host="127.0.0.2" if where == "host" else "127.0.0.1") as other:
        origin.answers["/a"] = reply(
            status=302, headers={"Location": other.url("/b"), "Set-Cookie": "session=s3cret; Path=/"}
        )
        other.answers["/b"] = reply("there")
        secrets = {"X-Api-Key": "s3cret", "Cookie": "a=s3cret", "Authorization": "Bearer s3cret"}
        assert ok(fetch(origin.url("/a"), asks={"headers": secrets})).body == b"there"
        assert {"x-api-key", "cookie", "authorization"} <= set(origin.requests[0].headers)
        assert "s3cret" not in repr(other.requests) and len(other.requests) == 1


@pytest.mark.hostile(9)
def test_cookies_are_not_kept(origin: Origin, fetch: Fetch) -> None:
    origin.answers["/a"] = reply(status=302, headers={"Location": "/b", "Set-Cookie": "id=1; Path=/"})
    origin.answers["/b"] = reply("x")
    ok(fetch(origin.url("/a")))
    assert "cookie" not in origin.asked("/b")[0].headers


FETCH_ONE = """
import sys, time
from gordon.settings import Http
from ingest.client import Client
from ingest.http import Request

def status(name):
    return int(next(line for line in open("/proc/self/status") if line.startswith(name)).split()[1])

client = Client(Http(allow_networks=("127.0.0.0/8",), max_body=int(sys.argv[2])), clock=time.monotonic)
before = status("VmRSS")
client.start(Request("k", sys.argv[1]))
answers = []
while not answers:
    answers = client.step(1.0)
print(status("VmHWM") - before, type(answers[0]).__name__, getattr(answers[0], "detail", ""))
"""


def elsewhere(url: str, environ: Mapping[str, str] = MappingProxyType({}), most: int = 10 * 1024**2) -> tuple[int, str]:
    """Fetches in a process of its own: how many kB of memory it grew by at most, and what came of it."""
    command = [sys.executable, "-c", FETCH_ONE, url, str(most)]
    done = subprocess.run(
        command, cwd=ROOT, env={**os.environ, **environ}, capture_output=True, text=True, timeout=300, check=True
    )
    grown, _, told = done.stdout.strip().partition(" ")
    return int(grown), told


@pytest.mark.hostile(10)
def test_proxies_and_passwords_of_the_environment_are_ignored(origin: Origin, tmp_path: Path) -> None:
    with Origin(host="127.0.0.2") as proxy:
        names = ("http_proxy", "HTTP_PROXY", "https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY")
        (tmp_path / ".netrc").write_text("machine 127.0.0.1 login me password s3cret\n")
        (tmp_path / ".curlrc").write_text(f"proxy = {proxy.url('/')}\n")
        origin.answers["/"] = reply("direct")
        environ = dict.fromkeys(names, proxy.url("/")) | {"HOME": str(tmp_path), "no_proxy": ""}
        _, told = elsewhere(origin.url("/"), environ)
        assert told.startswith("Response") and proxy.connections == 0
        assert "authorization" not in origin.requests[0].headers


@cache
def bomb(kind: str) -> bytes:
    """About 200 kB that become 200 MB."""
    packer, zeros = zlib.compressobj(6, wbits=-15 if kind == "deflate" else 31), bytes(1024**2)
    packed = b"".join(packer.compress(zeros) for _ in range(200)) + packer.flush()
    if kind == "members":
        return gzip.compress(b"") * 20_000 + packed
    return gzip.compress(packed) if kind == "double" else packed


BOMBS = {"gzip": "gzip", "double": "gzip", "double, said so": "gzip, gzip", "members": "x-gzip", "deflate": "deflate",
         "brotli": "br", "zstd": "zstd", "compress": "compress"}  # fmt: skip


@pytest.mark.hostile(12)
@pytest.mark.parametrize("name", BOMBS)
def test_a_bomb_goes_off_outside(name: str, origin: Origin) -> None:
    origin.answers["/bomb"] = reply(bomb(name.partition(",")[0]), headers={"Content-Encoding": BOMBS[name]})
    grown, told = elsewhere(origin.url("/bomb"))
    assert grown < 32 * 1024
    if name == "double":  # inflated once it is 200 kB of gzip, which is no feed and is not inflated again
        assert told.startswith("Response")
    else:
        assert told.startswith("Failure") and ("larger than" in told or "only gzip was asked for" in told)


@pytest.mark.hostile(13)
def test_an_endless_body_costs_no_more_than_the_cap(origin: Origin) -> None:
    def endless(_: Asked) -> Script:
        yield b"HTTP/1.1 200 OK\r\nContent-Type: text/xml\r\n\r\n<rss>"
        while True:
            yield bytes(65536)

    origin.answers["/"] = endless
    grown, told = elsewhere(origin.url("/"), most=4 * 1024**2)
    assert "larger than" in told and grown < 32 * 1024


@pytest.fixture
def full() -> Iterator[int]:
    """A port whose queue is full: a SYN gets no answer."""
    listener = socket.create_server(("127.0.0.1", 0), backlog=0)
    port = listener.getsockname()[1]
    waiting = [socket.socket() for _ in range(4)]
    for one in waiting:
        one.setblocking(False)
        one.connect_ex(("127.0.0.1", port))
    yield port
    for one in (*waiting, listener):
        one.close()


@pytest.mark.hostile(14)
def test_a_syn_without_an_answer_ends_with_the_deadline(full: int, fetch: Fetch) -> None:
    failed(fetch(f"http://127.0.0.1:{full}/", deadline=0.5), "unreachable", "deadline")
    failed(fetch(f"http://127.0.0.1:{full}/", deadline=20, connect_timeout=0.5), "unreachable", "")


@pytest.mark.hostile(14)
def test_a_handshake_without_an_answer_ends_with_the_deadline(fetch: Fetch) -> None:
    with socket.create_server(("127.0.0.1", 0)) as mute:
        failed(fetch(f"https://127.0.0.1:{mute.getsockname()[1]}/", deadline=0.5), "unreachable", "deadline")


@pytest.mark.hostile(14)
def test_a_handshake_byte_by_byte_ends_with_the_deadline(fetch: Fetch) -> None:
    """A record of TLS that announces 16 kB and comes one byte at a time."""
    closing = threading.Event()

    def drip(listener: socket.socket) -> None:
        connection, _ = listener.accept()
        with connection, suppress(OSError):
            connection.sendall(b"\x16\x03\x03\x40\x00")
            while not closing.wait(0.05):
                connection.sendall(b"\x02")

    with socket.create_server(("127.0.0.1", 0)) as listener:
        server = threading.Thread(target=drip, args=(listener,))
        server.start()
        url = f"https://127.0.0.1:{listener.getsockname()[1]}/"
        answer = fetch(url, deadline=0.5)
        closing.set()
        server.join()
    assert isinstance(answer, Failure) and answer.outcome == "unreachable"


CUT = {
    "length": b"HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n<rss version='2.0'><channel><item/>",
    "chunked": b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n40\r\n<rss version='2.0'>",
    "chunks": b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\n<rs\r\n",
    "gzip": b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n\r\n" + gzip.compress(bytes(5000))[:-9],
    "header": b"HTTP/1.1 200 OK\r\nContent-Le",
    "status": b"HTTP/1.1 410 Gone\r\n",
    "status alone": b"HTTP/1.1 304 Not",
    "redirect": b"HTTP/1.1 302 F\r\nLocation: /x\r\nContent-Length: 500\r\n\r\nabc",
}


@pytest.mark.hostile(16)
@pytest.mark.parametrize("name", CUT)
def test_what_is_cut_off_is_no_answer(name: str, origin: Origin, fetch: Fetch) -> None:
    origin.answers["/"] = lambda _: [CUT[name]]
    failed(fetch(origin.url("/")), "unreachable", "")
    assert not origin.asked("/x")


def test_an_answer_with_trailers_is_whole(origin: Origin, fetch: Fetch) -> None:
    whole = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\nX-Sum: 1\r\n\r\n"
    origin.answers["/"] = lambda _: [whole]
    assert ok(fetch(origin.url("/"))).body == b"abc"


@pytest.mark.hostile(16)
def test_a_reset_in_the_middle_is_no_answer(fetch: Fetch) -> None:
    for head in (CUT["length"], b"HTTP/1.1 200 OK\r\n\r\n<rss version='2.0'><channel><item/>"):
        with socket.create_server(("127.0.0.1", 0)) as listener:
            client = Client(Http(allow_networks=("127.0.0.0/8",), deadline=10.0), clock=time.monotonic)
            client.start(Request("k", f"http://127.0.0.1:{listener.getsockname()[1]}/"))
            client.step(0.2)
            connection, _ = listener.accept()
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            client.step(0.2)
            connection.sendall(head)
            client.step(0.2)
            connection.close()
            failed(wait_for_answers(client, 1)[0], "unreachable", "")
            client.close()
