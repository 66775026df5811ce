"""``gordon settings``: what is in force, and where it comes from."""

from __future__ import annotations

import os
from typing import Annotated

import typer

from gordon.cli.out import HERE, DeskOption, JsonOption, show_json, show_table
from gordon.cli.session import Session


def register(app: typer.Typer) -> None:
    """Adds the command."""
    app.command("settings")(settings)


def settings(
    desk: DeskOption = HERE,
    every: Annotated[bool, typer.Option("--all", help="Those that have their default value, too.")] = False,
    as_json: JsonOption = False,
) -> None:
    """Show the settings in force and where each comes from; secrets as ***."""
    from gordon.settings_view import in_force

    with Session(desk) as session:
        found = in_force(session.settings, session.folder, os.environ)
    shown = [one for one in found if every or one.source != "default"]
    if as_json:
        show_json(shown)
    else:
        show_table("Settings", ("setting", "value", "from"), [(one.setting, one.value, one.source) for one in shown])
