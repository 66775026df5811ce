"""Every metric of Gordon, in one table; the only home of prometheus_client. Described in docs/metrics.md.

Labels are bounded: stages, topics, files, disciplines, queues, outcomes, languages of the desk. Never a url, an author
or the title of a feed; ids of feeds in one metric alone, and not more than MOST_FEEDS at a time. Children are kept: a
look-up by labels costs four times the increment.
"""

from __future__ import annotations

import platform
from collections.abc import Callable, Iterator, Mapping
from typing import Literal, NamedTuple

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    ProcessCollector,
    disable_created_metrics,
)
from prometheus_client.exposition import CONTENT_TYPE_LATEST as CONTENT_TYPE
from prometheus_client.metrics_core import Metric
from prometheus_client.utils import floatToGoString

from gordon import __version__

QUICK = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)
SLOW = (0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 15, 60, 300, 900)
DAYS = (60, 300, 900, 1800, 3600, 7200, 14400, 43200, 86400, 259200, 604800)
ALL = frozenset({"ingest", "classify", "route", "relay"})
MOST_FEEDS = 50
"""Feeds that ``gordon_feed_silence_seconds`` names at most."""
UNKNOWN = float("nan")


class Spec(NamedTuple):
    """One metric: its kind, what it says, its labels, the daemons that have it, and a histogram's buckets."""

    kind: Literal["counter", "gauge", "histogram"]
    help: str
    labels: tuple[str, ...] = ()
    stages: frozenset[str] = ALL
    buckets: tuple[float, ...] = ()


_INGEST, _ROUTE = frozenset({"ingest"}), frozenset({"route"})
_RELAY = frozenset({"relay"})
_LOOP, _OUTBOX = frozenset({"classify", "route", "relay"}), frozenset({"ingest", "route", "relay"})

METRICS: dict[str, Spec] = {
    "gordon_polls_total": Spec("counter", "Polls of feeds, by how they ended.", ("outcome",), _INGEST),
    "gordon_poll_seconds": Spec("histogram", "From the start of a poll to its record.", (), _INGEST, QUICK),
    "gordon_feeds": Spec("gauge", "Subscribed feeds, by the state of their health.", ("state",), _INGEST),
    "gordon_feed_silence_seconds": Spec(
        "gauge", "Since when a dormant feed has brought nothing new: the 50 longest silent.", ("feed",), _INGEST
    ),
    "gordon_language_quiet": Spec(
        "gauge", "1 while a language brings far fewer new mentions than it used to, else 0.", ("language",), _INGEST
    ),
    "gordon_mentions_held": Spec("gauge", "Mentions held back: flood (for review), page.", ("reason",), _INGEST),
    "gordon_pages_total": Spec("counter", "Pages of entries visited for their text.", ("outcome",), _INGEST),
    "gordon_entries_dropped_total": Spec(
        "counter", "Entries beyond parse.max_entries, left out of the feeds polled.", (), _INGEST
    ),
    "gordon_ingest_standby": Spec("gauge", "1 while another daemon has the turn to poll, else 0.", (), _INGEST),
    "gordon_hub_subscriptions": Spec("gauge", "Subscriptions at WebSub hubs, by state.", ("state",), _INGEST),
    "gordon_hub_pushes_total": Spec("counter", "Calls of WebSub hubs with something new.", ("outcome",), _INGEST),
    "gordon_feed_bytes_total": Spec("counter", "Bytes of feed bodies received.", (), _INGEST),
    "gordon_mentions_found_total": Spec("counter", "Mention revisions found: new or edited.", ("kind",), _INGEST),
    "gordon_publication_delay_seconds": Spec(
        "histogram", "From the publisher's date of a new mention to the poll that found it.", (), _INGEST, DAYS
    ),
    "gordon_mentions_tagged_total": Spec("counter", "Mentions recorded with a file.", ("file", "language"), _ROUTE),
    "gordon_mentions_silenced_total": Spec("counter", "Of these, kept back by a silence.", ("silence",), _ROUTE),
    "gordon_mentions_untagged_total": Spec("counter", "Mentions recorded without a file.", ("language",), _ROUTE),
    "gordon_mentions": Spec(
        "gauge", "Mention revisions found: tagged, untagged, dead, in_flight; NaN while unknown.", ("state",), _ROUTE
    ),
    "gordon_mentions_missing": Spec(
        "gauge", "Mention revisions found that nothing explains; NaN while unknown.", (), _ROUTE
    ),
    "gordon_tags": Spec(
        "gauge", "Files of mentions: routed, silenced, dead, in_flight; NaN while unknown.", ("state",), _ROUTE
    ),
    "gordon_tags_unrouted": Spec("gauge", "Files of mentions that nothing explains; NaN while unknown.", (), _ROUTE),
    "gordon_events_total": Spec("counter", "Events handled: ok, retried, dead.", ("stage", "outcome"), _LOOP),
    "gordon_event_seconds": Spec(
        "histogram", "Time to handle one event (its share of a batch).", ("stage",), _LOOP, QUICK
    ),
    "gordon_lag_events": Spec("gauge", "Events not yet committed; NaN while unknown.", ("stage", "topic"), _LOOP),
    "gordon_dead_letters": Spec("gauge", "Dead letters that nobody has replayed, by stage.", ("stage",), _ROUTE),
    "gordon_outbox_events": Spec("gauge", "Messages accepted and not yet on the bus.", (), _OUTBOX),
    "gordon_outbox_oldest_seconds": Spec("gauge", "Age of the oldest of them; 0 without any.", (), _OUTBOX),
    "gordon_items_open": Spec("gauge", "Open items.", ("queue", "priority"), _ROUTE),
    "gordon_items_with_gaps": Spec("gauge", "Open items with something nobody covers.", ("queue",), _ROUTE),
    "gordon_items_total": Spec("counter", "Changes of items.", ("queue", "change"), _ROUTE),
    "gordon_item_age_seconds": Spec("gauge", "Age of the oldest open item.", ("queue",), _ROUTE),
    "gordon_coverage_ratio": Spec(
        "gauge", "Share of a file's required disciplines, expertise and authority on duty now.", ("file",), _ROUTE
    ),
    "gordon_gaps": Spec("gauge", "What nobody on duty covers now.", ("file", "discipline"), _ROUTE),
    "gordon_load_ratio": Spec(
        "gauge", "Open items of the people of a discipline, as a share of their capacity.", ("discipline",), _ROUTE
    ),
    "gordon_clock_breaches_total": Spec("counter", "Deadlines passed.", ("queue", "clock"), _ROUTE),
    "gordon_clock_next_seconds": Spec("gauge", "Until the next clock of an open item runs out.", ("queue",), _ROUTE),
    "gordon_publish_to_queue_seconds": Spec(
        "histogram", "From the poll that found a mention to its item in a queue.", ("file",), _ROUTE, SLOW
    ),
    "gordon_webhook_deliveries_total": Spec(
        "counter", "Posts to webhooks by outcome; dead: given up after the last.", ("webhook", "outcome"), _RELAY
    ),
    "gordon_webhook_waiting": Spec("gauge", "Events that wait to be delivered.", ("webhook",), _RELAY),
    "gordon_webhook_oldest_seconds": Spec("gauge", "Age of the oldest of them; 0 without any.", ("webhook",), _RELAY),
    "gordon_webhook_disabled": Spec("gauge", "1 while set aside, as it answered 410; else 0.", ("webhook",), _RELAY),
    "gordon_producers_replaced": Spec(
        "gauge", "Kafka producers replaced since the start, as they had stopped answering."
    ),
    "gordon_offset_resets": Spec(
        "gauge", "Partitions since the start that did not go on where they had been left.", (), _LOOP
    ),
    "gordon_desk_reload_success": Spec("gauge", "1 while the desk in force is the one in the folder, else 0."),
    "gordon_desk_reload_timestamp_seconds": Spec("gauge", "When the desk in force was loaded."),
    "gordon_ready": Spec("gauge", "1 while /health/ready answers 200, else 0."),
    "gordon_disk_free_ratio": Spec("gauge", "Share of the disk of the data folder that is free."),
    "gordon_database_wal_bytes": Spec(
        "gauge", "Size of the largest write-ahead log of the SQLite files in use; 0 without any."
    ),
    "gordon_build_info": Spec("gauge", "Always 1.", ("version", "python", "stage")),
}


class Metrics:
    """The metrics of one daemon. Unknown names raise KeyError: a metric outside the table does not exist."""

    def __init__(self, stage: str) -> None:
        self.stage = stage
        disable_created_metrics()  # type: ignore[no-untyped-call]  # the library has no type here; a series for the birth of each series says nothing that anybody asks
        self.registry = CollectorRegistry()
        ProcessCollector(registry=self.registry)
        self._metrics = {name: self._make(name, spec) for name, spec in METRICS.items() if stage in spec.stages}
        self._children: dict[str, dict[tuple[str, ...], Counter | Gauge | Histogram]] = {
            name: {} for name in self._metrics
        }
        self.set("gordon_build_info", 1, __version__, platform.python_version(), stage)

    def _make(self, name: str, spec: Spec) -> Counter | Gauge | Histogram:
        if spec.kind == "counter":
            return Counter(name, spec.help, spec.labels, registry=self.registry)
        if spec.kind == "gauge":
            return Gauge(name, spec.help, spec.labels, registry=self.registry)
        return Histogram(name, spec.help, spec.labels, registry=self.registry, buckets=spec.buckets)

    def _child(self, name: str, labels: tuple[str, ...]) -> Counter | Gauge | Histogram:
        children = self._children[name]
        child = children.get(labels)
        if child is None:
            metric = self._metrics[name]
            child = children[labels] = metric.labels(*labels) if labels else metric
        return child

    def count(self, name: str, amount: float = 1, *labels: str) -> None:
        """Adds to a counter."""
        child = self._child(name, labels)
        assert isinstance(child, Counter)
        child.inc(amount)

    def set(self, name: str, value: float, *labels: str) -> None:
        """Sets a gauge."""
        child = self._child(name, labels)
        assert isinstance(child, Gauge)
        child.set(value)

    def watch(self, name: str, look: Callable[[], float]) -> None:
        """Asks for a gauge's value at each scrape, in the listener's thread; ``look`` must not raise."""
        child = self._child(name, ())
        assert isinstance(child, Gauge)
        child.set_function(look)

    def observe(self, name: str, value: float, *labels: str) -> None:
        """Adds an observation, in seconds, to a histogram."""
        child = self._child(name, labels)
        assert isinstance(child, Histogram)
        child.observe(value)

    def replace(self, name: str, values: Mapping[tuple[str, ...], float]) -> None:
        """Sets a labelled gauge to exactly these series; those that are gone disappear."""
        metric, children = self._metrics[name], self._children[name]
        for labels in list(children):
            if labels not in values:
                metric.remove(*labels)
                del children[labels]
        for labels, value in values.items():
            self.set(name, value, *labels)

    def exposition(self) -> tuple[bytes, str]:
        """The text that Prometheus scrapes, and its content type."""
        return "".join(line for family in self.registry.collect() for line in _lines(family)).encode(), CONTENT_TYPE


def _lines(family: Metric) -> Iterator[str]:
    """What the library's ``generate_latest`` makes of our kinds of metrics, in half the time: with thousands of series
    a scrape is the dearest part of all metrics."""
    name = f"{family.name}_total" if family.type == "counter" else family.name
    yield f"# HELP {name} {_escaped(family.documentation)}\n# TYPE {name} {family.type}\n"
    for sample in family.samples:
        labels = ",".join([f'{key}="{_quoted(sample.labels[key])}"' for key in sorted(sample.labels)])
        value = floatToGoString(sample.value)  # type: ignore[no-untyped-call]  # the library has no type here
        yield f"{sample.name}{{{labels}}} {value}\n" if labels else f"{sample.name} {value}\n"


def _escaped(text: str) -> str:
    return text.replace("\\", r"\\").replace("\n", r"\n")


def _quoted(label: str) -> str:
    return label if label.isalnum() else _escaped(label).replace('"', r"\"")
