"""Terms of a text: the same whatever the case, accents and endings; counted and located alike, offsets exact."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from classify.learn.terms import MAX_READ, PAIR, PAIR_WEIGHT, Terms, stem

TEXTS = st.text(alphabet=st.sampled_from("ab éÉœ ç'-\u2019\u00ad.\n1 le la of the x\ufb01\U0001f600"), max_size=80)


def keys(title: str, text: str) -> set[int]:
    return set(Terms().counted(title, text)[0].tolist())


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("passport delays", "PASSPORT delay"),
        ("la récolte des pommes", "recoltes, pomme"),
        ("l'impôt provincial", "impôts provinciaux"),
        ("traveller's ferry", "travellers ferry"),
    ],
)
def test_what_a_reader_takes_for_the_same_shares_its_terms(one: str, other: str) -> None:
    shared = keys("", one) & keys("", other)
    assert len(shared) >= 2


@pytest.mark.parametrize(
    ("word", "stemmed"),
    [
        ("harvests", "harvest"),
        ("pommes", "pomm"),
        ("fees", "fees"),
        ("2024s", "2024s"),
        ("nationaux", "nation"),
        ("national", "nation"),
    ],
)
def test_endings_go_but_four_letters_and_numbers_stay(word: str, stemmed: str) -> None:
    assert stem(word) == stemmed


def test_the_end_of_an_endless_word_is_not_read() -> None:
    assert stem("x" * 1_000_000) == stem("x" * 1_000)


def test_pairs_reach_over_function_words_but_not_from_title_to_text() -> None:
    assert keys("", "ministre de la santé") == keys("", "ministre santé")
    assert {key & 1 for key in keys("ferry", "")} == {0}
    assert not [key for key in keys("ferry", "island") if key & int(PAIR)]
    assert len([key for key in keys("", "ferry island") if key & int(PAIR)]) == 1


def test_terms_count_by_the_logarithm_and_pairs_half() -> None:
    found, values = Terms().counted("", "ferry ferry")
    by_kind = dict(zip((found & PAIR).tolist(), values.tolist(), strict=True))
    assert by_kind[0] == pytest.approx(1 + np.log(2))
    assert by_kind[1] == pytest.approx(PAIR_WEIGHT)


def test_nothing_to_read_has_no_terms() -> None:
    for nothing in ("", "   ", "the of and", "le la de", "\U0001f600", "\x00"):
        assert len(Terms().counted("", nothing)[0]) == 0
        assert not list(Terms().located("", nothing))


def test_only_the_beginning_is_read_to_the_end_of_a_word() -> None:
    text = "ferry " * MAX_READ + "orchard"
    assert keys("", text) == keys("", "ferry ferry")
    assert all(text[term.start : term.end].strip("fery ") == "" for term in Terms().located("", text))
    assert keys("", "a" * 2 * MAX_READ)


def test_memory_is_bounded_and_says_the_same() -> None:
    small, large = Terms(known=2), Terms()
    for text in ("ferry island harbour", "orchard cider", "ferry island harbour"):
        assert small.counted("", text)[0].tolist() == large.counted("", text)[0].tolist()


@given(TEXTS, TEXTS)
@settings(max_examples=100, deadline=None)
def test_every_counted_term_is_located_with_exact_offsets(title: str, text: str) -> None:
    terms = Terms()
    located = list(terms.located(title, text))
    assert {term.key for term in located} == set(terms.counted(title, text)[0].tolist())
    for term in located:
        source = title if term.field == "title" else text
        quote = source[term.start : term.end]
        assert quote == quote.strip() and term.key in keys("", quote)


@given(TEXTS)
@settings(max_examples=50, deadline=None)
def test_plain_and_foreign_texts_are_read_alike(text: str) -> None:
    assert keys("", text) == keys("", text + " \u00ab")
