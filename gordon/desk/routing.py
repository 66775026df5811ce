"""The frozen types of what decides about routes beside the routes themselves: priority, spikes, tests, silences."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, time, timedelta
from typing import Annotated, Any, Literal, TypeAlias
from zoneinfo import ZoneInfo

from pydantic import BeforeValidator, Field, field_validator, model_validator

from gordon.desk.model import SLUG, Model
from gordon.desk.units import Seconds
from gordon.events import Priority

Sensitivity: TypeAlias = Literal["low", "normal", "high"]
Points = Annotated[float, Field(allow_inf_nan=False)]
SITE = "site:"
LONGEST_SILENCE = timedelta(days=366)
_HOUR = 3600


class SensitivityPoints(Model):
    """What the sensitivity of a file adds."""

    low: Points = -1
    normal: Points = 0
    high: Points = 1


class Thresholds(Model):
    """From how many points on a mention is of this priority; with fewer than ``normal`` it is low."""

    normal: Points = 0
    high: Points = 2
    urgent: Points = 3

    @model_validator(mode="after")
    def _rising(self) -> Thresholds:
        if not self.normal < self.high < self.urgent:
            raise ValueError("thresholds must rise: normal < high < urgent")
        return self


class PriorityRules(Model):
    """How many points each fact adds. ``reach``: by feed id or pattern, or "site:HOST"; the first that fits counts.
    ``growth``: for each doubling above what is usual."""

    claim: Points = 2
    spike: Points = 2
    growth: Points = 0
    sensitivity: SensitivityPoints = SensitivityPoints()
    reach: dict[str, Points] = {}
    thresholds: Thresholds = Thresholds()

    @field_validator("reach")
    @classmethod
    def _sources(cls, value: dict[str, float]) -> dict[str, float]:
        for key in value:
            host = key.removeprefix(SITE)
            if not host or re.search(r"[\s/]", host) or (key.startswith(SITE) and ":" in host):
                raise ValueError(f"{key!r} is neither a feed nor a site; write for example cbc-* or site:cbc.ca")
        return value


class Spikes(Model):
    """When a file is mentioned more than its own baseline explains.

    ``above`` and ``below`` are multiples of the usual spread: a spike begins at the one and is over under the other.
    ``most``: what has lasted so long is news no more.
    """

    window: Seconds = 3 * _HOUR
    weeks: int = Field(default=8, ge=2, le=26)
    least: int = Field(default=5, ge=2)
    above: float = Field(default=4, gt=0, allow_inf_nan=False)
    below: float = Field(default=2, ge=0, allow_inf_nan=False)
    most: Seconds = 72 * _HOUR

    @model_validator(mode="after")
    def _sound(self) -> Spikes:
        if self.below >= self.above:
            raise ValueError("below must be under above, or a spike would come and go every hour")
        if self.window % _HOUR or not _HOUR <= self.window <= 24 * _HOUR:
            raise ValueError("window must be whole hours, 1h to 24h")
        if self.most % _HOUR or not self.window <= self.most <= 168 * _HOUR:
            raise ValueError("most must be whole hours, at least the window and at most 7d")
        return self


class Given(Model):
    """The mention of a route's test. ``time``: in the zone of the desk unless it says another; without it nobody is
    off duty and nothing has expired. ``claim`` true: the first claim of the file."""

    file: str
    language: str = "en"
    claim: bool | str | tuple[str, ...] = False
    score: Points = 1
    source: str = ""
    site: str = ""
    kind: Literal["new", "edited"] = "new"
    revision: int = Field(default=1, ge=1)
    mentions: int = Field(default=1, ge=1)
    spike: bool = False
    learned: bool = False
    time: datetime | None = None
    on_duty: tuple[str, ...] | None = None
    away: tuple[str, ...] = ()

    @model_validator(mode="after")
    def _one_roster(self) -> Given:
        both = sorted(set(self.on_duty or ()) & set(self.away))
        if both:
            raise ValueError(f"{both[0]!r} is both on_duty and away; keep one of them")
        if self.kind == "new" and self.revision > 1:
            raise ValueError("a new mention is revision 1; write kind: edited")
        return self


class RouteTest(Model):
    """What has to come of a mention: exactly this queue, or these; of this priority, the highest of its items; with
    exactly these needs unmet, all its teams together."""

    given: Given
    queue: str | None = None
    queues: tuple[str, ...] | None = Field(default=None, min_length=1)
    priority: Priority | None = None
    gaps: tuple[str, ...] | None = None

    @model_validator(mode="after")
    def _one_way(self) -> RouteTest:
        if (self.queue is None) == (self.queues is None):
            raise ValueError("a test needs exactly one of queue and queues")
        return self

    @property
    def wanted(self) -> tuple[str, ...]:
        """The queues that it has to go to."""
        return self.queues or (self.queue or "",)


def _moment(value: Any) -> Any:
    """A day stays a day; pydantic would make midnight of it."""
    if isinstance(value, date):
        return value
    try:
        return date.fromisoformat(value) if len(value) == len("2027-01-31") else datetime.fromisoformat(value)
    except (TypeError, ValueError):
        raise ValueError(f"{value!r} is not a time; write for example 2027-01-31 or 2027-01-31T17:00") from None


Moment = Annotated[datetime | date, BeforeValidator(_moment)]
"""A point in time, in the zone of the desk unless it says another; or a whole day."""


class Silence(Model):
    """Mentions for which ``when`` holds open and raise nothing meanwhile; they are recorded all the same."""

    id: str = Field(pattern=SLUG)
    owner: str = Field(min_length=1)
    reason: str = Field(min_length=1)
    start: Moment = Field(alias="from")
    end: Moment = Field(alias="to")
    when: dict[str, Any] = Field(min_length=1)

    @model_validator(mode="after")
    def _limited(self) -> Silence:
        start, end = self.span(ZoneInfo("UTC"))
        if end <= start:
            raise ValueError("a silence must end after it starts (from < to)")
        if end - start > LONGEST_SILENCE + timedelta(days=1):
            raise ValueError("a silence lasts a year at most; renew it when it is still needed")
        return self

    def span(self, zone: ZoneInfo) -> tuple[datetime, datetime]:
        """From when (inclusive) until when (exclusive), in UTC; a day named as the end is included."""
        first = _at(self.start, zone)
        last = self.end if isinstance(self.end, datetime) else self.end + timedelta(days=1)
        return first, _at(last, zone)


def _at(moment: datetime | date, zone: ZoneInfo) -> datetime:
    whole = moment if isinstance(moment, datetime) else datetime.combine(moment, time())
    return (whole if whole.tzinfo else whole.replace(tzinfo=zone)).astimezone(UTC)
