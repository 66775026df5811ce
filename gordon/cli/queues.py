"""``gordon queue``: queues, their items, and what changes in them."""

from __future__ import annotations

import os
from collections import Counter
from pathlib import Path
from typing import Annotated

import msgspec
import typer

from gordon.cli.out import HERE, DeskOption, JsonOption, clean, say, show_json, show_json_line, show_table
from gordon.cli.session import Session
from gordon.codec import decode
from gordon.errors import NotFound, Undecodable
from gordon.events import Assigned, Gap, Member

app = typer.Typer()


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
    from store.reads import items

    config = load_desk(desk, os.environ).queues
    with Session(desk) as session:
        found = items(session.database)
    waiting = Counter(item.queue for item in found)
    gaps = Counter(item.queue for item in found if item.assigned.gaps)
    lines = [
        QueueLine(
            queue=name,
            title=queue.title.best("en"),
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
    from store.reads import items

    with Session(desk) as session:
        _require(queue, desk)
        found = [item.assigned for item in items(session.database, queue, open_only=not everything)]
    if as_json:
        show_json(found)
        return
    columns = ["item", "file", "priority", "n", "latest mention", "team", "gaps", "first deadline"]
    show_table(f"Queue {clean(queue)}", columns, [_row(assigned) for assigned in found])


@app.command()
def tail(
    queue: Annotated[str, typer.Argument(help="Id of the queue.")],
    desk: DeskOption = HERE,
    from_start: Annotated[bool, typer.Option("--from-start", help="Begin with the oldest event kept.")] = False,
    most: Annotated[int | None, typer.Option("--most", "-n", help="End after so many events.", min=1)] = None,
) -> None:
    """Follow the events of a queue as JSON Lines, until interrupted."""
    with Session(desk) as session:
        _require(queue, desk)
        bus = session.bus()
        topic = session.topics.queue(queue)
        bus.ensure([topic])
        reader = bus.tail(topic, 10.0, from_start=from_start)
        left = most
        try:
            while left is None or left > 0:
                for record in reader.poll(1.0, left or 100):
                    try:
                        show_json_line(decode(record).data)
                    except Undecodable as error:
                        say(f"[red]not an event: {clean(error)}[/red]")
                    left = left - 1 if left is not None else None
        except KeyboardInterrupt:
            return
        finally:
            reader.close()
            bus.close()


def _require(queue: str, desk: Path) -> None:
    from gordon.desk.load import load_desk

    known = load_desk(desk, os.environ).queues.queues
    if queue not in known:
        raise NotFound("queue", queue, f"known: {', '.join(sorted(known))}")


def _row(assigned: Assigned) -> list[object]:
    first = min(assigned.clocks.items(), key=lambda pair: pair[1], default=None)
    return [
        assigned.item[:8],
        assigned.file,
        assigned.priority,
        assigned.mentions,
        assigned.mention.title,
        "\n".join(hats(member) for member in assigned.team),
        "\n".join(gap_text(gap) for gap in assigned.gaps),
        f"{first[0]} {first[1]:%Y-%m-%d %H:%M}Z" if first else "",
    ]


def hats(member: Member) -> str:
    """A person with the hats they wear."""
    worn = [*member.disciplines, member.expertise, *member.authority]
    return f"{member.person}: {', '.join(hat for hat in worn if hat)}"


def gap_text(gap: Gap) -> str:
    """A gap in words; nobody with lead expertise is "No Gordon"."""
    name = "No Gordon" if gap.kind == "expertise" and gap.need == "lead" else f"no {gap.need}"
    return f"{name}: {gap.why}"
