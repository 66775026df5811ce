"""What the stages ask of the database. The store keeps these promises on SQLite and PostgreSQL alike
(tests/contracts/test_store_*.py); the stages never see SQLAlchemy.

Every call is its own transaction unless it says otherwise. A database that is away, locked or full raises
StoreUnavailable and leaves nothing half done.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from contextlib import AbstractContextManager
from datetime import datetime
from typing import Protocol

from gordon.records import (
    DeadLetter,
    Entry,
    Feed,
    FeedState,
    Found,
    IssueWithStories,
    Item,
    OutboxRow,
    RouteWrites,
)


class IngestStore(Protocol):
    """Feeds, entries and the outbox, as ingest needs them."""

    def sync_feeds(self, feeds: Sequence[Feed], now: datetime) -> None:
        """Makes these the subscriptions: new ones are due at once, missing ones are retired but never forgotten;
        a changed URL clears validators, hash and failures."""

    def due(self, now: datetime, most: int) -> Sequence[FeedState]:
        """Up to ``most`` subscribed, not stopped feeds with ``next_due <= now``, longest due first."""

    def next_due(self) -> datetime | None:
        """When the next feed falls due; None without feeds."""

    def entries(self, feed: str, identities: Collection[str]) -> Mapping[str, Entry]:
        """Those of the feed's entries that are known already, by identity."""

    def record_poll(self, state: FeedState, found: Sequence[Found]) -> None:
        """In ONE transaction: poll state, a line of history, entries with their revisions, and the outbox.
        Repeating it changes nothing: a revision that is already there is left alone, with its message."""

    def outbox_size(self) -> int:
        """Messages that wait to be published."""


class OutboxStore(Protocol):
    """The outbox and the lease of its one leader."""

    def lease(self, name: str, owner: str, now: datetime, seconds: float) -> bool:
        """Takes or prolongs the lease ``name`` for ``owner``; False while somebody else holds it."""

    def release(self, name: str, owner: str) -> None:
        """Gives the lease back, so that the next leader need not wait."""

    def pending(self, stage: str, most: int) -> Sequence[OutboxRow]:
        """The oldest unpublished messages of this stage's outbox, in order."""

    def published(self, ids: Sequence[int], now: datetime) -> None:
        """Marks them as published."""


class RouteTransaction(Protocol):
    """One open transaction of route; commits when its context ends without an error."""

    def unseen(self, consumer: str, events: Sequence[str], now: datetime) -> set[str]:
        """The event ids that this consumer has not handled before; notes them in the inbox."""

    def lock_files(self, files: Collection[str]) -> Mapping[str, int]:
        """Serialises work on these files among route workers until the end of the transaction. Returns each file's
        change counter, which ``write`` raises for every file of a written issue: a cached view with another counter
        is stale."""

    def issues(self, file: str, since: datetime) -> Sequence[IssueWithStories]:
        """The file's issues with a mention at or after ``since`` that are not closed, oldest first. The stories'
        text is cut to what grouping looks at (2,000 characters)."""

    def holding(self, mentions: Collection[str]) -> Sequence[IssueWithStories]:
        """The issues, of any file, age and state, that any of these mentions is part of."""

    def items_of(self, issues: Collection[str]) -> Sequence[Item]:
        """The items of these issues."""

    def load(self) -> Mapping[str, int]:
        """Open items of each person who has any."""

    def write(self, stage: str, writes: RouteWrites) -> None:
        """Writes all rows; an older revision never overwrites a newer one; messages go to the stage's outbox."""

    def bury(self, letters: Sequence[DeadLetter]) -> None:
        """Keeps dead letters; a known id is left alone."""


class RouteStore(Protocol):
    """Where route writes."""

    def transaction(self) -> AbstractContextManager[RouteTransaction]:
        """BEGIN (IMMEDIATE on SQLite), commit at the end of the block, rollback on any error."""
