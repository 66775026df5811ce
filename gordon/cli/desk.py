"""``gordon init`` and ``gordon check``."""

from __future__ import annotations

import dataclasses
import os
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from gordon.cli.out import HERE, DeskOption, JsonOption, advise, clean, complain, say, show_json


def register(app: typer.Typer) -> None:
    """Adds the commands."""
    app.command("init")(init)
    app.command("check")(check)


def init(
    directory: Annotated[Path, typer.Argument(metavar="DIR", help="Folder to write to; made if missing.")],
) -> None:
    """Write a small, working, commented desk."""
    from gordon.starter import write_starter

    for path in write_starter(directory):
        say(f"wrote {clean(path)}")
    say(f"Next: gordon check --desk {clean(directory)}, then gordon up --desk {clean(directory)}")


def check(desk: DeskOption = HERE, as_json: JsonOption = False) -> None:
    """Validate the desk, and run the tests of files and routes. Exit 78 with every mistake, else 0, warnings or not."""
    from gordon.app.policy import check as check_desk
    from gordon.language import Detector

    verdict = check_desk(desk, os.environ, Detector().detect, now=datetime.now(UTC))
    if as_json:
        show_json({"ok": not verdict.problems, **dataclasses.asdict(verdict)})
    else:
        advise(verdict.warnings)
        complain(verdict.problems)
        what = f"{verdict.files} files with {verdict.rules} rules and {verdict.tests} tests"
        rest = f"{verdict.people} people, {verdict.queues} queues, {verdict.feeds} feeds"
        count, warned = len(verdict.problems), len(verdict.warnings)
        end = f"[red]{count} problem(s)[/red]" if count else "[green]fine[/green]"
        say(f"{clean(desk)}: {what}, {rest}: {end}" + (f", [yellow]{warned} warning(s)[/yellow]" if warned else ""))
    raise typer.Exit(78 if verdict.problems else 0)
