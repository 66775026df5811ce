"""The worker loop among faults on the real embedded log: poison values, newer events, letters that cannot go out."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from gordon.bus import Bus, Message, Subscription
from gordon.bus.sqlite import SqliteBus
from gordon.codec import decode, encode
from gordon.errors import BusUnavailable, Permanent
from gordon.events import Dead, Event
from gordon.letters import replay_message
from gordon.records import DeadLetter
from tests.gordon.test_worker import SAMPLE, Echo, Notes, message, read, run

MENTION = json.loads(encode(SAMPLE).value)


@pytest.fixture
def bus(tmp_path: Path) -> Iterator[Bus]:
    made = SqliteBus(tmp_path / "log.db")
    made.ensure(["in", "out", "dead"])
    yield made
    made.close()


def letters(bus: Bus) -> list[Dead]:
    found = [decode(record).data for record in read(bus, "dead")]
    return [letter for letter in found if isinstance(letter, Dead)]


@pytest.mark.hostile(67)
@pytest.mark.parametrize(
    "value",
    [
        b"no json at all",
        json.dumps({"id": 7}).encode(),
        json.dumps(MENTION | {"revision": "x" * 900_000}).encode(),
        json.dumps(MENTION | {"revision": float("nan")}).encode(),
        json.dumps(MENTION)[:-1].encode() + b', "html": ' + b"[" * 10_000 + b"]" * 10_000 + b"}",
        b"[" * 10_000,
    ],
    ids=["no json", "wrong schema", "900 kB", "nan", "deep inside", "deep"],
)
def test_poison_is_buried_after_one_try_with_its_bytes_and_its_neighbours_go_on(bus: Bus, value: bytes) -> None:
    bus.publish([message("before"), message("poison", value), message("after")])
    stage, notes = Echo(), Notes()
    run(stage, bus, notes, 5)
    (letter,) = letters(bus)
    assert (letter.reason, letter.attempts, letter.key, letter.value) == ("undecodable", 1, "poison", value)
    assert not [key for batch in stage.batches for key in batch if key == "poison"], "the stage never saw it"
    assert sorted(record.key for record in read(bus, "out")) == ["after", "before"]
    assert bus.lag(["in"], "echo")["in"] == 0


@pytest.mark.hostile(72)
def test_an_event_of_a_newer_major_is_kept_and_can_be_replayed_as_it_came(bus: Bus) -> None:
    """A later Gordon reads what this one keeps: bytes and headers are those of the original."""
    one = message("later")
    headers = tuple((name, b"gordon.mention.v2" if name == "ce_type" else value) for name, value in one.headers)
    sent = dataclasses.replace(one, value=b'{"of": "a later shape"}', headers=headers)
    bus.publish([sent, message("today")])
    notes = Notes()
    run(Echo(), bus, notes, 4)
    assert [record.key for record in read(bus, "out")] == ["today"]
    (letter,) = letters(bus)
    assert (letter.reason, letter.attempts) == ("newer-major", 1) and "upgrade" in letter.error
    kept = DeadLetter(
        id="d",
        stage=letter.stage,
        reason=letter.reason,
        error=letter.error,
        traceback=letter.traceback,
        attempts=letter.attempts,
        died=SAMPLE.time,
        topic=letter.origin.topic,
        partition=letter.origin.partition,
        offset=letter.origin.offset,
        key=letter.key,
        headers=dict(letter.headers),
        value=letter.value,
        subject="",
    )
    assert replay_message(kept) == sent


class NoLetters:
    """The real log, behind a line on which dead letters break off for the first ``failures`` times."""

    def __init__(self, bus: Bus, failures: int) -> None:
        self._bus, self.left = bus, failures

    def subscribe(self, topics: Sequence[str], group: str) -> Subscription:
        return self._bus.subscribe(topics, group)

    def publish(self, messages: Sequence[Message]) -> None:
        if self.left and any(one.topic == "dead" for one in messages):
            self.left -= 1
            raise BusUnavailable("the line was cut")
        self._bus.publish(messages)


def refuse(event: Event) -> None:
    if event.key == "bad":
        raise Permanent("no good")


@pytest.mark.hostile(70)
def test_without_its_dead_letter_a_message_stays_uncommitted(bus: Bus) -> None:
    bus.publish([message("bad")])
    line, notes = NoLetters(bus, 1_000_000), Notes()
    run(Echo(refuse), line, notes, 8)
    assert bus.lag(["in"], "echo") == {"in": 1} and notes.dead == [] and len(notes.waits) >= 2
    assert letters(bus) == []


@pytest.mark.hostile(70)
def test_once_the_dead_letter_can_go_out_it_does_so_once_and_work_goes_on(bus: Bus) -> None:
    bus.publish([message("a"), message("bad"), message("b")])
    line, notes = NoLetters(bus, 3), Notes()
    run(Echo(refuse), line, notes, 60)
    assert line.left == 0 and notes.dead == [("bad", "permanent")]
    (letter,) = letters(bus)
    assert letter.key == "bad" and letter.reason == "permanent", "its own failures made it no poison"
    assert bus.lag(["in"], "echo") == {"in": 0}
    assert {record.key for record in read(bus, "out")} == {"a", "b"}
