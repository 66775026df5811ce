"""The stage: mentions in, one tagged event for each file of a mention out, or one without a file."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from classify.tagger import Tagger
from gordon.errors import Permanent
from gordon.events import Event, Mention, Tagged, Topics
from gordon.ids import event_id

SOURCE = "/gordon/classify"
TYPE = "gordon.tagged.v1"


class Classify:
    """Stage "classify". Pure: the same mention and desk give the same events, letter for letter."""

    name = "classify"

    def __init__(self, *, tagger: Tagger, policy_version: str, topics: Topics, batch: int = 100) -> None:
        self.reads = (topics.mentions,)
        self.batch = batch
        self._tagger = tagger
        self._policy_version = policy_version
        self._topic = topics.tagged

    def handle(self, events: Sequence[Event]) -> list[Event]:
        """The tagged events in order. Raises Permanent for anything that is not a mention."""
        return [tagged for event in events for tagged in self._tagged(event)]

    def _tagged(self, event: Event) -> Iterator[Event]:
        mention = event.data
        if not isinstance(mention, Mention):
            raise Permanent(f"classify reads mentions, not {event.type}")
        files, claims, flags = self._tagger.tag(mention)
        names: list[str | None] = [tag.file for tag in files]
        for file in names or [None]:
            yield self._event(
                Tagged(
                    mention=mention,
                    file=file,
                    files=files,
                    claims=claims,
                    policy_version=self._policy_version,
                    flags=flags,
                )
            )

    def _event(self, data: Tagged) -> Event:
        mention = data.mention
        return Event(
            topic=self._topic,
            key=data.file or mention.id,
            type=TYPE,
            id=event_id(self.name, mention.id, mention.revision, data.file or "", self._policy_version),
            source=SOURCE,
            subject=f"{mention.id}/{mention.revision}",
            time=mention.seen,
            data=data,
        )
