"""Rows of route back into frozen types: issues with their stories, items, recorded mentions, joins."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, Select, Table, func, select, tuple_

from gordon.events import ClaimHit, FileTag, Mention
from gordon.records import Issue, IssueWithStories, Item, Join, RecordedMention, Story
from store.route_tables import claims, issue_mentions, issues, item_columns, items, mentions, tags
from store.upsert import chunks

STORY_LENGTH = 2000
_story = (
    issue_mentions.c.mention,
    issue_mentions.c.revision,
    mentions.c.title,
    func.substr(mentions.c.text, 1, STORY_LENGTH).label("text"),
    mentions.c.language,
    mentions.c.seen,
    mentions.c.url,
)
_of_joined = (mentions.c.id == issue_mentions.c.mention) & (mentions.c.revision == issue_mentions.c.revision)


def issues_with_stories(connection: Connection, file: str, since: datetime, most: int) -> list[IssueWithStories]:
    """Issues of a file that were not merged and were seen at or after ``since``, oldest first; so are their stories.
    With more than ``most`` mentions, those seen last, so that the next would be too many: all might not fit into
    memory."""
    alive = (issues.c.file == file) & (issues.c.last_seen >= since) & (issues.c.merged_into == "")
    running = func.sum(issues.c.mentions).over(order_by=issues.c.last_seen.desc())
    counted = select(issues.c.last_seen, (running - issues.c.mentions).label("younger")).where(alive).subquery()
    beyond: datetime | None = connection.scalar(select(func.max(counted.c.last_seen)).where(counted.c.younger >= most))
    return _with_stories(connection, alive if beyond is None else alive & (issues.c.last_seen > beyond))


def issues_holding(connection: Connection, wanted: Iterable[str]) -> list[IssueWithStories]:
    """The issues that any of these mentions is part of, of any file, age and state."""
    holding = (
        select(issue_mentions.c.issue).where(issue_mentions.c.mention.in_(some)).correlate(None)
        for some in chunks(wanted)
    )
    found = (one for some in holding for one in _with_stories(connection, issues.c.id.in_(some)))
    return list({one.issue.id: one for one in found}.values())


def stories_by_issue(connection: Connection, wanted: Iterable[str]) -> list[IssueWithStories]:
    """These issues."""
    return [one for some in chunks(wanted) for one in _with_stories(connection, issues.c.id.in_(some))]


def _with_stories(connection: Connection, condition: ColumnElement[bool]) -> list[IssueWithStories]:
    stories: defaultdict[str, list[Story]] = defaultdict(list)
    query = select(issue_mentions.c.issue, *_story).join(mentions, _of_joined).join(issues).where(condition)
    for issue, *fields in connection.execute(query.order_by(mentions.c.seen, mentions.c.id)):
        stories[issue].append(_to_story(fields))
    found = issues_where(connection, select(issues).where(condition).order_by(issues.c.opened, issues.c.id))
    return [IssueWithStories(issue=issue, stories=tuple(stories[issue.id])) for issue in found]


def stories_of(connection: Connection, issue: str) -> list[Story]:
    """The mentions of one issue, oldest first."""
    query = select(*_story).select_from(issue_mentions).join(mentions, _of_joined)
    rows = connection.execute(query.where(issue_mentions.c.issue == issue).order_by(mentions.c.seen, mentions.c.id))
    return [_to_story(row) for row in rows]


def _to_story(fields: Sequence[Any]) -> Story:
    mention, revision, title, text, language, seen, url = fields
    return Story(mention=mention, revision=revision, title=title, text=text, language=language, seen=seen, url=url)


def issues_where(connection: Connection, query: Select[Any]) -> list[Issue]:
    """The issues that a query on the whole table ``issues`` gives, in its order."""
    return [Issue(**row) for row in connection.execute(query).mappings()]


def items_where(connection: Connection, *conditions: ColumnElement[bool]) -> list[Item]:
    """Items for which all conditions hold, oldest first."""
    query = select(*item_columns).where(*conditions).order_by(items.c.opened, items.c.id)
    return [Item(**row) for row in connection.execute(query).mappings()]


def joins_where(connection: Connection, condition: ColumnElement[bool]) -> list[Join]:
    """Joins, oldest first."""
    query = select(issue_mentions).where(condition).order_by(issue_mentions.c.joined, issue_mentions.c.issue)
    return [Join(**row) for row in connection.execute(query).mappings()]


def recorded(connection: Connection, query: Select[Any]) -> list[RecordedMention]:
    """The mentions that a query on the whole table ``mentions`` gives, in its order, with their tags and claims."""
    rows = connection.execute(query).all()
    keys = [(row.id, row.revision) for row in rows]
    files = {key: tuple(_to_tag(row) for row in found) for key, found in _belonging(connection, tags, keys).items()}
    hits = {key: tuple(_to_claim(row) for row in found) for key, found in _belonging(connection, claims, keys).items()}
    return [
        RecordedMention(
            mention=to_mention(row),
            files=files.get(key, ()),
            claims=hits.get(key, ()),
            policy_version=row.policy_version,
        )
        for row, key in zip(rows, keys, strict=True)
    ]


def _belonging(
    connection: Connection, table: Table, keys: Iterable[tuple[str, int]]
) -> dict[tuple[str, int], list[Row[Any]]]:
    """The rows of tags or claims of each of these mention revisions, in their first order."""
    found: defaultdict[tuple[str, int], list[Row[Any]]] = defaultdict(list)
    for some in chunks(keys):
        condition = tuple_(table.c.mention, table.c.revision).in_(some)
        for row in connection.execute(select(table).where(condition).order_by(table.c.position)):
            found[row.mention, row.revision].append(row)
    return found


def _to_tag(row: Row[Any]) -> FileTag:
    return FileTag(file=row.file, score=row.score, evidence=row.evidence, learned=row.learned)


def _to_claim(row: Row[Any]) -> ClaimHit:
    return ClaimHit(
        file=row.file,
        claim=row.claim,
        score=row.score,
        quote=row.quote,
        field=row.field,
        start=row.start,
        end=row.end,
        line=row.line,
        flags=row.flags,
    )


def to_mention(row: Row[Any]) -> Mention:
    """The mention that a row of the whole table ``mentions`` holds."""
    return Mention(
        id=row.id,
        revision=row.revision,
        feed=row.feed,
        url=row.url,
        title=row.title,
        text=row.text,
        language=row.language,
        published=row.published,
        seen=row.seen,
        author=row.author,
        kind=row.kind,
        flags=row.flags,
    )
