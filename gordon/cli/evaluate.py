"""``gordon evaluate``: how well the desk recognises its files on texts whose right files are known."""

from __future__ import annotations

import difflib
import os
import sys
from collections.abc import Collection, Iterable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import msgspec
import typer

from gordon.cli.evaluate_show import draw, show
from gordon.cli.jsonl import STDIN, read_lines
from gordon.cli.learn import decisions
from gordon.cli.out import HERE, DeskOption, JsonOption, show_json, watched
from gordon.errors import DeskInvalid, Problem
from gordon.picture import SUFFIXES

if TYPE_CHECKING:
    from gordon.app.evaluate import Sample

SHAPE = 'a line is {"text": ..., "files": ["id of a right file", ...]}; with "files": [] where no file is right'


class Line(msgspec.Struct, frozen=True, kw_only=True):
    """One line of JSON Lines in. ``files``: the right ones."""

    text: str
    files: list[str]
    id: str | int | None = None
    title: str | None = None
    language: str | None = None
    url: str | None = None
    feed: str | None = None
    author: str | None = None


def register(app: typer.Typer) -> None:
    """Adds the command."""
    app.command("evaluate")(evaluate)


def evaluate(
    file: Annotated[str, typer.Argument(help="JSON Lines {id?, title?, text, language?, files}; - for input.")],
    desk: DeskOption = HERE,
    plot: Annotated[
        Path | None, typer.Option(metavar="OUT", help="Draw precision and recall into this file, .svg or .png.")
    ] = None,
    mistakes: Annotated[int, typer.Option(min=0, help="Show so many of the worst mistakes.")] = 10,
    min_f1: Annotated[
        float | None, typer.Option("--min-f1", min=0, max=1, help="Exit 1 where F1 of all answers is below.")
    ] = None,
    skip_unknown: Annotated[
        bool, typer.Option("--skip-unknown", help="Leave out right files that the desk does not have.")
    ] = False,
    also: Annotated[
        str, typer.Option(metavar="FILE.jsonl", help="Decisions that gordon learn was given: the model has seen them.")
    ] = "",
    as_json: JsonOption = False,
) -> None:
    """Compare the desk's answers with the right ones: precision, recall and F1, and what to mend."""
    _usable(file, also, plot)
    from gordon.app.evaluate import desk_tagger, read, report, taught
    from gordon.app.mistakes import worst
    from gordon.desk.load import load_desk

    loaded = load_desk(desk, os.environ)
    files = tuple(entry.file for entry in loaded.files)
    samples, absent = _samples(file, files, skip_unknown=skip_unknown)
    tagger, model = desk_tagger(loaded)
    known = taught(loaded.files, [line for _, line in decisions(also)] if also else ())
    readings = list(watched(read(samples, tagger, model, known), len(samples)))
    found = report(readings, files, model=model is not None)
    shown = worst(readings, tagger.engine, model, most=mistakes)
    if plot:
        draw(found, STDIN if file == "-" else Path(file).name, plot)
    if as_json:
        show_json({**msgspec.structs.asdict(found), "mistakes": shown, "absent": absent})
    else:
        show(found, shown, absent, plot)
    _gate(found.overall().f1, min_f1)


def _usable(file: str, also: str, plot: Path | None) -> None:
    if file == also == "-":
        raise typer.BadParameter("only one of FILE and --also can be standard input")
    if plot is None:
        return
    if plot.suffix.lower() not in SUFFIXES:
        raise typer.BadParameter(f"--plot writes {' or '.join(SUFFIXES)}, by the suffix; not {plot.name!r}")
    if not plot.parent.is_dir():
        raise typer.BadParameter(f"no folder {str(plot.parent)!r} to write the picture to")


def _gate(f1: float | None, least: float | None) -> None:
    if least is None:
        return
    if f1 is None:
        sys.stderr.write("F1 is not defined: no file was right, and none was said\n")
        raise typer.Exit(1)
    if f1 < least:
        sys.stderr.write(f"F1 is {f1:.3f}, below {least:g}\n")
        raise typer.Exit(1)


def _samples(what: str, files: Sequence[str], *, skip_unknown: bool) -> tuple[list[Sample], dict[str, int]]:
    """The samples, and the files that the desk does not have, each with the number of lines that name it. Raises
    DeskInvalid with all mistakes."""
    problems: list[Problem] = []
    lines: list[tuple[int, Line]] = []
    for number, line in read_lines(what, Line, SHAPE):
        if isinstance(line, Problem):
            problems.append(line)
        else:
            lines.append((number, line))
    name = STDIN if what == "-" else what
    if not lines and not problems:
        problems.append(Problem(name, 0, "holds no lines", SHAPE))
    absent: dict[str, list[int]] = {}
    for number, line in lines:
        for file in set(line.files).difference(files):
            absent.setdefault(file, []).append(number)
    if not skip_unknown:
        problems += [_unknown(name, file, where, files) for file, where in absent.items()]
    if problems:
        raise DeskInvalid(problems)
    return list(_as_samples(lines, files)), {file: len(where) for file, where in sorted(absent.items())}


def _unknown(name: str, file: str, lines: Sequence[int], files: Sequence[str]) -> Problem:
    more = f", nor on {len(lines) - 1} more lines" if len(lines) > 1 else ""
    near = difflib.get_close_matches(file, files, 1)
    remedy = f"did you mean {near[0]!r}? " if near else ""
    return Problem(name, lines[0], f"the desk has no file {file!r}{more}", remedy + "--skip-unknown leaves it out")


def _as_samples(lines: Iterable[tuple[int, Line]], files: Collection[str]) -> Iterator[Sample]:
    from classify.selftest import sample
    from gordon.app.evaluate import Sample
    from gordon.language import Detector

    detect = Detector().detect
    for number, line in lines:
        title = line.title or ""
        mention = sample(title, line.text, line.language or detect(title, line.text, ""))
        mention = msgspec.structs.replace(mention, url=line.url or "", feed=line.feed or "", author=line.author or None)
        named = "" if line.id is None else str(line.id)
        yield Sample(number, named, mention, frozenset(line.files).intersection(files))
