"""The team of an open item, looked at again: what changes, and why. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from msgspec.structs import replace

from gordon.desk.schema import Queue
from gordon.records import Item, ItemChange
from route.announce import Changed, announce
from route.handling import timed
from route.policy import RoutePolicy
from route.reexamine import Reassignment, reexamine
from route.roster import needs_of
from route.tick import escalate, forward, gap_to_tell

TEAM_LINES = ("team: ", "gap: ", "reassigned: ")
"""Beginnings of the lines of ``explain`` that tell of the team, and not of the mention."""


def wants_change(item: Item, busy: Mapping[str, int], policy: RoutePolicy, now: datetime) -> bool:
    """Whether ``reassign`` would change anything; by this it is known which files have to be locked."""
    queue = policy.queues.get(item.queue)
    return queue is None or gap_to_tell(item, policy) or _found(item, queue, busy, policy, now) is not None


def reassign(
    item: Item, beside: Iterable[Item], busy: Counter[str], policy: RoutePolicy, now: datetime
) -> tuple[list[Changed], list[ItemChange]]:
    """The item with the team that it should have now, and up the chain for a gap that this opens. One whose queue is
    on the desk no more is closed, and its issue goes on in the queue of all others. Nothing, where all is well.

    ``beside``: the items of the issue; ``busy``: open items of each person, kept right.
    """
    if item.state != "open":
        return [], []
    queue = policy.queues.get(item.queue)
    if queue is None:
        return _rehoused(item, beside, busy, policy, now)
    found = _found(item, queue, busy, policy, now)
    changes, audit = [], []
    if found:
        changed = _with(item, found, policy, now)
        busy.subtract(member.person for member in item.assigned.team)
        busy.update(member.person for member in found.team)
        changes.append(changed)
        audit.append(ItemChange(item=item.id, at=now, person="", action="reassign", why=changed.item.assigned.why))
        item = changed.item
    if gap_to_tell(item, policy):
        further, lines = escalate(item, beside, busy, policy, now)
        changes += further
        audit += lines
    return changes, audit


def _found(
    item: Item, queue: Queue, busy: Mapping[str, int], policy: RoutePolicy, now: datetime
) -> Reassignment | None:
    needs = needs_of(queue.requires, item.assigned.mention.language)
    return reexamine(item, policy.roster, needs, busy, now, separate=queue.requires.separate_approver)


def _with(item: Item, found: Reassignment, policy: RoutePolicy, now: datetime) -> Changed:
    before = [line for line in item.assigned.explain if not line.startswith(TEAM_LINES)]
    assigned = replace(
        item.assigned,
        team=found.team,
        gaps=found.gaps,
        change="reassigned",
        why="; ".join(found.why),
        explain=(*before, *(f"reassigned: {line}" for line in found.why), *_team_lines(found)),
        policy_version=policy.version,
    )
    event = announce(assigned, policy.topics, now, now.isoformat())
    return Changed(timed(replace(item, updated=now, assigned=assigned)), event)


def _team_lines(found: Reassignment) -> Sequence[str]:
    names = ", ".join(member.person for member in found.team) or "nobody"
    return [f"team: {names}", *(f"gap: {gap.kind} {gap.need}: {gap.why}" for gap in found.gaps)]


def _rehoused(
    item: Item, beside: Iterable[Item], busy: Counter[str], policy: RoutePolicy, now: datetime
) -> tuple[list[Changed], list[ItemChange]]:
    """The last route takes what no other does, so its queue takes this too."""
    target = policy.tree.steps[-1].queue
    why = f"the desk has no queue {item.queue} any more; goes on in {target}"
    assigned = replace(
        item.assigned, change="closed", why=why, claimed_by=None, claimed_until=None, policy_version=policy.version
    )
    closed = timed(replace(item, state="closed", updated=now, assigned=assigned))
    busy.subtract(member.person for member in item.assigned.team)
    changes = [Changed(closed, announce(assigned, policy.topics, now, now.isoformat()))]
    audit = [ItemChange(item=item.id, at=now, person="", action="close", why=why)]
    if target not in {one.queue for one in beside if one.state == "open"}:
        opened = forward(item, target, f"from {item.queue}: {why}", busy, policy, now)
        further, lines = escalate(opened.item, [*beside, opened.item], busy, policy, now)
        changes += [opened, *further]
        audit += lines
    return changes, audit
