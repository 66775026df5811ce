"""What the consuming daemons share: the stage in force, the loop around it, the gauge of its lag."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Sequence

from gordon.app.daemon import Daemon, Every
from gordon.app.observe import LoopObserver
from gordon.bus import Bus
from gordon.errors import Transient
from gordon.events import Event, Topics
from gordon.metrics import Metrics
from gordon.stage import Stage
from gordon.worker import Backoff, Worker

LAG_EVERY = 5.0
UNKNOWN = float("nan")


class Current:
    """The stage in force: a reload puts another one in its place between two batches."""

    def __init__(self, stage: Stage) -> None:
        self.stage = stage
        self.name, self.reads, self.batch = stage.name, stage.reads, stage.batch

    def handle(self, events: Sequence[Event]) -> Iterable[Event]:
        """What the stage in force makes of it."""
        return self.stage.handle(events)


def work(daemon: Daemon, stage: Stage, bus: Bus, chores: Sequence[Callable[[], None]]) -> None:
    """The worker loop of a daemon, with what it does between batches."""
    settings = daemon.settings
    topics = Topics(settings.topic_prefix)
    group = topics.group(stage.name)
    lag = Every(LAG_EVERY, lambda: gauge_lag(daemon.metrics, bus, stage, group), time.monotonic)

    every: list[Callable[[], None]] = [*chores, lag]

    def between() -> None:
        for chore in every:
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
    daemon.started()
    worker.run(daemon.signals.stopping, between)


def gauge_lag(metrics: Metrics, bus: Bus, stage: Stage, group: str) -> None:
    """The lag of each topic; unknown, not zero, while the bus is away."""
    try:
        lags = dict(bus.lag(stage.reads, group))
    except Transient:
        lags = {}
    for topic in stage.reads:
        metrics.set("gordon_lag_events", lags.get(topic, UNKNOWN), stage.name, topic)
    replaced = getattr(bus, "producers_replaced", 0)
    metrics.set("gordon_producers_replaced", replaced)
