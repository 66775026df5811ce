"""What every daemon shares: log, metrics, health, signals, the listener, reload of the desk, regular chores."""

from __future__ import annotations

import os
import socket
import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Generic, TypeVar

from gordon import log
from gordon.app.folder_watch import FolderWatch
from gordon.app.signals import Signals
from gordon.errors import DeskInvalid, Transient
from gordon.health import Health, Listener, free_ratio
from gordon.metrics import Metrics
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

    def __init__(self, stage: str, folder: Path, settings: Settings, *, metrics_port: int | None) -> None:
        log.set_up(settings.log.level, settings.log.format, stage)
        self.stage = stage
        self.folder = folder
        self.settings = settings
        self.signals = Signals(settings.worker.drain)
        self.metrics = Metrics(stage)
        data = settings.data_folder(folder)
        data.mkdir(parents=True, exist_ok=True)
        self.health = Health(data)
        self.note_desk(True)
        self.metrics.watch("gordon_ready", lambda: float(not self.health.ready()))
        self.metrics.watch("gordon_disk_free_ratio", lambda: free_ratio(data))
        self.listener = Listener(
            self.metrics, self.health, settings.metrics.listen, _port(stage, settings, metrics_port)
        )
        self.address = data / f"{stage}.metrics"
        self.address.write_text(f"{settings.metrics.listen}:{self.listener.port}\n")

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.listener.close()

    def obtain(self, part: str, make: Callable[[], T]) -> T | None:
        """What ``make`` opens; waits while it is away, however long. None when the daemon is asked to end meanwhile."""
        wait = self.settings.worker.backoff_least
        while not self.signals.stopping():
            self.health.beat()
            try:
                made = make()
            except Transient as error:
                self.health.down(part, str(error))
                log.logger().warning("waiting", part=part, error=str(error), seconds=wait)
                self.pause(wait)
                wait = min(wait * 2, self.settings.worker.backoff_most)
            else:
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
        changed = self._watch.changed()
        if not (self._daemon.signals.reload_asked() or changed):
            return
        try:
            self._use(self._read())
        except DeskInvalid as error:
            self._daemon.note_desk(False)
            for problem in error.problems:
                log.logger().error("desk refused, the old one stays in force", problem=str(problem))
            return
        self._daemon.note_desk(True)
        log.logger().info("desk reloaded")
