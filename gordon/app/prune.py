"""Forgets, once an hour, what the database keeps only for redelivery and diagnosis."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta

from gordon import log
from gordon.settings import Retention
from store.database import Database
from store.prune import KINDS, prune

EVERY = timedelta(hours=1)
SETTINGS = {kind: "polls" if kind == "readings" else kind for kind in KINDS}
"""Which setting of [retention] says how long records of a class are kept."""


def cutoffs(retention: Retention, now: datetime) -> Mapping[str, datetime]:
    """Before when the records of each class are forgotten."""
    return {kind: now - timedelta(seconds=getattr(retention, setting)) for kind, setting in SETTINGS.items()}


class Pruner:
    """To be called now and then; prunes at the first call and then at most once an hour."""

    def __init__(self, database: Database, retention: Retention, now: Callable[[], datetime]) -> None:
        self._database, self._retention, self._now = database, retention, now
        self._next = now()

    def __call__(self) -> None:
        now = self._now()
        if now < self._next:
            return
        self._next = now + EVERY
        gone = {kind: prune(self._database, kind, before) for kind, before in cutoffs(self._retention, now).items()}
        if any(gone.values()):
            log.logger().info("pruned", **gone)
