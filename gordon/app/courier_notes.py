"""What the courier tells, as metrics, health and log lines; and the gauges of what waits for webhooks."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from typing import get_args

from gordon import log
from gordon.health import Health
from gordon.metrics import Metrics
from gordon.webhooks import Outcome, Settled
from store.deliveries import Deliveries

DELIVERIES = "gordon_webhook_deliveries_total"
PART = "webhooks"


class CourierNotes:
    """Observer of a courier (gordon.app.courier.CourierObserver). ``wake``: there are dead letters to publish."""

    def __init__(self, metrics: Metrics, health: Health, wake: Callable[[], None]) -> None:
        self._metrics, self._health, self._wake = metrics, health, wake
        self._log = log.logger()

    def settled(self, settled: Sequence[Settled]) -> None:
        for one in settled:
            self._tell(one)
        if any(one.state == "dead" for one in settled):
            self._wake()

    def _tell(self, one: Settled) -> None:
        given = one.delivery
        self._metrics.count(DELIVERIES, 1, given.webhook, one.outcome)
        about = {"webhook": given.webhook, "posted": given.event, "attempts": one.attempts}
        if one.outcome == "delivered":
            self._log.info("delivered", **about)
        elif one.outcome == "gone":
            self._log.error("webhook disabled: it answered 410; see gordon webhooks enable", **about)
        elif one.state == "dead":
            self._metrics.count(DELIVERIES, 1, given.webhook, "dead")
            self._log.error("given up, dead letter", detail=one.detail, **about)
        else:
            wait = f"{one.next_try:%Y-%m-%dT%H:%M:%SZ}"
            self._log.warning("not delivered", detail=one.detail, outcome=one.outcome, next_try=wait, **about)

    def well(self) -> None:
        self._health.up(PART)

    def waiting(self, error: Exception) -> None:
        self._health.down(PART, str(error))
        self._log.warning("webhooks wait", error=f"{type(error).__name__}: {error}")


def begin_counters(metrics: Metrics, webhooks: Iterable[str]) -> None:
    """A counter that appears with its first failure shows no increase: Prometheus has to see it at 0 before."""
    for webhook in webhooks:
        for outcome in (*get_args(Outcome), "dead"):
            metrics.count(DELIVERIES, 0, webhook, outcome)


def gauge_webhooks(metrics: Metrics, store: Deliveries, now: datetime) -> None:
    """What waits for each webhook of the desk, for how long, and which are set aside."""
    states = [state for state in store.states() if state.wanted]
    metrics.replace("gordon_webhook_waiting", {(one.id,): float(one.waiting) for one in states})
    ages = {one.id: (now - one.oldest).total_seconds() if one.oldest else 0.0 for one in states}
    metrics.replace("gordon_webhook_oldest_seconds", {(id,): age for id, age in ages.items()})
    metrics.replace("gordon_webhook_disabled", {(one.id,): float(one.disabled_at is not None) for one in states})
