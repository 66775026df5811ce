"""The desk's feeds become the subscriptions."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection, bindparam, delete, select, update

from gordon.hosts import host_of
from gordon.polling import Feed, Hints
from store.claims import add_hosts
from store.tables import feeds, readings
from store.upsert import Row, add_missing, chunks

_DESK = ("url", "title", "folder", "language", "full_text", "subscribed")
"""What the desk says of a feed; the rest is polling's."""
_FRESH: Row = {
    "etag": "", "last_modified": "", "body_hash": "", "detail": "", "interval": 0.0, "status": 0, "failures": 0,
    "last_full": None, "stopped": False, "moved_to": "", "moved_times": 0, "moved_since": None, "hints": Hints(),
    "hub": "", "topic": "",
}  # fmt: skip
"""What a feed forgets when its address changes."""
_this = feeds.c.id == bindparam("feed")
_described = select(feeds.c.id, *(feeds.c[name] for name in _DESK))
_describe = update(feeds).where(_this).values({name: bindparam(f"new_{name}") for name in _DESK})
_MOVED = (*_DESK, "current_url", "host", "next_due", *_FRESH)
_move = update(feeds).where(_this).values(
    {name: bindparam(f"new_{name}", type_=feeds.c[name].type) for name in _MOVED}
)  # fmt: skip


def subscribe(connection: Connection, wanted: Sequence[Feed], now: datetime) -> None:
    """The feeds become the only subscriptions. One whose URL changes starts like a new one, but keeps its past. Only
    what differs is written: most daemons that read the desk change nothing."""
    known = {row[0]: tuple(row[1:]) for row in connection.execute(_described)}
    rows = {feed.id: _row(feed, now) for feed in sorted(wanted, key=lambda feed: feed.id)}
    _retire(connection, [id for id, there in known.items() if there[-1] and id not in rows])
    new = [row for id, row in rows.items() if id not in known]
    moved = [row for id, row in rows.items() if id in known and known[id][0] != row["url"]]
    other = [
        row
        for id, row in rows.items()
        if id in known and known[id][0] == row["url"] and known[id] != tuple(row[name] for name in _DESK)
    ]
    add_missing(connection, feeds, [row | _UNPOLLED for row in new])
    _write(connection, _describe, _DESK, other)
    _write(connection, _move, _MOVED, moved)
    for some in chunks(row["id"] for row in moved):
        connection.execute(delete(readings).where(readings.c.feed.in_(some)))
    add_hosts(connection, {row["host"] for row in (*new, *moved)})


_UNPOLLED: Row = {"outcome": "never", "gap": 0.0, "arrivals": 0, "pushed": False}


def _row(feed: Feed, now: datetime) -> Row:
    return {
        "id": feed.id, "url": feed.url, "title": feed.title, "folder": feed.folder, "language": feed.language,
        "full_text": feed.full_text, "subscribed": True, "current_url": feed.url, "host": host_of(feed.url),
        "next_due": now, **_FRESH,
    }  # fmt: skip


def _retire(connection: Connection, ids: Sequence[str]) -> None:
    for some in chunks(ids):
        connection.execute(update(feeds).where(feeds.c.id.in_(some)).values(subscribed=False))


def _write(connection: Connection, statement: object, names: Sequence[str], rows: Sequence[Row]) -> None:
    if rows:
        values = [{"feed": row["id"], **{f"new_{name}": row[name] for name in names}} for row in rows]
        connection.execute(statement, values)  # type: ignore[call-overload]  # an UPDATE of either kind
