"""Texts to learn from, in English and French: three subjects, built of their words by a fixed seed."""

from __future__ import annotations

import random

from classify.learn.model import Learnt
from classify.learn.samples import Sample
from classify.learn.train import learn

WORDS = {
    ("ferries", "en"): "ferry harbour crossing captain island sailing dock passengers tide vessel",
    ("ferries", "fr"): "traversier port traversée capitaine île navigation quai passagers marée navire",
    ("orchards", "en"): "apples orchard harvest blossom cider trees pruning frost growers pickers",
    ("orchards", "fr"): "pommes verger récolte floraison cidre arbres taille gel producteurs cueilleurs",
    ("libraries", "en"): "library books readers shelves lending novels catalogue borrowing librarian reading",
    ("libraries", "fr"): "bibliothèque livres lecteurs rayons prêt romans catalogue emprunter bibliothécaire lecture",
}
COMMON = {
    "en": "today people new town says council week many more public year plan week open meeting money local news",
    "fr": "aujourd'hui gens nouveau ville dit conseil semaine plusieurs public année projet ouverture argent local",
}
FILES = ("ferries", "orchards", "libraries")


def text(subject: str, language: str, number: int) -> str:
    """A text of twelve words, five of them of the subject; "" has none."""
    chosen = random.Random(f"{subject} {language} {number}")
    common = COMMON[language].split()
    words = [chosen.choice(common) for _ in range(7 if subject else 12)]
    words += chosen.sample(WORDS[subject, language].split(), 5) if subject else []
    chosen.shuffle(words)
    return " ".join(words).capitalize() + "."


def samples(each: int = 12, noise: int = 12) -> list[Sample]:
    """So many of each subject and language, and of none."""
    found = [
        Sample("", text(subject, language, number), language, frozenset({subject}), frozenset(), alone=True)
        for subject in FILES
        for language in ("en", "fr")
        for number in range(each)
    ]
    return found + [
        Sample("", text("", language, number), language, frozenset(), frozenset(), alone=True)
        for language in ("en", "fr")
        for number in range(noise)
    ]


def model(each: int = 12) -> Learnt:
    return learn(samples(each), dict.fromkeys(FILES, "taught"))
