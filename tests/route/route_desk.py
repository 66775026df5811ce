"""A small desk, mentions and tagged events for the tests of route."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from gordon.desk.load import Desk, load_desk
from gordon.desk.schema import Person
from gordon.events import ClaimHit, Event, FileTag, Mention, Tagged, Topics
from gordon.ids import event_id
from gordon.records import Story
from route.policy import RoutePolicy, make_policy
from route.rules import Tree, compile_routes
from route.silences import compile_silences

MONDAY = datetime(2026, 11, 23, 15, 0, tzinfo=UTC)
"""10:00 in Toronto, on a working day."""

FILES = {
    "passport-services": """
file: passport-services
title: {en: Passport services, fr: Services de passeport}
rules: [{id: any, query: 'passport* OR passeport*'}]
claims: [{id: fee-doubles, says: {en: Passport fees will double, fr: Les frais de passeport vont doubler}}]
""",
    "rural-broadband": """
file: rural-broadband
title: {en: Rural broadband, fr: Internet rural}
rules: [{id: any, query: 'broadband OR internet'}]
""",
}
PEOPLE = """
- id: gordon
  disciplines: [policy, communications]
  languages: [en, fr]
  files: {passport-services: {expertise: lead, authority: [speak, approve]}}
  capacity: 50
- id: noor
  disciplines: [web-communications]
  capacity: 50
"""
QUEUES = """
queues:
  rapid-correction:
    requires: {disciplines: [policy, communications, web-communications], expertise: lead, authority: [approve]}
    clocks: {acknowledge: 30m, draft: 2h, time: business}
    escalate: duty-desk
  watch: {requires: {disciplines: [media-relations]}}
  duty-desk: {requires: {disciplines: [communications]}, clocks: {acknowledge: 4h}}
routes:
  - {when: {claim: true}, queue: rapid-correction, priority: urgent}
  - {when: {mentions: 3}, queue: watch, continue: true, priority: high}
  - {queue: duty-desk}
"""


def write_desk(folder: Path, *, people: str = PEOPLE, queues: str = QUEUES) -> None:
    """Writes a desk."""
    (folder / "files").mkdir(parents=True, exist_ok=True)
    for name, text in FILES.items():
        (folder / "files" / f"{name}.yaml").write_text(text, encoding="utf-8")
    (folder / "people.yaml").write_text(people, encoding="utf-8")
    (folder / "queues.yaml").write_text(queues, encoding="utf-8")


def load(folder: Path) -> tuple[Desk, Tree]:
    """The desk in a folder, and its tree."""
    desk = load_desk(folder, {})
    tree, problems = compile_routes(desk.queues, {})
    assert problems == []
    return desk, tree


def policy(folder: Path) -> RoutePolicy:
    """The desk in a folder, as route works with it."""
    desk, tree = load(folder)
    entries = list(enumerate(desk.silences))
    silences, problems = compile_silences(entries, {}, desk.settings.time_zone)
    assert problems == []
    return make_policy(desk, tree, silences, Topics())


def person(name: str, **fields: Any) -> Person:
    """Somebody, as people.yaml would say it."""
    return Person.model_validate({"id": name, "disciplines": ["policy"], **fields})


def mention(name: str, title: str, text: str = "", **fields: Any) -> Mention:
    """A mention with what a test does not care about filled in."""
    row: dict[str, Any] = {
        "id": name,
        "revision": 1,
        "feed": "blog",
        "url": f"https://blog.example/{name}",
        "title": title,
        "text": text,
        "language": "en",
        "seen": MONDAY,
        "kind": "new",
        "flags": (),
    }
    return Mention(**(row | fields))


def tagged(
    said: Mention, file: str | None = "passport-services", *, claims: Sequence[str] = (), version: str = "v1"
) -> Event:
    """What classify says of a mention: touches this file, repeats these claims about it."""
    files = (FileTag(file=file, score=1.0, evidence=()),) if file else ()
    hits = tuple(ClaimHit(file=file or "", claim=claim, score=0.9, quote=said.title) for claim in claims)
    return Event(
        topic="gordon.tagged",
        key=file or said.id,
        type="gordon.tagged.v1",
        id=event_id("classify", said.id, said.revision, file or "", version),
        source="/gordon/classify",
        subject=f"{said.id}/{said.revision}",
        time=said.seen,
        data=Tagged(mention=said, file=file, files=files, claims=hits, policy_version=version),
    )


def story(name: str, title: str, text: str = "", language: str = "en", **fields: Any) -> Story:
    """What grouping looks at."""
    row: dict[str, Any] = {"mention": name, "revision": 1, "seen": MONDAY, "url": ""}
    return Story(title=title, text=text, language=language, **(row | fields))
