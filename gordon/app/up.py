"""``gordon up``: everything on this machine, one process a stage, with a live view or a line now and then."""

from __future__ import annotations

import errno
import os
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path

from rich.console import Console
from rich.live import Live

from gordon import log
from gordon.app.connect import connect_bus, connect_store, refuse_address
from gordon.app.daemon import utc_now
from gordon.app.policy import Policy, checked
from gordon.app.prepare import ready
from gordon.app.signals import Signals
from gordon.app.supervise import EXIT_CONFIGURATION, Process, Supervisor
from gordon.errors import BusUnavailable, DeskInvalid, Problem, StoreUnavailable
from gordon.events import Topics
from gordon.notify import Notifier, without_manager
from gordon.settings import Settings
from gordon.view import Snapshot, render
from store.database import Database
from store.feeds import feeds_by_outcome
from store.reads import newest_items, newest_mentions
from store.status import completeness

REFRESH = 0.5
LINE_EVERY = 5.0
DRAIN = 30.0


def run_up(folder: Path, environ: Mapping[str, str], *, view: bool, seconds: float | None) -> int:
    """Runs until SIGTERM, SIGINT or ``seconds`` are over. Returns the exit code.

    Raises DeskInvalid for a wrong desk and for addresses that do not answer.
    """
    started = time.monotonic()
    policy = checked(folder, environ)
    folder, settings = policy.desk.folder, policy.desk.settings
    log.set_up("warning" if view else settings.log.level, settings.log.format, "up")
    signals = Signals(DRAIN)
    signals.begin()
    database = _open(policy, folder, environ)
    notifier = Notifier(environ, pid=os.getpid())
    children = _processes(policy, folder, without_manager(environ), view=view)
    supervisor = Supervisor(children, monotonic=time.monotonic, alive=notifier.beat)
    supervisor.start()
    notifier.ready(f"{len(children)} processes")
    try:
        show = _Show(folder, database, supervisor, started)
        refused = _watch(show, supervisor, signals, view=view, until=started + seconds if seconds else None)
    finally:
        notifier.stopping()
        supervisor.stop()
        database.close()
    if refused:
        _report_refusal(refused, settings.data_folder(folder))
        return EXIT_CONFIGURATION
    return 0


def _open(policy: Policy, folder: Path, environ: Mapping[str, str]) -> Database:
    """The migrated database; the bus has answered once and has its topics."""
    settings = policy.desk.settings
    settings.data_folder(folder).mkdir(parents=True, exist_ok=True)
    topics = Topics(settings.topic_prefix)
    queues = [topics.queue(name) for name in policy.desk.queues.queues]
    try:
        bus = connect_bus(settings, folder)
        bus.ensure([topics.mentions, topics.tagged, topics.dead, *queues])
        bus.close()
    except BusUnavailable as error:
        raise refuse_address("bus", folder, environ, error) from error
    try:
        return ready(connect_store(settings, folder))
    except StoreUnavailable as error:
        raise refuse_address("database", folder, environ, error) from error


def _processes(policy: Policy, folder: Path, environ: Mapping[str, str], *, view: bool) -> list[Process]:
    settings = policy.desk.settings
    logs = settings.data_folder(folder) / "logs"
    logs.mkdir(parents=True, exist_ok=True)
    stages = ["ingest", *["classify"] * settings.worker.classify, "route"]
    stages += ["relay"] if policy.desk.webhooks else []
    commands: dict[str, list[str]] = {}
    if settings.demo:
        blogs = str((folder / settings.demo.blogs).resolve())
        pace = str(settings.demo.pace)
        commands["blogs"] = [sys.executable, "-m", "gordon.demo", blogs, str(settings.demo.port), pace]
    for number, stage in enumerate(stages):
        again = stage in stages[:number]
        name = f"{stage}-{number}" if again else stage
        commands[name] = [sys.executable, "-m", "gordon", stage, "--desk", str(folder)]
        commands[name] += ["--metrics-port", "0"] if again else _metrics_port(settings, stage)
    return [
        Process(name, command, environ, logs / f"{name}.log" if view else None) for name, command in commands.items()
    ]


def _metrics_port(settings: Settings, stage: str) -> list[str]:
    return [] if settings.metrics.port else ["--metrics-port", "0"]


class _Show:
    """Gathers what the view shows; while the database does not answer it keeps the last state."""

    def __init__(self, folder: Path, database: Database, supervisor: Supervisor, started: float) -> None:
        self._folder, self._database, self._supervisor, self._started = folder, database, supervisor, started
        self._last: Snapshot | None = None

    def snapshot(self) -> Snapshot | None:
        """The present state, the last known one, or None before the first."""
        try:
            self._last = Snapshot(
                desk=self._folder.name,
                now=utc_now(),
                elapsed=time.monotonic() - self._started,
                counts=completeness(self._database),
                feeds=feeds_by_outcome(self._database),
                mentions=tuple(newest_mentions(self._database, 12)),
                items=tuple(newest_items(self._database, 40)),
                processes={process.name: _trouble(process) for process in self._supervisor.processes},
            )
        except StoreUnavailable as error:
            log.logger().warning("the view waits for the database", error=str(error))
        return self._last

    def line(self) -> str:
        """The state in one line, where no terminal shows the view."""
        shot = self.snapshot()
        if shot is None:
            return "waiting for the database"
        counts = shot.counts
        polled = sum(number for state, number in shot.feeds.items() if state != "never")
        return (
            f"{shot.elapsed:.0f} s: {polled} of {counts.feeds} feeds polled, {counts.found} mentions found, "
            f"{counts.tagged} tagged, {counts.untagged} of no file, {counts.dead} dead, "
            f"{counts.issues} issues, {counts.items} items"
        )


def _trouble(process: Process) -> str:
    if process.pid is None:
        return f"down, exit {process.last_exit}"
    return f"{process.restarts} restarts" if process.restarts else ""


def _watch(show: _Show, supervisor: Supervisor, signals: Signals, *, view: bool, until: float | None) -> Process | None:
    """Tends the processes until the end; returns the one that refuses its configuration, if one does."""
    if view:
        console = Console()
        with Live(console=console, screen=console.is_terminal, auto_refresh=False) as live:

            def refresh() -> None:
                shot = show.snapshot()
                if shot:
                    live.update(render(shot, console.height), refresh=True)

            return _loop(supervisor, signals, until, refresh, REFRESH)
    return _loop(supervisor, signals, until, lambda: _say(show.line()), LINE_EVERY)


def _say(line: str) -> None:
    try:
        print(line, flush=True)
    except OSError as error:
        if error.errno != errno.ENOSPC:  # a full disk costs the line, not the daemons
            raise


def _loop(
    supervisor: Supervisor, signals: Signals, until: float | None, refresh: Callable[[], None], every: float
) -> Process | None:
    shown = 0.0
    while not signals.stopping() and (until is None or time.monotonic() < until):
        if signals.reload_asked():
            supervisor.reload()
        refused = supervisor.tend()
        if refused:
            return refused
        if time.monotonic() - shown >= every:
            refresh()
            shown = time.monotonic()
        time.sleep(0.1)
    return None


def _report_refusal(process: Process, data: Path) -> None:
    """What the process said last, where its log is not on the terminal already."""
    path = data / "logs" / f"{process.name}.log"
    said = path.read_text(encoding="utf-8", errors="replace").strip().splitlines()[-5:] if path.exists() else []
    for line in said:
        sys.stderr.write(line + "\n")
    raise DeskInvalid([Problem(process.name, 0, "does not start", "see the lines above")])
