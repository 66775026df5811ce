"""``gordon feeds add`` and ``test``: what is at an address, what would come in, and the subscription to it."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from gordon.cli.feed_choice import OPML, subscriptions
from gordon.cli.out import HERE, DeskOption, JsonOption, clean, say, show_json, show_table
from gordon.cli.session import Session
from gordon.errors import GordonError
from gordon.polling import Feed

if TYPE_CHECKING:
    from gordon.app.preview import Glimpse
    from ingest.discover import Discovery, Preview
    from ingest.raw import FeedLink

SHOWN = 5
URL_HELP = "A feed, or a page of a site that has one."


def register(group: typer.Typer) -> None:
    """Adds the commands."""
    group.command("add")(add)
    group.command("test")(test)


def add(
    url: Annotated[str, typer.Argument(help=URL_HELP)],
    desk: DeskOption = HERE,
    folder: Annotated[str, typer.Option(help="Folder of feeds.opml; parts separated by /.")] = "",
    language: Annotated[
        str, typer.Option("--language", "-l", help="Language of the feed, if it does not say so.")
    ] = "",
    title: Annotated[str, typer.Option(help="Name of the feed; by default the one it has.")] = "",
    full_text: Annotated[bool, typer.Option("--full-text", help="Fetch the page of each entry for its text.")] = False,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Subscribe without asking.")] = False,
    as_json: JsonOption = False,
) -> None:
    """Subscribe to a feed, after a look at what would come in."""
    from gordon.app.preview import find_feed, glimpses, tagged
    from ingest.lists import address
    from ingest.opml_edit import add as add_to

    feeds, wanted = subscriptions(desk), address(url)
    _refuse_double(feeds, wanted)
    with Session(desk) as session:
        found = find_feed(wanted, session.settings)
    _refuse(found, as_json)
    feed = _feed(found, folder, language, title, full_text=full_text)
    _refuse_double(feeds, feed.url, found.url, found.preview.url)
    shown = glimpses(found.preview, SHOWN)
    if not as_json:
        _show(found, feed.url, tagged(found.preview, shown, desk, os.environ))
        if not yes and sys.stdin.isatty() and not typer.confirm("Subscribe?", default=True, err=True):
            raise GordonError("nothing was added")
    add_to(desk / OPML, feed)
    count = len(found.preview.entries)
    if as_json:
        show_json({"added": feed, "entries": count, "how": found.how, "newest": shown})
    else:
        say(f"[green]added[/green] {clean(feed.id)}: {clean(feed.title)}, {_entries(count)} now")


def _feed(found: Discovery, folder: str, language: str, title: str, *, full_text: bool) -> Feed:
    from gordon.hosts import redact
    from gordon.language import base
    from ingest.opml import feed_id

    url = _goal(found)
    return Feed(
        id=feed_id(url),
        url=url,
        title=title or found.preview.title or redact(url),
        folder=folder,
        language=language or base(found.preview.language),
        full_text=full_text,
    )


def _goal(found: Discovery) -> str:
    """The address to subscribe to: where the feed has moved for good, it is the new one. An address with credentials
    stays as it is, as they go with it alone."""
    from ingest.url import target

    first = target(found.url)
    private = isinstance(first, str) or first.username or first.password
    return found.url if private or not found.preview.moved else found.preview.moved


def _refuse_double(feeds: Sequence[Feed], *urls: str) -> None:
    from ingest.lists import same

    for feed in feeds:
        if same(feed.url) in {same(url) for url in urls}:
            raise GordonError(f"already subscribed as {feed.id}")


def _refuse(found: Discovery, as_json: bool) -> None:
    """Says what to do where there is no feed, or no single one. Raises GordonError."""
    if found.preview.feed and found.how != "several":
        return
    if as_json:
        show_json({"added": None, "offered": found.offered})
    if found.how == "several":
        lines = [f"{found.preview.url}: {found.why}; nothing was added. Choose one:"]
        raise GordonError("\n".join([*lines, *(_command(link) for link in found.offered)]))
    tried = ", and no feed was found around it" if found.how == "none" and found.preview.outcome == "not-a-feed" else ""
    raise GordonError(
        f"{found.preview.url} is {found.preview.outcome}{because(found.preview)}{tried}; nothing was added"
    )


def _command(link: FeedLink) -> str:
    from shlex import quote

    return f"  gordon feeds add {quote(link.url)}" + (f"    # {link.title}" if link.title else "")


def because(found: Preview) -> str:
    """The detail of an outcome as the rest of a sentence."""
    return f": {found.detail}" if found.detail else ""


def _entries(count: int) -> str:
    return "1 entry" if count == 1 else f"{count or 'no'} entries"


def _show(found: Discovery, goal: str, shown: Sequence[Glimpse]) -> None:
    """What would come in."""
    from gordon.hosts import redact
    from gordon.language import base

    preview = found.preview
    say(f"[bold]{clean(preview.title or 'without a title')}[/bold]")
    say(f"  {clean(redact(goal))}" + (f" [dim]({clean(found.why)})[/dim]" if found.why else ""))
    if preview.moved and goal == preview.moved:
        say("  [dim]it has moved there for good[/dim]")
    languages = sorted({one.language for one in shown})
    agreed = languages == [base(preview.language)] or not preview.language
    said = "" if agreed else f", says {clean(preview.language)}"
    say(f"  {_entries(len(preview.entries))}, language {clean(', '.join(languages) or 'unknown')}{said}")
    for one in shown:
        files = f" [green]→ {clean(', '.join(one.files))}[/green]" if one.files else ""
        say(f"  [dim]{_day(one.published)}[/dim]  {clean(one.title or one.url)}{files}")


def _day(moment: datetime | None) -> str:
    return f"{moment:%Y-%m-%d %H:%M}Z" if moment else "no date".ljust(17)


def test(
    url: Annotated[str, typer.Argument(help="A feed or a page; or the id of a subscription.")],
    desk: DeskOption = HERE,
    as_json: JsonOption = False,
) -> None:
    """Show what would come in from an address; changes nothing. Exit 1 where nothing would."""
    from gordon.app.preview import look
    from ingest.lists import address

    with Session(desk) as session:
        preview = look(_by_id(desk, url) or address(url), session.settings)
    if as_json:
        show_json(preview)
    else:
        say(f"{clean(preview.url)}: [bold]{clean(preview.outcome)}[/bold] {clean(preview.detail)}")
        for link in preview.links:
            say(f"it {'names' if link.type else 'links to'} the feed {clean(link.url)} {clean(link.title)}")
        _table(preview)
    raise typer.Exit(0 if preview.feed else 1)


def _by_id(desk: Path, name: str) -> str:
    """The address of the subscription with this id; "" for none, also where feeds.opml holds mistakes."""
    from ingest.opml import read

    return next((feed.url for feed in read(desk / OPML)[0] if feed.id == name), "")


def _table(preview: Preview) -> None:
    from gordon.app.preview import newest

    rows: list[list[Any]] = [
        [_day(entry.published) if entry.published else entry.raw_date, entry.title or entry.text[:80], entry.link]
        for entry in newest(preview.entries, 2 * SHOWN)
    ]
    if rows:
        show_table(f"{preview.title}: {_entries(len(preview.entries))}", ["date", "title", "link"], rows)
