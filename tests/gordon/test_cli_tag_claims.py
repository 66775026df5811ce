"""The line of a claim as ``gordon tag`` shows it: in the language of the mention, else in the other, saying so."""

from __future__ import annotations

import pytest

from gordon.cli.tag import line_of_claim
from gordon.events import ClaimHit, ClaimLine

BOTH = ClaimLine(en="It sails daily.", fr="Il navigue chaque jour.", version=4)


def shown(line: ClaimLine | None, language: str, *flags: str) -> list[str]:
    hit = ClaimHit(file="f", claim="c", score=0.9, quote="q", line=line, flags=flags)
    return list(line_of_claim(hit, language))


@pytest.mark.parametrize(
    ("line", "language", "text"),
    [
        (BOTH, "en", "line, version 4: It sails daily."),
        (BOTH, "en-CA", "line, version 4: It sails daily."),
        (BOTH, "fr", "line, version 4: Il navigue chaque jour."),
        (BOTH, "fr-CA", "line, version 4: Il navigue chaque jour."),
        (BOTH, "und", "line, version 4: It sails daily."),
        (ClaimLine(fr="Non.", version=1), "en", "line, version 1, only in fr: Non."),
        (ClaimLine(en="No.", version=1), "fr", "line, version 1, only in en: No."),
        (ClaimLine(fr="Non.", version=1), "fr", "line, version 1: Non."),
    ],
)
def test_the_line_is_shown_in_the_language_of_the_mention(line: ClaimLine, language: str, text: str) -> None:
    assert shown(line, language) == [text]


def test_flags_are_shown_with_and_without_a_line() -> None:
    assert shown(None, "en", "line-missing") == ["flags: line-missing"]
    assert shown(BOTH, "fr", "line-expired", "line-one-language")[1:] == ["flags: line-expired, line-one-language"]
    assert shown(None, "en") == []
