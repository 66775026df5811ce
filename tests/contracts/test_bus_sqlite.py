"""What only the embedded log can suffer: several writers on one file, members that oversleep their eviction, pipes."""

from __future__ import annotations

import os
import signal
import sqlite3
import stat
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from gordon.bus.sqlite import Reader, SqliteBus
from gordon.bus.sqlite_log import Log
from gordon.bus.sqlite_members import Membership
from gordon.bus.sqlite_wake import Bell, ring
from gordon.errors import BusUnavailable, DatabaseUnfit
from tests.contracts.bus_kinds import BusFactory, child, fresh, line, messages, numbers, take


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "data" / "log.db"


WRITERS = 8
Opener = Callable[..., SqliteBus]


@pytest.fixture
def opened(path: Path) -> Iterator[Opener]:
    with ExitStack() as stack:

        def open_one(**options: object) -> SqliteBus:
            bus = SqliteBus(path, **options)  # type: ignore[arg-type]  # the test knows the options
            stack.callback(bus.close)
            return bus

        yield open_one


class Clock:
    """A monotonic clock that moves when told."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.mark.hostile(77)
def test_many_processes_create_and_write_one_log_at_once(path: Path, opened: Opener) -> None:
    factory = BusFactory("sqlite", f"sqlite:///{path}")
    topic = fresh("writers")
    with ExitStack() as stack:
        writers = [stack.enter_context(child(factory, "write", topic, f"writer-{n}", "60")) for n in range(WRITERS)]
        assert [line(writer) for writer in writers] == ["done"] * WRITERS
    records = take(opened().subscribe([topic], fresh("g")), 60 * WRITERS)
    for writer in range(WRITERS):
        of_one = [r.value.decode() for r in records if r.key == f"writer-{writer}"]
        assert of_one == [f"writer-{writer}:{number}" for number in range(60)]


@pytest.mark.hostile(63)
def test_a_member_that_sleeps_through_its_eviction_changes_nothing(opened: Opener) -> None:
    clock = Clock()
    topic, group = fresh("zombie"), fresh("g")
    opened().publish(messages(topic, 10, keys=1))
    sleeper = opened(clock=clock, session=30.0).subscribe([topic], group)
    asleep = list(sleeper.poll(0.0, 10))
    assert numbers(asleep) == list(range(10))
    clock.now += 31.0
    heir_bus = opened(clock=clock, session=30.0)
    heir = heir_bus.subscribe([topic], group)
    taken = list(heir.poll(0.0, 10))
    assert numbers(taken) == list(range(10))
    sleeper.begin(asleep)
    sleeper.commit(asleep)
    assert heir_bus.lag([topic], group) == {topic: 10}
    heir.commit(taken[:4])
    assert heir_bus.lag([topic], group) == {topic: 6}
    clock.now += 1.0
    assert not [r for r in sleeper.poll(0.0, 10) if r.partition == taken[0].partition and r.offset <= taken[3].offset]
    again = list(heir.poll(0.0, 10))
    assert {record.starts for record in again} <= {0}


def test_a_live_member_keeps_its_partitions_by_polling(opened: Opener) -> None:
    clock = Clock()
    topic, group = fresh("alive"), fresh("g")
    bus = opened(clock=clock, session=30.0)
    bus.publish(messages(topic, 20, keys=20))
    first = bus.subscribe([topic], group)
    assert len(first.poll(0.0, 100)) == 20
    second = opened(clock=clock, session=30.0).subscribe([topic], group)
    for _ in range(30):  # a minute and a half
        clock.now += 3.0
        first.poll(0.0, 100)
        second.poll(0.0, 100)
    bus.publish(messages(topic, 80, keys=80, start=20))
    of_first, of_second = first.poll(0.0, 500), second.poll(0.0, 500)
    assert of_first and of_second
    assert not {record.partition for record in of_first} & {record.partition for record in of_second}


def test_a_stopped_process_is_not_taken_for_dead_at_once_and_a_killed_one_is(path: Path, opened: Opener) -> None:
    factory = BusFactory("sqlite", f"sqlite:///{path}")
    topic, group = fresh("stopped"), fresh("g")
    opened().publish(messages(topic, 5, keys=1))
    with child(factory, "hold", topic, group, "5") as worker:
        assert line(worker) == "5"
        os.kill(worker.pid, signal.SIGSTOP)
        survivor = opened().subscribe([topic], group)
        until = time.monotonic() + 1.5
        while time.monotonic() < until:
            assert not survivor.poll(0.3, 10)
        worker.kill()  # nobody waits for it yet: it stays in the process table, dead
        assert len(take(survivor, 5)) == 5


def test_a_rebalance_goes_on_from_what_is_committed(opened: Opener) -> None:
    clock = Clock()
    topic, group = fresh("handover"), fresh("g")
    bus = opened(clock=clock)
    bus.publish(messages(topic, 200, keys=50))
    first = bus.subscribe([topic], group)
    done = list(first.poll(0.0, 90))
    first.commit(done)
    second = opened(clock=clock).subscribe([topic], group)
    for _ in range(12):
        clock.now += 1.0
        for member in (first, second):
            records = member.poll(0.0, 30)
            member.commit(records)
            done += records
    assert sorted(numbers(done)) == list(range(200))


def test_a_bell_wakes_its_reader_and_leaves_nothing(tmp_path: Path) -> None:
    bell = Bell(tmp_path)
    assert stat.S_ISFIFO(bell.path.stat().st_mode)
    threading.Timer(0.2, ring, [tmp_path]).start()
    began = time.monotonic()
    bell.wait(30.0)
    assert time.monotonic() - began < 15
    ring(tmp_path)
    bell.wait(30.0)
    bell.close()
    assert list(tmp_path.iterdir()) == []


def test_the_pipe_of_a_dead_process_is_removed_by_the_next_publisher(path: Path, opened: Opener) -> None:
    bus = opened()
    topic = fresh("pipes")
    folder = path.with_name("log.db.wake")
    folder.mkdir()
    os.mkfifo(folder / "stale")
    subscription = bus.subscribe([topic], fresh("g"))
    assert len(list(folder.iterdir())) == 2
    bus.publish(messages(topic, 1))
    assert len(list(folder.iterdir())) == 1
    assert len(take(subscription, 1)) == 1
    bus.close()
    assert list(folder.iterdir()) == []


def test_a_full_pipe_stops_no_publisher(tmp_path: Path) -> None:
    bell = Bell(tmp_path)
    full = os.open(bell.path, os.O_WRONLY | os.O_NONBLOCK)
    with pytest.raises(BlockingIOError):
        while True:
            os.write(full, b"!" * 4096)
    os.close(full)
    ring(tmp_path)
    bell.wait(0.0)
    bell.close()


def test_a_locked_log_is_unavailable_and_nothing_is_half_written(path: Path, opened: Opener) -> None:
    bus, topic = opened(), fresh("locked")
    bus.ensure([topic])
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(BusUnavailable):
        bus.publish(messages(topic, 10))
    other.execute("ROLLBACK")
    other.close()
    bus.publish(messages(topic, 3))
    assert len(take(bus.subscribe([topic], fresh("g")), 3)) == 3


@pytest.mark.hostile(78)
def test_every_transaction_that_writes_begins_immediate(path: Path) -> None:
    statements: list[str] = []
    clock = Clock()
    log = Log(path, 4)
    log.db.set_trace_callback(statements.append)
    topics = log.ensure(["news"])
    log.append(messages("news", 20))
    member = Membership(log, "g", topics, clock=clock, session=30.0)
    for _ in range(3):
        clock.now += 10.0
        member.refresh()
    records = Reader(log, topics).read(member.held, 20)
    assert len(records) == 20
    member.begin(records)
    member.rewind()
    member.commit(records)
    member.leave()
    log.db.close()
    begun, writes = "", 0
    for statement in statements:
        begun = {"BEGIN": statement, "COMMI": "", "ROLLB": ""}.get(statement[:5], begun)
        if statement.startswith(("INSERT", "UPDATE", "DELETE")):
            writes += 1
            assert begun == "BEGIN IMMEDIATE", statement
    assert writes > 20


@pytest.mark.hostile(87)
def test_a_log_of_a_newer_gordon_is_refused(path: Path, opened: Opener) -> None:
    opened().close()
    db = sqlite3.connect(path)
    db.execute("PRAGMA user_version = 99")
    db.close()
    with pytest.raises(DatabaseUnfit, match="version 99"):
        opened()


@pytest.mark.hostile(82)
def test_a_folder_that_cannot_be_and_a_file_that_is_no_log_are_unfit(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"this is not a database, whatever its name may say" * 100)
    with pytest.raises(DatabaseUnfit, match=r"cannot be created: .*correct bus"):
        SqliteBus(tmp_path / "file" / "log.db")
    with pytest.raises(DatabaseUnfit, match=r"is damaged \(file is not a database\); stop Gordon"):
        SqliteBus(tmp_path / "file")


def test_closing_twice_and_with_a_broken_log_is_silent(path: Path) -> None:
    bus = SqliteBus(path)
    subscription = bus.subscribe(["t"], "g")
    bus.close()
    subscription.close()
    bus.close()
