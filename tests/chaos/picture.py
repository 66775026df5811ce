"""The timeline of a run as one SVG: a lane for each target with its faults as bars, and two curves above. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from tests.chaos.figures import Curves, Span

WIDTH, LEFT, RIGHT, LANE, CURVE = 1160, 120, 24, 22, 90
COLOURS = {
    "kill": "#c0392b", "restart": "#e08e45", "stop": "#8e5ea2", "clock": "#2c7fb8", "delay": "#9bbf6b",
    "slow": "#6b9e3f", "stall": "#3d6b2a", "cut": "#1f8a8a", "reset": "#0d5c63", "full": "#7f4f24",
    "reload": "#7aa6d6", "broken": "#b03a7c", "poison": "#444444", "killer": "#000000",
    "duplicate": "#d4a017", "reorder": "#a67c00",
}  # fmt: skip
LEAST = 4.0
"""Pixels of a fault that takes no time."""


def timeline(spans: Sequence[Span], curves: Curves) -> str:
    """The picture. Times are seconds since the beginning."""
    end = max([1.0, *(span.end for span in spans), curves.step * len(curves.rate)])
    lanes = sorted({span.target for span in spans})
    top = 2 * (CURVE + 34) + 12
    height = top + LANE * len(lanes) + 34
    scale = (WIDTH - LEFT - RIGHT) / end
    parts = [
        f'<svg viewBox="0 0 {WIDTH} {height}" role="img" aria-label="Timeline of the faults">',
        *_grid(end, scale, height),
        *_curve("reached a queue, per second", curves.rate, curves.step, scale, 24, "#1f6f43"),
        *_curve("on their way", curves.waiting, curves.step, scale, 24 + CURVE + 34, "#b3541e"),
    ]
    for number, lane in enumerate(lanes):
        parts += _lane(lane, [span for span in spans if span.target == lane], top + LANE * number, scale)
    return "\n".join([*parts, "</svg>"])


def legend(spans: Sequence[Span]) -> str:
    """The colours that occur."""
    kinds = [kind for kind in COLOURS if any(span.kind == kind for span in spans)]
    return "".join(f'<span class="key"><i style="background:{COLOURS[kind]}"></i>{kind}</span>' for kind in kinds)


def _grid(end: float, scale: float, height: int) -> list[str]:
    step = next(step for step in (10, 30, 60, 120, 300, 600, 3600) if end / step <= 16 or step == 3600)
    parts = []
    for second in range(0, int(end) + 1, step):
        x = LEFT + second * scale
        parts.append(f'<line x1="{x:.1f}" y1="14" x2="{x:.1f}" y2="{height - 26}" class="grid"/>')
        parts.append(f'<text x="{x:.1f}" y="{height - 10}" class="axis">{second // 60}:{second % 60:02}</text>')
    return parts


def _curve(name: str, values: Sequence[float], step: float, scale: float, y: int, colour: str) -> list[str]:
    most = max([1.0, *values])
    points = [
        f"{LEFT + (place + 0.5) * step * scale:.1f},{y + CURVE - value / most * CURVE:.1f}"
        for place, value in enumerate(values)
    ]
    area = f"{LEFT},{y + CURVE} {' '.join(points)} {points[-1].split(',')[0]},{y + CURVE}" if points else ""
    return [
        f'<text x="{LEFT}" y="{y - 7}" class="name" fill="{colour}">{escape(name)}</text>',
        f'<text x="{LEFT - 8}" y="{y + 9}" class="tick">{most:.3g}</text>',
        f'<text x="{LEFT - 8}" y="{y + CURVE}" class="tick">0</text>',
        f'<polygon points="{area}" fill="{colour}" opacity="0.15"/>',
        f'<polyline points="{" ".join(points)}" fill="none" stroke="{colour}" stroke-width="1.5"/>',
    ]


def _lane(name: str, spans: Sequence[Span], y: int, scale: float) -> list[str]:
    parts = [
        f'<line x1="{LEFT}" y1="{y + LANE - 1}" x2="{WIDTH - RIGHT}" y2="{y + LANE - 1}" class="grid"/>',
        f'<text x="{LEFT - 8}" y="{y + 14}" class="tick">{escape(name)}</text>',
    ]
    for span in spans:
        width = max(LEAST, (span.end - span.begin) * scale)
        told = "" if span.recovery is None else f"; the next entry was through {span.recovery:.1f} s later"
        parts.append(
            f'<rect x="{LEFT + span.begin * scale:.1f}" y="{y + 3}" width="{width:.1f}" height="{LANE - 8}" rx="2" '
            f'fill="{COLOURS.get(span.kind, "#777")}"><title>{escape(span.kind)} {escape(span.target)}, '
            f"{span.begin:.1f} to {span.end:.1f} s{told}</title></rect>"
        )
    return parts
