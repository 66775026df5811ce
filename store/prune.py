"""Forgetting what nobody asks for any more, class by class. Mentions, issues, items and dead letters stay for ever.

In steps of some thousand rows, each a transaction: whoever writes meanwhile hardly waits, and what is killed half-way
goes on where it was.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Column, ColumnElement, Table, delete, func, literal_column, or_, select, tuple_

from store.database import Database
from store.delivery_tables import deliveries, webhooks
from store.tables import feeds, inbox, outbox, polls, readings

STEP = 5000


@dataclass(frozen=True, slots=True)
class Kind:
    """A class of records, and which of them are old ``before`` a time."""

    table: Table
    old: Callable[[datetime], ColumnElement[bool]]

    @property
    def keys(self) -> tuple[Column[object], ...]:
        return tuple(self.table.primary_key.columns)


def _readings(before: datetime) -> ColumnElement[bool]:
    retired = select(feeds.c.id).where(~feeds.c.subscribed, feeds.c.last_poll < before)
    return readings.c.feed.in_(retired)


def _deliveries(before: datetime) -> ColumnElement[bool]:
    asleep = select(webhooks.c.id).where(or_(~webhooks.c.wanted, webhooks.c.disabled_at < before))
    stranded = (
        (deliveries.c.state == literal_column("'waiting'"))
        & (deliveries.c.created < before)
        & deliveries.c.webhook.in_(asleep)
    )
    return or_(deliveries.c.finished < before, stranded)


KINDS: Mapping[str, Kind] = {
    "outbox": Kind(outbox, lambda before: outbox.c.published < before),
    "inbox": Kind(inbox, lambda before: inbox.c.handled < before),
    "polls": Kind(polls, lambda before: polls.c.polled < before),
    "readings": Kind(readings, _readings),
    "deliveries": Kind(deliveries, _deliveries),
}
"""``outbox``: messages published before; what waits is never touched. ``inbox``: ids of events handled before; keep
them longer than the bus keeps its messages, as an older one that came again would be handled twice. ``polls``: the
history of polls; poll state stays. ``readings``: what was remembered of the bodies of feeds that are retired and were
last polled before; one that comes back is read as a whole once. ``deliveries``: what was delivered to webhooks or given
up before, and what has waited since before then for one that was set aside or is no more on the desk."""


def prune(database: Database, kind: str, before: datetime, *, step: int = STEP) -> int:
    """Forgets what is old of this class; says how many records."""
    chosen = KINDS[kind]
    some = select(*chosen.keys).where(chosen.old(before)).limit(step)
    statement = delete(chosen.table).where(tuple_(*chosen.keys).in_(some))
    total = 0
    while True:
        with database.writing() as connection:
            gone = connection.execute(statement).rowcount
        total += gone
        if gone < step:
            return total


def count(database: Database, kind: str, before: datetime) -> tuple[int, int]:
    """How many records of this class are old, and how many would stay."""
    chosen = KINDS[kind]
    with database.reading() as connection:
        old = connection.scalar(select(func.count()).select_from(chosen.table).where(chosen.old(before))) or 0
        every = connection.scalar(select(func.count()).select_from(chosen.table)) or 0
    return old, every - old
