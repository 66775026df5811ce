"""An example: a program of yours that reads queues of Gordon and keeps a list of work.

    pip install -r requirements.txt
    python consumer.py --brokers 127.0.0.1:9092 --group case-tool --database work.db gordon.queue.rapid-correction

What a consumer has to do (docs/consumers.md), and where it is done here:

* at least once: the offset is committed after the work, never before (``main``);
* once in effect: the id of the event and its effect go into one transaction; an id that is there is dropped (``keep``);
* an event is the state of its item: an older one never overwrites a newer one of the same item (``keep``);
* what it does not know is set aside, not thrown away: a newer major version, a message that is no event (``park``);
* SIGTERM and SIGINT: what is in hand is finished, the group is left, the exit code is 0 (``main``).
"""

from __future__ import annotations

import argparse
import json
import signal
import sqlite3
import sys
from typing import Any

from kafka import KafkaConsumer
from kafka.errors import KafkaError

KNOWN = "gordon.assigned.v1"
TABLES = """
CREATE TABLE IF NOT EXISTS handled (id TEXT PRIMARY KEY, at TEXT NOT NULL DEFAULT CURRENT_TIMESTAMP);
CREATE TABLE IF NOT EXISTS work (item TEXT PRIMARY KEY, queue TEXT NOT NULL, change TEXT NOT NULL,
    mentions INTEGER NOT NULL, changes INTEGER NOT NULL, data TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS parked (topic TEXT, part INTEGER, position INTEGER, type TEXT, value BLOB,
    PRIMARY KEY (topic, part, position));
"""
KEEP = """
INSERT INTO work (item, queue, change, mentions, changes, data) VALUES (?, ?, ?, ?, 1, ?)
ON CONFLICT (item) DO UPDATE SET queue = excluded.queue, change = excluded.change, mentions = excluded.mentions,
    changes = changes + 1, data = excluded.data
"""


def attributes(record: Any) -> dict[str, str]:
    """The CloudEvents attributes of a message: its headers that begin with ``ce_``."""
    return {name[3:]: (value or b"").decode("utf-8", "replace") for name, value in record.headers if name[:3] == "ce_"}


def keep(database: sqlite3.Connection, record: Any) -> bool:
    """Takes one message into the list of work; False for one that was handled before, or is set aside."""
    event = attributes(record)
    try:
        data = json.loads(record.value) if event.get("type") == KNOWN and event.get("id") else None
    except ValueError:
        data = None
    if not isinstance(data, dict):
        park(database, record, event.get("type", ""))
        return False
    if database.execute("INSERT OR IGNORE INTO handled (id) VALUES (?)", (event["id"],)).rowcount == 0:
        return False
    # Yours begins here. Unknown fields of the event are kept, as the whole of it is.
    row = (data["item"], data["queue"], data["change"], data["mentions"], json.dumps(data, ensure_ascii=False))
    database.execute(KEEP, row)
    return True


def park(database: sqlite3.Connection, record: Any, kind: str) -> None:
    """Sets a message aside for a person: upgrade this program, then look at it again."""
    place = (record.topic, record.partition, record.offset)
    database.execute("INSERT OR IGNORE INTO parked VALUES (?, ?, ?, ?, ?)", (*place, kind, record.value))


def options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Reads queues of Gordon into a list of work.")
    parser.add_argument("--brokers", required=True, help="host:port[,host:port]")
    parser.add_argument("--group", default="gordon-example", help="a name of your own: groups are independent")
    parser.add_argument("--database", default="work.db")
    parser.add_argument("topics", nargs="+", help="such as gordon.queue.rapid-correction")
    return parser.parse_args()


def main() -> int:
    asked = options()
    ending: list[int] = []
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda received, _frame: ending.append(received))
    database = sqlite3.connect(asked.database, isolation_level=None)
    database.executescript(TABLES)
    consumer = KafkaConsumer(
        *asked.topics,
        bootstrap_servers=asked.brokers.split(","),
        group_id=asked.group,
        enable_auto_commit=False,  # it would commit what is not done yet
        auto_offset_reset="earliest",  # a new group begins with what is there
        isolation_level="read_committed",
    )
    try:
        while not ending:
            batches = consumer.poll(timeout_ms=500, max_records=200)
            records = [record for batch in batches.values() for record in batch]
            if not records:
                continue
            database.execute("BEGIN IMMEDIATE")
            new = [record for record in records if keep(database, record)]
            database.execute("COMMIT")
            for record in new:
                print(json.dumps({"id": attributes(record)["id"], "key": record.key.decode()}), flush=True)
            try:
                consumer.commit()
            except KafkaError as error:  # the partition went to another member: it gets them again and drops their ids
                print(f"not committed: {error}", file=sys.stderr)
    finally:
        consumer.close(autocommit=False)
        database.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
