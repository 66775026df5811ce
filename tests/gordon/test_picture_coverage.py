"""The picture of the coverage matrix, and the commands that draw it."""

from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner

from gordon.cli import app
from gordon.picture import write
from gordon.picture_coverage import FINE, FREE, MOST_ROWS, NOBODY, OFF, SINGLE, Count, Line, coverage_matrix, look_of

LINES = [
    Line("pêche", "", False, [Count(0, 0, True), Count(1, 1, True)]),
    Line("visas", "ann +1", True, [Count(0, 3, True), Count(2, 3, False)]),
]


@pytest.mark.parametrize(
    ("count", "look"),
    [
        (Count(0, 0, True), NOBODY),
        (Count(0, 2, True), OFF),
        (Count(1, 2, True), SINGLE),
        (Count(2, 2, True), FINE),
        (Count(0, 0, False), FREE),
    ],
)
def test_none_single_and_several_look_different_without_colour(count: Count, look: object) -> None:
    assert look_of(count) == look
    ways = {(one.fill, one.hatch, one.frame) for one in (NOBODY, OFF, SINGLE, FINE, FREE)}
    assert len(ways) == 5 and all(one.fill in ("black", "white") or float(one.fill) > 0.5 for one in (OFF, FINE, FREE))


def svg(folder: Path, lines: list[Line]) -> str:
    target = folder / "matrix.svg"
    write(coverage_matrix(["policy", "approve"], lines, title="Coverage · Couverture", split=1), target)
    return target.read_text(encoding="utf-8")


def test_every_word_and_number_is_in_the_picture(tmp_path: Path) -> None:
    text = svg(tmp_path, LINES)
    words = ["pêche", "visas", "NO GORDON", "ann +1", "policy", "approve", "0/0", "1/1", "0/3", "2/3"]
    assert all(f">{word}<" in text for word in words)
    assert text.count(">NO GORDON<") == 1 and "une seule personne" in text
    assert svg(tmp_path, LINES) == text, "the same numbers give the same picture"


def test_more_files_than_fit_are_counted(tmp_path: Path) -> None:
    lines = [Line(f"file-{number:03}", "ann", True, [Count(2, 2, True)] * 2) for number in range(MOST_ROWS + 5)]
    text = svg(tmp_path, lines)
    assert ">file-059<" in text and "file-060" not in text and "5 more files" in text
    assert svg(tmp_path, []), "a desk without files is drawn as well"


DEMO = str(Path(__file__).parents[2] / "deploy" / "desks" / "demo")
AT = ("--desk", DEMO, "--at", "2026-11-28T04:00")


def run(*words: str) -> tuple[int, str]:
    result = CliRunner().invoke(app, list(words), catch_exceptions=False, env={"COLUMNS": "160"})
    return result.exit_code, result.output


def test_gaps_say_first_who_has_no_gordon_and_draw(tmp_path: Path) -> None:
    target = tmp_path / "gaps.svg"
    code, text = run("gaps", *AT, "--days", "1", "--plot", str(target))
    assert code == 1
    first, *rest = text.splitlines()
    assert first == "No Gordon rural-broadband: nobody has it any more: tobias's standing ended 2026-06-30"
    assert "hangs on" in rest[1] and "picture in" in text
    assert ">NO GORDON<" in target.read_text(encoding="utf-8")


def test_find_is_one_screen(tmp_path: Path) -> None:
    target = tmp_path / "find.png"
    code, text = run("find", "salmon-licence", *AT, "--plot", str(target))
    assert code == 1 and target.read_bytes().startswith(b"\x89PNG")
    lines = [" ".join(line.split()) for line in text.splitlines()]
    assert lines[:2] == ["salmon-licence: marguerite", "deputies renaud"] and len(lines) < 20
    assert "next marguerite 2026-11-30 11:00 EST" in lines
    assert "gap approve: the only one, marguerite, is off duty until 2026-11-30 16:00 UTC" in lines


def test_a_picture_of_another_kind_is_refused() -> None:
    for target in ("matrix.gif", "no/such/folder/matrix.svg"):
        code, text = run("gaps", *AT, "--plot", target)
        assert (code == 2 and "--plot" in text) or "no folder" in text
