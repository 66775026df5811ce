"""What a mention touches: by rules, then by example where no rule spoke, and the claims it repeats."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import NamedTuple, Protocol

from msgspec import Struct

from classify.engine import Engine
from classify.text import MAX_TEXT
from gordon.events import ClaimHit, FileTag, Mention


class Likeness(Struct, frozen=True):
    """How much a mention resembles the examples of a file: tagged from ``threshold`` on."""

    file: str
    probability: float
    threshold: float


class Recogniser(Protocol):
    """Recognises files by their examples."""

    def recognise(self, mention: Mention, settled: Collection[str]) -> Sequence[FileTag]:
        """The files beside ``settled`` whose examples the mention resembles enough, best first."""
        ...

    def likenesses(self, mention: Mention) -> Sequence[Likeness]:
        """Of every file that was learnt, also below its threshold."""
        ...


class Tags(NamedTuple):
    """All that is said of a mention, as it goes into its events."""

    files: tuple[FileTag, ...]
    claims: tuple[ClaimHit, ...]
    flags: tuple[str, ...]


class Tagger:
    """Rules come first: what they tag or veto, the examples neither change nor repeat."""

    def __init__(self, engine: Engine, recogniser: Recogniser | None = None) -> None:
        self.engine = engine
        self.recogniser = recogniser

    def tag(self, mention: Mention) -> Tags:
        """Files by rule, then by example, each kind with the highest score first; claims of all of them."""
        judged = self.engine.judge(mention)
        files = judged.tags
        if self.recogniser is not None:
            settled = judged.vetoed.union(tag.file for tag in files)
            files += tuple(self.recogniser.recognise(mention, settled))
        return Tags(files, self.engine.claims(mention, files) if files else (), _cut(mention))


def _cut(mention: Mention) -> tuple[str, ...]:
    fields = (("title-cut", mention.title), ("text-cut", mention.text))
    return tuple(flag for flag, text in fields if len(text) > MAX_TEXT)
