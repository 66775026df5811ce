"""What the ingest tests share: origins on loopback, a client that may speak to them, one parser pool."""

from __future__ import annotations

import shutil
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from gordon.settings import Http, Parse
from ingest.client import Client
from ingest.http import Answer, Request
from ingest.parse_child import attempt
from ingest.parser import ParserPool
from ingest.raw import Document
from store.database import Database
from tests.databases import new_sqlite
from tests.ingest.daemon_bench import Bench
from tests.ingest.origin import Origin


@pytest.fixture
def origin() -> Iterator[Origin]:
    with Origin() as server:
        yield server


@pytest.fixture
def fetch() -> Iterator[Callable[..., Answer]]:
    """fetch(url, resolve=..., ca_file=..., headers=..., **http settings) -> the answer. Loopback is allowed."""
    clients: list[Client] = []

    def run(url: str, *, resolve: tuple[str, ...] = (), ca_file: str = "", asks: Any = None, **settings: Any) -> Answer:
        http = Http(**({"allow_networks": ("127.0.0.0/8", "::1/128")} | settings))
        clients.append(Client(http, clock=time.monotonic, resolve=resolve, ca_file=ca_file))
        clients[-1].start(Request("k", url, **(asks or {})))
        return wait_for_answers(clients[-1], 1)[0]

    yield run
    for client in clients:
        client.close()


def wait_for_answers(client: Client, count: int, seconds: float = 60.0) -> list[Answer]:
    answers: list[Answer] = []
    until = time.monotonic() + seconds
    while len(answers) < count and time.monotonic() < until:
        answers += client.step(1.0)
    assert len(answers) == count
    return answers


@pytest.fixture(scope="session")
def pool() -> Iterator[ParserPool]:
    """A pool whose limits suit the tests: short in CPU, but enough for any honest document."""
    made = ParserPool(Parse(cpu=2.0, deadline=60.0, max_entries=50), clock=time.monotonic)
    yield made
    made.close()


@pytest.fixture(params=["in the child", "here"])
def parse(pool: ParserPool, request: pytest.FixtureRequest) -> Callable[..., Any]:
    """parse(body, content type, url) -> what the child makes of it; once really there, once in this process."""

    def run(body: bytes | str, content_type: str = "", url: str = "https://blog.example/feed") -> Any:
        data = body.encode() if isinstance(body, str) else body
        if request.param == "here":
            return attempt(Document(body=data, content_type=content_type, url=url))[0]
        pool.submit("d", data, content_type, url)
        return wait_for_documents(pool, 1)["d"]

    return run


def wait_for_documents(pool: ParserPool, count: int, seconds: float = 180.0) -> dict[Any, Any]:
    found: dict[Any, Any] = {}
    until = time.monotonic() + seconds
    while len(found) < count and time.monotonic() < until:
        found |= dict(pool.step(1.0))
    assert len(found) == count
    return found


@pytest.fixture(scope="session")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A certificate for 127.0.0.1 and its key, in one file; it is its own authority."""
    if shutil.which("openssl") is None:
        pytest.skip("needs the openssl command; install the package openssl")
    folder = tmp_path_factory.mktemp("tls")
    command = "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=test"
    names = ["-addext", "subjectAltName=IP:127.0.0.1", "-keyout", f"{folder}/key", "-out", f"{folder}/pem"]
    subprocess.run([*command.split(), *names], check=True, capture_output=True)
    return folder


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    opened = new_sqlite(tmp_path / "gordon.db")
    yield opened
    opened.close()


@pytest.fixture
def bench(database: Database, pool: ParserPool) -> Iterator[Callable[..., Bench]]:
    made: list[Bench] = []

    def make(parser: ParserPool | None = None, **settings: Any) -> Bench:
        made.append(Bench(database, parser or pool, **settings))
        return made[-1]

    yield make
    for one in made:
        one.close()
