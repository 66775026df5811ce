"""Forgets, once an hour, what the database keeps only for redelivery and diagnosis."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

from gordon import log
from gordon.settings import Retention
from store.database import Database
from store.deliveries import Deliveries
from store.outbox import Outbox
from store.prune import prune_inbox, prune_polls, prune_readings

EVERY = timedelta(hours=1)


class Pruner:
    """To be called now and then; prunes at the first call and then at most once an hour."""

    def __init__(self, database: Database, retention: Retention, now: Callable[[], datetime]) -> None:
        self._database, self._retention, self._now = database, retention, now
        self._next = now()

    def __call__(self) -> None:
        now, keep = self._now(), self._retention
        if now < self._next:
            return
        self._next = now + EVERY
        outbox = Outbox(self._database).prune_outbox(now - timedelta(seconds=keep.outbox))
        inbox = prune_inbox(self._database, now - timedelta(seconds=keep.inbox))
        before = now - timedelta(seconds=keep.polls)
        polls, readings = prune_polls(self._database, before), prune_readings(self._database, before)
        deliveries = Deliveries(self._database).prune(now - timedelta(seconds=keep.deliveries))
        if outbox or inbox or polls or readings or deliveries:
            log.logger().info(
                "pruned", outbox=outbox, inbox=inbox, polls=polls, readings=readings, deliveries=deliveries
            )
