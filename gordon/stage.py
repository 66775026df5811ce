"""The one shape of a stage that consumes: what the worker loop needs to know of it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Protocol

from gordon.events import Event


class Stage(Protocol):
    """A name, the topics it reads, a function from events to events, and a batch size.

    ``handle`` gets up to ``batch`` events in order and returns what is to be published before they are committed.
    It raises Transient when the whole batch should wait, and Permanent (or any other error) when an event cannot be
    handled: the loop then repeats the batch one by one and dead-letters only the culprit. It must be idempotent.
    """

    @property
    def name(self) -> str: ...

    @property
    def reads(self) -> Sequence[str]: ...

    @property
    def batch(self) -> int: ...

    def handle(self, events: Sequence[Event]) -> Iterable[Event]: ...
