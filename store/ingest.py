"""What ingest writes and reads: subscriptions, poll state, entries with their revisions, and its outbox."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, case, func, or_, select, true, update

from gordon.ids import digest
from gordon.polling import Entry, Feed, FeedState, Found
from store.database import Database
from store.outbox import Outbox, post
from store.tables import entries, feeds, polls, revisions
from store.upsert import Insert, Row, add_missing, chunks, insert, put

STAGE = "ingest"
_STATE = ("etag", "last_modified", "body_hash", "interval", "next_due", "last_poll", "last_full", "last_new",
          "outcome", "detail", "status", "failures", "stopped")  # fmt: skip
state_columns = (feeds.c.id, feeds.c.current_url.label("url"), feeds.c.language, *(feeds.c[name] for name in _STATE))
_wanted = feeds.c.subscribed & ~feeds.c.stopped


class Ingest:
    """Keeps the promises of gordon.ports.IngestStore."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def sync_feeds(self, feeds: Sequence[Feed], now: datetime) -> None:
        with self._database.writing() as connection:
            _subscribe(connection, feeds, now)

    def due(self, now: datetime, most: int) -> Sequence[FeedState]:
        query = select(*state_columns).where(_wanted, feeds.c.next_due <= now)
        with self._database.reading() as connection:
            rows = connection.execute(query.order_by(feeds.c.next_due, feeds.c.id).limit(most))
            return [FeedState(**row) for row in rows.mappings()]

    def next_due(self) -> datetime | None:
        with self._database.reading() as connection:
            earliest: datetime | None = connection.scalar(select(func.min(feeds.c.next_due)).where(_wanted))
            return earliest

    def entries(self, feed: str, identities: Collection[str]) -> Mapping[str, Entry]:
        asked = {_key(identity): identity for identity in identities}
        with self._database.reading() as connection:
            known = [entry for keys in chunks(asked) for entry in _known(connection, feed, keys, asked)]
        return {entry.identity: entry for entry in known}

    def record_poll(self, state: FeedState, found: Sequence[Found]) -> None:
        with self._database.writing() as connection:
            _put_state(connection, state)
            _add_line(connection, state, found)
            _put_entries(connection, state.id, found)
            fresh = _add_revisions(connection, found)
            messages = [one.message for one in found if (one.mention.id, one.mention.revision) in fresh]
            post(connection, STAGE, messages, state.last_poll)

    def outbox_size(self) -> int:
        return Outbox(self._database).size(STAGE)


def _key(identity: str) -> str:
    return digest(identity.encode("utf-8", "surrogatepass"), 32)


def _known(connection: Connection, feed: str, keys: Sequence[str], asked: Mapping[str, str]) -> list[Entry]:
    query = select(entries.c.key, entries.c.mention, entries.c.revision, entries.c.fingerprint)
    rows = connection.execute(query.where(entries.c.feed == feed, entries.c.key.in_(keys)))
    return [Entry(identity=asked[key], mention=mention, revision=revision, fingerprint=fingerprint)
            for key, mention, revision, fingerprint in rows]  # fmt: skip


def _subscribe(connection: Connection, wanted: Sequence[Feed], now: datetime) -> None:
    """The feeds become the only subscriptions. A row whose URL changes starts like a new one, but keeps its past."""
    connection.execute(update(feeds).values(subscribed=False))
    fresh: Row = {name: "" for name in ("etag", "last_modified", "body_hash", "detail")}
    fresh |= {"interval": 0.0, "next_due": now, "status": 0, "failures": 0, "stopped": False}
    rows = [
        {"id": feed.id, "url": feed.url, "title": feed.title, "folder": feed.folder, "language": feed.language,
         "subscribed": True, "current_url": feed.url, "outcome": "never", **fresh}
        for feed in wanted
    ]  # fmt: skip
    if not rows:
        return
    statement = insert(connection, feeds)
    moved = feeds.c.url != statement.excluded.url
    always = ("url", "title", "folder", "language", "subscribed")
    news = {name: statement.excluded[name] for name in always} | {
        name: case((moved, statement.excluded[name]), else_=feeds.c[name]) for name in ("current_url", *fresh)
    }
    connection.execute(statement.on_conflict_do_update(index_elements=["id"], set_=news), rows)


def _put_state(connection: Connection, state: FeedState) -> None:
    """A later poll is never undone by an earlier one that is recorded again. A feed that is not subscribed (any more)
    stays so."""
    row = {name: getattr(state, name) for name in _STATE} | {"id": state.id, "current_url": state.url}
    desk = {"url": state.url, "title": "", "folder": "", "language": state.language, "subscribed": False}
    add_missing(connection, feeds, [row | desk])
    newer = or_(feeds.c.last_poll.is_(None), feeds.c.last_poll <= state.last_poll) if state.last_poll else true()
    connection.execute(update(feeds).where(feeds.c.id == state.id, newer).values(**row))


def _add_line(connection: Connection, state: FeedState, found: Sequence[Found]) -> None:
    if state.last_poll is None:
        return
    edited = sum(one.mention.kind == "edited" for one in found)
    line = {
        "feed": state.id,
        "polled": state.last_poll,
        "outcome": state.outcome,
        "status": state.status,
        "new": len(found) - edited,
        "edited": edited,
        "detail": state.detail,
    }
    add_missing(connection, polls, [line])


def _put_entries(connection: Connection, feed: str, found: Sequence[Found]) -> None:
    rows = [
        {
            "feed": feed,
            "key": _key(one.identity),
            "identity": one.identity,
            "mention": one.mention.id,
            "revision": one.mention.revision,
            "fingerprint": one.fingerprint,
        }
        for one in found
    ]
    put(connection, entries, rows, guard=_newer)


def _newer(statement: Insert) -> ColumnElement[bool]:
    return entries.c.revision < statement.excluded.revision


def _add_revisions(connection: Connection, found: Sequence[Found]) -> set[tuple[str, int]]:
    """Stores the revisions that are not there yet, and says which those were."""
    rows = [
        {
            "mention": one.mention.id,
            "revision": one.mention.revision,
            "seen": one.mention.seen,
            "data": one.mention,
        }
        for one in found
    ]
    if not rows:
        return set()
    statement = insert(connection, revisions).on_conflict_do_nothing()
    added = connection.execute(statement.returning(revisions.c.mention, revisions.c.revision), rows)
    return {(row.mention, row.revision) for row in added}
