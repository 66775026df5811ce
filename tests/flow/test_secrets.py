"""The password of a feed's address comes out nowhere: log, metrics, command line, events (hostile case 11)."""

from __future__ import annotations

import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from gordon.polling import Feed
from gordon.starter import write_starter
from ingest.opml_edit import render
from tests.flow.stack import Address, Stack
from tests.ingest import texts
from tests.ingest.origin import Asked, Origin, reply

USER, SECRET = "secret-user", "s3cr%40t-w0rd"
WORDS = ("secret-user", "s3cr", "w0rd")
PATHS = ("/ok", "/401", "/500", "/moved", "/away", "/gone", "/page")


@pytest.fixture
def origin() -> Iterator[Origin]:
    with Origin() as server, Origin(host="127.0.0.2") as other:

        def ok(asked: Asked) -> bytes:
            return reply(texts.RSS_2) if "authorization" in asked.headers else reply("", 401)

        other.answers["/x"] = reply(texts.ATOM)
        server.answers |= {
            "/ok": ok,
            "/401": reply("", 401),
            "/500": reply("", 500),
            "/moved": reply(status=301, headers={"Location": "/ok"}),
            "/away": reply(status=302, headers={"Location": other.url("/x")}),
            "/gone": reply("", 410),
            "/page": reply('<html><link rel="alternate" type="application/rss+xml" href="/ok">'),
        }
        yield server


@pytest.fixture
def desk(tmp_path: Path, origin: Origin) -> Path:
    write_starter(tmp_path / "desk")
    urls = {path[1:]: origin.url(path, userinfo=f"{USER}:{SECRET}") for path in PATHS}
    urls |= {
        "dead": f"http://{USER}:{SECRET}@127.0.0.1:1/",
        "inside": f"http://{USER}:{SECRET}@10.0.0.1/",
        "untitled": f"http://{USER}:{SECRET}@name.invalid/",
    }
    feeds = [Feed(id=name, url=url, title="" if name == "untitled" else name) for name, url in urls.items()]
    (tmp_path / "desk" / "feeds.opml").write_text(render(feeds), encoding="utf-8")
    return tmp_path / "desk"


@pytest.mark.hostile(11)
def test_no_output_holds_a_password(desk: Path, origin: Origin) -> None:
    environ = {
        "GORDON_HTTP__ALLOW_NETWORKS": "127.0.0.0/8",
        "GORDON_POLL__HOST_DELAY": "0s",
        "GORDON_LOG__LEVEL": "debug",
    }
    stack = Stack(desk, Address("embedded", environ))
    stack.start()
    try:
        stack.until(lambda: len(polled(stack)) == len(PATHS) + 3, 60.0, "not every feed was polled")
        stack.until(lambda: stack.settled(6), 60.0, "what was found does not arrive")
        told = {f"log of {path.name}": path.read_text() for path in stack.logs.iterdir()}
        told |= {path.name: scraped(path) for path in (desk / "data").glob("*.metrics")}
        assert any("gordon_polls_total" in text for text in told.values())
    finally:
        stack.stop()
    assert any("authorization" in asked.headers for asked in origin.asked("/ok"))
    secret = origin.url("/ok", userinfo=f"{USER}:{SECRET}")
    for words in commands(origin):
        for form in ((), ("--json",)):
            done = stack.run(*words, *form)
            assert "Traceback" not in done.stderr, done.stderr
            told[f"{' '.join(words)} {' '.join(form)}"] = done.stdout + done.stderr
    told["feeds add, again"] = "".join(spoken(stack, "feeds", "add", secret))
    for path in (desk / "data").iterdir():
        if path.name.startswith("log.db") and path.is_file():
            told[path.name] = path.read_bytes().decode("latin-1")
    leaks = {name: word for name, text in told.items() for word in WORDS if word in text}
    assert leaks == {}


def polled(stack: Stack) -> list[str]:
    return [one["feed"]["id"] for one in stack.json("feeds", "health") if one["health"] != "never"]


def commands(origin: Origin) -> list[tuple[str, ...]]:
    fresh = origin.url("/moved", userinfo=f"{USER}:{SECRET}x")
    return [
        ("check",),
        ("feeds", "list"),
        ("feeds", "health", "--all"),
        ("feeds", "health", "dead"),
        ("feeds", "test", "page"),
        ("feeds", "test", "401"),
        ("feeds", "resume", "gone"),
        ("feeds", "move", "401", "--to", fresh),
        ("feeds", "remove", "500"),
    ]


def spoken(stack: Stack, *words: str) -> tuple[str, str]:
    done = stack.run(*words)
    return done.stdout, done.stderr


def scraped(address: Path) -> str:
    """The metrics of the daemon that listens there."""
    with urllib.request.urlopen(f"http://{address.read_text().strip()}/metrics", timeout=60) as answer:
        return str(answer.read().decode())
