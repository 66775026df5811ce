"""Issues are merged, by people or by the stream, and split by people. Pure: how all stands, to what is written.

What people decide holds: mentions that were moved stay where they were put, issues that were split are never merged by
the stream; and of two decisions the later one counts.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from msgspec.structs import replace

from gordon.errors import Conflict
from gordon.events import Tagged, Topics
from gordon.ids import derive, issue_id, item_id
from gordon.records import (
    Decisions,
    Issue,
    IssueAction,
    IssueChange,
    IssueState,
    IssueWithStories,
    Item,
    ItemChange,
    Move,
    RecordedMention,
    RouteWrites,
    Story,
)
from route.announce import Changed, announce
from route.conditions import PRIORITIES
from route.decide import Met, decide
from route.handling import ACKNOWLEDGE, holder_of, running, timed
from route.locked import writes_of
from route.place import Placed
from route.policy import RoutePolicy
from route.watches import Signal

_STATES: Sequence[IssueState] = ("closed", "dormant", "open")


@dataclass(frozen=True, slots=True)
class Act:
    """Who decides it, when and why. ``person``: "" for Gordon itself."""

    person: str
    now: datetime
    why: str

    def __str__(self) -> str:
        return f"by {self.person or 'Gordon'}" + (f": {self.why}" if self.why else "")


def merge(
    kept: Issue,
    gone: Issue,
    mentions: Sequence[str],
    items: Iterable[Item],
    decisions: Decisions,
    topics: Topics,
    act: Act,
    *,
    absorbed: Iterable[Issue] = (),
    audit: Iterable[ItemChange] = (),
) -> RouteWrites:
    """All ``mentions`` of one issue are another's, which goes on with its items. Its queues keep theirs, with the
    earlier deadlines; an open item in a queue where it has none goes on there as its own, with team, clocks, claim and
    what is done.

    ``items``: of both issues; ``decisions``: of their file; ``absorbed``: what was merged before into the one that is
    gone; ``audit``: of its items. Raises Conflict; never where Gordon itself merges living issues of one file.
    """
    _require_mergeable(kept, gone)
    changed = _merged_items(kept, gone, list(items), len(mentions), list(audit), topics, act)
    merged = replace(
        kept,
        state=max(kept.state, gone.state, key=_STATES.index),
        opened=min(kept.opened, gone.opened),
        last_seen=max(kept.last_seen, gone.last_seen),
        mentions=kept.mentions + len(mentions),
    )
    why = f"merged {act}"
    apart = {_other(pair, gone.id) for pair in decisions.apart if gone.id in pair} - {kept.id}
    settled = [mention for mention, home in decisions.homes.items() if home == gone.id]
    decided = Decisions(
        homes=dict.fromkeys([*mentions, *settled] if act.person else settled, kept.id),
        apart=frozenset((kept.id, other) for other in apart),
    )
    return replace(
        writes_of(*changed),
        issues=(
            merged,
            replace(gone, state="closed", mentions=0, merged_into=kept.id),
            *(replace(one, merged_into=kept.id) for one in absorbed),
        ),
        moves=tuple(Move(mention=one, source=gone.id, target=kept.id, why=why) for one in mentions),
        issue_changes=(_line(kept.id, act, "merged", gone.id), *_woken(kept, merged, gone, act)),
        decisions=((kept.file, decided),),
    )


def _woken(before: Issue, after: Issue, gone: Issue, act: Act) -> list[IssueChange]:
    """A line where the issue goes on because the other one did."""
    if before.state == after.state:
        return []
    action: IssueAction = "reopened" if before.state == "closed" else "woke"
    return [replace(_line(before.id, act, action, gone.id), why=f"with what was merged into it {act}")]


def _require_mergeable(kept: Issue, gone: Issue) -> None:
    if kept.id == gone.id:
        raise Conflict(f"issue {kept.id} cannot be merged into itself", "name another one")
    if kept.file != gone.file:
        raise Conflict(
            f"issue {gone.id} is about {gone.file}, issue {kept.id} about {kept.file}",
            "only issues of one file can be merged",
        )
    for issue in (kept, gone):
        require_alive(issue)


def require_alive(issue: Issue) -> None:
    """Raises Conflict for one that was merged into another."""
    if issue.merged_into:
        raise Conflict(f"issue {issue.id} was merged into {issue.merged_into}", "name that one")


def _merged_items(
    kept: Issue,
    gone: Issue,
    items: Sequence[Item],
    more: int,
    history: Sequence[ItemChange],
    topics: Topics,
    act: Act,
) -> tuple[list[Changed], list[ItemChange]]:
    count = kept.mentions + more
    standing = {item.queue: item for item in items if item.issue == kept.id and item.state == "open"}
    changes: list[Changed] = []
    audit: list[ItemChange] = []
    joined = f"issue {gone.id} was merged into it {act}"
    for item in sorted((one for one in items if one.issue == gone.id and one.state == "open"), key=lambda one: one.id):
        other = standing.get(item.queue)
        if other is not None:
            standing[item.queue] = _joined(other, item, act)
        else:
            changes.append(_carried(item, kept, count, joined, topics, act))
            audit += _steps(item, changes[-1].item, history)
            audit.append(_audit(changes[-1].item, act, "merge", joined))
        closed, line = _closed(item, f"its issue was merged into {kept.id} {act}", topics, act)
        changes.append(closed)
        audit.append(line)
    for item in standing.values():
        changes.append(_counted(item, count, joined, topics, act))
        audit.append(_audit(item, act, "merge", joined))
    return changes, audit


def _joined(item: Item, merged: Item, act: Act) -> Item:
    """Two items of one queue as one: whoever works on one works on both, the priority is the higher, and what is due
    of either is due when it was. Of two who work on them people let one release theirs; else the item's own stays."""
    mine, theirs = holder_of(item, act.now), holder_of(merged, act.now)
    if act.person and mine and theirs and mine != theirs:
        raise Conflict(
            f"in {item.queue} the one is claimed by {mine}, the other by {theirs}", "one of them has to release theirs"
        )
    priority = max(item.priority, merged.priority, key=PRIORITIES.index)
    assigned = replace(item.assigned, priority=priority, clocks=_earlier(item, merged))
    if theirs and not mine:
        taken = {ACKNOWLEDGE: merged.assigned.done.get(ACKNOWLEDGE, act.now)}
        until = merged.assigned.claimed_until
        assigned = replace(assigned, claimed_by=theirs, claimed_until=until, done={**taken, **assigned.done})
    # Clocks that are resumed are counted from the beginning again: it must be the one that they have now.
    opened = item.opened if item.pauses or merged.pauses else min(item.opened, merged.opened)
    return timed(replace(item, priority=priority, opened=opened, assigned=assigned))


def _earlier(item: Item, merged: Item) -> dict[str, datetime]:
    """The clocks of the item; where that of the other still runs, the earlier of both."""
    clocks = dict(item.assigned.clocks)
    for step, due in running(merged).items():
        clock = f"{step}_by"
        clocks[clock] = min(due, clocks.get(clock, due))
    return clocks


def _steps(item: Item, carried: Item, history: Sequence[ItemChange]) -> list[ItemChange]:
    """Who did what is done: whoever drafted cannot approve, under whatever id the item goes on."""
    last = {line.action: line for line in history if line.item == item.id and line.action in item.assigned.done}
    return [replace(line, item=carried.id) for line in last.values()]


def _carried(item: Item, kept: Issue, count: int, why: str, topics: Topics, act: Act) -> Changed:
    """The item goes on under the other issue; nobody gains time by that."""
    name = item_id(kept.id, item.queue)
    assigned = replace(
        item.assigned, item=name, issue=kept.id, mentions=count, change="opened", why=why,
        explain=(f"issue: {why}", *item.assigned.explain[1:]),
    )  # fmt: skip
    fresh = timed(replace(item, id=name, issue=kept.id, updated=act.now, assigned=assigned))
    return Changed(fresh, announce(assigned, topics, act.now, item.id, act.now.isoformat()))


def _closed(item: Item, why: str, topics: Topics, act: Act) -> tuple[Changed, ItemChange]:
    assigned = replace(item.assigned, change="closed", why=why, claimed_by=None, claimed_until=None)
    closed = timed(replace(item, state="closed", updated=act.now, assigned=assigned))
    event = announce(assigned, topics, act.now, "merge", act.now.isoformat())
    return Changed(closed, event), _audit(item, act, "close", why)


def _counted(item: Item, count: int, why: str, topics: Topics, act: Act) -> Changed:
    assigned = replace(item.assigned, mentions=count, change="grew", why=why)
    event = announce(assigned, topics, act.now, "people", act.now.isoformat(), str(count))
    return Changed(replace(item, updated=act.now, assigned=assigned), event)


def split(
    found: IssueWithStories,
    recorded: Mapping[str, RecordedMention],
    taken: Iterable[str],
    items: Iterable[Item],
    load: Mapping[str, int],
    policy: RoutePolicy,
    act: Act,
) -> RouteWrites:
    """Some mentions become an issue of their own, which goes through the tree like any other; the stream never joins
    the two again.

    ``recorded``: by id, all mentions that leave; ``taken``: ids of ``names_for`` that are in use; ``items``: of the
    issue. Raises Conflict.
    """
    issue, leaving = found.issue, [story for story in found.stories if story.mention in recorded]
    staying = [story for story in found.stories if story.mention not in recorded]
    _require_splittable(issue, leaving, staying)
    fresh = _split_off(issue, leaving, set(taken), act)
    rest = replace(
        issue,
        title=issue.title if staying[0].mention == found.stories[0].mention else staying[0].title,
        last_seen=max(story.seen for story in staying),
        mentions=len(staying),
    )
    why = f"split off {act}"
    batch = [
        Met(_placed(recorded[story.mention], replace(fresh, mentions=number), why), Signal())
        for number, story in enumerate(leaving, start=1)
    ]
    decided = decide(batch, (), Counter(load), policy, act.now)
    less = f"{len(leaving)} of its mentions became issue {fresh.id} {act}"
    shrunk = [_counted(item, len(staying), less, policy.topics, act) for item in items if item.state == "open"]
    audit = [*decided.audit, *(_audit(change.item, act, "split", less) for change in shrunk)]
    return replace(
        writes_of([*decided.changes, *shrunk], audit),
        issues=(rest, fresh),
        moves=tuple(Move(mention=one.mention, source=issue.id, target=fresh.id, why=why) for one in leaving),
        routings=decided.routings,
        issue_changes=(_line(issue.id, act, "split", fresh.id),),
        decisions=((issue.file, _parted(issue.id, fresh.id, leaving)),),
    )


def _require_splittable(issue: Issue, leaving: Sequence[Story], staying: Sequence[Story]) -> None:
    require_alive(issue)
    if not leaving:
        raise Conflict("no mention is named", "name those that become an issue of their own")
    if not staying:
        raise Conflict(f"no mention would stay in issue {issue.id}", "leave one at least")


def names_for(file: str, mentions: Iterable[str]) -> list[str]:
    """What an issue of these mentions can be called: like any issue, after one of them."""
    return [issue_id(file, mention) for mention in mentions]


def _split_off(issue: Issue, leaving: Sequence[Story], taken: set[str], act: Act) -> Issue:
    names = names_for(issue.file, (story.mention for story in leaving))
    names.append(derive("issue", issue.id, leaving[0].mention, act.now.isoformat()))
    return Issue(
        id=next(name for name in names if name not in taken),
        file=issue.file,
        title=leaving[0].title,
        state="open",
        opened=min(story.seen for story in leaving),
        last_seen=max(story.seen for story in leaving),
        mentions=len(leaving),
    )


def _placed(recorded: RecordedMention, issue: Issue, why: str) -> Placed:
    tagged = Tagged(
        mention=recorded.mention, file=issue.file, files=recorded.files, claims=recorded.claims,
        policy_version=recorded.policy_version,
    )  # fmt: skip
    return Placed(tagged, issue.file, True, issue, None, why)


def _parted(issue: str, fresh: str, leaving: Sequence[Story]) -> Decisions:
    return Decisions(homes={story.mention: fresh for story in leaving}, apart=frozenset({(issue, fresh)}))


def _other(pair: tuple[str, str], one: str) -> str:
    return pair[1] if pair[0] == one else pair[0]


def _line(issue: str, act: Act, action: IssueAction, other: str) -> IssueChange:
    return IssueChange(issue=issue, at=act.now, person=act.person, action=action, other=other, why=act.why)


def _audit(item: Item, act: Act, action: str, why: str) -> ItemChange:
    return ItemChange(item=item.id, at=act.now, person=act.person, action=action, why=why)
