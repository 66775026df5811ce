"""``gordon queue claim, release, done, pause, resume, close, history``: work on items, without collisions."""

from __future__ import annotations

import os
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated, Literal

import typer

from gordon.cli.out import HERE, DeskOption, JsonOption, clean, say, show_json, show_table
from gordon.cli.session import Session
from gordon.desk.load import Desk
from gordon.ports import RouteStore
from gordon.records import Item

ItemArgument = Annotated[str, typer.Argument(help="Id of the item, or how it begins.")]
AsOption = Annotated[str, typer.Option("--as", help="Who does it: an id of people.yaml.")]
WhyOption = Annotated[str, typer.Option(help="The reason, for the audit.")]
Step = Literal["acknowledge", "draft", "approve"]
Act = Callable[[Desk, RouteStore, str, datetime], Item]


def register(app: typer.Typer) -> None:
    """Adds the commands to ``gordon queue``."""
    for command in (claim, release, done, pause, resume, close, history):
        app.command(command.__name__)(command)


def claim(
    item: ItemArgument,
    person: AsOption,
    desk: DeskOption = HERE,
    lease: Annotated[str, typer.Option("--for", help="For how long, such as 90m or 2h.")] = "1h",
    as_json: JsonOption = False,
) -> None:
    """Take an item: yours until the time is over, and acknowledged. Exit 1 where somebody else has it."""
    from gordon.app import items

    span = _span(lease)
    _do(desk, item, as_json, lambda loaded, store, id, now: items.claim(loaded, store, id, person, now, span))


def release(item: ItemArgument, person: AsOption, desk: DeskOption = HERE, as_json: JsonOption = False) -> None:
    """Give an item back."""
    from gordon.app import items

    _do(desk, item, as_json, lambda loaded, store, id, now: items.release(loaded, store, id, person, now))


def done(
    item: ItemArgument,
    step: Annotated[Step, typer.Argument(help="acknowledge, draft or approve.")],
    person: AsOption,
    desk: DeskOption = HERE,
    as_json: JsonOption = False,
) -> None:
    """Note a step as done: its clock stops. Who drafted cannot approve, and approving takes the authority."""
    from gordon.app import items

    _do(desk, item, as_json, lambda loaded, store, id, now: items.do_step(loaded, store, id, step, person, now))


def pause(
    item: ItemArgument, person: AsOption, desk: DeskOption = HERE, why: WhyOption = "", as_json: JsonOption = False
) -> None:
    """Stop the clocks of an item."""
    from gordon.app import items

    _do(desk, item, as_json, lambda loaded, store, id, now: items.pause(loaded, store, id, person, now, why))


def resume(item: ItemArgument, person: AsOption, desk: DeskOption = HERE, as_json: JsonOption = False) -> None:
    """Let the clocks of an item run on: what is due is due later by the pause."""
    from gordon.app import items

    _do(desk, item, as_json, lambda loaded, store, id, now: items.resume(loaded, store, id, person, now))


def close(
    item: ItemArgument, person: AsOption, desk: DeskOption = HERE, why: WhyOption = "", as_json: JsonOption = False
) -> None:
    """End the work on an item. A new mention of its story opens it again."""
    from gordon.app import items

    _do(desk, item, as_json, lambda loaded, store, id, now: items.close(loaded, store, id, person, now, why))


def history(item: ItemArgument, desk: DeskOption = HERE, as_json: JsonOption = False) -> None:
    """Who did what with an item, and when."""
    from store.reads import item as read_item
    from store.reads import item_history

    with Session(desk) as session:
        lines = item_history(session.database, read_item(session.database, item).id)
    if as_json:
        show_json(lines)
        return
    rows = [[f"{line.at:%Y-%m-%d %H:%M:%S}Z", line.person or "Gordon", line.action, line.why] for line in lines]
    show_table("History", ["at", "who", "did", "why"], rows)


def _do(desk: Path, item: str, as_json: bool, act: Act) -> None:
    """One action on one item, and how the item stands after it."""
    from gordon.desk.load import load_desk
    from store.reads import item as read_item
    from store.route import Route

    loaded = load_desk(desk, os.environ)
    with Session(desk) as session:
        full = read_item(session.database, item).id
        found = act(loaded, Route(session.database), full, datetime.now(UTC))
    if as_json:
        show_json(found.assigned)
        return
    assigned = found.assigned
    until = f" until {assigned.claimed_until:%Y-%m-%d %H:%M}Z" if assigned.claimed_until else ""
    holder = f"claimed by {assigned.claimed_by}{until}" if assigned.claimed_by else "nobody's"
    steps = ", ".join(sorted(assigned.done, key=lambda step: assigned.done[step])) or "nothing"
    say(f"item {clean(found.id[:8])} in [bold]{clean(found.queue)}[/bold] is {found.state}, {clean(holder)}")
    say(f"  done: {steps}")


def _span(text: str) -> timedelta:
    from gordon.desk.units import seconds

    try:
        span = timedelta(seconds=seconds(text))
    except ValueError as error:
        raise typer.BadParameter(str(error), param_hint="--for") from error
    if not timedelta(0) < span <= timedelta(days=30):
        raise typer.BadParameter("between 1s and 30d", param_hint="--for")
    return span
