"""The listener for WebSub hubs: verifications (GET) and pushes (POST) at CALLBACK/TOKEN, for anybody on the internet.

Every request costs little: a bounded number at a time, of bounded size, for a bounded time; the rest is hung up on. It
knows no secrets, keeps no bodies and writes no log line of its own; what to answer is decided by the functions it gets.
"""

from __future__ import annotations

import io
import re
import socket
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, ClassVar
from urllib.parse import parse_qsl

from gordon.errors import Transient
from gordon.listen import Listening
from gordon.log import logger
from ingest.callback_body import Broken, TooLarge, body_of

AT_ONCE = 32
SECONDS = 15.0
MOST_HEAD = 64 * 1024
MOST_FIELDS = 50
_TOKEN = re.compile(r"[A-Za-z0-9_-]{22,128}")


@dataclass(frozen=True, slots=True)
class Answers:
    """What to do with a hub's requests. ``verify(token, query)`` gives status and body; ``push(token, signature,
    chunks)`` reads all chunks and gives the status; both may raise Transient. ``refused(why)`` hears of what never came
    that far: "busy", "too-large", "broken", "failed"."""

    verify: Callable[[str, Mapping[str, str]], tuple[int, bytes]]
    push: Callable[[str, str, Iterator[bytes]], int]
    refused: Callable[[str], None]


class Callback:
    """Listens until closed. ``most_body``: bytes of a push; ``seconds``: for a request, from its connection on."""

    def __init__(
        self,
        answers: Answers,
        host: str,
        port: int,
        *,
        most_body: int,
        at_once: int = AT_ONCE,
        seconds: float = SECONDS,
    ) -> None:
        """Raises DeskInvalid where the address cannot be bound."""
        handler = type("Handler", (_Handler,), {"answers": answers, "most_body": most_body, "seconds": seconds})
        slots = threading.BoundedSemaphore(at_once)
        server = type("Server", (_Server,), {"slots": slots, "answers": answers})
        remedy = "choose another address with websub.listen and websub.port, or take websub.callback away"
        self._listening = Listening(server, handler, host, port, name="callback", remedy=remedy)
        self.port = self._listening.port

    def close(self) -> None:
        """Stops listening."""
        self._listening.close()


class _Server(ThreadingHTTPServer):
    """At most so many connections at once; one more is closed unread."""

    slots: ClassVar[threading.BoundedSemaphore]
    answers: ClassVar[Answers]
    request_queue_size = 64

    def process_request(self, request: Any, client_address: Any) -> None:
        if not self.slots.acquire(blocking=False):
            self.answers.refused("busy")
            self.shutdown_request(request)
            return
        try:
            super().process_request(request, client_address)
        except RuntimeError:  # no thread to be had
            self.slots.release()
            raise

    def process_request_thread(self, request: Any, client_address: Any) -> None:
        try:
            super().process_request_thread(request, client_address)
        finally:
            self.slots.release()

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A connection that broke is no news; an error of ours was logged where it arose."""


class _Timed(io.RawIOBase):
    """Reads from a socket until a deadline, and not more than an allowance: a drip is as good as silence."""

    def __init__(self, connection: socket.socket, seconds: float, most: int) -> None:
        self._connection, self._until, self.left = connection, time.monotonic() + seconds, most

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        seconds = self._until - time.monotonic()
        if seconds <= 0 or self.left <= 0:
            raise TimeoutError("the request takes too long or is too long")
        self._connection.settimeout(seconds)
        count = self._connection.recv_into(buffer)
        self.left -= count
        return count


class _Handler(BaseHTTPRequestHandler):
    answers: ClassVar[Answers]
    most_body: ClassVar[int]
    seconds: ClassVar[float]
    protocol_version = "HTTP/1.1"  # so that "Expect: 100-continue" is answered
    server_version = "Gordon"
    sys_version = ""

    def setup(self) -> None:
        super().setup()
        self.timed = _Timed(self.connection, self.seconds, MOST_HEAD)
        self.rfile = io.BufferedReader(self.timed)

    def do_GET(self) -> None:
        path, _, query = self.path.partition("?")
        self._guarded(path, lambda token: self.answers.verify(token, _fields(query)))

    def do_POST(self) -> None:
        self.timed.left = 2 * self.most_body + MOST_HEAD  # the framing of small chunks may double it
        body = body_of(self.headers, self.rfile, self.most_body)
        seal = self.headers.get("X-Hub-Signature", "")
        self._guarded(self.path.partition("?")[0], lambda token: (self.answers.push(token, seal, body), b""))

    def _guarded(self, path: str, answer: Callable[[str], tuple[int, bytes]]) -> None:
        token = path.rpartition("/")[2]
        if not _TOKEN.fullmatch(token):
            self._send(404)
            return
        try:
            self._send(*answer(token))
        except TooLarge:
            self._refuse("too-large", 413)
        except (Broken, TimeoutError):
            self._refuse("broken", 400)
        except Transient:
            self._refuse("failed", 503)
        except Exception as error:  # the edge of a thread: an error of ours is logged, without the request in it
            logger().error("a call of a hub failed", error=type(error).__name__)
            self._refuse("failed", 500)

    def _refuse(self, why: str, status: int) -> None:
        self.answers.refused(why)
        self._send(status)

    def _send(self, status: int, body: bytes = b"") -> None:
        self.close_connection = True
        self.send_response(status)
        self.send_header("Content-Type", "text/plain; charset=utf-8")
        self.send_header("X-Content-Type-Options", "nosniff")
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.write(body)

    def send_error(self, code: int, message: str | None = None, explain: str | None = None) -> None:
        """The base class would repeat parts of the request."""
        self._send(int(code))

    def log_message(self, format: str, *args: Any) -> None:
        """The path holds a token, and strangers choose the rest."""


def _fields(query: str) -> dict[str, str]:
    """The first value of each field; empty where there are far too many. Bytes that are no UTF-8 survive an echo."""
    try:
        pairs = parse_qsl(query, keep_blank_values=True, max_num_fields=MOST_FIELDS, errors="surrogateescape")
    except ValueError:
        return {}
    return dict(reversed(pairs))
