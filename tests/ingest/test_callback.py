"""The listener for hubs against strangers: what they may not read, how much and how long they may send."""

from __future__ import annotations

import io
import re
import socket
import threading
import time
from collections.abc import Iterator, Mapping
from email.message import Message

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gordon.errors import DeskInvalid, StoreUnavailable
from ingest.callback import Answers, Callback
from ingest.callback_body import Broken, TooLarge, body_of
from tests.ingest.hub import call
from tests.ingest.origin import wait_for

TOKEN = "t0ken" * 8
MOST = 100_000


class Calls:
    """What came through to us."""

    def __init__(self) -> None:
        self.verified: list[tuple[str, Mapping[str, str]]] = []
        self.pushed: list[tuple[str, str, int]] = []
        self.refused: list[str] = []
        self.hold = threading.Event()
        self.hold.set()
        self.entered = 0
        self.error: Exception | None = None

    def verify(self, token: str, query: Mapping[str, str]) -> tuple[int, bytes]:
        self.verified.append((token, query))
        return 200, query.get("hub.challenge", "").encode("utf-8", "surrogateescape")

    def push(self, token: str, signature: str, chunks: Iterator[bytes]) -> int:
        self.entered += 1
        self.hold.wait(10)
        if self.error:
            raise self.error
        self.pushed.append((token, signature, sum(len(chunk) for chunk in chunks)))
        return 202


@pytest.fixture
def calls() -> Calls:
    return Calls()


@pytest.fixture
def callback(calls: Calls) -> Iterator[Callback]:
    answers = Answers(calls.verify, calls.push, calls.refused.append)
    made = Callback(answers, "127.0.0.1", 0, most_body=MOST, at_once=4, seconds=1.0)
    yield made
    made.close()


def at(callback: Callback, path: str = f"/{TOKEN}") -> str:
    return f"http://127.0.0.1:{callback.port}{path}"


def raw(callback: Callback, data: bytes) -> bytes:
    """What comes back for these bytes, until the connection ends."""
    with socket.create_connection(("127.0.0.1", callback.port), 10) as connection:
        connection.sendall(data)
        found = b""
        while part := _received(connection):
            found += part
        return found


def _received(connection: socket.socket) -> bytes:
    try:
        return connection.recv(65536)
    except ConnectionResetError:
        return b""


def post(head: str, body: bytes = b"") -> bytes:
    return f"POST /{TOKEN} HTTP/1.1\r\nHost: h\r\n{head}\r\n\r\n".encode() + body


def test_a_challenge_comes_back_byte_for_byte_as_plain_text(callback: Callback, calls: Calls) -> None:
    query = "hub.mode=subscribe&hub.challenge=%3Cscript%3E%FF%C3%A9+%2B&hub.challenge=second"
    answer = raw(callback, f"GET /any/prefix/{TOKEN}?{query} HTTP/1.1\r\nHost: h\r\n\r\n".encode())
    head, _, body = answer.partition(b"\r\n\r\n")
    assert body == b"<script>\xff\xc3\xa9 +"
    assert b"Content-Type: text/plain" in head and b"nosniff" in head and b"Connection: close" in head
    assert calls.verified[0][0] == TOKEN and calls.verified[0][1]["hub.mode"] == "subscribe"


@pytest.mark.parametrize("path", ["/", "/short", f"/{TOKEN}/", f"/{'x' * 200}", f"/{TOKEN}%2e", "/../../etc/passwd"])
def test_what_cannot_be_a_token_is_not_even_looked_up(callback: Callback, calls: Calls, path: str) -> None:
    assert call(at(callback, path))[0] == 404 and call(at(callback, path), b"x")[0] == 404
    assert not calls.verified and not calls.pushed


def test_far_too_many_fields_are_none(callback: Callback, calls: Calls) -> None:
    call(at(callback) + "?" + "&".join(f"f{number}=x" for number in range(60)))
    assert calls.verified == [(TOKEN, {})]


def test_a_push_is_read_by_length_and_in_chunks(callback: Callback, calls: Calls) -> None:
    assert call(at(callback), b"x" * 90_000, {"X-Hub-Signature": "sha256=aa"}) == (202, b"")
    chunked = b"4;a=b\r\nabcd\r\n3\r\nefg\r\n0\r\nTrailer: x\r\n\r\n"
    assert raw(callback, post("Transfer-Encoding: Chunked", chunked)).startswith(b"HTTP/1.1 202")
    waits = raw(callback, post("Content-Length: 3\r\nExpect: 100-continue", b"abc"))
    assert waits.startswith(b"HTTP/1.1 100") and b"HTTP/1.1 202" in waits
    assert calls.pushed == [(TOKEN, "sha256=aa", 90_000), (TOKEN, "", 7), (TOKEN, "", 3)]


def test_a_push_that_is_too_large_is_not_read(callback: Callback, calls: Calls) -> None:
    assert b" 413 " in raw(callback, post(f"Content-Length: {MOST + 1}"))
    assert b" 413 " in raw(callback, post("Transfer-Encoding: chunked", b"ffffffff\r\n"))
    assert calls.refused == ["too-large"] * 2 and not calls.pushed


@pytest.mark.parametrize(
    "head, body",
    [
        ("Content-Length: 5\r\nTransfer-Encoding: chunked", b"0\r\n\r\n"),
        ("Content-Length: 5\r\nContent-Length: 6", b"abcdef"),
        ("Content-Length: -1", b""),
        ("Content-Length: +5", b"abcde"),
        ("Content-Length: 1e3", b""),
        ("Content-Length: ٣", b"abc"),
        ("Transfer-Encoding: gzip, chunked", b"0\r\n\r\n"),
        ("Transfer-Encoding: chunked", b"-1\r\n"),
        ("Transfer-Encoding: chunked", b"2\r\nabcd\r\n0\r\n\r\n"),
        ("Transfer-Encoding: chunked", b"x" * 2000),
        ("Transfer-Encoding: chunked", b"0\r\n" + b"T: x\r\n" * 60 + b"\r\n"),
        ("Content-Length: 50", b"stops here"),
    ],
)
def test_a_body_that_is_badly_framed_is_refused(callback: Callback, calls: Calls, head: str, body: bytes) -> None:
    assert b" 400 " in raw(callback, post(head, body))
    assert calls.refused == ["broken"] and not calls.pushed


def test_a_drip_and_a_silence_are_over_in_time(callback: Callback, calls: Calls) -> None:
    began = time.monotonic()
    with socket.create_connection(("127.0.0.1", callback.port)) as silent:
        with socket.create_connection(("127.0.0.1", callback.port)) as dripping:
            dripping.sendall(post("Content-Length: 1000"))
            assert wait_for(lambda: _hung_up(dripping, b"x"))
        assert silent.recv(100) == b""
    assert time.monotonic() - began < 30 and not calls.pushed


def _hung_up(connection: socket.socket, data: bytes) -> bool:
    """Sends on; whether the other side has had enough."""
    try:
        connection.sendall(data)
        connection.settimeout(0.05)
        return b"HTTP/1.1 400" in connection.recv(1000)
    except TimeoutError:
        return False
    except OSError:
        return True


@pytest.mark.parametrize(
    "data",
    [
        b"GET /" + b"x" * 300_000 + b" HTTP/1.1\r\n\r\n",
        b"GET / HTTP/1.1\r\n" + b"A: b\r\n" * 20_000 + b"\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"\x00" * 500,
        b"secret-word\r\n\r\n",
        b"DELETE /secret-word HTTP/1.1\r\n\r\n",
        b"GET /secret-word HTTP/9.9\r\n\r\n",
    ],
    ids=["long line", "many headers", "tls", "no http", "method", "version"],
)
def test_what_is_no_request_is_answered_without_repeating_it(
    callback: Callback, data: bytes, capfd: pytest.CaptureFixture[str]
) -> None:
    answer = raw(callback, data)
    assert b"secret-word" not in answer and not re.search(rb"HTTP/1.1 2\d\d", answer)
    assert capfd.readouterr() == ("", "")


def test_a_flood_of_connections_is_bounded_and_passes(callback: Callback, calls: Calls) -> None:
    calls.hold.clear()
    busy = [threading.Thread(target=call, args=(at(callback), b"x")) for _ in range(4)]
    for thread in busy:
        thread.start()
    assert wait_for(lambda: calls.entered == 4)
    assert _is_closed_unread(callback) and calls.refused == ["busy"]
    calls.hold.set()
    for thread in busy:
        thread.join()
    assert wait_for(lambda: not _is_closed_unread(callback))
    assert call(at(callback), b"x")[0] == 202 and len(calls.pushed) == 5


def _is_closed_unread(callback: Callback) -> bool:
    with socket.create_connection(("127.0.0.1", callback.port)) as connection:
        connection.settimeout(0.5)
        try:
            return connection.recv(1) == b""
        except ConnectionResetError:
            return True
        except TimeoutError:
            return False


def test_a_database_that_is_away_is_503_and_our_own_error_500_without_its_words(
    callback: Callback, calls: Calls, capfd: pytest.CaptureFixture[str]
) -> None:
    calls.error = StoreUnavailable("postgresql://user:secret-word@db")
    assert call(at(callback), b"x") == (503, b"")
    calls.error = ValueError("secret-word")
    assert call(at(callback), b"x") == (500, b"")
    assert calls.refused == ["failed", "failed"]
    shown = "".join(capfd.readouterr())
    assert "ValueError" in shown and "secret-word" not in shown and TOKEN not in shown


def test_an_address_in_use_names_the_setting(callback: Callback, calls: Calls) -> None:
    with pytest.raises(DeskInvalid, match=r"websub\.port"):
        Callback(Answers(calls.verify, calls.push, print), "127.0.0.1", callback.port, most_body=1)


def framed(**headers: str) -> Message:
    message = Message()
    for name, value in headers.items():
        message[name.replace("_", "-")] = value
    return message


@settings(max_examples=100, deadline=None)
@given(st.binary(max_size=300), st.lists(st.integers(1, 50), max_size=20), st.integers(0, 300))
def test_chunks_carry_any_body_within_the_cap(body: bytes, sizes: list[int], most: int) -> None:
    parts, rest = [], body
    for size in sizes:
        part, rest = rest[:size], rest[size:]
        parts += [part] if part else []
    parts += [rest] if rest else []
    wire = b"".join(b"%x\r\n%s\r\n" % (len(part), part) for part in parts) + b"0\r\n\r\n"
    for headers, stream in ((framed(Transfer_Encoding="chunked"), wire), (framed(Content_Length=str(len(body))), body)):
        if len(body) > most:
            with pytest.raises(TooLarge):
                list(body_of(headers, io.BytesIO(stream), most))
        else:
            assert b"".join(body_of(headers, io.BytesIO(stream), most)) == body


@settings(max_examples=100, deadline=None)
@given(st.binary(max_size=200))
def test_any_bytes_as_chunks_end_well_or_broken(wire: bytes) -> None:
    try:
        found = b"".join(body_of(framed(Transfer_Encoding="chunked"), io.BytesIO(wire), 100))
    except (Broken, TooLarge):
        return
    assert len(found) <= 100
