"""Gauges are looked up in a thread of their own, with connections of its own: counting must not hold up the work."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, suppress
from types import TracebackType

from gordon import log
from gordon.bus import Bus
from gordon.errors import DatabaseUnfit, Transient
from gordon.metrics import UNKNOWN, Metrics

EVERY = 5.0
SHARE = 200
"""How many times as long as counting takes it is left alone: counting millions of rows must not become the work."""


class Gauges(AbstractContextManager["Gauges"]):
    """Looks every five seconds while the context is open. A look at something that is away is skipped.

    ``closing`` is called at the end, in the same thread: a bus belongs to the thread that opened it."""

    def __init__(
        self, *looks: Callable[[], None], closing: Callable[[], None] = lambda: None, every: float = EVERY
    ) -> None:
        self._looks, self._closing, self._every = looks, closing, every
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run, name="gauges")

    def __enter__(self) -> Gauges:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._ended.set()
        self._thread.join()

    def _run(self) -> None:
        while True:
            for look in self._looks:
                try:
                    look()
                except Exception as error:  # the thread's edge: gauges that froze unseen would lie
                    log.logger().warning("gauge skipped", error=f"{type(error).__name__}: {error}")
            if self._ended.wait(self._every):
                break
        self._closing()


class Rest:
    """How long counting is left alone: so many times as long as it took."""

    def __init__(self, monotonic: Callable[[], float]) -> None:
        self._monotonic = monotonic
        self._begun = self._until = monotonic()

    def over(self) -> bool:
        """Whether it is over; counting begins then."""
        self._begun = self._monotonic()
        return self._begun >= self._until

    def begin(self, share: float) -> None:
        """Counting has ended."""
        now = self._monotonic()
        self._until = now + share * (now - self._begun)


class Sparing:
    """A look that counts: what took long is left out for a while, what failed is tried again the next time."""

    def __init__(self, look: Callable[[], None], monotonic: Callable[[], float] = time.monotonic) -> None:
        self._look, self._rest = look, Rest(monotonic)

    def __call__(self) -> None:
        """Looks, unless it took long a short while ago."""
        if self._rest.over():
            self._look()
            self._rest.begin(SHARE)


class Lag:
    """Looks at the lag of a group; opens a bus when first asked, and a new one after a failure."""

    def __init__(
        self, metrics: Metrics, open_bus: Callable[[], Bus], stage: str, topics: Sequence[str], group: str
    ) -> None:
        self._metrics, self._open_bus = metrics, open_bus
        self._stage, self._topics, self._group = stage, tuple(topics), group
        self._bus: Bus | None = None

    def __call__(self) -> None:
        """Sets the gauge of each topic; unknown, not zero, while the bus is away."""
        try:
            self._bus = self._bus or self._open_bus()
            lags = dict(self._bus.lag(self._topics, self._group))
        except (Transient, DatabaseUnfit):
            self.close()
            lags = {}
        for topic in self._topics:
            self._metrics.set("gordon_lag_events", lags.get(topic, UNKNOWN), self._stage, topic)

    def close(self) -> None:
        """Gives the bus back."""
        bus, self._bus = self._bus, None
        if bus:
            with suppress(Transient):
                bus.close()
