"""The gauges of route: items, clocks, coverage, load, dead letters, and whether anything is missing."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from datetime import datetime

from gordon.app.gauges import SHARE, Rest
from gordon.app.status import settled
from gordon.bus import Bus
from gordon.desk.schema import Person
from gordon.errors import DatabaseUnfit, Transient
from gordon.events import Topics
from gordon.metrics import UNKNOWN, Metrics
from gordon.records import Completeness
from route.coverage import Coverage
from store.database import Database
from store.dead import dead_by_stage
from store.status import next_clocks, oldest_open, open_by_person, open_items, open_with_gaps

SHARE_AWAY = 20
"""The same while bus or database are away: nothing is known until they are back."""
STATES = ("tagged", "untagged", "dead", "in_flight"), ("routed", "silenced", "dead", "in_flight")


class Equation:
    """Looks whether anything is missing, as ``gordon status`` does; counts are NaN while that is unknown."""

    def __init__(
        self,
        metrics: Metrics,
        database: Database,
        open_bus: Callable[[], Bus],
        topics: Topics,
        *,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._metrics, self._database, self._open_bus, self._topics = metrics, database, open_bus, topics
        self._rest = Rest(monotonic)
        self._bus: Bus | None = None
        self._unknown()

    def __call__(self) -> None:
        """Sets the gauges, unless counting took long a short while ago."""
        if not self._rest.over():
            return
        share = SHARE
        try:
            self._bus = self._bus or self._open_bus()
            counts, _, under_way = settled(self._database, self._bus, self._topics)
        except (Transient, DatabaseUnfit):
            share = SHARE_AWAY
            self._unknown()
            self.close()
        else:
            note_equation(self._metrics, counts, under_way)
        self._rest.begin(share)

    def close(self) -> None:
        """Gives the bus back."""
        bus, self._bus = self._bus, None
        if bus:
            with suppress(Transient):
                bus.close()

    def _unknown(self) -> None:
        for name, states in zip(("gordon_mentions", "gordon_tags"), STATES, strict=True):
            self._metrics.replace(name, {(state,): UNKNOWN for state in states})
        self._metrics.set("gordon_mentions_missing", UNKNOWN)
        self._metrics.set("gordon_tags_unrouted", UNKNOWN)


def note_equation(metrics: Metrics, counts: Completeness, under_way: int) -> None:
    """What is missing is what the messages under way do not explain; below 0 where more was recorded than found."""
    mentions = max(0, min(counts.missing, under_way))
    tags = max(0, min(counts.unrouted, under_way))
    found = counts.tagged, counts.untagged, counts.dead, mentions
    led = counts.routed, counts.silenced, counts.tags_dead, tags
    for name, states, numbers in zip(("gordon_mentions", "gordon_tags"), STATES, (found, led), strict=True):
        metrics.replace(name, {(state,): float(number) for state, number in zip(states, numbers, strict=True)})
    metrics.set("gordon_mentions_missing", counts.missing - mentions)
    metrics.set("gordon_tags_unrouted", counts.unrouted - tags)


def gauge_items(metrics: Metrics, database: Database, now: datetime) -> None:
    """Items as they stand, their clocks, and dead letters."""
    metrics.replace("gordon_items_open", {labels: float(number) for labels, number in open_items(database).items()})
    gapped = open_with_gaps(database).items()
    metrics.replace("gordon_items_with_gaps", {(queue,): float(number) for queue, number in gapped})
    oldest = oldest_open(database).items()
    metrics.replace("gordon_item_age_seconds", {(queue,): (now - since).total_seconds() for queue, since in oldest})
    due = next_clocks(database).items()
    metrics.replace("gordon_clock_next_seconds", {(queue,): (at - now).total_seconds() for queue, at in due})
    letters = {stage: 0 for stage in ("classify", "route")} | dead_by_stage(database)
    metrics.replace("gordon_dead_letters", {(stage,): float(number) for stage, number in letters.items()})


def gauge_people(
    metrics: Metrics, database: Database, people: Iterable[Person], coverage: Coverage, now: datetime
) -> None:
    """What people on duty cover, and how full they are."""
    ratios, gaps = coverage.gauges(now)
    metrics.replace("gordon_coverage_ratio", {(file,): ratio for file, ratio in ratios.items()})
    metrics.replace("gordon_gaps", {labels: float(number) for labels, number in gaps.items()})
    full = load_ratios(people, open_by_person(database))
    metrics.replace("gordon_load_ratio", {(discipline,): ratio for discipline, ratio in full.items()})


def load_ratios(people: Iterable[Person], load: Mapping[str, int]) -> dict[str, float]:
    """By discipline the open items of its people over their capacity; who has two hats counts for both."""
    work: Counter[str] = Counter()
    room: Counter[str] = Counter()
    for person in people:
        for discipline in person.disciplines:
            work[discipline] += load.get(person.id, 0)
            room[discipline] += person.capacity
    return {discipline: work[discipline] / capacity for discipline, capacity in room.items() if capacity}
