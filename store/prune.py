"""Forgetting what nobody asks for any more. Mentions, issues, items and dead letters are never forgotten."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import delete, select

from store.database import Database
from store.tables import feeds, inbox, polls, readings


def prune_inbox(database: Database, before: datetime) -> int:
    """Forgets events handled before this time; says how many. Keep them longer than the bus keeps its messages:
    an older one that came again would be handled twice."""
    with database.writing() as connection:
        return connection.execute(delete(inbox).where(inbox.c.handled < before)).rowcount


def prune_polls(database: Database, before: datetime) -> int:
    """Forgets the history of polls before this time; says how many lines. Poll state stays."""
    with database.writing() as connection:
        return connection.execute(delete(polls).where(polls.c.polled < before)).rowcount


def prune_readings(database: Database, before: datetime) -> int:
    """Forgets what was remembered of the bodies of feeds that are retired and were last polled before this time; says
    of how many. One that comes back is read as a whole once."""
    old = select(feeds.c.id).where(~feeds.c.subscribed, feeds.c.last_poll < before)
    with database.writing() as connection:
        return connection.execute(delete(readings).where(readings.c.feed.in_(old))).rowcount
