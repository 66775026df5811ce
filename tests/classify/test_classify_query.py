"""The query language: what each operator finds, and what a mistake is told."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from classify.query import QueryError, parse_query
from classify.query.nodes import show
from tests.classify.classify_desk import query, quotes

PIECES = [
    "a",
    "impôt",
    "*",
    "?",
    "(",
    ")",
    '"',
    " ",
    " AND ",
    " OR ",
    " NOT ",
    " NEAR/3 ",
    " ONEAR/2 ",
    "title:",
    "x:",
    "-",
    "'",
]

FINDS = [
    ("passport", "My PASSPORT is late", ["PASSPORT"]),
    ("impôt", "L\u2019impôt monte", ["impôt"]),
    ("impot", "Les IMPÔTS et l'impôt", ["impôt"]),
    ("l'impôt", "payer l\u2019impot", ["l\u2019impot"]),
    ("d'État", "coup d\u2019État", ["d\u2019État"]),
    ('"wait time"', "a wait-time", ["wait-time"]),
    ("wait-time", "the wait time", ["wait time"]),
    ("passport*", "passports, passport", ["passports", "passport"]),
    ("organi?ation", "organisation organization organiation", ["organisation", "organization"]),
    ("*port", "passport report sport ports", ["passport", "report", "sport"]),
    ("im*tion", "immigration", ["immigration"]),
    ("a and b", "b and then a", ["b", "and", "a"]),
    ("fee OR cost", "the cost", ["cost"]),
    ("fee AND cost", "cost and fee", ["cost", "fee"]),
    ("fee cost", "cost of fee", ["cost", "fee"]),
    ("fee NOT cost", "a fee", ["fee"]),
    ("fee NOT NOT cost", "fee cost", ["fee", "cost"]),
    ("(fee OR tax) AND (rise OR grow)", "tax may grow", ["tax", "grow"]),
    ("fee OR tax rise", "fee", ["fee"]),
    ("fee NEAR/2 rise", "rise in fee", ["rise in fee"]),
    ("fee ONEAR/2 rise", "fee to rise", ["fee to rise"]),
    ("fee NEAR/1 fee", "fee fee", ["fee fee"]),
    ('(fee OR "the tax") NEAR/3 rise*', "the tax rises", ["the tax rises"]),
    ("a NEAR/2 b NEAR/2 c", "c x a b", ["c x a b"]),
    ("title:fee", "x", []),
    ("text:(fee OR tax)", "tax", ["tax"]),
    ("« droit de passage »", "un droit de passage", ["droit de passage"]),
    ("\u201cfee rise\u201d", "fee rise", ["fee rise"]),
    ('"AND"', "rock and roll", ["and"]),
    ("10:30", "at 10:30 sharp", ["10:30"]),
    ("https://example.org", "see https://example.org/x", ["https://example.org"]),
    ("ANDROID", "android phone", ["android"]),
    ("near/5", "near 5 houses", ["near 5"]),
]


@pytest.mark.parametrize(("source", "text", "expected"), FINDS)
def test_what_a_query_finds(source: str, text: str, expected: list[str]) -> None:
    assert quotes(query(source), "", text) == expected


@pytest.mark.parametrize(
    ("source", "text"),
    [
        ("fee AND cost", "fee"),
        ("fee NOT cost", "cost and fee"),
        ("fee NEAR/1 rise", "fee to rise"),
        ("fee ONEAR/5 rise", "rise of fee"),
        ("fee NEAR/5 fee", "fee"),
        ('"fee rise"', "rise fee"),
        ("fee", "coffee fees"),
        ("*port", "ports"),
        ("fee?", "fee"),
        ("title:fee", "fee"),
        ("NOT (a b) c", "a b c"),
    ],
)
def test_what_a_query_does_not_find(source: str, text: str) -> None:
    assert quotes(query(source), "", text) == []


def test_nothing_reaches_from_the_title_into_the_text() -> None:
    for source in ('"fee rise"', "fee NEAR/100 rise"):
        assert quotes(query(source), "the fee", "rise of") == []
    assert quotes(query("rise AND fee"), "the fee", "rise of") == ["fee", "rise"]
    assert quotes(query("title:fee AND text:rise"), "the fee", "rise of fee") == ["fee", "rise"]


MISTAKES = [
    ("", 1, "empty"),
    ("   ", 1, "empty"),
    ("(fee", 1, "never closed"),
    ("fee OR (tax", 8, "never closed"),
    ("fee)", 4, "never opened"),
    ('fee "wait time', 5, "never closed"),
    ("fee AND", 5, "nothing follows AND"),
    ("fee OR OR tax", 8, "OR has nothing on its left"),
    ("AND fee", 1, "AND has nothing on its left"),
    ("OR", 1, "nothing"),
    ("fee ()", 6, "missing before this bracket"),
    ("(fee OR )", 9, "missing before this bracket"),
    ("NOT fee", 1, "matches everything"),
    ("fee OR NOT tax", 1, "matches everything"),
    ("NOT", 1, "nothing follows NOT"),
    ("fee NEAR tax", 5, "no distance"),
    ("fee NEAR/x tax", 5, "no distance"),
    ("fee NEAR/0 tax", 5, "distance"),
    ("fee NEAR/101 tax", 5, "distance"),
    ("fee NEAR/99999999999999999999 tax", 5, "distance"),
    ("NEAR/5 tax", 1, "NEAR/5 has nothing on its left"),
    ("fee NEAR/5", 5, "nothing follows NEAR/5"),
    ("fee NEAR/5 NOT tax", 12, "cannot be followed by NOT"),
    ("fee NEAR/5 (tax AND rise)", 5, "cannot have AND or NOT"),
    ("url:fee", 1, "unknown field url:"),
    ("fee OR feed:x", 8, "unknown field feed:"),
    ("title:" * 3000 + "a", 17_989, "field inside"),
    ("titel:fee", 1, "did you mean title:"),
    ("title:", 1, "nothing follows title:"),
    ("title:(fee text:tax)", 1, "field inside"),
    ("*", 1, "any word"),
    ("fee * tax", 5, "any word"),
    ("*ab", 1, "fewer than 3"),
    ("fee !!!", 5, "no letter or digit"),
    ('fee ""', 5, "no letter or digit"),
    ("(" * 41 + "a" + ")" * 41, 41, "deeper than 40"),
    ("a " * 10_001, 20_000, "longer than"),
    ("a" + " NEAR/2 a" * 11, 3, "more than 10 NEAR"),
]


@pytest.mark.parametrize(("source", "column", "message"), MISTAKES, ids=[one[0][:20] or "empty" for one in MISTAKES])
def test_a_mistake_names_its_column_and_a_remedy(source: str, column: int, message: str) -> None:
    with pytest.raises(QueryError) as caught:
        parse_query(source)
    assert message in str(caught.value)
    assert caught.value.column == column
    assert caught.value.remedy


@pytest.mark.parametrize(
    ("source", "shown"),
    [
        ("a b OR c", "(a AND b) OR c"),
        ("a NOT b", "a AND (NOT b)"),
        ("title:(a OR b)", "title:a OR title:b"),
        ("a NEAR/3 (b OR c)", "a NEAR/3 (b OR c)"),
        ('a ONEAR/2 text:"b c"', 'a ONEAR/2 text:"b c"'),
        ("a OR (b OR a)", "a OR b"),
        ("wait**", "wait*"),
    ],
)
def test_precedence_as_it_is_read(source: str, shown: str) -> None:
    assert show(parse_query(source)) == shown


@settings(max_examples=100, deadline=None)
@given(st.lists(st.sampled_from(PIECES), max_size=12).map("".join) | st.text(max_size=30))
def test_any_text_is_a_query_or_a_query_error(source: str) -> None:
    try:
        node = parse_query(source)
    except QueryError as error:
        assert 1 <= error.column <= max(len(source), 1)
        assert error.message and error.remedy
    else:
        assert parse_query(show(node)) is not None
