"""``gordon find`` and ``gordon gaps``: who knows a file, and what nobody covers."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated
from zoneinfo import ZoneInfo

import typer

from gordon.cli.out import HERE, DeskOption, JsonOption, clean, say, show_json, show_table
from gordon.cli.times import moment
from gordon.desk.load import Desk, load_desk
from gordon.errors import NotFound
from gordon.picture import SUFFIXES
from route.coverage import CoverageGap

if TYPE_CHECKING:
    from route.find import FindResult

PlotOption = Annotated[
    Path | None, typer.Option("--plot", metavar="OUT", help="Draw the coverage matrix: OUT.svg or OUT.png.")
]
AtOption = Annotated[str, typer.Option(help="From this moment, ISO 8601; UTC without an offset.")]


def register(app: typer.Typer) -> None:
    """Adds the commands."""
    app.command("find")(find)
    app.command("gaps")(gaps)


def find(
    file: Annotated[str, typer.Argument(help="Id of a policy file.")],
    desk: DeskOption = HERE,
    at: AtOption = "",
    plot: PlotOption = None,
    as_json: JsonOption = False,
) -> None:
    """Who knows the file, who may speak, who may approve, who is on duty now and next, what ends soon, what is missing.
    Exit 1 for gaps."""
    from route.find import find as find_people

    _require_picture(plot)
    loaded, now = load_desk(desk, os.environ), moment(at, datetime.now(UTC))
    if loaded.file(file) is None:
        raise NotFound("file", file, f"known: {', '.join(entry.file for entry in loaded.files)}")
    found = find_people(loaded, file, now)
    if as_json:
        show_json(found)
    else:
        _show(found, ZoneInfo(loaded.settings.time_zone))
    _draw(loaded, now, plot, [file], quiet=as_json)
    raise typer.Exit(1 if found.gaps else 0)


def _show(found: FindResult, zone: ZoneInfo) -> None:
    gordon = f"[bold green]{clean(found.gordon)}[/bold green]" if found.gordon else "[bold red]No Gordon[/bold red]"
    say(f"{clean(found.file)}: {gordon}")
    for label, people in (
        ("deputies", found.deputies),
        ("experts", found.experts),
        ("speakers", found.speakers),
        ("approvers", found.approvers),
        ("on duty", found.on_duty),
    ):
        say(f"  {label:10} {', '.join(clean(person) for person in people) or '[dim]nobody[/dim]'}")
    coming = [f"{clean(one.person)} {one.at.astimezone(zone):%Y-%m-%d %H:%M %Z}" for one in found.coming]
    if coming:
        say(f"  {'next':10} {', '.join(coming)}")
    for ending in found.ending:
        say(f"  [yellow]ends[/yellow] {ending.last}: {clean(ending.person)}, {clean(ending.need)}")
    for gap in found.gaps:
        say(f"  [yellow]gap[/yellow] {clean(gap.need)}: {clean(gap.why)}")


def gaps(
    desk: DeskOption = HERE,
    at: AtOption = "",
    days: Annotated[int, typer.Option(help="How far to look ahead.", min=0, max=366)] = 7,
    plot: PlotOption = None,
    as_json: JsonOption = False,
) -> None:
    """What nobody on duty covers, hangs on one person, or expires; first the files without a Gordon. Exit 1 where there
    is a gap."""
    from route.find import coverage_gaps, gordon_gaps, no_gordon

    _require_picture(plot)
    loaded, now = load_desk(desk, os.environ), moment(at, datetime.now(UTC))
    without = no_gordon(loaded, now)
    found = [*gordon_gaps(loaded, without, now, days), *coverage_gaps(loaded, now, days)]
    if as_json:
        show_json(found)
    else:
        for file, why in without.items():
            say(f"[bold red]No Gordon[/bold red] [bold]{clean(file)}[/bold]: {clean(why)}")
        show_table("Gaps", ["file", "needs", "kind", "from", "to", "hangs on"], [_row(gap) for gap in found])
    _draw(loaded, now, plot, None, quiet=as_json)
    raise typer.Exit(1 if found else 0)


def _row(gap: CoverageGap) -> list[object]:
    need, people = gap.discipline or gap.need, ", ".join(gap.people)
    return [gap.file, need, gap.kind, f"{gap.start:%Y-%m-%d %H:%M}Z", f"{gap.end:%Y-%m-%d %H:%M}Z", people]


def _require_picture(plot: Path | None) -> None:
    if plot is not None and plot.suffix.lower() not in SUFFIXES:
        raise typer.BadParameter(f"--plot writes {' or '.join(SUFFIXES)}, by the suffix; not {plot.name!r}")
    if plot is not None and not plot.parent.is_dir():
        raise typer.BadParameter(f"no folder {str(plot.parent)!r} to write the picture to")


def _draw(desk: Desk, now: datetime, plot: Path | None, files: Collection[str] | None, *, quiet: bool) -> None:
    if plot is None:
        return
    from gordon.picture import write
    from gordon.picture_coverage import Count, Line, coverage_matrix
    from route.matrix import matrix

    table = matrix(desk, now, files)
    lines = [
        Line(row.file, _names(row.gordon), row.gordon_on_duty, [Count(*cell) for cell in row.cells])
        for row in table.rows
    ]
    title = f"Coverage · Couverture : {desk.folder.name} ({table.at:%Y-%m-%d %H:%M} UTC)"
    write(coverage_matrix(table.columns, lines, title=title, split=table.disciplines), plot)
    if not quiet:
        say(f"picture in {clean(plot)}")


def _names(people: Iterable[str]) -> str:
    first, *others = [*people, ""]
    return f"{first} +{len(others) - 1}" if len(others) > 1 else first
