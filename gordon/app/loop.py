"""What the consuming daemons share: the stage in force, the loop around it, the gauge of its lag."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Sequence

from gordon import log
from gordon.app.daemon import Daemon
from gordon.app.gauges import Gauges, Lag
from gordon.app.limits import shorten
from gordon.app.observe import LoopObserver
from gordon.bus import Bus
from gordon.events import Event, Topics
from gordon.metrics import Metrics
from gordon.stage import Stage
from gordon.worker import Backoff, Worker


class Current:
    """The stage in force: a reload puts another one in its place between two batches."""

    def __init__(self, stage: Stage) -> None:
        self.stage = stage
        self.name, self.reads, self.batch = stage.name, stage.reads, stage.batch

    def handle(self, events: Sequence[Event]) -> Iterable[Event]:
        """What the stage in force makes of it."""
        return self.stage.handle(events)


def work(
    daemon: Daemon,
    stage: Stage,
    bus: Bus,
    open_bus: Callable[[], Bus],
    *,
    chores: Sequence[Callable[[], None]],
    looks: Sequence[Callable[[], None]] = (),
    closing: Callable[[], None] = lambda: None,
    until: Callable[[], bool] = lambda: False,
) -> None:
    """The worker loop of a daemon. ``chores`` run between batches; ``looks`` are its gauges beside the lag, which
    ``open_bus`` is for; ``closing`` ends what they hold, in their thread. Ends with the daemon, or when
    ``until()``: what is read is to change."""
    settings = daemon.settings
    topics = Topics(settings.topic_prefix)
    group = topics.group(stage.name)
    lag = Lag(daemon.metrics, open_bus, stage.name, stage.reads, group)

    def between() -> None:
        for chore in chores:
            chore()

    worker = Worker(
        stage,
        bus,
        group=group,
        dead_topic=topics.dead,
        observer=LoopObserver(stage.name, daemon.metrics, daemon.health),
        backoff=Backoff(settings.worker.backoff_least, settings.worker.backoff_most),
        sleep=time.sleep,
        monotonic=time.monotonic,
    )

    def close() -> None:
        lag.close()
        closing()

    with Gauges(lag, BusGauge(daemon.metrics, bus), lambda: shorten(daemon.files), *looks, closing=close):
        daemon.started()
        worker.run(lambda: daemon.signals.stopping() or until(), between)


class BusGauge:
    """What a Kafka bus had to mend since the start; 0 for one that has nothing of the kind."""

    def __init__(self, metrics: Metrics, bus: Bus) -> None:
        self._metrics, self._bus = metrics, bus
        self._resets = 0

    def __call__(self) -> None:
        """Sets the gauges; a reset is an error in the log as well, for it may mean that events are lost."""
        self._metrics.set("gordon_producers_replaced", getattr(self._bus, "producers_replaced", 0))
        resets = getattr(self._bus, "offset_resets", 0)
        self._metrics.set("gordon_offset_resets", resets)
        if resets > self._resets:
            log.logger().error("the log did not go on where it was left", partitions=resets - self._resets)
        self._resets = resets
