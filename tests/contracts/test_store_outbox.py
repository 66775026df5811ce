"""Promises of OutboxStore, on every database."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest

from store.database import Database
from store.outbox import Outbox
from store.prune import prune
from tests.contracts.store_samples import LATER, NOW, message, write


@pytest.fixture
def outbox(database: Database) -> Outbox:
    return Outbox(database)


def test_pending_in_order_until_published(outbox: Outbox, database: Database) -> None:
    sent = [message("t", number, key=f"k{number % 3}") for number in range(7)]
    write(database, messages=tuple(sent[:4]))
    write(database, messages=tuple(sent[4:]))
    first = outbox.pending("route", 3)
    assert [row.message for row in first] == sent[:3]
    assert outbox.pending("route", 3) == first
    outbox.published([row.id for row in first], NOW)
    assert [row.message for row in outbox.pending("route", 10)] == sent[3:]
    assert outbox.size("route") == 4
    assert outbox.pending("ingest", 10) == []


def test_published_out_of_order_and_twice(outbox: Outbox, database: Database) -> None:
    write(database, messages=tuple(message("t", number) for number in range(4)))
    rows = outbox.pending("route", 10)
    outbox.published([rows[2].id], NOW)
    outbox.published([rows[2].id, rows[0].id], LATER)
    outbox.published([], LATER)
    assert outbox.pending("route", 10) == [rows[1], rows[3]]


def test_more_than_one_statement_holds(outbox: Outbox, database: Database) -> None:
    write(database, messages=tuple(message("t", number) for number in range(2500)))
    outbox.published([row.id for row in outbox.pending("route", 5000)], NOW)
    assert outbox.size("route") == 0


def test_pruning_takes_only_what_was_published_before(outbox: Outbox, database: Database) -> None:
    write(database, messages=tuple(message("t", number) for number in range(3)))
    rows = outbox.pending("route", 10)
    outbox.published([rows[0].id], NOW)
    outbox.published([rows[1].id], LATER)
    assert prune(database, "outbox", LATER) == 1
    assert prune(database, "outbox", LATER) == 0
    write(database, messages=(message("t", 9),))
    assert [row.message for row in outbox.pending("route", 10)] == [rows[2].message, message("t", 9)]


def test_ids_are_never_given_out_twice(outbox: Outbox, database: Database) -> None:
    write(database, messages=(message("t", 1),))
    (row,) = outbox.pending("route", 10)
    outbox.published([row.id], NOW)
    prune(database, "outbox", LATER)
    write(database, messages=(message("t", 2),))
    assert outbox.pending("route", 10)[0].id > row.id


@pytest.mark.hostile(96)
def test_one_leader_at_a_time(outbox: Outbox) -> None:
    assert outbox.lease("relay", "a", NOW, 10)
    assert not outbox.lease("relay", "b", NOW + timedelta(seconds=9), 10)
    assert outbox.lease("relay", "a", NOW + timedelta(seconds=9), 10)
    assert not outbox.lease("relay", "b", NOW + timedelta(seconds=18), 10)
    assert outbox.lease("relay", "b", NOW + timedelta(seconds=19), 10)
    assert not outbox.lease("relay", "a", NOW + timedelta(seconds=20), 10)
    assert outbox.lease("other", "a", NOW, 10)


def test_released_lease_is_free_at_once(outbox: Outbox) -> None:
    assert outbox.lease("relay", "a", NOW, 60)
    outbox.release("relay", "b")
    assert not outbox.lease("relay", "b", NOW, 60)
    outbox.release("relay", "a")
    assert outbox.lease("relay", "b", NOW, 60)
    outbox.release("unknown", "a")


@pytest.mark.hostile(96)
def test_of_many_only_one_takes_the_lease(outbox: Outbox) -> None:
    owners = [f"owner-{number}" for number in range(8)]
    with ThreadPoolExecutor(8) as pool:
        got = list(pool.map(lambda owner: outbox.lease("relay", owner, NOW, 10), owners))
    assert sum(got) == 1
