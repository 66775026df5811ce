"""The buses beside what they are built on: events of 2 kB a second, in and out, in the same run.

``python bench/bus.py`` measures the embedded log beside raw sqlite3; with ``--kafka`` also Kafka beside raw
kafka-python in its default configuration, on a broker started for it. Rounds alternate and the best of each
counts, since the machine has other work too. Goals: 0.5 of raw sqlite3, 0.7 of raw kafka-python.
"""

from __future__ import annotations

import argparse
import random
import sqlite3
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1]))

from gordon.bus import Bus, Message
from gordon.bus.kafka_client import KafkaConsumer, KafkaProducer
from gordon.bus.open import open_bus
from tests.servers.kafka import kafka_broker

WORDS = ["the", "a", "of", "minister", "passport", "delay", "report", "new", "said", "retard", "passeport", "demande"]
HEADERS = tuple((f"ce_{name}", f"{name}-value-of-usual-size".encode()) for name in ("id", "type", "source", "time"))
GOAL_SQLITE, GOAL_KAFKA = 0.5, 0.7


def events(count: int, size: int) -> list[Message]:
    """Events of the usual make: words in JSON, four headers, a key each."""
    dice = random.Random(7)
    texts = []
    for _ in range(200):
        text = " ".join(dice.choices(WORDS, k=size // 5)) + f" {dice.random()}"
        texts.append(f'{{"text": "{text[: size - 14]}"}}'.encode())
    return [Message("bench", f"{dice.getrandbits(64):016x}", texts[n % 200], HEADERS) for n in range(count)]


def batches(sent: Sequence[Message], size: int) -> Iterator[Sequence[Message]]:
    for start in range(0, len(sent), size):
        yield sent[start : start + size]


def rate(count: int, work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return count / (time.perf_counter() - began)


def raw_sqlite(folder: Path, sent: Sequence[Message], batch: int) -> dict[str, float]:
    """One table with an integer key, executemany, WAL and FULL: as little as a durable log can do."""
    headers = bytes(140)  # what the four headers come to
    db = sqlite3.connect(folder / "raw.db", isolation_level=None)
    db.executescript("PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; CREATE TABLE o (done INTEGER)")
    db.executescript(
        "CREATE TABLE m (id INTEGER PRIMARY KEY, key TEXT, headers BLOB, value BLOB); INSERT INTO o VALUES(0)"
    )

    def produce() -> None:
        for some in batches(sent, batch):
            db.execute("BEGIN IMMEDIATE")
            db.executemany(
                "INSERT INTO m (key, headers, value) VALUES (?, ?, ?)", [(m.key, headers, m.value) for m in some]
            )
            db.execute("COMMIT")

    def consume() -> None:
        last = 0
        while rows := db.execute("SELECT * FROM m WHERE id > ? ORDER BY id LIMIT ?", (last, batch)).fetchall():
            last = rows[-1][0]
            db.execute("UPDATE o SET done = ?", (last,))
        assert last == len(sent)

    found = {"produce": rate(len(sent), produce), "consume": rate(len(sent), consume)}
    db.close()
    return found


def through(bus: Bus, sent: Sequence[Message], batch: int) -> dict[str, float]:
    """Our bus; ``begun``: with the note of ``begin`` for each batch, as the worker loop leaves it."""

    def produce() -> None:
        for some in batches(sent, batch):
            bus.publish(some)

    bus.ensure(["bench"])
    bus.publish(sent[:1])
    found = {"produce": rate(len(sent), produce)}
    for name in ("consume", "begun"):
        subscription = bus.subscribe(["bench"], name)
        left = len(sent) + 1
        while not (records := subscription.poll(1.0, 1)):  # joining the group is not counted
            pass
        left -= len(records)

        def consume(left: int = left, name: str = name, subscription: Any = subscription) -> None:
            while left > 0:
                records = subscription.poll(1.0, batch)
                if name == "begun" and records:
                    subscription.begin(records)
                subscription.commit(records)
                left -= len(records)

        found[name] = rate(left, consume)
        subscription.close()
    return found


def raw_kafka(servers: str, sent: Sequence[Message], batch: int) -> dict[str, float]:
    """kafka-python as it comes: idempotent producer, automatic commits."""
    producer = KafkaProducer(bootstrap_servers=servers)

    def produce() -> None:
        for some in batches(sent, batch):
            futures = [producer.send("raw", m.value, m.key.encode(), list(m.headers)) for m in some]
            for future in futures:
                future.get(30)

    def stream() -> None:
        for message in sent:
            producer.send("raw", message.value, message.key.encode(), list(message.headers))
        producer.flush()

    producer.send("raw", b"", b"").get(30)
    found = {"produce": rate(len(sent), produce), "stream": rate(len(sent), stream)}
    producer.close()
    consumer = KafkaConsumer("raw", bootstrap_servers=servers, group_id="raw", auto_offset_reset="earliest")
    while not (first := consumer.poll(1000, max_records=1)):
        pass
    left = 2 * len(sent) + 1 - sum(map(len, first.values()))

    def consume(left: int = left) -> None:
        while left > 0:
            left -= sum(map(len, consumer.poll(1000, max_records=batch).values()))

    found["consume"] = rate(left, consume)
    consumer.close()
    return found


def best(rounds: Sequence[dict[str, float]]) -> dict[str, float]:
    return {name: max(each[name] for each in rounds) for name in rounds[0]}


def show(title: str, ours: dict[str, float], raw: dict[str, float], goal: float) -> bool:
    good = True
    for name in ours:
        beside = raw["consume" if name == "begun" else name]
        good &= ours[name] >= goal * beside or name == "begun"
        print(f"{title:7} {name:8} {ours[name]:9,.0f}/s   raw {beside:9,.0f}/s   ratio {ours[name] / beside:.2f}")
    return good


def measure_sqlite(sent: Sequence[Message], batch: int, rounds: int) -> bool:
    ours, raw = [], []
    for _ in range(rounds):
        with tempfile.TemporaryDirectory() as folder:
            raw.append(raw_sqlite(Path(folder), sent, batch))
            bus = open_bus(f"sqlite:///{folder}/log.db")
            ours.append(through(bus, sent, batch))
            bus.close()
    return show("sqlite", best(ours), best(raw), GOAL_SQLITE)


def measure_kafka(sent: Sequence[Message], batch: int, rounds: int) -> bool:
    ours, raw = [], []
    for _ in range(rounds):
        with kafka_broker() as broker:
            bus = open_bus(f"kafka://{broker.servers}")
            bus.ensure(["raw", "bench", "warm"])
            bus.publish([Message("warm", message.key, message.value) for message in sent])  # the JVM compiles
            raw.append(raw_kafka(broker.servers, sent, batch))
            ours.append(through(bus, sent, batch))
            bus.close()
    found = best(raw)
    print(f"kafka   raw producer without waiting for batches: {found['stream']:,.0f}/s")
    return show("kafka", best(ours), found, GOAL_KAFKA)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kafka", action="store_true", help="also Kafka (needs Java and Maven)")
    parser.add_argument("--events", type=int, default=20_000)
    parser.add_argument("--size", type=int, default=2_000, help="bytes of an event's value")
    parser.add_argument("--batch", type=int, default=500)
    parser.add_argument("--rounds", type=int, default=3)
    chosen = parser.parse_args()
    sent = events(chosen.events, chosen.size)
    good = measure_sqlite(sent, chosen.batch, chosen.rounds)
    if chosen.kafka:
        good &= measure_kafka(sent, chosen.batch, chosen.rounds)
    print("goals met" if good else "goals missed")
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
