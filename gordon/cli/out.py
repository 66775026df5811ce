"""How the command line speaks: JSON for programs, tables for people, problems on standard error."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from pathlib import Path
from typing import Annotated, Any, TypeVar

import msgspec
import typer
from rich.console import Console
from rich.markup import escape
from rich.progress import Progress
from rich.table import Table

from gordon.errors import DeskInvalid, Problem
from gordon.french import cell_in_french, label_in_french, line_in_french
from gordon.hosts import redact
from gordon.secrets import veiled

_CONTROLS = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff]")
_ADDRESS = re.compile(r"[a-z][a-z0-9+.-]*://\S+", re.IGNORECASE)

DeskOption = Annotated[
    Path, typer.Option("--desk", "-d", envvar="GORDON_DESK", help="Folder of the desk.", show_default="this folder")
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON, for programs.")]
HERE = Path(".")
PIPE_WIDTH = 240
T = TypeVar("T")
_LANGUAGE = ContextVar("language", default="en")


def clean(text: object) -> str:
    """Text from outside, safe for a terminal: no control characters, no text direction overrides, no markup."""
    return escape(plain(text))


def plain(text: object) -> str:
    """Text from outside without control characters, text direction overrides and secrets."""
    return veiled(redact(_CONTROLS.sub("", str(text)), "***@"))


def console() -> Console:
    """A console on the present standard output; into a file or pipe nothing is folded to a terminal's width."""
    return Console(highlight=False, emoji=False, width=None if sys.stdout.isatty() else PIPE_WIDTH)


def speak(language: str) -> None:
    """From now on, in this call of ``gordon``, reports are written in this language: "en" or "fr"."""
    _LANGUAGE.set(language)


def language() -> str:
    """What they are written in."""
    return _LANGUAGE.get()


def speaks_french() -> bool:
    """Whether that is French."""
    return language() == "fr"


def say(text: str) -> None:
    """A line for people, with Rich markup; what comes from outside must be ``clean``."""
    console().print(line_in_french(text) if speaks_french() else text)


def show_json(value: Any) -> None:
    """One JSON document; without hidden secrets and passwords of addresses, every other text letter for letter."""
    found = _without_passwords(msgspec.to_builtins(value, order="deterministic", str_keys=True))
    body = msgspec.json.format(msgspec.json.encode(found), indent=2)
    sys.stdout.write(body.decode() + "\n")


def _without_passwords(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _without_passwords(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_without_passwords(inner) for inner in value]
    if isinstance(value, str):
        return veiled(redact(value, "***@") if _ADDRESS.fullmatch(value) else value)
    return value


def show_json_line(value: Any) -> None:
    """One line of JSON Lines, out at once."""
    sys.stdout.write(msgspec.json.encode(value).decode() + "\n")
    sys.stdout.flush()


def show_table(title: str, columns: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """A table; an empty one says so."""
    label, told = (label_in_french, cell_in_french) if speaks_french() else (str, str)
    table = Table(title=label(title), title_justify="left", header_style="bold", box=None, pad_edge=False)
    for number, column in enumerate(columns):
        table.add_column(label(column), overflow="fold", no_wrap=number == 0)
    for row in rows:
        table.add_row(*(clean(told(cell) if isinstance(cell, str) else cell) for cell in row))
    if table.row_count:
        console().print(table)
    else:
        say(f"{title}: none")


@contextmanager
def watching(total: int | None) -> Iterator[Callable[[int], None]]:
    """A bar of how far it is, on a terminal only; without a total it only moves. The function is told how many more
    are done."""
    console = Console(stderr=True)
    with Progress(console=console, transient=True, disable=not console.is_terminal) as progress:
        task = progress.add_task("mentions", total=total)
        yield lambda more: progress.advance(task, more)


def watched(steps: Iterable[T], total: int) -> Iterator[T]:
    """The steps, under such a bar."""
    with watching(total) as tick:
        for step in steps:
            yield step
            tick(1)


def complain(problems: Iterable[Problem]) -> None:
    """Problems, a line each, on standard error."""
    for problem in problems:
        sys.stderr.write(plain(problem) + "\n")


def advise(warnings: Iterable[Problem]) -> None:
    """Warnings, a line each, on standard error."""
    for warning in warnings:
        sys.stderr.write("warning: " + plain(warning) + "\n")


def finish(error: DeskInvalid) -> int:
    """Prints all mistakes and their number; returns the exit code."""
    complain(error.problems)
    count = len(error.problems)
    sys.stderr.write(f"{count} problem{'s' if count != 1 else ''} found; nothing was changed\n")
    return error.exit_code
