"""What the child processes of the bus contract do: ``python -m tests.contracts.bus_child URL ACTION ARGUMENTS``."""

from __future__ import annotations

import sys
import time

from gordon.bus import Bus, Message, Record
from gordon.bus.open import open_bus
from tests.contracts.bus_kinds import FAST, messages


def consume(bus: Bus, topic: str, group: str) -> None:
    """Prints each record's number and commits, for ever."""
    subscription = bus.subscribe([topic], group)
    print("ready", flush=True)
    while True:
        records = subscription.poll(0.5, 50)
        for record in records:
            print(record.value.decode(), flush=True)
        subscription.commit(records)


def hold(bus: Bus, topic: str, group: str, most: str) -> None:
    """Begins up to ``most`` records, says how many, and never ends them."""
    subscription = bus.subscribe([topic], group)
    while not (records := subscription.poll(0.5, int(most))):
        pass
    subscription.begin(records)
    print(len(records), flush=True)
    time.sleep(600)


def late(bus: Bus, topic: str, group: str, most: str) -> None:
    """Begins ``most`` records, says so, waits for a line, commits them, says so when the bus has answered."""
    subscription = bus.subscribe([topic], group)
    records: list[Record] = []
    while len(records) < int(most):
        records += subscription.poll(0.5, int(most))
    subscription.begin(records)
    print("begun", flush=True)
    sys.stdin.readline()
    subscription.commit(records)
    subscription.rewind()
    print("committed", flush=True)


def publish(bus: Bus, topic: str, start: str, count: str) -> None:
    """Waits for a line, publishes, says so."""
    bus.ensure([topic])
    print("ready", flush=True)
    sys.stdin.readline()
    bus.publish(messages(topic, int(count), start=int(start)))
    print("done", flush=True)


def write(bus: Bus, topic: str, writer: str, count: str) -> None:
    """Publishes one by one, all under one key of its own."""
    for number in range(int(count)):
        bus.publish([Message(topic, writer, f"{writer}:{number}".encode())])
    print("done", flush=True)


ACTIONS = {"consume": consume, "hold": hold, "late": late, "publish": publish, "write": write}

if __name__ == "__main__":
    url, action, *arguments = sys.argv[1:]
    ACTIONS[action](open_bus(url, kafka=FAST), *arguments)
