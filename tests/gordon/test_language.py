"""English, French and the others, from sentences, headlines and nearly nothing."""

from __future__ import annotations

import subprocess
import sys

import pytest

from gordon.language import Detector, base

DETECTOR = Detector()


@pytest.mark.parametrize(
    ("title", "text", "language"),
    [
        ("Passport delays grow again", "Thousands of travellers wait for months, a blog reports this morning.", "en"),
        ("Encore des retards", "Des milliers de voyageurs attendent leur passeport depuis des mois.", "fr"),
        ("Budget 2026", "Ce que le budget change pour les familles, les aînés et les étudiants.", "fr"),
        ("Neue Regeln", "Die Regierung hat gestern neue Regeln für Reisepässe angekündigt.", "de"),
        ("Nuevas reglas", "El gobierno anunció ayer nuevas reglas para los pasaportes.", "es"),
        ("Новости", "Правительство объявило новые правила для паспортов.", "ru"),
        ("Minister responds to critics", "", "en"),
        ("Avis de tempête", "", "fr"),
        ("La ministre répond aux critiques", "", "fr"),
        ("", "", "und"),
        ("12 345 !!! https://example.org/the/english/words/in/an/address", "", "und"),
    ],
)
def test_detection_without_a_declaration(title: str, text: str, language: str) -> None:
    assert DETECTOR.detect(title, text) == language


def test_the_declaration_decides_only_where_there_is_little_to_look_at() -> None:
    assert DETECTOR.detect("Budget 2026", "", "fr-CA") == "fr"
    assert DETECTOR.detect("Budget 2026", "", "en") == "en"
    assert DETECTOR.detect("", "", "fr_FR") == "fr"
    text = "Le gouvernement annonce aujourd'hui de nouvelles règles pour les passeports, et les délais s'allongent."
    assert DETECTOR.detect("Nouvelles règles", text, "en-US") == "fr"


@pytest.mark.parametrize(
    ("headline", "language"),
    [
        ("Hydro rejects Siemens turbine tender", "en"),
        ("Ottawa freine Nokia à Québec", "fr"),
        ("Regierung verspricht neue Brücken für Köln", "de"),
    ],
)
def test_headlines_full_of_names(headline: str, language: str) -> None:
    assert DETECTOR.detect(headline, "") == language


def test_a_declaration_that_agrees_saves_the_second_look() -> None:
    """Too little for certainty: the word of the publisher counts, if it is what the words look like."""
    assert DETECTOR.detect("Neue Regeln für Pässe", "", "de-DE") == "de"


def test_language_tags() -> None:
    tags = {
        "fr-CA": "fr",
        "en_US": "en",
        "EN": "en",
        "fra": "fr",
        "eng": "en",
        "": "",
        "english": "",
        "x": "",
        "<b>": "",
    }
    assert {tag: base(tag) for tag in tags} == tags


def test_lingua_is_loaded_late() -> None:
    code = "import sys, gordon.language as l; l.Detector(); sys.exit('lingua' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
