"""Dead letters: a message that cannot be processed, with everything that its replay needs."""

from __future__ import annotations

from datetime import UTC, datetime

from gordon.bus import Message, Record
from gordon.events import Dead, Event, Origin
from gordon.hosts import redact
from gordon.ids import derive, digest
from gordon.records import DeadLetter
from gordon.secrets import veiled

MAX_TRACE = 20_000


def dead_letter(topic: str, stage: str, record: Record, reason: str, error: str, trace: str, attempts: int) -> Event:
    """The event for ``topic`` (gordon.dead). Its id is derived from place and content: dying twice is dying once.
    What an error says is without secrets; the message itself is as it was."""
    headers = {name: value.decode("utf-8", "replace") for name, value in record.headers}
    place = (record.topic, str(record.partition), str(record.offset))
    return Event(
        topic=topic,
        key=record.key,
        type="gordon.dead.v1",
        id=derive("dead", stage, *place, digest(record.value, 32)),
        source=f"/gordon/{stage}",
        subject=headers.get("ce_subject", ""),
        time=_time(headers.get("ce_time", "")),
        data=Dead(
            stage=stage,
            reason=reason,
            error=_shown(error)[:MAX_TRACE],
            traceback=_shown(trace)[-MAX_TRACE:],
            origin=Origin(topic=record.topic, partition=record.partition, offset=record.offset),
            attempts=attempts,
            value=record.value,
            key=record.key,
            headers=headers,
        ),
    )


def _shown(text: str) -> str:
    return veiled(redact(text, "***@"))


def _time(text: str) -> datetime:
    """When the dead message says it was made: derived like the id, so that dying again repeats the same letter."""
    try:
        return datetime.fromisoformat(text).astimezone(UTC)
    except ValueError:
        return datetime(1970, 1, 1, tzinfo=UTC)


def replay_message(letter: DeadLetter) -> Message:
    """The original message again, for the topic it came from."""
    headers = tuple((name, value.encode()) for name, value in letter.headers.items())
    return Message(topic=letter.topic, key=letter.key, value=letter.value, headers=headers)
