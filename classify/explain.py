"""Why a file was tagged or not, rule by rule: what `gordon tag --explain` shows."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import Struct

from classify.document import Document
from classify.rules import CompiledRule


class RuleReport(Struct, frozen=True, kw_only=True):
    """What became of one rule. ``near``: it did not fire, but a part of it did match."""

    rule: str
    fired: bool
    exclude: bool
    near: bool
    why: str


class FileReport(Struct, frozen=True, kw_only=True):
    """What became of one file. ``excluded_by``: its exclude rules that fired, whether or not that mattered."""

    file: str
    tagged: bool
    excluded_by: tuple[str, ...]
    rules: tuple[RuleReport, ...]


def explain_file(file: str, rules: Sequence[CompiledRule], document: Document, language: str) -> FileReport:
    """The report of a file; near misses come right after the rules that fired."""
    reports = [_explain_rule(rule, document, language) for rule in rules]
    excluded_by = tuple(report.rule for report in reports if report.exclude and report.fired)
    tagged = not excluded_by and any(report.fired and not report.exclude for report in reports)
    ranked = sorted(reports, key=lambda report: (report.exclude, not report.fired, not report.near))
    return FileReport(file=file, tagged=tagged, excluded_by=excluded_by, rules=tuple(ranked))


def _explain_rule(rule: CompiledRule, document: Document, language: str) -> RuleReport:
    if not rule.speaks(language):
        why = f"is for {rule.lang} only, the mention is {language}"
        return RuleReport(rule=rule.id, fired=False, exclude=rule.veto, near=False, why=why)
    hits = rule.matcher.find(document, language)
    if hits is None:
        near, why = rule.matcher.miss(document, language)
        return RuleReport(rule=rule.id, fired=False, exclude=rule.veto, near=near, why=why)
    quotes = [document.fields[hit.field == "text"].text[hit.start : hit.end] for hit in hits[:3]]
    why = "found " + ", ".join(f"“{quote}”" for quote in quotes)
    return RuleReport(rule=rule.id, fired=True, exclude=rule.veto, near=False, why=why)
