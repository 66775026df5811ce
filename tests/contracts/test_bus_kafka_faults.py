"""Faults between Gordon and a real Kafka: lines that break, groups that go on without one, logs that begin anew."""

from __future__ import annotations

import dataclasses
import itertools
import os
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

import pytest

from gordon.bus import Message, Record, Subscription
from gordon.bus.kafka import KafkaBus
from gordon.bus.kafka_client import CLAIM_LOST, KafkaAdminClient, KafkaProducer, TopicPartition
from gordon.bus.kafka_settings import KafkaSettings
from gordon.bus.kafka_subscription import KafkaSubscription, Revoked
from gordon.errors import BusUnavailable
from tests.contracts.bus_kinds import FAST, PATIENCE, fresh, messages, nothing_comes, numbers, take
from tests.servers.kafka import KafkaBroker, kafka_broker
from tests.servers.missing import started
from tests.servers.proxy import Mode, Proxy

SHORT = KafkaSettings(partitions=3, session_timeout=3.0, request_timeout=3.0, delivery_timeout=3.0)
pytestmark = pytest.mark.kafka


@contextmanager
def opened(server: str, settings: KafkaSettings = FAST) -> Iterator[KafkaBus]:
    bus = KafkaBus([server], settings=settings)
    try:
        yield bus
    finally:
        bus.close()


def patiently(call: Callable[[], Any]) -> Any:
    """What ``call`` returns, once the bus is there again."""
    until = time.monotonic() + PATIENCE
    while True:
        try:
            return call()
        except BusUnavailable:
            assert time.monotonic() < until, "the broker is back, the bus is not"


def gather(subscription: Subscription, wanted: set[int]) -> list[Record]:
    """Commits what comes until all of the wanted numbers came."""
    found: list[Record] = []
    until = time.monotonic() + PATIENCE
    while not wanted <= set(numbers(found)):
        assert time.monotonic() < until, f"missing: {sorted(wanted - set(numbers(found)))[:20]}"
        try:
            records = subscription.poll(0.5, 500)
            subscription.commit(records)
        except BusUnavailable:
            continue
        found += records
    return found


# Lines that break


@pytest.mark.hostile(60)
@pytest.mark.parametrize("mode", ["stall", "reset", "cut"])
def test_on_a_line_that_breaks_every_call_ends_in_time_and_the_line_s_return_brings_all(
    kafka_proxy: Proxy, mode: Mode
) -> None:
    """``stall``: the half-open connection that never says a word again."""
    with opened(f"127.0.0.1:{kafka_proxy.port}", SHORT) as bus:
        topic, group = fresh("broken"), fresh("g")
        bus.publish(messages(topic, 10))
        subscription = bus.subscribe([topic], group)
        records = take(subscription, 10, commit=False)
        kafka_proxy.behave(mode)
        for call in (
            lambda: bus.publish(messages(topic, 10, start=10)),
            lambda: subscription.begin(records),
            lambda: bus.lag([topic], group),
        ):
            began = time.monotonic()
            with pytest.raises(BusUnavailable):
                call()
            assert time.monotonic() - began < 2 * SHORT.delivery_timeout + SHORT.request_timeout + 30
        with pytest.raises(BusUnavailable):
            for _ in range(60):
                subscription.poll(1.0, 10)
        kafka_proxy.behave("pass")
        patiently(lambda: bus.publish(messages(topic, 10, start=10)))
        patiently(subscription.rewind)
        gather(subscription, set(range(20)))


@pytest.mark.hostile(60)
@pytest.mark.parametrize("mode", ["stall", "reset"])
def test_what_returns_while_the_line_breaks_is_true(kafka_proxy: Proxy, kafka_server: KafkaBroker, mode: Mode) -> None:
    """An answer may come through at the last moment: then it holds, as somebody on another line sees."""
    with opened(f"127.0.0.1:{kafka_proxy.port}", SHORT) as bus, opened(kafka_server.servers) as other:
        topic, group = fresh("breaking"), fresh("g")
        bus.publish(messages(topic, 1, keys=1))
        member = bus.subscribe([topic], group)
        (first,) = take(member, 1, commit=False)
        published, starts = [0], [0]
        breaking = threading.Timer(0.2, lambda: kafka_proxy.behave(mode))
        breaking.start()
        with pytest.raises(BusUnavailable):
            for number in itertools.count(1):
                bus.publish(messages(topic, 1, keys=1, start=number))
                published.append(number)
                member.begin([dataclasses.replace(first, starts=number - 1)])
                starts.append(number)
        breaking.join()
        found = take(other.subscribe([topic], group), len(published), commit=False)
        assert numbers(found)[: len(published)] == published
        assert found[0].starts in (starts[-1], published[-1]), "only the last one may be unheard of"


@pytest.mark.hostile(60)
def test_a_slow_line_is_only_slow(kafka_proxy: Proxy) -> None:
    with opened(f"127.0.0.1:{kafka_proxy.port}", FAST) as bus:
        topic = fresh("slow")
        bus.ensure([topic])
        kafka_proxy.behave("slow", rate=65536)
        bus.publish([Message(topic, "k", str(number).encode(), (("ballast", b"x" * 20_000),)) for number in range(4)])
        assert numbers(take(bus.subscribe([topic], fresh("g")), 4)) == [0, 1, 2, 3]
        assert bus.producers_replaced == 0


# Groups that go on without a member


SLEEPY = KafkaSettings(
    partitions=3, session_timeout=3.0, request_timeout=5.0, delivery_timeout=5.0, most_between_polls=3.0
)


@pytest.mark.hostile(62, 65)
def test_work_that_takes_longer_than_the_group_waits_is_redone_by_another_and_its_late_commit_takes_nothing_back(
    kafka_server: KafkaBroker,
) -> None:
    with opened(kafka_server.servers, SLEEPY) as bus, opened(kafka_server.servers) as other:
        topic, group = fresh("sleepy"), fresh("g")
        bus.publish(messages(topic, 30))
        slow = bus.subscribe([topic], group)
        work = take(slow, 30, commit=False)
        slow.begin(work)
        quick = other.subscribe([topic], group)
        assert set(numbers(take(quick, 30))) == set(range(30)), "the group went on while the slow one works"
        assert other.lag([topic], group) == {topic: 0}
        other.publish(messages(topic, 5, start=30))
        slow.commit(work[:3])
        slow.begin(work[3:6])  # waits for the answer of the broker: the claim is lost, and nothing is raised
        slow.commit(work)
        assert other.lag([topic], group) == {topic: 5}
        gather(quick, set(range(30, 35)))
        quick.close()
        other.publish(messages(topic, 5, start=35))
        assert set(numbers(gather(slow, set(range(35, 40))))) == set(range(35, 40)), "it has joined again"


class Refusing:
    """The library's consumer, on whose commits the broker answers with an error."""

    def __init__(self, consumer: Any, error: type[Exception]) -> None:
        self._consumer, self._error = consumer, error
        self.refused = 0

    def __getattr__(self, name: str) -> Any:
        return getattr(self._consumer, name)

    def commit(self, offsets: Any, **options: Any) -> None:
        self.refused += 1
        raise self._error

    def commit_async(self, offsets: Any, callback: Callable[..., None]) -> None:
        self.refused += 1
        callback(offsets, self._error())


@pytest.mark.hostile(65)
@pytest.mark.parametrize("error", CLAIM_LOST)
def test_a_refused_commit_is_no_error_and_the_work_comes_again(
    kafka_server: KafkaBroker, error: type[Exception]
) -> None:
    """Whatever the broker calls it. A library that says so at the wrong moment is played here; the real one has its
    say in the test above."""
    with opened(kafka_server.servers, SHORT) as bus, opened(kafka_server.servers, SHORT) as heir:
        topic, group = fresh("refused"), fresh("g")
        bus.publish(messages(topic, 10))
        member = bus.subscribe([topic], group)
        assert isinstance(member, KafkaSubscription)
        records = take(member, 10, commit=False)
        consumer = member._consumer
        member._consumer = Refusing(consumer, error)
        member.commit(records)  # the sending one
        member.begin(records)  # the waiting one: what was lost is not written
        member.commit(records)
        member.rewind()
        assert member._consumer.refused >= 1
        member._consumer = consumer
        member.close()
        assert sorted(numbers(take(heir.subscribe([topic], group), 10))) == list(range(10))


@pytest.mark.hostile(66)
def test_the_rebalance_listener_takes_whatever_the_library_hands_it() -> None:
    """It notes, and does nothing else: whatever it raised would end the poll."""
    one, two = TopicPartition("t", 0), TopicPartition("t", 1)
    listener = Revoked()
    for some in ([], (), set(), frozenset({one}), [two], {one: None}, iter([two])):
        listener.on_partitions_assigned(some)
        listener.on_partitions_revoked(some)
    listener.on_partitions_lost({two})
    assert list(listener.partitions) == [one, two, one, two, two]
    methods = [name for name in vars(Revoked) if name.startswith("on_")]
    assert sorted(methods) == ["on_partitions_assigned", "on_partitions_lost", "on_partitions_revoked"]


# Logs that are not what they were


@pytest.mark.hostile(58)
def test_a_broker_that_comes_back_empty_is_filled_again_and_noticed() -> None:
    with ExitStack() as stack:
        broker = started(stack, kafka_broker, os.environ)  # of its own: it loses what others would need
        bus = stack.enter_context(opened(broker.servers, SHORT))
        topic, group = fresh("lost"), fresh("g")
        bus.publish(messages(topic, 30))
        subscription = bus.subscribe([topic], group)
        take(subscription, 30)
        assert bus.lag([topic], group) == {topic: 0} and bus.offset_resets == 0
        broker.lose_everything()
        patiently(lambda: bus.publish(messages(topic, 12, start=30)))
        gather(subscription, set(range(30, 42)))
        assert bus.offset_resets >= 1
        assert patiently(lambda: bus.lag([topic], group)) == {topic: 0}
        noticed = bus.offset_resets
        bus.publish(messages(topic, 12, start=42))
        gather(subscription, set(range(42, 54)))
        assert bus.offset_resets == noticed, "it goes on as ever"


@pytest.mark.hostile(58)
def test_what_retention_took_unread_is_noticed(kafka_server: KafkaBroker) -> None:
    with opened(kafka_server.servers, SHORT) as bus:
        topic, group = fresh("retained"), fresh("g")
        bus.publish(messages(topic, 6, keys=1))
        first = bus.subscribe([topic], group)
        first.commit(take(first, 6, commit=False)[:2])
        first.close()
        (place,) = {TopicPartition(topic, number) for number in range(3)} & set(_ends(kafka_server, topic))
        admin = KafkaAdminClient(bootstrap_servers=kafka_server.servers)
        admin.delete_records({place: 4})
        admin.close()
        second = bus.subscribe([topic], group)
        assert numbers(take(second, 2)) == [4, 5]
        assert bus.offset_resets == 1


def _ends(kafka_server: KafkaBroker, topic: str) -> dict[TopicPartition, int]:
    """The partitions that hold anything, with their ends."""
    with opened(kafka_server.servers) as bus:
        tail = bus.tail(topic, 5.0, from_start=True)
        found: dict[TopicPartition, int] = {}
        for record in take(tail, 6):
            found[TopicPartition(topic, record.partition)] = record.offset + 1
        return found


@pytest.mark.hostile(73)
def test_a_key_that_moves_with_more_partitions_loses_nothing_and_offsets_stay(kafka_server: KafkaBroker) -> None:
    """Its order ends at the move: what guards it is the revision, in the database."""
    settings = KafkaSettings(partitions=2, session_timeout=3.0, metadata_age=1.0)
    with opened(kafka_server.servers, settings) as bus:
        topic, group = fresh("grown"), fresh("g")
        bus.publish(messages(topic, 40))
        subscription = bus.subscribe([topic], group)
        before = take(subscription, 40)
        admin = KafkaAdminClient(bootstrap_servers=kafka_server.servers)
        admin.create_partitions({topic: 7})
        admin.close()
        until = time.monotonic() + PATIENCE
        found: list[Record] = []
        sent = itertools.count(40)
        while {record.partition for record in found} <= {record.partition for record in before}:
            assert time.monotonic() < until, "nobody reads the new partitions"
            bus.publish([Message(topic, f"k{number % 16}", str(number).encode()) for number in [next(sent)]])
            records = subscription.poll(0.2, 500)
            subscription.commit(records)
            found += records
        homes = {record.key: record.partition for record in before}
        assert any(homes[record.key] != record.partition for record in found), "no key has moved"
        found += gather(subscription, set(range(40, next(sent))) - set(numbers(found)))
        assert len(found) == len(set(numbers(found))), "something came twice"
        assert bus.lag([topic], group) == {topic: 0} and bus.offset_resets == 0


@pytest.mark.hostile(74)
def test_what_a_transaction_took_back_is_never_seen(kafka_server: KafkaBroker) -> None:
    with opened(kafka_server.servers, SHORT) as bus:
        topic, group = fresh("aborted"), fresh("g")
        bus.ensure([topic])
        foreign = KafkaProducer(
            bootstrap_servers=kafka_server.servers, transactional_id=fresh("foreign"), request_timeout_ms=20_000
        )
        foreign.init_transactions()
        for number, keep in enumerate((True, False, True, False)):
            foreign.begin_transaction()
            foreign.send(topic, str(number).encode(), b"k")
            foreign.flush()
            (foreign.commit_transaction if keep else foreign.abort_transaction)()
        foreign.close()
        bus.publish([Message(topic, "k", b"9")])
        subscription = bus.subscribe([topic], group)
        assert numbers(take(subscription, 3)) == [0, 2, 9]
        assert nothing_comes(subscription) and bus.offset_resets == 0
        assert numbers(take(bus.tail(topic, 5.0, from_start=True), 3)) == [0, 2, 9]


@pytest.mark.hostile(75)
def test_the_lag_of_an_empty_topic_is_zero_and_that_of_a_broker_that_is_away_unknown(kafka_proxy: Proxy) -> None:
    with opened(f"127.0.0.1:{kafka_proxy.port}", SHORT) as bus:
        topic, group = fresh("empty"), fresh("g")
        bus.ensure([topic])
        assert bus.lag([topic], group) == {topic: 0}
        kafka_proxy.behave("reset")
        with pytest.raises(BusUnavailable):
            bus.lag([topic], group)


DAY = 86_400_000


@pytest.mark.hostile(76)
@pytest.mark.parametrize("off", [DAY, -DAY, -60 * DAY], ids=["a day ahead", "a day behind", "beyond retention"])
def test_the_clock_of_a_producer_decides_nothing(kafka_server: KafkaBroker, off: int) -> None:
    """A broker of Kafka 4 would refuse a stamp of tomorrow, and delete one that is older than its retention."""
    with opened(kafka_server.servers, SHORT) as bus:
        topic = fresh("clock")
        bus.publish(messages(topic, 1, keys=1))
        now = round(time.time() * 1000)
        wrong = KafkaProducer(bootstrap_servers=kafka_server.servers, request_timeout_ms=20_000)
        wrong.send(topic, b"1", b"k0", timestamp_ms=now + off).get(60)
        wrong.close()
        bus.publish(messages(topic, 1, keys=1, start=2))
        assert numbers(take(bus.subscribe([topic], fresh("g")), 3)) == [0, 1, 2]
