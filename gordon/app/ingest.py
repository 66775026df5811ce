"""The ingest daemon: polls the feeds of the desk, records what it finds and publishes it."""

from __future__ import annotations

import random
import time
from collections import Counter
from collections.abc import Callable, Mapping
from pathlib import Path

from gordon import log
from gordon.app.connect import connect_store
from gordon.app.daemon import Daemon, Reloader, owner_name, utc_now
from gordon.app.feed_gauges import FeedGauges
from gordon.app.folder_watch import FolderWatch
from gordon.app.gauges import Gauges
from gordon.app.limits import shorten, take_files
from gordon.app.outbox import RelayThread, gauge_outbox
from gordon.app.policy import Policy, checked, read_policy
from gordon.app.prepare import ready
from gordon.app.prune import Pruner, trim_log
from gordon.app.websub import Hubs
from gordon.events import Topics
from gordon.metrics import Metrics
from ingest.client import Client
from ingest.daemon import Ingest
from ingest.expat_version import outdated_expat
from ingest.parser import ParserPool
from ingest.settle import PollReport
from store.database import Database
from store.hubs import Hubs as HubStore
from store.ingest import Ingest as IngestStore
from store.outbox import Outbox

TURN = 0.5
MOST_FILES = 16_384


def run_ingest(folder: Path, environ: Mapping[str, str], *, metrics_port: int | None) -> None:
    """Runs until SIGTERM. Raises DeskInvalid or DatabaseUnfit where desk or database are wrong."""
    watch = FolderWatch(folder, time.monotonic)
    policy = read_policy(folder, environ)
    settings = policy.desk.settings
    with Daemon("ingest", folder, settings, environ, metrics_port=metrics_port) as daemon:
        take_files(MOST_FILES)  # many feeds at once need many sockets
        if warning := outdated_expat():
            log.logger().warning("expat is old", advice=warning)
        database = daemon.obtain("store", lambda: ready(connect_store(settings, folder)))
        if database:
            _work(daemon, watch, policy, folder, environ, database)
            database.close()


def _work(
    daemon: Daemon, watch: FolderWatch, policy: Policy, folder: Path, environ: Mapping[str, str], database: Database
) -> None:
    settings = daemon.settings
    relay = RelayThread("ingest", daemon, folder, database)
    parser = ParserPool(settings.parse, clock=time.monotonic)
    client = Client(settings.http, clock=time.monotonic)
    ingest = Ingest(
        IngestStore(database),
        client,
        parser,
        settings,
        Topics(settings.topic_prefix),
        owner=owner_name(),
        now=utc_now,
        monotonic=time.monotonic,
        jitter=random.random,
        on_poll=lambda report: note_poll(daemon.metrics, report),
        on_page=lambda outcome: daemon.metrics.count("gordon_pages_total", 1, outcome),
        after_commit=relay.wake,
    )
    ingest.sync(policy.feeds)
    reload = Reloader(
        daemon, watch, lambda: checked(folder, environ, daemon.health.beat), lambda fresh: ingest.sync(fresh.feeds)
    )
    relay.start()
    daemon.started()
    try:
        hubs = Hubs(daemon.metrics, settings, HubStore(database), Outbox(database))
        with hubs, Gauges(*_looks(daemon, database, folder)):
            while not daemon.signals.stopping():
                daemon.health.beat()
                reload()
                ingest.turn(TURN)
                _note_state(daemon, ingest)
            ingest.drain()
    finally:
        relay.stop()
        parser.close()
        client.close()


def _looks(daemon: Daemon, database: Database, folder: Path) -> tuple[Callable[[], None], ...]:
    """What is counted, and forgotten, beside the loop."""
    return (
        lambda: gauge_outbox(daemon, database, "ingest"),
        lambda: shorten(daemon.files),
        FeedGauges(daemon.metrics, database, utc_now),
        Pruner(database, daemon.settings.retention, utc_now, lambda now: trim_log(daemon.settings, folder, now)),
    )


def _note_state(daemon: Daemon, ingest: Ingest) -> None:
    daemon.metrics.set("gordon_ingest_standby", float(ingest.standby))
    if ingest.paused:
        daemon.health.down("store", "the database does not answer")
    else:
        daemon.health.up("store")
    if ingest.standby:
        daemon.health.down("turn", "another ingest daemon polls; SQLite allows one at a time")
    else:
        daemon.health.up("turn")


def note_poll(metrics: Metrics, report: PollReport) -> None:
    """One poll, counted."""
    metrics.count("gordon_polls_total", 1, report.outcome)
    metrics.observe("gordon_poll_seconds", report.seconds)
    metrics.count("gordon_feed_bytes_total", report.bytes)
    metrics.count("gordon_entries_dropped_total", report.dropped)
    for kind, number in Counter(found.mention.kind for found in report.found).items():
        metrics.count("gordon_mentions_found_total", number, kind)
    for found in report.found:
        mention = found.mention
        if mention.kind == "new" and mention.published is not None:
            delay = (mention.seen - mention.published).total_seconds()
            metrics.observe("gordon_publication_delay_seconds", max(0.0, delay))
