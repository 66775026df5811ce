"""Folding, offsets and sentences."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from classify.text import MAX_SENTENCE, MAX_SENTENCES, WORD, Folded, fold, paragraphs, sentences, words


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Passport FEES", ["passport", "fees"]),
        ("l\u2019impôt d'État", ["l", "impot", "d", "etat"]),
        ("wait-time wait\u2011time", ["wait", "time", "wait", "time"]),
        ("Œuvre cœur æther", ["oeuvre", "coeur", "aether"]),
        ("e\u0301te\u0301 été", ["ete", "ete"]),
        ("\uff30\uff41\uff53\uff53 \ufb01n", ["pass", "fin"]),
        ("pass\u00adport pass\u200bport", ["passport", "passport"]),
        ("Passport™ passport² 😀passport😀", ["passport", "passport", "passport"]),
        ("snake_case 1,000", ["snake", "case", "1", "000"]),
        ("Straße ΟΔΟΣ İstanbul", ["strasse", "οδοσ", "istanbul"]),
        ("bad \ud800 half", ["bad", "half"]),
        ("nul\0byte", ["nul", "byte"]),
        ("", []),
    ],
)
def test_what_a_reader_takes_for_the_same_word_folds_to_the_same(text: str, expected: list[str]) -> None:
    assert words(fold(text)) == expected


@pytest.mark.parametrize(
    "word",
    ["café", "cafe\u0301", "\ufb01nance", "cœur", "pass\u00adport", "\uff26\uff25\uff25", "Straße", "État", "İzmir"],
)
def test_offsets_lead_back_to_the_whole_word(word: str) -> None:
    text = f"😀 l\u2019{word}, {word}!"
    folded = Folded(text)
    spans = [folded.span(*match.span()) for match in WORD.finditer(folded.folded)]
    assert [text[start:end] for start, end in spans] == ["l", word, word]


@settings(max_examples=100, deadline=None)
@given(st.text(max_size=60))
def test_every_piece_leads_back_to_what_it_was_folded_from(text: str) -> None:
    folded = Folded(text)
    assert fold(folded.folded) == folded.folded
    for match in WORD.finditer(folded.folded):
        start, end = folded.span(*match.span())
        assert 0 <= start < end <= len(text)
        assert match[0] in fold(text[start:end])
    everything = [folded.span(at, at + 1) for at in range(len(folded.folded))]
    assert everything == sorted(everything)


@settings(max_examples=100, deadline=None)
@given(st.lists(st.sampled_from(["é", "e\u0301", "ﬁ", "\u00ad", "Æ", "x", "😀", " "]), max_size=40))
def test_the_long_and_the_short_way_of_folding_agree(parts: list[str]) -> None:
    text = "".join(parts)
    many = "".join(chr(code) for code in range(0x3B1, 0x3B1 + 60))
    assert fold(text + many) == fold(text) + fold(many)


def split(text: str) -> list[str]:
    return [text[start:end] for start, end in sentences(text)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("One. Two! Three?", ["One.", "Two!", "Three?"]),
        ("Mr. Roy met Mme. Côté. Done.", ["Mr. Roy met Mme. Côté.", "Done."]),
        ("He said « non. » Puis il part.", ["He said « non.", "» Puis il part."]),
        ("Title\nBody goes on\n\nEnd", ["Title", "Body goes on", "End"]),
        ("It rose 3.5 % to 1.2 million. Then fell", ["It rose 3.5 % to 1.2 million.", "Then fell"]),
        ("   ", []),
        ("", []),
    ],
)
def test_sentences(text: str, expected: list[str]) -> None:
    assert split(text) == expected


def test_sentences_are_bounded_in_length_and_number() -> None:
    assert max(map(len, split("word " * 5000))) <= MAX_SENTENCE
    assert max(map(len, split("x" * 5000))) <= MAX_SENTENCE
    assert len(split("Yes. " * 10_000)) <= MAX_SENTENCES + 1
    assert split("." * 100_000)  # takes linear time


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("One.\nTwo\n\nThree", ["One.\nTwo", "Three"]),
        ("One\r\nTwo\r\n \t\r\nThree\r\r\rFour", ["One\r\nTwo", "Three", "Four"]),
        ("One\u2029Two", ["One", "Two"]),
        ("\n\n", ["", ""]),
        ("", [""]),
        ("\n" * 100_000 + " " * 100_000 + "x", ["", " " * 100_000 + "x"]),
    ],
    ids=range(6),
)
def test_paragraphs_are_parted_by_empty_lines(text: str, expected: list[str]) -> None:
    assert [text[start:end] for start, end in paragraphs(text)] == expected


@settings(max_examples=60, deadline=None)
@given(st.text(alphabet="ab .!?\n\u00a0é", max_size=80))
def test_sentences_hold_every_letter_in_order(text: str) -> None:
    joined = "".join(split(text))
    assert "".join(joined.split()) == "".join(text.split())
