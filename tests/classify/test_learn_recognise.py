"""Recognition in use: abstains, never overrides a rule or a veto, quotes exactly, and needs no scikit-learn."""

from __future__ import annotations

import subprocess
import sys
from functools import cache
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from classify.learn.recognise import MOST, Examples
from classify.selftest import sample
from classify.tagger import Tagger
from tests.classify.classify_desk import engine_of
from tests.classify.learn_texts import COMMON, FILES, WORDS, model, text

FERRY = {"en": "The captain left the harbour, and the ferry crossing was late.", "fr": "Le capitaine de la traversée."}


@cache
def examples() -> Examples:
    return Examples(model(), FILES)


@pytest.mark.parametrize("language", ["en", "fr"])
@pytest.mark.parametrize("subject", FILES)
def test_new_texts_of_a_file_are_recognised(subject: str, language: str) -> None:
    tags = [examples().recognise(sample("", text(subject, language, number), language), ()) for number in range(50, 70)]
    assert sum([tag.file for tag in found] == [subject] for found in tags) >= 18


@pytest.mark.parametrize(
    ("language", "body"),
    [
        ("en", "Snow closes the roads between two villages."),
        ("fr", "La neige ferme les routes entre deux villages."),
        ("en", ""),
        ("fr", "\U0001f600 \u202e"),
        ("", "x" * 10_000),
        *((language, text("", language, number)) for language in ("en", "fr") for number in range(50, 60)),
    ],
)
def test_it_abstains_from_other_texts(language: str, body: str) -> None:
    assert not examples().recognise(sample("", body, language), ())


def test_a_tag_carries_its_probability_its_threshold_and_its_model() -> None:
    (tag,) = examples().recognise(sample("Ferry", FERRY["en"], "en"), ())
    assert tag.learned is not None and tag.learned.model == examples().version
    assert 1 > tag.score == tag.learned.probability >= tag.learned.threshold >= 0.5
    likeness = {one.file: one for one in examples().likenesses(sample("Ferry", FERRY["en"], "en"))}
    assert set(likeness) == set(FILES)
    assert likeness["ferries"].probability == tag.score
    assert all(one.probability < one.threshold for name, one in likeness.items() if name != "ferries")


def test_the_evidence_names_the_words_that_moved_it() -> None:
    (tag,) = examples().recognise(sample("", FERRY["en"], "en"), ())
    quotes = [one.quote for one in tag.evidence]
    assert {"captain", "harbour", "crossing", "ferry"} <= set(" ".join(quotes).replace(",", "").split())
    assert "late" not in quotes and len(quotes) <= MOST


SUBJECT = st.sampled_from([word for words in WORDS.values() for word in words.split()])
OTHER = st.sampled_from(
    [
        *COMMON["en"].split(),
        *COMMON["fr"].split(),
        "e\u0301te\u0301",
        "\ufb01ne",
        "A\u00adpples",
        "\U0001f600",
        "l\u2019île",
    ]
)


@given(st.lists(st.one_of(SUBJECT, SUBJECT, OTHER), max_size=12), st.lists(st.one_of(SUBJECT, OTHER), max_size=30))
@settings(max_examples=100, deadline=None)
def test_quotes_are_letter_for_letter_and_do_not_overlap(title: list[str], body: list[str]) -> None:
    mention = sample(" ".join(title).upper(), " ".join(body), "fr")
    for tag in examples().recognise(mention, ()):
        spans = []
        for one in tag.evidence:
            assert one.rule == "examples"
            assert (mention.title if one.field == "title" else mention.text)[one.start : one.end] == one.quote
            assert one.quote.strip() == one.quote != ""
            spans.append((one.field, one.start, one.end))
        spans.sort()
        assert 1 <= len(spans) <= MOST
        assert all(a[0] != b[0] or a[2] <= b[1] for a, b in pairwise(spans))


@given(st.lists(st.sampled_from(WORDS["ferries", "en"].split()), min_size=1, max_size=6, unique=True))
@settings(max_examples=60, deadline=None)
def test_more_words_of_a_file_are_never_less_probable_beside_the_same_rest(words: list[str]) -> None:
    rest = "snow closes roads between villages"

    def odds(some: list[str]) -> float:
        found = examples().likenesses(sample("", " | ".join([*some, *rest.split()]), "en"))
        return next(one.probability for one in found if one.file == "ferries")

    assert odds(words) >= odds([]) and odds([]) < 0.5


def test_files_that_are_gone_or_settled_are_passed_over() -> None:
    mention = sample("", FERRY["en"], "en")
    assert not examples().recognise(mention, {"ferries"})
    assert not Examples(model(), {"orchards"}).recognise(mention, ())
    assert [one.file for one in Examples(model(), {"orchards"}).likenesses(mention)] == ["orchards"]
    assert Examples(model(), ()).likenesses(mention) == []


def test_it_never_overrides_a_rule_or_a_veto() -> None:
    engine = engine_of(
        {
            "file": "ferries",
            "rules": [{"id": "boat", "query": "vessel"}],
            "exclude": [{"id": "fairy", "query": "fairy OR fée"}],
        },
        {"file": "orchards", "rules": [{"id": "never", "query": "unheard"}]},
    )
    tagger = Tagger(engine, Examples(model(), engine.files))
    (learned,) = tagger.tag(sample("", FERRY["en"], "en")).files
    assert learned.file == "ferries" and learned.learned is not None
    (ruled,) = tagger.tag(sample("", FERRY["en"] + " A vessel.", "en")).files
    assert ruled.learned is None and ruled.score == 1 and {one.rule for one in ruled.evidence} == {"boat"}
    assert not tagger.tag(sample("", FERRY["fr"] + " Le port, le navire, le quai: une fée.", "fr")).files
    both = tagger.tag(sample("", "vessel; apples orchard harvest blossom cider trees pruning", "en")).files
    assert [(tag.file, tag.learned is None) for tag in both] == [("ferries", True), ("orchards", False)]


def test_a_long_text_is_read_in_bounded_time_and_still_recognised() -> None:
    body = " ".join(text("orchards", "en", number) for number in range(20_000))
    assert [tag.file for tag in examples().recognise(sample("", body, "en"), ())] == ["orchards"]


def test_recognition_needs_neither_scikit_learn_nor_scipy() -> None:
    code = "import classify.learn.recognise, gordon.app.learn, sys; print({'sklearn', 'scipy'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"
