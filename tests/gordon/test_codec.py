"""The wire: CloudEvents headers, JSON data, schemas, and golden files that every later Gordon must still read."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gordon.bus import Message, Record
from gordon.codec import decode, encode, schemas
from gordon.contracts import documents
from gordon.errors import NewerMajor, Undecodable
from gordon.events import TYPES
from tests.samples import EVENTS, MENTION

GOLDEN = Path(__file__).parent.parent / "golden"
DOCS = Path(__file__).parent.parent.parent / "docs"


def as_record(message: Message) -> Record:
    return Record(message.topic, 0, 0, message.key, message.value, message.headers)


def with_headers(record: Record, **changes: bytes) -> Record:
    headers = {**dict(record.headers), **changes}
    return dataclasses.replace(record, headers=tuple(headers.items()))


@pytest.mark.parametrize("kind", TYPES)
def test_every_event_survives_the_round_trip(kind: str) -> None:
    assert decode(as_record(encode(EVENTS[kind]))) == EVENTS[kind]


def stored(path: Path) -> tuple[Record, dict[str, Any]]:
    """A golden file as it came off the bus, and its data."""
    golden = json.loads(path.read_text(encoding="utf-8"))
    headers = tuple((name, value.encode()) for name, value in golden["headers"].items())
    return Record(golden["topic"], 0, 0, golden["key"], json.dumps(golden["value"]).encode(), headers), golden["value"]


@pytest.mark.hostile(72)
@pytest.mark.parametrize("path", sorted(GOLDEN.glob("*.json")), ids=lambda path: path.name)
def test_golden_files_of_version_1_are_still_read(path: Path) -> None:
    record, data = stored(path)
    event = decode(record)
    assert json.loads(encode(event).value) == data, "nothing of it is lost or changed"


@pytest.mark.parametrize("kind", TYPES)
def test_what_is_written_today_equals_the_newest_golden_file(kind: str) -> None:
    message = encode(EVENTS[kind])
    record, data = stored(max(GOLDEN.glob(f"{kind}*.json"), key=lambda path: path.stem))
    assert (message.topic, message.key, message.headers) == (record.topic, record.key, record.headers)
    assert json.loads(message.value) == data
    assert decode(record) == EVENTS[kind]


@pytest.mark.parametrize("kind", TYPES)
def test_the_schema_accepts_the_event_and_refuses_a_broken_one(kind: str) -> None:
    validator = jsonschema.Draft202012Validator(schemas()[kind])
    data = json.loads(encode(EVENTS[kind]).value)
    validator.validate(data)
    for field in validator.schema["$defs"][TYPES[kind].__name__]["required"]:
        broken = {name: value for name, value in data.items() if name != field}
        assert not validator.is_valid(broken), field


def test_generated_documents_are_committed() -> None:
    for name, text in documents().items():
        assert (DOCS / name).read_text(encoding="utf-8") == text, f"run: make docs (for {name})"


@pytest.mark.hostile(72)
def test_unknown_fields_are_ignored_and_optional_ones_may_be_missing() -> None:
    record = as_record(encode(EVENTS["gordon.mention.v1"]))
    data = json.loads(record.value)
    del data["published"], data["author"]
    data["of_a_later_version"] = {"x": 1}
    decoded = decode(dataclasses.replace(record, value=json.dumps(data).encode())).data
    assert decoded.published is None and decoded.author is None and decoded.title == MENTION.title


@pytest.mark.hostile(72)
def test_a_newer_major_is_told_from_rubbish() -> None:
    record = as_record(encode(EVENTS["gordon.mention.v1"]))
    with pytest.raises(NewerMajor, match="upgrade"):
        decode(with_headers(record, ce_type=b"gordon.mention.v2"))
    for rubbish in (b"gordon.mention", b"gordon.other.v1", b"com.example.v9", b""):
        with pytest.raises(Undecodable):
            decode(with_headers(record, ce_type=rubbish))


@pytest.mark.parametrize(
    "value",
    [b"", b"{", b"null", b"[]", b'{"id": NaN}', b"\xff\xfe", b'{"id": 1}', b"[" * 10_000, b'"' + b"x" * 900_000 + b'"'],
)
@pytest.mark.hostile(67)
def test_poison_values_are_undecodable_and_nothing_else(value: bytes) -> None:
    record = as_record(encode(EVENTS["gordon.mention.v1"]))
    with pytest.raises(Undecodable):
        decode(dataclasses.replace(record, value=value))


@pytest.mark.parametrize("missing", ["ce_type", "ce_id", "ce_source", "ce_time"])
def test_a_missing_attribute_is_named(missing: str) -> None:
    record = as_record(encode(EVENTS["gordon.mention.v1"]))
    headers = tuple((name, value) for name, value in record.headers if name != missing)
    with pytest.raises(Undecodable, match=missing):
        decode(dataclasses.replace(record, headers=headers))


@given(st.binary(max_size=200), st.sampled_from(sorted(TYPES)))
@settings(max_examples=100, deadline=None)
def test_any_bytes_decode_or_are_undecodable(value: bytes, kind: str) -> None:
    record = dataclasses.replace(as_record(encode(EVENTS[kind])), value=value)
    with pytest.raises(Undecodable):
        decode(record)


def test_headers_that_are_not_text_are_undecodable() -> None:
    record = as_record(encode(EVENTS["gordon.mention.v1"]))
    with pytest.raises(Undecodable):
        decode(with_headers(record, ce_id=b"\xff"))
    with pytest.raises(Undecodable):
        decode(with_headers(record, ce_time=b"yesterday"))
