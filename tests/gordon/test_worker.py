"""The worker loop on the real embedded log: retry, dead letters, poison, order of publish and commit."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

import pytest

from gordon.bus import Bus, Message, Record
from gordon.bus.sqlite import SqliteBus
from gordon.codec import decode, encode
from gordon.errors import BusUnavailable, DatabaseUnfit, Permanent, StoreUnavailable, Transient
from gordon.events import Dead, Event
from gordon.worker import Backoff, Worker
from tests.samples import EVENTS

SAMPLE = EVENTS["gordon.mention.v1"]


def message(key: str, value: bytes | None = None) -> Message:
    base = encode(SAMPLE)
    return Message("in", key, base.value if value is None else value, base.headers)


class Echo:
    """A stage that answers each event with one, unless ``judge`` objects."""

    name, reads, batch = "echo", ("in",), 10

    def __init__(self, judge: Callable[[Event], None] = lambda event: None) -> None:
        self.judge = judge
        self.batches: list[list[str]] = []

    def handle(self, events: Sequence[Event]) -> Iterable[Event]:
        self.batches.append([event.key for event in events])
        for event in events:
            self.judge(event)
        return [Event(**{**_fields(event), "topic": "out"}) for event in events]


def _fields(event: Event) -> dict[str, object]:
    return {name: getattr(event, name) for name in Event.__struct_fields__}


class Notes:
    """An observer that remembers."""

    def __init__(self) -> None:
        self.dead: list[tuple[str, str]] = []
        self.waits: list[float] = []
        self.handled_events = 0
        self.recoveries = 0

    def turned(self) -> None: ...

    def handled(self, events: int, seconds: float) -> None:
        self.handled_events += events

    def produced(self, events: Sequence[Event]) -> None: ...

    def done(self, records: Sequence[Record]) -> None: ...

    def retried(self, events: int, error: Transient, wait: float) -> None:
        self.waits.append(wait)

    def recovered(self) -> None:
        self.recoveries += 1

    def died(self, record: Record, reason: str, error: str) -> None:
        self.dead.append((record.key, reason))


@pytest.fixture
def bus(tmp_path: Path) -> Iterable[Bus]:
    made = SqliteBus(tmp_path / "log.db")
    made.ensure(["in", "out", "dead"])
    yield made
    made.close()


def worker(stage: Echo, bus: Bus, notes: Notes, slept: list[float] | None = None) -> Worker:
    clock = iter(float(number) for number in range(10**9))
    sleeps = slept if slept is not None else []
    return Worker(
        stage,
        bus,
        group="echo",
        dead_topic="dead",
        observer=notes,
        backoff=Backoff(least=1.0, most=4.0),
        sleep=sleeps.append,
        monotonic=lambda: next(clock),
        poll=0.05,
    )


def read(bus: Bus, topic: str) -> list[Record]:
    tail = bus.tail(topic, 0.1, from_start=True)
    found: list[Record] = []
    while records := tail.poll(0.1, 100):
        found += records
    tail.close()
    return found


def run(stage: Echo, bus: Bus, notes: Notes, turns: int, slept: list[float] | None = None) -> None:
    left = iter(range(turns))
    worker(stage, bus, notes, slept).run(lambda: next(left, None) is None, lambda: None)


def test_events_go_in_and_out_and_are_committed(bus: Bus) -> None:
    bus.publish([message(f"k{number}") for number in range(25)])
    stage, notes = Echo(), Notes()
    run(stage, bus, notes, 5)
    assert sorted(record.key for record in read(bus, "out")) == sorted(f"k{number}" for number in range(25))
    assert notes.handled_events == 25 and bus.lag(["in"], "echo")["in"] == 0
    assert max(len(batch) for batch in stage.batches) <= stage.batch


@pytest.mark.hostile(69)
def test_a_permanent_error_buries_the_culprit_alone(bus: Bus) -> None:
    def judge(event: Event) -> None:
        if event.key == "bad":
            raise Permanent("no good")

    bus.publish([message("a"), message("bad"), message("b")])
    notes = Notes()
    run(Echo(judge), bus, notes, 4)
    assert sorted(record.key for record in read(bus, "out")) == ["a", "b"]
    assert notes.dead == [("bad", "permanent")]
    (letter,) = [decode(record).data for record in read(bus, "dead")]
    assert isinstance(letter, Dead)
    assert (letter.stage, letter.origin.topic, letter.attempts, letter.key) == ("echo", "in", 1, "bad")
    assert letter.value == encode(SAMPLE).value and "no good" in letter.traceback
    assert bus.lag(["in"], "echo")["in"] == 0


def test_an_unexpected_error_is_tried_three_times(bus: Bus) -> None:
    def judge(event: Event) -> None:
        raise ZeroDivisionError("a bug")

    bus.publish([message("x")])
    stage, notes = Echo(judge), Notes()
    run(stage, bus, notes, 2)
    assert notes.dead == [("x", "error")]
    (letter,) = [decode(record).data for record in read(bus, "dead")]
    assert isinstance(letter, Dead) and letter.attempts == 3 and "ZeroDivisionError" in letter.error


@pytest.mark.hostile(67)
def test_bytes_that_are_no_event_are_buried_with_the_bytes(bus: Bus) -> None:
    bus.publish([message("a"), Message("in", "b", b"\x00junk", ())])
    notes = Notes()
    run(Echo(), bus, notes, 3)
    assert notes.dead == [("b", "undecodable")]
    (letter,) = [decode(record).data for record in read(bus, "dead")]
    assert isinstance(letter, Dead) and letter.value == b"\x00junk"


@pytest.mark.hostile(69)
def test_a_transient_fault_waits_longer_each_time_and_loses_nothing(bus: Bus) -> None:
    faults = iter([True] * 4)

    def judge(event: Event) -> None:
        if next(faults, False):
            raise StoreUnavailable("away")

    bus.publish([message("a"), message("b")])
    notes, slept = Notes(), list[float]()
    run(Echo(judge), bus, notes, 40, slept)
    assert notes.waits == [1.0, 2.0, 4.0, 4.0] and notes.dead == []
    assert sorted(record.key for record in read(bus, "out")) == ["a", "b"]


@pytest.mark.hostile(69)
def test_restarts_during_a_transient_fault_never_look_like_poison(bus: Bus) -> None:
    def away(event: Event) -> None:
        raise StoreUnavailable("away")

    bus.publish([message("only")])
    for _ in range(5):
        run(Echo(away), bus, Notes(), 2)
    notes = Notes()
    run(Echo(), bus, notes, 3)
    assert notes.dead == [] and [record.key for record in read(bus, "out")] == ["only"]


@pytest.mark.hostile(69)
def test_a_database_that_becomes_unfit_is_waited_for(bus: Bus) -> None:
    faults = iter([True] * 3)

    def judge(event: Event) -> None:
        if next(faults, False):
            raise DatabaseUnfit("the password was changed")

    bus.publish([message("a"), message("b")])
    notes = Notes()
    run(Echo(judge), bus, notes, 40)
    assert notes.dead == [] and notes.recoveries == 1
    assert sorted(record.key for record in read(bus, "out")) == ["a", "b"]


def test_a_dead_letter_that_cannot_be_kept_begets_no_letters(bus: Bus) -> None:
    class Sink(Echo):
        reads = ("in", "dead")

    def judge(event: Event) -> None:
        raise Permanent("the sink takes nothing")

    bus.publish([message("a")])
    notes = Notes()
    run(Sink(judge), bus, notes, 12)
    assert notes.dead == [("a", "permanent"), ("a", "permanent")]
    assert len(read(bus, "dead")) == 1


@pytest.mark.hostile(69)
def test_outages_of_bus_and_database_together_are_no_poison(bus: Bus) -> None:
    """The bus cannot be told that nobody died, so the note of begun work stays: the loop itself knows better."""

    class Forgetful:
        starts = 0
        committed = False

        def poll(self, timeout: float, most: int) -> Sequence[Record]:
            sent = message("only")
            return () if self.committed else [Record("in", 0, 7, "only", sent.value, sent.headers, starts=self.starts)]

        def begin(self, records: Sequence[Record]) -> None:
            self.starts += 1

        def commit(self, records: Sequence[Record]) -> None:
            self.committed = True

        def rewind(self) -> None:
            raise BusUnavailable("away as well")

        def close(self) -> None: ...

    class Line:
        def subscribe(self, topics: Sequence[str], group: str) -> Forgetful:
            return subscription

        def publish(self, messages: Sequence[Message]) -> None:
            bus.publish(messages)

    faults = iter([True] * 6)

    def judge(event: Event) -> None:
        if next(faults, False):
            raise StoreUnavailable("away")

    subscription, notes, left = Forgetful(), Notes(), iter(range(80))
    worker(Echo(judge), Line(), notes).run(lambda: next(left, None) is None, lambda: None)
    assert subscription.committed and notes.dead == []


KILLER = """
import os, signal, sys
sys.path.insert(0, {root!r})
from tests.gordon.test_worker import Echo, Notes, run
from gordon.bus.sqlite import SqliteBus
from pathlib import Path

def judge(event):
    if event.key == "poison":
        os.kill(os.getpid(), signal.SIGKILL)

run(Echo(judge), SqliteBus(Path({log!r})), Notes(), 6)
"""


@pytest.mark.hostile(68)
@pytest.mark.parametrize("company", [0, 4])
def test_poison_that_kills_the_process_is_parked(bus: Bus, tmp_path: Path, company: int) -> None:
    """Alone in its batch it is parked at its third start; in company the first death only tells that one of them is."""
    bus.publish([*(message(f"k{number}") for number in range(company)), message("poison")])
    code = KILLER.format(root=str(Path(__file__).parents[2]), log=str(tmp_path / "log.db"))
    exits = []
    while not exits or exits[-1] != 0:
        assert len(exits) < 5
        done = subprocess.run([sys.executable, "-c", code], env=os.environ, timeout=300, check=False)
        exits.append(done.returncode)
    killed = 2 if company == 0 else 3
    assert exits == [-signal.SIGKILL] * killed + [0]
    (letter,) = [decode(record).data for record in read(bus, "dead")]
    assert isinstance(letter, Dead) and (letter.reason, letter.key) == ("poison", "poison")
    assert sorted({record.key for record in read(bus, "out")}) == [f"k{number}" for number in range(company)]
    assert bus.lag(["in"], "echo")["in"] == 0


def test_dying_twice_is_one_letter(bus: Bus) -> None:
    from gordon.letters import dead_letter

    record = Record("in", 1, 7, "k", b"v", (("ce_subject", b"m/1"),))
    first = dead_letter("dead", "echo", record, "error", "e", "t", 3)
    assert first == dead_letter("dead", "echo", record, "error", "e", "t", 3)
    assert first.subject == "m/1"
    assert first.id != dead_letter("dead", "other", record, "error", "e", "t", 3).id
