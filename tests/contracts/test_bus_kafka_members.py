"""Members of a group on a real Kafka that come, go, sleep and are late."""

from __future__ import annotations

import os
import signal
import time
from collections import Counter

import pytest

from gordon.bus import Message, Subscription
from gordon.bus.kafka import KafkaBus
from gordon.bus.kafka_client import KafkaAdminClient
from gordon.bus.kafka_settings import KafkaSettings
from tests.contracts.bus_kinds import FAST, PATIENCE, BusFactory, child, fresh, line, messages, numbers, take
from tests.servers.kafka import KafkaBroker
from tests.servers.proxy import Proxy

pytestmark = pytest.mark.kafka
ALERT = KafkaSettings(partitions=2, session_timeout=6.0, metadata_age=1.0)


@pytest.mark.hostile(64)
def test_a_rebalance_that_takes_longer_than_a_poll_is_finished(kafka_server: KafkaBroker, kafka_proxy: Proxy) -> None:
    """The broker's two answers are further apart than two polls: one of these always ends between them."""
    bus, topic, group = KafkaBus([f"127.0.0.1:{kafka_proxy.port}"], settings=ALERT), fresh("grown"), fresh("g")
    bus.publish(messages(topic, 20))
    subscription = bus.subscribe([topic], group)
    known = {record.partition for record in take(subscription, 20)}
    kafka_proxy.behave("delay", seconds=0.2)
    admin = KafkaAdminClient(bootstrap_servers=kafka_server.servers)
    admin.create_partitions({topic: 6})
    admin.close()
    other = KafkaBus([kafka_server.servers], settings=ALERT)
    until = time.monotonic() + PATIENCE
    found: set[int] = set()
    number = 20
    while found <= known:
        assert time.monotonic() < until, "the new partitions are never read"
        other.publish([Message(topic, f"k{number % 16}", str(number).encode())])
        number += 1
        records = subscription.poll(0.2, 100)
        found |= {record.partition for record in records}
    kafka_proxy.behave("pass")
    other.close()
    bus.close()


@pytest.mark.hostile(63)
def test_a_member_that_slept_through_its_eviction_takes_nothing_back(kafka_server: KafkaBroker) -> None:
    factory = BusFactory("kafka", f"kafka://{kafka_server.servers}")
    bus, topic, group = factory.open(), fresh("asleep"), fresh("g")
    bus.publish(messages(topic, 40))
    with child(factory, "late", topic, group, "40") as sleeper:
        assert line(sleeper) == "begun" and sleeper.stdin
        sleeper.send_signal(signal.SIGSTOP)
        os.waitid(os.P_PID, sleeper.pid, os.WSTOPPED)
        bus.publish(messages(topic, 40, start=40))
        heir = bus.subscribe([topic], group)
        records = take(heir, 80)
        assert sorted(numbers(records)) == list(range(80)), "the sleeper's work is done again"
        assert all(record.suspect for record in records if int(record.value) < 40), "for all the heir knows, it died"
        assert bus.lag([topic], group) == {topic: 0}
        sleeper.send_signal(signal.SIGCONT)
        sleeper.stdin.write("commit\n")
        sleeper.stdin.flush()
        assert line(sleeper) == "committed"
        assert bus.lag([topic], group) == {topic: 0}, "a late commit took the group back"
    factory.close()


@pytest.mark.hostile(64)
def test_members_that_come_and_go_all_the_time_lose_nothing(kafka_server: KafkaBroker) -> None:
    """One stays; another one joins and leaves with every turn, once in a while without a word."""
    factory = BusFactory("kafka", f"kafka://{kafka_server.servers}")
    bus, topic, group = factory.open(), fresh("storm"), fresh("g")
    stays, seen = bus.subscribe([topic], group), Counter[int]()
    for turn in range(12):
        bus.publish(messages(topic, 25, start=25 * turn))
        if turn % 4 == 3:
            with child(factory, "consume", topic, group) as other:
                assert line(other) == "ready"
                work(stays, seen)
                other.kill()
                other.wait()
                assert other.stdout
                seen.update(int(number) for number in other.stdout.read().split())
        else:
            guest = KafkaBus([kafka_server.servers], settings=FAST)
            joined = guest.subscribe([topic], group)
            for member in (joined, stays) * 2:
                work(member, seen)
            guest.close()
    until = time.monotonic() + PATIENCE
    while bus.lag([topic], group) != {topic: 0}:
        assert time.monotonic() < until, f"missing: {sorted(set(range(300)) - set(seen))[:20]}"
        work(stays, seen)
    assert set(seen) == set(range(300))
    factory.close()


def work(member: Subscription, seen: Counter[int]) -> None:
    """One poll, handled and committed."""
    records = member.poll(0.5, 50)
    seen.update(numbers(records))
    member.commit(records)
