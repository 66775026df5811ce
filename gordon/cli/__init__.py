"""The ``gordon`` command. Exit codes: 0 fine, 1 a problem was found, 2 wrong use, 78 wrong configuration.

Commands import what they need when they run: ``gordon ingest`` must not pay for spaCy, nor ``gordon tag`` for Kafka.
"""

from __future__ import annotations

import io
import os
import sys
from enum import Enum
from typing import Annotated

import typer

from gordon import __version__
from gordon.cli import (
    daemons,
    database,
    dead,
    desk,
    evaluate,
    feeds,
    issues,
    learn,
    people,
    queues,
    replay,
    settings,
    simulate,
    status,
    tag,
    trace,
    webhooks,
)
from gordon.cli.out import finish, plain, speak
from gordon.errors import DeskInvalid, GordonError, Transient
from gordon.secrets import veil_tracebacks

app = typer.Typer(
    name="gordon",
    help="Finds what blogs say about a policy file and brings it to the people who know the file.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)

GROUPS = {
    "feeds": (feeds.app, "Subscriptions: what is polled."),
    "queue": (queues.app, "Queues and the items that wait in them."),
    "issue": (issues.app, "Issues: mentions that tell one story."),
    "webhooks": (webhooks.app, "Receivers that are told over HTTP of what happens in queues."),
    "dead": (dead.app, "Messages that could not be processed."),
    "db": (database.app, "The database: migrations, backup, integrity."),
}
for name, (group, text) in GROUPS.items():
    app.add_typer(group, name=name, help=text, no_args_is_help=True)
for module in (desk, daemons, tag, learn, evaluate, trace, people, simulate, replay, status, settings):
    module.register(app)


class Language(Enum):
    """What reports on items, issues, mentions and people are written in."""

    en = "en"
    fr = "fr"


def _version(asked: bool) -> None:
    if asked:
        typer.echo(f"gordon {__version__}")
        raise typer.Exit


@app.callback()
def root(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version and exit.")
    ] = False,
    language: Annotated[
        Language, typer.Option(envvar="GORDON_LANGUAGE", help="Of reports on items, issues, mentions and people.")
    ] = Language.en,
) -> None:
    """Options of the whole program."""
    speak(language.value)


def _fill_standard_files() -> None:
    """Where standard input, output or error is closed, the next file that is opened would get its number, and with it
    what is meant for the log."""
    for number in range(3):
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, os.O_RDWR)
    sys.stdout = sys.stdout or os.fdopen(os.open(os.devnull, os.O_WRONLY), "w")
    sys.stderr = sys.stderr or os.fdopen(os.open(os.devnull, os.O_WRONLY), "w")


def main() -> None:
    """The entry point: runs the command and turns Gordon's errors into messages and exit codes."""
    _fill_standard_files()
    veil_tracebacks()
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):  # a terminal in another encoding gets ? for what it cannot show
            stream.reconfigure(errors="replace")
    try:
        app()
    except DeskInvalid as error:
        sys.exit(finish(error))
    except Transient as error:
        sys.stderr.write(f"{plain(error)}\n")
        sys.exit(78)
    except GordonError as error:
        sys.stderr.write(f"{plain(error)}\n")
        sys.exit(error.exit_code)
    except BrokenPipeError:
        # The reader (head, less) has enough; nothing is wrong, and nothing more can be written.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(0)
    except OSError as error:  # a file named on the command line that cannot be read or written
        sys.stderr.write(f"{plain(error)}\n")
        sys.exit(1)
