"""The rule sets and texts that speed is measured with: the same at every run, compilable, and neither idle nor
everywhere."""

from collections import Counter

from bench import rule_sets
from classify.compile import compile_engine, places
from classify.matchers.spacy_runtime import Pipelines
from classify.text import words


def test_sets_and_texts_are_the_same_at_every_run() -> None:
    assert rule_sets.rules(50) == rule_sets.rules(80)[:50]
    assert rule_sets.mentions(5) == rule_sets.mentions(8)[:5]
    assert rule_sets.rules(50, seed=1) != rule_sets.rules(50)
    assert rule_sets.mentions(5, seed=1) != rule_sets.mentions(5)


def test_rules_are_of_all_kinds_and_both_languages() -> None:
    made = rule_sets.rules(300)
    said = " ".join(rule.get("query", "") for rule in made)
    assert {rule["lang"] for rule in made} == {"en", "fr"}
    assert all(sign in said for sign in (" AND ", " OR ", " NEAR/", " ONEAR/", " NOT title:", "* ", '"'))
    assert 50 < sum("phrases" in rule for rule in made) < 150


def test_texts_have_2_to_3_thousand_letters_of_both_languages() -> None:
    made = rule_sets.mentions(60)
    assert all(2_000 <= len(one.text) <= 3_000 for one in made)
    assert {one.language for one in made} == {"en", "fr"}


def test_words_are_as_frequent_as_zipf_says() -> None:
    known = rule_sets.vocabulary("en")
    said = Counter(word for one in rule_sets.mentions(200) if one.language == "en" for word in words(one.text))
    assert len(set(rule_sets.vocabulary("fr"))) == rule_sets.VOCABULARY
    assert 25 < said[known[0]] / said[known[99]] < 55


def test_all_rules_compile_and_tag_some_texts() -> None:
    made = [*rule_sets.rules(400), *rule_sets.frequent(40)]
    engine, problems = compile_engine(rule_sets.files(made), places({}, {}), Pipelines())
    assert problems == []
    assert engine is not None
    assert len(engine.rules) == 440
    assert engine.always_run == ()
    tagged = [bool(engine.tag(one)) for one in rule_sets.mentions(80)]
    assert 0 < sum(tagged) < 60
