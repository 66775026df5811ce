"""House rules that no linter knows: excuses carry reasons, one outbound client, broad excepts stay at the edges."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SOURCES = sorted(
    path for package in ("gordon", "ingest", "classify", "route", "store") for path in (ROOT / package).rglob("*.py")
)
NETWORK = {"requests", "httpx", "aiohttp", "urllib3", "niquests", "pycurl", "http.client", "urllib.request", "ftplib"}
CLIENT = "ingest/client.py"
BROAD_EXCEPTS = {
    "gordon/relay.py": "the edge of a thread that must not die unseen",
    "gordon/app/courier.py": "the edge of a thread that must not die unseen",
    "gordon/app/gauges.py": "the edge of a thread that must not die unseen",
    "gordon/bus/kafka_client.py": "carries an error from thread to thread, and closes a socket whatever the reason",
    "gordon/worker.py": "the loop is where unexpected errors end",
    "gordon/app/websub.py": "the edge of a thread that must not die unseen",
    "ingest/callback.py": "the edge of a thread, and of what strangers may cause: logged without their words",
    "ingest/settle.py": "ingest's own loop: an error over one feed becomes its outcome, with its cause",
    "ingest/parse_child.py": "the guarded child turns whatever a parser raises into an outcome",
}


def name(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def imported(path: Path) -> set[str]:
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
    return found


@pytest.mark.parametrize("path", SOURCES, ids=name)
def test_only_the_one_client_speaks_to_the_outside(path: Path) -> None:
    if name(path) != CLIENT:
        assert not imported(path) & NETWORK


@pytest.mark.parametrize("path", SOURCES, ids=name)
def test_broad_excepts_stay_where_they_are_allowed(path: Path) -> None:
    broad = [
        node.lineno
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.ExceptHandler)
        and (node.type is None or (isinstance(node.type, ast.Name) and node.type.id in {"Exception", "BaseException"}))
    ]
    assert not broad or name(path) in BROAD_EXCEPTS


@pytest.mark.parametrize("path", [*SOURCES, *sorted((ROOT / "tests").rglob("*.py"))], ids=name)
def test_an_excuse_has_its_reason_beside_it(path: Path) -> None:
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        excuse = re.search(r"#\s*(type: ignore|noqa|pragma: no cover)(\[[\w, -]+\]|:\s*[A-Z0-9, ]+)?(.*)", line)
        if excuse and name(path) != name(Path(__file__)):
            assert len(excuse[3].strip(" #:-")) > 8, f"{name(path)}:{number}: {line.strip()}"


@pytest.mark.parametrize("path", SOURCES, ids=name)
def test_nothing_is_left_for_later(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert not re.search(r"\b(TODO|FIXME|XXX|raise NotImplementedError)\b", text)
    assert "unittest.mock" not in text


HOMES = {
    "ahocorasick_rs": "classify",
    "alembic": "store",
    "feedparser": "ingest/kinds",
    "holidays": "route/calendar.py",
    "kafka": "gordon/bus",
    "lark": "classify/query",
    "lingua": "gordon/language.py",
    "matplotlib": "gordon/picture.py",
    "nh3": "ingest/safe_html.py",
    "prometheus_client": "gordon/metrics.py",
    "protego": "ingest/robots.py",
    "psycopg": "store",
    "pycurl": "ingest/client.py",
    "selectolax": "ingest",
    "simplemma": "classify",
    "sklearn": "classify/learn/train.py",
    "snowballstemmer": "",
    "spacy": "classify",
    "sqlalchemy": "store",
    "structlog": "gordon/log.py",
    "trafilatura": "ingest/page.py",
    "typer": "gordon/cli",
    "yaml": "gordon/desk",
}


@pytest.mark.parametrize("path", SOURCES, ids=name)
def test_each_heavy_library_has_one_home(path: Path) -> None:
    for module in imported(path):
        home = HOMES.get(module.partition(".")[0])
        assert home is None or name(path).startswith(home), f"{module} belongs to {home}"
