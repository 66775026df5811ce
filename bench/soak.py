"""Memory of spaCy's pipelines over texts whose words are all new: KiB for each thousand of them.

``python -m bench.soak [--texts 100000]``; the slope begins after ``--first`` texts, ``--words`` is how many word forms
a pipeline may learn before it is built anew. Decision 15 has the reasons.
"""

from __future__ import annotations

import argparse
import os
from pathlib import Path

from classify.document import Document
from classify.matchers.spacy_runtime import MAX_LEXEMES, Pattern, Pipelines, Place

PATTERN = Pattern([{"LOWER": {"IN": ["delay", "retard"]}}, {"IS_ALPHA": True}])


def text_of(number: int) -> str:
    """Twenty words, all but one of them seen nowhere else."""
    return f"delay {' '.join(f'w{number}x{place}' for place in range(19))}"


def resident() -> int:
    """KiB of memory in use."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") // 1024


def read(pipelines: Pipelines, numbers: range) -> None:
    """Tokenises and matches, as the engine does around anchors."""
    for number in numbers:
        text = text_of(number)
        pipelines.matches(PATTERN, Document("", text), Place(1, 0, len(text)), "en")


def main() -> None:
    """Prints memory on the way and the slope at the end."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--texts", type=int, default=100_000)
    parser.add_argument("--first", type=int, default=20_000)
    parser.add_argument("--words", type=int, default=MAX_LEXEMES)
    wish = parser.parse_args()
    pipelines = Pipelines(wish.words)
    read(pipelines, range(wish.first))
    before = resident()
    step = max(1, wish.texts // 5)
    for begin in range(wish.first, wish.first + wish.texts, step):
        read(pipelines, range(begin, begin + step))
        print(f"{begin + step - wish.first:>8} texts: {(resident() - before) / 1024:+.1f} MiB")
    print(f"KiB for each thousand texts: {(resident() - before) * 1000 / wish.texts:.0f}")


if __name__ == "__main__":
    main()
