"""The relay daemon: publishes what waits in the outboxes while ingest and route are away."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from gordon.app.connect import address_problems, connect_store
from gordon.app.daemon import Daemon
from gordon.app.gauges import Gauges
from gordon.app.outbox import RelayThread, gauge_outbox
from gordon.app.prepare import ready
from gordon.desk.load import load_desk
from gordon.errors import DeskInvalid

STAGES = ("ingest", "route")
TURN = 1.0


def run_relay(folder: Path, environ: Mapping[str, str], *, metrics_port: int | None) -> None:
    """Runs until SIGTERM. Raises DeskInvalid or DatabaseUnfit where desk or database are wrong."""
    settings = load_desk(folder, environ).settings
    wrong = address_problems(settings, folder, environ)
    if wrong:
        raise DeskInvalid(wrong)
    with Daemon("relay", folder, settings, metrics_port=metrics_port) as daemon:
        database = daemon.obtain("store", lambda: ready(connect_store(settings, folder)))
        if database is None:
            return
        daemon.metrics.set("gordon_desk_reload_success", 1)
        relays = [RelayThread(stage, daemon, folder, database) for stage in STAGES]
        for relay in relays:
            relay.start()
        with Gauges(lambda: gauge_outbox(daemon, database, *STAGES)):
            daemon.started()
            while not daemon.signals.stopping():
                daemon.pause(TURN)
        for relay in relays:
            relay.stop()
        database.close()
