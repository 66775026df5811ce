"""A TCP proxy that misbehaves on demand: between daemons and broker, database or feeds, on loopback only."""

from __future__ import annotations

import select
import socket
import struct
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Literal

Mode = Literal["pass", "delay", "slow", "stall", "cut", "reset"]
BREAKING: tuple[Mode, ...] = ("cut", "reset")
LOOK = 0.05
"""Seconds between two looks at what is asked of a connection."""
CHUNK = 65536


@dataclass(frozen=True)
class Behaviour:
    """``delay``: ``seconds`` before each piece goes on. ``slow``: ``rate`` bytes a second. ``stall``: connections are
    taken and kept, nothing goes through. ``cut``: connections end, new ones end at once. ``reset``: the same, with RST.
    """

    mode: Mode = "pass"
    seconds: float = 0.2
    rate: int = 65536


class Proxy:
    """Forwards ``127.0.0.1:port`` to ``target`` as it is told to ``behave``."""

    def __init__(self, target: int, port: int = 0) -> None:
        self._target = target
        self._behaviour = Behaviour()
        self._ended = threading.Event()
        self._server = socket.create_server(("127.0.0.1", port), backlog=128)
        self.port: int = self._server.getsockname()[1]
        self._thread = threading.Thread(target=self._serve, name=f"proxy-{self.port}", daemon=True)
        self._thread.start()

    def behave(self, mode: Mode, *, seconds: float = 0.2, rate: int = 65536) -> None:
        """From now on, for all connections, old and new: what is sent after the return does not get through a line
        that is stalled, cut or reset."""
        self._behaviour = Behaviour(mode, seconds, rate)

    def close(self) -> None:
        """Ends all connections."""
        self._ended.set()
        self._thread.join()
        self._server.close()

    def _serve(self) -> None:
        while not self._ended.is_set():
            if not select.select([self._server], [], [], LOOK)[0]:
                continue
            client, _ = self._server.accept()
            threading.Thread(target=self._connection, args=(client,), daemon=True).start()

    def _connection(self, client: socket.socket) -> None:
        if self._behaviour.mode in BREAKING:
            _end(client, self._behaviour.mode)
            return
        try:
            server = socket.create_connection(("127.0.0.1", self._target), 5.0)
        except OSError:  # what is behind the proxy is down: so is the proxy
            _end(client, "cut")
            return
        pumps = [
            threading.Thread(target=self._pump, args=pair, daemon=True) for pair in ((client, server), (server, client))
        ]
        for pump in pumps:
            pump.start()
        for pump in pumps:
            pump.join()
        for end in (client, server):
            _end(end, self._behaviour.mode)

    def _pump(self, source: socket.socket, sink: socket.socket) -> None:
        """Until one side ends, or a fault ends both."""
        with suppress(OSError, ValueError):
            while not self._ended.is_set() and (mode := self._behaviour.mode) not in BREAKING:
                if mode == "stall":
                    time.sleep(LOOK)
                elif select.select([source], [], [], LOOK)[0]:
                    data = source.recv(self._piece())
                    if not data:
                        break
                    self._wait(len(data))
                    if self._behaviour.mode in BREAKING:  # asked only now: it was sent when the line had broken
                        break
                    sink.sendall(data)
        for end in (source, sink):
            if self._behaviour.mode != "reset":  # a shutdown would say goodbye first
                with suppress(OSError):
                    end.shutdown(socket.SHUT_RDWR)

    def _piece(self) -> int:
        behaviour = self._behaviour
        return max(1, int(behaviour.rate * LOOK)) if behaviour.mode == "slow" else CHUNK

    def _wait(self, size: int) -> None:
        behaviour = self._behaviour
        if behaviour.mode == "delay":
            time.sleep(behaviour.seconds)
        elif behaviour.mode == "slow":
            time.sleep(size / behaviour.rate)
        while self._behaviour.mode == "stall" and not self._ended.is_set():
            time.sleep(LOOK)


def _end(connection: socket.socket, mode: Mode) -> None:
    if mode == "reset":
        with suppress(OSError):
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    connection.close()


@contextmanager
def proxied(target: int) -> Iterator[Proxy]:
    """A proxy before the port."""
    proxy = Proxy(target)
    try:
        yield proxy
    finally:
        proxy.close()
