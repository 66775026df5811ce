"""Kafka behind TLS, passwords and rights: Gordon works with the rights that docs/install.md names, and with no fewer;
who is not let in, or meets a broker that it cannot trust, is told in time and without the password."""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial

import pytest

from gordon.bus import Bus
from gordon.bus.kafka_client import connection_options
from gordon.bus.kafka_settings import KafkaSettings
from gordon.bus.open import open_bus
from gordon.errors import BusUnavailable
from tests.contracts.bus_kinds import PATIENCE, fresh, messages, numbers, take
from tests.servers.authority import Authority
from tests.servers.missing import started
from tests.servers.secure_kafka import SecureKafka, secure_kafka

pytestmark = pytest.mark.kafka
USERS = {"gordon": "gordons-s3cret", "desk": "desks-s3cret", "nobody": "nobodys-s3cret"}
STAGES = {
    "topics": ("gordon.", ["describe", "read", "write", "create"]),
    "groups": ("gordon.", ["describe", "read"]),
}
CONSUMER = {"topics": ("gordon.queue.", ["describe", "read"]), "groups": ("case-tool", ["describe", "read"])}
"""Rights as docs/install.md and docs/consumers.md name them."""


@pytest.fixture(scope="module")
def broker() -> Iterator[SecureKafka]:
    with ExitStack() as stack:
        made = started(stack, partial(secure_kafka, USERS), os.environ)
        made.allow("gordon", STAGES)
        made.allow("desk", CONSUMER)
        yield made


def settings(broker: SecureKafka, user: str) -> KafkaSettings:
    return KafkaSettings(
        partitions=2,
        security_protocol="SASL_SSL",
        sasl_mechanism="SCRAM-SHA-512",
        sasl_username=user,
        sasl_password=USERS[user],
        ssl_cafile=str(broker.authority.file),
    )


@contextmanager
def opened(broker: SecureKafka, known: KafkaSettings) -> Iterator[Bus]:
    with closing(open_bus(f"kafka://{broker.servers}", kafka=known)) as bus:
        yield bus


def test_all_that_stages_do_is_done_with_the_rights_that_are_documented(broker: SecureKafka) -> None:
    topic, group = fresh("gordon.queue.desk"), fresh("gordon.route")
    with opened(broker, settings(broker, "gordon")) as bus:
        bus.ensure([topic])
        bus.publish(messages(topic, 20))
        subscription = bus.subscribe([topic], group)
        records = take(subscription, 20, commit=False)
        subscription.begin(records)
        subscription.commit(records)
        assert sorted(numbers(records)) == list(range(20))
        assert bus.lag([topic], group) == {topic: 0}
        assert len(take(bus.tail(topic, 10.0, from_start=True), 20)) == 20
        past, again = bus.past([topic], datetime.now(UTC) - timedelta(hours=1)), 0
        while not past.exhausted:
            again += len(past.poll(1.0, 100))
        assert again == 20


def test_a_consumer_reads_queues_and_writes_nothing(broker: SecureKafka) -> None:
    topic = fresh("gordon.queue.desk")
    with opened(broker, settings(broker, "gordon")) as bus:
        bus.publish(messages(topic, 5))
    with opened(broker, settings(broker, "desk")) as bus:
        assert len(take(bus.subscribe([topic], fresh("case-tool")), 5)) == 5
        with pytest.raises(BusUnavailable):
            bus.publish(messages(topic, 1))
    with opened(broker, settings(broker, "gordon")) as bus:
        assert bus.lag([topic], fresh("gordon.other")) == {topic: 5}


@pytest.fixture(autouse=True)
def _as_in_a_daemon() -> Iterator[None]:
    """Daemons silence libraries: what they log must be heard all the same."""
    root, level = logging.getLogger(), logging.getLogger().level
    root.setLevel(logging.CRITICAL)
    yield
    root.setLevel(level)


def refused(broker: SecureKafka, known: KafkaSettings, topic: str) -> str:
    with opened(broker, known) as bus:
        with pytest.raises(BusUnavailable) as publishing:
            bus.publish(messages(topic, 1))
        with pytest.raises(BusUnavailable):
            subscription = bus.subscribe([topic], "gordon.refused")
            subscription.poll(PATIENCE, 1)
    return str(publishing.value)


def test_who_has_no_rights_is_told_so(broker: SecureKafka) -> None:
    text = refused(broker, settings(broker, "nobody"), fresh("gordon.mentions"))
    assert "uthoriz" in text and "s3cret" not in text


def test_a_wrong_password_is_told_and_not_shown(broker: SecureKafka) -> None:
    text = refused(broker, replace(settings(broker, "gordon"), sasl_password="a-wrong-s3cret"), "gordon.mentions")
    assert "refuses, as a rule, its user or password" in text and "s3cret" not in text


def test_a_broker_whose_certificate_nobody_we_trust_has_signed_gets_no_password(broker: SecureKafka) -> None:
    theirs = Authority(broker.authority.folder, "theirs")
    text = refused(broker, replace(settings(broker, "gordon"), ssl_cafile=str(theirs.file)), "gordon.mentions")
    assert "certificate verify failed" in text and "s3cret" not in text


def test_a_certificate_of_our_own_is_read_and_one_that_is_not_there_is_told(broker: SecureKafka) -> None:
    shown = broker.authority.sign("gordon")
    ours = KafkaSettings(security_protocol="SSL", ssl_certfile=str(shown.certificate), ssl_keyfile=str(shown.key))
    connection_options(["a:1"], ours)  # reads both, and refuses a key that is not the certificate's
    other = broker.authority.sign("other").key
    for lost in (replace(ours, ssl_keyfile="lost.key"), replace(ours, ssl_keyfile=str(other))):
        with pytest.raises(BusUnavailable, match=r"the certificates under \[kafka\]"):
            open_bus("kafka://127.0.0.1:1", kafka=lost)
