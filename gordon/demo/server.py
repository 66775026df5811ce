"""The listener of the demo's origin: threads of http.server around the pure Origin, on loopback only."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import replace
from datetime import datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import TracebackType
from typing import Any, TypeAlias

from gordon.demo.blogs import read_blogs
from gordon.demo.site import Origin
from gordon.errors import DeskInvalid, Problem

HOST = "127.0.0.1"
Clock: TypeAlias = Callable[[], datetime]


class Server(AbstractContextManager["Server"]):
    """An origin that is being served; closes with its context."""

    def __init__(self, http: ThreadingHTTPServer, origin: Origin) -> None:
        self.origin = origin
        self._http = http
        self._thread = threading.Thread(target=http.serve_forever, kwargs={"poll_interval": 0.1}, daemon=True)
        self._thread.start()

    @property
    def base(self) -> str:
        """The address, without a slash at its end."""
        return self.origin.base

    def close(self) -> None:
        """Stops listening; answers on their way are dropped."""
        self._http.shutdown()
        self._http.server_close()
        self._thread.join()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


class _Listener(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A reader that hangs up in the middle is no news; anything else is printed with its traceback."""
        if not isinstance(sys.exc_info()[1], ConnectionError):
            super().handle_error(request, client_address)


def serve(folder: Path, port: int, *, pace: float, now: Clock) -> Server:
    """Serves the blogs of ``folder`` on 127.0.0.1 in threads of their own until it is closed.

    ``port``: 0 picks a free one; ``pace``: seconds for a minute of the script, which begins now. Raises DeskInvalid
    for mistakes in the blogs, each with its line, and for a port that another program has.
    """
    blogs, problems = read_blogs(folder)
    if problems:
        raise DeskInvalid(problems)
    origin = Origin(blogs=blogs, start=now().replace(microsecond=0), pace=pace, base="")
    http = _listen(port)
    origin = replace(origin, base=f"http://{HOST}:{http.server_address[1]}")
    http.RequestHandlerClass = _handler(origin, now)
    return Server(http, origin)


def _listen(port: int) -> ThreadingHTTPServer:
    try:
        return _Listener((HOST, port), BaseHTTPRequestHandler)
    except (OSError, OverflowError) as error:
        remedy = (
            "end the program that has it (another gordon up?), or take another port: demo.port in gordon.toml or "
            "GORDON_DEMO__PORT, and the same port in the addresses of feeds.opml"
        )
        raise DeskInvalid(
            [Problem("gordon.toml", 0, f"port {port} of the demo is not free: {error}", remedy)]
        ) from error


def _handler(origin: Origin, now: Clock) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        """One connection."""

        protocol_version = "HTTP/1.1"
        timeout = 30

        def do_GET(self) -> None:
            self._answer(with_body=True)

        def do_HEAD(self) -> None:
            self._answer(with_body=False)

        def _answer(self, *, with_body: bool) -> None:
            headers = {name.lower(): value for name, value in self.headers.items()}
            answer = origin.answer(self.path, headers, now())
            self.send_response(answer.status)
            for name, value in answer.headers.items():
                self.send_header(name, value)
            if answer.status != 304:
                self.send_header("Content-Length", str(len(answer.body)))
            self.end_headers()
            if with_body:
                self.wfile.write(answer.body)

        def log_message(self, format: str, *args: Any) -> None:
            """Silent: a poll every two seconds would hide everything else on standard error."""

    return Handler
