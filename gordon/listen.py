"""A small HTTP server of a daemon, in a thread of its own: the one place where Gordon listens."""

from __future__ import annotations

import socket
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from gordon.errors import DeskInvalid, Problem

POLL = 0.1
"""Seconds between two looks whether to stop."""


class Listening:
    """Serves until closed; ``port`` is the real one where 0 was asked for."""

    def __init__(
        self,
        server: type[ThreadingHTTPServer],
        handler: type[BaseHTTPRequestHandler],
        host: str,
        port: int,
        *,
        name: str,
        remedy: str,
    ) -> None:
        """Raises DeskInvalid where the address cannot be bound."""
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        bound = type("Server", (server,), {"address_family": family, "daemon_threads": True})
        try:
            self.server: ThreadingHTTPServer = bound((host, port), handler)
        except OSError as error:
            problem = Problem("gordon.toml", 0, f"cannot listen on {host}:{port}: {error}", remedy)
            raise DeskInvalid([problem]) from error
        self.port: int = self.server.server_address[1]
        self._thread = threading.Thread(target=self.server.serve_forever, args=(POLL,), name=name, daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Stops listening; answers on their way are not waited for."""
        self.server.shutdown()
        self.server.server_close()
        self._thread.join()
