"""Releases of the contract: the types of today keep what the last release promised; freezing refuses what would not."""

from __future__ import annotations

import copy
import json
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from gordon import __version__
from gordon.contracts import check, documents, main
from gordon.contracts_release import RELEASED, as_release, broken, freeze, is_major, parsed, read, touched, versions
from gordon.events import TYPES
from tests.contract import DOCS

NOW = parsed(as_release(documents()))
MENTION, ASSIGNED = "gordon.mention.v1.json", "gordon.assigned.v1.json"
Change = Callable[[dict[str, Any]], Any]


def test_the_types_of_today_keep_what_the_last_release_promised_and_no_release_was_touched() -> None:
    assert versions(DOCS), "nothing is released"
    assert check(DOCS) == []


def test_a_release_is_whole() -> None:
    for version in versions(DOCS):
        assert "asyncapi.json" in read(DOCS, version)
    assert set(read(DOCS, versions(DOCS)[0])) == {"asyncapi.json", *(f"{kind}.json" for kind in TYPES)}


def changed(change: Change) -> dict[str, dict[str, Any]]:
    new = copy.deepcopy(NOW)
    change(new)
    return new


def fields(documents: dict[str, Any], file: str, name: str) -> Any:
    return documents[file]["$defs"][name]["properties"]


def wire(documents: dict[str, Any], *place: str) -> Any:
    found = documents["asyncapi.json"]
    for part in place:
        found = found[part]
    return found


ALLOWED: dict[str, Change] = {
    "nothing": lambda new: None,
    "an optional field": lambda new: fields(new, MENTION, "Mention").update(new={"type": "string"}),
    "a value of an open list": lambda new: fields(new, ASSIGNED, "Assigned")["change"]["enum"].append("moved"),
    "words": lambda new: new[MENTION]["$defs"]["Mention"].update(description="other words"),
    "a type": lambda new: new.update({"gordon.other.v1.json": {"type": "object"}}),
    "a channel": lambda new: wire(new, "channels").update(other=wire(new, "channels", "dead")),
    "a header that may be there": lambda new: wire(
        new, "components", "messages", "dead", "headers", "properties"
    ).update(ce_new={"type": "string"}),
    "examples": lambda new: wire(new, "components", "messages", "dead").update(examples=[]),
    "partitions": lambda new: wire(new, "channels", "dead", "bindings", "kafka").update(partitions=12),
}


@pytest.mark.parametrize("name", ALLOWED)
def test_what_may_change(name: str) -> None:
    assert broken(NOW, changed(ALLOWED[name])) == []


KEY = ("components", "messages", "mention", "bindings", "kafka", "key")
HEADERS = ("components", "messages", "tagged", "headers")
REFUSED: dict[str, tuple[Change, str]] = {
    "a field is gone": (
        lambda new: fields(new, MENTION, "Mention").pop("author"),
        f"{MENTION}/$defs/Mention/properties/author: the field author is gone (breaks consumers)",
    ),
    "a nested field has another type": (
        lambda new: fields(new, ASSIGNED, "Member").update(expertise={"type": "integer"}),
        f"{ASSIGNED}/$defs/Member/properties/expertise: integer is allowed now, it was string (breaks consumers)",
    ),
    "a value of a closed list": (
        lambda new: fields(new, ASSIGNED, "Assigned")["priority"]["enum"].append("huge"),
        f'{ASSIGNED}/$defs/Assigned/properties/priority: "huge": not in the closed list',
    ),
    "a field is required": (
        lambda new: new[MENTION]["$defs"]["Mention"]["required"].append("author"),
        f"{MENTION}/$defs/Mention/required: author is required now",
    ),
    "a type is gone": (lambda new: new.pop(MENTION), f"{MENTION}: the type is gone"),
    "a channel is gone": (lambda new: wire(new, "channels").pop("dead"), "#/channels/dead: the channel is gone"),
    "a message is gone": (
        lambda new: wire(new, "channels", "webhook", "messages").pop("webhook-test"),
        "#/channels/webhook/messages/webhook-test: the message is gone",
    ),
    "a topic has another name": (
        lambda new: wire(new, "channels", "dead").update(address="gordon.letters"),
        "#/channels/dead/address: gordon.letters now, it was gordon.dead",
    ),
    "another key": (lambda new: wire(new, *KEY).update(type="integer"), "mention/bindings/kafka/key: integer is"),
    "a header is gone": (
        lambda new: wire(new, *HEADERS, "properties").pop("ce_time"),
        "tagged/headers/properties/ce_time: the field ce_time is gone",
    ),
    "a header may be missing": (lambda new: wire(new, *HEADERS, "required").pop(), "content-type may be missing now"),
    "another content type": (
        lambda new: wire(new, "components", "messages", "webhook-test").update(contentType="text/plain"),
        "webhook-test/contentType: text/plain now",
    ),
    "an attribute of webhooks is gone": (
        lambda new: wire(new, "components", "messages", "webhook-assigned", "payload", "properties").pop("subject"),
        "webhook-assigned/payload/properties/subject: the field subject is gone",
    ),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_may_not_change_is_told_with_its_place(name: str) -> None:
    change, said = REFUSED[name]
    lines = broken(NOW, changed(change))
    assert any(said in line for line in lines), lines


def test_a_major_version_may_end_a_type_that_has_a_successor_and_nothing_else() -> None:
    def ended(new: dict[str, Any]) -> None:
        new["gordon.mention.v2.json"] = new.pop(MENTION)
        wire(new, "channels").pop("mention")

    assert broken(NOW, changed(ended), major=True) == []
    assert len(broken(NOW, changed(ended))) == 2
    (line,) = broken(NOW, changed(lambda new: new.pop(MENTION)), major=True)
    assert "the type is gone" in line
    for name in ("a field is gone", "a topic has another name", "a header is gone"):
        assert broken(NOW, changed(REFUSED[name][0]), major=True), name
    assert is_major("0.9.0", "1.0.0") and is_major("1.9.1", "10.0.0") and not is_major("1.0.0", "1.2.0")


def test_freezing_writes_a_release_once(tmp_path: Path) -> None:
    assert freeze(tmp_path, "0.9.0", documents()) == []
    before = {path: path.read_bytes() for path in tmp_path.rglob("*.*") if path.is_file()}
    assert read(tmp_path, "0.9.0") == NOW and touched(tmp_path, "0.9.0") == []
    assert "released already" in freeze(tmp_path, "0.9.0", {})[0]
    assert freeze(tmp_path, "0.10.0", documents()) == [] and versions(tmp_path) == ["0.9.0", "0.10.0"]
    assert "is before 0.10.0" in freeze(tmp_path, "0.9.1", documents())[0]
    for version in ("1.0.0-rc1", "1.0.x", "1.0.0+local", ""):
        assert freeze(tmp_path, version, documents()) == [f"{version} is no version that is released"]
    assert {path: path.read_bytes() for path in before} == before and versions(tmp_path) == ["0.9.0", "0.10.0"]


def test_freezing_refuses_what_breaks_the_last_release_and_writes_nothing(tmp_path: Path) -> None:
    older = documents()
    schema = json.loads(older[f"schemas/{MENTION}"])
    schema["$defs"]["Mention"]["properties"]["mood"] = {"type": "string"}
    assert freeze(tmp_path, "0.0.9", {**older, f"schemas/{MENTION}": json.dumps(schema)}) == []
    for version in ("0.1.0", "1.0.0"):
        first, line = freeze(tmp_path, version, documents())
        assert "give the type a new name (.v2)" in first and "the field mood is gone" in line
    assert versions(tmp_path) == ["0.0.9"]


def test_a_release_that_was_touched_is_told(tmp_path: Path) -> None:
    shutil.copytree(DOCS / "schemas", tmp_path / "schemas")
    assert check(tmp_path) == []
    path = tmp_path / RELEASED / versions(DOCS)[-1] / MENTION
    path.write_text(path.read_text(encoding="utf-8").replace("html", "html5"), encoding="utf-8")
    lines = check(tmp_path)
    assert any("the field html5 is gone" in line for line in lines)
    assert any("not as it was released" in line for line in lines)
    done = subprocess.run(
        ["sha256sum", "-c", "SHA256SUMS"], cwd=path.parent, capture_output=True, text=True, check=False
    )
    assert done.returncode == 1 and f"{MENTION}: FAILED" in done.stdout


def test_the_command(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([str(tmp_path)]) == 0 and main(["check", str(tmp_path)]) == 0
    assert {path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*.json")} == set(documents())
    assert main(["freeze", str(tmp_path)]) == 0 and main(["check", str(tmp_path)]) == 0
    assert capsys.readouterr().err == ""
    assert main(["freeze", str(tmp_path)]) == 1 and f"{__version__} is released" in capsys.readouterr().err
    assert main([]) == main(["freeze"]) == main(["a", "b", "c"]) == 1
    assert capsys.readouterr().err.count("usage") == 3


def test_the_command_as_it_is_typed(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "gordon.contracts", "check", str(DOCS)], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
