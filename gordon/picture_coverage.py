"""The coverage matrix as a picture: files by what they need, so that gaps stand out in black and white too."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from gordon.picture import drawing

if TYPE_CHECKING:
    from gordon.picture import Figure

MOST_ROWS = 60
"""Files that are drawn; more do not fit on a page."""
LONGEST = 34
_GORDON, _WIDTH, _HEIGHT = 2.6, 1.0, 0.62
"""Sizes of cells: the column of the Gordons is wider."""


class Count(NamedTuple):
    """People on duty and in all who cover something; ``asked``: that somebody has to."""

    on_duty: int
    in_all: int
    asked: bool


class Line(NamedTuple):
    """A file. ``gordon``: who leads it, or ""; ``there``: on duty now."""

    file: str
    gordon: str
    there: bool
    counts: Sequence[Count]


class _Look(NamedTuple):
    """How a cell is filled and framed."""

    fill: str
    letters: str
    hatch: str = ""
    frame: float = 0.6
    label: str = ""


NOBODY = _Look("black", "white", label="nobody · personne")
OFF = _Look("white", "black", hatch="//////", label="nobody on duty · personne en service")
SINGLE = _Look("white", "black", frame=2.4, label="one person on duty · une seule personne en service")
FINE = _Look("0.88", "black", label="two or more · deux ou plus")
FREE = _Look("white", "0.55", frame=0.3, label="not required · pas exigé")


def look_of(count: Count) -> _Look:
    """None, single and several are told apart where it matters: where somebody has to cover it."""
    if not count.asked:
        return FREE
    if not count.in_all:
        return NOBODY
    return OFF if not count.on_duty else SINGLE if count.on_duty == 1 else FINE


def coverage_matrix(columns: Sequence[str], lines: Sequence[Line], *, title: str, split: int) -> Figure:
    """A row for each file, the first ones if there are too many. ``split``: the column before which a wider line
    stands."""
    drawn = lines[:MOST_ROWS]
    width = _GORDON + _WIDTH * len(columns)
    size = (2.9 + 0.62 * width, 1.6 + 0.45 * _HEIGHT * len(drawn) + 0.06 * max(map(len, columns), default=0))
    with drawing(*size) as figure:
        axes = figure.subplots()
        for number, line in enumerate(drawn):
            _draw_line(axes, number * _HEIGHT, line)
        axes.set(xlim=(0, width + 0.03), ylim=(max(1, len(drawn)) * _HEIGHT + 0.03, 0))
        axes.set_yticks([(number + 0.5) * _HEIGHT for number in range(len(drawn))], [_cut(line.file) for line in drawn])
        places = [_GORDON / 2, *(_GORDON + (number + 0.5) * _WIDTH for number in range(len(columns)))]
        axes.set_xticks(places, ["Gordon", *columns], rotation=40, ha="left", rotation_mode="anchor")
        axes.tick_params(length=0, labeltop=True, labelbottom=False, top=True)
        axes.spines[:].set_visible(False)
        axes.axvline(_GORDON, color="black", linewidth=1.6)
        if 0 < split < len(columns):
            axes.axvline(_GORDON + split * _WIDTH, color="black", linewidth=1.6)
        figure.suptitle(title, fontsize=11)
        _legend(figure, axes, len(lines) - len(drawn))
    return figure


def _draw_line(axes: Any, top: float, line: Line) -> None:
    if not line.gordon:
        _box(axes, 0, top, _GORDON, NOBODY, "NO GORDON", bold=True)
    else:
        _box(axes, 0, top, _GORDON, FREE._replace(letters="black") if line.there else OFF, _cut(line.gordon, 20))
    for number, count in enumerate(line.counts):
        text = f"{count.on_duty}/{count.in_all}" if count.in_all or count.asked else "-"
        look = look_of(count)
        _box(axes, _GORDON + number * _WIDTH, top, _WIDTH, look, text, bold=look in (NOBODY, SINGLE))


def _box(axes: Any, left: float, top: float, width: float, look: _Look, text: str, *, bold: bool = False) -> None:
    """A cell; a text on hatching gets a plain ground, to be read."""
    inset = 0.05 if look.frame > 1 else 0.0
    low, wide, high = top + inset, width - 2 * inset, _HEIGHT - 2 * inset
    axes.bar(left + inset, high, wide, low, align="edge", facecolor=look.fill, edgecolor="0.6", linewidth=0.4)
    if look.hatch:
        axes.bar(
            left + inset, high, wide, low, align="edge", fill=False, hatch=look.hatch, edgecolor="0.45", linewidth=0
        )
    if look.frame > 1:
        axes.bar(left + inset, high, wide, low, align="edge", fill=False, edgecolor="black", linewidth=look.frame)
    ground = {"facecolor": "white", "edgecolor": "none", "pad": 1.2} if look.hatch else None
    weight = "bold" if bold else "normal"
    place = (left + width / 2, top + _HEIGHT / 2)
    axes.text(*place, text, color=look.letters, ha="center", va="center", fontsize=8, weight=weight, bbox=ground)


def _legend(figure: Figure, axes: Any, left_out: int) -> None:
    looks = (NOBODY, OFF, SINGLE, FINE, FREE)
    keys = [
        axes.bar(0, 0, 0, facecolor=look.fill, edgecolor="black" if look.frame > 1 else "0.45", hatch=look.hatch,
                 linewidth=max(look.frame, 0.6))
        for look in looks
    ]  # fmt: skip
    labels = [look.label for look in looks]
    figure.legend(keys, labels, loc="outside lower center", ncols=3, frameon=False, title=_note(left_out), fontsize=8)


def _note(left_out: int) -> str:
    text = "people on duty / in all · personnes en service / en tout"
    more = f"; {left_out} more files are better covered · {left_out} autres dossiers, mieux couverts"
    return text + (more if left_out else "")


def _cut(text: str, most: int = LONGEST) -> str:
    return text if len(text) <= most else text[: most - 1] + "…"
