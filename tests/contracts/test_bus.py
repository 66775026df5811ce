"""What every bus promises (gordon/bus/__init__.py), over every implementation."""

from __future__ import annotations

import os
import select
import time
from collections import Counter

from gordon.bus import Message, Record
from tests.contracts.bus_kinds import PATIENCE, BusFactory, child, fresh, line, messages, nothing_comes, numbers, take


def test_messages_of_one_key_come_in_order_with_headers_and_keys(bus_factory: BusFactory) -> None:
    bus, topic = bus_factory.open(), fresh("order")
    headers = (("ce_id", b"1"), ("ce_id", b"again"), ("empty", b""), ("binary", bytes(range(256))))
    sent = [Message(topic, f"clé-{n % 7}", str(n).encode(), headers) for n in range(300)]
    for start in range(0, 300, 60):
        bus.publish(sent[start : start + 60])
    records = take(bus.subscribe([topic], fresh("g")), 300)
    assert {record.headers for record in records} == {headers}
    assert {(record.key, record.value) for record in records} == {(m.key, m.value) for m in sent}
    for key in {message.key for message in sent}:
        of_key = [record for record in records if record.key == key]
        assert numbers(of_key) == sorted(numbers(of_key))
        assert len({record.partition for record in of_key}) == 1
        assert [record.offset for record in of_key] == sorted(record.offset for record in of_key)


def test_a_large_value_and_an_empty_one_survive(bus_factory: BusFactory) -> None:
    bus, topic = bus_factory.open(), fresh("large")
    large = os.urandom(900_000)
    bus.publish([Message(topic, "large", large), Message(topic, "empty", b"")])
    records = take(bus.subscribe([topic], fresh("g")), 2)
    assert {record.key: record.value for record in records} == {"large": large, "empty": b""}


def test_ten_thousand_go_in_and_come_out_once(bus_factory: BusFactory) -> None:
    bus, topic, group = bus_factory.open(), fresh("many"), fresh("g")
    for start in range(0, 10_000, 500):
        bus.publish(messages(topic, 500, start=start, keys=100))
    subscription = bus.subscribe([topic], group)
    assert Counter(numbers(take(subscription, 10_000))) == Counter(range(10_000))
    assert nothing_comes(subscription)
    assert bus.lag([topic], group) == {topic: 0}


def test_most_is_kept_and_no_partition_starves(bus_factory: BusFactory) -> None:
    bus, topic = bus_factory.open(), fresh("fair")
    bus.publish(messages(topic, 400, keys=40))
    partitions = {record.partition for record in take(bus.subscribe([topic], fresh("g")), 400)}
    assert len(partitions) > 1
    subscription = bus.subscribe([topic], fresh("g"))
    found: list[Record] = []
    until = time.monotonic() + PATIENCE
    while len(found) < 400 and time.monotonic() < until:
        records = subscription.poll(0.5, 7)
        assert len(records) <= 7
        subscription.commit(records)
        found += records
    assert sorted(numbers(found)) == list(range(400))


def test_groups_are_independent_and_begin_at_the_oldest(bus_factory: BusFactory) -> None:
    bus, topic = bus_factory.open(), fresh("groups")
    bus.publish(messages(topic, 20))
    first, second = bus.subscribe([topic], fresh("a")), bus.subscribe([topic], fresh("b"))
    assert sorted(numbers(take(first, 20))) == list(range(20))
    bus.publish(messages(topic, 5, start=20))
    assert sorted(numbers(take(second, 25))) == list(range(25))
    assert sorted(numbers(take(first, 5))) == list(range(20, 25))


def test_one_subscription_reads_several_topics(bus_factory: BusFactory) -> None:
    bus, one, two = bus_factory.open(), fresh("one"), fresh("two")
    bus.publish([*messages(one, 10), *messages(two, 10, start=10)])
    records = take(bus.subscribe([one, two], fresh("g")), 20)
    assert sorted(numbers(records)) == list(range(20))
    assert {record.topic for record in records} == {one, two}


def test_what_is_rewound_comes_again_and_what_is_committed_does_not(bus_factory: BusFactory) -> None:
    bus, topic = bus_factory.open(), fresh("rewind")
    bus.publish(messages(topic, 30, keys=1))
    subscription = bus.subscribe([topic], fresh("g"))
    records = take(subscription, 30, commit=False)
    subscription.commit(records[:10])
    subscription.rewind()
    assert numbers(take(subscription, 20, commit=False)) == list(range(10, 30))
    subscription.rewind()
    assert numbers(take(subscription, 20)) == list(range(10, 30))
    assert nothing_comes(subscription)


def test_what_was_not_committed_goes_to_the_next_member_after_close(bus_factory: BusFactory) -> None:
    bus, topic, group = bus_factory.open(), fresh("close"), fresh("g")
    bus.publish(messages(topic, 30, keys=1))
    first = bus.subscribe([topic], group)
    first.commit(take(first, 30, commit=False)[:12])
    first.close()
    first.close()
    assert numbers(take(bus_factory.open().subscribe([topic], group), 18)) == list(range(12, 30))


def test_members_share_the_partitions_and_none_has_two(bus_factory: BusFactory) -> None:
    bus, topic, group = bus_factory.open(), fresh("share"), fresh("g")
    first, second = bus.subscribe([topic], group), bus_factory.open().subscribe([topic], group)
    settled = time.monotonic() + PATIENCE
    while True:  # the two find each other, without anything to read
        first.poll(0.3, 1)
        second.poll(0.3, 1)
        bus.publish(messages(topic, 64, keys=64))
        of_first, of_second = list(first.poll(1.0, 500)), list(second.poll(1.0, 500))
        first.commit(of_first)
        second.commit(of_second)
        places = [{record.partition for record in records} for records in (of_first, of_second)]
        if places[0] and places[1]:
            assert not places[0] & places[1]
            return
        assert time.monotonic() < settled, f"no sharing: {places}"


def test_the_partitions_of_a_killed_member_go_to_the_others(bus_factory: BusFactory) -> None:
    bus, topic, group = bus_factory.open(), fresh("death"), fresh("g")
    survivor = bus.subscribe([topic], group)
    survivor.poll(0.5, 1)
    with child(bus_factory, "consume", topic, group) as other:
        assert line(other) == "ready"
        start, until = 0, time.monotonic() + PATIENCE
        while not select.select([other.stdout], [], [], 0)[0]:  # until the child has a share, and has done some of it
            assert time.monotonic() < until, "the child got no share"
            bus.publish(messages(topic, 64, keys=64, start=start))
            start += 64
            survivor.commit(survivor.poll(0.5, 500))
        other.kill()
        other.wait()
        seen: set[int] = set()
        bus.publish(messages(topic, 64, keys=64, start=start))
        until = time.monotonic() + PATIENCE
        while not set(range(start, start + 64)) <= seen:
            assert time.monotonic() < until, "the dead member's partitions were not handed over"
            records = survivor.poll(0.5, 500)
            survivor.commit(records)
            seen |= set(numbers(records))
    assert bus.lag([topic], group) == {topic: 0}


def test_work_that_a_killed_member_had_begun_comes_again_as_suspect(bus_factory: BusFactory) -> None:
    bus, topic, group = bus_factory.open(), fresh("suspect"), fresh("g")
    bus.publish(messages(topic, 10, keys=1))
    with child(bus_factory, "hold", topic, group, "10") as worker:
        held = int(line(worker))
        assert held > 1
        worker.kill()
        worker.wait()
    records = take(bus.subscribe([topic], group), 10)
    assert numbers(records) == list(range(10))
    assert [record.suspect for record in records] == [n < held for n in range(10)]
    assert {record.starts for record in records} == {0}


def test_a_record_begun_alone_counts_its_starts(bus_factory: BusFactory) -> None:
    topic, group = fresh("starts"), fresh("g")
    bus_factory.open().publish(messages(topic, 3, keys=1))
    for start in range(3):
        subscription = bus_factory.open().subscribe([topic], group)
        first, *others = take(subscription, 3, commit=False)
        assert (first.starts, first.value) == (start, b"0")
        assert {other.starts for other in others} == {0}
        subscription.begin([first])
        subscription.begin([first])  # the same life: counted once
        subscription.close()
    subscription = bus_factory.open().subscribe([topic], group)
    records = take(subscription, 3, commit=False)
    assert records[0].starts == 3
    subscription.commit(records[:1])
    subscription.close()
    after = take(bus_factory.open().subscribe([topic], group), 2)
    assert [(record.starts, record.suspect) for record in after] == [(0, False), (0, False)]


def test_commit_and_rewind_clear_the_note_of_begin(bus_factory: BusFactory) -> None:
    topic, group = fresh("clear"), fresh("g")
    bus_factory.open().publish(messages(topic, 4, keys=1))
    subscription = bus_factory.open().subscribe([topic], group)
    subscription.begin(take(subscription, 4, commit=False))
    subscription.rewind()
    subscription.close()
    subscription = bus_factory.open().subscribe([topic], group)
    records = take(subscription, 4, commit=False)
    assert [(record.starts, record.suspect) for record in records] == [(0, False)] * 4
    subscription.begin(records)
    subscription.commit(records[:3])
    subscription.close()
    subscription = bus_factory.open().subscribe([topic], group)
    (last,) = take(subscription, 1, commit=False)
    assert (last.value, last.starts, last.suspect) == (b"3", 0, True)
    subscription.begin([last])
    subscription.commit([last])
    subscription.close()
    bus_factory.open().publish(messages(topic, 1, keys=1, start=4))
    (new,) = take(bus_factory.open().subscribe([topic], group), 1)
    assert (new.value, new.starts, new.suspect) == (b"4", 0, False)


def test_lag_counts_what_is_not_committed(bus_factory: BusFactory) -> None:
    bus, topic, group = bus_factory.open(), fresh("lag"), fresh("g")
    absent = fresh("absent")
    assert bus.lag([topic, absent], group) == {topic: 0, absent: 0}
    bus.publish(messages(topic, 50, keys=1))
    assert bus.lag([topic, absent], group) == {topic: 50, absent: 0}
    subscription = bus.subscribe([topic], group)
    records = take(subscription, 50, commit=False)
    assert bus.lag([topic], group) == {topic: 50}
    subscription.commit(records[:20])
    assert bus.lag([topic], group) == {topic: 30}
    assert bus.lag([topic], fresh("other")) == {topic: 50}


def test_ensuring_twice_changes_nothing(bus_factory: BusFactory) -> None:
    topic = fresh("ensure")
    for bus in (bus_factory.open(), bus_factory.open()):
        bus.ensure([topic])
        bus.ensure([topic])
        bus.publish(messages(topic, 5))
    assert len(take(bus_factory.open().subscribe([topic], fresh("g")), 10)) == 10


def test_a_tail_reads_all_and_disturbs_nobody(bus_factory: BusFactory) -> None:
    bus, topic, group = bus_factory.open(), fresh("tail"), fresh("g")
    bus.publish(messages(topic, 20))
    whole, news = bus.tail(topic, 5.0, from_start=True), bus.tail(topic, 5.0, from_start=False)
    bus.publish(messages(topic, 10, start=20))
    read = take(whole, 30)
    assert sorted(numbers(read)) == list(range(30))
    whole.begin(read)
    assert sorted(numbers(take(news, 10))) == list(range(20, 30))
    news.rewind()
    assert sorted(numbers(take(news, 10))) == list(range(20, 30))
    assert sorted(numbers(take(bus.subscribe([topic], group), 30))) == list(range(30))
    news.close()
    whole.close()
    whole.close()


def test_a_waiting_poll_wakes_when_another_process_publishes(bus_factory: BusFactory) -> None:
    bus, topic = bus_factory.open(), fresh("wake")
    with child(bus_factory, "publish", topic, "0", "1") as publisher:
        assert line(publisher) == "ready"
        subscription = bus.subscribe([topic], fresh("g"))
        subscription.poll(2.0, 1)
        assert publisher.stdin
        publisher.stdin.write("now\n")
        publisher.stdin.flush()
        began = time.monotonic()
        assert numbers(subscription.poll(30.0, 10)) == [0]
        assert time.monotonic() - began < 15


def test_an_empty_poll_returns_in_time_and_empty_calls_do_nothing(bus_factory: BusFactory) -> None:
    bus, topic = bus_factory.open(), fresh("empty")
    subscription = bus.subscribe([topic], fresh("g"))
    bus.publish([])
    subscription.begin([])
    subscription.commit([])
    subscription.rewind()
    began = time.monotonic()
    assert not subscription.poll(0.2, 10)
    assert time.monotonic() - began < 10
