"""The relay daemon: posts what happens in queues to the desk's webhooks, and publishes what waits in the outboxes
while ingest and route are away."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import TypeAlias

from gordon.app.connect import connect_bus, connect_store
from gordon.app.courier import Courier
from gordon.app.courier_notes import CourierNotes, begin_counters, gauge_webhooks
from gordon.app.daemon import Daemon, Reloader, owner_name, utc_now
from gordon.app.folder_watch import FolderWatch
from gordon.app.gauges import Gauges
from gordon.app.hooks import Hook, ready_hooks
from gordon.app.inlet import Inlet
from gordon.app.loop import work
from gordon.app.outbox import RelayThread, gauge_outbox
from gordon.app.policy import Policy, checked, read_policy
from gordon.app.prepare import ready
from gordon.bus import Bus
from gordon.events import Topics
from gordon.ids import digest
from gordon.webhooks import Delivery
from store.database import Database
from store.deliveries import Deliveries, queues_with_items

STAGES = ("ingest", "route", "relay")
Fresh: TypeAlias = tuple[Policy, tuple[Hook, ...]]


def run_relay(folder: Path, environ: Mapping[str, str], *, metrics_port: int | None) -> None:
    """Runs until SIGTERM. Raises DeskInvalid or DatabaseUnfit where desk, secrets or database are wrong."""
    watch = FolderWatch(folder, time.monotonic)
    policy = read_policy(folder, environ)
    hooks = ready_hooks(policy.desk, environ)
    settings = policy.desk.settings
    with Daemon("relay", folder, settings, environ, metrics_port=metrics_port) as daemon:
        database = daemon.obtain("store", lambda: ready(connect_store(settings, folder)))
        if database is None:
            return
        with Threads(daemon, folder, database) as threads:
            store = Deliveries(database)
            force = InForce(daemon, store, threads.courier, lambda: queues_with_items(database))
            force.use((policy, hooks))

            def read() -> Fresh:
                fresh = checked(folder, environ, daemon.health.beat)
                return fresh, ready_hooks(fresh.desk, environ)

            _work(daemon, folder, force, Reloader(daemon, watch, read, force.use))
        database.close()


def _work(daemon: Daemon, folder: Path, force: InForce, reload: Callable[[], None]) -> None:
    """Reads the queues; begins anew when the desk has others."""

    def open_bus() -> Bus:
        return connect_bus(daemon.settings, folder)

    while daemon.obtain("store", force.ready):
        inlet = force.make_inlet()
        bus = daemon.obtain("bus", open_bus)
        if bus is None:
            return
        try:
            work(daemon, inlet, bus, open_bus, chores=[reload, force.settle], until=force.moved)
        finally:
            bus.close()


class Threads(AbstractContextManager["Threads"]):
    """What goes on beside the loop, whether the bus answers or not: the outboxes, the courier and the gauges."""

    def __init__(self, daemon: Daemon, folder: Path, database: Database) -> None:
        self._relays = [RelayThread(stage, daemon, folder, database) for stage in STAGES]
        self._ended = threading.Event()
        self.courier = Courier(
            Deliveries(database),
            daemon.settings.http,
            owner=owner_name(),
            dead_topic=Topics(daemon.settings.topic_prefix).dead,
            observer=CourierNotes(daemon.metrics, daemon.health, self._relays[-1].wake),
            now=utc_now,
            monotonic=time.monotonic,
        )
        self._thread = threading.Thread(target=self.courier.run, args=(self._ended.is_set,), name="courier")
        self._gauges = Gauges(
            lambda: gauge_outbox(daemon, database, *STAGES),
            lambda: gauge_webhooks(daemon.metrics, Deliveries(database), utc_now()),
        )

    def __enter__(self) -> Threads:
        for relay in self._relays:
            relay.start()
        self._thread.start()
        self._gauges.__enter__()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._gauges.__exit__(kind, error, trace)
        self._ended.set()
        self.courier.wake()
        self._thread.join()
        for relay in self._relays:
            relay.stop()


class InForce:
    """The webhooks in force, for those who read and those who post. A fresh desk is taken up by ``settle``, between
    two batches, as soon as the database answers."""

    def __init__(
        self, daemon: Daemon, store: Deliveries, courier: Courier, queues: Callable[[], frozenset[str]]
    ) -> None:
        """``queues``: those that may speak though the desk has them no more."""
        self._daemon, self._store, self._courier, self._queues = daemon, store, courier, queues
        self._fresh: Fresh | None = None
        self._hooks: tuple[Hook, ...] = ()
        self._since: Mapping[str, datetime] = {}
        self._reads: tuple[str, ...] = ()
        self._inlet: Inlet | None = None

    def use(self, fresh: Fresh) -> None:
        """To be taken up at the next ``settle``."""
        self._fresh = fresh

    def ready(self) -> bool:
        """True once nothing fresh is left, for those who wait."""
        self.settle()
        return True

    def settle(self) -> None:
        """Takes up what is fresh. Raises StoreUnavailable, and does it at the next call."""
        if self._fresh is None:
            return
        policy, self._hooks = self._fresh
        topics = Topics(self._daemon.settings.topic_prefix)
        queues = self._queues() | set(policy.desk.queues.queues)
        addresses = {hook.id: digest(hook.webhook.url.encode(), 32) for hook in self._hooks}
        self._since = self._store.sync(addresses, utc_now())
        self._reads = tuple(topics.queue(name) for name in sorted(queues))
        self._fresh = None
        begin_counters(self._daemon.metrics, addresses)
        self._courier.use(self._hooks)
        if self._inlet:
            self._inlet.use([hook.webhook for hook in self._hooks], self._since)

    def make_inlet(self) -> Inlet:
        """The stage for the queues in force."""
        self._inlet = Inlet(self._reads, self._accept, now=utc_now)
        self._inlet.use([hook.webhook for hook in self._hooks], self._since)
        return self._inlet

    def moved(self) -> bool:
        """Whether the stage reads other queues than those in force."""
        return self._inlet is not None and self._inlet.reads != self._reads

    def _accept(self, found: Sequence[Delivery]) -> None:
        self._store.accept(found)
        self._courier.wake()
