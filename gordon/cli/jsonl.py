"""JSON Lines from a file or from standard input: each line as its type, or what is wrong with it and where."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TypeVar

import msgspec
import typer

from gordon.errors import Problem

T = TypeVar("T")
STDIN = "standard input"


def read_lines(what: str, kind: type[T], remedy: str) -> Iterator[tuple[int, T | Problem]]:
    """The lines with their numbers, as they come; blank ones are passed over, a byte order mark is too. A line that
    is not one of ``kind`` comes as a Problem with this remedy. ``what``: a path, or - for standard input."""
    if what == "-":
        yield from _decoded(sys.stdin.buffer, STDIN, kind, remedy)
        return
    if not Path(what).is_file():
        raise typer.BadParameter(f"no file {what!r}; it reads a file, or - for standard input")
    with Path(what).open("rb") as source:
        yield from _decoded(source, what, kind, remedy)


def _decoded(source: Iterable[bytes], name: str, kind: type[T], remedy: str) -> Iterator[tuple[int, T | Problem]]:
    decoder = msgspec.json.Decoder(kind)
    for number, raw in enumerate(source, 1):
        try:
            line = raw.decode("utf-8-sig" if number == 1 else "utf-8")
            if line.strip():
                yield number, decoder.decode(line)
        except UnicodeDecodeError as error:
            yield number, Problem(name, number, f"is not UTF-8 text: {error.reason}", "convert it first")
        except (msgspec.MsgspecError, RecursionError) as error:
            yield number, Problem(name, number, str(error), remedy)
