"""The ingest daemon: polls the feeds of the desk, records what it finds and publishes it."""

from __future__ import annotations

import random
import time
from collections import Counter
from collections.abc import Mapping
from pathlib import Path

from gordon.app.connect import connect_store
from gordon.app.daemon import Daemon, Reloader, utc_now
from gordon.app.folder_watch import FolderWatch
from gordon.app.gauges import Gauges
from gordon.app.outbox import RelayThread, gauge_outbox
from gordon.app.policy import Policy, checked, read_policy
from gordon.app.prepare import ready
from gordon.app.prune import Pruner
from gordon.events import Topics
from gordon.metrics import Metrics
from ingest.client import Client
from ingest.daemon import Ingest, PollReport
from ingest.parser import ParserPool
from store.database import Database
from store.feeds import feeds_by_outcome
from store.ingest import Ingest as IngestStore

TURN = 0.5


def run_ingest(folder: Path, environ: Mapping[str, str], *, metrics_port: int | None) -> None:
    """Runs until SIGTERM. Raises DeskInvalid or DatabaseUnfit where desk or database are wrong."""
    watch = FolderWatch(folder, time.monotonic)
    policy = read_policy(folder, environ)
    settings = policy.desk.settings
    with Daemon("ingest", folder, settings, metrics_port=metrics_port) as daemon:
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
        now=utc_now,
        monotonic=time.monotonic,
        jitter=random.random,
        on_poll=lambda report: note_poll(daemon.metrics, report),
        after_commit=relay.wake,
    )
    ingest.sync(policy.feeds)
    reload = Reloader(daemon, watch, lambda: checked(folder, environ), lambda fresh: ingest.sync(fresh.feeds))
    relay.start()
    daemon.started()
    try:
        with Gauges(lambda: _gauges(daemon, database), Pruner(database, settings.retention, utc_now)):
            while not daemon.signals.stopping():
                daemon.health.beat()
                reload()
                ingest.turn(TURN)
                _note_store(daemon, ingest)
            ingest.drain()
    finally:
        relay.stop()
        parser.close()
        client.close()


def _note_store(daemon: Daemon, ingest: Ingest) -> None:
    if ingest.paused:
        daemon.health.down("store", "the database does not answer")
    else:
        daemon.health.up("store")


def _gauges(daemon: Daemon, database: Database) -> None:
    gauge_outbox(daemon, database, "ingest")
    states = feeds_by_outcome(database)
    daemon.metrics.replace("gordon_feeds", {(state,): float(number) for state, number in states.items()})


def note_poll(metrics: Metrics, report: PollReport) -> None:
    """One poll, counted."""
    metrics.count("gordon_polls_total", 1, report.outcome)
    metrics.observe("gordon_poll_seconds", report.seconds)
    metrics.count("gordon_feed_bytes_total", report.bytes)
    for kind, number in Counter(found.mention.kind for found in report.found).items():
        metrics.count("gordon_mentions_found_total", number, kind)
    for found in report.found:
        mention = found.mention
        if mention.kind == "new" and mention.published is not None:
            delay = (mention.seen - mention.published).total_seconds()
            metrics.observe("gordon_publication_delay_seconds", max(0.0, delay))
