"""What people do with an item: claim, release, do a step, pause and resume its clocks, close it. Pure.

Each function takes the item as it stands, and gives it as it then stands with a line for the audit; or it raises
Conflict, and nothing has happened. Whoever writes the result holds the lock of the item's file meanwhile, so that of
two people who claim at once one is refused.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import NamedTuple

from msgspec.structs import replace

from gordon.desk.schema import Hours, Queue
from gordon.errors import Conflict
from gordon.events import Assigned
from gordon.records import Item, ItemChange, Pause
from route.clocks import STEPS, deadlines

ACKNOWLEDGE, DRAFT, APPROVE = STEPS


class Handled(NamedTuple):
    """An item after somebody did something with it."""

    item: Item
    change: ItemChange


def claim(item: Item, person: str, now: datetime, lease: timedelta) -> Handled:
    """The item is this person's until the lease ends, and acknowledged. Claiming one's own item prolongs the lease."""
    _require_open(item)
    holder = _require_free(item, person, now)
    assigned = item.assigned
    done = {ACKNOWLEDGE: now, **assigned.done}
    until = now + lease
    why = f"until {until:%Y-%m-%d %H:%M}Z"
    if assigned.claimed_by not in (None, person):
        why += f"; {assigned.claimed_by}'s claim ran out"
    action = "prolong" if holder == person else "claim"
    return _handled(
        item, replace(assigned, claimed_by=person, claimed_until=until, done=done), now, person, action, why
    )


def release(item: Item, person: str, now: datetime) -> Handled:
    """Nobody's any more. Only who holds it can give it back."""
    _require_open(item)
    if holder_of(item, now) != person:
        raise Conflict(f"item {item.id} is not claimed by {person}", f"it is {_held(item, now)}")
    return _handled(
        item, replace(item.assigned, claimed_by=None, claimed_until=None), now, person, "release", "given back"
    )


def do_step(
    item: Item, step: str, person: str, now: datetime, history: Iterable[ItemChange], *, separate: bool
) -> Handled:
    """A step is done: its clock stops. ``separate``: who drafted cannot approve. ``history``: the item's audit."""
    _require_open(item)
    _require_free(item, person, now)
    if step in item.assigned.done:
        raise Conflict(f"{step} of item {item.id} was done at {item.assigned.done[step]:%Y-%m-%d %H:%M}Z")
    if step == DRAFT and APPROVE in item.assigned.done:
        raise Conflict(f"item {item.id} is approved", "a draft comes before")
    if step == APPROVE and separate and person == _drafter(history):
        raise Conflict(f"{person} drafted item {item.id} and cannot approve it", "somebody else has to")
    earlier = {ACKNOWLEDGE: now} if step != ACKNOWLEDGE else {}
    done = {**earlier, **item.assigned.done, step: now}
    return _handled(item, replace(item.assigned, done=done), now, person, step, "done")


def _drafter(history: Iterable[ItemChange]) -> str:
    """Of the last draft, as an item that was closed and opened again is drafted anew."""
    drafts = [change.person for change in history if change.action == DRAFT]
    return drafts[-1] if drafts else ""


def pause(item: Item, person: str, now: datetime, why: str) -> Handled:
    """The clocks stand."""
    _require_open(item)
    if paused(item):
        raise Conflict(f"the clocks of item {item.id} stand already", "resume them first")
    found = replace(item, pauses=(*item.pauses, Pause(start=now)))
    return _handled(found, item.assigned, now, person, "pause", why or "no reason given")


def resume(item: Item, person: str, now: datetime, queue: Queue, hours: Hours) -> Handled:
    """The clocks run on; what is still due is due later by the time in which they stood."""
    _require_open(item)
    if not paused(item):
        raise Conflict(f"the clocks of item {item.id} run")
    pauses = (*item.pauses[:-1], replace(item.pauses[-1], end=now))
    clocks = deadlines(queue.clocks, queue.hours or hours, item.opened, [(one.start, one.end) for one in pauses])
    assigned = replace(item.assigned, clocks={**item.assigned.clocks, **clocks})
    return _handled(
        replace(item, pauses=pauses), assigned, now, person, "resume", f"after {now - pauses[-1].start} of pause"
    )


def close(item: Item, person: str, now: datetime, why: str) -> Handled:
    """The work is over."""
    _require_open(item)
    _require_free(item, person, now)
    text = why or "no reason given"
    assigned = replace(
        item.assigned,
        change="closed",
        why=f"closed by {person}: {text}" if person else text,
        claimed_by=None,
        claimed_until=None,
    )
    return _handled(replace(item, state="closed"), assigned, now, person, "close", text)


def holder_of(item: Item, now: datetime) -> str | None:
    """Whose the item is now."""
    assigned = item.assigned
    current = assigned.claimed_until is not None and now < assigned.claimed_until
    return assigned.claimed_by if current else None


def paused(item: Item) -> bool:
    """Whether its clocks stand."""
    return bool(item.pauses) and item.pauses[-1].end is None


def running(item: Item) -> dict[str, datetime]:
    """The steps that are still to be done in time, with when; empty while the clocks stand or the item is closed."""
    if item.state != "open" or paused(item):
        return {}
    due = {name.removesuffix("_by"): when for name, when in item.assigned.clocks.items()}
    return {step: when for step, when in due.items() if step not in item.assigned.done and step not in item.fired}


def timed(item: Item) -> Item:
    """The item with its ``next_due`` set right."""
    return replace(item, next_due=min(running(item).values(), default=None))


def still_open(items: Iterable[Item]) -> bool:
    """Whether work on an issue goes on."""
    return any(item.state == "open" for item in items)


def _require_open(item: Item) -> None:
    if item.state != "open":
        why = f" ({item.assigned.why})" if item.assigned.why else ""
        raise Conflict(f"item {item.id} is closed{why}", "a new mention of its story opens one again")


def _require_free(item: Item, person: str, now: datetime) -> str | None:
    holder = holder_of(item, now)
    if holder not in (None, person):
        raise Conflict(f"item {item.id} is {_held(item, now)}", "ask them to release it")
    return holder


def _held(item: Item, now: datetime) -> str:
    holder = holder_of(item, now)
    return f"claimed by {holder} until {item.assigned.claimed_until:%Y-%m-%d %H:%M}Z" if holder else "nobody's"


def _handled(item: Item, assigned: Assigned, now: datetime, person: str, action: str, why: str) -> Handled:
    found = timed(replace(item, updated=now, assigned=assigned))
    return Handled(found, ItemChange(item=item.id, at=now, person=person, action=action, why=why))
