"""Pictures for reports, as SVG or PNG by the suffix of the file; the only home of matplotlib, which is loaded on use.

A picture is a Figure made by one function from plain numbers and written by ``write``. Everything is drawn off-screen,
readable in black and white, the words in both languages; the same numbers give the same SVG, byte for byte.
"""

from __future__ import annotations

import io
import logging
import textwrap
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure as Figure

SUFFIXES = (".svg", ".png")
_DPI = 150
_SETTINGS: dict[Any, Any] = {
    "font.family": "DejaVu Sans",  # comes with matplotlib: the same on every machine
    "font.size": 9,
    "svg.fonttype": "none",  # letters stay letters: they can be searched, and read aloud
    "svg.hashsalt": "gordon",
    "text.parse_math": False,
    "axes.spines.top": False,
    "axes.spines.right": False,
}


class Style(NamedTuple):
    """How one line is drawn, so that it is told from the others without colour too."""

    colour: str
    dash: tuple[float, tuple[float, ...]] | None
    """Where in the pattern it begins, and the lengths of strokes and gaps in it; None is a whole line."""
    marker: str


STYLES = (Style("#a33c00", (0, (1, 1.2)), "s"), Style("#0072b2", (0, (5, 2)), "o"), Style("#000000", None, "^"))


class Line(NamedTuple):
    """A curve of (recall, precision). ``dots``: the points of it that are marked."""

    label: str
    points: Sequence[tuple[float, float]]
    dots: Sequence[tuple[float, float]]


class Panel(NamedTuple):
    """One pair of axes of a picture, with its lines. Lines of the same label look the same in all panels."""

    title: str
    lines: Sequence[Line]


def precision_recall(panels: Sequence[Panel], *, title: str, note: str = "") -> Figure:
    """Precision against recall, one panel a file, at most three in a row, with grey lines of equal F1 behind. Below the
    panels the legend, and above it ``note``."""
    with _drawing():
        from matplotlib.figure import Figure

        columns = min(3, len(panels))
        rows = -(-len(panels) // columns)
        figure = Figure(figsize=(3.1 * max(2, columns), 1.3 + 2.9 * rows), layout="constrained")
        axes = figure.subplots(rows, columns, squeeze=False)
        styles = {label: STYLES[at % len(STYLES)] for at, label in enumerate(_labels(panels))}
        for at, panel in enumerate(panels):
            place = axes[at // columns][at % columns]
            _draw(place, panel, styles)
            place.set_xlabel("recall · rappel" if at + columns >= len(panels) else "")
            place.set_ylabel("" if at % columns else "precision · précision")
        for spare in range(len(panels), rows * columns):
            axes[spare // columns][spare % columns].set_visible(False)
        figure.suptitle(title, fontsize=11)
        _legend(figure, styles, note)
    return figure


def _labels(panels: Sequence[Panel]) -> list[str]:
    return list(dict.fromkeys(line.label for panel in panels for line in panel.lines))


def _draw(axes: Axes, panel: Panel, styles: dict[str, Style]) -> None:
    axes.set_title(panel.title, fontsize=9, loc="left")
    _equal_f1(axes)
    for line in panel.lines:
        style = styles[line.label]
        if line.points:
            recall, precision = zip(*line.points, strict=True)
            axes.plot(recall, precision, color=style.colour, linestyle=style.dash or "-", linewidth=1.4)
        for x, y in line.dots:
            axes.plot(x, y, style.marker, color=style.colour, markersize=6.5, markerfacecolor="white", clip_on=False)
    axes.set(xlim=(0, 1.02), ylim=(0, 1.04), xticks=[0, 0.5, 1], yticks=[0, 0.5, 1], box_aspect=1)


def _equal_f1(axes: Axes) -> None:
    """Grey lines, each with its F1 at its right end."""
    for f1 in (0.2, 0.4, 0.6, 0.8):
        least = f1 / (2 - f1)  # the recall that this F1 takes at a precision of 1
        recalls = [least ** (1 - step / 60) for step in range(61)]
        axes.plot(recalls, [f1 * r / (2 * r - f1) for r in recalls], color="0.85", linewidth=0.8, zorder=0)
        axes.annotate(f"{f1:g}", (1.04, least), color="0.5", fontsize=7, va="center", annotation_clip=False)


def _legend(figure: Figure, styles: dict[str, Style], note: str) -> None:
    from matplotlib.lines import Line2D

    keys = [
        Line2D([], [], color=s.colour, linestyle=s.dash or "-", marker=s.marker, markerfacecolor="white", label=label)
        for label, s in styles.items()
    ]
    keys.append(Line2D([], [], color="0.85", label="F1"))
    above = textwrap.fill(note, round(18 * figure.get_figwidth())) or None
    figure.legend(
        handles=keys, loc="outside lower center", ncols=len(keys), frameon=False, title=above, title_fontsize=8
    )


@contextmanager
def drawing(width: float, height: float) -> Iterator[Figure]:
    """An empty figure of so many inches, for a picture of another module; what is put into it meanwhile looks as ours
    do."""
    with _drawing():
        from matplotlib.figure import Figure

        yield Figure(figsize=(width, height), layout="constrained")


def write(figure: Figure, target: Path) -> None:
    """Writes the figure; its suffix, one of SUFFIXES, says how. Raises OSError where it cannot be written."""
    with _drawing():
        body, kind = io.BytesIO(), target.suffix.lower().removeprefix(".")
        nameless = {"Date": None, "Creator": "Gordon"} if kind == "svg" else {"Software": "Gordon"}
        figure.savefig(body, format=kind, dpi=_DPI, metadata=nameless)
    target.write_bytes(body.getvalue())


@contextmanager
def _drawing() -> Iterator[None]:
    """The settings of our pictures, whatever a person's own are; nothing about fonts on standard error: a letter that
    the font does not have is drawn as a box, and that the list of fonts is written at first use is nobody's concern."""
    logging.getLogger("matplotlib").setLevel(logging.ERROR)
    import matplotlib

    with warnings.catch_warnings(), matplotlib.rc_context():
        warnings.filterwarnings("ignore", "Glyph .* missing from")
        matplotlib.rcdefaults()
        matplotlib.rcParams.update(_SETTINGS)
        yield
