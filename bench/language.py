"""How often gordon.language is right. Run: python -m bench.language --data FOLDER

Reads FOLDER/topics and FOLDER/clusters (labelled English and French; not part of the project) and prints for each set
the share found right, by the title alone and by title and text, what the others were taken for, and the speed.
"""

from __future__ import annotations

import argparse
import gzip
import json
import resource
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter

from gordon.language import Detector

MOST = 3000


@dataclass(frozen=True, slots=True)
class Labelled:
    """One text and the language it is in."""

    title: str
    text: str
    language: str


@dataclass(frozen=True, slots=True)
class Set:
    """Where labelled texts are. ``title`` and ``text``: the names of the fields, "" for none; ``language`` "" where
    each line says its own."""

    path: str
    title: str
    text: str
    language: str


SETS = (
    Set("topics/agnews_test_en", "title", "text", "en"),
    Set("topics/nyt_cap_en", "text", "", "en"),
    Set("topics/uscongress_cap_en", "", "text", "en"),
    Set("topics/masakhanews_eng_dev", "title", "text", "en"),
    Set("topics/ccf_climate_sentences_en_fr", "title", "text", ""),
    Set("topics/an_questions_fr", "title", "text", "fr"),
    Set("topics/masakhanews_fra_dev", "title", "text", "fr"),
    Set("clusters/allsides_headlines_2021_en", "title", "text", "en"),
    Set("clusters/googlenews_fr_headlines", "text", "", "fr"),
    Set("clusters/fr_headline_stream_one_day_unlabelled", "text", "", "fr"),
)


def labelled(folder: Path, source: Set) -> Iterator[Labelled]:
    """The texts of a set, evenly thinned to about MOST."""
    with gzip.open(folder / f"{source.path}.jsonl.gz", "rt", encoding="utf-8") as lines:
        rows = [json.loads(line) for line in lines]
    for row in rows[:: max(1, len(rows) // MOST)]:
        language = source.language or str(row["lang"]).lower()
        yield Labelled(str(row.get(source.title) or ""), str(row.get(source.text) or ""), language)


def measured(name: str, texts: Sequence[tuple[str, str, str]], detector: Detector) -> Counter[tuple[str, str]]:
    """Prints one line; returns how often which language was taken for which."""
    started = perf_counter()
    found = Counter((language, detector.detect(title, text)) for title, text, language in texts)
    seconds = perf_counter() - started
    right = sum(count for (language, taken), count in found.items() if language == taken)
    wrong = Counter({pair: count for pair, count in found.items() if pair[0] != pair[1]})
    print(
        f"{name:58} {right / len(texts):7.2%} of {len(texts):5}  {seconds / len(texts) * 1e6:6.0f} us  "
        + ", ".join(f"{language}>{taken} {count}" for (language, taken), count in wrong.most_common(4)),
        flush=True,
    )
    return found


def summed(name: str, found: Iterable[Counter[tuple[str, str]]]) -> None:
    """The shares over all sets, by language."""
    total: Counter[tuple[str, str]] = Counter()
    for each in found:
        total.update(each)
    for language in sorted({language for language, _ in total}):
        all_of_it = sum(count for pair, count in total.items() if pair[0] == language)
        print(f"{name}, {language}: {total[language, language] / all_of_it:.2%} of {all_of_it}")


def main() -> None:
    """Reads the options, measures, prints."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, metavar="FOLDER")
    folder: Path | None = parser.parse_args().data
    if folder is None or not (folder / "topics").is_dir():
        print("skipped: needs --data FOLDER with labelled texts")
        return
    detector = Detector()
    titles: list[Counter[tuple[str, str]]] = []
    both: list[Counter[tuple[str, str]]] = []
    for source in SETS:
        texts = list(labelled(folder, source))
        if source.title:
            rows = [(each.title, "", each.language) for each in texts if each.title]
            titles.append(measured(f"{source.path} titles", rows, detector))
        if source.text:
            rows = [(each.title, each.text, each.language) for each in texts]
            both.append(measured(f"{source.path} title and text", rows, detector))
    summed("titles", titles)
    summed("title and text", both)
    print(f"memory: {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MB")


if __name__ == "__main__":
    main()
