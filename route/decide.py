"""Second half of the decision: which items an issue opens or lets grow, and who gets them. Pure.

(mentions in their issues, items as they stand, open items of each person, policy, now) -> rows and events
"""

from __future__ import annotations

import dataclasses
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from msgspec.structs import replace

from gordon.events import Assigned, Change, MentionRef, Priority
from gordon.hosts import host_of
from gordon.ids import item_id
from gordon.records import Item, ItemChange, Routing
from route.announce import Changed, announce
from route.clocks import deadlines
from route.conditions import PRIORITIES, Facts
from route.handling import still_open, timed
from route.place import Placed
from route.policy import RoutePolicy
from route.reassign import TEAM_LINES
from route.roster import needs_of
from route.rules import Routed
from route.shortage import unmet
from route.silences import Silence, silenced
from route.team import choose_team
from route.tick import escalate
from route.watches import Signal


@dataclass(frozen=True, slots=True)
class Met:
    """A mention in its issue, and how often its file is mentioned when it comes."""

    placed: Placed
    signal: Signal


@dataclass(frozen=True, slots=True)
class Decided:
    """What comes of a batch: changes of items, in order, with what their audit says of them; and for each of its
    mentions where it went."""

    changes: tuple[Changed, ...] = ()
    audit: tuple[ItemChange, ...] = ()
    routings: tuple[Routing, ...] = ()


def facts_of(met: Met, gaps: frozenset[str], now: datetime) -> Facts:
    """What silences and the routing tree look at, but for the priority."""
    placed, signal = met.placed, met.signal
    mention, file = placed.tagged.mention, placed.file
    own = [tag for tag in placed.tagged.files if tag.file == file]
    return Facts(
        file=file,
        language=mention.language,
        source=mention.feed,
        score=sum(tag.score for tag in own),
        kind=mention.kind,
        mentions=placed.issue.mentions,
        claims=tuple(dict.fromkeys(hit.claim for hit in placed.tagged.claims if hit.file == file)),
        site=host_of(mention.url),
        revision=mention.revision,
        learned=any(tag.learned for tag in own),
        spike=signal.spike,
        growth=signal.growth,
        time=now,
        gaps=gaps,
    )


def decide(
    batch: Sequence[Met], items: Iterable[Item], load: Mapping[str, int], policy: RoutePolicy, now: datetime
) -> Decided:
    """Every change of an item that the batch makes, and where each mention went, in order.

    A mention new to its issue lets the issue's open items grow. Every queue that the tree names for a mention and
    that has no item of the issue yet gets one: which queues an issue reaches does not depend on the order in which
    its mentions come. Nothing else changes: a repeated or edited mention that leads to no new queue is silent.
    What a silence keeps back opens nothing and lets nothing grow. ``items``: those of the batch's issues.
    """
    busy = Counter(load)
    standing: defaultdict[str, dict[str, Item]] = defaultdict(dict)
    for item in items:
        standing[item.issue][item.queue] = item
    words = policy.tree.gaps | policy.silences.gaps
    gaps = {file: unmet(policy.roster, file, words, now) for file in {met.placed.file for met in batch}}
    changes: list[Changed] = []
    audit: list[ItemChange] = []
    routings = []
    for met in batch:
        placed = met.placed
        facts = facts_of(met, gaps[placed.file], now)
        silence = _silence(facts, policy, now)
        if silence:
            routings.append(_routing(placed, silence=silence.id, why=str(silence)))
            continue
        held = standing[placed.issue.id]
        routed = policy.tree.route(facts)
        routings.append(_routing(placed, queues=tuple(one.queue for one in routed)))
        changed = _grown(placed, held, routed, policy, now) + _opened(placed, held, routed, busy, policy, now)
        held.update((change.item.queue, change.item) for change in changed)
        further, lines = _up(changed, placed, held, busy, policy, now)
        held.update((change.item.queue, change.item) for change in further)
        changes += [*changed, *further]
        audit += lines
    return Decided(tuple(changes), tuple(audit), tuple(routings))


def _up(
    changed: Sequence[Changed],
    placed: Placed,
    held: Mapping[str, Item],
    busy: Counter[str],
    policy: RoutePolicy,
    now: datetime,
) -> tuple[list[Changed], list[ItemChange]]:
    """What goes up the chain at once: items that open with gaps."""
    there = dict(held)
    changes: list[Changed] = []
    audit: list[ItemChange] = []
    for change in changed:
        if change.item.assigned.change == "opened":
            made, lines = escalate(
                change.item, list(there.values()), busy, policy, now, since=placed.tagged.mention.seen
            )
            there.update((one.item.queue, one.item) for one in made)
            changes += made
            audit += lines
    return changes, audit


def _silence(facts: Facts, policy: RoutePolicy, now: datetime) -> Silence | None:
    """The silence that keeps the mention back; the priority that it looks at is the one that the facts give."""
    if not policy.silences.entries:
        return None
    return silenced(dataclasses.replace(facts, priority=policy.tree.ranking.rank(facts).priority), policy.silences, now)


def _routing(placed: Placed, *, queues: tuple[str, ...] = (), silence: str = "", why: str = "") -> Routing:
    mention = placed.tagged.mention
    return Routing(
        mention=mention.id, revision=mention.revision, file=placed.file, queues=queues, silence=silence, why=why
    )


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
            elsewhere = (f"this mention leads elsewhere; the item in {item.queue} grows with its issue",)
            path = (route.path, route.why) if route else elsewhere
            kept = [line for line in item.assigned.explain if line.startswith(TEAM_LINES)]
            assigned = _assigned(placed, item.assigned, priority, "grew", policy, (*path, *kept))
            grown.append(_changed(placed, replace(item, assigned=assigned), policy, now))
    return grown


def _opened(
    placed: Placed,
    held: Mapping[str, Item],
    routed: Sequence[Routed],
    busy: Counter[str],
    policy: RoutePolicy,
    now: datetime,
) -> list[Changed]:
    """A new item in each queue that has none of the issue; and where nobody works on the issue any more, closed ones
    again for a mention new to it. Counts their teams' load in ``busy``."""
    opened = []
    over = placed.fresh and not still_open(held.values())
    for route in routed:
        before = held.get(route.queue)
        if before is None or over:
            assigned = _open(placed, route, busy, policy, now, again=before is not None)
            busy.update(member.person for member in assigned.team)
            opened.append(_changed(placed, _blank(assigned, now), policy, now))
    return opened


def _open(
    placed: Placed, route: Routed, busy: Mapping[str, int], policy: RoutePolicy, now: datetime, *, again: bool
) -> Assigned:
    queue = policy.queues[route.queue]
    needs = needs_of(queue.requires, placed.tagged.mention.language)
    choice = choose_team(policy.roster, placed.file, needs, busy, now, separate=queue.requires.separate_approver)
    blank = Assigned(
        item=item_id(placed.issue.id, route.queue), issue=placed.issue.id, queue=route.queue, file=placed.file,
        files=(), mention=_ref(placed), mentions=0, priority=route.priority, team=choice.team, gaps=choice.gaps,
        clocks=deadlines(queue.clocks, queue.hours or policy.hours, now), explain=(), change="opened",
        policy_version=policy.version, why="opened again: a new mention of its story" if again else "",
    )  # fmt: skip
    return _assigned(placed, blank, route.priority, "opened", policy, (route.path, route.why, *choice.explain))


def _assigned(
    placed: Placed, before: Assigned, priority: Priority, change: Change, policy: RoutePolicy, explain: Sequence[str]
) -> Assigned:
    """How the item stands with this mention: team, gaps, clocks and what people did stay."""
    return replace(
        before,
        files=tuple(tag.file for tag in placed.tagged.files),
        mention=_ref(placed),
        mentions=placed.issue.mentions,
        priority=priority,
        explain=(f"issue: {placed.why}", *explain),
        change=change,
        policy_version=policy.version,
        why=before.why if change == "opened" else "a new mention",
    )


def _ref(placed: Placed) -> MentionRef:
    mention = placed.tagged.mention
    return MentionRef(id=mention.id, url=mention.url, title=mention.title, language=mention.language)


def _blank(assigned: Assigned, now: datetime) -> Item:
    """An item that begins."""
    return Item(
        id=assigned.item,
        issue=assigned.issue,
        queue=assigned.queue,
        file=assigned.file,
        priority=assigned.priority,
        state="open",
        opened=now,
        updated=now,
        assigned=assigned,
    )


def _changed(placed: Placed, item: Item, policy: RoutePolicy, now: datetime) -> Changed:
    assigned, mention = item.assigned, placed.tagged.mention
    event = announce(assigned, policy.topics, mention.seen, mention.id, str(mention.revision))
    return Changed(timed(replace(item, priority=assigned.priority, updated=now)), event)
