"""A desk in force whose store has mentions, and another desk beside it, for the tests of gordon simulate."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from click.testing import Result
from typer.testing import CliRunner

from gordon.cli import app
from gordon.events import Mention
from route.stage import Route
from store.database import Database
from store.route import Route as RouteStore
from tests.route.route_desk import FILES, mention, policy, tagged, write_desk

MORNING = datetime(2024, 11, 18, 15, 0, tzinfo=UTC)
"""A Monday at ten in Toronto."""
TIMES = ("--since", "2024-11-18", "--until", "2024-11-20")
STORIES = (
    ("flood", "Flood closes the passport office of Lower Beaver", "The cellar is under water; staff have moved."),
    ("flood-again", "Passport office of Lower Beaver closed by flood", "Staff move as the cellar is under water."),
    ("fees", "Passport fees will double", "Passport fees will double, somebody says who should know."),
    ("accordion", "Minister marries accordion champion", "Broadband carried the wedding to every village."),
    ("salmon", "Salmon counts are up again", "Nothing to do with any file."),
)
PASSPORTS = FILES["passport-services"]
PLAIN = "".join(line for line in PASSPORTS.splitlines(keepends=True) if not line.startswith("claims:"))
"""The file without its claims, whose words take time to load."""


def stories() -> list[Mention]:
    """Found an hour after one another."""
    return [
        mention(name, title, text, seen=MORNING + timedelta(hours=number))
        for number, (name, title, text) in enumerate(STORIES)
    ]


class Stand:
    """Two desks alike, the store of the one in force, and the command over both."""

    def __init__(self, folder: Path, url: str, database: Database) -> None:
        self.present, self.other = folder / "present", folder / "other"
        self.url, self.database = url, database
        for desk in (self.present, self.other):
            write_desk(desk)
            self.write(desk, "files/passport-services.yaml", PLAIN)

    def write(self, desk: Path, name: str, text: str) -> None:
        """A file of a desk."""
        (desk / name).write_text(text, encoding="utf-8")

    def change(self, name: str, text: str) -> None:
        """A file of the other desk."""
        self.write(self.other, name, text)

    def record(self, found: Sequence[Mention]) -> None:
        """Mentions into the store of the desk in force."""
        now = MORNING + timedelta(days=1)
        stage = Route(policy=policy(self.present), store=RouteStore(self.database), now=lambda: now)
        stage.handle([tagged(one, None) for one in found])

    def run(self, *options: str) -> Result:
        """The command."""
        environ = {"GORDON_DATABASE": self.url, "GORDON_DESK": str(self.present)}
        times = () if "--since" in options else TIMES
        return CliRunner().invoke(app, ["simulate", "--desk", str(self.other), *times, *options], env=environ)

    def found(self, *options: str) -> dict[str, Any]:
        """What it says to programs."""
        done = self.run("--json", *options)
        assert done.exit_code == 0, (done.output, done.exception)
        result: dict[str, Any] = json.loads(done.stdout)
        return result


def changed(found: dict[str, Any], part: str) -> list[dict[str, Any]]:
    """The rows of a part in which something differs."""
    return [
        row
        for row in found["difference"][part]
        if any(row[name] != row[name.replace("before", "after")] for name in row if "before" in name)
        or any(row.get(name) for name in ("added", "lost", "clocks", "moved_in", "moved_out", "arriving", "leaving"))
    ]
