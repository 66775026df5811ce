"""The gauges of route over a real database and a real log: the equation, items and clocks, load and dead letters."""

from __future__ import annotations

import math
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from msgspec.structs import replace

from gordon.app.gauges import SHARE, Sparing
from gordon.app.route_gauges import SHARE_AWAY, Equation, gauge_items, gauge_people, load_ratios, note_equation
from gordon.bus import Bus
from gordon.bus.sqlite import SqliteBus
from gordon.errors import BusUnavailable, DatabaseUnfit, StoreUnavailable
from gordon.events import Topics
from gordon.metrics import Metrics
from gordon.records import Completeness
from route.coverage import Coverage
from store.database import Database
from store.ingest import Ingest
from store.route import Route
from tests.contracts.store_samples import NOW, feed, found, issue, item, join, letter, polled, record, recorded, write
from tests.databases import new_sqlite
from tests.route.route_desk import MONDAY, load, person, write_desk

TOPICS = Topics("gordon.")
COUNTS = Completeness(
    feeds=1, found=20, tagged=9, untagged=5, dead=2, missing=4, issues=0, items=0, outbox=0, outbox_oldest=None,
    tags=12, routed=6, silenced=2, tags_dead=1,
)  # fmt: skip


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    opened = new_sqlite(tmp_path / "gordon.db")
    yield opened
    opened.close()


def value(metrics: Metrics, name: str, **labels: str) -> float:
    found = metrics.registry.get_sample_value(name, labels)
    assert found is not None, f"{name} {labels} has no series"
    return found


def states(metrics: Metrics, name: str, *names: str) -> list[float]:
    return [value(metrics, name, state=state) for state in names]


@pytest.mark.parametrize(("under_way", "explained", "missing", "unrouted"), [(9, (4, 3), 0, 0), (1, (1, 1), 3, 2)])
def test_messages_under_way_explain_what_is_missing(
    under_way: int, explained: tuple[int, int], missing: int, unrouted: int
) -> None:
    metrics = Metrics("route")
    note_equation(metrics, COUNTS, under_way)
    assert states(metrics, "gordon_mentions", "tagged", "untagged", "dead", "in_flight") == [9, 5, 2, explained[0]]
    assert states(metrics, "gordon_tags", "routed", "silenced", "dead", "in_flight") == [6, 2, 1, explained[1]]
    assert value(metrics, "gordon_mentions_missing") == missing
    assert value(metrics, "gordon_tags_unrouted") == unrouted


def test_more_recorded_than_found_is_an_imbalance_too() -> None:
    metrics = Metrics("route")
    note_equation(metrics, replace(COUNTS, missing=-2), 9)
    assert value(metrics, "gordon_mentions_missing") == -2
    assert value(metrics, "gordon_mentions", state="in_flight") == 0


def test_the_equation_of_a_database_and_a_log(database: Database, tmp_path: Path) -> None:
    ingest = Ingest(database)
    ingest.sync_feeds([feed(1)], NOW)
    record(ingest, polled(1), [found(1), found(2)])
    write(database, mentions=[recorded(1)])
    metrics, clock = Metrics("route"), [0.0]
    ways: list[Bus] = []

    def open_bus() -> Bus:
        if not ways:
            raise BusUnavailable("away")
        return ways[-1]

    equation = Equation(metrics, database, open_bus, TOPICS, monotonic=lambda: clock[0])
    assert math.isnan(value(metrics, "gordon_mentions_missing")) and math.isnan(value(metrics, "gordon_tags_unrouted"))
    equation()
    assert math.isnan(value(metrics, "gordon_mentions", state="tagged")), "without the bus nothing is known"
    ways.append(SqliteBus(tmp_path / "log.db"))
    equation()
    assert states(metrics, "gordon_mentions", "tagged", "untagged", "dead", "in_flight") == [1, 0, 0, 1]
    assert value(metrics, "gordon_mentions_missing") == 0, "the outbox explains the second one"
    assert states(metrics, "gordon_tags", "routed", "silenced", "dead", "in_flight") == [0, 0, 0, 1]
    with database.writing() as connection:
        connection.exec_driver_sql("UPDATE outbox SET published = created")
    equation()
    assert value(metrics, "gordon_mentions_missing") == 1, "published, read by nobody, and not on the bus"
    assert value(metrics, "gordon_tags_unrouted") == 1
    equation.close()


def test_what_was_known_is_unknown_while_bus_or_database_are_away(database: Database, tmp_path: Path) -> None:
    trouble: list[Exception] = []

    def open_bus() -> Bus:
        if trouble:
            raise trouble[-1]
        return SqliteBus(tmp_path / "log.db")

    clock = [0.0]
    metrics = Metrics("route")
    equation = Equation(metrics, database, open_bus, TOPICS, monotonic=lambda: clock[0])
    for error in (BusUnavailable("away"), StoreUnavailable("away"), DatabaseUnfit("the password was changed")):
        trouble.clear()
        equation()
        assert value(metrics, "gordon_mentions_missing") == 0
        equation.close()
        trouble.append(error)
        equation()
        assert math.isnan(value(metrics, "gordon_mentions_missing"))
        assert math.isnan(value(metrics, "gordon_tags", state="routed"))


def test_counting_takes_a_small_share_of_the_time(database: Database, tmp_path: Path) -> None:
    opened: list[int] = []
    clock = [0.0]

    def open_bus() -> Bus:
        opened.append(1)
        clock[0] += 2.0
        raise BusUnavailable("slow to say no")

    equation = Equation(Metrics("route"), database, open_bus, TOPICS, monotonic=lambda: clock[0])
    equation()
    clock[0] += SHARE_AWAY * 2.0 - 0.1
    equation()
    assert len(opened) == 1
    clock[0] += 0.2
    equation()
    assert len(opened) == 2


def test_items_clocks_and_dead_letters(database: Database) -> None:
    metrics = Metrics("route")
    gauge_items(metrics, database, NOW)
    assert [value(metrics, "gordon_dead_letters", stage=stage) for stage in ("classify", "route")] == [0, 0]
    late = replace(item(1), next_due=NOW + timedelta(minutes=30))
    soon = replace(item(2, opened=NOW - timedelta(hours=2)), next_due=NOW + timedelta(minutes=10))
    closed = replace(item(3, state="closed"), next_due=NOW)
    rows = {"mentions": [recorded(1)], "issues": [issue(1)], "joins": [join(1, 1)], "items": [late, soon, closed]}
    write(database, **rows)
    with Route(database).transaction() as transaction:
        transaction.bury([letter(1), letter(2, stage="route"), letter(3)])
    gauge_items(metrics, database, NOW)
    assert value(metrics, "gordon_clock_next_seconds", queue="duty-desk") == 600
    assert value(metrics, "gordon_items_open", queue="duty-desk", priority="normal") == 2
    assert value(metrics, "gordon_items_with_gaps", queue="duty-desk") == 2
    assert value(metrics, "gordon_item_age_seconds", queue="duty-desk") == 7200
    assert [value(metrics, "gordon_dead_letters", stage=stage) for stage in ("classify", "route")] == [2, 1]


def test_load_is_open_items_over_capacity() -> None:
    two_hats = person("gordon", disciplines=["policy", "communications"], capacity=4)
    noor = person("noor", disciplines=["policy"], capacity=6)
    nobody = person("guest", disciplines=["advocacy"], capacity=0)
    assert load_ratios([two_hats, noor, nobody], {"gordon": 3, "noor": 2, "gone": 9}) == {
        "policy": 0.5,
        "communications": 0.75,
    }


def test_people_are_gauged(database: Database, tmp_path: Path) -> None:
    write_desk(tmp_path / "desk")
    desk, _ = load(tmp_path / "desk")
    metrics = Metrics("route")
    write(database, mentions=[recorded(1)], issues=[issue(1)], joins=[join(1, 1)], items=[item(1, team=("gordon",))])
    gauge_people(metrics, database, desk.people, Coverage(desk), MONDAY)
    assert value(metrics, "gordon_load_ratio", discipline="policy") == 1 / 50
    assert value(metrics, "gordon_load_ratio", discipline="web-communications") == 0
    assert value(metrics, "gordon_gaps", file="rural-broadband", discipline="media-relations") == 1
    assert value(metrics, "gordon_coverage_ratio", file="passport-services") < 1


def test_a_look_that_counts_for_long_rests_for_long_unless_it_failed() -> None:
    clock, looks = [0.0], [0]

    def look() -> None:
        looks[0] += 1
        clock[0] += 0.5
        if looks[0] == 2:
            raise StoreUnavailable("away")

    sparing = Sparing(look, lambda: clock[0])
    sparing()
    clock[0] += SHARE * 0.5 - 0.1
    sparing()
    assert looks[0] == 1
    clock[0] += 0.2
    with pytest.raises(StoreUnavailable):
        sparing()
    sparing()
    assert looks[0] == 3
