"""How well a desk recognises its files on texts whose right files are known: figures, curves and the worst mistakes.

Three answers are compared: of the rules, of the model alone (as if there were no rules), and of both as the daemon
gives them. A text that is an example of a file counts for the rules only: the model has seen it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from itertools import chain
from typing import Literal, NamedTuple, TypeAlias

from msgspec import Struct

from classify.learn.samples import Decided
from classify.matchers.spacy_runtime import Pipelines
from classify.rules import base_language
from classify.scores import Answer, Averages, Counts, Curve, Figure, Interval, average, curve, tally
from classify.tagger import Recogniser, Tagger
from classify.text import fold
from gordon.app.policy import make_tagger
from gordon.desk.load import Desk
from gordon.desk.schema import PolicyFile
from gordon.events import Mention

By: TypeAlias = Literal["rules", "model", "both"]
LANGUAGES = ("en", "fr", "all")
LEAST = 0.01
"""Probabilities below count as nothing said: a curve ends there."""
MOST_POINTS = 200


class Sample(NamedTuple):
    """A text and the files that are right for it. ``line``: where it stands."""

    line: int
    id: str
    mention: Mention
    right: frozenset[str]


class Reading(NamedTuple):
    """What was said of a sample: by the rules (file to score), by the model alone, and by both; and the probabilities
    of the model, from LEAST on. ``seen``: the model has learnt from this text."""

    sample: Sample
    rules: Mapping[str, float]
    vetoed: frozenset[str]
    model: frozenset[str]
    both: frozenset[str]
    odds: Mapping[str, float]
    seen: bool

    def given(self, by: By) -> frozenset[str]:
        """The files that were said."""
        return frozenset(self.rules) if by == "rules" else self.model if by == "model" else self.both

    def scores(self, by: By) -> Mapping[str, float]:
        """Files by score: rules go before any probability, and nothing that they veto has one."""
        if by == "rules":
            return self.rules
        if by == "model":
            return self.odds
        odds = {file: value for file, value in self.odds.items() if file not in self.vetoed}
        return odds | {file: 1 + score for file, score in self.rules.items()}


class Row(Struct, frozen=True, kw_only=True):
    """How one file was recognised in one language. ``mentions``: among how many it was looked for."""

    by: By
    file: str
    language: str
    mentions: int
    tp: int
    fp: int
    fn: int
    precision: float | None
    precision_interval: Interval | None
    recall: float | None
    recall_interval: Interval | None
    f1: float | None
    f1_interval: Interval | None


class Mean(Struct, frozen=True, kw_only=True):
    """The same over all files. ``kind``: "micro" of all answers together, "macro" the mean of ``files`` files."""

    by: By
    kind: Literal["micro", "macro"]
    language: str
    mentions: int
    files: int
    precision: float | None
    precision_interval: Interval | None
    recall: float | None
    recall_interval: Interval | None
    f1: float | None
    f1_interval: Interval | None


class FileCurve(Struct, frozen=True, kw_only=True):
    """Precision and recall by threshold; ``file`` "" is all of them. ``points``: threshold, precision, recall."""

    by: By
    file: str
    positives: int
    average_precision: float | None
    points: tuple[tuple[float, float, float], ...]


class Report(Struct, frozen=True, kw_only=True):
    """All figures. ``seen``: mentions that the model has learnt from; ``silent``: files neither right nor said."""

    mentions: dict[str, int]
    seen: int
    rows: tuple[Row, ...]
    averages: tuple[Mean, ...]
    curves: tuple[FileCurve, ...]
    silent: tuple[str, ...]

    def overall(self) -> Mean:
        """All answers together in all languages, as the daemon gives them."""
        by = "both" if any(mean.by == "both" for mean in self.averages) else "rules"
        return next(m for m in self.averages if (m.by, m.kind, m.language) == (by, "micro", "all"))


def desk_tagger(desk: Desk) -> tuple[Tagger, Recogniser | None]:
    """What recognises the files of a desk, and its model. Raises DeskInvalid with every rule that is wrong."""
    tagger = make_tagger(desk, Pipelines())
    return tagger, tagger.recogniser


def taught(files: Iterable[PolicyFile], decided: Iterable[Decided] = ()) -> frozenset[str]:
    """The texts that the files and the decisions of people teach the model, folded."""
    every = (
        chain(entry.examples.yes, entry.examples.no, (f"{test.title} {test.text}" for test in entry.tests.must_not))
        for entry in files
    )
    lines = (f"{line.title or ''} {line.text}" for line in decided)
    return frozenset(_same(text) for text in chain(chain.from_iterable(every), lines))


def _same(text: str) -> str:
    return " ".join(fold(text).split())


def read(
    samples: Iterable[Sample], tagger: Tagger, model: Recogniser | None, taught: Collection[str]
) -> Iterator[Reading]:
    """What is said of each sample; ``model`` is the tagger's recogniser."""
    for sample in samples:
        judged = tagger.engine.judge(sample.mention)
        rules = {tag.file: tag.score for tag in judged.tags}
        if model is None:
            yield Reading(sample, rules, judged.vetoed, frozenset(), frozenset(rules), {}, False)
            continue
        settled = judged.vetoed.union(rules)
        alone = frozenset(tag.file for tag in model.recognise(sample.mention, ()))
        added = frozenset(tag.file for tag in model.recognise(sample.mention, settled))
        odds = {like.file: like.probability for like in model.likenesses(sample.mention) if like.probability >= LEAST}
        yield Reading(sample, rules, judged.vetoed, alone, added.union(rules), odds, _taught(sample.mention, taught))


def _taught(mention: Mention, taught: Collection[str]) -> bool:
    return _same(mention.text) in taught or _same(f"{mention.title} {mention.text}") in taught


def report(readings: Sequence[Reading], files: Sequence[str], *, model: bool) -> Report:
    """The figures of all answers; pure. Without a ``model`` of the rules alone."""
    rows: list[Row] = []
    averages: list[Mean] = []
    curves: list[FileCurve] = []
    ways: tuple[By, ...] = ("rules", "model", "both") if model else ("rules",)
    for by in ways:
        counted = [reading for reading in readings if by == "rules" or not reading.seen]
        curves += _curves(by, counted, files)
        for language in LANGUAGES:
            answers = [Answer(r.sample.right, r.given(by)) for r in counted if _speaks(r, language)]
            told = {file: counts for file, counts in tally(answers, files).items() if counts != Counts()}
            rows += [_row(by, file, language, len(answers), counts) for file, counts in told.items()]
            averages += _means(by, language, len(answers), average(answers, files))
    known = {row.file for row in rows}
    return Report(
        mentions={language: sum(_speaks(reading, language) for reading in readings) for language in LANGUAGES},
        seen=sum(reading.seen for reading in readings),
        rows=tuple(sorted(rows, key=lambda row: (row.file, LANGUAGES.index(row.language), ways.index(row.by)))),
        averages=tuple(sorted(averages, key=lambda mean: (mean.kind, LANGUAGES.index(mean.language)))),
        curves=tuple(curves),
        silent=tuple(file for file in files if file not in known),
    )


def _speaks(reading: Reading, language: str) -> bool:
    return language == "all" or base_language(reading.sample.mention.language) == language


def _row(by: By, file: str, language: str, mentions: int, counts: Counts) -> Row:
    return Row(
        by=by,
        file=file,
        language=language,
        mentions=mentions,
        tp=counts.tp,
        fp=counts.fp,
        fn=counts.fn,
        precision=counts.precision,
        precision_interval=counts.precision_interval,
        recall=counts.recall,
        recall_interval=counts.recall_interval,
        f1=counts.f1,
        f1_interval=counts.f1_interval,
    )


def _means(by: By, language: str, mentions: int, found: Averages) -> list[Mean]:
    return [_mean(by, "micro", language, mentions, found.micro), _mean(by, "macro", language, mentions, found.macro)]


def _mean(
    by: By, kind: Literal["micro", "macro"], language: str, mentions: int, figures: tuple[Figure, Figure, Figure]
) -> Mean:
    precision, recall, f1 = figures
    return Mean(
        by=by,
        kind=kind,
        language=language,
        mentions=mentions,
        files=f1.files,
        precision=precision.value,
        precision_interval=precision.interval,
        recall=recall.value,
        recall_interval=recall.interval,
        f1=f1.value,
        f1_interval=f1.interval,
    )


def _curves(by: By, readings: Sequence[Reading], files: Sequence[str]) -> Iterator[FileCurve]:
    """The curve of all answers together, then of each file that is right for some mention."""
    scored: dict[str, list[tuple[float, bool]]] = {file: [] for file in files}
    unscored = dict.fromkeys(files, 0)
    for reading in readings:
        scores = reading.scores(by)
        for file, score in scores.items():
            scored[file].append((score, file in reading.sample.right))
        for file in reading.sample.right - scores.keys():
            unscored[file] += 1
    every = curve(chain.from_iterable(scored.values()), unscored=sum(unscored.values()))
    for file, found in (("", every), *((file, curve(scored[file], unscored=unscored[file])) for file in files)):
        if found.positives:
            yield _file_curve(by, file, found)


def _file_curve(by: By, file: str, found: Curve) -> FileCurve:
    step = max(1, -(-len(found.points) // (MOST_POINTS - 1)))
    kept = [point for at, point in enumerate(found.points) if at % step == 0 or at == len(found.points) - 1]
    return FileCurve(
        by=by,
        file=file,
        positives=found.positives,
        average_precision=found.average_precision,
        points=tuple((point.threshold, point.precision, point.recall) for point in kept),
    )
