"""What the loop and the relay tell, as metrics, health and log lines."""

from __future__ import annotations

from collections.abc import Sequence

from gordon import log
from gordon.app.trail import log_done, log_produced, log_published
from gordon.bus import Message, Record
from gordon.errors import BusUnavailable, GordonError
from gordon.events import Event
from gordon.health import Health
from gordon.metrics import Metrics


class LoopObserver:
    """Observer of a worker loop (gordon.worker.Observer)."""

    def __init__(self, stage: str, metrics: Metrics, health: Health) -> None:
        self._stage, self._metrics, self._health = stage, metrics, health
        self._log = log.logger()

    def turned(self) -> None:
        self._health.beat()

    def handled(self, events: int, seconds: float) -> None:
        self._metrics.count("gordon_events_total", events, self._stage, "ok")
        for _ in range(events):
            self._metrics.observe("gordon_event_seconds", seconds / events, self._stage)
        for part in ("bus", "store"):
            self._health.up(part)

    def produced(self, events: Sequence[Event]) -> None:
        log_produced(self._log, events)

    def done(self, records: Sequence[Record]) -> None:
        log_done(self._log, records)

    def recovered(self) -> None:
        for part in ("bus", "store"):
            self._health.up(part)
        self._log.info("works again")

    def retried(self, events: int, error: GordonError, wait: float) -> None:
        if events:
            self._metrics.count("gordon_events_total", events, self._stage, "retried")
        self._health.down("bus" if isinstance(error, BusUnavailable) else "store", str(error))
        self._log.warning("waiting", error=str(error), seconds=wait)

    def died(self, record: Record, reason: str, error: str) -> None:
        self._metrics.count("gordon_events_total", 1, self._stage, "dead")
        place = f"{record.topic}/{record.partition}/{record.offset}"
        self._log.error("dead letter", reason=reason, error=error[:500], origin=place)


class OutboxObserver:
    """Observer of a relay (gordon.relay.RelayObserver)."""

    def __init__(self, stage: str, health: Health) -> None:
        self._part, self._health = f"outbox.{stage}", health
        self._log = log.logger()

    def published(self, messages: Sequence[Message]) -> None:
        self._health.up(self._part)
        log_published(self._log, messages)

    def waiting(self, error: Exception) -> None:
        self._health.down(self._part, str(error))
        self._log.warning("outbox waits", error=str(error))
