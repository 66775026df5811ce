"""Canaries, words that stand for secrets, are put wherever Gordon is given one; then everything that it says is
searched for them (hostile case 95)."""

from __future__ import annotations

import json
import os
import signal
import socket
import sqlite3
import struct
import subprocess
import sys
import threading
import urllib.error
import urllib.request
from base64 import b64encode
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from io import BufferedReader
from pathlib import Path

import pytest

from gordon.polling import Feed
from gordon.starter import write_starter
from ingest.opml_edit import render
from tests.flow.stack import SLOW, Address, Stack, running
from tests.ingest import texts
from tests.ingest.origin import Origin, reply

USER, WORD, TOKEN, COOKIE = "canary-user", "canary-w0rd", "canary-t0ken", "canary-c00kie"
SASL, SSL_KEY, POSTGRES, OTHER = "canary-s4sl", "canary-key-phrase", "canary-p0stgres", "canary-0ther"
HOOK = b64encode(b"canary of a webhook, 32 bytes or more").decode()
CANARIES = (USER, WORD, TOKEN, COOKIE, SASL, SSL_KEY, POSTGRES, OTHER, HOOK)
BELONGS = {("feeds", "url"), ("feeds", "current_url")}
"""Columns that hold the address of a feed as it is: it is needed for polling. So do backups, which are copies of the
database, readable for their owner alone."""
pytestmark = pytest.mark.hostile(95)


@pytest.fixture
def origin() -> Iterator[Origin]:
    with Origin() as server:
        server.answers |= {
            f"/fine?token={TOKEN}": reply(texts.RSS_2, headers={"Set-Cookie": f"session={COOKIE}"}),
            f"/refused?token={TOKEN}": reply("", 403),
            f"/page?token={TOKEN}": reply("<html><title>no feed</title>"),
            "/hook": reply("", 500),
        }
        yield server


@pytest.fixture
def desk(tmp_path: Path, origin: Origin) -> Path:
    """A desk with a canary in each place that takes a secret."""
    folder = tmp_path / "desk"
    write_starter(folder)
    urls = {
        name: origin.url(f"/{name}?token={TOKEN}", userinfo=f"{USER}:{WORD}") for name in ("fine", "refused", "page")
    }
    urls["nobody"] = f"http://{USER}:{WORD}@127.0.0.1:1/?access_token={TOKEN}"
    feeds = [Feed(id=name, url=url, title=name) for name, url in urls.items()]
    (folder / "feeds.opml").write_text(render(feeds), encoding="utf-8")
    (folder / "gordon.toml").chmod(0o600)
    settings = f'[http]\nallow_networks = ["127.0.0.0/8"]\n[kafka]\nssl_password = "{SSL_KEY}"\n'
    (folder / "gordon.toml").write_text(settings, encoding="utf-8")
    for name, text in {"sasl": SASL, "hook": f"whsec_{HOOK}"}.items():
        (folder / name).touch(0o600)
        (folder / name).write_text(text, encoding="utf-8")
    hook = {"id": "tool", "url": origin.url("/hook"), "secrets": [{"file": "hook"}]}
    (folder / "webhooks.yaml").write_text(json.dumps([hook]), encoding="utf-8")
    return folder


ENVIRON = {"GORDON_KAFKA__SASL_PASSWORD_FILE": "sasl", "GORDON_LOG__LEVEL": "debug", "SOME_PASSWORD": OTHER}


def leaks(told: dict[str, str]) -> dict[str, list[str]]:
    """Where which canaries sing."""
    found = {name: [word for word in CANARIES if word in text] for name, text in told.items()}
    return {name: words for name, words in found.items() if words}


def fetched(address: Path) -> dict[str, str]:
    """What the listener of a daemon says."""
    told = {}
    for path in ("/metrics", "/health/live", "/health/ready"):
        try:
            with urllib.request.urlopen(f"http://{address.read_text().strip()}{path}", timeout=60) as answer:
                told[f"{address.name}{path}"] = answer.read().decode()
        except urllib.error.HTTPError as error:
            told[f"{address.name}{path}"] = error.read().decode()
    return told


COMMANDS = [
    ("check",),
    ("status",),
    ("feeds", "list"),
    ("feeds", "list", "--json"),
    ("feeds", "health", "--all"),
    ("feeds", "health", "nobody"),
    ("feeds", "health", "nobody", "--json"),
    ("feeds", "test", "page"),
    ("feeds", "test", "refused"),
    ("feeds", "test", "refused", "--json"),
    ("webhooks", "list", "--json"),
    ("webhooks", "test", "tool"),
    ("dead", "list"),
    ("db", "check"),
    ("settings", "--all"),
]


def test_no_daemon_and_no_command_says_a_secret(desk: Path, origin: Origin) -> None:
    environ = {**ENVIRON, "GORDON_POLL__HOST_DELAY": "0s"}
    with running(desk, Address("embedded", environ), ("ingest", "classify", "route", "relay")) as stack:
        stack.until(lambda: polled(stack) == 4, 90.0, "not every feed was polled")
        stack.until(lambda: len(list((desk / "data").glob("*.metrics"))) == 4, 90.0, "a daemon does not listen")
        told = {f"log of {path.name}": path.read_text() for path in stack.logs.iterdir()}
        for path in (desk / "data").glob("*.metrics"):
            told |= fetched(path)
        assert any("gordon_polls_total" in text for text in told.values())
    for words in COMMANDS:
        done = stack.run(*words)
        assert "Traceback" not in done.stderr, done.stderr
        told[" ".join(words)] = done.stdout + done.stderr
    for path in (desk / "data").glob("log.db*"):
        told[path.name] = path.read_bytes().decode("latin-1") if path.is_file() else ""
    told |= columns(desk / "data" / "gordon.db")
    assert origin.asked(f"/fine?token={TOKEN}"), "the feed with the canaries was never asked for"
    assert leaks(told) == {}


def polled(stack: Stack) -> int:
    return sum(one["health"] != "never" for one in stack.json("feeds", "health"))


def columns(path: Path) -> dict[str, str]:
    """Every column of the database as one text, but those where addresses of feeds belong."""
    told = {}
    with closing(sqlite3.connect(path)) as database:
        tables = [name for (name,) in database.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        for table in tables:
            for column in [row[1] for row in database.execute(f"PRAGMA table_info({table})")]:
                if (table, column) not in BELONGS:
                    rows = database.execute(f'SELECT "{column}" FROM "{table}"').fetchall()
                    told[f"{table}.{column}"] = repr(rows)
    return told


@contextmanager
def postgres_that_quotes() -> Iterator[int]:
    """A server that asks for the password in plain words, and repeats it when it refuses: the port."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        thread = threading.Thread(target=_refuse_all, args=(server,), daemon=True)
        thread.start()
        yield server.getsockname()[1]


def _refuse_all(server: socket.socket) -> None:
    while True:
        try:
            connection, _ = server.accept()
        except OSError:
            return
        with connection, connection.makefile("rb") as stream, suppress(struct.error, OSError):
            _refuse(connection, stream)


def _refuse(connection: socket.socket, stream: BufferedReader) -> None:
    while True:
        size, code = struct.unpack("!II", stream.read(8))
        stream.read(size - 8)
        if code == 196608:  # the start; what came before asks for encryption
            break
        connection.sendall(b"N")
    connection.sendall(b"R" + struct.pack("!II", 8, 3))
    stream.read(1)
    (size,) = struct.unpack("!I", stream.read(4))
    word = stream.read(size - 4).rstrip(b"\0")
    fields = b"SFATAL\0C28P01\0M" + b"the password " + word + b" is wrong\0\0"
    connection.sendall(b"E" + struct.pack("!I", len(fields) + 4) + fields)


def spoken(desk: Path, *words: str, environ: dict[str, str], seconds: float = 300.0) -> tuple[int, str]:
    """What a command says that fails, or is asked to end once it says that it waits."""
    command = [sys.executable, "-m", "gordon", *words, "--desk", str(desk)]
    with subprocess.Popen(
        command, env={**os.environ, **ENVIRON, **environ}, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    ) as process:
        assert process.stdout is not None
        said = []
        for line in process.stdout:
            said.append(line)
            if '"waiting"' in line:
                process.send_signal(signal.SIGTERM)
        return process.wait(seconds), "".join(said)


DAEMONS = [(stage, "--metrics-port", "0") for stage in ("ingest", "classify", "route", "relay")]


def test_a_database_that_repeats_the_password_is_not_quoted(desk: Path) -> None:
    with postgres_that_quotes() as port:
        environ = {"GORDON_DATABASE": f"postgresql://gordon:{POSTGRES}@127.0.0.1:{port}/gordon"}
        for words in [DAEMONS[0], DAEMONS[2], ("status",), ("db", "check", "--json"), ("queue", "list")]:
            code, said = spoken(desk, *words, environ=environ)
            assert leaks({" ".join(words): said}) == {}
            assert "Traceback" not in said and (code != 0 or "waiting" in said), said
            assert "the password *** is wrong" in said


def test_a_broker_that_refuses_the_login_is_not_quoted(desk: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        threading.Thread(target=_hang_up, args=(server,), daemon=True).start()
        environ = {
            "GORDON_BUS": f"kafka://127.0.0.1:{server.getsockname()[1]}",
            "GORDON_KAFKA__SECURITY_PROTOCOL": "SASL_PLAINTEXT",
            "GORDON_KAFKA__SASL_MECHANISM": "PLAIN",
            "GORDON_KAFKA__SASL_USERNAME": USER,
            "GORDON_KAFKA__REQUEST_TIMEOUT": "1s",
        }
        for words in [*DAEMONS[1:3], ("dead", "list"), ("status", "--json")]:
            code, said = spoken(desk, *words, environ=environ)
            assert leaks({" ".join(words): said}) == {}
            assert "Traceback" not in said and said, code


def _hang_up(server: socket.socket) -> None:
    while True:
        try:
            server.accept()[0].close()
        except OSError:
            return


@pytest.mark.parametrize(
    "environ",
    [
        {"GORDON_KAFKA__SASL_PASWORD": OTHER},
        {"GORDON_DATABASE": f"postgres//gordon:{POSTGRES}@h:x/d"},
        {"GORDON_DATABASE": f"oracle://gordon:{POSTGRES}@h/d"},
        {"GORDON_BUS": f"kafka://{USER}:{SASL}@127.0.0.1:9092"},
        {"GORDON_KAFKA__SASL_PASSWORD": SASL},
    ],
)
def test_mistakes_in_settings_do_not_repeat_them(desk: Path, environ: dict[str, str]) -> None:
    hook = json.loads((desk / "webhooks.yaml").read_text())[0]
    (desk / "webhooks.yaml").write_text(json.dumps([{**hook, "secrets": [f"whsec_{HOOK}"]}]))
    for words in (("check", "--json"), ("status",)):
        code, said = spoken(desk, *words, environ=environ)
        assert code == 78, said
        assert leaks({" ".join(words): said}) == {}


PROGRAM = """
import sys, threading
from gordon.log import hide, logger, set_up
from gordon.secrets import veil_tracebacks
veil_tracebacks()
word, url = sys.argv[1:]
hide([word])
for form in ("json", "text"):
    set_up("info", form, "ingest")
    logger().info("it says " + word, words=[word, {"url": url}], bytes=word.encode(), error=ValueError(word))
    try:
        raise ValueError("no " + word)
    except ValueError:
        logger().exception("failed")
thread = threading.Thread(target=lambda: {}["in a thread " + word])
thread.start()
thread.join()
raise RuntimeError("in vain " + word + " at " + url)
"""


def test_no_traceback_says_a_secret() -> None:
    url = f"https://{USER}:{WORD}@h/feed?x=1&token={TOKEN}"
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, SASL, url], capture_output=True, text=True, check=False, timeout=60 * SLOW
    )
    assert done.returncode == 1 and leaks({"it": done.stdout + done.stderr}) == {}
    assert "in vain *** at https://***@h/feed?x=1&token=***" in done.stderr and "in a thread ***" in done.stderr
    assert done.stderr.count("no ***") == 2 and "it says ***" in done.stderr
