"""The figures of a run out of its history: faults, ways back, latency, and the curves of the picture. Pure."""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Any, TypeAlias

History: TypeAlias = Sequence[Mapping[str, Any]]


@dataclass(frozen=True, slots=True)
class Span:
    """A fault as it was: from when to when, and how long after its end the next entry that was published took to reach
    a queue; None where none did."""

    target: str
    kind: str
    begin: float
    end: float
    recovery: float | None


@dataclass(frozen=True, slots=True)
class Curves:
    """Per step of ``step`` seconds: entries that reached a queue a second, and entries on their way at its end."""

    step: float
    rate: tuple[float, ...]
    waiting: tuple[int, ...]


def trips(history: History) -> list[tuple[float, float | None]]:
    """Of each entry that belongs into a queue: when it was published, and when it arrived."""
    arrived = {line["link"]: line["t"] for line in reversed(history) if line["what"] == "arrived"}
    routed = [line for line in started(history) if line["what"] == "published" and line["file"] and not line["killer"]]
    return sorted(((line["t"], arrived.get(line["link"])) for line in routed), key=lambda trip: trip[0])


def started(history: History) -> History:
    """Without the preparation."""
    for place, line in enumerate(history):
        if line["what"] == "begin":
            return history[place:]
    return history


def spans(history: History) -> list[Span]:
    """All faults, in order of time."""
    over = {line["fault"]: line["t"] for line in history if line["what"] == "over"}
    way = trips(history)
    begins = [published for published, _ in way]
    found = []
    for line in history:
        if line["what"] == "fault" and line["fault"] in over:
            end = over[line["fault"]]
            later = [arrived - end for _, arrived in way[bisect_left(begins, end) :] if arrived is not None]
            found.append(Span(line["target"], line["kind"], line["t"], end, min(later, default=None)))
    return found


def recoveries(found: Sequence[Span]) -> dict[str, list[float]]:
    """The ways back by kind of fault and of target; numbers of daemons do not count."""
    grouped: dict[str, list[float]] = {}
    for span in found:
        if span.recovery is not None:
            grouped.setdefault(f"{span.kind} {span.target.partition('-')[0]}{_net(span.target)}", []).append(
                span.recovery
            )
    return dict(sorted(grouped.items()))


def _net(target: str) -> str:
    return " line" if target.endswith("-net") else ""


def curves(history: History, points: int = 240) -> Curves:
    """From the beginning to the end of the faults and the quiet after them."""
    lines = started(history)
    way = trips(history)
    end = max((line["t"] for line in lines if line["what"] in ("published", "over", "arrived")), default=1.0)
    step = max(1.0, end / points)
    count = int(end / step) + 1
    came = Counter(int(arrived / step) for _, arrived in way if arrived is not None)
    went = Counter(int(published / step) for published, _ in way)
    waiting, now = [], 0
    for place in range(count):
        now += went[place] - came[place]
        waiting.append(now)
    return Curves(step, tuple(came[place] / step for place in range(count)), tuple(waiting))


def quantile(values: Sequence[float], share: float) -> float:
    """0 of nothing."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))] if ordered else 0.0


def figures(history: History) -> dict[str, float]:
    """What stands in the table of the report, by name."""
    found = spans(history)
    latency = [arrived - published for published, arrived in trips(history) if arrived is not None]
    back = [span.recovery for span in found if span.recovery is not None]
    return {
        "faults": len(found),
        "faults skipped, as their target was still coming back": sum(line["what"] == "skipped" for line in history),
        "kills (SIGKILL)": sum(span.kind == "kill" for span in found),
        "restarts by the supervisor": sum(line["what"] == "restarted" for line in history),
        "messages delivered twice or out of order": sum(x["count"] for x in history if x["what"] == "copies"),
        "poison messages": sum(line["what"] == "poison" for line in history),
        "entries edited": sum(line["what"] == "edited" for line in history),
        "entries renamed": sum(line["what"] == "renamed" for line in history),
        "latency p50, s": round(median(latency), 2) if latency else 0.0,
        "latency p95, s": round(quantile(latency, 0.95), 2),
        "latency max, s": round(max(latency, default=0.0), 2),
        "recovery p50, s": round(median(back), 2) if back else 0.0,
        "recovery max, s": round(max(back, default=0.0), 2),
    }
