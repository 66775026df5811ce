"""What route does without being told: it escalates what is late, looks at teams again, and lets quiet issues sleep.

Any number of daemons may do this at once. Each looks at what is due without a lock, locks the files, and looks again:
what another has done meanwhile is done.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from msgspec.structs import replace

from gordon.ports import RouteStore
from gordon.records import IssueChange, ItemChange, RouteWrites
from route.announce import Changed
from route.locked import PAGE, beside_of, locked, writes_of
from route.policy import RoutePolicy
from route.sweep import Sweep
from route.tick import breaches, escalate


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
        self._sweep = Sweep(policy, store)

    def turn(self) -> LifeReport:
        """One turn, in transactions of its own: what is late, whose team should change, what is quiet. Raises
        StoreUnavailable."""
        now = self._now()
        changes, late = self._escalate(now)
        return LifeReport([*changes, *self._sweep.turn(now)], late, self._sleep(now))

    def _escalate(self, now: datetime) -> tuple[list[Changed], list[tuple[str, str]]]:
        changes: list[Changed] = []
        audit: list[ItemChange] = []
        late: list[tuple[str, str]] = []
        with self._store.transaction() as transaction:
            due = locked(transaction, transaction.due_items(now, PAGE))
            if not due:
                return [], []
            beside, busy = beside_of(transaction, due), Counter(transaction.load())
            for item in due:
                late += [(item.queue, step) for step in breaches(item, now)]
                made, lines = escalate(item, beside[item.issue].values(), busy, self._policy, now)
                beside[item.issue].update((change.item.id, change.item) for change in made)
                changes += made
                audit += lines
            transaction.write("route", writes_of(changes, audit))
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
