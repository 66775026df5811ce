"""The report of a run: one page of HTML that needs nothing else. Pure, but for the writing at its end."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from html import escape
from pathlib import Path
from statistics import median
from typing import Any

from tests.chaos import history
from tests.chaos.figures import History, curves, figures, quantile, recoveries, spans
from tests.chaos.picture import legend, timeline

KINDS = {"embedded": "embedded log and SQLite", "kafka": "Kafka and PostgreSQL"}
STYLE = """
:root { color-scheme: light; }
body { font: 15px/1.5 system-ui, sans-serif; color: #1d2329; background: #fff; max-width: 1200px; margin: 32px auto;
  padding: 0 20px; }
h1 { font-size: 26px; margin: 0 0 4px; } h2 { font-size: 18px; margin: 34px 0 10px; }
.sub { color: #5a646e; margin: 0 0 18px; }
.verdict { display: inline-block; padding: 8px 16px; border-radius: 6px; font-weight: 600; color: #fff; }
.held { background: #1f6f43; } .broke { background: #b3261e; }
.figures { display: flex; flex-wrap: wrap; gap: 12px; margin: 20px 0 4px; }
.figures div { border: 1px solid #d5dade; border-radius: 6px; padding: 8px 16px; min-width: 90px; }
.figures b { display: block; font-size: 24px; line-height: 1.25; } .figures span { color: #5a646e; font-size: 13px; }
svg { width: 100%; height: auto; } .grid { stroke: #e4e8eb; }
.axis { font-size: 11px; fill: #5a646e; text-anchor: middle; }
.tick { font-size: 11px; fill: #5a646e; text-anchor: end; } .name { font-size: 12px; font-weight: 600; }
.key { margin-right: 14px; font-size: 13px; white-space: nowrap; }
.key i { display: inline-block; width: 11px; height: 11px; border-radius: 2px; margin-right: 5px; }
table { border-collapse: collapse; } td, th { padding: 4px 16px 4px 0; text-align: left; vertical-align: top;
  border-bottom: 1px solid #e4e8eb; } td.n, th.n { text-align: right; font-variant-numeric: tabular-nums; }
.ok { color: #1f6f43; font-weight: 600; } .bad { color: #b3261e; font-weight: 600; } .cols { display: flex; gap: 60px;
  flex-wrap: wrap; } code { background: #f2f4f5; padding: 1px 5px; border-radius: 3px; }
"""


def page(lines: History, verdict: Mapping[str, Any]) -> str:
    """The whole page, out of the history and of the checker's verdict."""
    begin = next(line for line in lines if line["what"] == "begin")
    found = spans(lines)
    counts, checks = verdict["counts"], verdict["checks"]
    numbers = figures(lines)
    kind = KINDS[begin["kind"]]
    held = not any(checks.values())
    head = ("faults", "kills (SIGKILL)")
    top = {name: numbers[name] for name in head} | {
        name: counts[name] for name in ("mentions", "items", "lost", "doubled")
    }
    command = f"python -m tests.chaos --kind {begin['kind']} --minutes {begin['minutes']:g} --seed {begin['seed']}"
    return f"""<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>Chaos on {escape(kind)}, seed {begin["seed"]}</title><style>{STYLE}</style></head><body>
<h1>Chaos on {escape(kind)}</h1>
<p class="sub">{begin["minutes"]:g} minutes of faults, seed {begin["seed"]}, begun {escape(begin["at"][:19])} UTC.
The same faults again: <code>{escape(command)}</code></p>
<p class="verdict {"held" if held else "broke"}">{_verdict(checks)}</p>
<div class="figures">{"".join(f"<div><b>{value:g}</b><span>{escape(name)}</span></div>" for name, value in top.items())}
</div>
<h2>What happened</h2>
<p>{legend(found)}</p>
{timeline(found, curves(lines))}
<h2>What was proved</h2>
<table>{"".join(_check(name, wrong) for name, wrong in checks.items())}</table>
<div class="cols"><div><h2>Figures</h2><table>{_rows({**_rest(counts, top), **_rest(numbers, top)})}</table></div>
<div><h2>The way back, by fault</h2>{_ways(recoveries(found))}</div></div>
</body></html>
"""


def _verdict(checks: Mapping[str, Sequence[str]]) -> str:
    wrong = sum(map(len, checks.values()))
    return "Everything held" if not wrong else f"{wrong} violations in {sum(map(bool, checks.values()))} checks"


def _rest(every: Mapping[str, float], shown: Mapping[str, float]) -> dict[str, float]:
    return {name: value for name, value in every.items() if name not in shown}


def _rows(numbers: Mapping[str, float]) -> str:
    return "".join(f'<tr><td>{escape(name)}</td><td class="n">{value:g}</td></tr>' for name, value in numbers.items())


def _check(name: str, wrong: Sequence[str]) -> str:
    if not wrong:
        return f'<tr><td class="ok">held</td><td>{escape(name)}</td></tr>'
    told = "<br>".join(map(escape, wrong[:20])) + (f"<br>and {len(wrong) - 20} more" if len(wrong) > 20 else "")
    return f'<tr><td class="bad">broken</td><td>{escape(name)}<br>{told}</td></tr>'


def _ways(grouped: Mapping[str, Sequence[float]]) -> str:
    """From the end of the fault until the next entry that is published has reached a queue."""
    rows = "".join(
        f'<tr><td>{escape(name)}</td><td class="n">{len(values)}</td><td class="n">{median(values):.1f}</td>'
        f'<td class="n">{quantile(values, 1.0):.1f}</td></tr>'
        for name, values in grouped.items()
    )
    head = '<tr><th>fault</th><th class="n">times</th><th class="n">p50, s</th><th class="n">max, s</th></tr>'
    return (
        f"<table>{head}{rows}</table><p class='sub'>Seconds from the end of a fault until the next entry that was "
        "published<br>had reached its queue. Waiting for the next entry and the next poll is part of it.</p>"
    )


def write(folder: Path) -> Path:
    """Writes report.html out of history.jsonl and verdict.json in the folder."""
    verdict = json.loads((folder / "verdict.json").read_text(encoding="utf-8"))
    path = folder / "report.html"
    path.write_text(page(history.read(folder / "history.jsonl"), verdict), encoding="utf-8")
    return path
