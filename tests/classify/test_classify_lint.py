"""Warnings of ``gordon check``, and the proofs behind them, which no text may refute."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from classify.compile import compile_engine, places
from classify.lint import lint
from classify.query import parse_query
from classify.query.logic import Prover
from classify.query.nodes import And, AtLeast, Near, Node, Not, Or, Phrase, Scope, Word, show
from gordon.desk.schema import PolicyFile
from gordon.errors import Problem
from tests.classify.classify_desk import LEXICON, PIPELINES
from tests.classify.classify_oracle import oracle


def warnings(*rules: dict[str, Any], **more: Any) -> list[Problem]:
    entry = PolicyFile.model_validate({"file": "f", "rules": rules, **more})
    lines = {("rules",): 2, **{("rules", number): 3 + number for number in range(9)}, ("exclude", 0): 20}
    place_of = places({"f": "files/f.yaml"}, {"files/f.yaml": lines})
    engine, problems = compile_engine([entry], place_of, PIPELINES, LEXICON)
    assert engine is not None, problems
    return lint([entry], engine, place_of)


def said(query: str, **more: Any) -> str:
    return "; ".join(str(one) for one in warnings({"id": "q", "query": query, **more}))


IMPOSSIBLE = [
    "fee AND NOT fee",
    "fee NOT fe*",
    '"passport fee" NOT fee',
    "tax OR (fee NOT fee)",
    "fee NEAR/2 tax NOT (fee OR toll)",
    "SENTENCE(title:fee text:tax)",
    "PARAGRAPH(fee NOT fee)",
    "title:fee NEAR/3 text:tax",
    "SENTENCE(title:fee AND (text:tax OR text:toll))",
    "lang:en lang:fr fee",
    "site:a.example fee site:b.example",
    "ATLEAST/3(fee) NOT ATLEAST/2(fee OR tax)",
    "={Fee} NOT fee",
    "SENTENCE(fee tax) NOT PARAGRAPH(fee)",
    "lang:fr-CA fee NOT lang:fr",
]


@pytest.mark.parametrize("query", IMPOSSIBLE)
def test_what_cannot_match_is_said(query: str) -> None:
    assert "can never match" in said(query)


FINE = [
    "fee NOT tax",
    "fee* NOT fee",
    'fee NOT "fee rise"',
    "title:fee NOT text:fee",
    "title:fee text:fee",
    "SENTENCE(fee NOT tax) tax",
    "site:a.b.example fee site:b.example",
    "ATLEAST/2(fee) NOT ATLEAST/3(fee)",
    "fee NOT ={Fee}",
    "PARAGRAPH(fee tax) NOT SENTENCE(fee tax)",
    "fee NOT SENTENCE(fee tax)",
    "SENTENCE(title:fee OR text:tax)",
    '"de la fee"',
    "the AND fee",
    "={It}",
]


@pytest.mark.parametrize("query", FINE)
def test_what_is_fine_has_no_warning(query: str) -> None:
    assert said(query) == ""


BROAD = [
    "the",
    "le",
    "government OR fee",
    "gouvernement",
    "a*",
    "x",
    '"de la"',
    "the NEAR/5 of",
    "lang:fr",
    "ATLEAST/3(the)",
]


@pytest.mark.parametrize("query", BROAD)
def test_what_is_in_most_texts_is_said(query: str) -> None:
    assert "is very broad" in said(query)


@pytest.mark.parametrize(
    ("query", "more", "expected"),
    [
        ("*port fee", {}, "only end alike"),
        ("site:a.example", {}, "runs on every mention"),
        ("fee lang:fr", {"lang": "en"}, "it is for en only and asks for lang:fr"),
        ("fee", {"lang": "en"}, "1 rule(s) are for English only, none for French"),
        ("frais", {"lang": "fr"}, "1 rule(s) are for French only, none for English"),
    ],
)
def test_other_warnings(query: str, more: dict[str, Any], expected: str) -> None:
    assert expected in said(query, **more)


COVERED = [
    ("fee", "fee*"),
    ('"passport fee"', "fee"),
    ("fee NEAR/3 tax", "fee NEAR/5 tax"),
    ("fee ONEAR/3 tax", "tax NEAR/3 fee"),
    ('"a fee rise"', '"fee rise"'),
    ("fee tax", "fee"),
    ("fee", "fee OR tax"),
    ("SENTENCE(fee tax)", "fee AND tax"),
    ("SENTENCE(fee tax)", "PARAGRAPH(fee)"),
    ("ATLEAST/3(fee)", "ATLEAST/2(fee OR tax)"),
    ("={Fee}", "fee"),
    ("title:fee", "fee"),
    ("feet*", "fee*"),
    ("fee NOT tax*", "fee NOT tax"),
    ("SENTENCE(fee NOT tax)", "fee"),
    ("lang:fr-ca fee", "lang:fr fee"),
    ('"fee a rise"', "rise NEAR/2 fee"),
    ("ATLEAST/4(fee)", "ATLEAST/1(fee)"),
    ("fee OR tax", "tax* OR fee"),
    ("(fee OR toll) NEAR/2 tax", "tax NEAR/2 (toll OR fee OR levy)"),
]


@pytest.mark.parametrize(("narrow", "wide"), COVERED)
def test_a_rule_that_another_always_covers_is_said(narrow: str, wide: str) -> None:
    for rules in ((narrow, wide), (wide, narrow)):
        found = warnings(*({"id": f"r{rules.index(one)}", "query": one} for one in rules))
        name = rules.index(narrow)
        shadowed = [one for one in found if "finds nothing" in one.message]
        assert [(one.line, one.message.split("'")[1]) for one in shadowed] == [(3 + name, f"r{name}")]


def test_of_two_rules_alike_the_second_is_said_and_languages_count() -> None:
    (one,) = warnings({"id": "a", "query": "toll OR levy"}, {"id": "b", "phrases": ["levy", "toll"]})
    assert (one.line, "rule 'a'" in one.message) == (4, True)
    assert warnings({"id": "a", "query": "toll", "lang": "en"}, {"id": "b", "query": "toll", "lang": "fr"}) == []
    (two,) = warnings(
        {"id": "a", "query": "toll", "lang": "en"},
        {"id": "b", "query": "toll"},
        {"id": "c", "lang": "fr", "query": "pont"},
    )
    assert two.line == 3


def test_a_rule_that_is_always_excluded_is_said() -> None:
    (one,) = warnings({"id": "a", "query": '"hockey passport"'}, exclude=[{"id": "b", "query": "hockey"}])
    assert (one.line, "never counts: exclude rule 'b'" in one.message) == (3, True)
    assert warnings({"id": "a", "query": "hockey"}, exclude=[{"id": "b", "query": '"hockey puck"'}]) == []


def test_token_patterns_are_only_counted() -> None:
    (one,) = warnings({"id": "a", "pattern": [{"IS_DIGIT": True}]}, {"id": "b", "query": "toll"})
    assert "runs on every mention" in one.message


def test_a_prover_out_of_steps_proves_nothing() -> None:
    node, other = parse_query("fee tax"), parse_query("fee")
    assert Prover().implies(node, other)
    assert not Prover(steps=1).implies(node, other)


def _or(inner: st.SearchStrategy[Node]) -> st.SearchStrategy[Node]:
    return st.lists(inner, min_size=2, max_size=2).map(lambda parts: Or(tuple(parts)))


word = st.builds(
    Word,
    st.sampled_from(["a", "b", "a*", "ab"]),
    st.sampled_from(["", "", "text"]),
)
phrase = st.lists(word, min_size=2, max_size=3).map(lambda words: Phrase(tuple(words)))
place = st.recursive(
    word | phrase,
    lambda inner: st.builds(Near, inner, inner, st.integers(1, 3), st.booleans()) | _or(inner),
    max_leaves=3,
)


def _boolean(inner: st.SearchStrategy[Node]) -> st.SearchStrategy[Node]:
    both = st.lists(inner, min_size=2, max_size=2).map(lambda parts: And(tuple(parts)))
    return both | _or(inner) | inner.map(Not)


part = st.recursive(place | st.builds(AtLeast, word | phrase, st.integers(1, 3)), _boolean, max_leaves=3)
tree = st.recursive(
    part | st.builds(Scope, part, st.sampled_from(["sentence", "paragraph"]), st.sampled_from(["", "text"])),
    _boolean,
    max_leaves=3,
)
text = st.lists(st.sampled_from(["a", "b", "ab", "c", ".", "\n\n"]), max_size=9).map(" ".join)


@settings(max_examples=60, deadline=None)
@given(tree, st.lists(tree, min_size=1, max_size=5), st.lists(st.tuples(text, text), min_size=2, max_size=2))
def test_no_text_refutes_a_proof(node: Node, others: list[Node], texts: list[tuple[str, str]]) -> None:
    prover = Prover()
    pieces = [
        node,
        *others,
        *(And((node, other)) for other in others[:3]),
        *(Or((node, other)) for other in others[:3]),
    ]
    for left in pieces:
        follows = [right for right in pieces if prover.implies(left, right)]
        for title, body in texts:
            if oracle(left, title, body):
                assert all(oracle(right, title, body) for right in follows), show(left)
        if prover.impossible(left) is left:
            assert not any(oracle(left, title, body) for title, body in texts)
