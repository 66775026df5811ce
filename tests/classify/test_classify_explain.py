"""Explanations, and the tests that files bring along."""

from __future__ import annotations

import pytest

from classify.explain import RuleReport
from classify.selftest import run_tests, sample
from gordon.errors import Problem
from tests.classify.classify_desk import PASSPORT, SOURCE, compiled, read, rules


def report(query: str, text: str, language: str = "en", lang: str | None = None) -> RuleReport:
    (file,) = rules({"id": "q", "query": query, "lang": lang}).explain(sample("", text, language))
    return file.rules[0]


@pytest.mark.parametrize(
    ("query", "text", "near", "why"),
    [
        ("fee AND tax", "a fee", True, "found fee, but: did not find tax"),
        ("fee AND tax", "nothing", False, "did not find fee; did not find tax"),
        ("fee NEAR/2 tax", "fee a b c tax", True, "found fee and tax, but not within 2 words"),
        ("fee ONEAR/2 tax", "tax fee", True, "found fee and tax, but not within 2 words, in this order"),
        ("fee NEAR/2 (tax OR toll)", "fee", True, "found fee, but: found none of tax OR toll"),
        ("(tax OR toll) NEAR/2 fee", "fee", True, "found fee, but: found none of tax OR toll"),
        ("fee NEAR/2 tax", "", False, "did not find fee NEAR/2 tax"),
        ("fee NOT tax", "fee tax", True, "found fee, but: found tax, which must not occur"),
        ("fee OR (tax AND toll)", "toll", True, "found toll, but: did not find tax"),
        ('"wait time*"', "wait", False, 'did not find "wait time*"'),
        ("title:(impôt NOT fee)", "", False, "did not find title:impot"),
        ("(a AND b) AND NOT c", "a", True, "found a, but: did not find b"),
        ("SENTENCE(fee tax)", "A fee. A tax.", True, "found fee AND tax, but not within one sentence"),
        ("PARAGRAPH(fee tax)", "fee", True, "found fee, but: did not find tax"),
        ("SENTENCE(fee NOT tax)", "fee tax", True, "found fee, but: found tax, which must not occur"),
        ("ATLEAST/3(fee OR tax)", "fee tax", True, "found fee OR tax in 2 of 3 places"),
        ("ATLEAST/3(fee)", "tax", False, "did not find fee"),
        ("={Fee}", "a FEE", True, "found “FEE”, which is not as written in ={Fee}"),
        ("={Fee}", "tax", False, "did not find ={Fee}"),
        ("fee lang:fr", "fee", True, "found fee, but: lang is en, not fr"),
        ("fee lang:en", "tax", False, "did not find fee"),
        ("site:a.example OR feed:a", "", False, "found none of site:a.example OR feed:a"),
        ('author:"a b"', "", False, 'author is unknown, not "a b"'),
        ("url:a", "", False, "url is unknown, not a"),
    ],
)
def test_why_a_query_did_not_match(query: str, text: str, near: bool, why: str) -> None:
    found = report(query, text)
    assert (found.fired, found.near, found.why) == (False, near, why)


def test_a_rule_of_the_other_language_says_so() -> None:
    assert report("fee", "fee", "fr", "en").why == "is for en only, the mention is fr"


def test_a_rule_that_fired_shows_what_it_found() -> None:
    found = report("impot", "L\u2019impôt, l\u2019IMPÔT", "fr")
    assert (found.fired, found.why) == (True, "found “impôt”, “IMPÔT”")


def test_the_report_of_a_file_names_what_excluded_it() -> None:
    engine, _ = compiled(PASSPORT)
    assert engine is not None
    (file,) = engine.explain(sample("Hockey", "Passport backlog", "en"))
    assert (file.file, file.tagged, file.excluded_by) == ("passport-services", False, ("sports",))
    assert (file.rules[0].rule, file.rules[0].fired) == ("delays", True)
    (file,) = engine.explain(sample("", "Passport backlog", "en"))
    assert (file.tagged, file.excluded_by) == (True, ())


TESTED = """\
file: toll
rules:
  - {id: en, lang: en, query: 'bridge NEAR/3 toll*'}
  - {id: fr, lang: fr, query: 'pont NEAR/3 péage*'}
  - {id: not, query: 'NOT (NOT viaduct)'}
exclude:
  - {id: games, query: 'title:chess'}
tests:
  must:
    - {text: bridge tolls rise, rules: [en]}
    - {text: les péages du pont, rules: [fr]}
    - {text: le pont et tous ses nombreux péages}
    - {text: bridge toll, lang: fr}
    - {text: bridge toll, title: Chess}
    - {text: bridge toll, rules: [en, fr]}
    - {text: a viaduct, rules: [not]}
  must_not:
    - {text: bridge of sighs}
    - {text: the péage of the pont, lang: fr}
    - {text: a viaduct}
"""


def failures(yaml: str) -> list[Problem]:
    entry, _ = read(yaml)
    engine, problems = compiled(yaml)
    assert engine is not None and not problems
    lines = {("tests", "must", number): 10 + number for number in range(7)}
    lines |= {("tests", "must_not", number): 18 + number for number in range(3)}
    return run_tests(
        engine,
        [entry],
        lambda file, path: (SOURCE, lines[path]),  # type: ignore[index]  # the paths are those of the tests
        lambda title, text, declared: "fr" if text.startswith("le") else "en",
    )


def test_a_test_can_say_where_the_text_was_published() -> None:
    yaml = """\
file: toll
rules:
  - {id: known, query: 'toll site:blog.example feed:city-* author:roy'}
tests:
  must: [{text: toll, url: 'https://www.blog.example/', feed: city-news, author: Zoé Roy}]
  must_not: [{text: toll, url: 'https://a.example/', feed: city-news, author: Zoé Roy}, {text: toll}]
"""
    entry, _ = read(yaml)
    engine, _ = compiled(yaml)
    assert engine is not None
    assert run_tests(engine, [entry], lambda file, path: (SOURCE, 0), lambda title, text, declared: "en") == []


def test_failing_tests_are_named_with_their_line_and_the_reason() -> None:
    found = {problem.line: problem for problem in failures(TESTED)}
    assert sorted(found) == [12, 13, 14, 15, 19, 20]
    assert "is not tagged" in found[12].message
    assert "not within 3 words" in found[12].remedy
    assert "is for en only" in found[13].remedy
    assert found[14].remedy == "excluded by games"
    assert "but not by fr" in found[15].message
    assert "by fr (“péage of the pont”)" in found[19].message
    assert "without evidence" in found[20].message or "viaduct" in found[20].message
    assert all(problem.file == SOURCE for problem in found.values())
