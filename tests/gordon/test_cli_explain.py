"""gordon explain --expect: the path taken and the reasons, and whether it ended where it should."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result
from typer.testing import CliRunner

from gordon.cli import app
from tests.route.route_desk import tagged
from tests.route.route_issues import FEE, FLOOD, People
from tests.route.route_store import DELAYS, FEES, Desk


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A desk that has routed one mention with a claim."""
    folder = tmp_path_factory.mktemp("explained")
    desk = Desk(folder)
    desk.stage.handle([tagged(FEES, claims=["fee-doubles"])])
    desk.database.close()
    return folder


def explain(folder: Path, *options: str) -> Result:
    environ = {"GORDON_DATABASE": f"sqlite:///{folder / 'gordon.db'}"}
    return CliRunner().invoke(app, ["explain", FEES.id, "--desk", str(folder), *options], env=environ)


@pytest.mark.parametrize(
    ("options", "code"),
    [
        ([], 0),
        (["--expect", "rapid-correction"], 0),
        (["--expect", "duty-desk"], 1),
        (["--expect", "rapid-correction", "--expect", "watch"], 1),
    ],
)
def test_the_exit_code_says_whether_it_is_there(folder: Path, options: list[str], code: int) -> None:
    done = explain(folder, *options)
    assert done.exit_code == code, done.output
    assert "route 1: claim is true -> rapid-correction" in done.output
    assert ("not in duty-desk, but in rapid-correction" in done.output) == ("duty-desk" in options)
    assert ("not in watch, but in rapid-correction" in done.output) == ("watch" in options)


def test_what_people_did_with_its_issue_is_told(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    desk.stage.handle([tagged(FEES), tagged(DELAYS)])
    People(tmp_path, desk.database).merge(FEE, FLOOD, why="one release")
    desk.database.close()
    done = explain(tmp_path)
    assert f"merged with {FLOOD[:8]} by gordon: one release" in done.output
    (line,) = json.loads(explain(tmp_path, "--json").output)["history"]
    assert (line["issue"], line["other"], line["action"], line["person"]) == (FEE, FLOOD, "merged", "gordon")


def test_programs_read_which_of_them_are_there(folder: Path) -> None:
    done = explain(folder, "--expect", "watch", "--expect", "rapid-correction", "--json")
    found: dict[str, Any] = json.loads(done.output)
    assert done.exit_code == 1 and found["expected"] == {"watch": False, "rapid-correction": True}
    assert "expected" not in json.loads(explain(folder, "--json").output)
