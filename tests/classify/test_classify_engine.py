"""The engine: the design's own file, scores, evidence, exclusion, languages, limits, and what is wrong with a rule."""

from __future__ import annotations

import subprocess
import sys
from functools import cache

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec import structs

from classify.compile import compile_engine, places
from classify.document import Document
from classify.engine import Engine
from classify.matchers.base import MAX_EVIDENCE
from classify.matchers.spacy_runtime import Pipelines
from classify.selftest import run_tests, sample
from classify.text import MAX_TEXT, fold, words
from gordon.desk.schema import PolicyFile, Rule
from tests.classify.classify_desk import (
    LEXICON,
    PASSPORT,
    PIPELINES,
    SOURCE,
    compiled,
    engine_of,
    query,
    quotes,
    read,
    rules,
)


@cache
def passport() -> Engine:
    """The engine of the design's file."""
    engine, problems = compiled(PASSPORT)
    assert engine is not None and not problems
    return engine


def fired(text: str, language: str, title: str = "") -> dict[str, str]:
    """Rule to quote of the design's file."""
    engine = passport()
    mention = sample(title, text, language)
    return {evidence.rule: evidence.quote for tag in engine.tag(mention) for evidence in tag.evidence}


@pytest.mark.parametrize(
    ("text", "language", "expected"),
    [
        ("Passport backlog grows", "en", {"delays": "Passport backlog"}),
        ("long wait-times for a passport", "en", {"delays": "wait-times for a passport"}),
        ("Passeports : d\u2019énormes retards", "fr", {"retards": "Passeports : d\u2019énormes retards"}),
        ("L\u2019arriéré des passeports", "fr", {"retards": "arriéré des passeports"}),
        ("Le Programme de\u00a0passeport", "fr", {"names": "Programme de\u00a0passeport"}),
        ("PASSPORT-PROGRAM", "en", {"names": "PASSPORT-PROGRAM"}),
        ("Passports fees are up", "en", {"fee": "Passports fees"}),
        ("Le passeport fee", "fr", {}),
        ("passport late", "en", {}),
        ("Passport backlog", "fr", {}),
        ("Passport backlog", "und", {"delays": "Passport backlog"}),
        ("Passport backlog, Passport Program", "de", {"names": "Passport Program"}),
        ("Passport backlog", "en-CA", {"delays": "Passport backlog"}),
    ],
)
def test_the_file_of_the_design_works_as_written(text: str, language: str, expected: dict[str, str]) -> None:
    assert fired(text, language) == expected


def test_the_file_of_the_design_passes_its_own_tests() -> None:
    engine = passport()
    entry, _ = read(PASSPORT)
    assert run_tests(engine, [entry], lambda file, path: (SOURCE, 0), lambda title, text, declared: "en") == []
    assert engine.always_run == ()


def test_exclude_keeps_the_file_away_only_where_it_applies() -> None:
    assert fired("Passport backlog", "en", title="Hockey night") == {}
    assert fired("Passport backlog at the hockey game", "en") == {"delays": "Passport backlog"}


def test_score_is_the_sum_of_the_weights_and_orders_the_files() -> None:
    engine = engine_of(
        {"file": "a", "rules": [{"id": "x", "query": "fee", "weight": 0.5}]},
        {"file": "b", "rules": [{"id": "x", "query": "fee"}, {"id": "y", "phrases": ["fee rise"], "weight": 2.5}]},
        {"file": "c", "rules": [{"id": "x", "query": "fee", "weight": 0.5}]},
    )
    tags = engine.tag(sample("", "fee rise", "en"))
    assert [(tag.file, tag.score) for tag in tags] == [("b", 3.5), ("a", 0.5), ("c", 0.5)]


def test_evidence_is_exact_behind_accents_ligatures_and_emoji() -> None:
    title, text = "😀 L\u2019e\u0301te\u0301", "\ufb01n 🇨🇦 de l\u2019œuvre e\u0301te\u0301; \uff26\uff45\uff45"
    assert quotes(query("ete OR oeuvre OR fee OR fin"), title, text) == [
        "e\u0301te\u0301", "\ufb01n", "œuvre", "e\u0301te\u0301", "\uff26\uff45\uff45",
    ]  # fmt: skip


def test_evidence_is_bounded_per_rule() -> None:
    engine = rules({"id": "a", "query": "fee"}, {"id": "b", "phrases": ["fee", "fee fee"]})
    (tag,) = engine.tag(sample("", "fee " * 500, "en"))
    assert [evidence.rule for evidence in tag.evidence] == ["a"] * MAX_EVIDENCE + ["b"] * MAX_EVIDENCE
    assert tag.score == 2


def test_a_rule_without_letters_to_look_for_always_runs() -> None:
    engine = rules({"id": "x", "query": "NOT (NOT fee NOT tax)"}, {"id": "y", "query": "fee"})
    assert [rule.id for rule in engine.always_run] == ["x"]
    assert quotes(engine, "", "tax") == []
    (tag,) = engine.tag(sample("", "tax", "en"))
    assert (tag.score, tag.evidence) == (1, ())


def test_literals_inside_other_words_select_but_do_not_match() -> None:
    engine = rules({"id": "x", "query": "fee"}, {"id": "y", "query": "*fee"}, {"id": "z", "query": "coffee*"})
    assert quotes(engine, "", "coffees") == ["coffees"]
    assert quotes(engine, "", "coffee fee") == ["fee", "coffee", "fee", "coffee"]


@pytest.mark.parametrize(
    "text",
    [
        "", "\0", "😀" * 50_000, "x" * 1_000_000, "a. " * 100_000, "fee " * 250_000, "\u0301" * 100_000,
        "\u202e\u05e9\u05dc\u05d5\u05dd fee", "\ud800 fee", "*" * 1000, "\n\n" * 500_000 + "fee", "\r\n \t" * 50_000,
        "a\0fee\0" * 20_000, "fee" + "\u0301" * 1000 + " a", "\u0627\u0644\u0631\u0633\u0648\u0645 fee \u200f" * 9,
        " " * 2_000_000, "fee " * 100 + "'" * 99_000,
    ],
    ids=range(17),
)  # fmt: skip
def test_odd_texts_are_tagged_in_bounds(text: str) -> None:
    engine = rules(
        {"id": "a", "query": "(fee OR a) NEAR/100 (fee OR a) NEAR/100 fee"},
        {"id": "b", "query": "*x*x*x*x*x*y OR f?e*"},
        {"id": "c", "phrases": ["a a a a fee"]},
        {
            "id": "d",
            "query": "SENTENCE(a NOT fee) OR PARAGRAPH(a* fee) OR SENTENCE(f?e NOT a) OR (f* NOT SENTENCE(NOT fee))",
        },
        {"id": "e", "query": 'ATLEAST/100(a OR fee OR "a a")'},
        {"id": "f", "query": "={fee} OR ={a. a} NEAR/5 ={a}"},
        {"id": "g", "query": "fee* a*", "forms": True},
        {"id": "h", "query": "NOT (NOT url:x*x*x*y)"},
    )
    mention = structs.replace(sample("", text, "en"), url=f"https://a.example/{text[:5000]}", author=text, feed=text)
    for tag in engine.tag(mention):
        for evidence in tag.evidence:
            assert text[evidence.start : evidence.end] == evidence.quote
            assert words(fold(evidence.quote))


@pytest.mark.hostile(94)
def test_only_the_first_part_of_a_long_text_is_looked_at() -> None:
    padding = "." * (MAX_TEXT - 4)
    assert quotes(query("fee"), "", padding + " fee fee") == ["fee"]
    assert len(Document("", "x" * MAX_TEXT * 2).folded) == MAX_TEXT + 1


def test_all_wrong_rules_are_reported_at_once_with_file_and_line() -> None:
    yaml = """\
file: broken
rules:
  - {id: a, query: 'fee AND'}
  - id: b
    phrases:
      - fine
      - '!!'
  - {id: c, pattern: [{LOWER: fee}, {LEMA: rise}]}
  - {id: d, query: fine}
exclude:
  - id: e
    query: 'NOT hockey'
"""
    engine, problems = compiled(yaml)
    assert engine is None
    assert [(problem.file, problem.line) for problem in problems] == [(SOURCE, line) for line in (3, 7, 8, 12)]
    assert [problem.message.partition(":")[0] for problem in problems] == [f"rule '{name}'" for name in "abce"]
    assert "column 5: nothing follows AND" in problems[0].message
    assert all(problem.remedy for problem in problems)


def test_an_empty_list_of_phrases_is_a_mistake() -> None:
    _, (problem,) = compiled("file: x\nrules:\n  - {id: a, phrases: []}\n")
    assert (problem.line, "empty" in problem.message) == (3, True)


def test_spacy_stays_out_where_no_pattern_needs_it() -> None:
    program = (
        "import sys; from tests.classify.classify_desk import query, quotes; import classify.stage, classify.selftest;"
        "assert quotes(query('fee'), '', 'a fee') == ['fee'];"
        "sys.exit(any(name in sys.modules for name in ('spacy', 'numpy', 'simplemma')))"
    )
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0


@settings(max_examples=60, deadline=None)
@given(st.text(max_size=40), st.text(max_size=80))
def test_any_text_gives_exact_evidence(title: str, text: str) -> None:
    mixed = f"{text[:40]} impôt {text[40:]}"
    assert "impôt" in quotes(query("impot OR a* OR e*"), title, mixed)


def test_warming_up_loads_what_patterns_need() -> None:
    pipelines = Pipelines()
    files = [
        PolicyFile(file="f", rules=(Rule(id="q", query="fee"), Rule(id="p", lang="en", pattern=({"LOWER": "fee"},))))
    ]
    engine, _ = compile_engine(files, places({}, {}), pipelines, LEXICON)
    assert engine is not None
    assert pipelines.loaded == ()
    engine.warm()
    assert pipelines.loaded == ("en",)


def test_without_a_lexicon_of_its_own_the_engine_forgets_the_forms() -> None:
    rule = Rule(id="p", lang="en", pattern=({"LEMMA": "fee"},))
    engine, _ = compile_engine([PolicyFile(file="f", rules=(rule,))], places({}, {}), PIPELINES)
    assert engine is not None
    assert quotes(engine, "", "the fees") == ["fees"]
