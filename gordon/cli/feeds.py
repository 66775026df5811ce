"""``gordon feeds``: subscriptions in feeds.opml, and how polling them goes."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from gordon.cli.out import HERE, DeskOption, JsonOption, clean, complain, say, show_json, show_table
from gordon.cli.session import Session
from gordon.desk.load import require_folder
from gordon.errors import DeskInvalid, GordonError
from gordon.polling import Feed

app = typer.Typer()
OPML = "feeds.opml"
WELL = frozenset({"ok", "unchanged", "empty", "never"})
SHOWN = 10


def _subscriptions(desk: Path) -> tuple[Feed, ...]:
    from ingest.opml import read

    require_folder(desk)
    feeds, problems = read(desk / OPML)
    if problems:
        raise DeskInvalid(problems)
    return feeds


@app.command("list")
def list_feeds(desk: DeskOption = HERE, as_json: JsonOption = False) -> None:
    """The subscriptions of the desk."""
    feeds = _subscriptions(desk)
    if as_json:
        show_json(feeds)
    else:
        rows = [[feed.id, feed.folder, feed.language, feed.title, feed.url] for feed in feeds]
        show_table("Feeds", ["id", "folder", "lang", "title", "url"], rows)


@app.command()
def add(
    url: Annotated[str, typer.Argument(help="A feed, or a page that names one.")],
    desk: DeskOption = HERE,
    folder: Annotated[str, typer.Option(help="Folder of feeds.opml; parts separated by /.")] = "",
    language: Annotated[
        str, typer.Option("--language", "-l", help="Language of the feed, if it does not say so.")
    ] = "",
    as_json: JsonOption = False,
) -> None:
    """Subscribe to a feed, after a look at what would come in."""
    from gordon.app.preview import find_feed
    from ingest.opml import feed_id
    from ingest.opml_edit import add as add_to

    with Session(desk) as session:
        found, preview, offered = find_feed(url, session.settings)
    if preview.outcome not in ("ok", "empty"):
        for other in offered:
            say(f"it names the feed {clean(other)}")
        detail = f": {preview.detail}" if preview.detail else ""
        more = "; choose one of them" if offered else ""
        raise GordonError(f"{preview.url} is {preview.outcome}{detail}{more}; nothing was added")
    feed = Feed(
        id=feed_id(found), url=found, title=preview.title or found, folder=folder, language=language or preview.language
    )
    add_to(desk / OPML, feed)
    if as_json:
        show_json({"added": feed, "entries": len(preview.entries)})
    else:
        say(f"added {clean(feed.id)}: {clean(feed.title)}, {len(preview.entries)} entries now")


@app.command()
def remove(
    feed: Annotated[str, typer.Argument(help="Id or address of the feed.")],
    desk: DeskOption = HERE,
    as_json: JsonOption = False,
) -> None:
    """End a subscription; what came in stays."""
    from ingest.opml_edit import remove as remove_from

    gone = remove_from(desk / OPML, feed)
    show_json({"removed": gone}) if as_json else say(f"removed {clean(gone.id)}: {clean(gone.url)}")


@app.command("import")
def import_feeds(
    file: Annotated[Path, typer.Argument(help="An OPML file.")], desk: DeskOption = HERE, as_json: JsonOption = False
) -> None:
    """Subscribe to every feed of an OPML file that is not there yet."""
    from ingest.opml_edit import import_file

    if not file.is_file():
        raise typer.BadParameter(f"no file {file}")
    added, problems = import_file(desk / OPML, file)
    complain(problems)
    if as_json:
        show_json({"added": added, "problems": len(problems)})
    else:
        say(f"added {len(added)} feed(s)")
    raise typer.Exit(1 if problems else 0)


@app.command()
def export(
    file: Annotated[Path | None, typer.Argument(help="Where to; standard output by default.")] = None,
    desk: DeskOption = HERE,
    as_json: JsonOption = False,
) -> None:
    """Write the subscriptions as OPML 2.0."""
    from ingest.opml_edit import export as export_from

    feeds = _subscriptions(desk)
    text = export_from(desk / OPML)
    if file is not None:
        file.write_text(text, encoding="utf-8")
    if as_json:
        show_json(feeds)
    elif file is None:
        sys.stdout.write(text)
    else:
        say(f"wrote {clean(file)}")


@app.command()
def test(
    url: Annotated[str, typer.Argument(help="A feed, or a page that names one.")],
    desk: DeskOption = HERE,
    as_json: JsonOption = False,
) -> None:
    """Show what would come in from an address; changes nothing. Exit 1 where nothing would."""
    from gordon.app.preview import look

    with Session(desk) as session:
        preview = look(url, session.settings)
    if as_json:
        show_json(preview)
    else:
        say(f"{clean(preview.url)}: [bold]{clean(preview.outcome)}[/bold] {clean(preview.detail)}")
        for link in preview.links:
            say(f"it names the feed {clean(link.url)} {clean(link.title)}")
        rows = [[entry.raw_date, entry.title or entry.text[:80], entry.link] for entry in preview.entries[:SHOWN]]
        if preview.entries:
            show_table(f"{preview.title}: {len(preview.entries)} entries", ["date", "title", "link"], rows)
    raise typer.Exit(0 if preview.outcome in ("ok", "empty") else 1)


@app.command()
def health(desk: DeskOption = HERE, as_json: JsonOption = False) -> None:
    """How the last poll of each feed went. Exit 1 when a feed is in trouble."""
    from store.feeds import feeds

    with Session(desk) as session:
        pairs = feeds(session.database)
    lines: list[dict[str, Any]] = [{"feed": feed, "state": state} for feed, state in pairs]
    troubled = [state for _, state in pairs if state.outcome not in WELL or state.stopped]
    if as_json:
        show_json(lines)
    else:
        rows = [
            [feed.id, state.outcome, state.failures or "", _time(state.last_poll), _time(state.next_due), state.detail]
            for feed, state in sorted(pairs, key=lambda pair: (pair[1].outcome in WELL, pair[0].id))
        ]
        show_table("Feed health", ["feed", "outcome", "failures", "last poll", "next", "detail"], rows)
        say(f"{len(troubled)} of {len(pairs)} feeds in trouble" if troubled else f"all {len(pairs)} feeds are well")
    raise typer.Exit(1 if troubled else 0)


def _time(moment: Any) -> str:
    return f"{moment:%m-%d %H:%M:%S}Z" if moment else "-"
