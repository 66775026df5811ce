"""One desk at work on mentions of the past, in a database of its own that nobody else sees: nothing is published.

The stage is the real one. What people have in hand is reckoned, as nobody is there to finish anything.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta

from gordon.app.comparing import Seen, Way
from gordon.app.difference import Example
from gordon.app.works import Hands, Work
from gordon.events import Event, Tagged
from gordon.records import Item, RouteWrites
from route.policy import RoutePolicy
from route.stage import Route
from store.database import Database
from store.scratch import ScratchRoute

Revision = tuple[str, int]
"""Id of a mention, and its revision."""


class Replay:
    """A desk at work. ``work``: the time for which people have an item in hand. ``items``: the open ones, by id."""

    def __init__(self, policy: RoutePolicy, database: Database, work: timedelta) -> None:
        self.now = datetime.min.replace(tzinfo=UTC)
        self.hands = Hands(work)
        self.items: dict[str, Work] = {}
        self._issues: dict[str, str] = {}
        self._written: list[RouteWrites] = []
        store = ScratchRoute(database, lambda: self.hands.load(self.now), self._written.append)
        self._stage = Route(policy=policy, store=store, now=lambda: self.now)

    def step(self, tagged: Sequence[Event], now: datetime) -> Mapping[Revision, Seen]:
        """These tagged events at this moment: what became of each mention revision."""
        self.now = now
        self._written.clear()
        self._stage.handle(tagged)
        ways: defaultdict[Revision, dict[str, Way]] = defaultdict(dict)
        for writes in self._written:
            self._count(writes)
            for one in writes.routings:
                ways[one.mention, one.revision][one.file] = Way(tuple(sorted(one.queues)), one.silence)
        return {
            (data.mention.id, data.mention.revision): Seen(
                {tag.file: ways[data.mention.id, data.mention.revision].get(tag.file, Way()) for tag in data.files},
                frozenset((hit.file, hit.claim) for hit in data.claims),
            )
            for data in (event.data for event in tagged)
            if isinstance(data, Tagged)
        }

    def _count(self, writes: RouteWrites) -> None:
        for item in writes.items:
            if item.id not in self.items:
                self.hands.take(_people(item), self.now)
            self.items[item.id] = _work(item, self.items.get(item.id))
            if item.state == "closed":  # its issue became part of another one
                del self.items[item.id]
        for issue in writes.issues:
            if issue.merged_into:
                self._issues.pop(issue.id, None)
            else:
                self._issues[issue.id] = issue.file

    def issues(self) -> Mapping[str, int]:
        """How many issues there are, by file."""
        return Counter(self._issues.values())


def _work(item: Item, before: Work | None) -> Work:
    assigned = item.assigned
    opener = Example(mention=assigned.mention.id, title=assigned.mention.title)
    return Work(
        item=item.id,
        issue=item.issue,
        queue=item.queue,
        file=item.file,
        mention=before.mention if before else opener,
        priority=item.priority,
        team=_people(item),
        gaps=tuple(sorted((gap.kind, gap.need) for gap in assigned.gaps)),
        clocks=tuple(sorted(assigned.clocks.items())),
    )


def _people(item: Item) -> tuple[str, ...]:
    return tuple(sorted(member.person for member in item.assigned.team))
