"""The frozen types that travel between the stages: a public contract, described in docs/events.md.

Fields without a default are always present on the wire; fields that default to None are left out when unknown.
Times are aware datetimes in UTC. ``start`` and ``end`` are character offsets into the named field of the mention.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Literal, TypeAlias

from msgspec import Meta, Struct

Time: TypeAlias = Annotated[datetime, Meta(extra_json_schema={"format": "date-time"})]
"""Said in the schemas only: what is decoded is as it was."""
Kind: TypeAlias = Literal["new", "edited"]
Priority: TypeAlias = Literal["low", "normal", "high", "urgent"]
Change: TypeAlias = Literal["opened", "grew", "reassigned", "escalated", "closed"]


class Mention(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One published entry of a feed in one revision. ``seen``: the poll that found this revision.

    ``published_raw``: the feed's own date where nobody can believe it; then ``published`` is left out. ``html``: the
    text as safe HTML, for desks that keep it; to be sanitised again where it is shown."""

    id: str
    revision: int
    feed: str
    url: str
    title: str
    text: str
    language: str
    published: Time | None = None
    published_raw: str | None = None
    seen: Time
    author: str | None = None
    html: str | None = None
    kind: Kind
    flags: tuple[str, ...]


class Evidence(Struct, frozen=True, kw_only=True):
    """Why a rule fired: ``quote`` is ``field[start:end]`` of the mention, letter for letter."""

    rule: str
    field: str
    start: int
    end: int
    quote: str


class Learned(Struct, frozen=True, kw_only=True):
    """What the examples say: the calibrated ``probability`` that the file is touched, and the file's own ``threshold``
    that it reached. ``model``: the version of the model."""

    probability: float
    threshold: float
    model: str


class FileTag(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A policy file that a mention touches. ``score``: the sum of the weights of the rules that fired.

    ``learned``: no rule fired, the file was recognised by its examples. Then ``score`` is the probability, and the
    evidence, of rule "examples", names the words that moved it."""

    file: str
    score: float
    evidence: tuple[Evidence, ...]
    learned: Learned | None = None


class ClaimLine(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The approved correction of a claim as the desk had it when the mention was tagged."""

    en: str | None = None
    fr: str | None = None
    version: int
    approved_by: str = ""
    expires: date | None = None
    source: str = ""


class ClaimHit(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A sentence of the mention (``quote``, ``field[start:end]``) that repeats a known claim; ``score`` from 0 to 1.

    ``flags`` on the line: "line-missing", "line-expired" (at the time the mention was seen), "line-one-language"."""

    file: str
    claim: str
    score: float
    quote: str
    field: str = ""
    start: int = 0
    end: int = 0
    line: ClaimLine | None = None
    flags: tuple[str, ...] = ()


class Tagged(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One mention seen from one of its files; ``file`` is None for a mention that touches none.

    ``flags``: "title-cut", "text-cut": only the first 100,000 characters of the field were looked at."""

    mention: Mention
    file: str | None = None
    files: tuple[FileTag, ...]
    claims: tuple[ClaimHit, ...]
    policy_version: str
    flags: tuple[str, ...] = ()


class MentionRef(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The mention that made an item change."""

    id: str
    url: str
    title: str
    language: str = ""


class Member(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A person of a team, the hats they wear on it and why they were chosen. ``person`` is an id of people.yaml.

    ``duties``: "draft" and "approve", which are never the same person's where the queue keeps them apart."""

    person: str
    disciplines: tuple[str, ...]
    expertise: str
    authority: tuple[str, ...]
    why: str
    duties: tuple[str, ...] = ()
    why_fr: str = ""


class Gap(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What nobody on duty covers: ``kind`` is discipline, expertise, authority or language; ``need`` names it."""

    kind: str
    need: str
    why: str
    why_fr: str = ""


class Assigned(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The state of one item after ``change``; ``mentions`` counts those of its issue.

    ``why``: the reason of this change. ``explain_fr``, ``why_fr`` and those of team and gaps: the same in French, in
    what is told; what is stored is English. ``claimed_by``: who works on it, until ``claimed_until`` unless prolonged.
    ``done``: which of the steps acknowledge, draft and approve were done, and when."""

    item: str
    issue: str
    queue: str
    file: str
    files: tuple[str, ...]
    mention: MentionRef
    mentions: int
    priority: Priority
    team: tuple[Member, ...]
    gaps: tuple[Gap, ...]
    clocks: dict[str, Time]
    explain: tuple[str, ...]
    change: Change
    policy_version: str
    why: str = ""
    explain_fr: tuple[str, ...] = ()
    why_fr: str = ""
    claimed_by: str | None = None
    claimed_until: Time | None = None
    done: dict[str, Time] = {}


class Origin(Struct, frozen=True, kw_only=True):
    """Where on the bus a dead letter came from."""

    topic: str
    partition: int
    offset: int


class Dead(Struct, frozen=True, kw_only=True):
    """A message that could not be processed, with all that its replay needs. ``value``: the original bytes."""

    stage: str
    reason: str
    error: str
    traceback: str
    origin: Origin
    attempts: int
    value: bytes
    key: str = ""
    headers: dict[str, str] = {}


Data: TypeAlias = Mention | Tagged | Assigned | Dead

TYPES: dict[str, type[Mention] | type[Tagged] | type[Assigned] | type[Dead]] = {
    "gordon.mention.v1": Mention,
    "gordon.tagged.v1": Tagged,
    "gordon.assigned.v1": Assigned,
    "gordon.dead.v1": Dead,
}


class Event(Struct, frozen=True, kw_only=True):
    """Data with its envelope. ``key`` picks the partition; ``subject`` names what the event is about:
    ``<mention id>/<revision>`` for mentions and tags, the item id for assignments."""

    topic: str
    key: str
    type: str
    id: str
    source: str
    subject: str
    time: datetime
    data: Data


class Topics(Struct, frozen=True):
    """Topic names under one prefix."""

    prefix: str = "gordon."

    @property
    def mentions(self) -> str:
        return f"{self.prefix}mentions"

    @property
    def tagged(self) -> str:
        return f"{self.prefix}tagged"

    @property
    def dead(self) -> str:
        return f"{self.prefix}dead"

    def queue(self, name: str) -> str:
        return f"{self.prefix}queue.{name}"

    def group(self, stage: str) -> str:
        """The consumer group of a stage; prefixed too, so that two Gordons can share a broker."""
        return f"{self.prefix}{stage}"
