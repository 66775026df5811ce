"""The one codec: events to and from messages, CloudEvents 1.0, Kafka binding, binary mode.

Attributes travel as ``ce_*`` headers, the value is the data as JSON. Unknown fields are ignored; an unknown major
version raises NewerMajor; anything else that is not an event raises Undecodable, never a foreign error.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

import msgspec

from gordon.bus import Message, Record
from gordon.errors import NewerMajor, Undecodable
from gordon.events import TYPES, Data, Event

CONTENT_TYPE = b"application/json"
_encoder = msgspec.json.Encoder()
_decoders = {name: msgspec.json.Decoder(kind) for name, kind in TYPES.items()}


def encode_data(data: Data) -> bytes:
    """The JSON of an event's data, as it stands in the value of a message."""
    return _encoder.encode(data)


def encode(event: Event) -> Message:
    """The message that carries this event."""
    headers = (
        ("ce_specversion", b"1.0"),
        ("ce_type", event.type.encode()),
        ("ce_id", event.id.encode()),
        ("ce_source", event.source.encode()),
        ("ce_subject", event.subject.encode()),
        ("ce_time", event.time.isoformat().replace("+00:00", "Z").encode()),
        ("content-type", CONTENT_TYPE),
    )
    return Message(topic=event.topic, key=event.key, value=_encoder.encode(event.data), headers=headers)


def decode(record: Record) -> Event:
    """The event in this record.

    Raises Undecodable (missing attributes, not JSON, wrong shape) or NewerMajor.
    """
    attributes = _attributes(record)
    kind = attributes["ce_type"]
    decoder = _decoders.get(kind)
    if decoder is None:
        raise _unknown(kind)
    try:
        data = decoder.decode(record.value)
        time = datetime.fromisoformat(attributes["ce_time"])
    except (msgspec.MsgspecError, ValueError, RecursionError) as error:
        raise Undecodable(f"{kind}: {error}") from error
    return Event(
        topic=record.topic,
        key=record.key,
        type=kind,
        id=attributes["ce_id"],
        source=attributes["ce_source"],
        subject=attributes.get("ce_subject", ""),
        time=time,
        data=data,
    )


def _attributes(record: Record) -> dict[str, str]:
    try:
        attributes = {name: value.decode() for name, value in record.headers}
    except UnicodeDecodeError as error:
        raise Undecodable(f"a header is not UTF-8: {error}") from error
    missing = [name for name in ("ce_type", "ce_id", "ce_source", "ce_time") if name not in attributes]
    if missing:
        raise Undecodable(f"no {', '.join(missing)} header")
    return attributes


def _unknown(kind: str) -> NewerMajor | Undecodable:
    """A known name with a higher ``.vN`` is news from a later Gordon; anything else is not ours."""
    name, _, version = kind.rpartition(".v")
    if f"{name}.v1" in TYPES and version.isdigit():
        return NewerMajor(f"{kind} is newer than this Gordon; upgrade, then replay it with: gordon dead replay")
    return Undecodable(f"unknown event type {kind!r}")


def schemas() -> dict[str, dict[str, Any]]:
    """JSON Schema 2020-12 of each event type's data, generated from the types."""
    return {name: _schema(name) for name in TYPES}


def _schema(name: str) -> dict[str, Any]:
    (top,), components = msgspec.json.schema_components([TYPES[name]], ref_template="#/$defs/{name}")
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": f"urn:gordon:schema:{name}",
        **top,
        "$defs": components,
    }
