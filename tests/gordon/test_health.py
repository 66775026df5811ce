"""The listener answers what Prometheus and orchestrators ask, and tells the truth when the loop is stuck."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from gordon.errors import DeskInvalid
from gordon.health import Health, Listener
from gordon.metrics import METRICS, Metrics


class Clock:
    def __init__(self) -> None:
        self.time = 0.0

    def __call__(self) -> float:
        return self.time


def get(port: int, path: str) -> tuple[int, str]:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=60) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.read().decode()


@pytest.fixture
def served(tmp_path: Path) -> Iterator[tuple[Listener, Health, Metrics, Clock]]:
    clock = Clock()
    health, metrics = Health(tmp_path, monotonic=clock), Metrics("route")
    listener = Listener(metrics, health, "127.0.0.1", 0)
    yield listener, health, metrics, clock
    listener.close()


def test_ready_only_after_the_start_and_while_everything_is_up(served: tuple[Listener, Health, Metrics, Clock]) -> None:
    listener, health, _, _ = served
    assert get(listener.port, "/health/live")[0] == 200
    assert get(listener.port, "/health/ready")[0] == 503
    health.up("start")
    assert get(listener.port, "/health/ready")[0] == 200
    health.down("bus", "no broker")
    status, body = get(listener.port, "/health/ready")
    assert status == 503 and json.loads(body)["detail"] == "bus: no broker"


def test_a_stuck_loop_is_not_live(served: tuple[Listener, Health, Metrics, Clock]) -> None:
    listener, health, _, clock = served
    health.up("start")
    clock.time = 31
    assert get(listener.port, "/health/live")[0] == 503
    health.beat()
    assert get(listener.port, "/health/live")[0] == 200


def test_metrics_are_scraped(served: tuple[Listener, Health, Metrics, Clock]) -> None:
    listener, _, metrics, _ = served
    metrics.count("gordon_items_total", 2, "duty", "opened")
    metrics.replace("gordon_gaps", {("a", "policy"): 1, ("b", "policy"): 1})
    metrics.replace("gordon_gaps", {("b", "policy"): 1})
    status, body = get(listener.port, "/metrics")
    assert status == 200
    assert 'gordon_items_total{change="opened",queue="duty"} 2.0' in body
    assert 'file="b"' in body and 'file="a"' not in body
    assert get(listener.port, "/nothing")[0] == 404


def test_a_taken_port_is_a_clear_error(served: tuple[Listener, Health, Metrics, Clock]) -> None:
    listener, health, metrics, _ = served
    with pytest.raises(DeskInvalid, match="--metrics-port"):
        Listener(metrics, health, "127.0.0.1", listener.port)


def test_names_follow_the_rules() -> None:
    for name, spec in METRICS.items():
        assert name.startswith("gordon_")
        assert name.endswith("_total") == (spec.kind == "counter"), name
        assert not {"url", "author", "title"} & set(spec.labels), name
        assert "feed" not in spec.labels or name == "gordon_feed_silence_seconds", "it is bounded, others would not be"
        assert (spec.kind == "histogram") == bool(spec.buckets), name


def test_a_daemon_has_its_own_metrics_only() -> None:
    with pytest.raises(KeyError):
        Metrics("classify").count("gordon_polls_total", 1, "ok")
