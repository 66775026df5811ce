"""What people do with items, each as one transaction: the small functions behind ``gordon queue claim`` and the rest.

A downstream tool that works on items from Python uses these too: ``claim(desk, store, item, "alice", now)``. Of several
who claim at once exactly one succeeds; the others get Conflict with the name of who has it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from msgspec.structs import replace

from gordon import codec
from gordon.desk.load import Desk
from gordon.errors import Conflict, NotFound
from gordon.events import Topics
from gordon.ports import RouteStore, RouteTransaction
from gordon.records import Issue, IssueChange, Item, ItemChange, RouteWrites
from route import handling
from route.announce import announce
from route.handling import Handled
from route.policy import desk_hours
from route.roster import APPROVE, Roster

LEASE = timedelta(hours=1)
Act = Callable[[Item, Sequence[ItemChange]], Handled]


def claim(desk: Desk, store: RouteStore, item: str, person: str, now: datetime, lease: timedelta = LEASE) -> Item:
    """The item is this person's for so long, and acknowledged. Raises Conflict, NotFound."""
    require_person(desk, person)
    return _handle(desk, store, item, now, lambda found, _: handling.claim(found, person, now, lease))


def release(desk: Desk, store: RouteStore, item: str, person: str, now: datetime) -> Item:
    """Gives it back. Raises Conflict where it is not this person's, NotFound."""
    require_person(desk, person)
    return _handle(desk, store, item, now, lambda found, _: handling.release(found, person, now))


def do_step(desk: Desk, store: RouteStore, item: str, step: str, person: str, now: datetime) -> Item:
    """Acknowledged, drafted or approved. Approval takes the authority, and somebody else than who drafted. Raises
    Conflict, NotFound."""
    require_person(desk, person)

    def act(found: Item, history: Sequence[ItemChange]) -> Handled:
        if step == handling.APPROVE:
            _require_authority(desk, found, person, now)
        queue = desk.queues.queues.get(found.queue)
        separate = queue is None or queue.requires.separate_approver
        return handling.do_step(found, step, person, now, history, separate=separate)

    return _handle(desk, store, item, now, act)


def pause(desk: Desk, store: RouteStore, item: str, person: str, now: datetime, why: str = "") -> Item:
    """Stops its clocks. Raises Conflict, NotFound."""
    require_person(desk, person)
    return _handle(desk, store, item, now, lambda found, _: handling.pause(found, person, now, why))


def resume(desk: Desk, store: RouteStore, item: str, person: str, now: datetime) -> Item:
    """Its clocks run on. Raises Conflict, NotFound."""
    require_person(desk, person)

    def act(found: Item, _: Sequence[ItemChange]) -> Handled:
        queue = desk.queues.queues.get(found.queue)
        if queue is None:
            raise NotFound("queue", found.queue, "the desk has it no more; close the item")
        return handling.resume(found, person, now, queue, desk_hours(desk))

    return _handle(desk, store, item, now, act)


def close(desk: Desk, store: RouteStore, item: str, person: str, now: datetime, why: str = "") -> Item:
    """The work is over; its queue hears of it; with its last item the issue is closed. Raises Conflict, NotFound."""
    require_person(desk, person)
    return _handle(desk, store, item, now, lambda found, _: handling.close(found, person, now, why))


def require_person(desk: Desk, person: str) -> None:
    """Raises NotFound where nobody is called so."""
    known = [one.id for one in desk.people]
    if person not in known:
        raise NotFound("person", person, f"known: {', '.join(sorted(known))}")


def _require_authority(desk: Desk, item: Item, person: str, now: datetime) -> None:
    """Authority is for the file at hand, and may have run out."""
    roster = Roster(desk.people, ZoneInfo(desk.settings.time_zone))
    if roster.at(now).prospect(roster.index[person], item.file, (APPROVE,)) is None:
        raise Conflict(f"{person} may not approve for {item.file}", "see: gordon find " + item.file)


def _handle(desk: Desk, store: RouteStore, item: str, now: datetime, act: Act) -> Item:
    with store.transaction() as transaction:
        found = _locked(transaction, item)
        handled = act(found, transaction.history(item))
        transaction.write("route", _writes(desk, transaction, handled, now))
    return handled.item


def _locked(transaction: RouteTransaction, item: str) -> Item:
    """The item, which nobody else changes until the end of the transaction."""
    for known in transaction.items_by_id([item]):
        transaction.lock_files([known.file])
        return transaction.items_by_id([item])[0]
    raise NotFound("item", item)


def _writes(desk: Desk, transaction: RouteTransaction, handled: Handled, now: datetime) -> RouteWrites:
    item, change = handled
    if item.state == "open":
        return RouteWrites(items=(item,), item_changes=(change,))
    topics = Topics(desk.settings.topic_prefix)
    event = announce(item.assigned, topics, now, "close", now.isoformat())
    issues, changes = _closed_with(transaction, item, change)
    return RouteWrites(
        items=(item,), item_changes=(change,), issues=issues, issue_changes=changes, messages=(codec.encode(event),)
    )


def _closed_with(
    transaction: RouteTransaction, item: Item, change: ItemChange
) -> tuple[tuple[Issue, ...], tuple[IssueChange, ...]]:
    """The issue, where this was its last open item."""
    others = [one for one in transaction.items_of([item.issue]) if one.id != item.id]
    if handling.still_open(others):
        return (), ()
    issues = tuple(replace(issue, state="closed") for issue in transaction.issues_by_id([item.issue]))
    line = IssueChange(issue=item.issue, at=change.at, person=change.person, action="closed", why=change.why)
    return issues, (line,)
