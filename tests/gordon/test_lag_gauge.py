"""The gauges of the bus: the lag is unknown, not 0, while the bus is away; a log that jumped is an error in the log."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest

from gordon.app.gauges import Lag
from gordon.app.loop import BusGauge
from gordon.bus import Bus, Message
from gordon.bus.sqlite import SqliteBus
from gordon.errors import BusUnavailable
from gordon.log import set_up
from gordon.metrics import Metrics


class Line:
    """The embedded log behind a line that may be down."""

    def __init__(self, bus: Bus) -> None:
        self._bus, self.down = bus, False

    def lag(self, topics: Sequence[str], group: str) -> Mapping[str, int]:
        if self.down:
            raise BusUnavailable("away")
        return self._bus.lag(topics, group)

    def close(self) -> None: ...


def value(metrics: Metrics, topic: str) -> float | None:
    return metrics.registry.get_sample_value("gordon_lag_events", {"stage": "route", "topic": topic})


@pytest.mark.hostile(75)
def test_the_lag_is_unknown_while_the_bus_is_away_and_zero_of_an_empty_topic(tmp_path: Path) -> None:
    bus, metrics = SqliteBus(tmp_path / "log.db"), Metrics("route")
    bus.ensure(["empty", "full"])
    bus.publish([Message("full", "k", b"1"), Message("full", "k", b"2")])
    line = Line(bus)
    look = Lag(metrics, lambda: line, "route", ["empty", "full"], "group")
    look()
    assert (value(metrics, "empty"), value(metrics, "full")) == (0, 2)
    line.down = True
    look()
    for topic in ("empty", "full"):
        now = value(metrics, topic)
        assert now is not None and math.isnan(now)
    line.down = False
    look()
    assert (value(metrics, "empty"), value(metrics, "full")) == (0, 2)
    look.close()
    bus.close()


class Jumped:
    """What the gauge asks of a Kafka bus."""

    producers_replaced, offset_resets = 1, 0


@pytest.mark.hostile(58)
def test_a_log_that_jumped_is_told_once(capfd: pytest.CaptureFixture[str]) -> None:
    set_up("info", "json", "route")
    metrics, bus = Metrics("route"), Jumped()
    look = BusGauge(metrics, bus)  # type: ignore[arg-type]  # only the two numbers are asked for
    look()
    bus.offset_resets = 3
    look()
    look()
    assert metrics.registry.get_sample_value("gordon_offset_resets") == 3
    assert metrics.registry.get_sample_value("gordon_producers_replaced") == 1
    told = [line for line in capfd.readouterr().err.splitlines() if "did not go on" in line]
    assert len(told) == 1 and '"partitions": 3' in told[0] and '"error"' in told[0]
