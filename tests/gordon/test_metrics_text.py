"""The text that Prometheus scrapes is that of the library, made in less time; and gauges that are replaced go."""

from __future__ import annotations

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from prometheus_client import generate_latest

from gordon.metrics import ALL, CONTENT_TYPE, METRICS, Metrics

_labels = st.text(st.sampled_from('ab "\\\n{},=é世'), max_size=6)
_values = st.floats(0) | st.just(math.nan) | st.integers(0, 10**18).map(float)


def texts(metrics: Metrics) -> tuple[list[str], list[str]]:
    """Ours and the library's; what the process itself is changes between the two."""
    found = (metrics.exposition()[0], generate_latest(metrics.registry))
    ours, theirs = ([line for line in text.decode().split("\n") if "process_" not in line] for text in found)
    return ours, theirs


@settings(max_examples=50, deadline=None)
@given(st.lists(st.tuples(_labels, _labels, _values), max_size=5))
def test_any_label_and_any_value(rows: list[tuple[str, str, float]]) -> None:
    metrics = Metrics("route")
    for one, other, value in rows:
        metrics.set("gordon_gaps", value, one, other)
        metrics.count("gordon_items_total", value, one, other)
        metrics.observe("gordon_publish_to_queue_seconds", value, one)
    ours, theirs = texts(metrics)
    assert ours == theirs


@pytest.mark.parametrize("stage", sorted(ALL))
def test_every_metric_of_every_stage(stage: str) -> None:
    metrics = Metrics(stage)
    for name, spec in METRICS.items():
        if stage in spec.stages:
            labels = ["x"] * len(spec.labels)
            {"counter": metrics.count, "gauge": metrics.set, "histogram": metrics.observe}[spec.kind](
                name, 1.5, *labels
            )
    ours, theirs = texts(metrics)
    assert ours == theirs and len(ours) > 20
    assert metrics.exposition()[1] == CONTENT_TYPE


def test_a_gauge_that_is_replaced_has_these_series_only() -> None:
    metrics = Metrics("route")
    metrics.replace("gordon_coverage_ratio", {("visas",): 0.5, ("passports",): 1.0})
    metrics.set("gordon_items_with_gaps", 3, "duty")
    metrics.replace("gordon_coverage_ratio", {("visas",): 0.25})
    lines = [line for line in texts(metrics)[0] if line.startswith(("gordon_coverage_ratio{", "gordon_items_with"))]
    assert sorted(lines) == ['gordon_coverage_ratio{file="visas"} 0.25', 'gordon_items_with_gaps{queue="duty"} 3.0']
