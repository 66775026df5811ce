"""The query language: what each operator finds, and what a mistake is told."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec import structs

from classify.query import QueryError, parse_query
from classify.query.nodes import show
from classify.selftest import sample
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
    "={",
    "}",
    " SENTENCE(",
    " ATLEAST/2(",
    " site:",
    "lang:",
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
    ('"near/5"', "near 5 houses", ["near 5"]),
    ("sentence (fee)", "fee per sentence", ["fee", "sentence"]),
    ("SENTENCE(fee AND tax)", "A fee. Tax! The tax is a fee.", ["tax", "fee"]),
    ("SENTENCE (fee NOT tax)", "A fee, a tax. A fee.", ["fee"]),
    ("SENTENCE(fee AND (rise OR NOT tax))", "fee tax. fee rise\nfee", ["fee", "rise", "fee"]),
    ("PARAGRAPH(fee tax)", "A fee.\nA tax.", ["fee", "tax"]),
    ("PARAGRAPH(SENTENCE(fee tax) rise)", "fee tax.\n\nrise. fee tax.", ["rise", "fee", "tax"]),
    ("NOT SENTENCE(fee tax) fee", "A fee. A tax.", ["fee"]),
    ("text:SENTENCE(fee tax)", "fee tax", ["fee", "tax"]),
    ("ATLEAST/2(fee)", "fee, FEE", ["fee", "FEE"]),
    ('ATLEAST/2("a a")', "a a a a", ["a a", "a a", "a a"]),
    ("ATLEAST/3(fee OR tax)", "fee tax fee", ["fee", "tax", "fee"]),
    ("={Passport}", "passport Passport PASSPORT", ["Passport"]),
    (
        "={l'impôt sur le revenu}",
        "l\u2019impôt sur\nle\u00a0revenu, l'impot sur le revenu",
        ["l\u2019impôt sur\nle\u00a0revenu"],
    ),
    ("={É\u00c9t\u00e9}", "E\u0301E\u0301te\u0301 éété", ["E\u0301E\u0301te\u0301"]),
    ("={C++}", "c++ C C++", ["C"]),
    ("={(re)open!}", "(re)open (re)open!", ["re)open"]),
    ("={«\u00a0Oui\u00a0»}", "« Oui », Oui", ["Oui"]),
    ("={Wait} NEAR/2 ={time}", "wait, Wait, time", ["Wait, time"]),
    ("text:={Fee}", "Fee", ["Fee"]),
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
        ("SENTENCE(fee tax)", "A fee. A tax."),
        ("SENTENCE(fee tax)", "fee\ntax"),
        ("SENTENCE(fee NOT tax)", "A fee, a tax."),
        ("title:SENTENCE(fee tax)", "fee tax"),
        ("PARAGRAPH(fee tax)", "fee\n \r\n\ttax"),
        ("PARAGRAPH(fee tax)", "fee\u2029tax"),
        ("ATLEAST/2(fee)", "a fee"),
        ('ATLEAST/2("a a")', "a a a"),
        ('ATLEAST/2(fee OR "fee rise")', "fee rise"),
        ("={Passport}", "Passports PASSPORT passport"),
        ("={impôt}", "impot"),
        ("={wait-time}", "wait time"),
        ("={C++}", "C+ +"),
        ("={fin}", "\ufb01n"),
    ],
)
def test_what_a_query_does_not_find(source: str, text: str) -> None:
    assert quotes(query(source), "", text) == []


def test_nothing_reaches_from_the_title_into_the_text() -> None:
    for source in ('"fee rise"', "fee NEAR/100 rise"):
        assert quotes(query(source), "the fee", "rise of") == []
    assert quotes(query("rise AND fee"), "the fee", "rise of") == ["fee", "rise"]
    assert quotes(query("title:fee AND text:rise"), "the fee", "rise of fee") == ["fee", "rise"]
    for source in ("SENTENCE(fee rise)", "PARAGRAPH(fee rise)"):
        assert quotes(query(source), "the fee", "rise of") == []
        assert quotes(query(source), "A fee. A rise.", "") == ["fee", "rise"]


KNOWN = [
    ("site:blog.example", True),
    ("site:www.blog.example", True),
    ("site:example", True),
    ("site:log.example", False),
    ("site:news.blog.example", False),
    ("site:(other.example OR blog.example)", True),
    ("url:impôt", True),
    ('url:"2026/impot-foncier"', True),
    ("url:fonc*", True),
    ("url:foncier-2026", False),
    ("feed:city-news", True),
    ("feed:CITY-*", True),
    ("feed:city", False),
    ("author:zoe", True),
    ('author:"zoé r?y"', True),
    ('author:"roy zoé"', False),
    ("lang:fr", True),
    ("lang:fr-CA", True),
    ("lang:fr-FR", False),
    ("lang:(en OR und)", False),
    ("fee NOT site:blog.example", False),
    ("fee NOT lang:en", True),
    ("title:fee url:impot", False),
]


@pytest.mark.parametrize(("source", "fires"), KNOWN)
def test_fields_of_the_mention(source: str, fires: bool) -> None:
    mention = structs.replace(
        sample("", "a fee", "fr-CA"),
        url="https://www.Blog.Example:8080/2026/imp%C3%B4t-foncier?a=1",
        feed="city-news",
        author="Zoé Roy",
    )
    assert bool(query(source).tag(mention)) == fires


def test_a_host_with_accents_is_known_by_both_spellings() -> None:
    for url in ("https://québec.example/", "https://xn--qubec-csa.example/"):
        assert query("site:Québec.example").tag(structs.replace(sample("", "", "fr"), url=url))
    assert not query("site:a.example").tag(structs.replace(sample("", "", "fr"), url="https://[bad"))


def test_a_query_of_fields_of_the_mention_alone_always_runs() -> None:
    assert [rule.id for rule in query("site:a.example NOT lang:fr").always_run] == ["q"]
    assert query("site:a.example AND fee").always_run == ()


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
    ("link:fee", 1, "unknown field link:"),
    ("fee OR blog:x", 8, "unknown field blog:"),
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
        ("SENTENCE(a b OR c)", "SENTENCE((a AND b) OR c)"),
        ("title:SENTENCE(a NOT b)", "title:SENTENCE(a AND (NOT b))"),
        ("text:ATLEAST/2(a OR ={B})", "ATLEAST/2(text:a OR text:={B})"),
        ("={a « b » “c” (d)}", "={a « b » “c” (d)}"),
        ('a Site:"B.Example" OR LANG:fr_CA', "(a AND site:b.example) OR lang:fr-ca"),
        ('url:(a OR "b c")', 'url:a OR url:"b c"'),
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
