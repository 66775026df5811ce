"""The route daemon: tagged mentions in, items with teams in queues out."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from datetime import timedelta
from pathlib import Path

from gordon import log
from gordon.app.connect import connect_bus, connect_store, stage_bus
from gordon.app.daemon import Daemon, Reloader, utc_now
from gordon.app.folder_watch import FolderWatch
from gordon.app.gauges import Sparing
from gordon.app.loop import Current, work
from gordon.app.outbox import RelayThread, gauge_outbox
from gordon.app.policy import Policy, checked, read_policy
from gordon.app.prepare import ready
from gordon.app.route_gauges import Equation, gauge_items, gauge_people
from gordon.bus import Bus
from gordon.errors import StoreUnavailable
from gordon.events import Topics
from gordon.metrics import Metrics
from gordon.settings import Settings
from route.clocks import STEPS
from route.coverage import Coverage
from route.life import Life, LifeReport
from route.policy import RoutePolicy, make_policy
from route.stage import Route, RouteReport
from store.database import Database
from store.route import Route as RouteStore

LANGUAGES = frozenset({"en", "fr", "und"})


def run_route(folder: Path, environ: Mapping[str, str], *, metrics_port: int | None) -> None:
    """Runs until SIGTERM. Raises DeskInvalid or DatabaseUnfit where desk or database are wrong."""
    watch = FolderWatch(folder, time.monotonic)
    policy = read_policy(folder, environ)
    settings = policy.desk.settings
    with Daemon("route", folder, settings, environ, metrics_port=metrics_port) as daemon:
        database = daemon.obtain("store", lambda: ready(connect_store(settings, folder)))
        if database:
            _work(daemon, watch, policy, folder, environ, database)
            database.close()


def _work(
    daemon: Daemon, watch: FolderWatch, policy: Policy, folder: Path, environ: Mapping[str, str], database: Database
) -> None:
    relay = RelayThread("route", daemon, folder, database)
    force = _InForce(policy)

    def observe(report: RouteReport) -> None:
        relay.wake()
        note_batch(daemon.metrics, report)

    _begin_counters(daemon.metrics, policy)
    current = Current(make_stage(policy, daemon.settings, database, observe, daemon.health.beat))
    turns = Turns(_life(policy, daemon.settings, database), daemon, relay.wake)

    def use(fresh: Policy) -> None:
        _begin_counters(daemon.metrics, fresh)
        force.people, force.coverage = fresh.desk.people, Coverage(fresh.desk)
        turns.life = _life(fresh, daemon.settings, database)
        current.stage = make_stage(fresh, daemon.settings, database, observe, daemon.health.beat)

    reload = Reloader(daemon, watch, lambda: checked(folder, environ, daemon.health.beat), use)

    def open_bus() -> Bus:
        return connect_bus(daemon.settings, folder)

    equation = Equation(daemon.metrics, database, open_bus, Topics(daemon.settings.topic_prefix))
    looks = (Sparing(lambda: _look(daemon, database, force)), equation)
    bus = daemon.obtain("bus", lambda: stage_bus(daemon.settings, folder))
    if bus is None:
        return
    relay.start()
    try:
        work(daemon, current, bus, open_bus, chores=[reload, turns], looks=looks, closing=equation.close)
    finally:
        relay.stop()
        bus.close()


class _InForce:
    """What the chores need of the policy in force."""

    def __init__(self, policy: Policy) -> None:
        self.people, self.coverage = policy.desk.people, Coverage(policy.desk)


def _look(daemon: Daemon, database: Database, force: _InForce) -> None:
    now = utc_now()
    gauge_outbox(daemon, database, "route")
    gauge_items(daemon.metrics, database, now)
    gauge_people(daemon.metrics, database, force.people, force.coverage, now)


def make_stage(
    policy: Policy,
    settings: Settings,
    database: Database,
    observe: Callable[[RouteReport], None],
    alive: Callable[[], None] = lambda: None,
) -> Route:
    """The stage of this desk on this database."""
    routing, store = _route_policy(policy, settings), RouteStore(database)
    remember = settings.route.remember
    return Route(policy=routing, store=store, now=utc_now, observe=observe, alive=alive, remember=remember)


def _route_policy(policy: Policy, settings: Settings) -> RoutePolicy:
    return make_policy(policy.desk, policy.tree, policy.silences, Topics(settings.topic_prefix))


def _life(policy: Policy, settings: Settings, database: Database) -> Life:
    return Life(
        _route_policy(policy, settings),
        RouteStore(database),
        now=utc_now,
        dormant_after=timedelta(seconds=settings.route.dormant_after),
    )


def _begin_counters(metrics: Metrics, policy: Policy) -> None:
    """A counter that appears with its first breach shows no increase: Prometheus has to see it at 0 before."""
    for queue in policy.desk.queues.queues:
        for step in STEPS:
            metrics.count("gordon_clock_breaches_total", 0, queue, step)


class Turns:
    """The turns of the clock, one every ``route.tick``, between batches."""

    def __init__(self, life: Life, daemon: Daemon, wake: Callable[[], None]) -> None:
        self.life = life
        self._daemon, self._wake = daemon, wake
        self._next = 0.0

    def __call__(self) -> None:
        """Does what is due. A database that is away is the loop's to wait for; the next turn comes anyway."""
        if time.monotonic() < self._next:
            return
        self._next = time.monotonic() + self._daemon.settings.route.tick
        try:
            report = self.life.turn()
        except StoreUnavailable as error:
            log.logger().warning("clocks not looked at", error=str(error))
            return
        note_turn(self._daemon.metrics, report)
        if report.changes:
            self._wake()


def note_turn(metrics: Metrics, report: LifeReport) -> None:
    """One turn, counted."""
    for queue, clock in report.breaches:
        metrics.count("gordon_clock_breaches_total", 1, queue, clock)
    for change in report.changes:
        metrics.count("gordon_items_total", 1, change.item.queue, change.item.assigned.change)


def note_batch(metrics: Metrics, report: RouteReport) -> None:
    """One batch, counted."""
    for (queue, change), number in report.items.items():
        metrics.count("gordon_items_total", number, queue, change)
    for (file, language), number in report.tagged.items():
        metrics.count("gordon_mentions_tagged_total", number, file, _bounded(language))
    for language, number in report.untagged.items():
        metrics.count("gordon_mentions_untagged_total", number, _bounded(language))
    for silence, number in report.silenced.items():
        metrics.count("gordon_mentions_silenced_total", number, silence)
    for file, seconds in report.waits:
        metrics.observe("gordon_publish_to_queue_seconds", seconds, file)


def _bounded(language: str) -> str:
    """A label: mentions from elsewhere may claim any language."""
    return language if language in LANGUAGES else "other"
