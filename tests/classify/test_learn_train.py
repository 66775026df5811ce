"""What is learnt from samples: the same twice, honest about itself, and nothing from too little."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest

from classify.learn.model import encode
from classify.learn.samples import FEWEST, Decided, Sample, examples_digest, gather
from classify.learn.train import UNTOLD, learn
from gordon.desk.schema import PolicyFile
from tests.classify.learn_texts import FILES, model, samples, text

RULES = [{"id": "r", "query": "unheard"}]


def english(title: str, body: str, declared: str) -> str:
    return declared or "en"


def file(name: str, yes: Sequence[str] = (), no: Sequence[str] = (), **more: Any) -> PolicyFile:
    return PolicyFile.model_validate({"file": name, "rules": RULES, "examples": {"yes": yes, "no": no}, **more})


def test_two_runs_give_the_same_bytes_whatever_the_order_of_the_files() -> None:
    first = encode(model())
    assert encode(model()) == first
    again = learn(samples(), dict.fromkeys(reversed(FILES), "taught"))
    assert encode(again) == first


def test_every_file_is_learnt_in_both_languages() -> None:
    learnt = model()
    assert [entry.file for entry in learnt.files] == sorted(FILES) and not learnt.unlearnt
    by_place = {(trial.file, trial.language): trial for trial in learnt.trials}
    assert set(by_place) == {(name, language) for name in FILES for language in ("", "en", "fr")}
    for (_, language), trial in by_place.items():
        assert (trial.yes, trial.no) == ((24, 72) if not language else (12, 36))
        assert trial.tp + trial.fn == trial.yes and trial.tp >= 0.8 * trial.yes and trial.fp <= 2


def test_trials_are_of_texts_that_were_held_back() -> None:
    """Labels dealt out by chance cannot be learnt; a model tried on its own texts would seem to."""
    dealt = [replace(one, yes=frozenset({"chance"}) if n % 2 else frozenset()) for n, one in enumerate(samples())]
    assert learn(dealt, {"chance": ""}).unlearnt == {"chance": UNTOLD}
    (kept,) = learn(dealt, {"chance": ""}, doubtful=True).files or (None,)
    assert kept is None or kept.threshold == 0.9999


@pytest.mark.parametrize("count", [0, 1, FEWEST - 1])
def test_too_few_examples_are_not_learnt_and_say_the_remedy(count: int) -> None:
    few = [one for one in samples() if not one.yes] + samples()[:count]
    learnt = learn(few, {"ferries": ""})
    assert not learnt.files and "examples.yes" in learnt.unlearnt["ferries"]


def test_too_few_other_texts_are_not_learnt_either() -> None:
    few = [one for one in samples() if one.yes == {"ferries"}] + [one for one in samples() if not one.yes][:7]
    assert "examples.no" in learn(few, {"ferries": ""}).unlearnt["ferries"]


def test_a_text_without_words_can_be_among_the_samples() -> None:
    empty = Sample("", "the of", "en", frozenset(), frozenset(), alone=True)
    assert len(learn([*samples(), empty], dict.fromkeys(FILES, "")).files) == len(FILES)


def test_nothing_at_all_teaches_nothing() -> None:
    assert not learn([], {"ferries": ""}).files


def test_an_example_of_one_file_is_none_of_the_others() -> None:
    desk = [file("a", ["red"], ["blue"], tests={"must_not": [{"text": "grey"}]}), file("b", ["green", "Red!"])]
    found = {one.text: one for one in gather(desk, [], english)}
    assert {name: found["red"].says(name) for name in "ab"} == {"a": True, "b": False}
    assert {name: found["green"].says(name) for name in "ab"} == {"a": False, "b": True}
    assert {name: found["blue"].says(name) for name in "ab"} == {"a": False, "b": None}
    assert {name: found["grey"].says(name) for name in "ab"} == {"a": False, "b": None}


def test_one_text_in_two_places_is_one_sample_and_yes_wins() -> None:
    desk = [file("a", ["Été  chaud"], ["froid"]), file("b", ["ete  CHAUD"], ["été  chaud"])]
    hot, cold = sorted(gather(desk, [Decided(text="froid", files=("b",), title=None)], english), key=lambda s: s.text)[
        ::-1
    ]
    assert hot.yes == {"a", "b"} and not hot.no
    assert {name: cold.says(name) for name in "ab"} == {"a": False, "b": True}


def test_a_decision_speaks_of_every_file() -> None:
    (line,) = gather([file("a"), file("b")], [Decided(text="x", files=("b", "gone"), language="fr")], english)
    assert (line.says("a"), line.says("b"), line.language) == (False, True, "fr") and line.yes == {"b"}


def test_the_order_of_samples_hangs_on_their_texts_alone() -> None:
    one, two = file("a", ["red", "green"]), file("b", ["blue"])
    assert gather([one, two], [], english) == gather([two, file("a", ["green", "red"])], [], english)
    assert not gather([file("a", ["", "  "])], [], english)


def test_the_digest_changes_with_what_a_file_teaches_and_with_nothing_else() -> None:
    base = file("a", ["red"], ["blue"])
    assert examples_digest(base) == examples_digest(base.model_copy(update={"title": base.title}))
    others = [
        file("a", ["red", "x"], ["blue"]),
        file("a", ["red"], []),
        file("a", ["red", "blue"]),
        file("a", ["red"], ["blue"], tests={"must_not": [{"text": "x"}]}),
    ]
    assert len({examples_digest(one) for one in [base, *others]}) == 5
    assert text("ferries", "en", 1) != text("ferries", "en", 2)
