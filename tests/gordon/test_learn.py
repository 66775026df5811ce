"""``gordon learn`` and what a desk that has learnt does: as programs and people use it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml
from msgspec.structs import replace

from classify.compile import places
from classify.learn.model import decode, encode, pack, seal
from classify.selftest import sample
from gordon.app.folder_watch import fingerprint
from gordon.app.learn import learn_desk, model_warnings, recogniser, store
from gordon.app.policy import check, read_policy
from gordon.desk.load import LEARNED, load_desk, read_desk
from gordon.errors import DeskInvalid
from tests.classify.learn_texts import FILES, text
from tests.gordon.test_cli import as_json, gordon

NOW = datetime(2026, 11, 23, tzinfo=UTC)
QUEUES = "queues: {duty: {}}\nroutes: [{queue: duty}]\n"


def detect(title: str, body: str, declared: str) -> str:
    return declared or "en"


def write(folder: Path, *, each: int = 8, files: Sequence[str] = FILES) -> Path:
    """A desk whose rules never fire, with so many examples in each language for each file."""
    (folder / "files").mkdir(parents=True, exist_ok=True)
    (folder / "queues.yaml").write_text(QUEUES, encoding="utf-8")
    for name in files:
        yes = [text(name, language, number) for language in ("en", "fr") for number in range(each)]
        no = [text("", language, number) for language in ("en", "fr") for number in range(6)]
        rules = [{"id": "r", "query": "unheard"}, {"id": "s", "query": "inouï"}]
        body: dict[str, Any] = {"file": name, "rules": rules, "examples": {"yes": yes, "no": no}}
        body["tests"] = {"must_not": [{"text": text(name, "en", 0), "lang": "en"}]}
        (folder / f"files/{name}.yaml").write_text(yaml.safe_dump(body, allow_unicode=True), encoding="utf-8")
    return folder


def taught(folder: Path) -> None:
    store(folder, learn_desk(folder, {}, [], detect))


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = write(tmp_path_factory.mktemp("learn") / "desk")
    shown = gordon("learn", desk=folder)
    assert shown.returncode == 0, shown.stderr
    for name in FILES:
        assert name in shown.stdout
    assert "precision" in shown.stdout and "[" in shown.stdout and "fr" in shown.stdout
    return folder


def test_learning_again_gives_the_same_file_and_says_how_good_it_is(desk: Path) -> None:
    before = (desk / LEARNED).read_bytes()
    found = as_json("learn", desk=desk)
    assert (desk / LEARNED).read_bytes() == before and found["model"] == json.loads(before)["version"]
    assert {(row["file"], row["language"]) for row in found["files"]} >= {(name, "all") for name in FILES}
    for row in found["files"]:
        assert row["tp"] + row["fn"] == row["yes"] and 0.5 <= row["threshold"] < 1
        assert row["recall"] is None or row["recall_interval"][0] <= row["recall"] <= row["recall_interval"][1]
    assert not [path for path in (desk / "learned").iterdir() if path.name != "model.json"]


def test_a_desk_that_has_learnt_is_fine_and_its_tests_are_run_on_rules_alone(desk: Path) -> None:
    """Each must_not is an example of its own file: only the rules are asked."""
    verdict = as_json("check", desk=desk)
    assert verdict["ok"] and not [one for one in verdict["warnings"] if "examples" in one["message"]]


def test_tag_shows_the_probability_and_the_words(desk: Path) -> None:
    body = text("ferries", "fr", 99)
    found = as_json("tag", body, "--language", "fr", desk=desk)
    (tag,) = found["files"]
    assert tag["file"] == "ferries" and tag["learned"]["probability"] == tag["score"] >= tag["learned"]["threshold"]
    assert all(body[one["start"] : one["end"]] == one["quote"] for one in tag["evidence"]) and tag["evidence"]
    shown = gordon("tag", body, "--language", "fr", desk=desk).stdout
    assert "ferries  by its examples: probability 0." in shown and f"“{tag['evidence'][0]['quote']}”" in shown


def test_explain_says_how_probable_the_other_files_are(desk: Path) -> None:
    found = as_json("tag", text("ferries", "en", 99), "--language", "en", "--explain", desk=desk)
    assert {one["file"] for one in found["examples"]} == set(FILES) - {"ferries"}
    assert all(one["probability"] < one["threshold"] for one in found["examples"])
    shown = gordon("tag", "Snow falls.", "--language", "en", "--explain", desk=desk).stdout
    assert shown.count("examples: probability") == len(FILES)


def test_decisions_of_people_teach_too(tmp_path: Path) -> None:
    folder = write(tmp_path / "desk", each=0, files=("ferries", "orchards"))
    lines = [
        json.dumps(
            {"id": 1, "text": text(name, language, number), "files": [name] if name else [], "language": language}
        )
        for name in ("ferries", "orchards", "")
        for language in ("en", "fr")
        for number in range(8)
    ]
    also = tmp_path / "decided.jsonl"
    also.write_text("\n".join(lines), encoding="utf-8")
    found = as_json("learn", "--also", str(also), desk=folder)
    assert found["decided"] == 48 and not found["unlearnt"]
    assert gordon("learn", "--also", "-", desk=folder, stdin="\n".join(lines)).returncode == 0


def test_lines_that_are_none_or_name_no_file_change_nothing(tmp_path: Path) -> None:
    folder = write(tmp_path / "desk")
    also = tmp_path / "decided.jsonl"
    also.write_text('{"text": "x"}\n{"text": "y", "files": "ferries"}\n', encoding="utf-8")
    done = gordon("learn", "--also", str(also), desk=folder)
    assert done.returncode == 78 and f"{also}:1" in done.stderr and f"{also}:2" in done.stderr
    also.write_text('{"text": "x", "files": ["ferries", "bridges"]}\n', encoding="utf-8")
    done = gordon("learn", "--also", str(also), desk=folder)
    assert done.returncode == 78 and "bridges" in done.stderr and not (folder / LEARNED).exists()


def test_too_few_examples_are_told_and_take_an_old_model_away(tmp_path: Path) -> None:
    folder = write(tmp_path / "desk")
    taught(folder)
    write(folder, each=3)
    done = gordon("learn", desk=folder)
    assert done.returncode == 1 and "give at least 8 in examples.yes" in done.stdout
    assert not (folder / LEARNED).exists()
    assert as_json("learn", desk=folder, exit_code=1)["model"] is None


def test_the_model_counts_in_the_version_and_is_watched(tmp_path: Path) -> None:
    folder = write(tmp_path / "desk")
    seen, version = fingerprint(folder), load_desk(folder, {}).version
    assert load_desk(folder, {}).learned is None
    taught(folder)
    assert fingerprint(folder) != seen and load_desk(folder, {}).version != version
    (folder / LEARNED).unlink()
    assert load_desk(folder, {}).version == version


@pytest.mark.parametrize(
    ("body", "message"),
    [(b"{}", "another version of Gordon"), (b"\x00", "is damaged"), (b"", "is damaged")],
)
def test_a_model_that_is_none_refuses_the_desk(tmp_path: Path, body: bytes, message: str) -> None:
    folder = write(tmp_path / "desk")
    taught(folder)
    (folder / LEARNED).write_bytes(body)
    with pytest.raises(DeskInvalid) as caught:
        read_policy(folder, {})
    (problem,) = caught.value.problems
    assert problem.file == LEARNED and message in problem.message and problem.remedy == "run: gordon learn"
    assert check(folder, {}, detect, now=NOW).problems == (problem,)
    taught(folder)
    assert read_policy(folder, {}).desk.learned


def test_daemons_that_do_not_tag_read_a_desk_that_has_learnt_without_numpy(desk: Path) -> None:
    code = """
import sys
from pathlib import Path
from gordon.app.policy import read_policy
assert read_policy(Path(sys.argv[1]), {}).desk.learned
assert "numpy" not in sys.modules
"""
    subprocess.run([sys.executable, "-c", code, str(desk)], check=True, timeout=300)


def test_a_model_whose_parts_do_not_fit_is_told_by_check(tmp_path: Path) -> None:
    folder = write(tmp_path / "desk")
    taught(folder)
    model = decode((folder / LEARNED).read_bytes())
    (folder / LEARNED).write_bytes(encode(seal(replace(model, rarity=pack(np.zeros(1, dtype=np.float32))))))
    (problem,) = check(folder, {}, detect, now=NOW).problems
    assert problem.file == LEARNED and "is damaged" in problem.message


def test_a_model_that_cannot_be_read_refuses_the_desk(tmp_path: Path) -> None:
    folder = write(tmp_path / "desk")
    (folder / LEARNED).mkdir(parents=True)
    (problem,) = read_desk(folder, {}).problems
    assert problem.file == LEARNED and "cannot be read" in problem.message


def test_a_large_model_is_refused_before_it_is_read_as_one(tmp_path: Path) -> None:
    folder = write(tmp_path / "desk")
    (folder / "learned").mkdir()
    with (folder / LEARNED).open("wb") as out:
        out.truncate(64 * 1024**2 + 1)
    (problem,) = read_desk(folder, {}).problems
    assert "larger than" in problem.message


def warned(folder: Path) -> list[str]:
    draft = read_desk(folder, {})
    return [str(one) for one in sorted(model_warnings(draft, places(draft.sources, draft.lines)))]


def test_check_warns_when_what_was_learnt_is_out_of_date(tmp_path: Path) -> None:
    folder = write(tmp_path / "desk")
    assert len(warned(folder)) == 3 and all("have not been learnt" in one for one in warned(folder))
    taught(folder)
    assert warned(folder) == []
    write(folder, each=9, files=("ferries",))
    (changed,) = warned(folder)
    assert changed.startswith("files/ferries.yaml:") and "gordon learn" in changed
    (folder / "files/orchards.yaml").unlink()
    gone, _ = sorted(warned(folder), key=lambda one: "orchards" not in one)
    assert gone.startswith(LEARNED) and "orchards" in gone
    desk = load_desk(folder, {})
    found = recogniser(desk.learned, desk.files)
    assert found is not None and not found.recognise(sample("", text("orchards", "en", 99), "en"), ())
    (folder / LEARNED).write_bytes(b"{}")
    assert warned(folder) == []


def test_a_desk_without_a_model_has_no_recogniser(tmp_path: Path) -> None:
    assert recogniser(None, load_desk(write(tmp_path / "desk"), {}).files) is None


def test_a_desk_with_mistakes_is_not_learnt(tmp_path: Path) -> None:
    folder = write(tmp_path / "desk")
    (folder / "files/broken.yaml").write_text("file: broken\nrules: 7\n", encoding="utf-8")
    with pytest.raises(DeskInvalid, match="broken"):
        learn_desk(folder, os.environ, [], detect)
