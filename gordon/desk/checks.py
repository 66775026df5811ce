"""Checks within policy files: ids that repeat, rules that tests name but that do not exist."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from gordon.desk.schema import PolicyFile
from gordon.desk.validate import line_of, suggest
from gordon.desk.yaml_lines import Lines, Path
from gordon.errors import Problem


def duplicates(files: Sequence[PolicyFile], sources: Mapping[str, str], lines: Mapping[str, Lines]) -> list[Problem]:
    """Rule and claim ids that appear twice in one file; rules that its tests name but that do not exist."""
    problems: list[Problem] = []
    for entry in files:
        source = sources[entry.file]
        rules = [*entry.rules, *entry.exclude]
        problems += _twice("rule", [rule.id for rule in rules], source, lines[source], "rules", len(entry.rules))
        problems += _twice("claim", [claim.id for claim in entry.claims], source, lines[source], "claims")
        problems += _unknown_rules(entry, source, lines[source])
    return problems


def _twice(
    kind: str, ids: Sequence[str], source: str, lines: Lines, key: str, boundary: int | None = None
) -> list[Problem]:
    problems = []
    for index, name in enumerate(ids):
        if name in ids[:index]:
            place: Path = (key, index) if boundary is None or index < boundary else ("exclude", index - boundary)
            problems.append(Problem(source, line_of(lines, place), f"{kind} {name!r} appears twice", "rename one"))
    return problems


def _unknown_rules(entry: PolicyFile, source: str, lines: Lines) -> list[Problem]:
    known = {rule.id for rule in entry.rules}
    return [
        Problem(source, line_of(lines, ("tests", "must", index, "rules")), f"no rule {name!r}", suggest(name, known))
        for index, must in enumerate(entry.tests.must)
        for name in must.rules
        if name not in known
    ]
