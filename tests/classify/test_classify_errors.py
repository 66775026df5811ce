"""Every malformed query, pattern and file: one problem each, at its line and column, with what to write instead.

All of them stand on one desk, and one run of the real check reports all at once.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
from typer.testing import CliRunner

from classify.query import parse_query
from gordon.app.policy import Verdict, check
from gordon.cli import app
from gordon.errors import Problem

QUERIES = [
    ("", 1, "empty", "at least one word"),
    ("   ", 1, "empty", "at least one word"),
    ("(fee", 1, "never closed", "add )"),
    ("fee)", 4, "never opened", "remove it"),
    ("fee OR (tax", 8, "never closed", "add )"),
    ("SENTENCE(fee", 9, "never closed", "add )"),
    ('fee "wait time', 5, "never closed", 'with "'),
    ("fee “wait time", 5, "never closed", 'with "'),
    ("={Passport", 2, "never closed", "={Passport}"),
    ("fee Passport}", 5, "brace", "={Passport}"),
    ("{Passport}", 1, "brace", "={Passport}"),
    ("={Pass}port", 1, "brace", "word of its own"),
    ("={!!}", 1, "no letter", "write a word"),
    ("fee AND", 5, "nothing follows AND", "write a word after AND"),
    ("fee OR OR tax", 8, "nothing on its left", "write a word there"),
    ("AND fee", 1, "nothing on its left", "write a word there"),
    ("NOT", 1, "nothing follows NOT", "write a word after NOT"),
    ("fee ()", 6, "missing before this bracket", "write one"),
    ("SENTENCE()", 10, "missing before this bracket", "write one"),
    ("ATLEAST/3()", 11, "missing before this bracket", "write one"),
    ("NOT fee", 1, "matches everything", "say with AND"),
    ("SENTENCE(NOT fee)", 1, "matches everything", "say with AND"),
    ("NOT site:a.example", 1, "matches everything", "say with AND"),
    ("fee OR NOT lang:fr", 1, "matches everything", "say with AND"),
    ("fee NEAR tax", 5, "no distance", "NEAR/5"),
    ("fee NEAR/ tax", 5, "no distance", "NEAR/5"),
    ("fee NEAR/x tax", 5, "no distance", "NEAR/5"),
    ("fee NEAR/0 tax", 5, "not from 1 to 100", "NEAR/5"),
    ("fee NEAR/101 tax", 5, "not from 1 to 100", "NEAR/5"),
    ("fee near/5 tax", 5, "like an operator", "NEAR/5"),
    ("fee Onear/5 tax", 5, "like an operator", "ONEAR/5"),
    ("atleast/2 fee", 1, "like an operator", "ATLEAST/2"),
    ("fee NEAR5 tax", 5, "no slash", "NEAR/5"),
    ("fee NEAR~5 tax", 5, "no slash", "NEAR/5"),
    ("fee WITHIN/7 tax", 5, "unknown operator", "NEAR/7"),
    ("fee W/7 tax", 5, "unknown operator", "NEAR/7"),
    ("fee PRE/7 tax", 5, "unknown operator", "ONEAR/7"),
    ("fee NAER/7 tax", 5, "unknown operator", "NEAR/7"),
    ("fee XYZZY/7 tax", 5, "unknown operator", "quotes"),
    ("fee NEAR/5", 5, "nothing follows NEAR/5", "write a word after"),
    ("NEAR/5 tax", 1, "nothing on its left", "write a word there"),
    ("fee NEAR/5 NOT tax", 12, "followed by NOT", "before the whole NEAR"),
    ("fee NEAR/5 (tax AND rise)", 5, "AND or NOT", "OR groups"),
    ("fee NEAR/5 lang:fr", 5, "lang:", "beside the NEAR"),
    ("fee NEAR/5 SENTENCE(tax)", 5, "SENTENCE", "around the NEAR"),
    ("fee NEAR/5 ATLEAST/2(tax)", 5, "ATLEAST", "with AND"),
    ("SENTENCE fee", 1, "no bracket", "SENTENCE(a b)"),
    ("SENTENCE(fee PARAGRAPH(tax))", 1, "PARAGRAPH inside", "side by side"),
    ("PARAGRAPH(fee site:a.example)", 1, "site: cannot stand", "beside PARAGRAPH"),
    ("ATLEAST(fee)", 1, "no number", "ATLEAST/3(fee)"),
    ("ATLEAST/2 fee", 1, "no bracket", "ATLEAST/3(fee)"),
    ("ATLEAST/0(fee)", 1, "not from 1 to 100", "ATLEAST/3(fee)"),
    ("ATLEAST/999999999999(fee)", 1, "not from 1 to 100", "ATLEAST/3(fee)"),
    ("ATLEAST/2(fee AND tax)", 1, "cannot count", "group of OR"),
    ("titel:fee", 1, "unknown field", "title:"),
    ("autor:fee", 1, "unknown field", "author:"),
    ("fee OR colour:red", 8, "unknown field", "the fields are"),
    ("NEAR: fee", 1, "unknown field", "takes no colon"),
    ("title:", 1, "nothing follows title:", "write a word after"),
    ("title:(fee text:tax)", 1, "field inside", "beside the other"),
    ("title:site:a.example", 1, "field inside", "beside the other"),
    ("title:NOT fee", 7, "followed by NOT", "NOT title:word"),
    ("site:", 1, "nothing follows site:", "write a word after"),
    ("site:https://a.example/b", 6, "not an address", "site:a.example"),
    ("site:*.example", 6, "no wildcards", "site:example.org"),
    ("site:a..example", 6, "no host", "site:example.org"),
    ("site:é..example", 6, "no host", "site:example.org"),
    ("site:(a.example b.example)", 17, "such a field", "OR"),
    ("site:(a.example AND b.example)", 17, "such a field", "OR"),
    ("feed:*", 6, "no id of a feed", "feed:city-news"),
    ("url:!!", 5, "no letter or digit", "url:word"),
    ("lang:french", 6, "no code of a language", "lang:fr"),
    (f"author:{'a' * 201}", 8, "longer than 200", "shorten"),
    ("*", 1, "any word", "ONEAR/n"),
    ("*ab", 1, "fewer than 3", "more of the word"),
    ("fee !!!", 5, "no letter or digit", "write a word"),
    ("fee & tax", 5, "no operator", "write AND"),
    ("fee || tax", 5, "no operator", "write OR"),
    ("passeport ET frais", 11, "no operator", "write AND"),
    ("passeport SAUF hockey", 11, "no operator", "write NOT"),
    ("passport -hockey", 10, "begins with -", "NOT hockey"),
    ("passport !hockey", 10, "begins with !", "NOT hockey"),
    ("passport +fee", 10, "begins with +", "AND fee"),
    ("passport~2", 1, "means nothing", "use * or ?"),
    ("(" * 41 + "a" + ")" * 41, 41, "deeper than 40", "split"),
    ("a " * 10_001, 20_000, "longer than", "split"),
    ("a" + " NEAR/2 a" * 11, 3, "more than 10 NEAR", "fewer"),
]

PATTERNS = [
    ("[]", "empty", "at least one token"),
    ("[{LEMA: fee}]", "there is no such key", "LEMMA"),
    ("[{POS: NOUN}]", "trained model", "LOWER"),
    ("[{ENT_TYPE: ORG}]", "trained model", "LOWER"),
    ("[{LEMMA: fee, LOWER: fee}]", "both LEMMA and LOWER", "keep one"),
    ("[{LEMMA: {REGEX: f.*}}]", "IN or NOT_IN", "LOWER with REGEX"),
    ("[{LOWER: fee, OP: '%'}]", "OP", "keys are"),
    ("[{LOWER: {REGEX: '('}}]", "not a spaCy token pattern", "keys are"),
    ("[{}, {OP: '*'}]", "matches everything", "name a word"),
    ("[{LOWER: fee, OP: '?'}]", "matches everything", "name a word"),
    ("[{LOWER: fee}, {OP: '{0,9}'}]", "more than 8", "NEAR"),
    ("[{LOWER: fee}, {OP: '*'}, {OP: '+'}, {OP: '*'}]", "without bound", "NEAR"),
]

GOOD = "rules:\n  - {id: a, query: fee}\n"
FILES = [
    ("", 0, "empty", "write its content"),
    ("file: f\n\trules: 1\n", 2, "not readable as YAML", "indentation"),
    ("file: f\nrules:\n  - {id: a, query: fee\n", 4, "not readable as YAML", "quotes"),
    ("- a\n- b\n", 1, "the file", ""),
    ("rules:\n  - {id: a, query: fee}\n", 1, "file is missing", "add it"),
    ("file: f\n", 1, "rules is missing", "add it"),
    ("file: f\nrules: []\n", 2, "rules", ""),
    ("file: Fée\n" + GOOD, 1, "file", ""),
    ("file: f\nruls: 1\n" + GOOD, 2, "unknown key ruls", "rules"),
    ("file: f\nfile: g\n" + GOOD, 2, "appears twice", "keep one"),
    ("file: f\nrules:\n  - {id: a}\n", 3, "exactly one of", ""),
    ("file: f\nrules:\n  - {id: a, query: fee, phrases: [fee]}\n", 3, "exactly one of", ""),
    ("file: f\nrules:\n  - id: a\n    qery: fee\n", 4, "unknown key rules.0.qery", "query"),
    ("file: f\nrules:\n  - id: a\n    query: fee\n    lang: de\n", 5, "lang", "de"),
    ("file: f\nrules:\n  - id: a\n    query: fee\n    weight: 0\n", 5, "weight", "0"),
    ("file: f\nrules:\n  - id: a\n    query: fee\n    forms: perhaps\n", 5, "forms", "perhaps"),
    ("file: f\nrules:\n  - id: a\n    pattern: [{LOWER: fee}]\n    forms: true\n", 5, "no forms", "LEMMA"),
    ("file: f\nrules:\n  - id: a\n    phrases: []\n", 4, "empty", "at least one phrase"),
    ("file: f\nrules:\n  - id: a\n    phrases:\n      - fee\n      - '!!'\n", 6, "no letter or digit", "write a word"),
    ("file: f\n" + GOOD + "  - {id: a, query: tax}\n", 4, "appears twice", "rename"),
    ("file: f\n" + GOOD + "exclude:\n  - {id: a, query: tax}\n", 5, "appears twice", "rename"),
    ("file: f\n" + GOOD + "tests:\n  must: [{text: fee, rules: [b]}]\n", 5, "no rule 'b'", "known: a"),
    ("file: f\n" + GOOD + "tests:\n  must:\n    - {txt: fee}\n", 6, "text is missing", "add it"),
    ("file: f\n" + GOOD + "title: &x {en: fee}\nmessages: *x\n", 4, "anchors and aliases", "repeat the text"),
]


@pytest.fixture(scope="module")
def verdict(tmp_path_factory: pytest.TempPathFactory) -> Verdict:
    """The verdict on a desk with all mistakes of the three tables."""
    desk = tmp_path_factory.mktemp("wrong")
    (desk / "files").mkdir()
    (desk / "queues.yaml").write_text("queues: {q: {}}\nroutes: [{queue: q}]\n", encoding="utf-8")
    (desk / "feeds.opml").write_text("<opml version='2.0'><body/></opml>", encoding="utf-8")
    queries = [f"  - {{id: r{number}, query: {json.dumps(row[0])}}}" for number, row in enumerate(QUERIES)]
    patterns = [f"  - {{id: r{number}, pattern: {row[0]}}}" for number, row in enumerate(PATTERNS)]
    for name, lines in (("queries", queries), ("patterns", patterns)):
        text = "\n".join([f"file: {name}", "rules:", *lines, ""])
        (desk / "files" / f"{name}.yaml").write_text(text, encoding="utf-8")
    for number, (text, *_) in enumerate(FILES):
        path = desk / "files" / f"f{number:02}.yaml"
        path.write_text(text.replace("file: f\n", f"file: f{number:02}\n"), encoding="utf-8")
    return check(desk, {}, lambda title, text, declared: "en", now=datetime(2026, 11, 23, tzinfo=UTC))


def at(verdict: Verdict, file: str, line: int) -> list[Problem]:
    return [one for one in verdict.problems if (one.file, one.line) == (f"files/{file}.yaml", line)]


@pytest.mark.parametrize("number", range(len(QUERIES)), ids=[row[0][:24].strip() or "empty" for row in QUERIES])
def test_a_malformed_query_names_file_line_column_and_remedy(verdict: Verdict, number: int) -> None:
    _, column, message, remedy = QUERIES[number]
    (problem,) = at(verdict, "queries", 3 + number)
    assert problem.message.startswith(f"rule 'r{number}': column {column}: ")
    assert message in problem.message
    assert remedy in problem.remedy


@pytest.mark.parametrize("number", range(len(PATTERNS)), ids=[row[0][:24] for row in PATTERNS])
def test_a_malformed_pattern_names_file_line_and_remedy(verdict: Verdict, number: int) -> None:
    _, message, remedy = PATTERNS[number]
    (problem,) = at(verdict, "patterns", 3 + number)
    assert message in problem.message
    assert remedy in problem.remedy


@pytest.mark.parametrize("number", range(len(FILES)))
def test_a_malformed_file_names_line_and_remedy(verdict: Verdict, number: int) -> None:
    _, line, message, remedy = FILES[number]
    problems = [one for one in verdict.problems if one.file == f"files/f{number:02}.yaml"]
    assert problems and problems[0].line == line, problems
    assert message in problems[0].message
    assert remedy in problems[0].remedy


def test_all_are_reported_at_once_and_nothing_else(verdict: Verdict) -> None:
    assert len(QUERIES) + len(PATTERNS) + len(FILES) >= 60
    tables = {
        f"files/{name}.yaml" for name in ("queries", "patterns", *(f"f{number:02}" for number in range(len(FILES))))
    }
    assert {one.file for one in verdict.problems} == tables
    assert verdict.warnings == ()


def test_the_example_of_every_remedy_is_no_mistake_itself() -> None:
    """Remedies that show a whole query show one that works."""
    for source in (
        "passport* NOT hockey",
        "ATLEAST/3(fee)",
        "={Passport}",
        "SENTENCE(a b)",
        "site:(a.example OR b.example)",
    ):
        assert parse_query(source) is not None


def test_warnings_are_no_mistakes(tmp_path: Path) -> None:
    assert CliRunner().invoke(app, ["init", str(tmp_path / "desk")]).exit_code == 0
    path = tmp_path / "desk" / "files" / "more.yaml"
    path.write_text("file: more\nrules:\n  - {id: a, query: fee NOT fee}\n", encoding="utf-8")
    found = CliRunner().invoke(app, ["check", "--desk", str(tmp_path / "desk")])
    assert (found.exit_code, "1 warning(s)" in found.stdout) == (0, True)
    assert found.stderr.startswith("warning: files/more.yaml:3: rule 'a' can never match by fee AND (NOT fee)")
