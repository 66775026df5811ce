"""The tests that policy files bring along: run them, and name the line of each that fails."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from typing import TypeAlias

from msgspec import structs

from classify.compile import PlaceOf
from classify.engine import Engine
from gordon.desk.schema import Must, MustNot, PolicyFile
from gordon.desk.yaml_lines import Path
from gordon.errors import Problem
from gordon.events import FileTag, Mention

Detect: TypeAlias = Callable[[str, str, str], str]
"""(title, text, declared language or "") to a language code."""


def run_tests(engine: Engine, files: Sequence[PolicyFile], place_of: PlaceOf, detect: Detect) -> list[Problem]:
    """A problem for each test that fails; none: all tests hold."""
    return [
        Problem(*place_of(entry.file, path), message, remedy)
        for entry in files
        for path, message, remedy in _failures(engine, entry, detect)
    ]


def _failures(engine: Engine, entry: PolicyFile, detect: Detect) -> Iterator[tuple[Path, str, str]]:
    for index, must in enumerate(entry.tests.must):
        mention = _mention(must, detect)
        tag = _tag_of(engine, mention, entry.file)
        missing = set(must.rules) - {evidence.rule for evidence in tag.evidence} if tag else set(must.rules)
        if tag is None or missing - _fired_silently(engine, mention, entry.file):
            path: Path = ("tests", "must", index)
            yield path, _missed(must, tag, missing), _hint(engine, mention, entry.file)
    for index, must_not in enumerate(entry.tests.must_not):
        mention = _mention(must_not, detect)
        tag = _tag_of(engine, mention, entry.file)
        if tag is not None:
            path = ("tests", "must_not", index)
            yield path, f"{_short(must_not)} is tagged {_by(tag)}", "narrow the rule, or exclude it"


def sample(title: str, text: str, language: str, *, name: str = "sample") -> Mention:
    """A mention made of a bare text, for tests and for `gordon tag`."""
    return Mention(
        id=name,
        revision=1,
        feed="",
        url="",
        title=title,
        text=text,
        language=language,
        seen=datetime(1970, 1, 1, tzinfo=UTC),
        kind="new",
        flags=(),
    )


def _mention(test: Must | MustNot, detect: Detect) -> Mention:
    language = test.lang or detect(test.title, test.text, "")
    bare = sample(test.title, test.text, language)
    return structs.replace(bare, url=test.url, feed=test.feed, author=test.author or None)


def _tag_of(engine: Engine, mention: Mention, file: str) -> FileTag | None:
    return next((tag for tag in engine.tag(mention) if tag.file == file), None)


def _fired_silently(engine: Engine, mention: Mention, file: str) -> set[str]:
    """Rules that fired without a place to show."""
    reports = next(report for report in engine.explain(mention) if report.file == file)
    return {report.rule for report in reports.rules if report.fired} if reports.tagged else set()


def _missed(must: Must, tag: FileTag | None, missing: set[str]) -> str:
    if tag is None:
        return f"{_short(must)} is not tagged"
    return f"{_short(must)} is tagged {_by(tag)}, but not by {', '.join(sorted(missing))}"


def _hint(engine: Engine, mention: Mention, file: str) -> str:
    """What came nearest to firing."""
    report = next(report for report in engine.explain(mention) if report.file == file)
    if report.excluded_by:
        return f"excluded by {', '.join(report.excluded_by)}"
    reasons = [f"{rule.rule} {rule.why}" for rule in report.rules if not rule.fired and not rule.exclude]
    return f"as {mention.language or 'und'}: " + "; ".join(reasons[:3])


def _by(tag: FileTag) -> str:
    shown = dict.fromkeys(f"{evidence.rule} (“{evidence.quote[:60]}”)" for evidence in tag.evidence)
    return "by " + ", ".join(list(shown)[:3]) if shown else "without evidence"


def _short(test: Must | MustNot) -> str:
    text = " / ".join(part for part in (test.title, test.text) if part)
    return repr(text if len(text) <= 60 else text[:57] + "...")
