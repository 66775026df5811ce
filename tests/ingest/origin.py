"""A web server on loopback that does as it is told: well-behaved, late, lying or broken. Raw sockets, one thread a
connection; every request it gets is kept."""

from __future__ import annotations

import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from types import TracebackType
from typing import BinaryIO, TypeAlias

Script: TypeAlias = Iterable["bytes | float"]


@dataclass(frozen=True)
class Asked:
    """A request as it arrived. ``headers`` by lower-case name; ``body``: as long as Content-Length says."""

    method: str
    path: str
    headers: Mapping[str, str]
    peer: tuple[str, int]
    body: bytes = b""


Answer: TypeAlias = "bytes | Callable[[Asked], bytes | Script]"


def reply(
    body: bytes | str = b"", status: int = 200, headers: Mapping[str, str] | None = None, *, length: bool = True
) -> bytes:
    """A complete HTTP answer."""
    data = body.encode() if isinstance(body, str) else body
    lines = [f"HTTP/1.1 {status} Whatever", *(f"{name}: {value}" for name, value in (headers or {}).items())]
    if length and status != 304:
        lines.append(f"Content-Length: {len(data)}")
    return "\r\n".join(lines).encode("latin-1") + b"\r\n\r\n" + data


@dataclass
class Origin:
    """``answers`` by path: bytes to send as they are, or a function of the request. A function may also return an
    iterable of bytes and pauses (seconds as float); the connection ends after it. Unknown paths answer 404."""

    host: str = "127.0.0.1"
    port: int = 0
    tls: ssl.SSLContext | None = None
    answers: dict[str, Answer] = field(default_factory=dict)
    requests: list[Asked] = field(default_factory=list)
    connections: int = 0

    def __enter__(self) -> Origin:
        family = socket.AF_INET6 if ":" in self.host else socket.AF_INET
        self._listener = socket.create_server((self.host, self.port), family=family, backlog=256)
        self.port = self._listener.getsockname()[1]
        self._open: set[socket.socket] = set()
        self._closing = threading.Event()
        self._thread = threading.Thread(target=self._accept, daemon=True)
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None) -> None:
        self._closing.set()
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for connection in list(self._open):
            _hang_up(connection)
        self._thread.join()

    def url(self, path: str = "/feed.xml", *, userinfo: str = "", host: str = "") -> str:
        """The address of a path here."""
        scheme = "https" if self.tls else "http"
        name = host or (f"[{self.host}]" if ":" in self.host else self.host)
        return f"{scheme}://{userinfo}{'@' if userinfo else ''}{name}:{self.port}{path}"

    def asked(self, path: str) -> list[Asked]:
        """The requests for this path, in order."""
        return [request for request in self.requests if request.path == path]

    def _accept(self) -> None:
        while not self._closing.is_set():
            try:
                connection, peer = self._listener.accept()
            except OSError:
                return
            self.connections += 1
            threading.Thread(target=self._serve, args=(connection, peer[:2]), daemon=True).start()

    def _serve(self, connection: socket.socket, peer: tuple[str, int]) -> None:
        self._open.add(connection)
        try:
            if self.tls is not None:
                connection = self.tls.wrap_socket(connection, server_side=True)
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            with connection.makefile("rb") as lines:
                while (asked := _read(lines, peer)) and self._answer(connection, asked):
                    pass
        except OSError:
            pass
        finally:
            self._open.discard(connection)
            _hang_up(connection)

    def _answer(self, connection: socket.socket, asked: Asked) -> bool:
        """Sends the answer; whether the connection stays open."""
        self.requests.append(asked)
        answer = self.answers.get(asked.path, reply("not here", 404))
        sent = answer if isinstance(answer, bytes) else answer(asked)
        if isinstance(sent, bytes):
            connection.sendall(sent)
            return b"connection: close" not in sent[:2000].lower() and b"content-length" in sent[:2000].lower()
        for part in sent:
            if isinstance(part, float):
                self._closing.wait(part)
            else:
                connection.sendall(part)
            if self._closing.is_set():
                break
        return False


def _read(lines: BinaryIO, peer: tuple[str, int]) -> Asked | None:
    head: list[str] = []
    for line in lines:
        text = line.decode("latin-1").rstrip("\r\n")
        if not text:
            break
        head.append(text)
    if not head or len(words := head[0].split(" ")) != 3:
        return None
    pairs = (text.partition(":") for text in head[1:])
    headers = {name.lower(): value.strip() for name, _, value in pairs}
    return Asked(words[0], words[1], headers, peer, lines.read(int(headers.get("content-length", 0))))


def _hang_up(connection: socket.socket) -> None:
    with suppress(OSError):
        connection.shutdown(socket.SHUT_RDWR)
    connection.close()


def wait_for(condition: Callable[[], bool], seconds: float = 60.0) -> bool:
    """Whether the condition comes true in time."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        if condition():
            return True
        time.sleep(0.01)
    return condition()
