"""The engine against the naive evaluator, on random queries and texts, English and French."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec import structs

from classify.compile import compile_engine
from classify.compile import places as yaml_places
from classify.document import About, Document
from classify.matchers.query import QueryMatcher
from classify.matchers.spacy_runtime import Pipelines
from classify.query import compile_query, parse_query
from classify.query.nodes import (
    And,
    AtLeast,
    Exact,
    Meta,
    Near,
    Node,
    Not,
    Or,
    Phrase,
    Scope,
    Word,
    mapped,
    matches_nothing_said,
    show,
    walk,
)
from classify.rules import CompiledRule
from classify.select import Selector
from classify.selftest import sample
from classify.text import GAP
from gordon.desk.schema import PolicyFile, Rule
from gordon.events import Mention
from tests.classify.classify_oracle import book, oracle, places, plain

SPELLINGS = [
    "fee",
    "Fees",
    "impôt",
    "impots",
    "wait",
    "time",
    "l",
    "État",
    "etat",
    "cœur",
    "a",
    "\uff30\uff21\uff33\uff33",
    "ﬁn",
]
PATTERNS = ["fee", "fees", "impot", "wait", "time", "l", "etat", "coeur", "a", "pass", "fin"]
WILD = ["fee*", "f?e", "*mpo?s", "e*t", "imp*t*", "t?m*", "wa??"]
WRITTEN = [
    "fee",
    "Fees",
    "impôt",
    "l'impôt",
    "l\u2019Impôt",
    "wait-time",
    "wait time",
    "wait, time",
    "a.",
    "(a",
    "État",
]
JOINTS = [" ", "-", "\u2019", "'", ", ", " — ", ". ", "\n", "\u00a0", "\n\n", "! ", " ("]

text = st.lists(st.tuples(st.sampled_from(SPELLINGS), st.sampled_from(JOINTS)), max_size=14).map(
    lambda pairs: "".join(word + joint for word, joint in pairs)
)
word = st.builds(Word, st.sampled_from([*PATTERNS, *WILD]))
phrase = st.lists(word, min_size=2, max_size=3).map(lambda words: Phrase(tuple(words)))


def as_exact(written: str) -> Exact:
    words = [Word(found) for found in plain(written).split()]
    return Exact(words[0] if len(words) == 1 else Phrase(tuple(words)), written)


exact = st.sampled_from(WRITTEN).map(as_exact)


def near(operand: st.SearchStrategy[Node]) -> st.SearchStrategy[Node]:
    return st.builds(Near, operand, operand, st.integers(1, 5), st.booleans())


def any_of(operand: st.SearchStrategy[Node]) -> st.SearchStrategy[Node]:
    return st.lists(operand, min_size=2, max_size=3, unique=True).map(lambda parts: Or(tuple(parts)))


positional = st.recursive(word | phrase | exact, lambda inner: near(inner) | any_of(inner), max_leaves=4)


def boolean(inner: st.SearchStrategy[Node]) -> st.SearchStrategy[Node]:
    both = st.lists(inner, min_size=2, max_size=3, unique=True).map(lambda parts: And(tuple(parts)))
    return both | any_of(inner) | inner.map(Not)


counted = st.builds(AtLeast, word | phrase | exact | any_of(word | phrase), st.integers(1, 4))
sentence = st.builds(Scope, st.recursive(positional | counted, boolean, max_leaves=4), st.just("sentence"))
inside = st.recursive(positional | counted | sentence, boolean, max_leaves=4)
scope = sentence | st.builds(Scope, inside, st.just("paragraph"))
meta = st.sampled_from(
    [
        Meta("site", ("blog.example",)),
        Meta("site", ("example",)),
        Meta("url", ("impot", "f*")),
        Meta("url", ("n?ws",)),
        Meta("feed", ("city-*",)),
        Meta("author", ("zoe",)),
        Meta("lang", ("fr",)),
        Meta("lang", ("fr-ca",)),
        Meta("lang", ("und",)),
    ]
)
abouts = st.builds(
    About,
    st.sampled_from(["", "https://www.blog.example/news/imp%C3%B4t-fonc", "http://myblog.example:81/?q=news", "x:"]),
    st.sampled_from(["", "city-news", "city"]),
    st.sampled_from(["", "Zoé Roy"]),
    st.sampled_from(["", "en", "fr", "fr-CA", "fro"]),
)
query = st.recursive(positional | counted | scope, boolean, max_leaves=5).filter(
    lambda node: not matches_nothing_said(node)
)
known = st.recursive(positional | scope | meta | meta, boolean, max_leaves=5).filter(
    lambda node: not matches_nothing_said(node)
)
fielded = st.tuples(query, st.sampled_from(["", "", "title", "text"]))


def written(node: Node, field: str) -> str:
    return f"{field}:({show(node)})" if field else show(node)


def mention(title: str, body: str, about: About) -> Mention:
    url, feed, author, language = about
    return structs.replace(sample(title, body, language), url=url, feed=feed, author=author or None)


@settings(max_examples=100, deadline=None)
@given(fielded, text, text)
def test_engine_agrees_with_the_oracle(drawn: tuple[Node, str], title: str, body: str) -> None:
    source = written(*drawn)
    rule = Rule(id="r", query=source)
    engine, problems = compile_engine([PolicyFile(file="f", rules=(rule,))], yaml_places({}, {}), Pipelines())
    assert engine is not None and not problems
    assert bool(engine.tag(sample(title, body, "en"))) == oracle(parse_query(source), title, body)


@settings(max_examples=100, deadline=None)
@given(known, text, text, abouts)
def test_fields_beside_title_and_text_agree_with_the_oracle(node: Node, title: str, body: str, about: About) -> None:
    rule = Rule(id="r", query=show(node))
    engine, problems = compile_engine([PolicyFile(file="f", rules=(rule,))], yaml_places({}, {}), Pipelines())
    assert engine is not None and not problems
    assert bool(engine.tag(mention(title, body, about))) == oracle(parse_query(show(node)), title, body, about)


@settings(max_examples=60, deadline=None)
@given(query, text, text, st.integers(0, 3))
def test_forms_count_as_the_word(node: Node, title: str, body: str, number: int) -> None:
    def more(one: Node) -> Node:
        if isinstance(one, Word):
            return one if one.wild else replace(one, forms=tuple(PATTERNS[number : number + 3]))
        return one if isinstance(one, Exact) else mapped(one, more)

    found = compile_query(more(node))
    document = Document(title, body)
    if oracle(found.node, title, body):
        assert Selector([CompiledRule("f", "r", None, 1, False, QueryMatcher(found))]).candidates(document) == {0}
    assert (found.run(document, 3) is not None) == oracle(found.node, title, body)


@settings(max_examples=100, deadline=None)
@given(
    positional | counted | scope.filter(lambda node: not any(isinstance(one, Not) for one in walk(node))), text, text
)
def test_spans_are_those_of_the_oracle(node: Node, title: str, body: str) -> None:
    document = Document(title, body)
    spans = compile_query(node).run(document, 0)
    expected = places(node, book(title, body))
    found = None if spans is None else {_place(span, len(plain(title).split())) for span in spans}
    assert found == expected
    for span in spans or ():
        field, first, last = _place(span, len(plain(title).split()))
        source = title if field == "title" else body
        hit = document.hit(span)
        assert hit.field == field
        assert plain(source[hit.start : hit.end]).split() == plain(source).split()[first : last + 1]


def _place(span: tuple[int, int], in_title: int) -> tuple[str, int, int]:
    """A span as the oracle counts: each field from 0."""
    first, last = span
    return ("title", first, last) if first < in_title else ("text", first - in_title - GAP, last - in_title - GAP)


@settings(max_examples=100, deadline=None)
@given(query)
def test_what_is_shown_reads_back_as_the_same(node: Node) -> None:
    title, body = "fee fees impot wait", "time l etat coeur a pass fin fee impots"
    assert oracle(parse_query(show(node)), title, body) == oracle(node, title, body)


@settings(max_examples=60, deadline=None)
@given(st.lists(fielded, min_size=1, max_size=8), text, text)
def test_many_rules_together_fire_like_each_alone(drawn: list[tuple[Node, str]], title: str, body: str) -> None:
    rules = tuple(Rule(id=f"r{number}", query=written(*one)) for number, one in enumerate(drawn))
    engine, _ = compile_engine([PolicyFile(file="f", rules=rules)], yaml_places({}, {}), Pipelines())
    assert engine is not None
    expected = {rule.id for rule in rules if oracle(parse_query(str(rule.query)), title, body)}
    (report,) = engine.explain(sample(title, body, "fr"))
    assert {one.rule for one in report.rules if one.fired} == expected
    tags = engine.tag(sample(title, body, "fr"))
    assert sum(tag.score for tag in tags) == len(expected)
