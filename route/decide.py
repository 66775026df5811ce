"""Second half of the decision: which items an issue opens or lets grow, and who gets them. Pure.

(mentions in their issues, items as they stand, open items of each person, policy, now) -> rows and events
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from gordon.events import Assigned, Change, Event, MentionRef, Priority
from gordon.ids import derive, item_id
from gordon.records import Item
from route.clocks import deadlines
from route.conditions import Facts
from route.place import Placed
from route.policy import RoutePolicy
from route.roster import needs_of
from route.rules import Routed
from route.team import choose_team

SOURCE = "/gordon/route"
TYPE = "gordon.assigned.v1"
PRIORITIES: tuple[Priority, ...] = ("low", "normal", "high", "urgent")
KEPT = ("team: ", "gap: ")
"""Beginnings of the lines of ``explain`` that stay with the team when an item grows."""


@dataclass(frozen=True, slots=True)
class Changed:
    """One item after one change, the event that tells of it, and the mention that made it change."""

    item: Item
    event: Event
    placed: Placed


def facts_of(placed: Placed) -> Facts:
    """What the routing tree looks at."""
    mention, file = placed.tagged.mention, placed.file
    return Facts(
        file=file,
        language=mention.language,
        source=mention.feed,
        score=sum(tag.score for tag in placed.tagged.files if tag.file == file),
        kind=mention.kind,
        mentions=placed.issue.mentions,
        claims=tuple(dict.fromkeys(hit.claim for hit in placed.tagged.claims if hit.file == file)),
    )


def decide(
    batch: Sequence[Placed], items: Iterable[Item], load: Mapping[str, int], policy: RoutePolicy, now: datetime
) -> list[Changed]:
    """Every change of an item that the batch makes, in order.

    A mention new to its issue lets the issue's open items grow. Every queue that the tree names for a mention and
    that has no item of the issue yet gets one: which queues an issue reaches does not depend on the order in which
    its mentions come. Nothing else changes: a repeated or edited mention that leads to no new queue is silent.
    ``items``: those of the batch's issues.
    """
    busy = Counter(load)
    standing: defaultdict[str, dict[str, Item]] = defaultdict(dict)
    for item in items:
        standing[item.issue][item.queue] = item
    changes = []
    for placed in batch:
        held = standing[placed.issue.id]
        routed = policy.tree.route(facts_of(placed))
        changed = _grown(placed, held, routed, policy, now) + _opened(placed, held, routed, busy, policy, now)
        for change in changed:
            held[change.item.queue] = change.item
        changes += changed
    return changes


def _grown(
    placed: Placed, held: Mapping[str, Item], routed: Sequence[Routed], policy: RoutePolicy, now: datetime
) -> list[Changed]:
    """The issue's open items with one mention more. Team, gaps and clocks stay; the priority only rises."""
    if not placed.fresh:
        return []
    paths = {one.queue: one for one in routed}
    grown = []
    for item in held.values():
        if item.state == "open":
            route = paths.get(item.queue)
            priority = max(item.priority, route.priority if route else item.priority, key=PRIORITIES.index)
            path = (
                route.path if route else f"this mention leads elsewhere; the item in {item.queue} grows with its issue"
            )
            kept = [line for line in item.assigned.explain if line.startswith(KEPT)]
            assigned = _assigned(placed, item.id, item.queue, priority, "grew", policy, item.assigned, (path, *kept))
            grown.append(_changed(placed, assigned, item.opened, policy, now))
    return grown


def _opened(
    placed: Placed,
    held: Mapping[str, Item],
    routed: Sequence[Routed],
    busy: Counter[str],
    policy: RoutePolicy,
    now: datetime,
) -> list[Changed]:
    """A new item in each queue that has none of the issue. Counts its team's load in ``busy``."""
    opened = []
    for route in routed:
        if route.queue not in held:
            assigned = _open(placed, route, busy, policy, now)
            busy.update(member.person for member in assigned.team)
            opened.append(_changed(placed, assigned, now, policy, now))
    return opened


def _open(placed: Placed, route: Routed, busy: Mapping[str, int], policy: RoutePolicy, now: datetime) -> Assigned:
    queue = policy.queues[route.queue]
    needs = needs_of(queue.requires, placed.tagged.mention.language)
    choice = choose_team(policy.roster, placed.file, needs, busy, now)
    identity = item_id(placed.issue.id, route.queue)
    blank = Assigned(
        item=identity, issue=placed.issue.id, queue=route.queue, file=placed.file, files=(), mention=_ref(placed),
        mentions=0, priority=route.priority, team=choice.team, gaps=choice.gaps,
        clocks=deadlines(queue.clocks, queue.hours or policy.hours, now), explain=(), change="opened",
        policy_version=policy.version,
    )  # fmt: skip
    explain = (route.path, *choice.explain)
    return _assigned(placed, identity, route.queue, route.priority, "opened", policy, blank, explain)


def _assigned(
    placed: Placed,
    identity: str,
    queue: str,
    priority: Priority,
    change: Change,
    policy: RoutePolicy,
    before: Assigned,
    explain: Sequence[str],
) -> Assigned:
    return Assigned(
        item=identity,
        issue=placed.issue.id,
        queue=queue,
        file=placed.file,
        files=tuple(tag.file for tag in placed.tagged.files),
        mention=_ref(placed),
        mentions=placed.issue.mentions,
        priority=priority,
        team=before.team,
        gaps=before.gaps,
        clocks=before.clocks,
        explain=(f"issue: {placed.why}", *explain),
        change=change,
        policy_version=policy.version,
    )


def _ref(placed: Placed) -> MentionRef:
    mention = placed.tagged.mention
    return MentionRef(id=mention.id, url=mention.url, title=mention.title)


def _changed(placed: Placed, assigned: Assigned, opened: datetime, policy: RoutePolicy, now: datetime) -> Changed:
    item = Item(
        id=assigned.item,
        issue=assigned.issue,
        queue=assigned.queue,
        file=assigned.file,
        priority=assigned.priority,
        state="open",
        opened=opened,
        updated=now,
        assigned=assigned,
    )
    mention = placed.tagged.mention
    event = Event(
        topic=policy.topics.queue(assigned.queue),
        key=assigned.issue,
        type=TYPE,
        id=derive("event", "route", assigned.item, mention.id, str(mention.revision), assigned.change),
        source=SOURCE,
        subject=assigned.item,
        time=mention.seen,
        data=assigned,
    )
    return Changed(item, event, placed)
