"""What changed between revisions: complete, readable, bounded."""

from __future__ import annotations

from datetime import UTC, datetime
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gordon.diff import Change, compare, history, render
from gordon.events import Mention

NOW = datetime(2026, 11, 22, tzinfo=UTC)


def mention(title: str, text: str, revision: int = 1) -> Mention:
    return Mention(
        id="m",
        revision=revision,
        feed="f",
        url="",
        title=title,
        text=text,
        language="en",
        seen=NOW,
        kind="new",
        flags=(),
    )


def changes(old: str, new: str) -> tuple[Change, ...]:
    return compare(mention("", old), mention("", new, 2)).changes


def lines(old: str, new: str) -> list[str]:
    return list(render(compare(mention("", old), mention("", new, 2))))


def test_a_word_that_changed_is_shown_with_what_stands_around() -> None:
    old = "The office opens.\n\nFees rise by 10 percent in May.\n\nThe end."
    (change,) = changes(old, old.replace("10", "12"))
    assert (change.field, change.old, change.new) == ("text", " 10", " 12")
    assert change.before.endswith("Fees rise by") and change.after == " percent in May.\n\nThe end."
    (line,) = lines("Les frais montent de 10 % en mai.", "Les frais montent de 12 % en mai.")
    assert line == "text: Les frais montent de [-10-] {+12+} % en mai."


def test_paragraphs_come_and_go() -> None:
    assert lines("One.\n\nTwo.", "One.\n\nNew.\n\nTwo.") == ["text: One. {+New.+} Two."]
    assert lines("One.\n\nOld.\n\nTwo.", "One.\n\nTwo.") == ["text: One. [-Old.-] Two."]
    assert lines("", "All") == ["text: {+All+}"]
    assert lines("Same", "Same") == []
    assert lines("One.\n\nTwo.", "One.\nTwo.") == ["text: One. [-¶-] Two."]


def test_the_title_comes_first() -> None:
    found = compare(mention("Old title", "a b"), mention("New title", "a c", 2))
    assert [one.field for one in found.changes] == ["title", "text"]
    assert list(render(found)) == ["title: [-Old-] {+New+} title", "text: a [-b-] {+c+}"]


def test_each_later_revision_is_compared_with_the_one_before_it() -> None:
    found = history([mention("a", ""), mention("b", "", 2), mention("c", "", 4)])
    assert [(one.since, one.revision, one.changes[0].new) for one in found] == [(1, 2, "b"), (2, 4, "c")]
    assert history([mention("a", "")]) == history([]) == ()


def test_long_stretches_are_cut_for_people() -> None:
    (line,) = render(compare(mention("", ""), mention("", "x" * 5000, 2)), most=10)
    assert line == "text: {+xxxxx … xxxxx+}"


TEXTS = st.lists(st.sampled_from(["a", "b", "é", " ", "  ", "\n", "\n\n", "\u2028", "word"]), max_size=30).map("".join)


@given(TEXTS, TEXTS)
@settings(max_examples=100, deadline=None)
def test_the_changes_make_the_new_text_of_the_old_one(old: str, new: str) -> None:
    at, made = 0, ""
    for change in changes(old, new):
        start = old.index(change.old, at) if not change.before else at
        while not (old[:start].endswith(change.before) and old.startswith(change.old + change.after, start)):
            start += 1
        made += old[at:start] + change.new
        at = start + len(change.old)
        assert change.old != change.new
    assert bool(changes(old, new)) == (old != new)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (" ".join("ab"[n * n % 7 % 2] for n in range(50_000)), " ".join("ab"[n % 2] for n in range(50_000))),
        ("\n".join("ab"[n * n % 7 % 2] for n in range(50_000)), "\n".join("ab"[n % 2] for n in range(50_000))),
        (" ".join(f"{n} x{n}" for n in range(8000)), " ".join(f"{n} y{n}" for n in range(8000))),
    ],
    ids=["one paragraph of two words", "many equal paragraphs", "every other word"],
)
def test_what_would_take_too_long_is_told_as_a_whole(old: str, new: str) -> None:
    (change,) = changes(old, new)
    start = old.index(change.old)
    assert old[:start] + change.new + old[start + len(change.old) :] == new


COMMON = ["le", "la", "de", "et", "the", "of", "and", "to", "in", "a"]


def article(edited: range) -> str:
    """200 paragraphs of common words and a few of their own; those of ``edited`` have another amount."""
    return "\n\n".join(
        " ".join(f"{COMMON[(n + m) % 10]} n{n}x{m}" for m in range(40)) + f" costs {99 if n in edited else 10} dollars"
        for n in range(200)
    )


@pytest.mark.parametrize("join", ["\n\n", " "], ids=["many paragraphs", "one paragraph"])
def test_few_edits_of_a_long_text_are_told_one_by_one(join: str) -> None:
    old, new = (article(edited).replace("\n\n", join) for edited in (range(0), range(3, 200, 5)))
    assert [(one.old, one.new) for one in changes(old, new)] == [(" 10", " 99")] * 40


def test_paragraphs_of_a_long_text_that_moved_are_told_where_they_are_now() -> None:
    parts = article(range(0)).split("\n\n")
    old, new = "\n\n".join(parts), "\n\n".join([*parts[:20], parts[150], *parts[20:150], *parts[151:]])
    moved = {part for one in changes(old, new) for part in (one.old.strip(), one.new.strip())}
    assert moved == {"", parts[150]}


@given(st.integers(0, 2**16))
@settings(max_examples=20, deadline=None)
def test_the_changes_of_what_is_too_long_to_compare_make_the_new_text(seed: int) -> None:
    chance = Random(seed)
    old = [f"w{chance.randrange(700)}" for _ in range(900)] + COMMON * 200
    chance.shuffle(old)
    new = [word for word in old if chance.random() < 0.98]
    before, after = " ".join(old), " ".join(new)
    at, made = 0, ""
    for change in changes(before, after):
        start = before.index(change.before + change.old + change.after, max(0, at - 60)) + len(change.before)
        made += before[at:start] + change.new
        at = start + len(change.old)
    assert made + before[at:] == after


def test_only_what_is_too_much_is_told_as_a_whole() -> None:
    old = "Fees rise by 10 percent.\n" + " ".join(f"{n} x{n}" for n in range(8000))
    new = "Fees rise by 12 percent.\n" + " ".join(f"{n} y{n}" for n in range(8000))
    assert [len(one.old) < 10 for one in changes(old, new)] == [True, False]
