"""The texts to learn from: examples of the files, texts their tests rule out, and what people decided."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import TypeAlias

import msgspec

from classify.text import fold
from gordon.desk.schema import PolicyFile
from gordon.ids import digest

Detect: TypeAlias = Callable[[str, str, str], str]
"""(title, text, declared language or "") to a language code."""
FEWEST = 8
"""Texts of each kind, of the file and not of the file, without which a file is not learnt."""


class Decided(msgspec.Struct, frozen=True, kw_only=True):
    """A text of which people decided: it touches these ``files`` and no other one."""

    text: str
    files: tuple[str, ...]
    title: str | None = None
    language: str | None = None


@dataclass(frozen=True, slots=True)
class Sample:
    """A text, the files it belongs to and those it does not; ``alone``: it belongs to no other file either."""

    title: str
    text: str
    language: str
    yes: frozenset[str]
    no: frozenset[str]
    alone: bool

    def says(self, file: str) -> bool | None:
        """Whether the text belongs to the file; None: nobody said."""
        if file in self.yes:
            return True
        return False if self.alone or file in self.no else None

    @property
    def key(self) -> str:
        """The same for texts a reader takes for the same."""
        return digest(f"{fold(self.title)}\0{fold(self.text)}".encode("utf-8", "surrogatepass"))


def gather(files: Sequence[PolicyFile], decided: Iterable[Decided], detect: Detect) -> list[Sample]:
    """All texts, each once, in an order that hangs on nothing but them.

    A text of ``examples.yes`` belongs to no file but those it is an example of; one of ``examples.no`` and of
    ``tests.must_not`` says nothing of other files. Where one text is both, yes wins."""
    known = {entry.file for entry in files}
    merged: dict[str, Sample] = {}
    for sample in (*_examples(files, detect), *_decisions(decided, known, detect)):
        if not fold(sample.title + sample.text).strip():
            continue
        first = merged.get(sample.key)
        merged[sample.key] = _both(first, sample) if first else sample
    return [merged[key] for key in sorted(merged)]


def _examples(files: Sequence[PolicyFile], detect: Detect) -> Iterable[Sample]:
    for entry in files:
        this, nobody = frozenset({entry.file}), frozenset[str]()
        for text in entry.examples.yes:
            yield Sample("", text, detect("", text, ""), this, nobody, alone=True)
        for text in entry.examples.no:
            yield Sample("", text, detect("", text, ""), nobody, this, alone=False)
        for test in entry.tests.must_not:
            language = test.lang or detect(test.title, test.text, "")
            yield Sample(test.title, test.text, language, nobody, this, alone=False)


def _decisions(decided: Iterable[Decided], known: set[str], detect: Detect) -> Iterable[Sample]:
    for line in decided:
        title = line.title or ""
        language = line.language or detect(title, line.text, "")
        yield Sample(title, line.text, language, frozenset(line.files) & known, frozenset(), alone=True)


def _both(one: Sample, other: Sample) -> Sample:
    yes = one.yes | other.yes
    return Sample(one.title, one.text, one.language, yes, (one.no | other.no) - yes, one.alone or other.alone)


def examples_digest(entry: PolicyFile) -> str:
    """Changes with what a file teaches, and with nothing else."""
    taught = (entry.examples.yes, entry.examples.no, [(test.title, test.text) for test in entry.tests.must_not])
    return digest(repr(taught).encode())
