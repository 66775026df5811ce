"""The frozen types of a desk's YAML files. Unknown keys are mistakes: a misspelt rule must not be silently ignored."""

from __future__ import annotations

import re
from datetime import date, time
from functools import lru_cache
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo, available_timezones

from pydantic import AfterValidator, BeforeValidator, Field, field_validator, model_validator

from gordon.desk.model import SLUG, Model
from gordon.desk.routing import PriorityRules, RouteTest, Sensitivity, Spikes
from gordon.desk.units import Seconds
from gordon.events import Priority

LANGUAGE = r"[a-z]{2,3}(-[A-Za-z]{2,4})?"
DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


class Bilingual(Model):
    """One text in both languages; a missing language is allowed and reported where it matters."""

    en: str | None = None
    fr: str | None = None

    def best(self, language: str) -> str:
        """The text in this language, else in the other one, else ""."""
        first, second = (self.fr, self.en) if language == "fr" else (self.en, self.fr)
        return first or second or ""


class Rule(Model):
    """One way to recognise a file: exactly one of ``query``, ``phrases`` and ``pattern``."""

    id: str = Field(pattern=SLUG)
    lang: Literal["en", "fr"] | None = None
    query: str | None = None
    phrases: tuple[str, ...] | None = None
    pattern: tuple[dict[str, Any], ...] | None = None
    forms: bool = False
    weight: float = Field(default=1.0, gt=0)

    @model_validator(mode="after")
    def _one_way(self) -> Rule:
        given = [name for name in ("query", "phrases", "pattern") if getattr(self, name) is not None]
        if len(given) != 1:
            raise ValueError(
                f"rule {self.id!r} needs exactly one of query, phrases and pattern; it has {given or 'none'}"
            )
        return self


class Examples(Model):
    """Texts that do (``yes``) and do not (``no``) belong to the file."""

    yes: tuple[str, ...] = ()
    no: tuple[str, ...] = ()


class Line(Bilingual):
    """The approved correction of a claim."""

    version: int = 1
    approved_by: str = ""
    expires: date | None = None
    source: str = ""


class Claim(Model):
    """A statement known to be inaccurate, and its approved correction."""

    id: str = Field(pattern=SLUG)
    says: Bilingual
    line: Line = Line()


class Must(Model):
    """A text that has to be tagged with the file; with ``rules``: by at least these rules."""

    text: str
    title: str = ""
    lang: Literal["en", "fr"] | None = None
    url: str = ""
    feed: str = ""
    author: str = ""
    rules: tuple[str, ...] = ()


class MustNot(Model):
    """A text that must not be tagged with the file."""

    text: str
    title: str = ""
    lang: Literal["en", "fr"] | None = None
    url: str = ""
    feed: str = ""
    author: str = ""


class FileTests(Model):
    """The tests a policy file brings along; ``gordon check`` runs them."""

    must: tuple[Must, ...] = ()
    must_not: tuple[MustNot, ...] = ()


class Messages(Model):
    """Key messages, by language."""

    en: tuple[str, ...] = ()
    fr: tuple[str, ...] = ()


class PolicyFile(Model):
    """One dossier: how it is recognised, and what the department has to say about it."""

    file: str = Field(pattern=SLUG)
    title: Bilingual = Bilingual()
    sensitivity: Sensitivity = "normal"
    messages: Messages = Messages()
    audience: tuple[str | Bilingual, ...] = ()
    challenges: tuple[str | Bilingual, ...] = ()
    rules: tuple[Rule, ...] = Field(min_length=1)
    exclude: tuple[Rule, ...] = ()
    examples: Examples = Examples()
    claims: tuple[Claim, ...] = ()
    tests: FileTests = FileTests()


@lru_cache(maxsize=1)
def _zones() -> frozenset[str]:
    """The names of all time zones; to ask the system for them takes long."""
    return frozenset(available_timezones())


class Hours(Model):
    """When somebody works, or a queue is staffed. ``days``: "mon-fri" or a list of three-letter days."""

    tz: str = "America/Toronto"
    days: tuple[str, ...] = DAYS[:5]
    start: time = Field(default=time(9), alias="from")
    end: time = Field(default=time(17), alias="to")
    holidays: str = ""

    @field_validator("tz")
    @classmethod
    def _known_zone(cls, value: str) -> str:
        if value not in _zones():
            raise ValueError(f"{value!r} is not a time zone; write for example America/Toronto")
        return value

    @field_validator("days", mode="before")
    @classmethod
    def _day_list(cls, value: Any) -> tuple[str, ...]:
        return day_list(value)

    @model_validator(mode="after")
    def _forward(self) -> Hours:
        if self.end <= self.start:
            raise ValueError("hours must end after they start (from < to)")
        return self

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.tz)


def day_list(value: Any) -> tuple[str, ...]:
    """ "mon-fri", "sat,sun" or a list of such words as three-letter days in order. Raises ValueError."""
    words = value.lower().replace(" ", "").split(",") if isinstance(value, str) else [str(day).lower() for day in value]
    days: set[str] = set()
    for word in words:
        first, _, last = word.partition("-")
        if first not in DAYS or (last or first) not in DAYS:
            raise ValueError(f"{word!r} is not a day or a range of days; write for example mon-fri or [mon, wed]")
        begin, end = DAYS.index(first), DAYS.index(last or first)
        days.update(DAYS[begin : end + 1] if begin <= end else (*DAYS[begin:], *DAYS[: end + 1]))
    return tuple(day for day in DAYS if day in days)


def _dated(value: Any) -> Any:
    """``[speak, approve: 2027-01-31]`` and ``{speak: , approve: 2027-01-31}`` as the same table of last days."""
    if not isinstance(value, (list, tuple)):
        return value
    table: dict[Any, Any] = {}
    for entry in value:
        for name, last in entry.items() if isinstance(entry, dict) else [(entry, None)]:
            if not isinstance(name, str):
                raise ValueError(f"{name!r} is not a name; write for example [speak, approve: 2027-01-31]")
            if name in table:
                raise ValueError(f"{name!r} appears twice; keep one of them")
            table[name] = last
    return table


def _language_codes(value: dict[str, date | None]) -> dict[str, date | None]:
    for name in value:
        if not re.fullmatch(LANGUAGE, name):
            raise ValueError(f"{name!r} is not the code of a language; write for example en or fr")
    return value


Dated = Annotated[dict[str, date | None], BeforeValidator(_dated)]
"""Names with the last day on which each holds (inclusive; None: open-ended). Written as a list, or a table."""
Languages = Annotated[Dated, AfterValidator(_language_codes)]


class Standing(Model):
    """What a person knows of a file and may do for it, until ``until`` (inclusive; None: open-ended).

    Each part may end earlier. ``disciplines`` and ``languages`` count for the file beside those of the person."""

    expertise: str = ""
    expertise_until: date | None = None
    authority: Dated = {}
    disciplines: Dated = {}
    languages: Languages = {}
    until: date | None = None

    @model_validator(mode="after")
    def _of_something(self) -> Standing:
        if self.expertise_until and not self.expertise:
            raise ValueError("expertise_until without expertise; add it, or write until")
        return self


class Away(Model):
    """Days out of office, both inclusive."""

    start: date = Field(alias="from")
    end: date = Field(alias="to")

    @model_validator(mode="after")
    def _forward(self) -> Away:
        if self.end < self.start:
            raise ValueError("an absence must not end before it starts (from <= to)")
        return self


class Person(Model):
    """Somebody who can be on a team. ``files``: standing by file id or pattern ("passport-*"). ``disciplines`` and
    ``languages`` count for every file. ``until``: the last day with the department."""

    id: str = Field(pattern=SLUG)
    name: str = ""
    disciplines: Dated = {}
    languages: Languages = {"en": None}
    until: date | None = None
    files: dict[str, Standing] = {}
    hours: Hours | None = None
    capacity: int = Field(default=5, ge=0)
    delegate: str | None = None
    away: tuple[Away, ...] = ()

    @field_validator("disciplines")
    @classmethod
    def _not_empty(cls, value: dict[str, date | None]) -> dict[str, date | None]:
        if not value:
            raise ValueError("no discipline; write for example [policy]")
        return value

    @model_validator(mode="after")
    def _with_a_hat(self) -> Person:
        if not self.disciplines and not any(standing.disciplines for standing in self.files.values()):
            raise ValueError("no discipline, for every file or for one; write for example disciplines: [policy]")
        return self


class Requires(Model):
    """What the team of an item in this queue has to cover. ``separate_approver``: where approval is required, somebody
    else drafts."""

    disciplines: tuple[str, ...] = ()
    expertise: str | None = None
    authority: tuple[str, ...] = ()
    languages: tuple[str, ...] = ()
    separate_approver: bool = True


class Clocks(Model):
    """How long each step may take; in office hours ("business") or round the clock ("calendar")."""

    acknowledge: Seconds | None = None
    draft: Seconds | None = None
    approve: Seconds | None = None
    time: Literal["business", "calendar"] = "calendar"


class Queue(Model):
    """A cross-disciplinary response queue."""

    title: Bilingual = Bilingual()
    requires: Requires = Requires()
    clocks: Clocks = Clocks()
    escalate: str | None = None
    escalate_on: tuple[Literal["breach", "gap"], ...] = Field(default=("breach",), min_length=1)
    hours: Hours | None = None


class Route(Model):
    """One branch of the tree: where ``when`` holds (no condition: always), to this queue."""

    when: dict[str, Any] = {}
    queue: str
    go_on: bool = Field(default=False, alias="continue")
    priority: Priority | None = None


class QueuesFile(Model):
    """The whole of queues.yaml."""

    queues: dict[str, Queue] = Field(min_length=1)
    routes: tuple[Route, ...] = Field(min_length=1)
    tests: tuple[RouteTest, ...] = ()
    priority: PriorityRules = PriorityRules()
    spikes: Spikes = Spikes()
