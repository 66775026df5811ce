"""The past of the bus: a stretch of it is read once more, by somebody without a group, and it has an end."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta

from gordon.bus import Past, Record
from tests.contracts.bus_kinds import PATIENCE, BusFactory, fresh, messages, numbers, take

LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)


def whole(past: Past, most: int = 7) -> list[Record]:
    """All of it, in small batches."""
    found: list[Record] = []
    end = time.monotonic() + PATIENCE
    while not past.exhausted:
        assert time.monotonic() < end, f"{len(found)} records and no end"
        records = past.poll(0.5, most)
        past.commit(records)
        found += records
    return found


def some(past: Past, most: int) -> list[Record]:
    """What one poll brings that brings something."""
    end = time.monotonic() + PATIENCE
    while not (records := list(past.poll(0.5, most))):
        assert time.monotonic() < end
    return records


def test_it_ends_where_the_topics_ended_when_it_was_opened(bus_factory: BusFactory) -> None:
    bus, one, other = bus_factory.open(), fresh("past"), fresh("past")
    bus.publish([*messages(one, 30), *messages(other, 20, start=30)])
    past = bus.past([one, other], LONG_AGO)
    bus.publish([*messages(one, 10, start=50), *messages(other, 10, start=60)])
    records = whole(past)
    assert sorted(numbers(records)) == list(range(50))
    assert {record.topic for record in records} == {one, other}
    assert past.exhausted and not past.poll(0.1, 10)
    past.close()


def test_order_per_key_is_kept(bus_factory: BusFactory) -> None:
    bus, topic = bus_factory.open(), fresh("past")
    bus.publish(messages(topic, 60, keys=3))
    by_key: dict[str, list[int]] = {}
    for record in whole(bus.past([topic], LONG_AGO)):
        by_key.setdefault(record.key, []).append(int(record.value))
    assert by_key == {f"k{key}": list(range(key, 60, 3)) for key in range(3)}


def test_groups_are_not_disturbed(bus_factory: BusFactory) -> None:
    bus, topic, group = bus_factory.open(), fresh("past"), fresh("g")
    bus.publish(messages(topic, 20))
    subscription = bus.subscribe([topic], group)
    take(subscription, 20)
    assert len(whole(bus.past([topic], LONG_AGO))) == 20
    assert bus.lag([topic], group) == {topic: 0}
    bus.publish(messages(topic, 5, start=20))
    assert sorted(numbers(take(subscription, 5))) == list(range(20, 25))


def test_rewind_goes_back_to_what_was_committed(bus_factory: BusFactory) -> None:
    bus, topic = bus_factory.open(), fresh("past")
    bus.publish(messages(topic, 20, keys=1))
    past = bus.past([topic], LONG_AGO)
    past.begin([])
    first = some(past, 8)
    past.commit(first)
    again = some(past, 4)
    past.rewind()
    assert numbers([*first, *whole(past)]) == list(range(20))
    assert numbers(again) == [8, 9, 10, 11][: len(again)]


def test_an_empty_topic_and_a_moment_after_everything_are_exhausted_soon(bus_factory: BusFactory) -> None:
    bus, topic = bus_factory.open(), fresh("past")
    assert whole(bus.past([topic], LONG_AGO)) == []
    bus.publish(messages(topic, 5))
    # The embedded log keeps no times: whoever asks looks at the events' own.
    assert len(whole(bus.past([topic], datetime.now(UTC) + timedelta(days=1)))) in (0, 5)


def test_kafka_begins_at_the_moment(bus_factory: BusFactory) -> None:
    if bus_factory.name != "kafka":
        return
    bus, topic = bus_factory.open(), fresh("past")
    bus.publish(messages(topic, 5))
    time.sleep(0.05)
    between = datetime.now(UTC)
    time.sleep(0.05)
    bus.publish(messages(topic, 5, start=5))
    assert sorted(numbers(whole(bus.past([topic], between)))) == [5, 6, 7, 8, 9]
