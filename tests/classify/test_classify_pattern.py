"""Token patterns: English and French, windows against the whole text, anchors, growth, mistakes."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from classify.document import Document
from classify.matchers.anchors import longest, needs_of
from classify.matchers.base import RuleError, Tools
from classify.matchers.pattern import compile_pattern
from classify.matchers.spacy_runtime import Pipelines
from tests.classify.classify_desk import LEXICON, PIPELINES, quotes, rules

TOOLS = Tools(PIPELINES, LEXICON)
FILLER = "one two three four five six seven eight nine ten eleven twelve thirteen " * 3


def found(pattern: list[dict[str, Any]], text: str, language: str = "en", lang: str | None = None) -> list[str]:
    return quotes(rules({"id": "p", "pattern": pattern, "lang": lang}), "", text, language)


@pytest.mark.parametrize("language", ["en", "fr", "de", "und"])
def test_the_pattern_of_the_design_works_in_every_language(language: str) -> None:
    pattern = [{"LEMMA": "passport"}, {"LOWER": {"IN": ["fee", "fees"]}}]
    assert found(pattern, "Passports fees and the PASSPORT fee", language) == ["Passports fees", "PASSPORT fee"]


@pytest.mark.parametrize(
    ("pattern", "text", "language", "expected"),
    [
        ([{"LEMMA": "impôt"}], "Les impôts, l\u2019impôt", "fr", ["impôts", "impôt"]),
        ([{"LEMMA": "IMPÔT"}], "IMPÔTS", "fr", ["IMPÔTS"]),
        ([{"LEMMA": "doubler"}, {"LOWER": "bientôt"}], "Ils doubleront bientôt", "fr", ["doubleront bientôt"]),
        ([{"LEMMA": {"IN": ["go", "pay"]}}], "It went and paid", "en", ["went", "paid"]),
        ([{"LOWER": "fee"}, {"LEMMA": {"NOT_IN": ["rise"]}}], "fee rising, fee falling", "en", ["fee falling"]),
        ([{"lower": "fee"}, {"is_digit": True}], "Fee 30", "en", ["Fee 30"]),
        ([{"TEXT": "FEE"}], "fee FEE", "en", ["FEE"]),
        ([{"LOWER": "fee"}, {"OP": "*"}, {"LOWER": "rise"}], "fee to slowly rise", "en", ["fee to slowly rise"]),
        ([{"LOWER": "fee"}, {"IS_PUNCT": True}], "fee!", "en", ["fee!"]),
        ([{"LIKE_NUM": True}, {"LOWER": "$"}], "30 $", "en", ["30 $"]),
        ([{"LOWER": "wait"}, {"ORTH": "-"}, {"LOWER": "time"}], "😀 wait-time", "en", ["wait-time"]),
        ([{"TEXT": {"REGEX": "^[Ff]ee"}}], "fees", "en", ["fees"]),
        ([{"LOWER": "not"}], "cannot", "en", ["not"]),
    ],
)
def test_what_a_pattern_finds(pattern: list[dict[str, Any]], text: str, language: str, expected: list[str]) -> None:
    assert found(pattern, text, language) == expected


def test_a_pattern_without_bound_takes_bounded_time_and_reach() -> None:
    pattern = [{"LOWER": "fee"}, {"OP": "*"}, {"LOWER": "rise"}, {"OP": "*"}, {"LOWER": "now"}]
    assert found(pattern, "fee-" * 25_000) == []
    assert found(pattern, f"{FILLER * 10} fee to rise just now {FILLER}") == ["fee to rise just now"]
    assert found(pattern, f"fee {FILLER * 4} rise now") == []
    assert found([{"TEXT": {"REGEX": "^f.e$"}}, {"OP": "+"}, {"LOWER": "30"}], f"{FILLER * 5} fee of 30") == [
        "fee of 30"
    ]


def test_far_hits_are_found_each_in_its_window() -> None:
    text = f"passport fee {FILLER} passport  fee\n\n{FILLER}the passport\nfee"
    pattern = [{"LEMMA": "passport"}, {"IS_SPACE": True, "OP": "?"}, {"LOWER": "fee"}]
    assert found(pattern, text) == ["passport fee", "passport  fee", "passport\nfee"]


WORDS = [
    "passport",
    "passports",
    "fee",
    "l'impôt",
    "aujourd'hui",
    "can't",
    "U.S.",
    "e-mail",
    "a",
    "(fee)",
    "fee,",
    "10km",
]
PATTERNS: list[list[dict[str, Any]]] = [
    [{"LEMMA": "passport"}, {"OP": "?"}, {"LOWER": "fee"}],
    [{"LOWER": "fee"}, {"IS_PUNCT": True}],
    [{"LOWER": "impôt"}, {"OP": "{1,3}"}, {"LOWER": {"IN": ["a", "fee"]}}],
    [{"LOWER": "ca"}, {"LOWER": "n't"}, {"OP": "?"}],
    [{"LOWER": "km"}],
    [{"OP": "?"}, {"TEXT": "U.S."}],
]


@settings(max_examples=60, deadline=None)
@given(
    st.sampled_from(PATTERNS),
    st.lists(st.tuples(st.sampled_from(WORDS), st.sampled_from([" ", "  ", "\n"])), max_size=40),
    st.sampled_from(["en", "fr"]),
)
def test_windows_find_what_the_whole_text_holds(
    pattern: list[dict[str, Any]], parts: list[tuple[str, str]], language: str
) -> None:
    text = "".join(word + space for word, space in parts)
    matcher: Any = compile_pattern(pattern, None, TOOLS)
    hits = matcher.find(Document("", text), language)
    whole: Any = compile_pattern(pattern, None, TOOLS)
    whole._needs = ()  # without anchors the whole text is one place
    expected = whole.find(Document("", text), language)
    assert (hits is None) == (expected is None)
    for hit in expected or ():
        covered = any(one.start <= hit.start < one.end or hit.start <= one.start < hit.end for one in hits or ())
        assert covered or len(hits or ()) == 10


@pytest.mark.parametrize(
    ("pattern", "literals", "length"),
    [
        ([{"LOWER": "fee"}], {"fee"}, 1),
        ([{"LOWER": "l'impôt"}, {"OP": "+"}], {"impot"}, None),
        ([{"LOWER": "fee", "OP": "?"}, {"TEXT": "Rise", "OP": "+"}], {"rise"}, None),
        ([{"LOWER": "fee", "OP": "{2}"}, {"OP": "{,3}"}], {"fee"}, 5),
        ([{"LOWER": "fee", "OP": "{1,}"}], {"fee"}, None),
        ([{"LOWER": "fee"}, {"LOWER": {"IN": ["surcharge", "surtaxe"]}}], {"surcharge", "surtaxe"}, 2),
        ([{"ORTH": "$"}, {"IS_DIGIT": True}], None, 2),
        ([{"LOWER": "fee", "OP": "!"}, {"LOWER": "rise"}], {"rise"}, 2),
        ([{"LOWER": {"REGEX": "fee"}}], None, 1),
        ([{"LOWER": {"IN": []}}, {"LENGTH": 3}], None, 2),
    ],
)
def test_anchors_and_length(pattern: list[dict[str, Any]], literals: set[str] | None, length: int | None) -> None:
    needs = needs_of(pattern)
    assert ({literal.text for literal in needs[0]} if needs else None) == literals
    assert longest(pattern) == length


@pytest.mark.parametrize(
    ("pattern", "path", "message"),
    [
        ([], (), "empty"),
        ([{}], (), "everything"),
        ([{"OP": "*"}], (), "everything"),
        ([{"LOWER": "fee", "OP": "?"}], (), "everything"),
        ([{"LOWER": "fee"}, {"LEMA": "x"}], (1, "LEMA"), "no such key"),
        ([{"LOWER": 5}], (0, "LOWER"), "LOWER"),
        ([{"LOWER": {"IN": "fee"}}], (0, "LOWER"), "list"),
        ([{"LOWER": {"REGEX": "("}}], (), "unterminated"),
        ([{"LOWER": "a", "OP": "x"}], (0, "OP"), "OP"),
        ([{"LOWER": "a", "OP": "{2,1}"}], (), "operator"),
        ([{"LOWER": "a"}, {"POS": "NOUN"}], (1, "POS"), "trained model"),
        ([{"LEMMA": "a", "LOWER": "b"}], (0,), "both"),
        ([{"LEMMA": {"REGEX": "a"}}], (0, "LEMMA"), "LEMMA takes"),
        ([{"LOWER": "a"}, {"OP": "{0,9}"}], (), "more than 8 tokens are optional"),
        ([{"LOWER": "a"}, {"OP": "*"}, {"OP": "+"}, {"OP": "{2,}"}], (), "more than 2 tokens repeat"),
    ],
)
def test_a_wrong_pattern_names_its_place(
    pattern: list[dict[str, Any]], path: tuple[str | int, ...], message: str
) -> None:
    with pytest.raises(RuleError, match=message) as caught:
        compile_pattern(pattern, None, TOOLS)
    assert caught.value.path == ("pattern", *path)
    assert caught.value.remedy


def test_the_vocabulary_is_thrown_away_when_it_has_grown() -> None:
    pipelines = Pipelines(max_lexemes=20)
    matcher = compile_pattern([{"LOWER": "fee"}, {"OP": "+"}], "en", Tools(pipelines, LEXICON))
    first = pipelines.pipeline("en")
    assert pipelines.pipeline("en") is first
    assert matcher.find(Document("", "fee " + " ".join(f"new{number}" for number in range(400))), "en")
    assert pipelines.pipeline("en") is not first
    assert matcher.find(Document("", "the fee rises"), "en")


def test_a_miss_names_the_anchor_that_was_there() -> None:
    matcher = compile_pattern([{"LEMMA": "passport"}, {"LOWER": "fee"}], "en", TOOLS)
    assert matcher.miss(Document("", "my passport"), "en").near
    assert not matcher.miss(Document("", "my dog"), "en").near
