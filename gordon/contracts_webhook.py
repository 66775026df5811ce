"""The part of the AsyncAPI document about webhooks: what `gordon relay` posts, as Standard Webhooks say."""

from __future__ import annotations

import json
from typing import Any

import msgspec

from gordon.contracts_examples import SEEN, examples
from gordon.webhooks import CONTENT_TYPE, body_of, key_of, signed_headers, structured

SECRET = "whsec_Z29yZG9uLXRlc3QtdmVjdG9yLW5vdC1hLXNlY3JldA=="
"""That of the test vector in docs/webhooks.md; it signs nothing else."""
KIND, TEST_KIND = "gordon.assigned.v1", "gordon.test.v1"
HEADERS: dict[str, dict[str, Any]] = {
    "content-type": {"const": CONTENT_TYPE, "description": "a CloudEvent in structured mode"},
    "webhook-id": {"minLength": 1, "description": "the id of the event, the same at every try"},
    "webhook-timestamp": {"pattern": "^[0-9]+$", "description": "Unix time of this try"},
    "webhook-signature": {
        "pattern": "^v1,[A-Za-z0-9+/]+=*( v1,[A-Za-z0-9+/]+=*)*$",
        "description": "one or more signatures, separated by spaces: HMAC-SHA256 over id.timestamp.body, base64",
    },
}
ATTRIBUTES = ("specversion", "type", "id", "source", "time", "datacontenttype", "data")


def webhook_channel() -> dict[str, Any]:
    """The channel. It has no address: each receiver has its own."""
    return {
        "address": None,
        "description": "The changes of queues, posted to the urls of webhooks.yaml by gordon relay. In order for one "
        "issue; tried for three days; any answer 2xx is a success, 410 disables the webhook.",
        "servers": [{"$ref": "#/servers/receiver"}],
        "messages": {name: {"$ref": f"#/components/messages/{name}"} for name in webhook_messages()},
        "tags": [{"name": "relay"}],
    }


def webhook_messages() -> dict[str, Any]:
    """What is posted: changes of items, and the test event of `gordon webhooks test`."""
    test = {"type": "object", "properties": {"webhook": {"type": "string"}}, "required": ["webhook"]}
    (summary, event), *_ = examples()[KIND].items()
    attributes = {"ce_specversion": "1.0", "ce_type": TEST_KIND, "ce_id": "b0c35a52-3d1b-4e6c-9b39-0d2a6c9d6a01"}
    attributes |= {"ce_source": "/gordon/webhooks", "ce_time": "2026-11-22T14:30:05Z"}
    tried = structured(attributes, msgspec.json.encode({"webhook": "tracker"}))
    change = {"$ref": f"./schemas/{KIND}.json"}
    return {
        "webhook-assigned": _message(KIND, f"{summary}.", change, ("subject",), body_of(event)),
        "webhook-test": _message(TEST_KIND, "What gordon webhooks test posts.", test, (), tried),
    }


def _message(kind: str, summary: str, data: dict[str, Any], more: tuple[str, ...], body: bytes) -> dict[str, Any]:
    fields: dict[str, Any] = {name: {"type": "string"} for name in (*ATTRIBUTES, *more)}
    fields |= {"specversion": {"type": "string", "const": "1.0"}, "type": {"type": "string", "const": kind}}
    fields |= {"time": {"type": "string", "format": "date-time"}, "data": data}
    fields["datacontenttype"]["const"] = "application/json"
    headers = {name: {"type": "string", **rest} for name, rest in HEADERS.items()}
    id = json.loads(body)["id"]
    example = {
        "name": "example-1",
        "summary": summary,
        "headers": {"content-type": CONTENT_TYPE, **signed_headers([key_of(SECRET)], id, SEEN, body)},
        "payload": json.loads(body),
    }
    return {
        "name": kind,
        "title": "A change of an item" if more else "A test",
        "contentType": CONTENT_TYPE,
        "correlationId": {"description": "The same at every try.", "location": "$message.header#/webhook-id"},
        "headers": {"type": "object", "properties": headers, "required": list(headers)},
        "payload": {"type": "object", "properties": fields, "required": [*ATTRIBUTES, *more]},
        "tags": [{"name": "relay"}],
        "examples": [example],
    }
