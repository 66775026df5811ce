"""What a run has put on the bus, read as a stranger reads it, and held against the contract in docs/."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

from gordon.bus import Bus, Message, Record
from gordon.bus.open import open_bus
from gordon.codec import encode
from tests.contract import Contract
from tests.flow.stack import Stack
from tests.samples import EVENTS

STAGES = {"mention": "ingest", "tagged": "classify", "assigned": "route"}


@contextmanager
def bus_of(stack: Stack) -> Iterator[Bus]:
    bus = open_bus(stack.environ.get("GORDON_BUS") or f"sqlite:///{stack.desk / 'data' / 'log.db'}")
    try:
        yield bus
    finally:
        bus.close()


def prefix_of(stack: Stack) -> str:
    return stack.environ.get("GORDON_TOPIC_PREFIX", "gordon.")


def spoil(stack: Stack) -> list[Message]:
    """Puts on the bus what no stage can handle, as others might; says what."""
    mentions, tagged = f"{prefix_of(stack)}mentions", f"{prefix_of(stack)}tagged"
    whole = encode(EVENTS["gordon.mention.v1"])
    later = tuple((name, b"gordon.mention.v2" if name == "ce_type" else value) for name, value in whole.headers)
    spoiled = [
        Message(mentions, "no-event", b"\x00\xff no event", (("x", b"\xff"),)),
        Message(mentions, "cut", whole.value[:50], whole.headers),
        Message(mentions, "later", whole.value, later),
        Message(tagged, "other", whole.value, whole.headers),
    ]
    with bus_of(stack) as bus:
        bus.publish(spoiled)
    return spoiled


def everything(stack: Stack) -> list[Record]:
    """All messages of all topics."""
    queues = [line["queue"] for line in stack.json("queue", "list")]
    topics = [prefix_of(stack) + name for name in ("mentions", "tagged", "dead", *(f"queue.{one}" for one in queues))]
    found: list[Record] = []
    with bus_of(stack) as bus:
        past = bus.past(topics, datetime(2000, 1, 1, tzinfo=UTC))
        while not past.exhausted:
            found += past.poll(1.0, 500)
        past.close()
    return found


def check_wire(records: list[Record], prefix: str) -> Counter[str]:
    """Holds every message against the contract: AsyncAPI, schemas, and what docs/events.md says of key and subject.
    How many there were of each kind, and of dead letters by stage and reason."""
    contract = Contract()
    faults = [(record.topic, fault) for record in records for fault in contract.faults_of(record, prefix)]
    assert faults == []
    counted: Counter[str] = Counter()
    for record in records:
        headers = {name: value.decode() for name, value in record.headers}
        kind, data = headers["ce_type"].split(".")[1], json.loads(record.value)
        key, subject, queue = _said(kind, data)
        assert record.key == key and headers["ce_subject"] == subject, (kind, record.key, headers)
        assert headers["ce_source"] == f"/gordon/{STAGES.get(kind) or data['stage']}"
        assert queue is None or record.topic == f"{prefix}queue.{queue}"
        counted[f"{data['stage']} {data['reason']}" if kind == "dead" else kind] += 1
    return counted


def _said(kind: str, data: dict[str, Any]) -> tuple[str, str, str | None]:
    """Key, subject and queue that an event with these data must have."""
    if kind == "mention":
        return data["id"], f"{data['id']}/{data['revision']}", None
    if kind == "tagged":
        mention = data["mention"]
        return data.get("file") or mention["id"], f"{mention['id']}/{mention['revision']}", None
    if kind == "assigned":
        return data["issue"], data["item"], data["queue"]
    return data["key"], data["headers"].get("ce_subject", ""), None
