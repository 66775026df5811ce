"""Where everything stands, and whether anything is missing: the completeness equation."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from msgspec import Struct

from gordon.bus import Bus
from gordon.errors import BusUnavailable
from gordon.events import Topics
from gordon.records import Completeness
from store.database import Database
from store.dead import dead_by_stage
from store.feeds import feeds_by_outcome
from store.status import completeness, outbox_by_stage

LOOKS = 4


class Status(Struct, frozen=True, kw_only=True):
    """``dead`` counts mention revisions, ``dead_letters`` everything that nobody has replayed. ``held`` are mentions
    that wait for a person or for their page, and are not found yet. ``tags`` counts files of mentions: each is one of
    ``routed``, ``silenced``, ``tags_dead`` and ``unrouted``. ``lag``, ``in_flight`` and ``balanced`` are None while the
    bus does not answer."""

    feeds: int
    found: int
    tagged: int
    untagged: int
    dead: int
    dead_letters: int
    issues: int
    items: int
    outbox: int
    outbox_oldest: datetime | None
    missing: int
    held: int
    tags: int
    routed: int
    silenced: int
    tags_dead: int
    unrouted: int
    in_flight: int | None
    balanced: bool | None
    lag: dict[str, int] | None
    feeds_by_outcome: dict[str, int]


def balance(counts: Completeness, under_way: int) -> tuple[int, bool]:
    """(in flight, balanced): of what is missing, the part that messages under way explain; and whether that is all,
    and they explain the tags that are neither routed nor silenced as well."""
    in_flight = max(0, min(counts.missing, under_way))
    return in_flight, counts.missing == in_flight and counts.unrouted <= under_way


def status(database: Database, open_bus: Callable[[], Bus], topics: Topics) -> Status:
    """The present state. Messages move while one counts: an imbalance is believed only when it is seen repeatedly."""
    try:
        bus = open_bus()
        try:
            counts, lag, under_way = settled(database, bus, topics)
        finally:
            bus.close()
    except BusUnavailable:
        return _status(database, completeness(database), None, None, None)
    return _status(database, counts, lag, *balance(counts, under_way))


def settled(database: Database, bus: Bus, topics: Topics) -> tuple[Completeness, dict[str, int], int]:
    """What is counted, the lag by stage and topic, and how many messages are under way, as soon as they balance; after
    four looks as they are. Raises BusUnavailable."""
    for _ in range(LOOKS):
        before = sum(_lag(bus, topics).values()) + _unpublished(database)
        counts, lag = completeness(database), _lag(bus, topics)
        under_way = max(before, sum(lag.values()) + _unpublished(database))
        if balance(counts, under_way)[1]:
            break
    return counts, lag, under_way


def _lag(bus: Bus, topics: Topics) -> dict[str, int]:
    wanted = {"classify": [topics.mentions], "route": [topics.tagged, topics.dead]}
    return {
        f"{stage} {topic}": events
        for stage, names in wanted.items()
        for topic, events in bus.lag(names, topics.group(stage)).items()
    }


def _unpublished(database: Database) -> int:
    return outbox_by_stage(database).get("ingest", (0, None))[0]


def _status(
    database: Database, counts: Completeness, lag: dict[str, int] | None, in_flight: int | None, balanced: bool | None
) -> Status:
    return Status(
        feeds=counts.feeds,
        found=counts.found,
        tagged=counts.tagged,
        untagged=counts.untagged,
        dead=counts.dead,
        dead_letters=sum(dead_by_stage(database).values()),
        issues=counts.issues,
        items=counts.items,
        outbox=counts.outbox,
        outbox_oldest=counts.outbox_oldest,
        missing=counts.missing,
        held=counts.held,
        tags=counts.tags,
        routed=counts.routed,
        silenced=counts.silenced,
        tags_dead=counts.tags_dead,
        unrouted=counts.unrouted,
        in_flight=in_flight,
        balanced=balanced,
        lag=lag,
        feeds_by_outcome=feeds_by_outcome(database),
    )
