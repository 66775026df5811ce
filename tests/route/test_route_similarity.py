"""What grouping compares: words, addresses, sketches of the wording, and what terms are worth."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from route.similarity import ONE, SHORT, SKETCH, Vocabulary, canonical, features, overlap, sketch
from route.words import fold, term


def test_case_accents_and_endings_do_not_count() -> None:
    assert fold("ÉTÉ") == "ete" == fold("ete")
    assert term("Passeports", "fr") == term("passeport", "fr") == "passeport"
    assert term("Délais", "fr") == term("delai", "fr")
    assert term("Offices", "en") == term("office", "und")
    assert [term(word, "en") for word in ("The", "x", "7", "2026")] == ["", "", "7", "2026"]
    assert term("a" * 50, "en") == "a" * 50


def weights(title: str, text: str = "") -> dict[str, float]:
    made = features(title, text, "en")
    return dict(zip(made.terms, made.weights, strict=True))


def test_titles_names_and_numbers_weigh_more() -> None:
    found = weights("beaver", "otter Badger 169")
    assert found["beaver"] > found["badger"] == found["169"] > found["otter"]
    assert list(found) == sorted(found, key=found.__getitem__, reverse=True)
    repeated = weights("", "otter otter otter otter badger")
    assert 1 < repeated["otter"] / repeated["badger"] < 4


def test_only_titles_count_pairs_of_words() -> None:
    assert "lower beaver" in weights("Lower Beaver")
    assert "lower beaver" not in weights("Flood", "Lower Beaver")


def test_longer_texts_weigh_less_on_the_whole() -> None:
    short, long = (sum(value**2 for value in weights("", text).values()) for text in (SEVEN, SEVEN + MORE))
    assert short == pytest.approx(ONE**2, rel=0.02)
    assert long < short
    assert SHORT == 7


SEVEN = "otter badger heron vole stoat newt grebe"
MORE = " " + " ".join(f"word{number}" for number in range(30))


@pytest.mark.parametrize(
    ("url", "place"),
    [
        ("https://www.Blog.example/a/b/?utm_source=x&id=7&b=1#part", "blog.example/a/b?b=1&id=7"),
        ("http://blog.example/a", "blog.example/a?"),
        ("https://blog.example/?p=12", "blog.example?p=12"),
        ("https://blog.example/", ""),
        ("https://blog.example", ""),
        ("urn:uuid:1", ""),
        ("http://[broken/a", ""),
        ("", ""),
    ],
)
def test_canonical_addresses(url: str, place: str) -> None:
    assert canonical(url) == place


def test_overlap_is_the_share_of_common_shingles() -> None:
    said = "a b c d e f g h i j k l"
    assert overlap(sketch(said), sketch(said)) == 1.0
    assert overlap(sketch(said), sketch(said.replace("l", "m"))) == pytest.approx(9 / 11)
    assert overlap(sketch("a b c"), sketch(said)) == overlap(sketch(""), sketch("")) == 0.0
    assert not sketch("a b c d e f g h i"), "seven shingles are no wording of their own"


@settings(max_examples=50, deadline=None)
@given(st.integers(0, 400))
def test_the_overlap_of_long_texts_is_a_fair_estimate(changed: int) -> None:
    words = [f"w{number}" for number in range(400)]
    other = [f"x{number}" if number < changed else word for number, word in enumerate(words)]
    made = [sketch(" ".join(said)) for said in (words, other)]
    common = max(0, 398 - changed)
    assert len(made[0]) == SKETCH
    assert overlap(*made) == pytest.approx(common / (2 * 398 - common), abs=0.25)


def test_rare_terms_are_worth_more_and_common_ones_less() -> None:
    vocabulary = Vocabulary(["passport"])
    vocabulary.documents = 2000
    office, flood, passport = vocabulary.worth(["office", "flood", "passport"], [2000, 0, 0])
    assert office < passport < flood == 1.0
