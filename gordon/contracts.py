"""Writes the contract documents from the types: docs/schemas/*.json and docs/asyncapi.json.

``python -m gordon.contracts docs`` writes them; a test fails while the committed ones differ.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from gordon import __version__
from gordon.codec import schemas

CHANNELS = {
    "gordon.mention.v1": ("gordon.mentions", "Every mention revision found in a feed. Key: the mention id."),
    "gordon.tagged.v1": ("gordon.tagged", "A mention as one of its files sees it. Key: the file, else the mention id."),
    "gordon.assigned.v1": ("gordon.queue.{queue}", "What changed in a queue. Key: the issue id."),
    "gordon.dead.v1": ("gordon.dead", "What could not be processed. Key: that of the original."),
}
HEADERS = {
    "ce_specversion": "1.0",
    "ce_type": "the type of the event",
    "ce_id": "derived from content: the same event has the same id; drop what you have seen",
    "ce_source": "/gordon/<stage>",
    "ce_subject": "<mention>/<revision>, or the item",
    "ce_time": "RFC 3339, UTC",
    "content-type": "application/json",
}


def documents() -> dict[str, str]:
    """The text of every generated document, by its path below docs/."""
    found = {f"schemas/{name}.json": _text(schema) for name, schema in schemas().items()}
    return {**found, "asyncapi.json": _text(_asyncapi())}


def _asyncapi() -> dict[str, Any]:
    channels: dict[str, Any] = {}
    operations: dict[str, Any] = {}
    messages: dict[str, Any] = {}
    for kind, (address, text) in CHANNELS.items():
        name = kind.split(".")[1]
        channels[name] = {
            "address": address,
            "description": text,
            "messages": {name: {"$ref": f"#/components/messages/{name}"}},
        }
        if "{queue}" in address:
            channels[name]["parameters"] = {"queue": {"description": "The id of a queue of queues.yaml."}}
        operations[f"receive-{name}"] = {"action": "receive", "channel": {"$ref": f"#/channels/{name}"}}
        messages[name] = {
            "name": kind,
            "contentType": "application/json",
            "headers": {"type": "object", "properties": _header_properties(kind), "required": ["ce_type", "ce_id"]},
            "payload": {"$ref": f"./schemas/{kind}.json"},
        }
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "Gordon",
            "version": __version__,
            "description": "CloudEvents 1.0 in binary mode. The prefix 'gordon.' of the addresses is a setting.",
        },
        "defaultContentType": "application/json",
        "channels": channels,
        "operations": operations,
        "components": {"messages": messages},
    }


def _header_properties(kind: str) -> dict[str, Any]:
    properties: dict[str, Any] = {name: {"type": "string", "description": text} for name, text in HEADERS.items()}
    properties["ce_type"] = {"type": "string", "const": kind}
    return properties


def _text(document: dict[str, Any]) -> str:
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"


def main(folder: Path) -> None:
    """Writes all documents below ``folder``."""
    for name, text in documents().items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
