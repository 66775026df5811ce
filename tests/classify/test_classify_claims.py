"""Claims: repetitions that must be found, and what must not be taken for one. English and French."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from classify.claims import THRESHOLD, ClaimIndex
from classify.polarity import negations
from classify.stems import Stems
from gordon.desk.schema import PolicyFile
from tests.classify.classify_desk import LEXICON

DOUBLE = {"en": "Passport fees will double", "fr": "Les frais de passeport vont doubler"}
NUMBER = {"en": "The carbon tax adds 1,200 dollars to every grocery bill",
          "fr": "La taxe carbone ajoute 1 200 dollars à chaque facture d'épicerie"}  # fmt: skip
SEEN = datetime(2027, 3, 31, 23, 59, tzinfo=UTC)
NEGATED = {"en": "Seniors do not get the dental benefit", "fr": "Les aînés ne reçoivent pas la prestation dentaire"}


def index(says: dict[str, str], name: str = "c") -> ClaimIndex:
    data: dict[str, Any] = {"file": "f", "rules": [{"id": "r", "query": "x"}], "claims": [{"id": name, "says": says}]}
    return ClaimIndex([PolicyFile.model_validate(data)], LEXICON)


def hits(says: dict[str, str], text: str, language: str = "en", title: str = "") -> list[str]:
    found = index(says).hits(title, text, language, ["f"], seen=SEEN)
    assert all(hit.quote in text or hit.quote in title for hit in found)
    assert all(THRESHOLD <= hit.score <= 1 for hit in found)
    return [hit.quote for hit in found]


@pytest.mark.parametrize(
    ("says", "sentence", "language"),
    [
        (DOUBLE, "Passport fees will double.", "en"),
        (DOUBLE, "Fees for a passport are set to double.", "en"),
        (DOUBLE, "The fee for a passport is doubling, sources say.", "en"),
        (DOUBLE, "PASSPORT FEES DOUBLED!", "en"),
        (DOUBLE, "Not only visas: passport fees will double.", "en"),
        (DOUBLE, "It is not false that passport fees will double.", "en"),
        (DOUBLE, "Les frais pour un passeport doubleront.", "fr"),
        (DOUBLE, "Selon lui, les frais de passeport doublent dès lundi.", "fr"),
        (NUMBER, "The carbon tax will add 1200 dollars to each grocery bill.", "en"),
        (NUMBER, "La taxe carbone ajoutera 1\u00a0200 dollars aux factures d\u2019épicerie.", "fr"),
        (NEGATED, "Seniors don\u2019t get any dental benefit.", "en"),
        (NEGATED, "Les aînés ne recevront jamais la prestation dentaire.", "fr"),
    ],
)
def test_clear_repetitions_are_found(says: dict[str, str], sentence: str, language: str) -> None:
    text = f"Something else first. {sentence} And 😀 more after it."
    if language == "fr":
        text = f"Autre chose d\u2019abord. {sentence} Et la suite."
    assert hits(says, text, language) == [sentence]


@pytest.mark.parametrize(
    ("says", "sentence", "language"),
    [
        (DOUBLE, "Passport fees will not double.", "en"),
        (DOUBLE, "Passport fees won\u2019t double.", "en"),
        (DOUBLE, "Officials denied that passport fees will double.", "en"),
        (DOUBLE, "It is false that passport fees will double.", "en"),
        (DOUBLE, "Will passport fees double?", "en"),
        (DOUBLE, "Passport fees are under review.", "en"),
        (DOUBLE, "Parking fees will double.", "en"),
        (DOUBLE, "Passport fees will never double, the minister said.", "en"),
        (DOUBLE, "Passport fees will double.", "fr"),
        (DOUBLE, "Les frais de passeport ne vont pas doubler.", "fr"),
        (DOUBLE, "Le ministre dément que les frais de passeport vont doubler.", "fr"),
        (DOUBLE, "Il est faux que les frais de passeport doublent.", "fr"),
        (DOUBLE, "Les frais de passeport n\u2019ont jamais doublé.", "fr"),
        (NUMBER, "The carbon tax adds 120 dollars to every grocery bill.", "en"),
        (NUMBER, "La taxe carbone ajoute 12 dollars à chaque facture d'épicerie.", "fr"),
        (NEGATED, "Seniors get the dental benefit.", "en"),
        (NEGATED, "Les aînés reçoivent la prestation dentaire.", "fr"),
    ],
)
def test_denials_questions_and_others_are_not(says: dict[str, str], sentence: str, language: str) -> None:
    assert hits(says, sentence, language) == []


def test_words_scattered_over_a_long_sentence_do_not_count_in_full() -> None:
    middle = " ".join(f"word{number}" for number in range(40))
    assert hits(DOUBLE, f"The passport office {middle} and fees {middle} saw sales double.") == []


def test_the_best_sentence_is_kept_for_each_claim() -> None:
    text = f"Fees {' '.join(['so'] * 15)} much passport they double. Passport fees will double."
    assert hits(DOUBLE, text) == ["Passport fees will double."]
    assert hits(DOUBLE, "Fees rise.", title="Passport fees to double") == ["Passport fees to double"]


def test_a_language_that_could_not_be_told_looks_for_both() -> None:
    assert hits(DOUBLE, "Passport fees will double. Les frais de passeport vont doubler.", "und") != []
    assert hits({"en": DOUBLE["en"]}, "Les frais de passeport vont doubler.", "fr") == []


def test_only_claims_of_the_given_files_count() -> None:
    assert index(DOUBLE).hits("", "Passport fees will double.", "en", ["other"], seen=SEEN) == ()


@pytest.mark.parametrize(
    ("sentence", "count"),
    [
        ("It will rise", 0),
        ("It will not rise", 1),
        ("Nobody can't say no", 2),
        ("No doubt it will rise", 0),
        ("Il ne fait pas de doute qu'il monte", 0),
        ("Il ne monte plus", 1),
        ("Il ne coûte que dix dollars de plus", 0),
        ("C'est faux", 1),
        ("Aucune hausse", 1),
    ],
)
def test_negations(sentence: str, count: int) -> None:
    assert negations(sentence) == count


def test_stems_are_the_same_however_few_are_kept() -> None:
    many, few = Stems("fr", LEXICON), Stems("fr", LEXICON, kept=1)
    for sentence in ("Ils doubleront les frais", "doublent, doubler", "Ils doubleront"):
        assert many.terms(sentence) == few.terms(sentence)
    assert {term.stem for term in few.terms("doublent doubleront doubler")} == {"doubl"}


@pytest.mark.parametrize(
    ("text", "numbers"),
    [
        ("1,200", ["1200"]),
        ("1 200 000", ["1200000"]),
        ("1\u202f200", ["1200"]),
        ("3,5 %", ["3.5"]),
        ("3.5", ["3.5"]),
        ("in 2025, 300 people", ["2025", "300"]),
    ],
)
def test_numbers_have_one_spelling(text: str, numbers: list[str]) -> None:
    assert [term.stem for term in Stems("fr", LEXICON).terms(text) if term.number] == numbers
