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

from gordon.polling import Claim, Entry, Feed, HostState, HubSubscription, PageRead, Polled, Recorded
from gordon.records import (
    DeadLetter,
    Decisions,
    Issue,
    IssueWithStories,
    Item,
    ItemChange,
    OutboxRow,
    RecordedMention,
    RouteWrites,
)


class IngestStore(Protocol):
    """Feeds, hosts, entries and the outbox, as ingest needs them.

    The unit of work sharing is the host: who holds its lease may poll its feeds and pages, nobody else. ``owner`` is
    unique to a process. A lease that was not prolonged ends by itself.
    """

    def sync_feeds(self, feeds: Sequence[Feed], now: datetime) -> None:
        """Makes these the subscriptions: new ones are due at once, missing ones are retired but never forgotten;
        a changed URL clears validators, hash, reading and failures."""

    def set_clock_right(self, now: datetime) -> None:
        """Brings back to ``now`` what a clock that was ahead has noted: feeds wait once more as long as was meant, and
        leases that would last for over an hour end."""

    def claim(self, owner: str, now: datetime, until: datetime, most: int) -> Sequence[Claim] | None:
        """Leases hosts with subscribed, not stopped feeds (or pages) that are due, where the host is free, rested and
        in nobody's lease, longest due first, with what is due there: about ``most`` feeds and pages in all, but of no
        host so many that it keeps others out. A host that is already this owner's comes again with what has fallen
        due since.

        None: the database allows one daemon at a time (SQLite), and that is another one."""

    def prolong(self, owner: str, until: datetime) -> None:
        """Keeps all leases of this owner (and its turn on SQLite) until then."""

    def release(self, owner: str, hosts: Collection[str] | None) -> None:
        """Gives these hosts back; None: all of them, and the turn."""

    def next_due(self, now: datetime) -> datetime | None:
        """When the next feed or page that nobody holds can be polled, its host's rest included; None without any."""

    def late(self, before: datetime) -> int:
        """How many feeds that have been polled once have been due since before this time."""

    def entries(
        self, feed: str, identities: Collection[str], links: Collection[str] = (), contents: Collection[str] = ()
    ) -> Sequence[Entry]:
        """The feed's entries that are known by any of these, each once; of each link at most two."""

    def reading(self, feed: str) -> bytes:
        """What the last poll remembered of the body's entries; b"" for nothing."""

    def record(self, owner: str, now: datetime, polls: Sequence[Polled], hosts: Sequence[HostState]) -> Recorded:
        """In ONE transaction for all of them that the database can take: poll states, lines of history, entries with
        their revisions, what is held, and the outbox; and the state of the hosts. Repeating it changes nothing: a
        revision that is already there is left alone, with its message.

        Only what was polled under a lease that is still this owner's, with the epoch of ``hosts``, and at the address
        that the feed still has, is recorded. A rest is never shortened. What was held and dropped stays dropped."""

    def record_page(self, owner: str, now: datetime, read: PageRead, host: HostState) -> bool:
        """In one transaction: the held mention is published with its text, or its next try noted; and the host. One
        that is no longer held, or has changed since, is left alone. False: refused, as above."""

    def site_strikes(self, site: str, since: datetime) -> int:
        """How many hosts of this site have a strike and were visited since then."""

    def rest_site(self, site: str, until: datetime) -> None:
        """No host of this site is visited before then."""

    def outbox_size(self) -> int:
        """Messages that wait to be published."""


class HubStore(Protocol):
    """Subscriptions at WebSub hubs."""

    def hubs_due(self, now: datetime, most: int) -> Sequence[HubSubscription]:
        """Subscriptions whose next try has come, and new ones (token and secret "", state "wanted") for feeds that name
        a hub and have none. Those of feeds that are retired, or name no hub any more, or another hub or topic, come as
        "ending": at once, and when they are kept as "ending", at their next try; the new one comes when the old one is
        dropped."""

    def put_hub(self, subscription: HubSubscription) -> None:
        """Keeps it; "verified" sets the feed's ``pushed``, every other state clears it."""

    def drop_hub(self, feed: str) -> None:
        """Forgets it."""

    def hub_by_token(self, token: str) -> HubSubscription | None:
        """The subscription of a callback address."""

    def nudge(self, feed: str, now: datetime, least: float) -> bool:
        """The feed is due now, unless its last poll was less than ``least`` seconds ago: then it is due when they
        are over. False when it is not subscribed."""


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

    def issues(self, file: str, since: datetime, most: int) -> Sequence[IssueWithStories]:
        """The file's issues with a mention at or after ``since`` that were not merged into others, oldest first; those
        seen last, as many as it takes to have so many mentions. The stories' text is cut to what grouping looks at
        (2,000 characters)."""

    def holding(self, mentions: Collection[str]) -> Sequence[IssueWithStories]:
        """The issues, of any file, age and state, that any of these mentions is part of."""

    def with_stories(self, wanted: Collection[str]) -> Sequence[IssueWithStories]:
        """These issues, those that exist, with all their mentions, oldest first."""

    def absorbed(self, issue: Issue) -> Sequence[Issue]:
        """The issues that were merged into this one."""

    def recorded(self, wanted: Collection[tuple[str, int]]) -> Sequence[RecordedMention]:
        """These revisions of mentions, those that exist."""

    def items_of(self, issues: Collection[str]) -> Sequence[Item]:
        """The items of these issues."""

    def items_by_id(self, wanted: Collection[str]) -> Sequence[Item]:
        """These items, those that exist. Lock their files first, so that nobody changes them meanwhile."""

    def history(self, item: str) -> Sequence[ItemChange]:
        """The audit of an item, in order."""

    def due_items(self, now: datetime, most: int) -> Sequence[Item]:
        """Open items of which a clock ran out by now, the longest due first. As they stood: nothing is locked."""

    def open_items(self, after: Item | None, most: int) -> Sequence[Item]:
        """Open items, oldest first, those behind ``after``. As they stood: nothing is locked."""

    def issues_by_id(self, wanted: Collection[str]) -> Sequence[Issue]:
        """These issues, those that exist."""

    def quiet_issues(self, before: datetime, most: int) -> Sequence[Issue]:
        """Open issues without a mention since then, oldest first."""

    def decisions(self, files: Collection[str]) -> Mapping[str, Decisions]:
        """What people decided about the issues of these files."""

    def hours(self, files: Collection[str], since: datetime) -> Mapping[str, Mapping[datetime, int]]:
        """How many mentions were new in each hour that had any."""

    def counting_since(self) -> datetime | None:
        """The first hour with a new mention of any file; None before the first mention."""

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
