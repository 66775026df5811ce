"""Memory over many texts whose words are all new, and one huge text. bench/soak.py measures for longer."""

from __future__ import annotations

import subprocess
import sys
import tracemalloc

import pytest

from bench import soak
from classify.text import MAX_TEXT
from tests.classify.classify_desk import query, quotes

MOST_GROWTH = 1500
"""KiB for a thousand texts of 20 new words. Without a bound it is some 7,400."""
MIB = 1024 * 1024


def growth(most_words: int) -> float:
    """KiB for each thousand texts, in a process of its own."""
    command = [sys.executable, "-m", "bench.soak", "--texts", "6000", "--first", "3000", "--words", str(most_words)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=600, check=True)
    return float(done.stdout.split()[-1])


@pytest.mark.hostile(94)
def test_texts_whose_words_are_all_new_do_not_fill_the_memory() -> None:
    bounded, endless = growth(20_000), growth(10**9)
    assert bounded < MOST_GROWTH
    assert endless > 2 * MOST_GROWTH, "the measurement would not have noticed"


@pytest.mark.hostile(94)
def test_a_text_of_two_megabytes_costs_no_more_than_its_first_part() -> None:
    engine = query("fee")
    huge = ("délai " * MAX_TEXT + "é" * 2 * MIB)[: 2 * MIB]
    tracemalloc.start()
    try:
        assert quotes(engine, "", huge, "fr") == []
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 40 * MIB


def test_the_texts_of_the_soak_have_words_of_their_own() -> None:
    words = [word for number in range(50) for word in soak.text_of(number).split()]
    assert len(set(words)) > 0.9 * len(words)
