"""Teams are looked at again, oldest item first, in pages: when this daemon starts or its desk changes, when the next
moment of the roster has come, and when somebody who was full has room again.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime

from gordon.ports import RouteStore, RouteTransaction
from gordon.records import Item, ItemChange
from route.announce import Changed
from route.locked import PAGE, beside_of, locked, writes_of
from route.policy import RoutePolicy
from route.reassign import reassign, wants_change
from route.reexamine import next_moment

PAGES = 5
"""Pages of one turn; what is left waits for the next, so that mentions need not wait."""


class Sweep:
    """The looks of one daemon at all open items."""

    def __init__(self, policy: RoutePolicy, store: RouteStore, *, page: int = PAGE, pages: int = PAGES) -> None:
        self._policy, self._store = policy, store
        self._page_size, self._pages = page, pages
        self._due, self._under_way = True, False
        self._after: Item | None = None
        self._moment: datetime | None = None
        self._full: frozenset[str] = frozenset()

    def turn(self, now: datetime) -> list[Changed]:
        """A part of a sweep, where one is due or under way. Raises StoreUnavailable, and goes on from there."""
        self._look(now)
        changes: list[Changed] = []
        for _ in range(self._pages):
            if not self._due and not self._under_way:
                break
            changes += self._page(now)
        return changes

    def _look(self, now: datetime) -> None:
        """Whether there is a reason for a new sweep; one that is under way is finished before."""
        with self._store.transaction() as transaction:
            full = self._who_is_full(transaction.load())
        if self._moment is None or now >= self._moment:
            self._moment, self._due = next_moment(self._policy.roster, now), True
        self._due = self._due or bool(self._full - full)
        self._full = full

    def _who_is_full(self, load: Mapping[str, int]) -> frozenset[str]:
        return frozenset(one.id for one in self._policy.roster.people if load.get(one.id, 0) >= one.capacity > 0)

    def _page(self, now: datetime) -> list[Changed]:
        with self._store.transaction() as transaction:
            seen = transaction.open_items(self._after, self._page_size)
            changes = self._again(transaction, seen, now)
        if not self._under_way:
            self._due = False
        self._under_way = len(seen) == self._page_size
        self._after = seen[-1] if self._under_way else None
        return changes

    def _again(self, transaction: RouteTransaction, seen: Sequence[Item], now: datetime) -> list[Changed]:
        busy = Counter(transaction.load())
        found = locked(transaction, [item for item in seen if wants_change(item, busy, self._policy, now)])
        if not found:
            return []
        beside, busy = beside_of(transaction, found), Counter(transaction.load())
        changes: list[Changed] = []
        audit: list[ItemChange] = []
        for item in found:
            current = beside[item.issue].get(item.id, item)
            made, lines = reassign(current, list(beside[item.issue].values()), busy, self._policy, now)
            beside[item.issue].update((change.item.id, change.item) for change in made)
            changes += made
            audit += lines
        transaction.write("route", writes_of(changes, audit))
        return changes
