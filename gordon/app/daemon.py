"""What every daemon shares: log, metrics, health, signals, the listener, reload of the desk, regular chores."""

from __future__ import annotations

import os
import socket
import time
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, suppress
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Generic, TypeVar

from gordon import log
from gordon.app.folder_watch import FolderWatch
from gordon.app.limits import LEAST_FILES, make_folder, sqlite_files, take_files, wal_bytes
from gordon.app.signals import Signals
from gordon.errors import DeskInvalid, Transient
from gordon.health import Health, Listener, free_ratio
from gordon.hosts import is_loopback
from gordon.metrics import Metrics
from gordon.notify import Notifier
from gordon.secret_settings import secret_values
from gordon.settings import Settings

PORT_OFFSET = {"ingest": 0, "classify": 1, "route": 2, "relay": 3}
P = TypeVar("P")
T = TypeVar("T")


def utc_now() -> datetime:
    """The wall clock of the composition root; everything else gets it as an argument."""
    return datetime.now(UTC)


def owner_name() -> str:
    """Who holds a lease: unique to this process."""
    return f"{socket.gethostname()}:{os.getpid()}:{time.monotonic_ns()}"


class Daemon(AbstractContextManager["Daemon"]):
    """One daemon's surroundings. Use as a context: the listener closes with it."""

    def __init__(
        self, stage: str, folder: Path, settings: Settings, environ: Mapping[str, str], *, metrics_port: int | None
    ) -> None:
        log.hide(secret_values(settings))
        log.set_up(settings.log.level, settings.log.format, stage)
        self.stage = stage
        self.folder = folder
        self.settings = settings
        self.signals = Signals(settings.worker.drain)
        self.metrics = Metrics(stage)
        data = settings.data_folder(folder)
        take_files(LEAST_FILES)
        make_folder(data)
        self.notifier = Notifier(environ, pid=os.getpid())
        self.health = Health(data, pulse=self._pulse)
        self.note_desk(True)
        self.metrics.watch("gordon_ready", lambda: float(not self.health.ready()))
        self.metrics.watch("gordon_disk_free_ratio", lambda: free_ratio(data))
        self.files = sqlite_files(settings.bus_url(folder), settings.database_url(folder))
        self.metrics.watch("gordon_database_wal_bytes", lambda: wal_bytes(self.files))
        self.listener = Listener(
            self.metrics, self.health, settings.metrics.listen, _port(stage, settings, metrics_port)
        )
        self.address = data / f"{stage}.metrics"
        self._tell_address()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.notifier.stopping()
        self.listener.close()

    def _pulse(self) -> None:
        """The service manager hears of the loop from the loop, and what is wrong with it beside."""
        if self.notifier.beat():
            self.notifier.status(self.health.ready() or "working")

    def _tell_address(self) -> None:
        try:
            self.address.write_text(f"{self.settings.metrics.listen}:{self.listener.port}\n")
        except OSError as error:  # a full disk keeps nobody from starting, and from saying that he waits for it
            with suppress(OSError):
                self.address.unlink(missing_ok=True)
            log.logger().warning("address not noted", file=str(self.address), error=str(error))

    def obtain(self, part: str, make: Callable[[], T]) -> T | None:
        """What ``make`` opens; waits while it is away, however long. None when the daemon is asked to end meanwhile."""
        wait = self.settings.worker.backoff_least
        while not self.signals.stopping():
            self.health.beat()
            try:
                made = make()
            except Transient as error:
                self.health.down(part, str(error))
                # Waiting is work: a service that is not started before the database is would be killed for it.
                self.notifier.ready(f"waiting for {part}: {error}")
                log.logger().warning("waiting", part=part, error=str(error), seconds=wait)
                self.pause(wait)
                wait = min(wait * 2, self.settings.worker.backoff_most)
            else:
                self.signals.begin()
                self.health.up(part)
                return made
        return None

    def pause(self, seconds: float) -> None:
        """Sleeps, but wakes for the end and keeps the loop alive."""
        until = time.monotonic() + seconds
        while not self.signals.stopping() and (left := until - time.monotonic()) > 0:
            self.health.beat()
            time.sleep(min(left, 0.2))

    def note_desk(self, success: bool) -> None:
        """The desk was read, at the start or anew; or it was refused and the old one stays in force."""
        self.metrics.set("gordon_desk_reload_success", 1 if success else 0)
        if success:
            self.metrics.set("gordon_desk_reload_timestamp_seconds", utc_now().timestamp())

    def started(self) -> None:
        """The daemon is ready for work."""
        self.health.up("start")
        self.health.beat()
        self.notifier.ready("working")
        if not is_loopback(self.settings.metrics.listen):
            log.logger().warning("metrics can be read from other machines", listen=self.settings.metrics.listen)
        log.logger().info("started", metrics=f"{self.settings.metrics.listen}:{self.listener.port}")


def _port(stage: str, settings: Settings, asked: int | None) -> int:
    if asked is not None:
        return asked
    return settings.metrics.port + PORT_OFFSET[stage] if settings.metrics.port else 0


class Reloader(Generic[P]):
    """Keeps the policy in force: on SIGHUP or when the files change it reads the desk anew, all or nothing."""

    def __init__(self, daemon: Daemon, watch: FolderWatch, read: Callable[[], P], use: Callable[[P], None]) -> None:
        """``watch``: begun before the policy in force was read, so that no change slips in between."""
        self._daemon, self._read, self._use = daemon, read, use
        self._watch = watch

    def __call__(self) -> None:
        """To be called between batches."""
        if self._daemon.signals.reload_asked():
            self._watch.ask()
        if not self._watch.changed():
            return
        self._daemon.notifier.reloading()
        try:
            self._reload()
        finally:
            self._daemon.notifier.reloaded()

    def _reload(self) -> None:
        try:
            self._use(self._read())
        except DeskInvalid as error:
            self._daemon.note_desk(False)
            for problem in error.problems:
                log.logger().error("desk refused, the old one stays in force", problem=str(problem))
            return
        self._daemon.note_desk(True)
        log.logger().info("desk reloaded")
