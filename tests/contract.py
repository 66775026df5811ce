"""Reads the committed contract, docs/asyncapi.json and docs/schemas/, and says what a message has against it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from datetime import date, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

from jsonschema import Draft202012Validator, FormatChecker
from referencing import Registry, Resource
from referencing.jsonschema import DRAFT202012

from gordon.bus import Record

DOCS = Path(__file__).parents[1] / "docs"
BASE = "https://gordon.example/docs/"
FORMATS = FormatChecker(formats=())


@FORMATS.checks("date-time", raises=ValueError)
def _is_utc(value: object) -> bool:
    return not isinstance(value, str) or (value.endswith("Z") and datetime.fromisoformat(value).tzinfo is not None)


@FORMATS.checks("date", raises=ValueError)
def _is_date(value: object) -> bool:
    return not isinstance(value, str) or date.fromisoformat(value).isoformat() == value


@FORMATS.checks("uuid", raises=ValueError)
def _is_uuid(value: object) -> bool:
    return not isinstance(value, str) or str(UUID(value)) == value


class Contract:
    """The documents as a consumer reads them, who knows nothing of Gordon's types."""

    def __init__(self, docs: Path = DOCS) -> None:
        self.document: dict[str, Any] = json.loads((docs / "asyncapi.json").read_text(encoding="utf-8"))
        self.messages: dict[str, Any] = self.document["components"]["messages"]
        registry: Registry[Any] = Registry()
        for path in docs.glob("schemas/*.json"):
            resource = Resource.from_contents(json.loads(path.read_text(encoding="utf-8")))
            registry = resource @ registry.with_resource(f"{BASE}schemas/{path.name}", resource)
        self._registry = registry

    def faults_of(self, record: Record, prefix: str = "gordon.") -> list[str]:
        """What is wrong with a message off the bus: topic, key, headers, value. Sentences; none where all is right."""
        topic = "gordon." + record.topic.removeprefix(prefix)
        names = [name for address, name in self._addresses() if re.fullmatch(address, topic)]
        if len(names) != 1:
            return [f"{topic} is the topic of {names}"]
        (name,) = names
        headers = {header: value.decode() for header, value in record.headers}
        if len(headers) != len(record.headers):
            return [f"{name}: a header twice: {record.headers}"]
        key = self.messages[name]["bindings"]["kafka"]["key"]
        found = [*self._against(key, record.key), *self.faults(name, headers, json.loads(record.value))]
        return [f"{name}: {fault}" for fault in found]

    def faults(self, name: str, headers: Mapping[str, str], payload: Any, *, formats: bool = True) -> list[str]:
        """What is wrong with the headers and the payload of a message of this name."""
        message = self.messages[name]
        return [
            *self._against(message["headers"], dict(headers), formats),
            *self._against(message["payload"], payload, formats),
        ]

    def _addresses(self) -> Iterable[tuple[str, str]]:
        for channel in self.document["channels"].values():
            if channel["address"]:
                (name,) = channel["messages"]
                yield re.sub(r"\\\{\w+\\\}", "[a-z0-9._-]+", re.escape(channel["address"])), name

    def _against(self, schema: Mapping[str, Any], value: Any, formats: bool = True) -> list[str]:
        rooted = {"$id": f"{BASE}asyncapi.json", **schema}
        validator = Draft202012Validator(
            rooted,
            registry=DRAFT202012.create_resource(rooted) @ self._registry,
            format_checker=FORMATS if formats else None,
        )
        return [f"{error.json_path}: {error.message[:300]}" for error in validator.iter_errors(value)]
