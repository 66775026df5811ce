"""``gordon simulate``: what would differ if the desk were another one, shown by what came in."""

from __future__ import annotations

import os
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated

import typer

from gordon.cli.out import HERE, JsonOption, show_json, watching
from gordon.cli.session import Session
from gordon.cli.simulate_show import show
from gordon.cli.times import past, span

OtherOption = Annotated[
    Path, typer.Option("--desk", "-d", metavar="OTHER", help="Folder of the changed desk.", show_default=False)
]
AgainstOption = Annotated[
    Path, typer.Option("--against", metavar="DESK", envvar="GORDON_DESK", help="Folder of the desk in force.",
                       show_default="this folder"),
]  # fmt: skip
SinceOption = Annotated[
    str, typer.Option("--since", help="Mentions found since: a time, ISO 8601, or how long ago, such as 7d.",
                      show_default=False),
]  # fmt: skip


def register(app: typer.Typer) -> None:
    """Adds the command."""
    app.command("simulate")(simulate)


def simulate(
    since: SinceOption,
    other: OtherOption,
    against: AgainstOption = HERE,
    until: Annotated[str, typer.Option(help="And before this; now by default.")] = "",
    work: Annotated[str, typer.Option(help="For how long people have an item in hand.")] = "1d",
    examples: Annotated[int, typer.Option(min=0, max=1000, help="Mentions to show of each difference.")] = 1,
    exit_code: Annotated[bool, typer.Option("--exit-code", help="Exit 1 where anything would differ.")] = False,
    as_json: JsonOption = False,
) -> None:
    """Replay stored mentions through a changed desk, and show what would differ. Changes and publishes nothing."""
    now = datetime.now(UTC)
    start, end = past(since, now, "--since"), past(until, now, "--until")
    if start >= end:
        raise typer.BadParameter("must be before --until", param_hint="--since")
    hands = span(work, "--work", timedelta(0), timedelta(days=366))
    from gordon.app import simulate as run
    from gordon.language import Detector

    before, after = run.trials(against, other, os.environ, Detector().detect, now=now)
    stretch = run.Span(start, end)
    with Session(against) as session:
        total = run.count(session.database, stretch)
        with watching(total) as tick:
            found = run.simulate(session.database, before, after, stretch, work=hands, examples=examples, tick=tick)
    if as_json:
        show_json(found)
    else:
        show(found, str(against), str(other))
    raise typer.Exit(1 if exit_code and not found.same else 0)
