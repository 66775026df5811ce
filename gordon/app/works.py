"""The items that two desks make of the same mentions, side by side: teams, gaps, priorities, load of people. Pure."""

from __future__ import annotations

from collections import Counter, defaultdict, deque
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime, timedelta
from typing import NamedTuple, TypeVar

from gordon.app.difference import Example, GapRow, LoadRow, Names, PriorityRow, TeamRow

K = TypeVar("K")


class Work(NamedTuple):
    """An item as it stood last. ``mention``: the one that opened it; ``gaps``: kind and need."""

    item: str
    issue: str
    queue: str
    file: str
    mention: Example
    priority: str
    team: Names
    gaps: tuple[tuple[str, str], ...]
    clocks: tuple[tuple[str, datetime], ...]


class Pair(NamedTuple):
    """The same work on both desks."""

    before: Work
    after: Work


Homes = Mapping[tuple[str, str], str]
"""By file and mention: the issue."""


def unpaired(before: Mapping[str, Work], after: Mapping[str, Work]) -> tuple[list[Work], list[Work]]:
    """Items that only one side has by their id; their issue may have begun with another mention on the other side."""
    return (
        [work for name, work in before.items() if name not in after],
        [work for name, work in after.items() if name not in before],
    )


def pairs(before: Mapping[str, Work], after: Mapping[str, Work], old: Homes, new: Homes) -> list[Pair]:
    """What is the same work: items of one id; and of the others those of one queue and file, where the mention that
    opened the one is part of the issue of the other. ``old``, ``new``: where the unpaired items' mentions are, before
    and after. Each item is in one pair at most."""
    found = [Pair(work, after[name]) for name, work in before.items() if name in after]
    left, right = unpaired(before, after)
    missing = {(work.issue, work.queue): work for work in right}
    for work in left:
        mate = missing.pop((new.get((work.file, work.mention.mention), ""), work.queue), None)
        if mate:
            found.append(Pair(work, mate))
    paired = {pair.before.item for pair in found}
    gone = {(work.issue, work.queue): work for work in left if work.item not in paired}
    for work in missing.values():
        mate = gone.pop((old.get((work.file, work.mention.mention), ""), work.queue), None)
        if mate:
            found.append(Pair(mate, work))
    return found


class Hands:
    """What people have in hand, where each item is done ``work`` after it came. Times may not run backwards.
    ``items``: all that each person got; ``most``: at once."""

    def __init__(self, work: timedelta) -> None:
        self._work = work
        self._under_way: deque[tuple[datetime, Names]] = deque()
        self._load: Counter[str] = Counter()
        self.items: Counter[str] = Counter()
        self.most: Counter[str] = Counter()

    def take(self, team: Names, now: datetime) -> None:
        """An item came."""
        self.load(now)
        self._under_way.append((now + self._work, team))
        self._load.update(team)
        self.items.update(team)
        for person in team:
            self.most[person] = max(self.most[person], self._load[person])

    def load(self, now: datetime) -> Mapping[str, int]:
        """Items in hand of each person who has any."""
        while self._under_way and self._under_way[0][0] <= now:
            self._load.subtract(self._under_way.popleft()[1])
        return +self._load


def load_rows(
    before: Hands, after: Hands, capacity_before: Mapping[str, int], capacity_after: Mapping[str, int]
) -> tuple[LoadRow, ...]:
    """By person: everybody of either desk. ``capacity``: of everybody on that desk."""
    return tuple(
        LoadRow(
            person=person,
            items_before=before.items[person],
            items_after=after.items[person],
            most_before=before.most[person],
            most_after=after.most[person],
            capacity_before=capacity_before.get(person),
            capacity_after=capacity_after.get(person),
        )
        for person in sorted(capacity_before.keys() | capacity_after.keys())
    )


def gap_rows(before: Iterable[Work], after: Iterable[Work]) -> tuple[GapRow, ...]:
    """By file and gap."""
    old, new = Counter(_gaps(before)), Counter(_gaps(after))
    return tuple(
        GapRow(file=file, kind=kind, need=need, before=old[file, kind, need], after=new[file, kind, need])
        for file, kind, need in sorted(old.keys() | new.keys())
    )


def _gaps(works: Iterable[Work]) -> Iterator[tuple[str, str, str]]:
    return ((work.file, kind, need) for work in works for kind, need in work.gaps)


def team_rows(found: Iterable[Pair], most: int) -> tuple[TeamRow, ...]:
    """The same work in other hands: by queue, file and both teams, the most frequent first, each with at most so many
    examples."""
    grouped: defaultdict[tuple[str, str, Names, Names], list[Example]] = defaultdict(list)
    for before, after in found:
        if before.team != after.team:
            grouped[before.queue, before.file, before.team, after.team].append(before.mention)
    return tuple(
        TeamRow(queue=queue, file=file, before=old, after=new, items=len(items), examples=tuple(items[:most]))
        for (queue, file, old, new), items in _most_first(grouped)
    )


def priority_rows(found: Iterable[Pair], most: int) -> tuple[PriorityRow, ...]:
    """The same work at another priority, alike."""
    grouped: defaultdict[tuple[str, str], list[Example]] = defaultdict(list)
    for before, after in found:
        if before.priority != after.priority:
            grouped[before.priority, after.priority].append(before.mention)
    return tuple(
        PriorityRow(before=old, after=new, items=len(items), examples=tuple(items[:most]))
        for (old, new), items in _most_first(grouped)
    )


def _most_first(grouped: Mapping[K, list[Example]]) -> list[tuple[K, list[Example]]]:
    return sorted(grouped.items(), key=lambda entry: (-len(entry[1]), str(entry[0])))
