"""``gordon learn``: teaches the desk its examples, and shows how well each file is recognised by them."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any

import typer

from classify.learn.model import Learnt, Trial
from classify.learn.samples import Decided
from classify.scores import Counts, Interval
from gordon.cli.jsonl import STDIN, read_lines
from gordon.cli.out import HERE, DeskOption, JsonOption, clean, say, show_json, show_table
from gordon.errors import DeskInvalid, Problem

COLUMNS = ("file", "language", "texts", "not", "precision", "recall", "F1", "threshold")


def register(app: typer.Typer) -> None:
    """Adds the command."""
    app.command("learn")(learn)


def learn(
    desk: DeskOption = HERE,
    also: Annotated[
        str,
        typer.Option(metavar="FILE.jsonl", help="Decisions of people, - for input: text, files, title?, language?."),
    ] = "",
    as_json: JsonOption = False,
) -> None:
    """Learn to recognise the files by their examples. Exit 1 where no file could be learnt."""
    from gordon.app.learn import learn_desk, store
    from gordon.language import Detector

    model = learn_desk(desk, os.environ, decisions(also) if also else [], Detector().detect)
    path = store(desk, model)
    if as_json:
        show_json(_summary(model))
    else:
        _show(model, path)
    raise typer.Exit(0 if model.files else 1)


def decisions(also: str) -> list[tuple[Problem, Decided]]:
    """The lines; raises DeskInvalid with all that are none."""
    name, problems, found = STDIN if also == "-" else also, [], []
    for number, line in read_lines(also, Decided, 'a line is {"text": ..., "files": [...]}'):
        if isinstance(line, Problem):
            problems.append(line)
        else:
            message = f"names a file that is not on the desk: {', '.join(line.files)}"
            found.append((Problem(name, number, message, "see: gordon check"), line))
    if problems:
        raise DeskInvalid(problems)
    return found


def _summary(model: Learnt) -> dict[str, Any]:
    thresholds = {entry.file: entry.threshold for entry in model.files}
    return {
        "model": model.version if model.files else None,
        "texts": model.texts,
        "decided": model.decided,
        "files": [_figures(trial) | {"threshold": thresholds[trial.file]} for trial in model.trials],
        "unlearnt": model.unlearnt,
    }


def _figures(trial: Trial) -> dict[str, Any]:
    counts = Counts(trial.tp, trial.fp, trial.fn)
    return {
        "file": trial.file,
        "language": trial.language or "all",
        "yes": trial.yes,
        "no": trial.no,
        "tp": trial.tp,
        "fp": trial.fp,
        "fn": trial.fn,
        "precision": counts.precision,
        "precision_interval": counts.precision_interval,
        "recall": counts.recall,
        "recall_interval": counts.recall_interval,
        "f1": counts.f1,
        "f1_interval": counts.f1_interval,
    }


def _show(model: Learnt, path: Path) -> None:
    if model.files:
        show_table("Learnt from examples, tried on texts that were held back", COLUMNS, _rows(model))
        say("[dim]In brackets: where the true figure lies in 95 of 100 cases. Few texts make it wide.[/dim]")
    for file, why in sorted(model.unlearnt.items()):
        say(f"[yellow]not learnt[/yellow] {clean(file)}: {clean(why)}")
    if model.files:
        say(f"wrote {clean(path)}, version {model.version}, from {model.texts} texts")
    else:
        say("[yellow]no file could be learnt[/yellow]; files are recognised by their rules alone")


def _rows(model: Learnt) -> Iterator[tuple[object, ...]]:
    thresholds = {entry.file: entry.threshold for entry in model.files}
    for trial in model.trials:
        counts = Counts(trial.tp, trial.fp, trial.fn)
        figures = (
            _figure(counts.precision, counts.precision_interval),
            _figure(counts.recall, counts.recall_interval),
            _figure(counts.f1, counts.f1_interval),
        )
        name = "" if trial.language else trial.file
        limit = "" if trial.language else f"{thresholds[trial.file]:.2f}"
        yield name, trial.language or "all", trial.yes, trial.no, *figures, limit


def _figure(value: float | None, ends: Interval | None) -> str:
    return "-" if value is None or ends is None else f"{value:.2f} [{ends.low:.2f}, {ends.high:.2f}]"
