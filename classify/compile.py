"""Policy files to an engine, and every rule that cannot be compiled to a Problem with file and line."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TypeAlias

from classify.claims import ClaimIndex
from classify.engine import Engine
from classify.lemmas import Lexicon
from classify.matchers import MATCHERS
from classify.matchers.base import RuleError, Tools
from classify.matchers.spacy_runtime import Pipelines
from classify.rules import CompiledRule
from gordon.desk.schema import PolicyFile, Rule
from gordon.desk.validate import line_of
from gordon.desk.yaml_lines import Lines, Path
from gordon.errors import Problem

PlaceOf: TypeAlias = Callable[[str, Path], tuple[str, int]]
"""File id and a path within its YAML to the YAML file and the line."""


def places(sources: Mapping[str, str], lines: Mapping[str, Lines]) -> PlaceOf:
    """Places by what a Desk or a Draft knows (its ``sources`` and ``lines``)."""

    def place(file: str, path: Path) -> tuple[str, int]:
        source = sources.get(file, file)
        return source, line_of(lines.get(source, {}), path)

    return place


def compile_engine(
    files: Sequence[PolicyFile], place_of: PlaceOf, pipelines: Pipelines, lexicon: Lexicon | None = None
) -> tuple[Engine | None, list[Problem]]:
    """The engine, or None and every rule that is wrong. ``pipelines``: one for the life of the process.

    ``lexicon``: large tables, read where patterns or claims need them; by default the engine gets its own.
    """
    tools = Tools(pipelines, lexicon or Lexicon())
    rules: list[CompiledRule] = []
    problems: list[Problem] = []
    for entry, path, rule in each_rule(files):
        try:
            rules.append(_compiled(entry.file, rule, tools, veto=path[0] == "exclude"))
        except RuleError as error:
            source, line = place_of(entry.file, (*path, *error.path))
            problems.append(Problem(source, line, f"rule {rule.id!r}: {error.message}", error.remedy))
    if lexicon is None:
        tools.lexicon.forget_forms()
    if problems:
        return None, problems
    return Engine(rules, [entry.file for entry in files], ClaimIndex(files, tools.lexicon)), []


def each_rule(files: Sequence[PolicyFile]) -> Iterator[tuple[PolicyFile, Path, Rule]]:
    """Every rule with its file and its path in it, in the order in which an engine has them."""
    for entry in files:
        for index, rule in enumerate(entry.rules):
            yield entry, ("rules", index), rule
        for index, rule in enumerate(entry.exclude):
            yield entry, ("exclude", index), rule


def _compiled(file: str, rule: Rule, tools: Tools, *, veto: bool) -> CompiledRule:
    kind, value = next((kind, getattr(rule, kind)) for kind in MATCHERS if getattr(rule, kind) is not None)
    matcher = MATCHERS[kind](value, rule.lang, tools, rule.forms)
    return CompiledRule(file=file, id=rule.id, lang=rule.lang, weight=rule.weight, veto=veto, matcher=matcher)
