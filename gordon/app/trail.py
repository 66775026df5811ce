"""The lines of the log by which a mention is followed through the stages, with the ids that ``gordon explain`` shows.

What reaches a queue is told at level info, everything before it at debug: a line costs more than most mentions do.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import msgspec
from msgspec import Struct

from gordon.bus import Message, Record
from gordon.events import Event, Tagged
from gordon.log import each

_ASSIGNED = "gordon.assigned."


class _Ref(Struct):
    id: str


class _Item(Struct):
    """What a line tells of an event in a queue."""

    item: str
    issue: str
    queue: str
    file: str
    change: str
    mention: _Ref


_decoder = msgspec.json.Decoder(_Item)


def log_done(log: Any, records: Sequence[Record]) -> None:
    """Each of these events was handled: for route, recorded in the database with its issue."""
    bound = log.bind()  # once for all of them: it costs as much as a line
    if bound.is_enabled_for(logging.DEBUG):
        for record in records:
            bound.debug("handled", **_ids(record.headers))


def log_produced(log: Any, events: Sequence[Event]) -> None:
    """What classify made of mentions."""
    bound = log.bind()
    if bound.is_enabled_for(logging.DEBUG):
        for event in events:
            if isinstance(event.data, Tagged):
                mention = event.data.mention
                about = {"event_id": event.id, "mention": mention.id, "revision": mention.revision}
                bound.debug("tagged" if event.data.file else "untagged", **about, file=event.data.file)


def log_published(log: Any, messages: Sequence[Message]) -> None:
    """What left an outbox: found mentions, and the changes of items."""
    bound = log.bind()
    every, items = bound.is_enabled_for(logging.DEBUG), bound.is_enabled_for(logging.INFO)
    assigned: list[Message] = []
    for message in messages if items else ():
        kind = _header(message.headers, "ce_type")
        if kind.startswith(_ASSIGNED):
            assigned.append(message)
        elif every:
            bound.debug("published", type=kind, **_ids(message.headers))
    each("item", ({"event_id": _header(one.headers, "ce_id"), **_item(one.value)} for one in assigned))


def _item(value: bytes) -> dict[str, Any]:
    found = _decoder.decode(value)
    return {
        "change": found.change,
        "mention": found.mention.id,
        "file": found.file,
        "issue": found.issue,
        "item": found.item,
        "queue": found.queue,
    }


def _ids(headers: Iterable[tuple[str, bytes]]) -> Mapping[str, Any]:
    """The id of an event, and the mention and revision that it is about."""
    mention, _, revision = _header(headers, "ce_subject").rpartition("/")
    about = {"mention": mention, "revision": int(revision)} if mention and revision.isdecimal() else {}
    return {"event_id": _header(headers, "ce_id"), **about}


def _header(headers: Iterable[tuple[str, bytes]], name: str) -> str:
    return next((value.decode("utf-8", "replace") for key, value in headers if key == name), "")
