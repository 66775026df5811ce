"""Forgetting what nobody asks for any more. Mentions, issues, items and dead letters are never forgotten."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import delete

from store.database import Database
from store.tables import inbox, polls


def prune_inbox(database: Database, before: datetime) -> int:
    """Forgets events handled before this time; says how many. Keep them longer than the bus keeps its messages:
    an older one that came again would be handled twice."""
    with database.writing() as connection:
        return connection.execute(delete(inbox).where(inbox.c.handled < before)).rowcount


def prune_polls(database: Database, before: datetime) -> int:
    """Forgets the history of polls before this time; says how many lines. Poll state stays."""
    with database.writing() as connection:
        return connection.execute(delete(polls).where(polls.c.polled < before)).rowcount
