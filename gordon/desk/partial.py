"""What of a broken queues.yaml can still be looked at, so that its other mistakes are told at once."""

from __future__ import annotations

from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from gordon.desk.routing import PriorityRules, Spikes
from gordon.desk.schema import Queue, QueuesFile, Route

T = TypeVar("T", bound=BaseModel)
HARMLESS = {"mentions": 1}
"""Stands for conditions that cannot be read; unlike none at all it makes no catch-all of a route."""


def readable(data: Any) -> QueuesFile | None:
    """Everything that is right, each route in its place, without the tests; None where there is too little. Only good
    for finding more mistakes."""
    if not isinstance(data, dict) or not isinstance(data.get("queues"), dict) or not data["queues"]:
        return None
    queues = {str(name): _valid(Queue, row) or Queue() for name, row in data["queues"].items()}
    routes = data.get("routes")
    if not isinstance(routes, list) or not routes:
        return None
    return QueuesFile(
        queues=queues,
        routes=tuple(_valid(Route, row) or _route(row, next(iter(queues))) for row in routes),
        priority=_valid(PriorityRules, data.get("priority", {})) or PriorityRules(),
        spikes=_valid(Spikes, data.get("spikes", {})) or Spikes(),
    )


def _valid(kind: type[T], row: Any) -> T | None:
    try:
        return kind.model_validate(row)
    except ValidationError:
        return None


def _route(row: Any, queue: str) -> Route:
    row = row if isinstance(row, dict) else {"when": None}
    when = row.get("when", {})
    wanted = row.get("queue")
    return Route(when=when if isinstance(when, dict) else HARMLESS, queue=wanted if isinstance(wanted, str) else queue)
