"""How an item goes onto its queue's topic: the one place that makes events of assignments. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from gordon.events import Assigned, Event, Topics
from gordon.french import bilingual
from gordon.ids import derive
from gordon.records import Item

SOURCE = "/gordon/route"
TYPE = "gordon.assigned.v1"


@dataclass(frozen=True, slots=True)
class Changed:
    """One item after one change, and the event that tells of it."""

    item: Item
    event: Event


def announce(assigned: Assigned, topics: Topics, time: datetime, *cause: str) -> Event:
    """The event of a change. ``cause``: what made it, such as mention and revision; the same cause is the same event,
    however often it is handled."""
    return Event(
        topic=topics.queue(assigned.queue),
        key=assigned.issue,
        type=TYPE,
        id=derive("event", "route", assigned.item, *cause, assigned.change),
        source=SOURCE,
        subject=assigned.item,
        time=time,
        data=bilingual(assigned),
    )
