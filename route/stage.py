"""The stage: tagged mentions in; issues, items and teams into the store, and their events into its outbox."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime

from gordon import codec
from gordon.errors import Permanent
from gordon.events import Dead, Event, Tagged
from gordon.ports import RouteStore, RouteTransaction
from gordon.records import (
    DeadLetter,
    Decisions,
    Issue,
    IssueChange,
    IssueWithStories,
    Item,
    RecordedMention,
    RouteWrites,
    Routing,
)
from route.decide import Decided, Met, decide
from route.grouping import WINDOW, GroupIndex
from route.issues import Act
from route.join import join
from route.place import Linked, Placed, placing
from route.policy import RoutePolicy
from route.report import RouteReport, make_report
from route.settle import settled
from route.view import MOST_MENTIONS, FileView, Views, reach
from route.watches import Watches

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
        policy: RoutePolicy,
        store: RouteStore,
        now: Callable[[], datetime],
        observe: Callable[[RouteReport], None] = lambda report: None,
        alive: Callable[[], None] = lambda: None,
        batch: int = 200,
        remember: int = MOST_MENTIONS,
    ) -> None:
        """``alive``: called all the time while a large file is read, which may take longer than a batch should.
        ``remember``: mentions that grouping keeps in memory, of all files together."""
        self.reads = (policy.topics.tagged, policy.topics.dead)
        self.batch = batch
        self._policy = policy
        self._store = store
        self._now = now
        self._observe, self._alive = observe, alive
        self._views = Views(mentions=remember)
        self._watches = Watches(policy.spikes, policy.zone)

    @property
    def remembered(self) -> int:
        """Mentions that grouping has in memory."""
        return self._views.mentions

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
                self._watches.drop(files)
        self._observe(report)
        return ()

    def _work(self, transaction: RouteTransaction, events: Sequence[Event], now: datetime) -> RouteReport:
        unseen = transaction.unseen(self.name, [event.id for event in events], now)
        fresh = {event.id: event for event in events if event.id in unseen}
        letters = [_letter(event, event.data) for event in fresh.values() if isinstance(event.data, Dead)]
        tagged = [event.data for event in fresh.values() if isinstance(event.data, Tagged)]
        if letters:
            transaction.bury(letters)
        decided, merged = self._route(transaction, tagged, now) if tagged else (Decided(), [])
        return make_report(tagged, decided, len(letters), now, merged)

    def _route(
        self, transaction: RouteTransaction, tagged: Sequence[Tagged], now: datetime
    ) -> tuple[Decided, list[Item]]:
        """What was decided, and the items that changed as their issues were merged. A mention that links issues finds
        everything before it settled."""
        counters = transaction.lock_files({one.file for one in tagged if one.file is not None})
        views = self._views_of(transaction, tagged, counters)
        self._watches.refresh(transaction, counters, now)
        transaction.write(self.name, RouteWrites(mentions=_recorded(tagged)))
        waiting: list[Placed] = []
        there: list[Placed] = []
        decided: list[Decided] = []
        merged: list[Item] = []
        for step in placing(tagged, views, now):
            if isinstance(step, Placed):
                waiting.append(step)
                continue
            decided.append(self._settle(transaction, waiting, views, now))
            merged += self._merge(transaction, step, views[step.file], now)
            there += waiting
            waiting = []
        decided.append(self._settle(transaction, waiting, views, now))
        transaction.write(self.name, RouteWrites(routings=tuple(_left_out(tagged, [*there, *waiting]))))
        return _together(decided), merged

    def _merge(self, transaction: RouteTransaction, linked: Linked, view: FileView, now: datetime) -> list[Item]:
        changed: list[Item] = []
        for one in linked.merges:
            kept, gone = view.issues[one.kept], view.issues[one.gone]
            act = Act("", now, f"{one.why}; linked by {linked.by!r}")
            writes = join(transaction, kept, gone, one.mentions, self._policy.topics, act)
            view.merge(writes.issues[0], gone.id, one.mentions)
            view.counter += 1
            self._watches.wrote(linked.file)
            changed += writes.items
        return changed

    def _settle(
        self, transaction: RouteTransaction, placed: Sequence[Placed], views: Mapping[str, FileView], now: datetime
    ) -> Decided:
        """What becomes of the mentions in their issues, written."""
        if not placed:
            return Decided()
        seen = [self._watches.see(one.file, one.tagged.mention.seen, fresh=one.fresh, now=now) for one in placed]
        items = transaction.items_of({one.issue.id for one in placed})
        met = [Met(one, signal) for one, (signal, _) in zip(placed, seen, strict=True)]
        decided = decide(met, items, transaction.load(), self._policy, now)
        hours = [(one.file, hour) for one, (_, hour) in zip(placed, seen, strict=True) if one.fresh]
        issues, history = settled(placed, decided, now)
        transaction.write(self.name, _writes(placed, issues, history, hours, decided))
        for issue in issues:
            views[issue.file].issues[issue.id] = issue
        for file in {issue.file for issue in issues}:
            views[file].counter += 1
            self._watches.wrote(file)
        return decided

    def _views_of(
        self, transaction: RouteTransaction, tagged: Sequence[Tagged], counters: Mapping[str, int]
    ) -> Mapping[str, FileView]:
        """The views of the batch's files, as the store stands; they know every mention of the batch."""
        mentions: defaultdict[str, dict[str, datetime]] = defaultdict(dict)
        for one in tagged:
            if one.file is not None:
                mentions[one.file][one.mention.id] = one.mention.seen
        self._views.bound()
        since = {file: min(seen.values()) - WINDOW for file, seen in mentions.items()}
        known = {file: self._views.get(file, counters[file], start) for file, start in since.items()}
        missing = [file for file, view in known.items() if view is None]
        decisions = transaction.decisions(missing) if missing else {}
        views = {
            file: view or self._load(transaction, file, counters[file], since[file], decisions[file])
            for file, view in known.items()
        }
        for file, start in since.items():
            views[file].trim(start)
        strange = {
            mention for file, seen in mentions.items() for mention in seen if mention not in views[file].revisions
        }
        for entry in transaction.holding(strange) if strange else ():
            view = views.get(entry.issue.file)
            if view is not None and entry.issue.id not in view.issues:
                view.load([entry])
        return views

    def _load(
        self, transaction: RouteTransaction, file: str, counter: int, since: datetime, decisions: Decisions
    ) -> FileView:
        index = GroupIndex(file, common=self._policy.common.get(file, frozenset()), merging=True)
        index.constrain(decisions)
        view = FileView(index, reach(since), counter)
        found = transaction.issues(file, max(view.since, self._views.horizon), self._views.most)
        view.load(self._beating(found))
        self._views.put(file, view)
        self._views.bound()
        return view

    def _beating(self, found: Iterable[IssueWithStories]) -> Iterator[IssueWithStories]:
        for one in found:
            self._alive()
            yield one


def _together(decided: Sequence[Decided]) -> Decided:
    return Decided(
        tuple(change for one in decided for change in one.changes),
        tuple(line for one in decided for line in one.audit),
        tuple(routing for one in decided for routing in one.routings),
    )


def _recorded(tagged: Sequence[Tagged]) -> tuple[RecordedMention, ...]:
    found = {(one.mention.id, one.mention.revision): one for one in tagged}
    return tuple(
        RecordedMention(mention=one.mention, files=one.files, claims=one.claims, policy_version=one.policy_version)
        for one in found.values()
    )


def _writes(
    placed: Sequence[Placed],
    issues: Sequence[Issue],
    history: Sequence[IssueChange],
    hours: Sequence[tuple[str, datetime]],
    decided: Decided,
) -> RouteWrites:
    return RouteWrites(
        issues=tuple(issues),
        issue_changes=tuple(history),
        joins=tuple(one.join for one in placed if one.join),
        items=tuple(change.item for change in decided.changes),
        messages=tuple(codec.encode(change.event) for change in decided.changes),
        item_changes=decided.audit,
        routings=decided.routings,
        hours=tuple(hours),
    )


def _left_out(tagged: Sequence[Tagged], placed: Sequence[Placed]) -> Iterator[Routing]:
    """What changes no issue goes nowhere new, and is accounted for all the same."""
    there = {(one.tagged.mention.id, one.tagged.mention.revision, one.file) for one in placed}
    for one in tagged:
        mention = one.mention
        if one.file is not None and (mention.id, mention.revision, one.file) not in there:
            why = "its issue knows a newer revision"
            yield Routing(mention=mention.id, revision=mention.revision, file=one.file, why=why)


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
