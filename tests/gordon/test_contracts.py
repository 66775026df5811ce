"""docs/asyncapi.json: what AsyncAPI itself says of it, its examples, and that it names what the codec really writes."""

from __future__ import annotations

import copy
import dataclasses
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from standardwebhooks import Webhook

from gordon.bus import Record
from gordon.bus.kafka import topic_options
from gordon.bus.kafka_settings import KafkaSettings
from gordon.codec import decode, encode
from gordon.contracts_asyncapi import CHANNELS, HEADERS, asyncapi
from gordon.contracts_examples import examples
from gordon.contracts_webhook import SECRET
from gordon.events import TYPES, Event, Topics
from tests.contract import DOCS, Contract
from tests.samples import EVENTS

HERE = Path(__file__).parent
OFFICIAL = jsonschema.Draft7Validator(json.loads((HERE / "asyncapi-3.0.0.json").read_text(encoding="utf-8")))
CONTRACT = Contract()
EXAMPLES = [(kind, event) for kind, found in examples().items() for event in found.values()]


def recorded(event: Event) -> Record:
    message = encode(event)
    return Record(message.topic, 0, 0, message.key, message.value, message.headers)


def test_the_document_is_valid_by_the_schema_of_asyncapi() -> None:
    assert [error.message for error in OFFICIAL.iter_errors(CONTRACT.document)] == []


@pytest.mark.parametrize(
    ("path", "wrong"),
    [
        ("operations/send-dead/action", "post"),
        ("operations/send-webhook/bindings/http/method", "STEAL"),
        ("channels/dead/bindings/kafka/partitions", "6"),
        ("channels/assigned/parameters/queue/location", 7),
        ("components/messages/dead/bindings/kafka/keys", {}),
        ("components/messages/dead/headers/properties", []),
        ("servers/kafka/protocols", "kafka"),
    ],
)
def test_the_schema_of_asyncapi_refuses_a_broken_document(path: str, wrong: Any) -> None:
    broken = copy.deepcopy(CONTRACT.document)
    *above, last = path.split("/")
    place = broken
    for part in above:
        place = place[part]
    place[last] = wrong
    assert not OFFICIAL.is_valid(broken)


def test_every_reference_leads_somewhere() -> None:
    def references(found: Any) -> list[str]:
        if isinstance(found, list):
            return [one for part in found for one in references(part)]
        if not isinstance(found, dict):
            return []
        own = [found["$ref"]] if isinstance(found.get("$ref"), str) else []
        return own + [one for part in found.values() for one in references(part)]

    found = references(CONTRACT.document)
    assert {one for one in found if one[0] != "#"} == {f"./schemas/{kind}.json" for kind in TYPES}
    for reference in found:
        if reference[0] != "#":
            assert (DOCS / reference).is_file()
            continue
        place = CONTRACT.document
        for part in reference.removeprefix("#/").split("/"):
            place = place[part]


@pytest.mark.parametrize("kind", TYPES)
def test_the_headers_required_are_those_that_the_codec_writes(kind: str) -> None:
    headers = CONTRACT.messages[kind.split(".")[1]]["headers"]
    written = [name for name, _ in encode(EVENTS[kind]).headers]
    assert headers["required"] == list(headers["properties"]) == written == list(HEADERS)


@pytest.mark.parametrize("kind", TYPES)
def test_each_type_goes_to_its_topic_under_a_checked_key(kind: str) -> None:
    topics = Topics()
    real = {
        "gordon.mention.v1": topics.mentions,
        "gordon.tagged.v1": topics.tagged,
        "gordon.assigned.v1": topics.queue("{queue}"),
        "gordon.dead.v1": topics.dead,
    }
    channel = CONTRACT.document["channels"][kind.split(".")[1]]
    assert channel["address"] == real[kind] == channel["bindings"]["kafka"]["topic"]
    options = topic_options(real[kind], KafkaSettings())
    told = channel["bindings"]["kafka"]["topicConfiguration"]
    assert {name: str(value) for name, value in told.items()} == options["configs"]
    assert channel["bindings"]["kafka"]["partitions"] == options["num_partitions"]


def test_every_type_has_a_channel_and_examples() -> None:
    assert set(examples()) == set(TYPES) == set(CHANNELS)
    assert all(examples().values())


@pytest.mark.parametrize(("kind", "event"), EXAMPLES, ids=lambda one: one if isinstance(one, str) else "")
def test_an_example_is_an_event_and_keeps_the_contract(kind: str, event: Event) -> None:
    record = recorded(event)
    assert decode(record) == event and event.type == kind
    assert CONTRACT.faults_of(record) == []


@pytest.mark.parametrize("name", CONTRACT.messages)
def test_the_examples_in_the_document_keep_the_contract(name: str) -> None:
    for example in CONTRACT.messages[name]["examples"]:
        assert CONTRACT.faults(name, example["headers"], example["payload"]) == []


def test_the_signature_of_the_webhooks_example_is_right() -> None:
    (example,) = CONTRACT.messages["webhook-assigned"]["examples"]
    headers = example["headers"]
    body = json.dumps(example["payload"], ensure_ascii=False, separators=(",", ":"))
    moment = datetime.fromtimestamp(int(headers["webhook-timestamp"]), UTC)
    assert Webhook(SECRET).sign(headers["webhook-id"], moment, body) == headers["webhook-signature"]


@pytest.mark.parametrize("path", sorted((HERE.parent / "golden").glob("*.json")), ids=lambda path: path.name)
def test_golden_files_keep_the_contract(path: Path) -> None:
    golden = json.loads(path.read_text(encoding="utf-8"))
    name = golden["headers"]["ce_type"].split(".")[1]
    assert CONTRACT.faults(name, golden["headers"], golden["value"], formats=False) == []


GOOD = recorded(EXAMPLES[0][1])


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"topic": "gordon.other"}, "is the topic of"),
        ({"key": "not-a-mention"}, "is not a 'uuid'"),
        ({"headers": GOOD.headers[1:]}, "'ce_specversion' is a required property"),
        ({"headers": (*GOOD.headers, ("ce_id", b"again"))}, "a header twice"),
        ({"headers": (*GOOD.headers[:-1], ("content-type", b"text/plain"))}, "'application/json' was expected"),
        ({"headers": (*GOOD.headers[:5], ("ce_time", b"2026-11-22T14:30:05"), GOOD.headers[6])}, "'date-time'"),
        ({"value": GOOD.value.replace(b'"revision":1', b'"revision":"1"')}, "is not of type 'integer'"),
        ({"value": GOOD.value.replace(b'"kind":"new"', b'"kind":"old"')}, "is not one of"),
        ({"value": GOOD.value.replace(b'"flags":[]', b'"other":[]')}, "'flags' is a required property"),
        ({"value": GOOD.value.replace(b'05Z"', b'05+01:00"')}, "is not a 'date-time'"),
    ],
)
def test_a_message_that_breaks_the_contract_is_told_from_one_that_keeps_it(change: dict[str, Any], said: str) -> None:
    faults = CONTRACT.faults_of(dataclasses.replace(GOOD, **change))
    assert any(said in fault for fault in faults), faults


def test_the_prefix_is_a_setting() -> None:
    assert CONTRACT.faults_of(dataclasses.replace(GOOD, topic="flow12.mentions"), "flow12.") == []


def test_the_document_is_made_anew_each_time() -> None:
    assert asyncapi() == asyncapi() and asyncapi() is not asyncapi()
