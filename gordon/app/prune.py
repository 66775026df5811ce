"""Forgets, once an hour, what database and embedded log keep only for redelivery and diagnosis."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from pathlib import Path

from gordon import log
from gordon.bus.open import trim_bus
from gordon.settings import Retention, Settings
from store.database import Database
from store.prune import KINDS, prune

EVERY = timedelta(hours=1)
Trim = Callable[[datetime], tuple[int, int] | None]
"""Forgets in the log: how many messages went and how many stay; None where a broker does that."""
SETTINGS = {kind: "polls" if kind == "readings" else kind for kind in KINDS}
"""Which setting of [retention] says how long records of a class are kept."""


def cutoffs(retention: Retention, now: datetime) -> Mapping[str, datetime]:
    """Before when the records of each class are forgotten."""
    return {kind: now - timedelta(seconds=getattr(retention, setting)) for kind, setting in SETTINGS.items()}


def trim_log(settings: Settings, folder: Path, now: datetime, *, dry_run: bool = False) -> tuple[int, int] | None:
    """How many messages of the embedded log went, or would go, and how many stay; None on Kafka."""
    return trim_bus(settings.bus_url(folder), now=now, keep=settings.retention.log, dry_run=dry_run)


class Pruner:
    """To be called now and then; prunes at the first call and then at most once an hour."""

    def __init__(self, database: Database, retention: Retention, now: Callable[[], datetime], trim: Trim) -> None:
        self._database, self._retention, self._now, self._trim = database, retention, now, trim
        self._next = now()

    def __call__(self) -> None:
        now = self._now()
        if now < self._next:
            return
        self._next = now + EVERY
        gone = {kind: prune(self._database, kind, before) for kind, before in cutoffs(self._retention, now).items()}
        gone["log"] = (self._trim(now) or (0, 0))[0]
        if any(gone.values()):
            log.logger().info("pruned", **gone)
