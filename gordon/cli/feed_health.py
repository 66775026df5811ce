"""``gordon feeds health``: how polling goes, all feeds at a glance or one with its history; ``resume`` for a feed that
has stopped."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Annotated

import typer
from msgspec.structs import replace
from rich.padding import Padding

from gordon.cli.feed_choice import FeedArgument, OneFeedArgument, known, named
from gordon.cli.out import HERE, DeskOption, JsonOption, clean, console, say, show_json, show_table
from gordon.cli.session import Session
from gordon.errors import GordonError

if TYPE_CHECKING:
    from gordon.app.feed_health import FeedHealth
    from gordon.polling import PollNote
    from store.database import Database

HISTORY = 20
LOOK_BACK = 100
MOST_WELL = 30
COLOURS = {"ok": "green", "unchanged": "green", "empty": "yellow", "never": "dim", "rate-limited": "yellow",
           "dormant": "yellow"}  # fmt: skip


def register(group: typer.Typer) -> None:
    """Adds the commands."""
    group.command("health")(health)
    group.command("resume")(resume)


def health(
    feed: OneFeedArgument = "",
    every: Annotated[bool, typer.Option("--all", help=f"List the well feeds, too, if over {MOST_WELL}.")] = False,
    desk: DeskOption = HERE,
    as_json: JsonOption = False,
) -> None:
    """How the feeds are, those in trouble first. Exit 1 when something needs a person."""
    from gordon.app.feed_health import in_trouble, ordered
    from gordon.app.feed_looks import look_at, quiet_languages

    now = datetime.now(UTC)
    with Session(desk) as session:
        feeds = ordered(look_at(session.database, now))
        if feed:
            chosen = named([one.feed for one in feeds], feed)
            feeds = [_with_history(one, session.database) for one in feeds if one.feed.id == chosen.id]
        else:
            feeds = [_with_since(one, session.database) if in_trouble(one) else one for one in feeds]
        quiet = () if feed else quiet_languages(session.database, now)
    if as_json:
        show_json(feeds)
    elif feed:
        _one(feeds[0], now)
    else:
        _all(feeds, every=every, now=now)
    for line in quiet:
        typer.echo(line, err=as_json)
    raise typer.Exit(1 if quiet or any(in_trouble(one) for one in feeds) else 0)


def _with_since(one: FeedHealth, database: Database) -> FeedHealth:
    from gordon.app.feed_health import trouble_since
    from store.feeds import poll_history

    if not one.state.failures:
        return one
    notes = poll_history(database, one.feed.id, min(one.state.failures, LOOK_BACK))
    return replace(one, since=trouble_since(notes))


def _with_history(one: FeedHealth, database: Database) -> FeedHealth:
    from store.feeds import poll_history

    return replace(_with_since(one, database), history=tuple(poll_history(database, one.feed.id, HISTORY)))


def _all(feeds: Sequence[FeedHealth], *, every: bool, now: datetime) -> None:
    from gordon.app.feed_health import counted, in_trouble

    counts = counted(feeds)
    say("  ".join(f"[{_colour(word)}]{count} {word}[/]" for word, count in counts.items()) or "no feeds")
    troubled = [one for one in feeds if in_trouble(one)]
    for one in troubled:
        _block(one, now)
    well = feeds[len(troubled) :]
    verdict = f"{len(troubled)} of {len(feeds)} feeds need a look" if troubled else f"all {len(feeds)} feeds are well"
    say(f"\n[bold]{verdict}[/bold]")
    if every or 0 < len(well) <= MOST_WELL:
        rows = [
            [one.feed.id, one.health, _ago(one.state.last_new, now), _ahead(one.state.next_due, now), one.feed.title]
            for one in well
        ]
        say("")
        show_table("Well", ["feed", "state", "last new", "next poll", "title"], rows)


def _block(one: FeedHealth, now: datetime) -> None:
    """A feed in a few lines: state, how long, what to do."""
    state = one.state
    say(f"\n[bold {_colour(one.health)}]{one.health}[/]  [bold]{clean(one.feed.id)}[/bold]  {clean(one.feed.title)}")
    parts = [f"{state.failures} times in a row" if state.failures > 1 else ""]
    parts += [f"since {_ago(one.since, now)}" if one.since else ""]
    parts += [f"last new {_ago(state.last_new, now)}" if state.last_new else "nothing new yet"]
    parts += ["not polled any more" if state.stopped else f"next poll {_ahead(state.next_due, now)}"]
    _indented(", ".join(part for part in parts if part) + _hub(one))
    if state.detail:
        _indented(clean(state.detail))
    for need in one.needs:
        _indented(f"[cyan]→[/cyan] {clean(need)}")


def _indented(text: str) -> None:
    console().print(Padding(text, (0, 0, 0, 2), expand=False))


def _hub(one: FeedHealth) -> str:
    from gordon.hosts import host_of

    if not one.state.hub:
        return ""
    hub = clean(host_of(one.state.hub))
    return f", pushed by {hub}" if one.state.pushed else f", names the hub {hub}, not subscribed there"


def _one(one: FeedHealth, now: datetime) -> None:
    from gordon.app.feed_health import SYMBOLS, strip
    from gordon.hosts import redact

    _block(one, now)
    say(f"  {clean(redact(one.feed.url))}")
    state = one.state
    if state.arrivals > 1:
        say(f"  something new about every {_span(timedelta(seconds=state.gap))}; polled every "
            f"{_span(timedelta(seconds=state.interval))}")  # fmt: skip
    if not one.history:
        say("  no polls yet")
        return
    legend = ", ".join(f"{symbol} {meaning}" for symbol, meaning in SYMBOLS.items())
    say(f"\n{strip(one.history)}\n[dim]oldest to newest: {legend}[/dim]\n")
    before = ["", *(note.detail for note in one.history)]
    rows = [
        _poll(note, "″" if note.detail == said else note.detail)
        for note, said in zip(one.history, before, strict=False)
    ]
    show_table("Last polls", ["polled", "outcome", "status", "new", "edited", "held", "detail"], rows)


def _poll(note: PollNote, detail: str) -> list[object]:
    when = f"{note.polled:%Y-%m-%d %H:%M}Z"
    shown = detail if note.detail else ""
    return [when, note.outcome, note.status or "", note.new or "", note.edited or "", note.held or "", shown]


def _colour(word: str) -> str:
    return COLOURS.get(word, "red")


def _span(span: timedelta) -> str:
    """A time span in its largest unit."""
    seconds = max(0, int(span.total_seconds()))
    for size, unit in ((172800, 86400), (7200, 3600), (120, 60)):
        if seconds >= size:
            return f"{seconds // unit} {({86400: 'days', 3600: 'hours', 60: 'minutes'})[unit]}"
    return f"{seconds} seconds"


def _ago(moment: datetime | None, now: datetime) -> str:
    return f"{_span(now - moment)} ago" if moment else "never"


def _ahead(moment: datetime, now: datetime) -> str:
    return f"in {_span(moment - now)}" if moment > now else "now"


def resume(feed: FeedArgument, desk: DeskOption = HERE, as_json: JsonOption = False) -> None:
    """Poll a feed again that has stopped, as its server said that it is gone."""
    from store.feeds import resume as resume_in

    with Session(desk) as session:
        found, state = known(session.database, feed)
        if not state.stopped:
            raise GordonError(f"{found.id} has not stopped; its last poll was {state.outcome}")
        resume_in(session.database, found.id, datetime.now(UTC))
    show_json({"resumed": found}) if as_json else say(f"{clean(found.id)} is polled again, from now on")
