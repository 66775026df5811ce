"""What ``gordon check`` says of claims: each warning, its line, and no warning where there is nothing to say."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from classify.claims import ClaimIndex
from classify.compile import places
from classify.lint_claims import lint_claims
from gordon.desk.schema import PolicyFile
from tests.classify.classify_desk import LEXICON, SOURCE, read

TODAY = date(2027, 3, 31)
SAYS = {"en": "The ferry stops on Sundays", "fr": "Le traversier cesse le dimanche"}
LINE = {"en": "It sails daily.", "fr": "Il navigue chaque jour."}


def warnings(*claims: dict[str, Any]) -> list[tuple[tuple[Any, ...], str]]:
    """Path and message of each."""
    entry = PolicyFile.model_validate({"file": "f", "rules": [{"id": "r", "query": "x"}], "claims": claims})
    paths: list[tuple[Any, ...]] = []

    def place_of(file: str, path: tuple[Any, ...]) -> tuple[str, int]:
        paths.append(path)
        return file, len(paths)

    found = lint_claims([entry], ClaimIndex([entry], LEXICON), place_of, TODAY)
    assert all(problem.remedy for problem in found)
    return [(path, problem.message) for path, problem in zip(paths, found, strict=True)]


def claim(name: str = "c", **more: Any) -> dict[str, Any]:
    return {"id": name, "says": SAYS, "line": LINE} | more


def test_a_whole_claim_is_fine() -> None:
    assert warnings(claim(), claim("d", says={"en": "Wolves were released", "fr": "On a relâché des loups"})) == []


@pytest.mark.parametrize(
    ("found", "path", "message"),
    [
        (claim(says={}), ("claims", 0), "says nothing"),
        (claim(says={"en": " ", "fr": ""}), ("claims", 0), "says nothing"),
        (claim(says={"en": SAYS["en"]}), ("claims", 0, "says"), "no French wording"),
        (claim(says={"fr": SAYS["fr"]}), ("claims", 0, "says"), "no English wording"),
        (claim(line={}), ("claims", 0), "has no line"),
        (claim(line={"fr": "Non."}), ("claims", 0, "line"), "a line without English"),
        (claim(line=LINE | {"expires": date(2027, 3, 30)}), ("claims", 0, "line", "expires"), "expired on 2027-03-30"),
        (claim(line=LINE | {"expires": date(2027, 3, 31)}), ("claims", 0, "line", "expires"), "in 0 day(s)"),
        (claim(line=LINE | {"expires": date(2027, 4, 30)}), ("claims", 0, "line", "expires"), "in 30 day(s)"),
        (claim(says=SAYS | {"en": "It will be so"}), ("claims", 0, "says", "en"), "never be found in English"),
        (claim(says=SAYS | {"fr": "C'est faux"}), ("claims", 0, "says", "fr"), "never be found in French"),
    ],
)
def test_each_warning_names_its_place(found: dict[str, Any], path: tuple[Any, ...], message: str) -> None:
    ((at, text),) = warnings(found)
    assert at == path and message in text and "'c'" in text


def test_a_line_that_holds_for_more_than_30_days_is_fine() -> None:
    assert warnings(claim(line=LINE | {"expires": date(2027, 5, 1)})) == []


def test_two_claims_that_say_nearly_the_same_are_named_once() -> None:
    other = {"en": "On Sundays the ferry stopped", "fr": "Le dimanche, le traversier va cesser"}
    ((path, text),) = warnings(claim(), claim("d", says=other))
    assert path == ("claims", 1, "says", "en") and "'d' says nearly the same as claim 'c' in English" in text


@pytest.mark.parametrize(
    "other",
    [
        {"en": "The ferry does not stop on Sundays", "fr": "Le traversier ne cesse pas le dimanche"},
        {"en": "The ferry stops on 9 Sundays", "fr": "Le traversier cesse 9 dimanches"},
        {"en": "The ferry stops at noon for ever", "fr": "Le traversier cesse à midi pour toujours"},
    ],
)
def test_claims_of_another_polarity_number_or_matter_are_not_the_same(other: dict[str, str]) -> None:
    assert warnings(claim(), claim("d", says=other)) == []


def test_warnings_point_into_the_yaml() -> None:
    entry, lines = read(
        "file: ferries\nrules:\n  - {id: r, query: ferry}\nclaims:\n  - id: c\n"
        "    says: {en: The ferry stops, fr: Le traversier cesse}\n"
        "    line:\n      en: It sails.\n      fr: Il navigue.\n      expires: 2027-01-01\n"
    )  # fmt: skip
    (problem,) = lint_claims([entry], ClaimIndex([entry], LEXICON), places({"ferries": SOURCE}, lines), TODAY)
    assert (problem.file, problem.line) == (SOURCE, 10)
