"""The AsyncAPI 3 document: what Gordon sends on Kafka, and by webhook, as data."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from gordon import __version__
from gordon.bus.kafka import topic_options
from gordon.bus.kafka_settings import KafkaSettings
from gordon.codec import encode
from gordon.contracts_examples import examples
from gordon.contracts_webhook import webhook_channel, webhook_messages
from gordon.events import Event

ABOUT = """\
Gordon finds what blogs say about a policy file and brings it to the people who know the file. What its stages say is \
on Kafka as CloudEvents 1.0 in binary mode: attributes as headers ce_*, the data as JSON in the value. Delivery is at \
least once: drop a ce_id that you have seen. Order holds for one key. Ignore fields and headers that you do not know. \
The prefix 'gordon.' of the addresses is the setting topic_prefix. Tools without Kafka get the changes of queues by \
webhook."""
BINDING = "0.5.0"
"""Of AsyncAPI's bindings for Kafka."""


@dataclass(frozen=True, slots=True)
class Channel:
    """A kind of topic and the one type of event on it. ``trail``: where a message says what it is about, to follow
    that through all stages."""

    address: str
    text: str
    stage: str
    key: dict[str, Any]
    trail: str
    about: str = "The mention, in all stages and logs."


UUID = {"type": "string", "format": "uuid"}
CHANNELS = {
    "gordon.mention.v1": Channel(
        address="gordon.mentions",
        text="Every mention revision found in a feed. Key: the mention id.",
        stage="ingest",
        key={**UUID, "description": "The mention id."},
        trail="$message.payload#/id",
    ),
    "gordon.tagged.v1": Channel(
        address="gordon.tagged",
        text="A mention as one of its files sees it. Key: the file, else the mention id.",
        stage="classify",
        key={"type": "string", "minLength": 1, "description": "The file; without a file, the mention id."},
        trail="$message.payload#/mention/id",
    ),
    "gordon.assigned.v1": Channel(
        address="gordon.queue.{queue}",
        text="What changed in a queue. Key: the issue id.",
        stage="route",
        key={**UUID, "description": "The issue id."},
        trail="$message.payload#/mention/id",
    ),
    "gordon.dead.v1": Channel(
        address="gordon.dead",
        text="What could not be processed. Key: that of the original.",
        stage="dead letters",
        key={"type": "string", "description": "That of the original; may be empty where others wrote it."},
        trail="$message.header#/ce_subject",
        about="What the message that died was about: <mention>/<revision>, or an item.",
    ),
}
HEADERS: dict[str, dict[str, Any]] = {
    "ce_specversion": {"const": "1.0", "description": "of CloudEvents"},
    "ce_type": {"description": "the type of the event"},
    "ce_id": {"format": "uuid", "description": "derived from content: the same event has the same id; drop known ones"},
    "ce_source": {"pattern": "^/gordon/[a-z]+$", "description": "/gordon/<stage>"},
    "ce_subject": {"description": "<mention>/<revision>, or the item; of a dead letter, that of the message that died"},
    "ce_time": {"format": "date-time", "description": "RFC 3339, UTC"},
    "content-type": {"const": "application/json", "description": "of the value"},
}
"""What the codec writes with each message: all of these, always."""
STAGES = {
    "ingest": "What was found in feeds.",
    "classify": "Which policy files it touches.",
    "route": "Who takes care of it.",
    "dead letters": "What no stage could handle.",
    "relay": "Webhooks.",
}


def asyncapi() -> dict[str, Any]:
    """The document. References to schemas are relative to docs/."""
    names = {kind: kind.split(".")[1] for kind in CHANNELS}
    channels = {names[kind]: _channel(kind, channel) for kind, channel in CHANNELS.items()}
    messages = {names[kind]: _message(kind, channel) for kind, channel in CHANNELS.items()}
    operations = {f"send-{name}": _operation(name, CHANNELS[kind].stage) for kind, name in names.items()}
    relay = {**_operation("webhook", "relay"), "bindings": {"http": {"method": "POST", "bindingVersion": "0.3.0"}}}
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "Gordon",
            "version": __version__,
            "description": ABOUT,
            "license": {"name": "Apache-2.0", "url": "https://www.apache.org/licenses/LICENSE-2.0"},
            "tags": [{"name": name, "description": text} for name, text in STAGES.items()],
        },
        "defaultContentType": "application/json",
        "servers": _servers(),
        "channels": {**channels, "webhook": webhook_channel()},
        "operations": {**operations, "send-webhook": relay},
        "components": {"messages": {**messages, **webhook_messages()}},
    }


def _servers() -> dict[str, Any]:
    broker = {
        "default": "localhost:9092",
        "description": "One of the brokers in the setting bus. The embedded log is a file and no server.",
        "examples": ["localhost:9092", "kafka.example:9093"],
    }
    mechanisms = ("plain", "scramSha256", "scramSha512", "X509")
    return {
        "kafka": {
            "host": "{broker}",
            "protocol": "kafka",
            "description": "kafka.security_protocol is PLAINTEXT.",
            "variables": {"broker": broker},
        },
        "kafka-secure": {
            "host": "{broker}",
            "protocol": "kafka-secure",
            "description": "kafka.security_protocol is SSL or SASL_SSL.",
            "variables": {"broker": broker},
            "security": [{"type": mechanism} for mechanism in mechanisms],
        },
        "receiver": {
            "host": "{receiver}",
            "protocol": "https",
            "description": "A url of webhooks.yaml.",
            "variables": {"receiver": {"default": "tracker.example", "description": "Its host; the path is its own."}},
        },
    }


def _channel(kind: str, channel: Channel) -> dict[str, Any]:
    name = kind.split(".")[1]
    options = topic_options(channel.address, KafkaSettings())
    made = {key: int(value) if value.lstrip("-").isdigit() else value for key, value in options["configs"].items()}
    found: dict[str, Any] = {
        "address": channel.address,
        "description": channel.text,
        "servers": [{"$ref": "#/servers/kafka"}, {"$ref": "#/servers/kafka-secure"}],
        "messages": {name: {"$ref": f"#/components/messages/{name}"}},
        "tags": [{"name": channel.stage}],
        "bindings": {
            "kafka": {
                "topic": channel.address,
                "partitions": options["num_partitions"],
                "topicConfiguration": made,
                "bindingVersion": BINDING,
            }
        },
    }
    if "{queue}" in channel.address:
        found["parameters"] = {
            "queue": {
                "description": "The id of a queue of queues.yaml.",
                "examples": ["rapid-correction"],
                "location": "$message.payload#/queue",
            }
        }
    return found


def _operation(name: str, stage: str) -> dict[str, Any]:
    return {
        "action": "send",
        "channel": {"$ref": f"#/channels/{name}"},
        "summary": STAGES[stage],
        "tags": [{"name": stage}],
    }


def _message(kind: str, channel: Channel) -> dict[str, Any]:
    return {
        "name": kind,
        "title": channel.text.partition(". Key:")[0],
        "contentType": "application/json",
        "correlationId": {"description": channel.about, "location": channel.trail},
        "headers": header_schema(kind),
        "payload": {"$ref": f"./schemas/{kind}.json"},
        "bindings": {"kafka": {"key": channel.key, "bindingVersion": BINDING}},
        "tags": [{"name": channel.stage}],
        "examples": [_example(number, *one) for number, one in enumerate(examples()[kind].items(), 1)],
    }


def header_schema(kind: str) -> dict[str, Any]:
    """The schema of the headers of a message of this type."""
    properties = {name: {"type": "string", **rest} for name, rest in HEADERS.items()}
    properties["ce_type"]["const"] = kind
    return {"type": "object", "properties": properties, "required": list(HEADERS)}


def _example(number: int, summary: str, event: Event) -> dict[str, Any]:
    message = encode(event)
    return {
        "name": f"example-{number}",
        "summary": f"{summary}. Key: {message.key}",
        "headers": {name: value.decode() for name, value in message.headers},
        "payload": json.loads(message.value),
    }
