"""``gordon find`` and ``gordon gaps``: who knows a file, and what nobody covers."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from typing import Annotated

import typer

from gordon.cli.out import HERE, DeskOption, JsonOption, clean, say, show_json, show_table
from gordon.desk.load import load_desk
from gordon.errors import NotFound
from route.coverage import CoverageGap


def register(app: typer.Typer) -> None:
    """Adds the commands."""
    app.command("find")(find)
    app.command("gaps")(gaps)


def find(
    file: Annotated[str, typer.Argument(help="Id of a policy file.")],
    desk: DeskOption = HERE,
    as_json: JsonOption = False,
) -> None:
    """Who knows the file, who may speak, who may approve, who is on duty now, what is missing. Exit 1 for gaps."""
    from route.find import find as find_people

    loaded = load_desk(desk, os.environ)
    if loaded.file(file) is None:
        raise NotFound("file", file, f"known: {', '.join(entry.file for entry in loaded.files)}")
    found = find_people(loaded, file, datetime.now(UTC))
    if as_json:
        show_json(found)
    else:
        gordon = f"[bold green]{clean(found.gordon)}[/bold green]" if found.gordon else "[bold red]No Gordon[/bold red]"
        say(f"{clean(file)}: {gordon}")
        for name in ("experts", "speakers", "approvers", "on_duty"):
            people = ", ".join(clean(person) for person in getattr(found, name)) or "[dim]nobody[/dim]"
            say(f"  {name.replace('_', ' '):10} {people}")
        for gap in found.gaps:
            say(f"  [yellow]gap[/yellow] {clean(gap.need)}: {clean(gap.why)}")
    raise typer.Exit(1 if found.gaps else 0)


def gaps(
    desk: DeskOption = HERE,
    at: Annotated[str, typer.Option(help="From this moment, ISO 8601; UTC without an offset.")] = "",
    days: Annotated[int, typer.Option(help="How far to look ahead.", min=0, max=366)] = 7,
    as_json: JsonOption = False,
) -> None:
    """What nobody on duty covers, hangs on one person, or expires. Exit 1 where there is a gap."""
    from route.find import coverage_gaps

    loaded = load_desk(desk, os.environ)
    found = coverage_gaps(loaded, _moment(at), days)
    if as_json:
        show_json(found)
    else:
        show_table("Gaps", ["file", "needs", "kind", "from", "to"], [_row(gap) for gap in found])
    raise typer.Exit(1 if found else 0)


def _moment(text: str) -> datetime:
    if not text:
        return datetime.now(UTC)
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise typer.BadParameter(f"{text!r} is not a time; write for example 2026-12-24T09:00") from error
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _row(gap: CoverageGap) -> list[object]:
    need = gap.discipline or gap.need
    return [gap.file, need, gap.kind, f"{gap.start:%Y-%m-%d %H:%M}Z", f"{gap.end:%Y-%m-%d %H:%M}Z"]
