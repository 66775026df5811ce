"""The relay of a daemon: a thread that publishes its outbox, and the gauges of what waits."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from pathlib import Path

from gordon.app.connect import connect_bus
from gordon.app.daemon import Daemon, owner_name, utc_now
from gordon.app.observe import OutboxObserver
from gordon.relay import Relay
from store.database import Database
from store.outbox import Outbox
from store.status import outbox_by_stage


class RelayThread:
    """Publishes the outbox of one stage beside the daemon's loop. ``wake`` it after a commit."""

    def __init__(self, stage: str, daemon: Daemon, folder: Path, database: Database) -> None:
        self._ended = threading.Event()
        self._relay = Relay(
            stage,
            Outbox(database),
            lambda: connect_bus(daemon.settings, folder),
            owner=owner_name(),
            observer=OutboxObserver(stage, daemon.health),
            now=utc_now,
            monotonic=time.monotonic,
        )
        self._thread = threading.Thread(target=self._relay.run, args=(self._ended.is_set,), name=f"relay-{stage}")
        self.wake: Callable[[], None] = self._relay.wake

    def start(self) -> None:
        """Starts the thread."""
        self._thread.start()

    def stop(self) -> None:
        """Publishes what is left, then ends the thread."""
        self._ended.set()
        self._relay.wake()
        self._thread.join()


def gauge_outbox(daemon: Daemon, database: Database, *stages: str) -> None:
    """How much waits in the outboxes of these stages, and for how long the oldest."""
    waiting = [entry for stage, entry in outbox_by_stage(database).items() if stage in stages]
    oldest = min((since for _, since in waiting if since), default=None)
    daemon.metrics.set("gordon_outbox_events", sum(size for size, _ in waiting))
    daemon.metrics.set("gordon_outbox_oldest_seconds", (utc_now() - oldest).total_seconds() if oldest else 0.0)
