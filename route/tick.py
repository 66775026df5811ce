"""Up the chain: an item whose clock ran out, or that has a gap, goes to the next queue as well. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import datetime

from msgspec.structs import replace

from gordon.desk.schema import Queue
from gordon.events import Assigned
from gordon.ids import item_id
from gordon.records import Item, ItemChange
from route.announce import Changed, announce
from route.clocks import deadlines
from route.handling import running, timed
from route.policy import RoutePolicy
from route.roster import needs_of
from route.team import choose_team

BREACH, GAP = "breach", "gap"
"""What ``escalate_on`` of a queue may name. An item with "gap" in ``fired`` has gone up for its gaps."""


def breaches(item: Item, now: datetime) -> dict[str, datetime]:
    """The steps whose time is over, with when it was; each clock runs out once."""
    return {step: due for step, due in sorted(running(item).items(), key=lambda one: one[1]) if due <= now}


def gap_to_tell(item: Item, policy: RoutePolicy) -> bool:
    """Whether the item has gaps for which its queue escalates, and has not gone up for any before."""
    queue = policy.queues.get(item.queue)
    return bool(queue and item.assigned.gaps and GAP in queue.escalate_on and GAP not in item.fired)


def escalate(
    item: Item,
    beside: Iterable[Item],
    busy: Counter[str],
    policy: RoutePolicy,
    now: datetime,
    *,
    since: datetime | None = None,
) -> tuple[list[Changed], list[ItemChange]]:
    """Every clock of the item that ran out, and its gaps, as one change: the item says so, and its issue gets an item
    in the next queue of the chain, with a team of its own, unless it has an open one there; which may go up at once,
    for gaps of its own.

    ``beside``: the items of the issue, by which the next queue is known to have it; ``busy`` counts the new teams;
    ``since``: the time of the events, if not now.
    """
    over, gap = breaches(item, now), gap_to_tell(item, policy)
    if not over and not gap:
        return [], []
    target = _target(policy.queues.get(item.queue), over, gap=gap)
    why = _why(item, over, target, gap=gap)
    assigned = replace(item.assigned, change="escalated", why=why, policy_version=policy.version)
    told = (*over, GAP) if gap else tuple(over)
    fired = timed(replace(item, fired=(*item.fired, *told), updated=now, assigned=assigned))
    moment = max(over.values(), default=item.opened)
    event = announce(assigned, policy.topics, since or now, *told, moment.isoformat())
    changes = [Changed(fired, event)]
    audit = [ItemChange(item=item.id, at=now, person="", action="escalate", why=why)]
    there = {one.queue for one in beside if one.state == "open"}
    if target in policy.queues and target not in there:
        opened = forward(item, target, f"escalated from {item.queue}: {why}", busy, policy, now, since=since)
        further, lines = escalate(opened.item, [*beside, fired, opened.item], busy, policy, now, since=since)
        changes += [opened, *further]
        audit += lines
    return changes, audit


def _target(queue: Queue | None, over: Mapping[str, datetime], *, gap: bool) -> str:
    """The next queue, if this one escalates for what happened; else ""."""
    if queue is None or not (gap or (over and BREACH in queue.escalate_on)):
        return ""
    return queue.escalate or ""


def _why(item: Item, over: Mapping[str, datetime], target: str, *, gap: bool) -> str:
    parts = [f"{step} was due {due:%Y-%m-%d %H:%M}Z" for step, due in over.items()]
    if gap:
        parts.append("nobody covers " + ", ".join(f"{one.kind} {one.need}" for one in item.assigned.gaps))
    return f"{' and '.join(parts)}; " + (f"goes to {target}" if target else "the queue escalates to nobody")


def forward(
    item: Item,
    target: str,
    why: str,
    busy: Counter[str],
    policy: RoutePolicy,
    now: datetime,
    *,
    since: datetime | None = None,
) -> Changed:
    """The item's issue in another queue, with a team of its own, which ``busy`` counts."""
    before, queue = item.assigned, policy.queues[target]
    needs, separate = needs_of(queue.requires, before.mention.language), queue.requires.separate_approver
    choice = choose_team(policy.roster, item.file, needs, busy, now, separate=separate)
    busy.update(member.person for member in choice.team)
    assigned = Assigned(
        item=item_id(item.issue, target), issue=item.issue, queue=target, file=item.file, files=before.files,
        mention=before.mention, mentions=before.mentions, priority=before.priority, team=choice.team, gaps=choice.gaps,
        clocks=deadlines(queue.clocks, queue.hours or policy.hours, now), explain=(why, *choice.explain),
        change="opened", policy_version=policy.version, why=why,
    )  # fmt: skip
    fresh = Item(
        id=assigned.item, issue=item.issue, queue=target, file=item.file, priority=item.priority, state="open",
        opened=now, updated=now, assigned=assigned,
    )  # fmt: skip
    return Changed(timed(fresh), announce(assigned, policy.topics, since or now, item.id, now.isoformat()))
