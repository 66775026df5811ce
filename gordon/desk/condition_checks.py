"""Checks of the names in conditions of routes and silences, and of who answers for a silence."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from fnmatch import fnmatchcase
from typing import Any

from gordon.desk.routing import Silence
from gordon.desk.schema import Person, PolicyFile, QueuesFile
from gordon.desk.validate import line_of, suggest
from gordon.desk.yaml_lines import Lines, Path
from gordon.errors import Problem

SILENCES = "silences.yaml"
GAPS = ("no-gordon", "lead", "expert", "working")
"""What a condition on gaps can always name."""


def check_names(
    rows: Iterable[tuple[Path, Mapping[str, Any]]],
    source: str,
    files: Sequence[PolicyFile],
    gaps: Iterable[str],
    lines: Lines,
) -> list[Problem]:
    """Files, claims and gaps that are nowhere on the desk. ``rows``: each ``when`` with its path in ``source``. A
    pattern may fit no file yet. Values of the wrong shape are not looked at: compiling finds them."""
    known = {*GAPS, *gaps}
    return [
        Problem(source, line_of(lines, (*path, key)), message, remedy)
        for path, when in rows
        for key, message, remedy in [*_files(when, files), *_claims(when, files), *_gaps(when, known)]
    ]


def gap_names(people: Iterable[Person], config: QueuesFile | None, disciplines: Iterable[str]) -> set[str]:
    """Every discipline, expertise and authority that the desk speaks of."""
    names = set(disciplines)
    for person in people:
        for standing in person.files.values():
            names |= {standing.expertise, *standing.authority}
    for queue in config.queues.values() if config else ():
        names |= {queue.requires.expertise or "", *queue.requires.authority}
    return names - {""}


def check_silences(placed: Sequence[tuple[int, Silence]], people: Iterable[Person], lines: Lines) -> list[Problem]:
    """Ids that appear twice, owners who are nobody. ``placed``: each with its index in silences.yaml."""
    ids, names = [one.id for _, one in placed], {person.id for person in people}
    problems: list[Problem] = []
    for position, (index, silence) in enumerate(placed):
        if silence.id in ids[:position]:
            line = line_of(lines, (index, "id"))
            problems.append(Problem(SILENCES, line, f"silence {silence.id!r} appears twice", "rename one"))
        if silence.owner not in names:
            line, text = line_of(lines, (index, "owner")), f"{silence.id}: no person {silence.owner!r}"
            problems.append(Problem(SILENCES, line, text, suggest(silence.owner, names)))
    return problems


def _words(value: Any) -> list[str]:
    return [word for word in (value if isinstance(value, list | tuple) else [value]) if isinstance(word, str)]


def _files(when: Mapping[str, Any], files: Sequence[PolicyFile]) -> Iterator[tuple[str, str, str]]:
    names = [entry.file for entry in files]
    for word in _words(when.get("file")):
        if word and not set(word) & set("*?[") and word not in names:
            yield "file", f"no file {word!r}", suggest(word, names)


def _claims(when: Mapping[str, Any], files: Sequence[PolicyFile]) -> Iterator[tuple[str, str, str]]:
    patterns = _words(when.get("file")) or ["*"]
    meant = [entry for entry in files if any(fnmatchcase(entry.file, one) for one in patterns)]
    known = {claim.id for entry in meant for claim in entry.claims}
    for word in _words(when.get("claim")):
        if word and word not in known:
            where = f" in {' or '.join(patterns)}" if "file" in when else ""
            yield "claim", f"no claim {word!r}{where}", suggest(word, known)


def _gaps(when: Mapping[str, Any], known: set[str]) -> Iterator[tuple[str, str, str]]:
    for word in _words(when.get("gap")):
        if word and word not in known:
            yield "gap", f"nobody could ever cover {word!r}", suggest(word, known)
