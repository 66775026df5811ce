"""Reads a desk folder: everything that is right, and every mistake with file and line.

``read_desk`` never raises for what a file says; the caller adds what only the stages can check (queries, conditions,
subscriptions) and then decides. ``load_desk`` is the all-or-nothing form: a desk with one mistake is refused whole.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

from gordon.desk.checks import duplicates
from gordon.desk.condition_checks import check_names, check_silences, gap_names
from gordon.desk.partial import readable
from gordon.desk.people_checks import check_people
from gordon.desk.queue_checks import check_queues
from gordon.desk.routing import Silence
from gordon.desk.schema import Person, PolicyFile, QueuesFile
from gordon.desk.validate import build, line_of
from gordon.desk.webhooks import WEBHOOKS, Webhook, check_webhooks, read_webhooks
from gordon.desk.yaml_lines import Lines, parse
from gordon.desk.yaml_lines import Path as Place
from gordon.errors import DeskInvalid, Problem
from gordon.ids import digest
from gordon.settings import Settings, read_settings

T = TypeVar("T", Person, Silence)

MAX_FILE = 4 * 1024**2
LEARNED = "learned/model.json"
"""What ``gordon learn`` learnt from the examples of the files."""
MAX_LEARNED = 64 * 1024**2


@dataclass(frozen=True, slots=True)
class Desk:
    """A desk without mistakes. ``version``: hash of files, people, queues and silences; each tag and assignment carries
    it. Webhooks do not count: they decide nothing."""

    folder: Path
    settings: Settings
    files: tuple[PolicyFile, ...]
    people: tuple[Person, ...]
    queues: QueuesFile
    version: str
    sources: Mapping[str, str]
    """File id to the path of its YAML file relative to the desk."""
    lines: Mapping[str, Lines]
    """Relative path to the lines of its keys, for problems that are found later."""
    learned: bytes | None = None
    """The bytes of LEARNED, which count in the version; None: nothing was learnt."""
    silences: tuple[Silence, ...] = ()
    webhooks: tuple[Webhook, ...] = ()

    def line(self, source: str, *path: str | int) -> int:
        """The line of ``path`` in a file of the desk; 0 when unknown."""
        return line_of(dict(self.lines.get(source, {})), path)

    def file(self, name: str) -> PolicyFile | None:
        """The policy file of this id."""
        return next((entry for entry in self.files if entry.file == name), None)


@dataclass(slots=True)
class Draft:
    """A desk as far as it could be read, and all mistakes so far."""

    folder: Path
    settings: Settings
    problems: list[Problem]
    files: list[PolicyFile] = field(default_factory=list)
    people: list[Person] = field(default_factory=list)
    places: list[int] = field(default_factory=list)
    """The index in people.yaml of each of ``people``."""
    queues: QueuesFile | None = None
    silences: list[tuple[int, Silence]] = field(default_factory=list)
    """Each with its index in silences.yaml."""
    webhooks: list[tuple[int, Webhook]] = field(default_factory=list)
    """Each with its index in webhooks.yaml."""
    sources: dict[str, str] = field(default_factory=dict)
    lines: dict[str, Lines] = field(default_factory=dict)
    contents: dict[str, bytes] = field(default_factory=dict)

    def desk(self) -> Desk:
        """The desk with what is right; queues.yaml must have been readable. Refuse it while there are problems."""
        if self.queues is None:
            raise DeskInvalid(self.problems)
        body = b"\0".join(name.encode() + b"\0" + self.contents[name] for name in sorted(self.contents))
        return Desk(
            folder=self.folder,
            settings=self.settings,
            files=tuple(self.files),
            people=tuple(self.people),
            queues=self.queues,
            version=digest(body),
            sources=self.sources,
            lines=self.lines,
            learned=self.contents.get(LEARNED),
            silences=tuple(silence for _, silence in self.silences),
            webhooks=tuple(webhook for _, webhook in self.webhooks),
        )


def load_desk(folder: Path, environ: Mapping[str, str]) -> Desk:
    """The desk in ``folder``; raises DeskInvalid with every mistake."""
    draft = read_desk(folder, environ)
    if draft.problems:
        raise DeskInvalid(draft.problems)
    return draft.desk()


def read_desk(folder: Path, environ: Mapping[str, str]) -> Draft:
    """What the folder holds. Raises DeskInvalid only where there is no folder at all."""
    require_folder(folder)
    settings, problems = read_settings(folder, environ)
    draft = Draft(folder=folder.resolve(), settings=settings, problems=problems)
    for path in sorted([*folder.glob("files/*.yaml"), *folder.glob("files/*.yml")]):
        _read_policy_file(draft, path)
    _read_people(draft)
    _read_queues(draft)
    _read_learned(draft)
    _read_silences(draft)
    placed = list(zip(draft.places, draft.people, strict=True))
    people_lines = draft.lines.get("people.yaml", {})
    draft.problems += duplicates(draft.files, draft.sources, draft.lines)
    draft.problems += check_people(placed, draft.files, settings.disciplines, people_lines)
    if draft.queues:
        draft.problems += check_queues(draft.queues, settings.disciplines, draft.lines.get("queues.yaml", {}))
    draft.problems += check_silences(draft.silences, draft.people, draft.lines.get("silences.yaml", {}))
    _read_webhooks(draft)
    return _with_names_checked(draft)


def _with_names_checked(draft: Draft) -> Draft:
    routes = draft.queues.routes if draft.queues else ()
    rows: dict[str, list[tuple[Place, Mapping[str, Any]]]] = {
        "queues.yaml": [(("routes", index, "when"), route.when) for index, route in enumerate(routes)],
        "silences.yaml": [((index, "when"), silence.when) for index, silence in draft.silences],
    }
    gaps = gap_names(draft.people, draft.queues, draft.settings.disciplines)
    for name, whens in rows.items():
        draft.problems += check_names(whens, name, draft.files, gaps, draft.lines.get(name, {}))
    return draft


def require_folder(folder: Path) -> None:
    """Raises DeskInvalid where there is no desk at all."""
    if not folder.is_dir():
        raise DeskInvalid(
            [Problem(str(folder), 0, "is not a folder", f"write a small desk with: gordon init {folder}")]
        )


def _read(draft: Draft, path: Path) -> object | None:
    """The data of one YAML file, or None and a problem."""
    name = path.relative_to(draft.folder).as_posix() if path.is_relative_to(draft.folder) else path.name
    try:
        raw = _bytes(path, MAX_FILE)
        text = raw.decode("utf-8-sig")
    except (OSError, ValueError) as error:
        draft.problems.append(Problem(name, 0, f"cannot be read: {error}", "check permissions; save it as UTF-8"))
        return None
    data, lines, problems = parse(text, name)
    draft.contents[name] = raw
    draft.lines[name] = lines
    draft.problems += problems
    return data  # type: ignore[no-any-return]  # parse returns plain data of any shape


def _bytes(path: Path, most: int) -> bytes:
    raw = path.read_bytes()
    if len(raw) > most:
        raise ValueError(f"larger than {most} bytes")
    return raw


def _read_learned(draft: Draft) -> None:
    """Only the bytes: what they mean, classify knows."""
    path = draft.folder / LEARNED
    if not path.exists():
        return
    try:
        draft.contents[LEARNED] = _bytes(path, MAX_LEARNED)
    except (OSError, ValueError) as error:
        draft.problems.append(Problem(LEARNED, 0, f"cannot be read: {error}", "check permissions; run: gordon learn"))


def _read_policy_file(draft: Draft, path: Path) -> None:
    path = draft.folder / "files" / path.name
    data = _read(draft, path)
    if data is None:
        return
    name = f"files/{path.name}"
    entry, problems = build(PolicyFile, data, name, draft.lines[name])
    draft.problems += problems
    if entry is None:
        return
    if entry.file in draft.sources:
        first, line = draft.sources[entry.file], line_of(draft.lines[name], ("file",))
        draft.problems.append(Problem(name, line, f"file {entry.file!r} is also in {first}", "give it another id"))
        return
    draft.files.append(entry)
    draft.sources[entry.file] = name


def _read_people(draft: Draft) -> None:
    for index, person in _read_list(draft, "people.yaml", Person, "is not a list of people", "person"):
        draft.people.append(person)
        draft.places.append(index)


def _read_silences(draft: Draft) -> None:
    draft.silences += _read_list(draft, "silences.yaml", Silence, "is not a list of silences", "silence")


def _read_webhooks(draft: Draft) -> None:
    path = draft.folder / WEBHOOKS
    data = _read(draft, path) if path.exists() else None
    draft.contents.pop(WEBHOOKS, None)
    if data is not None:
        lines = draft.lines[WEBHOOKS]
        draft.webhooks, problems = read_webhooks(data, lines)
        queues = draft.queues.queues if draft.queues else ()
        draft.problems += problems + check_webhooks(draft.webhooks, queues, lines)


def _read_list(draft: Draft, name: str, kind: type[T], message: str, word: str) -> list[tuple[int, T]]:
    """What is right in a file that is a list and may be missing, each with its index."""
    path = draft.folder / name
    data = _read(draft, path) if path.exists() else None
    if data is None:
        return []
    if not isinstance(data, list):
        draft.problems.append(Problem(name, 1, message, f"start each {word} with '- id:'"))
        return []
    found: list[tuple[int, T]] = []
    for index, entry in enumerate(data):
        made, problems = build(kind, entry, name, draft.lines[name], (index,))
        draft.problems += problems
        if made:
            found.append((index, made))
    return found


def _read_queues(draft: Draft) -> None:
    path = draft.folder / "queues.yaml"
    if not path.exists():
        remedy = "it needs at least one queue and a catch-all route; gordon init DIR writes an example"
        draft.problems.append(Problem("queues.yaml", 0, "is missing", remedy))
        return
    data = _read(draft, path)
    if data is not None:
        draft.queues, problems = build(QueuesFile, data, "queues.yaml", draft.lines["queues.yaml"])
        draft.problems += problems
        draft.queues = draft.queues or readable(data)
