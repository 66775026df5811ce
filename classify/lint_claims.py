"""Warnings about claims: what can never be found, and lines that nobody could send. What ``gordon check`` also says."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, timedelta

from classify.claims import ClaimIndex
from classify.claims_line import has_text
from classify.claims_match import LEAST_WORDS
from classify.claims_shelf import Said, Shelf
from classify.compile import PlaceOf
from classify.lemmas import LANGUAGES
from gordon.desk.schema import Bilingual, Claim, Line, PolicyFile
from gordon.desk.yaml_lines import Path
from gordon.errors import Problem

SOON = timedelta(days=30)
ALIKE = 0.8
"""Share of the weight of all words of two claims from which they say nearly the same."""
_COMPARED = 10
_NAMES = {"en": "English", "fr": "French"}


def lint_claims(files: Sequence[PolicyFile], claims: ClaimIndex, place_of: PlaceOf, today: date) -> list[Problem]:
    """The warnings of all files, each with its line. ``claims``: made from these files; ``today`` is a day in UTC."""
    return [
        Problem(*place_of(entry.file, path), message, remedy)
        for entry in files
        for path, message, remedy in [*_of_claims(entry, today), *_of_words(entry, claims)]
    ]


def _of_claims(entry: PolicyFile, today: date) -> Iterator[tuple[Path, str, str]]:
    for index, claim in enumerate(entry.claims):
        path: Path = ("claims", index)
        name = f"claim {claim.id!r}"
        missing = _missing(claim.says)
        if len(missing) == len(LANGUAGES):
            yield path, f"{name} says nothing and can never be found", "write says: {en: ..., fr: ...}"
        elif missing:
            other = _NAMES[missing[0]]
            yield (*path, "says"), f"{name} has no {other} wording: mentions in {other} are not searched", _add(missing)
        for key, message, remedy in _of_line(claim.line, today):
            yield (*path, *key), f"{name} {message}", remedy


def _of_line(line: Line, today: date) -> Iterator[tuple[Path, str, str]]:
    missing = _missing(line)
    if len(missing) == len(LANGUAGES):
        yield (), "has no line: there is nothing approved to answer with", "write line: {en: ..., fr: ...}"
        return
    if missing:
        yield ("line",), f"has a line without {_NAMES[missing[0]]}", _add(missing)
    if line.expires is None:
        return
    if line.expires < today:
        yield ("line", "expires"), f"has a line that expired on {line.expires}", "have it approved again"
    elif line.expires <= today + SOON:
        left = (line.expires - today).days
        yield (
            ("line", "expires"),
            f"has a line that expires on {line.expires}, in {left} day(s)",
            "have it approved again",
        )


def _of_words(entry: PolicyFile, claims: ClaimIndex) -> Iterator[tuple[Path, str, str]]:
    """What only the words of a claim show: too few of them, or those of another claim."""
    places = {claim.id: index for index, claim in enumerate(entry.claims)}
    doubled: set[frozenset[str]] = set()
    for language in LANGUAGES:
        found, shelf = claims.shelf(entry.file, language)
        for number, claim in enumerate(found):
            if len(shelf.said[number].words) < LEAST_WORDS:
                path: Path = ("claims", places[claim.id], "says", language)
                message = (
                    f"claim {claim.id!r} can never be found in {_NAMES[language]}: it has fewer than {LEAST_WORDS}"
                )
                yield path, f"{message} words that mean something", "write the whole statement"
                continue
            other = _alike(shelf, number, found)
            if other is not None and (pair := frozenset((claim.id, other.id))) not in doubled:
                doubled.add(pair)
                path = ("claims", places[claim.id], "says", language)
                message = f"claim {claim.id!r} says nearly the same as claim {other.id!r} in {_NAMES[language]}"
                yield path, f"{message}: a sentence will be said to repeat both", "keep one of them"


def _alike(shelf: Shelf, number: int, claims: Sequence[Claim]) -> Claim | None:
    """An earlier claim that says nearly the same."""
    said = shelf.said[number]
    near = [other for other in shelf.candidates(said.words, _COMPARED) if other < number]
    return next((claims[other] for other in sorted(near) if _nearly_same(shelf, said, shelf.said[other])), None)


def _nearly_same(shelf: Shelf, one: Said, other: Said) -> bool:
    if one.numbers != other.numbers or one.negated != other.negated:
        return False
    return shelf.weight(one.words & other.words) >= ALIKE * shelf.weight(one.words | other.words)


def _missing(texts: Bilingual) -> list[str]:
    return [language for language in LANGUAGES if not has_text(getattr(texts, language))]


def _add(missing: Sequence[str]) -> str:
    return f"add {missing[0]}: ..."
