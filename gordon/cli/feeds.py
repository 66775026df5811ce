"""``gordon feeds``: the subscriptions in feeds.opml. How polling them goes is in feed_health.py and feed_held.py."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from gordon.cli import feed_add, feed_health, feed_held
from gordon.cli.feed_choice import OPML, FeedArgument, named, state_of, subscriptions
from gordon.cli.out import HERE, DeskOption, JsonOption, clean, complain, say, show_json, show_table
from gordon.cli.session import Session
from gordon.errors import GordonError
from gordon.polling import Feed

app = typer.Typer()
feed_add.register(app)


@app.command("list")
def list_feeds(desk: DeskOption = HERE, as_json: JsonOption = False) -> None:
    """The subscriptions of the desk."""
    feeds = subscriptions(desk)
    if as_json:
        show_json(feeds)
    else:
        rows = [[feed.id, feed.folder, feed.language, feed.title, feed.url] for feed in feeds]
        show_table("Feeds", ["id", "folder", "lang", "title", "url"], rows)


@app.command()
def remove(feed: FeedArgument, desk: DeskOption = HERE, as_json: JsonOption = False) -> None:
    """End a subscription; what came in stays."""
    from ingest.opml_edit import remove as remove_from

    gone = remove_from(desk / OPML, feed)
    show_json({"removed": gone}) if as_json else say(f"removed {clean(gone.id)}: {clean(gone.url)}")


@app.command()
def move(
    feed: FeedArgument,
    to: Annotated[str, typer.Option(help="The new address; by default the one the feed says it has moved to.")] = "",
    desk: DeskOption = HERE,
    as_json: JsonOption = False,
) -> None:
    """Give a subscription its new address; id and past stay."""
    from ingest.opml_edit import move as move_in

    feeds = subscriptions(desk)
    before = named(feeds, feed)
    with Session(desk) as session:
        url = _checked(session, to) if to else _proposed(session, before)
    _refuse_double(feeds, before, url)
    after = move_in(desk / OPML, before.id, url)
    if as_json:
        show_json({"moved": after, "from": before.url})
    else:
        say(f"moved {clean(after.id)} to {clean(after.url)}")


def _proposed(session: Session, feed: Feed) -> str:
    from ingest.habit import proposed_move

    if url := proposed_move(state_of(session.database, feed.id)):
        return url
    raise GordonError(f"{feed.id} has not said three times over two days that it has moved for good; give --to URL")


def _checked(session: Session, given: str) -> str:
    """The address, once there is a feed. Raises GordonError."""
    from gordon.app.preview import look
    from ingest.lists import address

    url = address(given)
    found = look(url, session.settings)
    if not found.feed:
        raise GordonError(f"{found.url} is {found.outcome}{feed_add.because(found)}; nothing was changed")
    return url


def _refuse_double(feeds: Sequence[Feed], feed: Feed, url: str) -> None:
    from ingest.lists import same

    other = next((one for one in feeds if one.id != feed.id and same(one.url) == same(url)), None)
    if other is not None:
        raise GordonError(
            f"that address is subscribed already, as {other.id}; remove one: gordon feeds remove {feed.id}"
        )


@app.command("import")
def import_feeds(
    file: Annotated[Path, typer.Argument(help="A list of subscriptions: OPML, FOAF, or iGoogle's tabs.")],
    desk: DeskOption = HERE,
    as_json: JsonOption = False,
) -> None:
    """Subscribe to every feed of a list that is not there yet."""
    from ingest.opml_edit import import_file

    subscriptions(desk)
    if not file.is_file():
        raise typer.BadParameter(f"no file {file}")
    added, problems = import_file(desk / OPML, file)
    complain(problems)
    if as_json:
        show_json({"added": added, "problems": len(problems)})
    else:
        say(f"added {len(added)} feed(s)" + (f"; {len(problems)} problem(s) in the list" if problems else ""))
    raise typer.Exit(1 if problems else 0)


@app.command()
def export(
    file: Annotated[Path | None, typer.Argument(help="Where to; standard output by default.")] = None,
    desk: DeskOption = HERE,
    as_json: JsonOption = False,
) -> None:
    """Write the subscriptions as OPML 2.0."""
    from ingest.opml_edit import export as export_from

    feeds = subscriptions(desk)
    text = export_from(desk / OPML)
    if file is not None:
        file.write_text(text, encoding="utf-8")
    if as_json:
        show_json(feeds)
    elif file is None:
        sys.stdout.write(text)
    else:
        say(f"wrote {clean(file)}")


feed_health.register(app)
feed_held.register(app)
