"""``gordon replay``: handle a stretch of the log again."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from enum import Enum
from typing import Annotated

import typer

from gordon.cli.out import HERE, DeskOption, JsonOption, say, show_json, watching
from gordon.cli.times import past


class Stage(Enum):
    """What can be replayed."""

    ingest = "ingest"
    classify = "classify"
    route = "route"
    relay = "relay"


def register(app: typer.Typer) -> None:
    """Adds the command."""
    app.command("replay")(replay)


def replay(
    stage: Annotated[Stage, typer.Argument(help="Whose work is done again.")],
    since: Annotated[
        str, typer.Option("--since", help="Events from then on: a time, ISO 8601, or how long ago, such as 7d.",
                          show_default=False),
    ],
    desk: DeskOption = HERE,
    as_json: JsonOption = False,
) -> None:  # fmt: skip
    """Do the work of a stage again from the log, without duplicates. Daemons may run meanwhile."""
    from gordon.app.reprocess import OUTBOX, replay

    start = past(since, datetime.now(UTC), "--since")
    with watching(None) as tick:
        done = replay(stage.value, start, desk, os.environ, tick)
    if as_json:
        show_json(done)
    elif stage.value in OUTBOX:
        say(f"{done.read} message(s) are published again")
    else:
        say(f"{done.read} event(s) handled again, {done.produced} published, {done.dead} dead letter(s)")
    raise typer.Exit(1 if done.dead else 0)
