"""The demo's origin over a real socket, and as a process of its own."""

from __future__ import annotations

import http.client
import signal
import socket
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from gordon.demo import Server, serve
from gordon.demo.__main__ import main
from gordon.errors import DeskInvalid, GordonError

ROOT = Path(__file__).parents[2]
START = datetime(2026, 11, 22, 14, 0, 0, 250000, tzinfo=UTC)
BLOG = """\
blog: quay
title: The quay
about: Boats
language: en
kind: rss2
posts: [{id: old, age: 2d, title: Old, text: Some text}]
later: [{id: news, after: 6, title: News, text: Came in}]
"""


class Hands:
    """A clock that is set by hand."""

    def __init__(self) -> None:
        self.now = START

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "quay.yaml").write_text(BLOG, encoding="utf-8")
    return tmp_path


def ask(server: Server, path: str, method: str = "GET", **headers: str) -> tuple[int, dict[str, str], bytes]:
    connection = http.client.HTTPConnection(server.base.removeprefix("http://"), timeout=60)
    try:
        names = {name.replace("_", "-"): value for name, value in headers.items()}
        connection.request(method, path, headers=names)
        answer = connection.getresponse()
        return answer.status, {name.lower(): value for name, value in answer.getheaders()}, answer.read()
    finally:
        connection.close()


def test_it_serves_conditional_feeds_that_grow_with_the_clock(folder: Path) -> None:
    clock = Hands()
    with serve(folder, 0, pace=10.0, now=clock) as server:
        assert server.base.startswith("http://127.0.0.1:")
        status, headers, body = ask(server, "/quay/feed.xml")
        assert status == 200 and b"Some text" in body and b"Came in" not in body
        assert server.base.encode() in body, "links lead to where it listens"
        known = {"If_None_Match": headers["etag"]}
        status, _, body = ask(server, "/quay/feed.xml", **known)
        assert (status, body) == (304, b"")
        clock.now += timedelta(minutes=1)
        status, _, body = ask(server, "/quay/feed.xml", **known)
        assert status == 200 and b"Came in" in body


def test_head_is_get_without_the_body(folder: Path) -> None:
    with serve(folder, 0, pace=10.0, now=Hands()) as server:
        _, got, body = ask(server, "/")
        status, headers, nothing = ask(server, "/", "HEAD")
        assert status == 200 and nothing == b"" and headers["content-length"] == got["content-length"] == str(len(body))
        assert ask(server, "/nowhere")[0] == 404
        assert ask(server, "/", "POST")[0] == 501


def test_one_connection_carries_many_requests_and_a_reader_may_hang_up(
    folder: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    with serve(folder, 0, pace=10.0, now=Hands()) as server:
        port = int(server.base.rpartition(":")[2])
        with socket.create_connection(("127.0.0.1", port), timeout=60) as reader:
            reader.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n")
            reader.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        for _ in range(3):
            connection.request("GET", "/quay/feed.xml")
            assert b"Some text" in connection.getresponse().read()
        connection.close()
    assert "Traceback" not in capfd.readouterr().err


def test_a_port_in_use_is_refused_with_the_remedy(folder: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(GordonError, match=rf"port {port} .*GORDON_DEMO__PORT.*feeds\.opml") as caught:
            serve(folder, port, pace=10.0, now=Hands())
        assert caught.value.exit_code == 78, "the supervisor must not start it again and again"


def test_mistakes_in_the_blogs_are_refused_before_it_listens(folder: Path) -> None:
    (folder / "quay.yaml").write_text(BLOG.replace("kind", "knid"), encoding="utf-8")
    with pytest.raises(DeskInvalid, match=r"quay\.yaml:5: unknown key knid"):
        serve(folder, 0, pace=10.0, now=Hands())


def test_the_process_ends_well_on_sigterm(folder: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "gordon.demo", str(folder), str(port), "10s"]
    with subprocess.Popen(command, cwd=ROOT, stderr=subprocess.PIPE, text=True) as process:
        try:
            assert b"Some text" in _wait_for(port, process)
            process.send_signal(signal.SIGTERM)
            _, errors = process.communicate(timeout=60)
        finally:
            process.kill()
    assert (process.returncode, errors) == (0, "")


def _wait_for(port: int, process: subprocess.Popen[str]) -> bytes:
    """The feed, as soon as the process answers."""
    while process.poll() is None:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        try:
            connection.request("GET", "/quay/feed.xml")
            return connection.getresponse().read()
        except ConnectionRefusedError:
            continue
        finally:
            connection.close()
    raise AssertionError("the process ended")


def test_the_command_names_its_mistakes(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([str(folder)]) == 2
    assert main([str(folder), "port", "10s"]) == 2
    assert main([str(folder), "0", "soon"]) == 2
    assert "usage: python -m gordon.demo FOLDER PORT PACE" in capsys.readouterr().err
    before = signal.getsignal(signal.SIGTERM), signal.getsignal(signal.SIGINT)
    try:
        assert main([str(folder / "none"), "0", "10s"]) == 78
    finally:
        signal.signal(signal.SIGTERM, before[0])
        signal.signal(signal.SIGINT, before[1])
    assert "holds no blogs" in capsys.readouterr().err
