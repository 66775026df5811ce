"""How route's frozen types become rows. Every function takes many at once; of several with one key the last wins."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Hashable, Sequence
from typing import TypeVar

from sqlalchemy import ColumnElement, Connection, bindparam, delete, func, select
from sqlalchemy import insert as plain_insert

from gordon.records import Issue, Item, Join, RecordedMention
from store.route_tables import claims, issue_mentions, issues, items, loads, mentions, tags, teams
from store.upsert import Insert, Row, chunks, insert, put

T = TypeVar("T")


def _last(values: Sequence[T], key: Callable[[T], Hashable]) -> list[T]:
    """One value for each key, in the order of their keys' first appearance."""
    return list({key(value): value for value in values}.values())


def put_mentions(connection: Connection, recorded: Sequence[RecordedMention]) -> None:
    """Mentions by revision, with all their tags and claims; a revision recorded again, as with a changed desk, loses
    its former ones."""
    if not recorded:
        return
    last = _last(recorded, lambda one: (one.mention.id, one.mention.revision))
    put(connection, mentions, [_mention_row(one) for one in last])
    keys = [{"of_mention": one.mention.id, "of_revision": one.mention.revision} for one in last]
    for table in (tags, claims):
        same = (table.c.mention == bindparam("of_mention")) & (table.c.revision == bindparam("of_revision"))
        connection.execute(delete(table).where(same), keys)
    put(connection, tags, [row for one in last for row in _tag_rows(one)])
    put(connection, claims, [row for one in last for row in _claim_rows(one)])


def _mention_row(one: RecordedMention) -> Row:
    mention = one.mention
    return {
        "id": mention.id,
        "revision": mention.revision,
        "feed": mention.feed,
        "url": mention.url,
        "title": mention.title,
        "text": mention.text,
        "language": mention.language,
        "published": mention.published,
        "seen": mention.seen,
        "author": mention.author,
        "kind": mention.kind,
        "flags": mention.flags,
        "tagged": bool(one.files),
        "policy_version": one.policy_version,
    }


def _tag_rows(one: RecordedMention) -> list[Row]:
    return [
        {
            "mention": one.mention.id,
            "revision": one.mention.revision,
            "file": tag.file,
            "position": position,
            "score": tag.score,
            "evidence": tag.evidence,
            "learned": tag.learned,
        }
        for position, tag in enumerate(one.files)
    ]


def _claim_rows(one: RecordedMention) -> list[Row]:
    return [
        {
            "mention": one.mention.id,
            "revision": one.mention.revision,
            "position": position,
            "file": hit.file,
            "claim": hit.claim,
            "score": hit.score,
            "quote": hit.quote,
            "field": hit.field,
            "start": hit.start,
            "end": hit.end,
            "line": hit.line,
            "flags": hit.flags,
        }
        for position, hit in enumerate(one.claims)
    ]


def put_issues(connection: Connection, written: Sequence[Issue]) -> None:
    """Issues as they stand now."""
    rows = [
        {
            "id": issue.id,
            "file": issue.file,
            "title": issue.title,
            "state": issue.state,
            "opened": issue.opened,
            "last_seen": issue.last_seen,
            "mentions": issue.mentions,
            "merged_into": issue.merged_into,
        }
        for issue in _last(written, lambda issue: issue.id)
    ]
    put(connection, issues, rows)


def put_joins(connection: Connection, joins: Sequence[Join]) -> None:
    """Which mention belongs to which issue, in its highest revision so far."""
    rows = [
        {
            "issue": join.issue,
            "mention": join.mention,
            "revision": join.revision,
            "joined": join.joined,
            "why": join.why,
        }
        for join in joins
    ]
    put(connection, issue_mentions, rows, guard=_not_older)


def _not_older(statement: Insert) -> ColumnElement[bool]:
    return issue_mentions.c.revision <= statement.excluded.revision


def put_items(connection: Connection, written: Sequence[Item]) -> None:
    """Items as they stand now; their teams are those of the last assignment."""
    last = _last(written, lambda item: item.id)
    before = _load_of(connection, [item.id for item in last])
    put(connection, items, [_item_row(item) for item in last])
    for some in chunks(item.id for item in last):
        connection.execute(delete(teams).where(teams.c.item.in_(some)))
    members = [row for item in last for row in _team_rows(item)]
    if members:
        connection.execute(plain_insert(teams), members)
    _shift_loads(connection, before, last)


def _load_of(connection: Connection, ids: Sequence[str]) -> Counter[str]:
    """How often each person is on the teams of those of these items that are open."""
    found: Counter[str] = Counter()
    for some in chunks(ids):
        query = select(teams.c.person, func.count()).join(items).where(items.c.id.in_(some), items.c.state == "open")
        found.update({person: count for person, count in connection.execute(query.group_by(teams.c.person))})
    return found


def _shift_loads(connection: Connection, before: Counter[str], written: Sequence[Item]) -> None:
    after = Counter(
        name for item in written if item.state == "open" for name in {one.person for one in item.assigned.team}
    )
    # In one order, so that two workers wait for each other instead of deadlocking.
    names = sorted(before.keys() | after.keys())
    rows = [{"person": name, "items": after[name] - before[name]} for name in names if after[name] != before[name]]
    if rows:
        statement = insert(connection, loads)
        more = {"items": loads.c["items"] + statement.excluded["items"]}
        connection.execute(statement.on_conflict_do_update(index_elements=["person"], set_=more), rows)


def _item_row(item: Item) -> Row:
    return {
        "id": item.id,
        "issue": item.issue,
        "queue": item.queue,
        "file": item.file,
        "priority": item.priority,
        "state": item.state,
        "opened": item.opened,
        "updated": item.updated,
        "assigned": item.assigned,
        "next_due": item.next_due,
        "fired": item.fired,
        "pauses": item.pauses,
        "gaps": len(item.assigned.gaps),
    }


def _team_rows(item: Item) -> list[Row]:
    return [
        {
            "item": item.id,
            "person": member.person,
            "disciplines": member.disciplines,
            "expertise": member.expertise,
            "authority": member.authority,
            "why": member.why,
        }
        for member in _last(item.assigned.team, lambda member: member.person)
    ]
