"""``gordon status``: where everything stands, and whether anything is missing."""

from __future__ import annotations

import typer

from gordon.cli.out import HERE, DeskOption, JsonOption, clean, say, show_json, show_table
from gordon.cli.session import Session


def register(app: typer.Typer) -> None:
    """Adds the command."""
    app.command("status")(status)


def status(desk: DeskOption = HERE, as_json: JsonOption = False) -> None:
    """Counts, lag and the completeness equation. Exit 1 when something is missing or the bus does not answer."""
    from gordon.app.status import status as read_status

    with Session(desk) as session:
        state = read_status(session.database, session.open_bus, session.topics)
    if as_json:
        show_json(state)
    else:
        counts = [state.found, state.tagged, state.untagged, state.dead, _known(state.in_flight), state.missing]
        show_table(
            "Mentions",
            ["found", "tagged", "of no file", "dead", "in flight", "missing", "held"],
            [[*counts, state.held]],
        )
        show_table(
            "Files of mentions",
            ["tagged", "routed", "silenced", "dead", "not yet routed"],
            [[state.tags, state.routed, state.silenced, state.tags_dead, state.unrouted]],
        )
        show_table(
            "Work",
            ["feeds", "issues", "items", "dead letters", "outbox", "outbox since"],
            [[state.feeds, state.issues, state.items, state.dead_letters, state.outbox, state.outbox_oldest or "-"]],
        )
        show_table("Feeds by last poll", ["outcome", "feeds"], state.feeds_by_outcome.items())
        show_table("Not yet committed", ["stage and topic", "events"], (state.lag or {}).items())
        say(_verdict(state.balanced))
    raise typer.Exit(0 if state.balanced else 1)


def _known(number: int | None) -> str:
    return "unknown" if number is None else clean(number)


def _verdict(balanced: bool | None) -> str:
    if balanced is None:
        return "[red]the bus does not answer; what is in flight is unknown[/red]"
    if balanced:
        return "[green]balanced: found = tagged + of no file + dead + in flight, and tagged = routed + silenced[/green]"
    return "[red]NOT balanced: something was found or tagged that is neither recorded, dead nor under way[/red]"
