"""The command as programs use it: JSON, exit codes, and errors that say where and what to do, never a traceback."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from gordon.bus import Message
from gordon.bus.sqlite import SqliteBus


def gordon(
    *arguments: str, desk: Path | None = None, stdin: str = "", **environ: str
) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "gordon", *arguments, *(("--desk", str(desk)) if desk else ())]
    done = subprocess.run(
        command,
        env={**os.environ, "GORDON_METRICS__PORT": "0", **environ},
        input=stdin,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert "Traceback" not in done.stderr, done.stderr
    return done


def as_json(*arguments: str, desk: Path, exit_code: int = 0, **environ: str) -> Any:
    done = gordon(*arguments, "--json", desk=desk, **environ)
    assert done.returncode == exit_code, done.stderr
    return json.loads(done.stdout)


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("cli") / "desk"
    assert gordon("init", str(folder)).returncode == 0
    return folder


def test_a_fresh_desk_is_fine_and_is_not_overwritten(desk: Path) -> None:
    verdict = as_json("check", desk=desk)
    assert verdict["ok"] and verdict["files"] >= 1 and verdict["tests"] >= 1
    assert gordon("init", str(desk)).returncode == 1


def test_commands_on_a_desk_that_has_seen_nothing(desk: Path) -> None:
    state = as_json("status", desk=desk)
    fields = {"feeds", "found", "tagged", "untagged", "dead", "issues", "items", "outbox", "in_flight", "balanced"}
    assert fields <= state.keys() and state["balanced"] is True and state["found"] == 0
    queues = as_json("queue", "list", desk=desk)
    assert as_json("queue", "show", queues[0]["queue"], desk=desk) == []
    assert as_json("dead", "list", desk=desk) == []
    assert as_json("feeds", "list", desk=desk)
    assert as_json("db", "check", desk=desk)["ok"]
    found = json.loads(gordon("find", _first_file(desk), "--json", desk=desk).stdout)
    people = {"gordon", "deputies", "experts", "speakers", "approvers", "on_duty", "coming"}
    assert found.keys() == {"file", *people, "gaps", "ending"}
    for gap in json.loads(gordon("gaps", "--days", "1", "--json", desk=desk).stdout):
        assert {"file", "from", "to", "kind"} <= gap.keys() and ("discipline" in gap) != ("need" in gap)


def _first_file(desk: Path) -> str:
    return sorted((desk / "files").glob("*.yaml"))[0].stem


def test_bulk_tagging_keeps_order_and_ids(desk: Path) -> None:
    lines = [
        {"id": 7, "text": "Nothing"},
        {"id": "b", "title": None, "text": "Rien du tout", "language": "fr"},
        {"id": None, "text": ""},
    ]
    done = gordon("tag", "--jsonl", "-", desk=desk, stdin="\n".join(json.dumps(line) for line in lines))
    answers = [json.loads(line) for line in done.stdout.splitlines()]
    assert [answer["id"] for answer in answers] == [7, "b", None]
    assert answers[1]["language"] == "fr" and all({"files", "claims"} <= answer.keys() for answer in answers)


def test_bulk_tagging_names_bad_lines_and_tags_the_others(desk: Path, tmp_path: Path) -> None:
    lines = tmp_path / "lines.jsonl"
    bad = b'nonsense\n{"id": 2}\n{"id": 3, "text": "\xff"}\n{"id": ' + b"[" * 9999 + b"\n\n"
    lines.write_bytes(b'\xef\xbb\xbf{"id": 1, "text": "x"}\n' + bad + b'{"id": 9, "text": "Une carte"}')
    done = gordon("tag", "--jsonl", str(lines), "--explain", desk=desk)
    answers = [json.loads(line) for line in done.stdout.splitlines()]
    assert [answer["id"] for answer in answers] == [1, 9] and all(answer["explain"] for answer in answers)
    assert done.returncode == 1
    assert [line.split(": ")[0] for line in done.stderr.splitlines()] == [
        f"{lines}:{number}" for number in (2, 3, 4, 5)
    ]


def test_a_text_can_have_an_address_a_feed_and_an_author(desk: Path, tmp_path: Path) -> None:
    folder = tmp_path / "desk"
    shutil.copytree(desk, folder)
    rules = "- {id: who, query: 'author:zoe feed:city site:blog.example'}"
    (folder / "files" / "who.yaml").write_text(f"file: who\nrules:\n{rules}\n")
    about = {"url": "https://blog.example/a", "feed": "city", "author": "Zoé"}
    options = [part for key, value in about.items() for part in (f"--{key}", value)]
    assert [file["file"] for file in as_json("tag", "A text", *options, desk=folder)["files"]] == ["who"]
    assert as_json("tag", "A text", *options[:4], desk=folder)["files"] == []
    bulk = gordon("tag", "--jsonl", "-", desk=folder, stdin=json.dumps({"id": 1, "text": "A text", **about}))
    assert [file["file"] for file in json.loads(bulk.stdout)["files"]] == ["who"]


def test_a_byte_order_mark_is_no_part_of_a_text(desk: Path, tmp_path: Path) -> None:
    text = tmp_path / "text.txt"
    text.write_text("Une carte", encoding="utf-8-sig")
    marked = as_json("tag", str(text), "--explain", desk=desk)
    assert marked == as_json("tag", "Une carte", "--explain", desk=desk)
    assert json.loads(gordon("tag", "--json", "--explain", desk=desk, stdin=text.read_text("utf-8")).stdout) == marked


@pytest.mark.parametrize(
    "command", [["check"], ["status"], ["ingest"], ["classify"], ["route"], ["relay"], ["up", "--no-view"]]
)
def test_malformed_addresses_are_named_where_they_were_set(desk: Path, command: list[str]) -> None:
    wrong = {"GORDON_BUS": "kafka://user:hunter2@h:1", "GORDON_DATABASE": "mysql://u:hunter2@h/x"}
    done = gordon(*command, desk=desk, **wrong)
    assert done.returncode == 78
    for part in ("environment variable GORDON_BUS", "under [kafka]", "environment variable GORDON_DATABASE"):
        assert part in done.stderr
    assert "hunter2" not in done.stdout + done.stderr


def test_addresses_that_do_not_answer(desk: Path) -> None:
    for name, url in {
        "GORDON_BUS": "kafka://127.0.0.1:1",
        "GORDON_DATABASE": "postgresql://u:hunter2@127.0.0.1:1/x",
    }.items():
        done = gordon("up", "--no-view", desk=desk, **{name: url})
        assert done.returncode == 78 and f"environment variable {name}" in done.stderr and "hunter2" not in done.stderr
    state = as_json("status", desk=desk, exit_code=1, GORDON_BUS="kafka://127.0.0.1:1")
    assert state["balanced"] is None and state["lag"] is None


def test_a_desk_that_is_not_there_is_not_made(tmp_path: Path) -> None:
    for command in (["status"], ["feeds", "list"], ["db", "upgrade"], ["check"], ["up"], ["classify"]):
        done = gordon(*command, desk=tmp_path / "nowhere")
        assert done.returncode == 78 and "is not a folder" in done.stderr, command
    assert not (tmp_path / "nowhere").exists()


def test_wrong_use_and_unknown_things(desk: Path, tmp_path: Path) -> None:
    assert gordon("no-such-command").returncode == 2
    assert gordon("gaps", "--at", "teatime", desk=desk).returncode == 2
    for command in (["find", "no-file"], ["explain", "ffff"], ["queue", "show", "no-queue"], ["dead", "show", "ffff"]):
        done = gordon(*command, desk=desk)
        assert done.returncode == 1 and done.stderr.startswith("no "), command
    assert gordon("feeds", "export", str(tmp_path / "missing" / "x.opml"), desk=desk).returncode == 1


def test_rubbish_on_the_bus_can_be_seen_and_played_again(tmp_path: Path) -> None:
    folder = tmp_path / "desk"
    assert gordon("init", str(folder)).returncode == 0
    (folder / "feeds.opml").unlink()
    assert gordon("db", "upgrade", desk=folder).returncode == 0
    bus = SqliteBus(folder / "data" / "log.db")
    bus.publish([Message("gordon.mentions", "k", b"rubbish", ())])
    assert gordon("up", "--no-view", "--for", "15", desk=folder).returncode == 0
    (letter,) = as_json("dead", "list", desk=folder, exit_code=1)
    assert (letter["stage"], letter["reason"]) == ("classify", "undecodable")
    assert as_json("status", desk=folder)["dead_letters"] == 1
    assert as_json("dead", "show", letter["id"][:6], desk=folder)["value"]
    assert as_json("dead", "replay", letter["id"][:6], desk=folder)["replayed"] == [letter["id"]]
    assert bus.lag(["gordon.mentions"], "gordon.classify") == {"gordon.mentions": 1}
    bus.close()
