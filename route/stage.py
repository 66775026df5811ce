"""The stage: tagged mentions in; issues, items and teams into the store, and their events into its outbox."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta

from gordon import codec
from gordon.desk.load import Desk
from gordon.errors import Permanent
from gordon.events import Dead, Event, Tagged, Topics
from gordon.ports import RouteStore, RouteTransaction
from gordon.records import DeadLetter, RecordedMention, RouteWrites
from route.decide import Changed, decide
from route.grouping import WINDOW, GroupIndex
from route.place import Placed, place_batch
from route.policy import RoutePolicy, make_policy
from route.report import RouteReport, make_report
from route.rules import Tree
from route.view import FileView, Views

SLACK = timedelta(days=1)
"""How much further back a view is loaded than its batch asks, as the next may hold mentions found a little earlier."""

__all__ = ["Route", "RouteReport"]


class Route:
    """Stage "route". One transaction a batch; publishes through the outbox, so ``handle`` returns nothing.

    Redelivery is harmless twice over: the inbox knows the events, and the issues know the mentions.
    ``observe`` hears of each batch after its commit.
    """

    name = "route"

    def __init__(
        self,
        *,
        desk: Desk,
        tree: Tree,
        store: RouteStore,
        topics: Topics,
        now: Callable[[], datetime],
        observe: Callable[[RouteReport], None] = lambda report: None,
        batch: int = 200,
    ) -> None:
        self.reads = (topics.tagged, topics.dead)
        self.batch = batch
        self._policy: RoutePolicy = make_policy(desk, tree, topics)
        self._store = store
        self._now = now
        self._observe = observe
        self._views = Views()

    def handle(self, events: Sequence[Event]) -> tuple[()]:
        """Everything or nothing of the batch. Raises Permanent for an event that is neither tagged nor dead."""
        for event in events:
            if not isinstance(event.data, Tagged | Dead):
                raise Permanent(f"route reads tagged mentions and dead letters, not {event.type}")
        now = self._now().astimezone(UTC)
        files = {event.data.file for event in events if isinstance(event.data, Tagged) and event.data.file is not None}
        committed = False
        try:
            with self._store.transaction() as transaction:
                report = self._work(transaction, events, now)
            committed = True
        finally:
            if not committed:
                self._views.drop(files)
        self._observe(report)
        return ()

    def _work(self, transaction: RouteTransaction, events: Sequence[Event], now: datetime) -> RouteReport:
        unseen = transaction.unseen(self.name, [event.id for event in events], now)
        fresh = {event.id: event for event in events if event.id in unseen}
        letters = [_letter(event, event.data) for event in fresh.values() if isinstance(event.data, Dead)]
        tagged = [event.data for event in fresh.values() if isinstance(event.data, Tagged)]
        if letters:
            transaction.bury(letters)
        changes = self._route(transaction, tagged, now) if tagged else []
        return make_report(tagged, changes, len(letters), now)

    def _route(self, transaction: RouteTransaction, tagged: Sequence[Tagged], now: datetime) -> list[Changed]:
        views = self._views_of(transaction, tagged)
        placed = place_batch(tagged, views, now)
        items = transaction.items_of({one.issue.id for one in placed})
        changes = decide(placed, items, transaction.load(), self._policy, now)
        transaction.write(self.name, _writes(tagged, placed, changes))
        for file in {one.file for one in placed if one.join}:
            views[file].counter += 1
        return changes

    def _views_of(self, transaction: RouteTransaction, tagged: Sequence[Tagged]) -> Mapping[str, FileView]:
        """The views of the batch's files, as the store stands; they know every mention of the batch."""
        mentions: defaultdict[str, dict[str, datetime]] = defaultdict(dict)
        for one in tagged:
            if one.file is not None:
                mentions[one.file][one.mention.id] = one.mention.seen
        counters = transaction.lock_files(mentions.keys())
        views = {
            file: self._view(transaction, file, counters[file], min(seen.values()) - WINDOW)
            for file, seen in mentions.items()
        }
        strange = {
            mention for file, seen in mentions.items() for mention in seen if mention not in views[file].revisions
        }
        for entry in transaction.holding(strange) if strange else ():
            view = views.get(entry.issue.file)
            if view is not None and entry.issue.id not in view.issues:
                view.load([entry])
        return views

    def _view(self, transaction: RouteTransaction, file: str, counter: int, since: datetime) -> FileView:
        view = self._views.get(file, counter, since)
        if view is None:
            since -= SLACK
            index = GroupIndex(file, common=self._policy.common.get(file, frozenset()))
            view = FileView(index, since, counter)
            view.load(transaction.issues(file, since))
            self._views.put(file, view)
        view.trim(since)
        return view


def _writes(tagged: Sequence[Tagged], placed: Sequence[Placed], changes: Sequence[Changed]) -> RouteWrites:
    recorded = {(one.mention.id, one.mention.revision): one for one in tagged}
    return RouteWrites(
        mentions=tuple(
            RecordedMention(mention=one.mention, files=one.files, claims=one.claims, policy_version=one.policy_version)
            for one in recorded.values()
        ),
        issues=tuple(one.issue for one in placed if one.join),
        joins=tuple(one.join for one in placed if one.join),
        items=tuple(change.item for change in changes),
        messages=tuple(codec.encode(change.event) for change in changes),
    )


def _letter(event: Event, dead: Dead) -> DeadLetter:
    return DeadLetter(
        id=event.id,
        stage=dead.stage,
        reason=dead.reason,
        error=dead.error,
        traceback=dead.traceback,
        topic=dead.origin.topic,
        partition=dead.origin.partition,
        offset=dead.origin.offset,
        attempts=dead.attempts,
        key=dead.key,
        headers=dead.headers,
        value=dead.value,
        subject=dead.headers.get("ce_subject", ""),
        died=event.time,
    )
