"""How ``gordon evaluate`` shows what it found: tables for people, and the picture."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from gordon.cli.out import clean, say, show_table

if TYPE_CHECKING:
    from gordon.app.evaluate import Mean, Report, Row
    from gordon.app.mistakes import Mistake
    from gordon.picture import Line

MOST_FILES = 8
MOST_NAMED = 12
LONGEST = 34
LABELS = {"rules": "rules · règles", "model": "model · modèle", "both": "both · les deux"}
COLUMNS = ("file", "language", "by", "right", "wrong", "missed", "precision", "recall", "F1")


def show(report: Report, mistakes: Sequence[Mistake], absent: Mapping[str, int], plot: Path | None) -> None:
    """All but the points of the curves."""
    count = report.mentions
    say(f"{count['all']} mention(s): {count['en']} in English, {count['fr']} in French; intervals are of 95 %")
    if report.seen:
        say(f"[yellow]{report.seen} of them taught the model: left out for the model and for both[/yellow]")
    if absent:
        named = ", ".join(f"{file} ({number})" for file, number in absent.items())
        say(f"[yellow]not on the desk, and left out: {clean(named)}[/yellow]")
    show_table("Files", COLUMNS, (_cells(row) for row in report.rows))
    columns = ("average", "language", "by", "mentions", "files", "precision", "recall", "F1")
    show_table("Averages", columns, (_mean_cells(mean) for mean in report.averages if mean.f1 is not None))
    if report.silent:
        say(f"[dim]{len(report.silent)} file(s) neither right nor said: {clean(_some(report.silent))}[/dim]")
    for mistake in mistakes:
        what = "missed" if mistake.kind == "missed" else "wrong "
        place = f"line {mistake.line}" + (f" ({mistake.id})" if mistake.id else "")
        say(f"[bold red]{what}[/bold red] [bold]{clean(mistake.file)}[/bold] {clean(place)}: {clean(mistake.text)}")
        say(f"       [dim]{clean(mistake.why)}[/dim]")
    if plot:
        say(f"picture in {clean(plot)}")


def _cells(row: Row) -> tuple[object, ...]:
    return (row.file, row.language, row.by, row.tp, row.fp, row.fn, *_figures(row))


def _mean_cells(mean: Mean) -> tuple[object, ...]:
    kind = "of all answers (micro)" if mean.kind == "micro" else "of all files (macro)"
    return (kind, mean.language, mean.by, mean.mentions, mean.files, *_figures(mean))


def _figures(found: Row | Mean) -> Iterable[str]:
    yield _figure(found.precision, found.precision_interval)
    yield _figure(found.recall, found.recall_interval)
    yield _figure(found.f1, found.f1_interval)


def _figure(value: float | None, ends: tuple[float, float] | None) -> str:
    return f"{value:.2f} ({ends[0]:.2f} to {ends[1]:.2f})" if value is not None and ends else "-"


def _some(names: Sequence[str], most: int = 5) -> str:
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return ", ".join(names[:most]) + more


def draw(report: Report, name: str, target: Path) -> None:
    """Precision and recall over all files and for those with most to find; the picture names the others."""
    from gordon.picture import Panel, precision_recall, write

    positives = {curve.file: curve.positives for curve in report.curves if curve.by == "rules" and curve.file}
    files = sorted(positives, key=lambda file: (-positives[file], file))
    titles = {"": f"all files · tous les dossiers ({sum(positives.values())})"}
    titles |= {file: f"{_cut(file)} ({positives[file]})" for file in files[:MOST_FILES]}
    panels = [Panel(title, _lines(report, file)) for file, title in titles.items()]
    rest = files[MOST_FILES:]
    note = f"not drawn · non illustrés : {_some([_cut(file) for file in rest], MOST_NAMED)}" if rest else ""
    title = f"Precision and recall · Précision et rappel : {_cut(name)} ({report.mentions['all']})"
    write(precision_recall(panels, title=title, note=note), target)


def _lines(report: Report, file: str) -> list[Line]:
    from gordon.picture import Line

    lines = []
    for by, label in LABELS.items():
        curves = [curve for curve in report.curves if (curve.by, curve.file) == (by, file)]
        points = [(recall, precision) for curve in curves for _, precision, recall in curve.points]
        found = [row for row in _answers(report, file) if row.by == by]
        dots = [(row.recall, row.precision) for row in found if row.recall is not None and row.precision is not None]
        if points or dots:
            lines.append(Line(label, points, dots))
    return lines


def _answers(report: Report, file: str) -> list[Row | Mean]:
    """The figures of a file, or of all of them together, in all languages."""
    if file:
        return [row for row in report.rows if (row.file, row.language) == (file, "all")]
    return [mean for mean in report.averages if (mean.kind, mean.language) == ("micro", "all")]


def _cut(text: str) -> str:
    return text if len(text) <= LONGEST else text[: LONGEST - 1] + "…"
