"""Hits on claims, English and French: where they are quoted, which line goes with them, what must change nothing."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from classify.claims import THRESHOLD, ClaimIndex
from classify.claims_line import line_on
from classify.claims_match import match
from classify.claims_shelf import Shelf
from classify.claims_text import read
from classify.stems import Stems
from gordon.desk.schema import Line, PolicyFile
from gordon.events import ClaimHit, ClaimLine
from tests.classify.classify_desk import LEXICON

SEEN = datetime(2027, 3, 31, 23, 59, tzinfo=UTC)
STEMS = {language: Stems(language, LEXICON) for language in ("en", "fr")}
CLAIMS: list[dict[str, Any]] = [
    {
        "id": "ferry",
        "says": {"en": "The harbour ferry stops on Sundays", "fr": "Le traversier du port cesse le dimanche"},
    },
    {"id": "tolls", "says": {"en": "Bridge tolls rise by 40 percent", "fr": "Les péages du pont montent de 40 %"}},
    {
        "id": "wolves",
        "says": {
            "en": "The ministry secretly released wolves near the villages of the northern valley",
            "fr": "Le ministère a relâché en secret des loups près des villages de la vallée du nord",
        },
    },
    {"id": "well", "says": {"en": "Well water is not tested", "fr": "L'eau des puits n'est pas analysée"}},
]
PIECES = {
    "en": (
        "The harbour ferry stops on Sundays.", "Bridge tolls rise by 40 percent!",
        "Will bridge tolls rise by 40 percent?",
        "Near the northern valley the ministry secretly released wolves by the villages.", "Well water is tested.",
        "Nobody tests well water \U0001f4a7.", "#HarbourFerry stops Sundays https://ferry.example/x", "Dr. Roy sang.",
        "\u00a0", "\n\n", "e\u0301t\u00e9", "The harbour fery stopps on Sunday.",
    ),
    "fr": (
        "Le traversier du port cesse le dimanche.", "Les péages du pont montent de 40 %.", "Les péages montent-ils ?",
        "Des loups relâchés en secret par le ministère près des villages de la vallée du nord !", "Il pleut.",
        "L\u2019eau des puits n\u2019est pas analysée \U0001f4a7.", "\u2028", "\r\n", "e\u0301te\u0301",
    ),
}  # fmt: skip
PLAIN = {"en": "Kittens purred quietly.", "fr": "Les chatons ronronnaient doucement."}


def index(*claims: dict[str, Any]) -> ClaimIndex:
    data = {"file": "f", "rules": [{"id": "r", "query": "x"}], "claims": claims or CLAIMS}
    return ClaimIndex([PolicyFile.model_validate(data)], LEXICON)


INDEX = index()


def found(title: str, text: str, language: str, where: ClaimIndex = INDEX) -> tuple[ClaimHit, ...]:
    return where.hits(title, text, language, ["f"], seen=SEEN)


def ids(title: str, text: str, language: str) -> list[str]:
    return [hit.claim for hit in found(title, text, language)]


@st.composite
def mentions(draw: st.DrawFn) -> tuple[str, str, str]:
    language = draw(st.sampled_from(("en", "fr")))
    pieces = st.lists(st.sampled_from(PIECES[language]) | st.text(max_size=12), max_size=6)
    return " ".join(draw(pieces)), " ".join(draw(pieces)), language


@settings(max_examples=100, deadline=None)
@given(mentions())
def test_a_hit_quotes_its_place_exactly_and_scores_from_the_threshold_to_1(mention: tuple[str, str, str]) -> None:
    title, text, language = mention
    hits = found(*mention)
    for hit in hits:
        assert {"title": title, "text": text}[hit.field][hit.start : hit.end] == hit.quote
        assert hit.quote == hit.quote.strip() != ""
        assert THRESHOLD <= hit.score <= 1
    assert len({hit.claim for hit in hits}) == len(hits)
    assert list(hits) == sorted(hits, key=lambda hit: (-hit.score, hit.claim))
    for _, score in INDEX.rank(title, text, language, "f", 3):
        assert 0 <= score <= 1


@settings(max_examples=60, deadline=None)
@given(mentions())
def test_a_sentence_that_repeats_nothing_changes_nothing(mention: tuple[str, str, str]) -> None:
    title, text, language = mention
    assert found(title, f"{text}\n{PLAIN[language]}", language) == found(title, text, language)


@settings(max_examples=60, deadline=None)
@given(mentions(), st.sampled_from(CLAIMS))
def test_a_claim_said_word_for_word_is_always_found(mention: tuple[str, str, str], claim: dict[str, Any]) -> None:
    title, text, language = mention
    said = f"{claim['says'][language]}."
    (hit,) = (hit for hit in found(title, f"{text}\n{said}", language) if hit.claim == claim["id"])
    assert hit.score > 0.9


@pytest.mark.parametrize(
    ("text", "language", "claim"),
    [
        ("The harbour ferry will stop every Sunday, we hear.", "en", ["ferry"]),
        ("So the harbor fery stopps on sundays now", "en", []),
        ("The harbour ferrry stops on Sundays", "en", ["ferry"]),
        ("#HarbourFerry stops on Sundays", "en", ["ferry"]),
        ("Stops on Sundays: https://town.example/harbour-ferry", "en", []),
        ("They say the ministry released wolves near northern villages in secret.", "en", ["wolves"]),
        ("The ministry released a report on the northern valley.", "en", []),
        ("Le dimanche, le traversier du port cesserait.", "fr", ["ferry"]),
        ("Le ministère aurait relâché secrètement des loups dans les villages de la vallée du nord", "fr", ["wolves"]),
        ("Le ministère a visité les villages de la vallée du nord.", "fr", []),
        ("Les péages du pont montent de 14 %.", "fr", []),
        ("Bridge tolls rise by 40.5 percent", "en", []),
    ],
)
def test_wordings(text: str, language: str, claim: list[str]) -> None:
    assert ids("", text, language) == claim


def test_what_the_rest_of_the_text_says_counts_too() -> None:
    sentence = "The ministry secretly released wolves near villages, he wrote."
    around = "In the northern valley people are afraid."
    shelf = Shelf([claim["says"]["en"] for claim in CLAIMS], STEMS["en"])
    alone, within = (
        match(shelf, 2, read((("text", text),), STEMS["en"])) for text in (sentence, f"{around} {sentence}")
    )
    assert alone is not None and within is not None and alone.score < within.score
    assert found("", f"{around} {sentence}", "en")[0].quote == sentence


def test_the_title_is_read_first_and_named() -> None:
    (hit,) = found("Bridge tolls rise by 40 percent", "Bridge tolls rise by 40 percent", "en")
    assert (hit.field, hit.start, hit.end) == ("title", 0, 31)


def test_claims_of_several_files_are_found_side_by_side() -> None:
    files = [
        PolicyFile.model_validate({"file": name, "rules": [{"id": "r", "query": "x"}], "claims": [CLAIMS[place]]})
        for name, place in (("ferries", 0), ("bridges", 1))
    ]
    text = "The harbour ferry stops on Sundays. Bridge tolls rise by 40 percent."
    where = ClaimIndex(files, LEXICON)
    hits = where.hits("", text, "en", ["ferries", "bridges", "ferries", "none"], seen=SEEN)
    assert sorted((hit.file, hit.claim, hit.start) for hit in hits) == [
        ("bridges", "tolls", 36),
        ("ferries", "ferry", 0),
    ]


def test_a_claim_of_one_word_is_never_found() -> None:
    assert found("", "False. False!", "en", index({"id": "one", "says": {"en": "It is false"}})) == ()
    assert found("", "It is so.", "en", index({"id": "none", "says": {"en": "It is so"}})) == ()
    assert found("", "It is so.", "en", index({"id": "blank", "says": {"en": " "}})) == ()


def test_a_thousand_claims_are_looked_up_by_their_words() -> None:
    many = [
        {"id": f"c{number}", "says": {"en": f"Harbour number{number} closes for repairs"}} for number in range(1000)
    ]
    full = index(*many)
    assert [hit.claim for hit in found("", "Harbour number713 closes for repairs.", "en", full)] == ["c713"]
    ranked = full.rank("", "Repairs: number713, number42 and the harbour", "en", "f", 3)
    assert {claim for claim, _ in ranked[:2]} == {"c713", "c42"} and len(ranked) == 3


def test_a_text_of_nothing_but_claims_keeps_its_bounds() -> None:
    text = "The harbour ferry stops on Sundays. " * 4_000
    (hit,) = found("", text, "en")
    assert text[hit.start : hit.end] == hit.quote


LINE = {"en": "It sails daily.", "fr": "Il navigue chaque jour.", "version": 4, "approved_by": "ada", "source": "x"}
FULL = ClaimLine(en="It sails daily.", fr="Il navigue chaque jour.", version=4, approved_by="ada", source="x")


def test_the_approved_line_goes_with_the_hit() -> None:
    (hit,) = found("", CLAIMS[0]["says"]["en"], "en", index(CLAIMS[0] | {"line": LINE}))
    assert hit.line == FULL and hit.flags == ()
    (hit,) = found("", CLAIMS[0]["says"]["en"], "en", index(CLAIMS[0]))
    assert hit.line is None and hit.flags == ("line-missing",)


def test_a_line_expires_by_the_day_in_utc_on_which_the_mention_was_seen() -> None:
    dated = index(CLAIMS[0] | {"line": LINE | {"expires": date(2027, 3, 31)}})
    text = CLAIMS[0]["says"]["fr"]
    west, east = timezone(-timedelta(hours=5)), timezone(timedelta(hours=9))
    for seen, flags in (
        (datetime(2027, 3, 31, 23, 59, tzinfo=UTC), ()),
        (datetime(2027, 4, 1, 0, 0, tzinfo=UTC), ("line-expired",)),
        (datetime(2027, 3, 31, 18, 59, tzinfo=west), ()),
        (datetime(2027, 3, 31, 19, 0, tzinfo=west), ("line-expired",)),
        (datetime(2027, 4, 1, 8, 0, tzinfo=east), ()),
    ):
        (hit,) = dated.hits("", text, "fr", ["f"], seen=seen)
        assert hit.flags == flags and hit.line is not None and hit.line.expires == date(2027, 3, 31)


@pytest.mark.parametrize(
    ("line", "said", "flags"),
    [
        (Line(), False, ("line-missing",)),
        (Line(en=" ", fr="", expires=date(2020, 1, 1)), False, ("line-missing",)),
        (Line(en="a"), True, ("line-one-language",)),
        (Line(fr="a", en="\n"), True, ("line-one-language",)),
        (Line(en="a", expires=date(2020, 1, 1)), True, ("line-expired", "line-one-language")),
        (Line(en="a", fr="b"), True, ()),
    ],
)
def test_flags_of_lines(line: Line, said: bool, flags: tuple[str, ...]) -> None:
    found_line, found_flags = line_on(line, date(2027, 1, 1))
    assert (found_line is not None) == said and found_flags == flags
    assert found_line is None or found_line.en != "\n"


def test_both_languages_are_looked_for_in_a_language_that_could_not_be_told() -> None:
    whole, part = "The harbour ferry stops on Sundays.", "Du port, un vieux traversier sort, puis cesse tout dimanche."
    for text in (f"{whole} {part}", CLAIMS[0]["says"]["fr"]):
        (hit,) = found("", text, "und")
        scores = [one.score for spoken in ("en", "fr") for one in found("", text, spoken)]
        assert hit.score == max(scores)
        assert [claim for claim, _ in INDEX.rank("", text, "und", "f", 1)] == ["ferry"]
    assert hit.quote == CLAIMS[0]["says"]["fr"] and len(scores) == 1
    assert INDEX.rank("", whole, "en", "g", 1) == []
