"""Recognition by example on labelled texts, beside TF-IDF with logistic regression on the same split.

    python -m bench.quality_topics --data FOLDER        FOLDER holds topics/*.jsonl.gz

Each set is split once, 70 to 30 within each label, by a fixed seed; labels with fewer than LEAST texts are left out, as
a file with fewer than 8 examples is not learnt. "F1" is the macro F1 of the most probable label, for each of them. For
tags ("prec", "rec", "said") a label is said where its probability reaches the threshold that ours chose by itself on
the training part, and 0.5 for the others; "said" is the part of the texts of which anything is said. "off" is how far
probabilities are from what is right, on average over ten bins (expected calibration error). Chosen settings, ours and
"tuned", were chosen by cross-validation on the training part only.
"""

from __future__ import annotations

import argparse
import gzip
import json
import os
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

os.environ.setdefault("OMP_NUM_THREADS", "1")

import numpy as np

from classify.learn.recognise import Examples
from classify.learn.samples import Sample
from classify.learn.train import learn
from classify.selftest import sample

SEED, LEAST, BINS = 20260101, 12, 10
SETS = (
    ("nyt_cap_en", "label", "en"),
    ("uscongress_cap_en", "label", "en"),
    ("an_questions_fr", "ministere", "fr"),
    ("an_questions_fr", "rubrique", "fr"),
    ("masakhanews_eng_dev", "label", "en"),
    ("masakhanews_fra_dev", "label", "fr"),
    ("agnews_test_en", "label", "en"),
)


class Row(NamedTuple):
    """A text and its label."""

    title: str
    text: str
    label: str


class Answers(NamedTuple):
    """Probabilities of the labels (columns) for the texts (rows), and from where on each label is said."""

    odds: np.ndarray[Any, Any]
    limits: np.ndarray[Any, Any]


def read(folder: Path, name: str, label: str) -> tuple[list[Row], list[Row]]:
    """The training and the test part."""
    with gzip.open(folder / f"{name}.jsonl.gz", "rt", encoding="utf-8") as source:
        rows = [Row(one.get("title") or "", one["text"], one[label]) for one in map(json.loads, source)]
    counts = Counter(row.label for row in rows)
    random = np.random.default_rng(SEED)
    train: list[Row] = []
    test: list[Row] = []
    for wanted in sorted(one for one, count in counts.items() if count >= LEAST):
        mine = [row for row in rows if row.label == wanted]
        order = random.permutation(len(mine))
        cut = round(len(mine) * 0.7)
        train += [mine[number] for number in order[:cut]]
        test += [mine[number] for number in order[cut:]]
    return train, test


def ours(train: list[Row], test: list[Row], labels: list[str], language: str) -> Answers:
    """What a desk would say. Labels without a threshold are asked for their probability all the same."""
    samples = [Sample(r.title, r.text, language, frozenset({r.label}), frozenset(), alone=True) for r in train]
    model = learn(samples, dict.fromkeys(labels, ""), doubtful=True)
    examples = Examples(model, labels)
    odds, limits = np.zeros((len(test), len(labels))), np.full(len(labels), 2.0)
    for number, row in enumerate(test):
        for likeness in examples.likenesses(sample(row.title, row.text, language)):
            column = labels.index(likeness.file)
            odds[number, column], limits[column] = likeness.probability, likeness.threshold
    return Answers(odds, limits)


def peer(train: list[Row], test: list[Row], labels: list[str], *, tuned: bool) -> Answers:
    """TF-IDF and logistic regression; ``tuned``: the best by cross-validation of n-grams, C, weights of the labels."""
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.linear_model import LogisticRegression
    from sklearn.model_selection import GridSearchCV
    from sklearn.pipeline import make_pipeline

    model: Any = make_pipeline(TfidfVectorizer(), LogisticRegression(max_iter=1000))
    if tuned:
        grid = {
            "tfidfvectorizer__sublinear_tf": [True],
            "tfidfvectorizer__ngram_range": [(1, 1), (1, 2)],
            "logisticregression__C": [1, 5, 25],
            "logisticregression__class_weight": [None, "balanced"],
        }
        model = GridSearchCV(model, grid, scoring="f1_macro", cv=3)
    model.fit([f"{row.title}\n{row.text}" for row in train], [row.label for row in train])
    odds = model.predict_proba([f"{row.title}\n{row.text}" for row in test])
    order = [list(model.classes_).index(label) for label in labels]
    return Answers(odds[:, order], np.full(len(labels), 0.5))


def figures(answers: Answers, right: np.ndarray[Any, Any]) -> str:
    """A line of figures; ``right``: the column of each text's label."""
    from sklearn.metrics import f1_score

    odds = answers.odds
    best = odds.argmax(axis=1)
    truth = np.arange(odds.shape[1])[None, :] == right[:, None]
    said = odds >= answers.limits[None, :]
    precision = (said & truth).sum() / max(said.sum(), 1)
    recall = (said & truth).sum() / len(right)
    bins = np.minimum((odds * BINS).astype(int), BINS - 1)
    off = sum(abs(odds[bins == one].sum() - truth[bins == one].sum()) for one in range(BINS)) / odds.size
    macro = f1_score(right, best, average="macro")
    return (
        f"F1 {macro:.3f}  right {(best == right).mean():.3f}   prec {precision:.3f}  rec {recall:.3f}  "
        f"said {said.any(axis=1).mean():.3f}  off {off:.4f}"
    )


def compare(folder: Path, name: str, label: str, language: str) -> None:
    """Prints the figures of all three on one set."""
    train, test = read(folder, name, label)
    labels = sorted({row.label for row in train})
    right = np.array([labels.index(row.label) for row in test])
    print(f"{name} ({label}): {len(labels)} labels, {len(train)} texts to learn from, {len(test)} to try", flush=True)
    ways: list[tuple[str, Callable[[], Answers]]] = [
        ("gordon learn", lambda: ours(train, test, labels, language)),
        ("TF-IDF + LR", lambda: peer(train, test, labels, tuned=False)),
        ("same, tuned", lambda: peer(train, test, labels, tuned=True)),
    ]
    for way, answer in ways:
        started = time.process_time()
        print(f"  {way:14} {figures(answer(), right)}  {time.process_time() - started:6.1f} s", flush=True)


def main() -> None:
    """Reads the options, measures, prints."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, metavar="FOLDER")
    parser.add_argument("--set", default="", help="only sets whose name holds this")
    options = parser.parse_args()
    if options.data is None or not (options.data / "topics").is_dir():
        print("skipped: needs --data FOLDER with labelled texts")
        return
    for name, label, language in SETS:
        if options.set in f"{name} {label}":
            compare(options.data / "topics", name, label, language)


if __name__ == "__main__":
    main()
