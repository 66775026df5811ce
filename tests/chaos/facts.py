"""What is left after a run: the rows of the database, the messages of all topics, and Gordon's own count."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterable, Sequence
from hashlib import sha256
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, text

from gordon.bus import Record
from tests.chaos.press import fingerprint

if TYPE_CHECKING:
    from store.database import Database

QUERIES = {
    "feeds": "SELECT id, url FROM feeds",
    "entries": "SELECT feed, mention, revision FROM entries",
    "mentions": "SELECT id, revision, tagged, url FROM mentions",
    "tags": "SELECT mention, revision, file FROM tags",
    "routings": "SELECT mention, revision, file, silence FROM routings",
    "issues": "SELECT id, file, state, mentions, merged_into FROM issues",
    "joins": "SELECT issue, mention, revision FROM issue_mentions",
    "items": "SELECT id, issue, queue, state, fired, opened FROM items",
    "changes": "SELECT item, action, why FROM item_changes ORDER BY number",
    "outbox": "SELECT stage, count(*) AS waiting FROM outbox WHERE published IS NULL GROUP BY stage",
    "held": "SELECT mention FROM held",
}


def digest(value: bytes) -> str:
    """Of the bytes of a message."""
    return sha256(value).hexdigest()[:24]


def rows(database: Database) -> dict[str, list[dict[str, Any]]]:
    """Every table that the checker wants, as plain values, from one state of the database."""
    with database.reading() as connection:
        found = {name: _plain(connection, query) for name, query in QUERIES.items()}
        found["revisions"] = _revisions(connection)
        found["dead"] = _dead(connection)
    return found


def _plain(connection: Connection, query: str) -> list[dict[str, Any]]:
    found = connection.execute(text(query)).mappings()
    return [{name: _value(name, value) for name, value in row.items()} for row in found]


def _value(name: str, value: Any) -> Any:
    """SQLite gives JSON as text and times as text or numbers, PostgreSQL gives both as objects."""
    if name == "fired":
        return json.loads(value) if isinstance(value, str) else value
    return value if isinstance(value, int | str | None) else str(value)


def _revisions(connection: Connection) -> list[dict[str, Any]]:
    found = []
    for mention, revision, data in connection.execute(text("SELECT mention, revision, data FROM revisions")):
        said = json.loads(data) if isinstance(data, str | bytes) else data
        found.append(
            {
                "mention": mention,
                "revision": revision,
                "url": said["url"],
                "says": fingerprint(said["title"], said["text"]),
            }
        )
    return found


def _dead(connection: Connection) -> list[dict[str, Any]]:
    query = 'SELECT id, stage, reason, error, topic, partition, "offset", attempts, value, subject FROM dead_letters'
    return [
        {**{name: value for name, value in row.items() if name != "value"}, "digest": digest(bytes(row["value"]))}
        for row in connection.execute(text(query)).mappings()
    ]


def messages(records: Iterable[Record]) -> list[dict[str, Any]]:
    """The messages of a topic, in the order of each partition."""
    return [_message(record) for record in records]


def _message(record: Record) -> dict[str, Any]:
    headers = dict(record.headers)
    told = {name: headers.get(f"ce_{name}", b"").decode("utf-8", "replace") for name in ("id", "type", "subject")}
    place = {"partition": record.partition, "offset": record.offset, "key": record.key}
    return {**place, **told, "digest": digest(record.value), **_content(told["type"], record.value)}


def _content(kind: str, value: bytes) -> dict[str, Any]:
    """What the checker wants of an item or of a dead letter."""
    try:
        data = json.loads(value)
        if kind == "gordon.assigned.v1":
            names = ("item", "issue", "queue", "change", "mentions", "why")
            return {"assigned": {name: data.get(name) for name in names}, "mention": data["mention"]["id"]}
        if kind == "gordon.dead.v1":
            original = base64.b64decode(data["value"], validate=True)
            return {"dead": {"reason": data["reason"], "origin": data["origin"], "digest": digest(original)}}
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        return {"unreadable": f"{type(error).__name__}: {error}"[:200]}
    return {}


def summary(found: Sequence[dict[str, Any]]) -> int:
    """Distinct events among messages."""
    return len({message["id"] for message in found})
