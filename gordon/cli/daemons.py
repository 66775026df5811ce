"""``gordon up`` and the daemons: ingest, classify, route, relay."""

from __future__ import annotations

import os
import sys
from typing import Annotated

import typer

from gordon.app.signals import leave_quietly
from gordon.cli.out import HERE, DeskOption

PortOption = Annotated[
    int | None,
    typer.Option("--metrics-port", help="Port of /metrics and /health; 0 takes a free one.", min=0, max=65535),
]


def register(app: typer.Typer) -> None:
    """Adds the commands."""
    app.command("up")(up)
    for command in (ingest, classify, route, relay):
        app.command(command.__name__)(command)


def up(
    desk: DeskOption = HERE,
    view: Annotated[
        bool | None, typer.Option("--view/--no-view", help="Live view; by default where the output is a terminal.")
    ] = None,
    seconds: Annotated[float | None, typer.Option("--for", help="End by itself after so many seconds.")] = None,
) -> None:
    """Run everything on this machine: one process a stage, restarted when one dies."""
    leave_quietly()
    from gordon.app.up import run_up

    show = sys.stdout.isatty() if view is None else view
    raise typer.Exit(run_up(desk, os.environ, view=show, seconds=seconds))


def ingest(desk: DeskOption = HERE, metrics_port: PortOption = None) -> None:
    """Poll the feeds and publish new and edited mentions."""
    leave_quietly()
    from gordon.app.ingest import run_ingest

    run_ingest(desk, os.environ, metrics_port=metrics_port)


def classify(desk: DeskOption = HERE, metrics_port: PortOption = None) -> None:
    """Tag mentions with the policy files they touch."""
    leave_quietly()
    from gordon.app.classify import run_classify

    run_classify(desk, os.environ, metrics_port=metrics_port)


def route(desk: DeskOption = HERE, metrics_port: PortOption = None) -> None:
    """Group tagged mentions into issues and give each to a queue and a team."""
    leave_quietly()
    from gordon.app.route import run_route

    run_route(desk, os.environ, metrics_port=metrics_port)


def relay(desk: DeskOption = HERE, metrics_port: PortOption = None) -> None:
    """Publish what waits in the outboxes, standing in for ingest and route while they are away."""
    leave_quietly()
    from gordon.app.relay import run_relay

    run_relay(desk, os.environ, metrics_port=metrics_port)
