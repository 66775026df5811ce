"""The embedded log forgets what is old and handled, and nothing else."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from gordon.bus import Bus, Message
from gordon.bus.open import open_bus, trim_bus
from tests.contracts.bus_kinds import PATIENCE, messages, take

START = datetime(2026, 11, 1, tzinfo=UTC)
HOUR = timedelta(hours=1)
DAY = 86400.0


@pytest.fixture
def address(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path / 'log.db'}"


@pytest.fixture
def bus(address: str) -> Iterator[Bus]:
    with closing(open_bus(address)) as bus:
        yield bus


def trimmed(address: str, now: datetime, *, dry_run: bool = False) -> tuple[int, int]:
    found = trim_bus(address, now=now, keep=DAY, dry_run=dry_run)
    assert found is not None
    return found


def handled(bus: Bus, topic: str, number: int, group: str = "g") -> None:
    subscription = bus.subscribe([topic], group)
    take(subscription, number, commit=True)
    subscription.close()


def left(bus: Bus, topic: str) -> int:
    past, found = bus.past([topic], START), 0
    while not past.exhausted:
        found += len(past.poll(0, 100))
    return found


def test_what_is_handled_goes_when_it_is_old_and_not_before(bus: Bus, address: str) -> None:
    bus.publish(messages("a", 20))
    handled(bus, "a", 20)
    assert trimmed(address, START) == (0, 20)
    bus.publish(messages("a", 5, start=20))
    handled(bus, "a", 5)
    assert trimmed(address, START + 23 * HOUR) == (0, 25)
    assert trimmed(address, START + 25 * HOUR, dry_run=True) == (20, 5)
    assert left(bus, "a") == 25
    assert trimmed(address, START + 25 * HOUR) == (20, 5)
    assert left(bus, "a") == 5
    assert trimmed(address, START + 48 * HOUR) == (5, 0)


def test_what_a_group_has_still_to_handle_stays_however_old_it_is(bus: Bus, address: str) -> None:
    bus.publish(messages("a", 20))
    handled(bus, "a", 20)
    slow = bus.subscribe(["a"], "slow")
    some = slow.poll(PATIENCE, 7)
    slow.commit(some)
    slow.close()
    trimmed(address, START)
    assert 0 < len(some) <= 7
    goes, stays = trimmed(address, START + 1000 * HOUR)
    assert (goes, stays) == (len(some), 20 - len(some))
    assert bus.lag(["a"], "slow") == {"a": 20 - len(some)}
    handled(bus, "a", 20 - len(some), "slow")
    assert trimmed(address, START + 1001 * HOUR) == (20 - len(some), 0)


def test_dead_letters_stay_and_so_does_the_order_of_offsets(bus: Bus, address: str) -> None:
    bus.publish([Message("gordon.dead", "k", b"why"), *messages("a", 3)])
    before = bus.past(["a"], START).poll(0, 10)
    trimmed(address, START)
    assert trimmed(address, START + 48 * HOUR) == (3, 1)  # nobody reads "a": old is enough
    assert left(bus, "gordon.dead") == 1
    bus.publish(messages("a", 1, start=3))
    assert bus.past(["a"], START).poll(0, 10)[0].offset > max(record.offset for record in before)


def test_a_mark_of_a_clock_that_was_ahead_makes_nothing_old(bus: Bus, address: str) -> None:
    bus.publish(messages("a", 3))
    trimmed(address, START + 9000 * HOUR)
    assert trimmed(address, START) == (0, 3)
    assert trimmed(address, START + 23 * HOUR) == (0, 3)
    assert trimmed(address, START + 25 * HOUR) == (3, 0)


def test_steps_leave_nothing_behind(tmp_path: Path) -> None:
    from gordon.bus.sqlite_log import Log
    from gordon.bus.sqlite_trim import trim

    with closing(Log(tmp_path / "log.db")) as log:
        log.append(messages("a", 23))
        trim(log, now=START, keep=DAY)
        assert trim(log, now=START + 30 * HOUR, keep=DAY, step=2) == (23, 0)
        assert log.db.execute("SELECT count(*) FROM messages").fetchone() == (0,)


def test_a_broker_forgets_by_itself() -> None:
    assert trim_bus("kafka://127.0.0.1:1", now=START, keep=DAY) is None
