"""The live view of ``gordon up``: a pure picture of a snapshot, for a terminal."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from rich.console import Group, RenderableType
from rich.panel import Panel
from rich.rule import Rule
from rich.table import Table
from rich.text import Text

from gordon.events import Gap, Member
from gordon.records import Completeness, Item, RecordedMention

PRIORITY_STYLE = {"urgent": "bold white on red", "high": "bold red", "normal": "default", "low": "dim"}
URGENCY = tuple(PRIORITY_STYLE)
WELL = frozenset({"ok", "unchanged", "empty", "never"})


@dataclass(frozen=True, slots=True)
class Snapshot:
    """What the view shows at one moment. ``processes``: name to what to say of it ("" = well)."""

    desk: str
    now: datetime
    elapsed: float
    counts: Completeness
    feeds: Mapping[str, int]
    mentions: tuple[RecordedMention, ...]
    items: tuple[Item, ...]
    processes: Mapping[str, str]


def render(snapshot: Snapshot, height: int) -> RenderableType:
    """The whole picture; lists are cut to what fits into ``height`` lines."""
    room = max(8, height - 13)
    most_mentions = max(3, room // 4)
    most_items = max(3, (room - most_mentions) * 2 // 3)
    return Group(
        _headline(snapshot),
        Panel(_numbers(snapshot), title="from feed to queue", title_align="left", border_style="cyan"),
        Panel(_mentions(snapshot, most_mentions), title="newest mentions", title_align="left", border_style="blue"),
        Panel(_items(snapshot, most_items), title="items in queues", title_align="left", border_style="green"),
        Text("Ctrl-C ends it. More: gordon queue list, gordon find FILE, gordon explain MENTION", style="dim"),
    )


def _headline(snapshot: Snapshot) -> RenderableType:
    line = Text(f"Gordon  desk {snapshot.desk}  up {snapshot.elapsed:.0f} s  ", style="bold")
    for name, trouble in snapshot.processes.items():
        line.append(f" {name} ", style="black on red" if trouble else "black on green")
        line.append(f" {trouble} " if trouble else " ")
    return Group(line, Rule(style="dim"))


def _numbers(snapshot: Snapshot) -> RenderableType:
    counts = snapshot.counts
    polled = sum(number for state, number in snapshot.feeds.items() if state != "never")
    troubled = {state: number for state, number in snapshot.feeds.items() if state not in WELL and number}
    under_way = counts.missing + counts.unrouted
    parts = [
        (f"{polled} of {counts.feeds} feeds polled", "bold"),
        *((f"{number} {state}", "yellow") for state, number in troubled.items()),
        (f"{counts.found} mentions found", ""),
        (f"{counts.tagged} tagged", "green"),
        (f"{counts.untagged} of no file", "dim"),
        (f"{counts.dead} dead", "red" if counts.dead else "dim"),
        (f"{counts.issues} issues", ""),
        (f"{counts.items} items", "bold"),
        *([(f"{counts.silenced} silenced", "yellow")] if counts.silenced else []),
        (f"{under_way} in flight" if under_way else "balanced", "dim"),
    ]
    return Text("   ").join(Text(text.replace(" ", "\u00a0"), style) for text, style in parts)


def _mentions(snapshot: Snapshot, most: int) -> RenderableType:
    table = Table.grid(padding=(0, 2), expand=True)
    table.add_column(no_wrap=True, style="dim")
    table.add_column(no_wrap=True)
    table.add_column(no_wrap=True, overflow="ellipsis", ratio=1)
    table.add_column(no_wrap=True, style="green")
    for record in snapshot.mentions[:most]:
        mention = record.mention
        claim = " repeats a claim" if record.claims else ""
        files = ", ".join(tag.file for tag in record.files)
        edited = "edited" if mention.kind == "edited" else ""
        table.add_row(
            f"{mention.seen:%H:%M:%S}", mention.language, Text(mention.title), Text(f"{edited} {files}{claim}".strip())
        )
    return table if snapshot.mentions else Text("waiting for the first poll", style="dim")


def _items(snapshot: Snapshot, most: int) -> RenderableType:
    table = Table(box=None, expand=True, pad_edge=False, header_style="dim")
    table.add_column("queue", no_wrap=True)
    table.add_column("file", no_wrap=True)
    table.add_column("issue", ratio=3, no_wrap=True, overflow="ellipsis")
    table.add_column("n", justify="right")
    table.add_column("team (hats)", ratio=3)
    table.add_column("gaps", ratio=2, style="yellow")
    for item in sorted(snapshot.items, key=lambda item: URGENCY.index(item.priority))[:most]:
        assigned = item.assigned
        table.add_row(
            Text(item.queue, style=PRIORITY_STYLE[item.priority]),
            item.file,
            Text(assigned.mention.title),
            str(assigned.mentions),
            Text("; ".join(_hats(member) for member in assigned.team)),
            Text(", ".join(_gap(gap) for gap in assigned.gaps)),
        )
    return table if snapshot.items else Text("no item yet", style="dim")


def _hats(member: Member) -> str:
    return f"{member.person} ({', '.join(member.disciplines) or member.expertise or 'support'})"


def _gap(gap: Gap) -> str:
    return "No Gordon" if gap.kind == "expertise" and gap.need == "lead" else f"no {gap.need}"
