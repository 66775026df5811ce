"""The labelled posts and claims of the evaluation data, split into a part to tune on and a part to report."""

from __future__ import annotations

import gzip
import json
import random
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

SEED = 7
_HEAD = 30


@dataclass(frozen=True, slots=True)
class Post:
    """A post and the claims (places in the set's ``claims``) that people say it makes."""

    text: str
    claims: frozenset[int]


@dataclass(frozen=True, slots=True)
class ClaimSet:
    """Posts and the collection to find their claims in. ``tuned``: the weights were learnt on these posts."""

    name: str
    language: str
    tuned: bool
    claims: tuple[str, ...]
    posts: tuple[Post, ...]


def claim_sets(folder: Path) -> list[ClaimSet]:
    """Tweets of 2020 in their official split; posts of 2025, French and English, halved by claim."""
    rows = _rows(folder, "ct2020_verified_claims_en")
    claims, places = tuple(row["text"] for row in rows), {row["id"]: place for place, row in enumerate(rows)}
    found = [
        ClaimSet(f"2020 {part} en", "en", part == "train", claims, _tweets(folder, part, places))
        for part in ("train", "dev")
    ]
    for language in ("fr", "en"):
        found += _halves(_rows(folder, f"ct2025_post_to_claim_{language}"), language)
    return found


def statements(folder: Path) -> dict[str, list[str]]:
    """Statements about other things than the claims of 2020: hardly any of them repeats one."""
    return {name: [row["text"] for row in _rows(folder, name)] for name in ("averitec_dev_en", "climate_fever_en")}


def unrepeated(text: str) -> str:
    """The post said once: its organisers wrote it three or four times into its own text. Equal lines once, too."""
    head = text[:_HEAD]
    at = text.find(head, 1) if head else -1
    while at > 0:
        once = text[:at].rstrip()
        if text.startswith(once, at):
            rest = text
            while rest.startswith(once):
                rest = rest[len(once) :].lstrip()
            text = once if rest == "None" or once.startswith(rest) else f"{once}\n{rest}"
            break
        at = text.find(head, at + 1)
    return "\n".join(dict.fromkeys(line.strip() for line in text.splitlines() if line.strip()))


def _tweets(folder: Path, part: str, places: dict[str, int]) -> tuple[Post, ...]:
    rows = _rows(folder, f"ct2020_tweets_{part}_en")
    return tuple(Post(row["text"], frozenset(places[claim] for claim in row["claims"])) for row in rows)


def _halves(rows: Sequence[dict[str, Any]], language: str) -> list[ClaimSet]:
    says: dict[int, str] = {}
    for row in rows:
        says.setdefault(row["claim_id"], row["claim"])
    places = {name: place for place, name in enumerate(says)}
    names = sorted(says)
    random.Random(SEED).shuffle(names)
    first = {places[name] for name in names[: len(names) // 2]}
    posts = [Post(unrepeated(row["text"]), frozenset({places[row["claim_id"]]})) for row in rows]
    halves = [[post for post in posts if (post.claims <= first) == tuned] for tuned in (True, False)]
    return [
        ClaimSet(f"2025 {part} half {language}", language, part == "first", tuple(says.values()), tuple(half))
        for part, half in zip(("first", "second"), halves, strict=True)
    ]


def _rows(folder: Path, name: str) -> list[dict[str, Any]]:
    with gzip.open(folder / "claims" / f"{name}.jsonl.gz", "rt", encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]
