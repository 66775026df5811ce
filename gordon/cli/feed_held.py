"""``gordon feeds held`` and ``release``: what the flood guard keeps for a person to look at."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated

import typer

from gordon.cli.feed_choice import FeedArgument, OneFeedArgument, known
from gordon.cli.out import HERE, DeskOption, JsonOption, clean, say, show_json, show_table
from gordon.cli.session import Session

REASONS = {"flood": "too many at once", "page": "waits for its page"}
SHOWN = 100


def register(group: typer.Typer) -> None:
    """Adds the commands."""
    group.command("held")(held)
    group.command("release")(release)


def held(feed: OneFeedArgument = "", desk: DeskOption = HERE, as_json: JsonOption = False) -> None:
    """The mentions that are not published yet, and why."""
    from store.held import held_mentions

    with Session(desk) as session:
        name = known(session.database, feed)[0].id if feed else None
        found = held_mentions(session.database, name)
    if as_json:
        show_json(found)
        return
    rows = [
        [one.feed, REASONS.get(one.reason, one.reason), f"{one.since:%Y-%m-%d %H:%M}Z", one.mention.title]
        for one in found[:SHOWN]
    ]
    show_table("Held mentions", ["feed", "why", "since", "title"], rows)
    if len(found) > SHOWN:
        say(f"and {len(found) - SHOWN} more; --json has all")
    for name in dict.fromkeys(one.feed for one in found if one.reason == "flood"):
        say(f"[cyan]→[/cyan] gordon feeds release {clean(name)}, or with --drop to forget them")


def release(
    feed: FeedArgument,
    drop: Annotated[bool, typer.Option("--drop", help="Forget them instead: they are never published.")] = False,
    desk: DeskOption = HERE,
    as_json: JsonOption = False,
) -> None:
    """Publish what the flood guard holds of a feed."""
    from store.held import drop_held, release_held

    with Session(desk) as session:
        found, _ = known(session.database, feed)
        if drop:
            count = drop_held(session.database, found.id)
        else:
            count = release_held(session.database, found.id, datetime.now(UTC))
    if as_json:
        show_json({"feed": found.id, "dropped" if drop else "released": count})
    else:
        say(f"{clean(found.id)}: {count or 'no'} mention{'s' * (count != 1)} {'dropped' if drop else 'released'}")
