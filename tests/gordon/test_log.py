"""One event is one line, whatever is in it; no password in any."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

HOSTILE = "Budget\n2026-01-01 [error] all is lost \x1b[2J\x1b]0;x\x07\r\u202egnp\u2028z\x9b31m"
PROGRAM = """
import sys
from gordon.log import logger, set_up
set_up("info", sys.argv[1], "ingest")
logger().info("poll", title=sys.argv[2], url="https://user:secret@news.example/feed", count=3)
try:
    raise ValueError(sys.argv[2])
except ValueError:
    logger().exception("failed", feed="a\\nb")
"""


def lines(form: str) -> list[str]:
    command = [sys.executable, "-c", PROGRAM, form, HOSTILE]
    done = subprocess.run(command, capture_output=True, check=True, timeout=300)
    assert b"secret" not in done.stderr
    return done.stderr.decode("utf-8").splitlines()


@pytest.mark.hostile(42)
def test_json_is_one_line_an_event_and_plain_ascii() -> None:
    found = lines("json")
    assert [json.loads(line)["event"] for line in found] == ["poll", "failed"]
    assert json.loads(found[0])["title"] == HOSTILE
    assert all(line.isascii() and line.isprintable() for line in found)


@pytest.mark.hostile(42)
def test_text_cannot_fake_a_line_or_speak_to_the_terminal() -> None:
    found = lines("text")
    assert all(line.isprintable() for line in found)
    assert "Budget\\n2026-01-01" in found[0]
    assert "count=3" in found[0]
    assert "a\\nb" in found[1]
    assert any("Traceback" in line for line in found)


EACH = """
import sys
from gordon.log import each, hide, set_up
hide(["a-long-secret"])
set_up("info", sys.argv[1], "route")
rows = [{"number": number, "url": "https://user:hidden@news.example/", "title": sys.argv[2]} for number in range(25)]
each("item", [*rows, {"token": "a-long-secret"}])
each("none", [])
"""


@pytest.mark.parametrize("form", ["json", "text"])
def test_many_lines_at_once_are_lines_like_others(form: str) -> None:
    command = [sys.executable, "-c", EACH, form, HOSTILE]
    done = subprocess.run(command, capture_output=True, check=True, timeout=300)
    found = done.stderr.decode("utf-8").splitlines()
    assert len(found) == 26 and "a-long-secret" not in done.stderr.decode() and "hidden" not in done.stderr.decode()
    assert all(line.isprintable() and "item" in line and "route" in line for line in found)
    if form == "json":
        assert [json.loads(line).get("number") for line in found] == [*range(25), None]
        first = json.loads(found[0])
        assert first["title"] == HOSTILE and first["level"] == "info" and first["timestamp"].endswith("Z")
