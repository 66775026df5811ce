"""``gordon queue feed``: a queue as RSS or JSON Feed, for people who just want to read."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable
from datetime import timedelta
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Annotated

import typer

from gordon.cli.out import HERE, DeskOption, speaks_french
from gordon.cli.session import Session
from gordon.errors import NotFound
from gordon.queue_feed import Channel, Format, Language, render

RECENT = 14
MOST = 500


def register(app: typer.Typer) -> None:
    """Adds the command."""
    app.command("feed")(feed)


def feed(
    queue: Annotated[str, typer.Argument(help="Id of the queue.")],
    desk: DeskOption = HERE,
    file: Annotated[str | None, typer.Option("--file", help="Only items of this policy file.")] = None,
    form: Annotated[Format, typer.Option("--format", help="RSS 2.0 or JSON Feed 1.1.")] = "rss",
    language: Annotated[Language | None, typer.Option("--language", help="Language of the words around.")] = None,
    days: Annotated[int, typer.Option("--days", help="Closed items for so many days.", min=0, max=366)] = RECENT,
    link: Annotated[str, typer.Option("--link", help="Address of a page about the queue.")] = "",
    out: Annotated[Path | None, typer.Option("--out", help="File to replace; else standard output.")] = None,
) -> None:
    """The open and recently closed items of a queue as a feed."""
    from gordon.app.daemon import utc_now
    from gordon.desk.load import load_desk
    from store.reads import items_to_read

    loaded = load_desk(desk, os.environ)
    _require("queue", queue, loaded.queues.queues)
    if file is not None:
        _require("file", file, (entry.file for entry in loaded.files))
    spoken: Language = language or ("fr" if speaks_french() else "en")
    with Session(desk) as session:
        found = items_to_read(session.database, queue, utc_now() - timedelta(days=days), MOST, file=file)
    channel = Channel(queue=queue, title=loaded.queues.queues[queue].title.best(spoken), file=file or "", link=link)
    body = render(channel, found, form, spoken)
    if out is None:
        sys.stdout.buffer.write(body)
    else:
        _replace(out, body)


def _require(kind: str, name: str, known: Iterable[str]) -> None:
    names = sorted(known)
    if name not in names:
        raise NotFound(kind, name, f"known: {', '.join(names)}")


def _replace(path: Path, body: bytes) -> None:
    """At one blow, and only where it differs: who reads it never sees half of it, nor a change that is none."""
    if path.exists() and path.read_bytes() == body:
        return
    with NamedTemporaryFile(dir=path.parent, prefix=f".{path.name}.", delete=False) as draft:
        draft.write(body)
    os.chmod(draft.name, 0o644)
    os.replace(draft.name, path)
