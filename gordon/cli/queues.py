"""``gordon queue``: queues, their items, and what changes in them."""

from __future__ import annotations

import os
import sys
from collections import Counter
from pathlib import Path
from typing import Annotated

import msgspec
import typer

from gordon.bus import Subscription
from gordon.cli import items, queue_feed
from gordon.cli.out import HERE, DeskOption, JsonOption, clean, language, say, show_json, show_json_line, show_table
from gordon.cli.session import Session
from gordon.codec import decode
from gordon.errors import NotFound, Permanent
from gordon.events import Assigned, Gap, Member
from gordon.french import bilingual

app = typer.Typer()
items.register(app)
queue_feed.register(app)


class QueueLine(msgspec.Struct, frozen=True, kw_only=True):
    """One queue at a glance."""

    queue: str
    title: str
    disciplines: tuple[str, ...]
    open: int
    with_gaps: int
    escalate: str | None


@app.command("list")
def list_queues(desk: DeskOption = HERE, as_json: JsonOption = False) -> None:
    """The queues of the desk, with the number of open items."""
    from gordon.desk.load import load_desk
    from store.reads import items as read_items

    config = load_desk(desk, os.environ).queues
    with Session(desk) as session:
        found = read_items(session.database)
    waiting = Counter(item.queue for item in found)
    gaps = Counter(item.queue for item in found if item.assigned.gaps)
    lines = [
        QueueLine(
            queue=name,
            title=queue.title.best(language()),
            disciplines=queue.requires.disciplines,
            open=waiting[name],
            with_gaps=gaps[name],
            escalate=queue.escalate,
        )
        for name, queue in config.queues.items()
    ]
    if as_json:
        show_json(lines)
        return
    rows = [[e.queue, e.open, e.with_gaps, ", ".join(e.disciplines), e.escalate or "", e.title] for e in lines]
    show_table("Queues", ["queue", "open", "with gaps", "requires", "escalates to", "title"], rows)


@app.command()
def show(
    queue: Annotated[str, typer.Argument(help="Id of the queue.")],
    desk: DeskOption = HERE,
    everything: Annotated[bool, typer.Option("--all", help="Closed items as well.")] = False,
    as_json: JsonOption = False,
) -> None:
    """The items of a queue as they stand, oldest first."""
    from store.reads import items as read_items

    with Session(desk) as session:
        _require(queue, desk)
        found = [item.assigned for item in read_items(session.database, queue, open_only=not everything)]
    if as_json:
        show_json([bilingual(assigned) for assigned in found])
        return
    say(f"Queue [bold]{clean(queue)}[/bold]: {len(found)} item(s)")
    for assigned in found:
        show_item(assigned)


@app.command()
def tail(
    queue: Annotated[str, typer.Argument(help="Id of the queue.")],
    desk: DeskOption = HERE,
    from_start: Annotated[bool, typer.Option("--from-start", help="Begin with the oldest event kept.")] = False,
    most: Annotated[int | None, typer.Option("--most", "-n", help="End after so many events.", min=1)] = None,
) -> None:
    """Follow the events of a queue as JSON Lines, until interrupted."""
    _require(queue, desk)
    with Session(desk) as session, session.bus() as bus:
        topic = session.topics.queue(queue)
        bus.ensure([topic])
        reader = bus.tail(topic, 10.0, from_start=from_start)
        try:
            _follow(reader, most)
        except KeyboardInterrupt:
            return
        finally:
            reader.close()


def _follow(reader: Subscription, left: int | None) -> None:
    while left is None or left > 0:
        for record in reader.poll(1.0, left or 100):
            try:
                show_json_line(decode(record).data)
            except Permanent as error:
                sys.stderr.write(f"not an event of ours: {error}\n")
            left = left - 1 if left is not None else None


def _require(queue: str, desk: Path) -> None:
    from gordon.desk.load import load_desk

    known = load_desk(desk, os.environ).queues.queues
    if queue not in known:
        raise NotFound("queue", queue, f"known: {', '.join(sorted(known))}")


def show_item(assigned: Assigned) -> None:
    """One item as a short block: what it is, who has it, what is missing, by when."""
    several = f", {assigned.mentions} mentions" if assigned.mentions > 1 else ""
    say(
        f"\n[bold]{clean(assigned.item[:8])}[/bold] {clean(assigned.file)}, {clean(assigned.priority)}{several}: "
        f"“{clean(assigned.mention.title)}”"
    )
    for member in assigned.team:
        say(f"  [cyan]{clean(hats(member))}[/cyan]")
    for gap in assigned.gaps:
        say(f"  [yellow]{clean(gap_text(gap))}[/yellow]")
    clocks = (f"{name.removesuffix('_by')} by {moment:%Y-%m-%d %H:%M}Z" for name, moment in assigned.clocks.items())
    say(f"  [dim]{clean(', '.join(clocks))}[/dim]")


def hats(member: Member) -> str:
    """A person with the hats they wear."""
    worn = [*member.disciplines, member.expertise, *member.authority]
    return f"{member.person}: {', '.join(hat for hat in worn if hat)}"


def gap_text(gap: Gap) -> str:
    """A gap in words; nobody with lead expertise is "No Gordon"."""
    name = "No Gordon" if gap.kind == "expertise" and gap.need == "lead" else f"no {gap.need}"
    return f"{name}: {gap.why}"
