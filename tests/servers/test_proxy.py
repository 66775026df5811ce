"""The proxy misbehaves as it says."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator

import pytest

from tests.servers.proxy import Proxy, proxied


@pytest.fixture
def echo() -> Iterator[int]:
    server = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        while True:
            try:
                connection, _ = server.accept()
            except OSError:
                return
            threading.Thread(target=answer, args=(connection,), daemon=True).start()

    def answer(connection: socket.socket) -> None:
        with connection:
            while True:
                try:
                    data = connection.recv(65536)
                except OSError:
                    return
                if not data:
                    return
                connection.sendall(data)

    threading.Thread(target=serve, daemon=True).start()
    yield server.getsockname()[1]
    server.close()


@pytest.fixture
def proxy(echo: int) -> Iterator[Proxy]:
    with proxied(echo) as made:
        yield made


def connect(proxy: Proxy) -> socket.socket:
    return socket.create_connection(("127.0.0.1", proxy.port), 30.0)


def ask(connection: socket.socket, data: bytes = b"hello") -> bytes:
    connection.sendall(data)
    found = b""
    while len(found) < len(data) and (more := connection.recv(65536)):
        found += more
    return found


def test_it_passes_everything_on(proxy: Proxy) -> None:
    with connect(proxy) as connection:
        assert ask(connection) == b"hello"
        assert ask(connection, b"x" * 300_000) == b"x" * 300_000


def test_it_delays(proxy: Proxy) -> None:
    with connect(proxy) as connection:
        proxy.behave("delay", seconds=0.3)
        began = time.monotonic()
        assert ask(connection) == b"hello"
        assert time.monotonic() - began >= 0.6


def test_it_is_slow(proxy: Proxy) -> None:
    with connect(proxy) as connection:
        proxy.behave("slow", rate=20_000)
        began = time.monotonic()
        assert ask(connection, b"x" * 10_000) == b"x" * 10_000
        assert time.monotonic() - began >= 0.5


def test_a_stall_keeps_old_and_new_connections_waiting(proxy: Proxy) -> None:
    with connect(proxy) as old:
        assert ask(old) == b"hello"
        proxy.behave("stall")
        with connect(proxy) as new:
            for connection in (old, new):
                connection.sendall(b"late")
                connection.settimeout(0.3)
                with pytest.raises(TimeoutError):
                    connection.recv(10)
            proxy.behave("pass")
            for connection in (old, new):
                connection.settimeout(30.0)
                assert connection.recv(10) == b"late"


def test_a_cut_ends_connections_until_it_passes_again(proxy: Proxy) -> None:
    with connect(proxy) as old:
        assert ask(old) == b"hello"
        proxy.behave("cut")
        assert old.recv(10) == b""
        with connect(proxy) as new:
            assert new.recv(10) == b""
    proxy.behave("pass")
    with connect(proxy) as again:
        assert ask(again) == b"hello"


def test_a_reset_is_one(proxy: Proxy) -> None:
    with connect(proxy) as old:
        assert ask(old) == b"hello"
        proxy.behave("reset")
        with pytest.raises(ConnectionResetError):
            old.recv(10)


def test_what_is_behind_it_may_be_down(echo: int) -> None:
    with proxied(1) as proxy, connect(proxy) as connection:
        assert connection.recv(10) == b""
