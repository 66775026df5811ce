"""``gordon db``: migrations, backup, integrity."""

from __future__ import annotations

import os
from datetime import datetime, timedelta
from pathlib import Path
from typing import Annotated

import typer

from gordon.cli.out import HERE, DeskOption, JsonOption, clean, say, show_json, show_table
from gordon.cli.session import Session
from gordon.errors import StoreUnavailable
from store.database import Database

app = typer.Typer()


def _open(session: Session) -> Database:
    """The database as it is, whatever its revision."""
    from gordon.app.connect import connect_store, refuse_address

    try:
        return connect_store(session.settings, session.folder)
    except StoreUnavailable as error:
        raise refuse_address("database", session.folder, os.environ, error) from error


@app.command()
def upgrade(desk: DeskOption = HERE, as_json: JsonOption = False) -> None:
    """Bring the database to this Gordon's revision, all or nothing."""
    from store.migrate import current
    from store.migrate import upgrade as upgrade_database

    with Session(desk) as session:
        database = _open(session)
        before = current(database)
        upgrade_database(database)
        after = current(database)
        database.close()
    if as_json:
        show_json({"before": before, "after": after})
    else:
        say(f"the database is at revision {after}" + (" already" if before == after else f", from {before or 'empty'}"))


@app.command()
def backup(
    target: Annotated[Path, typer.Argument(help="New file to write.")],
    desk: DeskOption = HERE,
    as_json: JsonOption = False,
) -> None:
    """Copy the database while Gordon runs, and read the copy back."""
    from store.backup import backup as copy

    with Session(desk) as session:
        copied = copy(session.database, target)
    size, rows = target.stat().st_size, sum(copied.rows.values())
    if as_json:
        show_json({"file": str(target), "bytes": size, "revision": copied.revision, "rows": copied.rows})
    else:
        say(f"wrote {clean(target)}, {size} bytes; read back: revision {copied.revision}, {rows} rows")


@app.command()
def check(desk: DeskOption = HERE, as_json: JsonOption = False) -> None:
    """Look for damage. Exit 1 when there is any."""
    from store.backup import check as find_damage

    with Session(desk) as session:
        database = _open(session)
        findings = find_damage(database)
        database.close()
    if as_json:
        show_json({"ok": not findings, "findings": findings})
    else:
        for finding in findings:
            say(f"[red]{clean(finding)}[/red]")
        say("something is wrong" if findings else "[green]the database is sound[/green]")
    raise typer.Exit(1 if findings else 0)


@app.command()
def prune(
    desk: DeskOption = HERE,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only count what would go and what would stay.")] = False,
    as_json: JsonOption = False,
) -> None:
    """Forget what is older than the settings under [retention] say, as ingest does once an hour."""
    from gordon.app.daemon import utc_now
    from gordon.app.prune import SETTINGS, cutoffs, trim_log
    from store.prune import count
    from store.prune import prune as forget

    rows = []

    def note(kind: str, setting: str, before: datetime, goes: int, stays: int) -> None:
        row = {"class": kind, "setting": f"retention.{setting}", "before": before, "goes": goes, "stays": stays}
        rows.append(row)

    now = utc_now()
    with Session(desk) as session:
        kept = session.settings.retention
        for kind, before in cutoffs(kept, now).items():
            old, rest = count(session.database, kind, before)
            note(kind, SETTINGS[kind], before, old if dry_run else forget(session.database, kind, before), rest)
        if trimmed := trim_log(session.settings, session.folder, now, dry_run=dry_run):
            note("log", "log", now - timedelta(seconds=kept.log), *trimmed)
    if as_json:
        show_json(rows)
    else:
        title = "Would go" if dry_run else "Gone"
        shown = [(row["class"], f"{row['before']:%Y-%m-%d %H:%M}Z", row["goes"], row["stays"]) for row in rows]
        show_table(title, ("class", "before", "goes", "stays"), shown)
