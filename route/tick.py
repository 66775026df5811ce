"""What time alone does to items: clocks run out, and the item goes up its queue's chain. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import datetime

from msgspec.structs import replace

from gordon.desk.schema import Queue
from gordon.events import Assigned
from gordon.ids import item_id
from gordon.records import Item, ItemChange
from route.announce import announce
from route.clocks import deadlines
from route.decide import Changed
from route.handling import running, timed
from route.policy import RoutePolicy
from route.roster import needs_of
from route.team import choose_team


def breaches(item: Item, now: datetime) -> dict[str, datetime]:
    """The steps whose time is over, with when it was; each clock runs out once."""
    return {step: due for step, due in sorted(running(item).items(), key=lambda one: one[1]) if due <= now}


def escalate(
    item: Item, beside: Iterable[Item], busy: Counter[str], policy: RoutePolicy, now: datetime
) -> tuple[list[Changed], list[ItemChange]]:
    """Every clock of the item that ran out, as one change: the item says so, and its issue gets an item in the next
    queue of the chain, with a team of its own, unless it has an open one there.

    ``beside``: the items of the issue, by which the next queue is known to have it; ``busy`` counts the new team.
    """
    over = breaches(item, now)
    if not over:
        return [], []
    queue = policy.queues.get(item.queue)
    target = queue.escalate or "" if queue else ""
    why = _why(over, target)
    last = max(over.values())
    assigned = replace(item.assigned, change="escalated", why=why, policy_version=policy.version)
    fired = timed(replace(item, fired=(*item.fired, *over), updated=now, assigned=assigned))
    changes = [Changed(fired, announce(assigned, policy.topics, now, *over, last.isoformat()))]
    audit = [ItemChange(item=item.id, at=now, person="", action="escalate", why=why)]
    there = {one.queue for one in beside if one.state == "open"}
    if target in policy.queues and target not in there:
        opened = _opened(item, target, policy.queues[target], busy, policy, why, now)
        busy.update(member.person for member in opened.item.assigned.team)
        changes.append(opened)
    return changes, audit


def _why(over: Mapping[str, datetime], target: str) -> str:
    late = " and ".join(f"{step} was due {due:%Y-%m-%d %H:%M}Z" for step, due in over.items())
    return f"{late}; " + (f"goes to {target}" if target else "the queue escalates to nobody")


def _opened(
    item: Item,
    target: str,
    queue: Queue,
    busy: Mapping[str, int],
    policy: RoutePolicy,
    why: str,
    now: datetime,
) -> Changed:
    before = item.assigned
    needs, separate = needs_of(queue.requires, before.mention.language), queue.requires.separate_approver
    choice = choose_team(policy.roster, item.file, needs, busy, now, separate=separate)
    line = f"escalated from {item.queue}: {why}"
    assigned = Assigned(
        item=item_id(item.issue, target), issue=item.issue, queue=target, file=item.file, files=before.files,
        mention=before.mention, mentions=before.mentions, priority=before.priority, team=choice.team, gaps=choice.gaps,
        clocks=deadlines(queue.clocks, queue.hours or policy.hours, now), explain=(line, *choice.explain),
        change="opened", policy_version=policy.version, why=line,
    )  # fmt: skip
    fresh = Item(
        id=assigned.item, issue=item.issue, queue=target, file=item.file, priority=item.priority, state="open",
        opened=now, updated=now, assigned=assigned,
    )  # fmt: skip
    return Changed(timed(fresh), announce(assigned, policy.topics, now, item.id, now.isoformat()))
