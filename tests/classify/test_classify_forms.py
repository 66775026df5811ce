"""``forms: true``: a word also finds its inflected forms, by table, in English and French."""

from __future__ import annotations

import pytest

from classify.query import parse_query
from classify.query.forms import MAX_FORMS, with_forms
from classify.query.nodes import Word, show
from tests.classify.classify_desk import LEXICON, compiled, quotes, rules


def found(source: str, text: str, lang: str | None = None, **more: object) -> list[str]:
    engine = rules({"id": "q", "query": source, "lang": lang, "forms": True, **more})
    assert engine.always_run == ()
    return quotes(engine, "", text, lang or "en")


@pytest.mark.parametrize(
    ("source", "text", "lang", "expected"),
    [
        ("fee", "The fees and a fee", "en", ["fees", "fee"]),
        ("fees", "A fee", "en", ["fee"]),
        ("delayed", "Delays delaying the delay", "en", ["Delays", "delaying", "delay"]),
        ("cheval", "Des chevaux", "fr", ["chevaux"]),
        ("impot", "Les impôts", "fr", ["impôts"]),
        ("impôt", "Les IMPOTS", "fr", ["IMPOTS"]),
        ("payer", "Nous paierons", "fr", ["paierons"]),
        ('"payer impot"', "ils payaient impôts", "fr", ["payaient impôts"]),
        ("l'impôt", "l\u2019impôts", "fr", ["l\u2019impôts"]),
        ("fee NEAR/2 rise", "fees were rising", "en", ["fees were rising"]),
        ("SENTENCE(fee rise)", "Fees rises. Fees. Rising", "en", ["Fees", "rises"]),
        ("ATLEAST/2(fee)", "fee fees", "en", ["fee", "fees"]),
        ("fee NOT delay", "fees", "en", ["fees"]),
        ("fee NOT delay", "fees delayed", "en", []),
        ("text:fee", "fees", "en", ["fees"]),
        ("={fee}", "fees", "en", []),
        ("f?e", "fees", "en", []),
        ("cheval", "chevaux", "en", []),
        ("fee OR cheval", "chevaux fees", None, ["chevaux", "fees"]),
        ("xyzzy", "xyzzy xyzzys", "en", ["xyzzy"]),
    ],
)
def test_forms_are_found_in_the_language_of_the_rule(
    source: str, text: str, lang: str | None, expected: list[str]
) -> None:
    assert found(source, text, lang) == expected


def test_phrases_have_forms_too_and_a_rule_without_the_key_has_none() -> None:
    one = {"id": "q", "phrases": ["passport fee", "droit de passage"]}
    text = "Passports fees et les droits de passage"
    assert quotes(rules(one), "", text) == []
    assert quotes(rules({**one, "forms": True}), "", text) == ["Passports fees", "droits de passage"]


def test_a_pattern_with_forms_is_a_mistake_at_the_key() -> None:
    _, (problem,) = compiled("file: x\nrules:\n  - id: a\n    pattern: [{LOWER: fee}]\n    forms: true\n")
    assert (problem.line, "LEMMA" in problem.remedy) == (5, True)


def test_forms_are_bounded_and_shown_as_the_word() -> None:
    node = with_forms(parse_query("fee url:fee"), lambda word: [f"{word}{number}" for number in range(1000)])
    (word,) = [one for one in node.parts if isinstance(one, Word)]  # type: ignore[union-attr]  # the query is an And, which has parts
    assert (len(word.forms), show(node)) == (MAX_FORMS, "fee AND url:fee")


def test_forms_of_several_words_are_left_out() -> None:
    assert all(form.isalnum() for form in LEXICON.inflected("arc", ("fr",)) | LEXICON.inflected("be", ("en",)))
