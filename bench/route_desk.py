"""A desk of 1,000 files, 500 people and 50 queues, and tagged mentions of them; the same at every run."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from msgspec.structs import replace

from bench.rule_sets import mentions, vocabulary
from bench.team import HATS, row_of
from gordon.events import ClaimHit, FileTag, Mention, Tagged

QUEUES = 50
CLAIM, TWO_FILES, COPY = 0.05, 0.1, 0.4
"""How many mentions repeat a claim, touch two files, and tell a story that was told before."""


@dataclass(frozen=True, slots=True)
class Sizes:
    """How large the desk is."""

    files: int = 1_000
    people: int = 500

    def names(self) -> list[str]:
        return [f"f{number:04}" for number in range(self.files)]


def write_desk(folder: Path, sizes: Sizes) -> Path:
    """Writes it; JSON is YAML."""
    draw = random.Random(11)
    (folder / "files").mkdir(parents=True)
    for name in sizes.names():
        claims = [{"id": "c", "says": {"en": f"The matter of {name} is worse"}}]
        rules = [{"id": "any", "phrases": [f"matter of {name}"]}]
        _write(folder / "files" / f"{name}.yaml", {"file": name, "rules": rules, "claims": claims})
    rows = [row_of(number, sizes.people, sizes.names(), draw) for number in range(sizes.people)]
    for row, hat in zip(rows, HATS, strict=False):
        row["disciplines"] = [hat]
    # Drawn as they are, the delegates would go in circles, and a few hundred items fill everybody.
    _write(folder / "people.yaml", [{**row, "capacity": 500, "delegate": None} for row in rows])
    (folder / "gordon.toml").write_text(f"disciplines = {json.dumps(HATS)}\n", encoding="utf-8")
    _write(folder / "queues.yaml", _queues(draw))
    return folder


def _queues(draw: random.Random) -> dict[str, Any]:
    """Each tenth of the files has five queues, by claim, spike, language and priority; a few count for all."""
    queues = {f"q{number:02}": _queue(number, draw) for number in range(QUEUES)}
    routes: list[dict[str, Any]] = []
    for tenth in range(10):
        mine, these = [f"q{5 * tenth + number:02}" for number in range(5)], f"f?{tenth}*"
        routes += [
            {"when": {"file": these, "claim": True}, "queue": mine[0]},
            {"when": {"file": these, "spike": True}, "queue": mine[1], "continue": True},
            {"when": {"file": these, "language": "fr"}, "queue": mine[2]},
            {"when": {"file": these, "priority": {"min": "high"}}, "queue": mine[3]},
            {"when": {"file": these, "gap": "no-gordon", "score": 3}, "queue": mine[1], "continue": True},
            {"when": {"file": these}, "queue": mine[4]},
        ]
    return {"queues": queues, "routes": [*routes, {"queue": "q00"}]}


def _queue(number: int, draw: random.Random) -> dict[str, Any]:
    requires = {
        "disciplines": draw.sample(HATS, draw.randint(1, 3)),
        **({"expertise": draw.choice(["expert", "lead"])} if number % 2 else {}),
        **({"authority": ["approve"]} if number % 5 == 0 else {}),
    }
    return {"requires": requires, "clocks": {"acknowledge": "2h", "draft": "8h"}}


def _write(path: Path, content: object) -> None:
    path.write_text(json.dumps(content), encoding="utf-8")


def tagged(
    count: int, sizes: Sizes, since: datetime, step: timedelta, name: str = "m", *, vary: bool = True
) -> Iterator[Tagged]:
    """Mentions of 2 to 3 kB, each seen a step after the one before; a mention of two files comes once for each. A
    repeated story has the words of one of the last 200 of its file, but for a tenth if they ``vary``."""
    draw, texts, names = random.Random(name), mentions(2_000), sizes.names()
    told: dict[str, list[Mention]] = {}
    for number in range(count):
        file = draw.choice(names)
        before = told.setdefault(file, [])
        like = draw.choice(before) if before and draw.random() < COPY else _fresh(draw, texts)
        text = _varied(draw, like) if vary else like.text
        said = replace(
            like, id=f"{name}-{number}", text=text, seen=since + number * step, published=None,
            url=f"https://blog{number % 997}.example/{name}/{number}",
        )  # fmt: skip
        before.append(said)
        del before[:-200]
        files = [file, draw.choice(names)] if draw.random() < TWO_FILES else [file]
        claims = [ClaimHit(file=file, claim="c", score=0.95, quote=said.title)] if draw.random() < CLAIM else []
        tags = tuple(FileTag(file=one, score=2.0, evidence=()) for one in dict.fromkeys(files))
        for tag in tags:
            yield Tagged(mention=said, file=tag.file, files=tags, claims=tuple(claims), policy_version="bench")


def _varied(draw: random.Random, like: Mention) -> str:
    words = like.text.split()
    for _ in range(len(words) // 10):
        words[draw.randrange(len(words))] = draw.choice(vocabulary(like.language))
    return " ".join(words)


def _fresh(draw: random.Random, texts: list[Mention]) -> Mention:
    """Half of one text and half of another: there are millions of stories."""
    one, other = draw.choice(texts), draw.choice(texts)
    while other.language != one.language:
        other = draw.choice(texts)
    half = len(one.text) // 2
    return replace(one, title=f"{one.title} {other.title}"[:120], text=one.text[:half] + other.text[half:])
