"""What becomes of a delivery is counted and logged, whatever it is: the notes never fail the courier."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import get_args

import pytest

from gordon.app.courier_notes import CourierNotes, begin_counters
from gordon.health import Health
from gordon.metrics import Metrics
from gordon.webhooks import Delivery, Outcome, Settled, State

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)


@pytest.mark.parametrize("outcome", get_args(Outcome))
@pytest.mark.parametrize("state", get_args(State))
def test_every_end_of_a_try_is_counted(state: State, outcome: Outcome) -> None:
    metrics, woken = Metrics("relay"), []
    begin_counters(metrics, ["tracker"])
    given = Delivery(webhook="tracker", event="e1", issue="i1", topic="gordon.queue.duty", body=b"{}", created=NOW)
    settled = Settled(delivery=given, state=state, outcome=outcome, detail="", attempts=1, next_try=NOW)
    CourierNotes(metrics, Health(), lambda: woken.append(1)).settled([settled])
    labels = {"webhook": "tracker", "outcome": outcome}
    assert metrics.registry.get_sample_value("gordon_webhook_deliveries_total", labels) == 1
    assert bool(woken) == (state == "dead")
