"""``gordon webhooks``: who is told over HTTP, how that goes, and a test event."""

from __future__ import annotations

import os
from datetime import datetime
from typing import Annotated

import typer

from gordon.cli.out import HERE, DeskOption, JsonOption, clean, say, show_json, show_table
from gordon.cli.session import Session
from gordon.errors import NotFound

app = typer.Typer()
IdArgument = Annotated[str, typer.Argument(metavar="WEBHOOK", help="Id of the webhook.")]


@app.command("list")
def list_webhooks(desk: DeskOption = HERE, as_json: JsonOption = False) -> None:
    """The webhooks, and what waits for them. Exit 1 where one is disabled or failing."""
    from gordon.app.hook_test import webhook_lines
    from gordon.desk.load import load_desk
    from store.deliveries import Deliveries

    loaded = load_desk(desk, os.environ)
    with Session(desk) as session:
        lines = webhook_lines(loaded.webhooks, Deliveries(session.database).states())
    if as_json:
        show_json(lines)
    else:
        rows = [
            [
                e.webhook,
                e.state,
                e.receiver,
                e.waiting,
                _time(e.oldest),
                _time(e.next_try),
                e.last_outcome,
                e.last_detail,
            ]
            for e in lines
        ]
        columns = ["webhook", "state", "receiver", "waiting", "oldest", "next try", "last outcome", ""]
        show_table("Webhooks", columns, rows)
    raise typer.Exit(1 if any(line.state in ("disabled", "failing") for line in lines) else 0)


@app.command()
def test(webhook: IdArgument, desk: DeskOption = HERE, as_json: JsonOption = False) -> None:
    """Post a signed test event once and show the answer. Exit 1 unless it is taken."""
    from gordon.app.daemon import utc_now
    from gordon.app.hook_test import try_out
    from gordon.app.hooks import ready_hooks
    from gordon.desk.load import load_desk

    loaded = load_desk(desk, os.environ)
    _require(webhook, [one.id for one in loaded.webhooks])
    (hook,) = (one for one in ready_hooks(loaded, os.environ) if one.id == webhook)
    found = try_out(hook, loaded.settings.http, utc_now())
    if as_json:
        show_json(found)
    else:
        colour = "green" if found.outcome == "delivered" else "red"
        status = f"HTTP {found.status}" if found.status else found.detail
        say(f"{clean(found.webhook)}: [{colour}]{found.outcome}[/{colour}], {clean(status)}, {found.seconds:.2f} s")
        say(f"event {found.event}" + (f"\n{clean(found.answer)}" if found.answer else ""))
    raise typer.Exit(0 if found.outcome == "delivered" else 1)


@app.command()
def enable(webhook: IdArgument, desk: DeskOption = HERE, as_json: JsonOption = False) -> None:
    """Post to a webhook again that was set aside, or has failed: what waits is due at once."""
    from gordon.app.daemon import utc_now
    from store.deliveries import Deliveries

    with Session(desk) as session:
        waiting = Deliveries(session.database).enable(webhook, utc_now())
    if as_json:
        show_json({"webhook": webhook, "waiting": waiting})
    else:
        say(f"{clean(webhook)} is enabled; {waiting} event(s) are due now")


def _require(webhook: str, known: list[str]) -> None:
    if webhook not in known:
        raise NotFound("webhook", webhook, f"known: {', '.join(sorted(known)) or 'none'}")


def _time(moment: datetime | None) -> str:
    return f"{moment:%Y-%m-%d %H:%M:%S}Z" if moment else ""
