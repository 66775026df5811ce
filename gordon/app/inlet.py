"""The stage of the relay: what happens in queues goes into the deliveries of the webhooks that want it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime

from gordon.desk.webhooks import Webhook
from gordon.errors import Permanent
from gordon.events import Assigned, Event
from gordon.webhooks import LOOKBACK, STAGE, Delivery, body_of

BATCH = 200


class Inlet:
    """A stage that reads queues and publishes nothing. ``use`` another desk between two batches; what it reads is
    chosen when it is made."""

    name = STAGE
    batch = BATCH

    def __init__(
        self,
        reads: Sequence[str],
        accept: Callable[[Sequence[Delivery]], None],
        *,
        now: Callable[[], datetime],
    ) -> None:
        """``accept`` keeps deliveries once, in one transaction."""
        self.reads = tuple(reads)
        self._accept, self._now = accept, now
        self._webhooks: tuple[Webhook, ...] = ()
        self._since: Mapping[str, datetime] = {}

    def use(self, webhooks: Sequence[Webhook], since: Mapping[str, datetime]) -> None:
        """These are the webhooks; each was first seen then."""
        self._webhooks, self._since = tuple(webhooks), since

    def handle(self, events: Sequence[Event]) -> Iterable[Event]:
        """Raises Permanent for an event that is no assignment."""
        found = [one for event in events for one in self.deliveries(event)]
        if found:
            self._accept(found)
        return ()

    def deliveries(self, event: Event) -> list[Delivery]:
        """The event for each webhook that wants it. A webhook is not told of what was long over when it came."""
        data = event.data
        if not isinstance(data, Assigned):
            raise Permanent(f"{event.type} in {event.topic}: only assignments belong into a queue")
        wanted = [
            one.id
            for one in self._webhooks
            if one.id in self._since
            and one.wants(data.queue, data.change)
            and event.time >= self._since[one.id] - LOOKBACK
        ]
        if not wanted:
            return []
        body, now = body_of(event), self._now()
        return [
            Delivery(webhook=id, event=event.id, issue=event.key, topic=event.topic, body=body, created=now)
            for id in wanted
        ]
