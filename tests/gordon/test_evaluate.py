"""The evaluation of a desk: what is counted, what is left out, what is named, and the picture."""

from __future__ import annotations

import json
import struct
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from gordon.picture import Line, Panel, precision_recall, write
from tests.gordon.test_cli import gordon

PASSPORT = """\
file: passport
rules:
  - {id: delays, lang: en, query: 'passport* NEAR/8 (delay* OR backlog)'}
  - {id: retards, lang: fr, query: 'passeport* NEAR/8 (retard* OR attente)'}
  - {id: name, phrases: [Passport Program, Programme de passeport], weight: 2}
exclude:
  - {id: sport, query: hockey}
"""
PARKS = "file: parks\nrules:\n  - {id: parks, query: 'park OR parc'}\n"
SAMPLES: list[dict[str, Any]] = [
    {"id": "a", "text": "The passport backlog grows again this month", "files": ["passport"]},
    {"id": "b", "title": "Passport delays", "text": "The hockey team waits for its papers", "files": ["passport"]},
    {"id": "c", "text": "Le passeport accuse un retard de trois semaines", "files": ["passport"]},
    {"id": "d", "text": "You cannot park here, the passport office says", "files": ["passport"]},
    {"id": "e", "text": "Le parc national ouvre ses portes au printemps", "files": ["parks"]},
    {"id": "f", "text": "Rien à signaler dans la ville ce matin", "files": []},
    {"id": 7, "text": "Programme de passeport : attente et retard du passeport", "files": ["passport"]},
]


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("evaluate") / "desk"
    assert gordon("init", str(folder)).returncode == 0
    (folder / "files" / "passport.yaml").write_text(PASSPORT)
    (folder / "files" / "parks.yaml").write_text(PARKS)
    return folder


def written(folder: Path, samples: list[dict[str, Any]]) -> str:
    path = folder / "samples.jsonl"
    path.write_text("\n".join(json.dumps(sample) for sample in samples), encoding="utf-8-sig")
    return str(path)


def evaluated(desk: Path, tmp_path: Path, samples: list[dict[str, Any]], *options: str) -> Any:
    done = gordon("evaluate", written(tmp_path, samples), "--json", *options, desk=desk)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.fixture(scope="module")
def found(desk: Path, tmp_path_factory: pytest.TempPathFactory) -> Any:
    return evaluated(desk, tmp_path_factory.mktemp("found"), SAMPLES)


def test_figures_by_file_and_language(found: Any) -> None:
    assert found["mentions"] == {"en": 3, "fr": 4, "all": 7} and found["seen"] == 0
    rows = {(row["file"], row["language"]): row for row in found["rows"]}
    assert {key: (row["tp"], row["fp"], row["fn"]) for key, row in rows.items()} == {
        ("parks", "en"): (0, 1, 0),
        ("parks", "fr"): (1, 0, 0),
        ("parks", "all"): (1, 1, 0),
        ("passport", "en"): (1, 0, 2),
        ("passport", "fr"): (2, 0, 0),
        ("passport", "all"): (3, 0, 2),
    }
    assert rows["parks", "en"]["recall"] is None and rows["parks", "en"]["recall_interval"] is None
    low, high = rows["passport", "all"]["recall_interval"]
    assert low < rows["passport", "all"]["recall"] == 0.6 < high
    means = {(mean["kind"], mean["language"]): mean for mean in found["averages"]}
    assert means["micro", "all"]["precision"] == 0.8 and means["macro", "all"]["f1"] == pytest.approx(
        (2 / 3 + 0.75) / 2
    )
    assert found["silent"] == ["library-cards"]
    assert {row["by"] for row in found["rows"]} == {"rules"}


def test_curves_rank_by_weight(found: Any) -> None:
    curves = {curve["file"]: curve for curve in found["curves"]}
    assert curves["passport"]["points"] == [[3.0, 1.0, 0.2], [1.0, 1.0, 0.6]]
    assert curves["passport"]["average_precision"] == pytest.approx(0.6)
    assert curves[""]["positives"] == 6 and "library-cards" not in curves


def test_the_worst_mistakes_say_why(found: Any, desk: Path, tmp_path: Path) -> None:
    mistakes = [(m["kind"], m["file"], m["id"], m["line"]) for m in found["mistakes"]]
    assert mistakes == [("missed", "passport", "b", 2), ("wrong", "parks", "d", 4), ("missed", "passport", "d", 4)]
    why = [mistake["why"] for mistake in found["mistakes"]]
    assert why[0] == "excluded by sport" and "“park”" in why[1] and "delays" in why[2]
    assert len(evaluated(desk, tmp_path, SAMPLES, "--mistakes", "1")["mistakes"]) == 1


def test_people_read_tables_and_the_gate_speaks(desk: Path, tmp_path: Path) -> None:
    file = written(tmp_path, SAMPLES)
    done = gordon("evaluate", file, "--min-f1", "0.7", desk=desk)
    assert done.returncode == 0 and not done.stderr
    for part in ("7 mention(s): 3 in English, 4 in French", "0.60 (0.23 to 0.88)", "(macro)", "missed passport line 2"):
        assert part in done.stdout
    low = gordon("evaluate", file, "--min-f1", "0.9", desk=desk)
    assert low.returncode == 1 and "below 0.9" in low.stderr
    nothing = written(tmp_path, [{"text": "Rien", "files": []}])
    undefined = gordon("evaluate", nothing, "--min-f1", "0", desk=desk)
    assert undefined.returncode == 1 and "not defined" in undefined.stderr


def test_every_bad_line_is_named_at_once(desk: Path) -> None:
    bad = '{"text": "a", "files": ["pasport"]}\nxx\n{"text": "a"}\n{"text": "a", "files": ["zzz"]}\n'
    done = gordon("evaluate", "-", desk=desk, stdin="\ufeff" + bad + '{"text": "b", "files": ["zzz"]}\n')
    assert done.returncode == 78 and not done.stdout
    lines = done.stderr.splitlines()
    assert [line.split(": ")[0] for line in lines[:-1]] == [f"standard input:{number}" for number in (1, 2, 3, 4)]
    assert "did you mean 'passport'?" in lines[0] and "1 more" in lines[3]
    empty = gordon("evaluate", "-", desk=desk, stdin="\ufeff\n\n")
    assert empty.returncode == 78 and "holds no lines" in empty.stderr


def test_files_of_another_desk_can_be_left_out(desk: Path, tmp_path: Path) -> None:
    samples = [{"text": "The park", "files": ["parks", "elsewhere"]}, {"text": "Rien", "files": ["elsewhere"]}]
    found = evaluated(desk, tmp_path, samples, "--skip-unknown")
    assert found["absent"] == {"elsewhere": 2}
    assert [(row["tp"], row["fn"]) for row in found["rows"] if row["language"] == "all"] == [(1, 0)]


@pytest.mark.parametrize("target", ["picture.pdf", "picture", "missing/picture.svg"])
def test_a_picture_that_cannot_be_is_wrong_use(desk: Path, tmp_path: Path, target: str) -> None:
    done = gordon("evaluate", written(tmp_path, SAMPLES), "--plot", str(tmp_path / target), desk=desk)
    assert done.returncode == 2 and not done.stdout


def texts(svg: Path) -> str:
    return " ".join("".join(element.itertext()) for element in ElementTree.parse(svg).iter() if "text" in element.tag)


def test_the_picture_holds_its_words(desk: Path, tmp_path: Path) -> None:
    target = tmp_path / "picture.svg"
    done = gordon("evaluate", written(tmp_path, SAMPLES), "--plot", str(target), desk=desk)
    assert done.returncode == 0 and not done.stderr
    for word in (
        "passport (5)",
        "parks (1)",
        "all files · tous les dossiers (6)",
        "rules · règles",
        "rappel",
        "précision",
    ):
        assert word in texts(target)
    first = target.read_bytes()
    assert gordon("evaluate", written(tmp_path, SAMPLES), "--plot", str(target), desk=desk).returncode == 0
    assert target.read_bytes() == first


PANELS = [Panel(f"dossier-{n}", [Line("modèle $x$", [(0.1, 1.0), (0.8, 0.6)], [(0.5, 0.7)])]) for n in range(5)]


def test_pictures_as_png_and_svg(tmp_path: Path) -> None:
    png, svg = tmp_path / "a.PNG", tmp_path / "a.svg"
    for target in (png, svg):
        write(precision_recall(PANELS, title="Évaluation $1 日本", note="œuvre " * 60), target)
    head = png.read_bytes()[:24]
    assert head.startswith(b"\x89PNG\r\n\x1a\n")
    width, height = struct.unpack(">II", head[16:24])
    assert width > 1000 and height > 700
    assert all(f"dossier-{n}" in texts(svg) for n in range(5)) and "modèle $x$" in texts(svg)
    assert b"<dc:date>" not in svg.read_bytes()


def test_decisions_are_read_like_the_lines(desk: Path, tmp_path: Path) -> None:
    file = written(tmp_path, SAMPLES)
    bad = gordon("evaluate", file, "--also", "-", desk=desk, stdin='{"text": "a"}\n{"text": "b", "files": []}')
    assert bad.returncode == 78 and bad.stderr.startswith("standard input:1: ")
    assert gordon("evaluate", "-", "--also", "-", desk=desk).returncode == 2
