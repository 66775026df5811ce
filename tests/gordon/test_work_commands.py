"""``gordon issue`` and ``gordon queue claim`` and the rest, from the command line."""

from __future__ import annotations

from pathlib import Path

import pytest

from gordon.ids import issue_id
from route.stage import Route as Stage
from store.route import Route
from tests.databases import new_sqlite
from tests.gordon.test_cli import as_json, gordon
from tests.route.route_desk import MONDAY, policy, tagged, write_desk
from tests.route.route_store import DELAYS, DELAYS_AGAIN, FEES, FILE

FLOOD, FEE = issue_id(FILE, "delays"), issue_id(FILE, "fees")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    database = new_sqlite(tmp_path / "data" / "gordon.db")
    write_desk(tmp_path)
    (tmp_path / "feeds.opml").write_text("<opml version='2.0'><body/></opml>", encoding="utf-8")
    stage = Stage(policy=policy(tmp_path), store=Route(database), now=lambda: MONDAY)
    stage.handle([tagged(DELAYS), tagged(DELAYS_AGAIN), tagged(FEES, claims=["fee-doubles"])])
    database.close()
    return tmp_path


def test_issues_are_listed_shown_merged_and_split(folder: Path) -> None:
    listed = as_json("issue", "list", desk=folder)
    assert {(one["id"], one["mentions"]) for one in listed} == {(FLOOD, 2), (FEE, 1)}
    merged = as_json("issue", "merge", FLOOD[:8], FEE[:8], "--as", "gordon", desk=folder)
    assert (merged["id"], merged["mentions"], merged["state"]) == (FLOOD, 3, "open")
    assert [one["id"] for one in as_json("issue", "list", "--state", "closed", desk=folder)] == [FEE]
    assert as_json("issue", "list", "--file", "rural-broadband", desk=folder) == []
    split = gordon("issue", "split", FLOOD[:8], "fees", "--as", "gordon", "--why", "no rumour", desk=folder)
    assert split.returncode == 0 and "about passport-services has 1 mention(s)" in split.stdout
    shown = gordon("issue", "show", FLOOD, desk=folder).stdout
    for text in ("delays-2", "duty-desk", "merged", "split", "no rumour", "Passport office in Lower Beaver"):
        assert text in shown
    gone = gordon("issue", "show", FEE, desk=folder).stdout
    assert f"merged into {FLOOD}" in gone.replace("\n", " ")
    trail = as_json("issue", "show", FLOOD, desk=folder)
    assert [(one["action"], one["person"]) for one in trail["changes"]] == [("merged", "gordon"), ("split", "gordon")]
    assert (
        gordon("issue", "list", "--most", "1", desk=folder).stdout.rstrip().endswith("the 1 newest; more with --most")
    )


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("merge", FLOOD, "zzz", "--as", "gordon"), "no issue 'zzz'"),
        (("merge", FLOOD, FEE, "--as", "nobody"), "no person 'nobody'; known: gordon, noor"),
        (("merge", FLOOD, FLOOD, "--as", "gordon"), "cannot be merged into itself"),
        (("split", FLOOD, "fees", "--as", "gordon"), "no mention 'fees'"),
        (
            ("split", FLOOD, "delays", "delays-2", "--as", "gordon"),
            "several begin with it|no mention would stay",
        ),
        (("show", "zzz"), "no issue 'zzz'"),
    ],
)
def test_what_cannot_be_is_one_clear_error(folder: Path, arguments: tuple[str, ...], said: str) -> None:
    done = gordon("issue", *arguments, desk=folder)
    assert done.returncode == 1 and any(text in done.stderr for text in said.split("|")), done.stderr


def test_an_item_is_claimed_worked_on_and_closed(folder: Path) -> None:
    (item,) = as_json("queue", "show", "duty-desk", desk=folder)
    name = item["item"]
    claimed = as_json("queue", "claim", name[:8], "--as", "gordon", "--for", "2h", desk=folder)
    assert (claimed["claimed_by"], list(claimed["done"])) == ("gordon", ["acknowledge"])
    refused = gordon("queue", "claim", name, "--as", "noor", desk=folder)
    assert refused.returncode == 1 and "claimed by gordon until" in refused.stderr
    said = gordon("queue", "done", name, "draft", "--as", "gordon", desk=folder).stdout
    assert "claimed by gordon" in said and "done: acknowledge, draft" in said
    assert gordon("queue", "pause", name, "--as", "gordon", "--why", "we wait", desk=folder).returncode == 0
    assert gordon("queue", "resume", name, "--as", "gordon", desk=folder).returncode == 0
    assert gordon("queue", "release", name, "--as", "gordon", desk=folder).returncode == 0
    assert as_json("queue", "close", name, "--as", "noor", "--why", "answered", desk=folder)["change"] == "closed"
    lines = as_json("queue", "history", name, desk=folder)
    assert [line["action"] for line in lines] == ["claim", "draft", "pause", "resume", "release", "close"]
    assert "we wait" in gordon("queue", "history", name, desk=folder).stdout
    (issue,) = as_json("issue", "list", "--state", "closed", desk=folder)
    assert issue["id"] == FLOOD
    wrong = gordon("queue", "claim", name, "--as", "gordon", "--for", "soon", desk=folder)
    assert wrong.returncode == 2 and "--for" in wrong.stderr


def test_reports_are_in_french_on_wish(folder: Path) -> None:
    claimed = gordon("--language", "fr", "queue", "list", desk=folder)
    assert claimed.returncode == 0 and "transmet à" in claimed.stdout
    (item, *_) = as_json("queue", "show", "rapid-correction", desk=folder)
    assert item["explain_fr"][1] == "route 1\u00a0: claim est true -> rapid-correction"
    assert item["team"][0]["why_fr"].startswith("couvre policy")
    shown = gordon("--language", "fr", "issue", "show", FLOOD, desk=folder).stdout
    assert "raconte la même histoire que" in shown and "enjeu" in shown
    told = gordon("--language", "fr", "explain", "fees", desk=folder).stdout
    assert "équipe\u00a0: gordon, noor" in told and "team:" not in told
    wrong = gordon("--language", "de", "queue", "list", desk=folder)
    assert wrong.returncode == 2
