"""What route does without being told: it escalates what is late and lets quiet issues sleep.

Any number of daemons may do this at once. Each looks at what is due without a lock, locks the files, and looks again:
what another has done meanwhile is done.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from msgspec.structs import replace

from gordon import codec
from gordon.ports import RouteStore, RouteTransaction
from gordon.records import IssueChange, Item, ItemChange, RouteWrites
from route.decide import Changed
from route.policy import RoutePolicy
from route.tick import breaches, escalate

PAGE = 200
"""Items or issues of one transaction."""


@dataclass(frozen=True, slots=True)
class LifeReport:
    """What one turn changed. ``breaches``: queue and clock of each clock that ran out."""

    changes: Sequence[Changed] = ()
    breaches: Sequence[tuple[str, str]] = ()
    dormant: int = 0


class Life:
    """Turns of the clock over one store."""

    def __init__(
        self, policy: RoutePolicy, store: RouteStore, *, now: Callable[[], datetime], dormant_after: timedelta
    ) -> None:
        self._policy, self._store, self._now = policy, store, now
        self._dormant_after = dormant_after

    def turn(self) -> LifeReport:
        """One turn, in a transaction each: what is late, what is quiet. Raises StoreUnavailable."""
        now = self._now()
        changes, late = self._escalate(now)
        return LifeReport(changes, late, self._sleep(now))

    def _escalate(self, now: datetime) -> tuple[list[Changed], list[tuple[str, str]]]:
        changes: list[Changed] = []
        audit: list[ItemChange] = []
        late: list[tuple[str, str]] = []
        with self._store.transaction() as transaction:
            due = _again(transaction, transaction.due_items(now, PAGE))
            if not due:
                return [], []
            beside: defaultdict[str, dict[str, Item]] = defaultdict(dict)
            for item in transaction.items_of({item.issue for item in due}):
                beside[item.issue][item.id] = item
            busy = Counter(transaction.load())
            for item in due:
                late += [(item.queue, step) for step in breaches(item, now)]
                made, lines = escalate(item, beside[item.issue].values(), busy, self._policy, now)
                beside[item.issue].update((change.item.id, change.item) for change in made)
                changes += made
                audit += lines
            transaction.write("route", _writes(changes, audit))
        return changes, late

    def _sleep(self, now: datetime) -> int:
        since = now - self._dormant_after
        with self._store.transaction() as transaction:
            quiet = transaction.quiet_issues(since, PAGE)
            if not quiet:
                return 0
            transaction.lock_files({issue.file for issue in quiet})
            quiet = transaction.issues_by_id([issue.id for issue in quiet])
            still = [issue for issue in quiet if issue.state == "open" and issue.last_seen < since]
            why = f"no mention since {since:%Y-%m-%d %H:%M}Z"
            transaction.write(
                "route",
                RouteWrites(
                    issues=tuple(replace(issue, state="dormant") for issue in still),
                    issue_changes=tuple(
                        IssueChange(issue=issue.id, at=now, person="", action="dormant", why=why) for issue in still
                    ),
                ),
            )
            return len(still)


def _again(transaction: RouteTransaction, seen: Iterable[Item]) -> Sequence[Item]:
    """The items as they stand under the locks of their files, in the same order."""
    order = {item.id: number for number, item in enumerate(seen)}
    transaction.lock_files({item.file for item in seen})
    return sorted(transaction.items_by_id(order), key=lambda item: order[item.id])


def _writes(changes: Sequence[Changed], audit: Sequence[ItemChange]) -> RouteWrites:
    return RouteWrites(
        items=tuple(change.item for change in changes),
        item_changes=tuple(audit),
        messages=tuple(codec.encode(change.event) for change in changes),
    )
