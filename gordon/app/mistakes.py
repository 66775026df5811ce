"""The mistakes that are worth a person's time, each with why it was made."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from msgspec import Struct

from classify.engine import Engine
from classify.tagger import Recogniser
from gordon.app.evaluate import Reading
from gordon.events import FileTag

LENGTH = 80


class Mistake(Struct, frozen=True, kw_only=True):
    """A file that was missed, or said wrongly; ``text`` is how the mention begins."""

    kind: Literal["missed", "wrong"]
    file: str
    line: int
    id: str
    text: str
    why: str


def worst(readings: Sequence[Reading], engine: Engine, model: Recogniser | None, *, most: int) -> list[Mistake]:
    """At most so many mistakes of rules and model together. One of each file and kind in turn, beginning with those
    that have most; among them what was surest comes first: said wrongly with the highest score, or missed with the
    lowest."""
    groups: dict[tuple[Literal["missed", "wrong"], str], list[tuple[float, Reading]]] = {}
    for reading in readings:
        scores = reading.scores("both")
        for file in reading.sample.right - reading.both:
            sureness = -2.0 if file in reading.vetoed else scores.get(file, 0.0)
            groups.setdefault(("missed", file), []).append((sureness, reading))
        for file in reading.both - reading.sample.right:
            groups.setdefault(("wrong", file), []).append((-scores.get(file, 0.0), reading))
    ordered = sorted(groups, key=lambda key: (-len(groups[key]), key))
    ranked = {key: sorted(groups[key], key=lambda entry: (entry[0], entry[1].sample.line)) for key in ordered}
    longest = max(map(len, ranked.values()), default=0)
    turns = ((key, ranked[key][turn][1]) for turn in range(longest) for key in ordered if turn < len(ranked[key]))
    return [_mistake(kind, file, reading, engine, model) for (kind, file), reading in list(turns)[:most]]


def _mistake(
    kind: Literal["missed", "wrong"], file: str, reading: Reading, engine: Engine, model: Recogniser | None
) -> Mistake:
    sample = reading.sample
    why = _why_missed(file, reading, engine, model) if kind == "missed" else _why_wrong(file, reading, engine, model)
    text = _cut(" / ".join(part for part in (sample.mention.title, sample.mention.text) if part))
    return Mistake(kind=kind, file=file, line=sample.line, id=sample.id, text=text, why=why)


def _why_missed(file: str, reading: Reading, engine: Engine, model: Recogniser | None) -> str:
    mention = reading.sample.mention
    found = next(entry for entry in engine.explain(mention) if entry.file == file)
    if found.excluded_by:
        return f"excluded by {', '.join(found.excluded_by)}"
    reasons = [f"{rule.rule} {rule.why}" for rule in found.rules if not rule.exclude][:2]
    likenesses = model.likenesses(mention) if model else ()
    reasons += [f"examples {like.probability:.2f} of {like.threshold:.2f}" for like in likenesses if like.file == file]
    return _cut("; ".join(reasons), 3 * LENGTH)


def _why_wrong(file: str, reading: Reading, engine: Engine, model: Recogniser | None) -> str:
    mention = reading.sample.mention
    judged = engine.judge(mention)
    tags: list[FileTag] = [tag for tag in judged.tags if tag.file == file]
    tags += model.recognise(mention, judged.vetoed) if model and not tags else ()
    tag = next(tag for tag in tags if tag.file == file)
    shown = dict.fromkeys(f"{found.rule} “{_cut(found.quote)}”" for found in tag.evidence)
    odds = [f"examples {tag.score:.2f}"] if tag.learned else []
    return "; ".join([*odds, *list(shown)[:3]]) or "a rule without a place to show"


def _cut(text: str, length: int = LENGTH) -> str:
    line = " ".join(text[: 4 * length].split())
    return line if len(line) <= length else line[: length - 1] + "…"
