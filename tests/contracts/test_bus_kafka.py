"""What only Kafka can suffer: a broker that freezes, is not there, or takes connections and says nothing."""

from __future__ import annotations

import socket
import ssl
import threading
import time
from collections.abc import Iterator

import pytest
from msgspec import structs

from gordon.bus import Bus
from gordon.bus.kafka import KafkaBus, topic_options
from gordon.bus.kafka_client import KafkaAdminClient, connection_options
from gordon.bus.kafka_producer import LARGEST, largest, producer_options
from gordon.bus.kafka_settings import KafkaSettings
from gordon.bus.kafka_subscription import consumer_options
from gordon.codec import decode, encode
from gordon.errors import BusUnavailable, Permanent
from gordon.letters import dead_letter
from gordon.settings import Parse
from ingest.safe_html import MOST_GROWTH, MOST_SOURCE
from tests.contracts.bus_kinds import FAST, PATIENCE, fresh, messages, numbers, take
from tests.samples import EVENTS, MENTION, TAGGED
from tests.servers.kafka import KafkaBroker

SHORT = KafkaSettings(partitions=3, session_timeout=3.0, request_timeout=4.0, delivery_timeout=4.0)
AT_ONCE = KafkaSettings(request_timeout=1.0, delivery_timeout=1.0)


@pytest.fixture
def bus(kafka_server: KafkaBroker) -> Iterator[KafkaBus]:
    bus = KafkaBus([kafka_server.servers], settings=SHORT)
    yield bus
    kafka_server.thaw()
    bus.close()


@pytest.mark.hostile(57)
@pytest.mark.kafka
def test_a_frozen_broker_fails_in_time_and_after_the_thaw_nothing_is_lost(
    kafka_server: KafkaBroker, bus: KafkaBus
) -> None:
    topic = fresh("frozen")
    bus.publish(messages(topic, 50))
    kafka_server.freeze()
    began = time.monotonic()
    with pytest.raises(BusUnavailable):
        bus.publish(messages(topic, 50, start=50))
    assert time.monotonic() - began < 2 * SHORT.delivery_timeout + SHORT.request_timeout + 30
    assert bus.producers_replaced >= 1
    kafka_server.thaw()
    _patiently(lambda: bus.publish(messages(topic, 50, start=50)))
    _patiently(lambda: bus.publish(messages(topic, 50, start=100)))
    found: set[int] = set()
    tail = bus.tail(topic, 5.0, from_start=True)
    until = time.monotonic() + PATIENCE
    while found != set(range(150)):
        assert time.monotonic() < until, f"lost: {sorted(set(range(150)) - found)}"
        found |= set(numbers(tail.poll(0.5, 500)))


@pytest.mark.hostile(57)
@pytest.mark.kafka
def test_a_batch_is_sent_again_by_a_new_producer_when_the_broker_wakes_up(
    kafka_server: KafkaBroker, bus: KafkaBus
) -> None:
    topic = fresh("woken")
    bus.publish(messages(topic, 10))
    kafka_server.freeze()

    def thaw() -> None:
        until = time.monotonic() + PATIENCE
        while not bus.producers_replaced and time.monotonic() < until:
            time.sleep(0.01)
        kafka_server.thaw()

    waker = threading.Thread(target=thaw)
    waker.start()
    bus.publish(messages(topic, 10, start=10))
    waker.join()
    assert bus.producers_replaced == 1
    assert set(numbers(take(bus.tail(topic, 5.0, from_start=True), 20))) == set(range(20))


@pytest.mark.kafka
def test_a_broker_that_stops_shows_in_poll_and_its_return_brings_the_rest(kafka_server: KafkaBroker) -> None:
    bus, topic = KafkaBus([kafka_server.servers], settings=SHORT), fresh("stopped")
    bus.publish(messages(topic, 10))
    subscription = bus.subscribe([topic], fresh("g"))
    records = take(subscription, 10, commit=False)
    kafka_server.stop()
    try:
        with pytest.raises(BusUnavailable):
            for _ in range(60):
                subscription.poll(1.0, 10)
        with pytest.raises(BusUnavailable):
            subscription.begin(records)
        with pytest.raises(BusUnavailable):
            bus.lag([topic], "any")
    finally:
        kafka_server.start()
    _patiently(subscription.rewind)
    again: set[int] = set()
    until = time.monotonic() + PATIENCE
    while again != set(range(10)):
        assert time.monotonic() < until, "the broker came back, the records did not"
        try:
            again |= set(numbers(subscription.poll(1.0, 50)))
        except BusUnavailable:
            continue
    bus.close()


@pytest.mark.kafka
def test_two_members_hand_over_a_note_between_hosts(kafka_server: KafkaBroker) -> None:
    """The note is in the broker, not in the process or beside a file: another connection reads it."""
    first, second = (KafkaBus([kafka_server.servers], settings=FAST) for _ in range(2))
    topic, group = fresh("note"), fresh("g")
    first.publish(messages(topic, 2, keys=1))
    member = first.subscribe([topic], group)
    member.begin(take(member, 2, commit=False)[:1])
    first.close()
    records = take(second.subscribe([topic], group), 2)
    assert [record.starts for record in records] == [1, 0]
    second.close()


@pytest.mark.kafka
def test_topics_are_created_as_set(kafka_server: KafkaBroker, bus: KafkaBus) -> None:
    plain, dead = fresh("plain"), fresh("plain") + ".dead"
    bus.ensure([plain, dead])
    admin = KafkaAdminClient(bootstrap_servers=kafka_server.servers)
    described = {topic["name"]: len(topic["partitions"]) for topic in admin.describe_topics([plain, dead])}
    admin.close()
    assert described == {plain: 3, dead: 3}


@pytest.mark.hostile(71)
@pytest.mark.kafka
def test_a_message_that_kafka_will_never_take_is_a_permanent_error(bus: KafkaBus) -> None:
    topic = fresh("huge")
    (small,) = messages(topic, 1)
    huge = type(small)(topic, "huge", b"x" * (9 * 1024 * 1024))
    with pytest.raises(Permanent):
        bus.publish([huge])
    bus.publish([small])
    assert bus.producers_replaced == 0


@pytest.mark.hostile(71)
@pytest.mark.kafka
def test_the_largest_mention_fits_and_so_does_its_dead_letter(bus: KafkaBus) -> None:
    """Text and HTML are cut long before Kafka's limit, whatever bytes a character takes: HTML may grow when it is
    made safe, but only by markup, of which JSON doubles the quotes."""
    topic = fresh("largest")
    widest, doubled = "\N{GRINNING FACE}", '"'
    text, html = widest * Parse().max_text, widest * MOST_SOURCE + doubled * ((MOST_GROWTH - 1) * MOST_SOURCE)
    data = structs.replace(TAGGED, mention=structs.replace(MENTION, title=text, text=text, html=html))
    event = structs.replace(EVENTS["gordon.tagged.v1"], topic=topic, data=data)
    bus.publish([encode(event)])
    (record,) = take(bus.tail(topic, 5.0, from_start=True), 1)
    assert decode(record) == event
    letter = dead_letter(f"{topic}.dead", "classify", record, "error", "e" * 10**6, "t" * 10**6, 3)
    bus.publish([encode(letter)])
    (buried,) = take(bus.tail(letter.topic, 5.0, from_start=True), 1)
    assert decode(buried) == letter and LARGEST < len(encode(letter).value) < largest(letter.topic)


def test_the_dead_letters_are_kept_for_ever_and_others_as_set() -> None:
    settings = KafkaSettings(partitions=5, replication=3, retention=3600.0)
    plain, dead = topic_options("gordon.queue.duty", settings), topic_options("gordon.dead", settings)
    assert (plain["num_partitions"], plain["replication_factor"]) == (5, 3)
    clock = {"message.timestamp.type": "LogAppendTime"}
    assert plain["configs"] == {"retention.ms": "3600000", "max.message.bytes": str(8 * 1024 * 1024)} | clock
    assert dead["configs"] == {"retention.ms": "-1", "max.message.bytes": str(16 * 1024 * 1024)} | clock


@pytest.mark.hostile(59)
def test_a_closed_port_is_unavailable_in_bounded_time() -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        _unavailable(unused.getsockname()[1])


@pytest.mark.hostile(60)
def test_a_port_that_never_answers_is_unavailable_in_bounded_time() -> None:
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen(64)
        _unavailable(silent.getsockname()[1])


def _unavailable(port: int) -> None:
    bus: Bus = KafkaBus([f"127.0.0.1:{port}"], settings=AT_ONCE)
    for call in (
        lambda: bus.publish(messages("t", 1)),
        lambda: bus.lag(["t"], "g"),
        lambda: bus.subscribe(["t"], "g"),
        lambda: bus.tail("t", 1.0, from_start=True),
    ):
        began = time.monotonic()
        with pytest.raises(BusUnavailable):
            call()
        assert time.monotonic() - began < AT_ONCE.request_timeout + 20
    bus.close()
    assert not [thread.name for thread in threading.enumerate() if "kafka" in thread.name]


SECURE = KafkaSettings(
    security_protocol="SASL_SSL",
    sasl_mechanism="SCRAM-SHA-512",
    sasl_username="gordon",
    sasl_password="canary-one",
    ssl_password="canary-two",
    session_timeout=7.0,
    delivery_timeout=9.0,
)


def test_tls_and_sasl_settings_reach_every_client() -> None:
    connection = connection_options(["a:1", "b:2"], SECURE)
    expected = {
        "bootstrap_servers": ["a:1", "b:2"],
        "security_protocol": "SASL_SSL",
        "sasl_mechanism": "SCRAM-SHA-512",
        "sasl_plain_username": "gordon",
        "sasl_plain_password": "canary-one",
        "ssl_context": connection["ssl_context"],
    }
    assert connection["ssl_context"].verify_mode is ssl.CERT_REQUIRED and connection["ssl_context"].check_hostname
    for options in (connection, producer_options(connection, SECURE), consumer_options(connection, SECURE)):
        assert expected.items() <= options.items()
    assert producer_options(connection, SECURE)["delivery_timeout_ms"] == 9000
    assert consumer_options(connection, SECURE)["session_timeout_ms"] == 7000


def test_what_is_not_set_is_left_to_the_library() -> None:
    assert not [name for name in connection_options(["a:1"], KafkaSettings()) if name.startswith(("sasl", "ssl"))]


def test_secrets_never_show() -> None:
    assert "canary" not in repr(SECURE) + str(SECURE)


def _patiently(call: object) -> None:
    until = time.monotonic() + PATIENCE
    while True:
        try:
            call()  # type: ignore[operator]  # any call without arguments
            return
        except BusUnavailable:
            assert time.monotonic() < until, "the broker is back, the bus is not"
