"""What was learnt, as it is stored in a desk: one linear model per file over shared terms."""

from __future__ import annotations

import zlib
from base64 import b64decode, b64encode
from typing import TYPE_CHECKING, Any

import msgspec

from gordon.errors import GordonError
from gordon.ids import digest

if TYPE_CHECKING:
    from numpy.typing import NDArray

FORMAT = "gordon-examples-1"
"""Changes whenever a model would be read in another way, and so must be learnt again."""
MAX_TERMS = 20_000_000


class Unusable(GordonError):
    """The bytes are not a model of this version of Gordon."""


class LearnedFile(msgspec.Struct, frozen=True, kw_only=True):
    """One file. ``terms``: the places of its terms among those of the model; ``weights``: what each of them counts
    for, in steps of ``step``; the score of a text is their sum over its terms, and ``bias``."""

    file: str
    threshold: float
    slope: float
    offset: float
    bias: float
    step: float
    terms: str
    weights: str


class Trial(msgspec.Struct, frozen=True, kw_only=True):
    """How a file did in cross-validation on its texts in one language; ``language`` "" is all of them."""

    file: str
    language: str
    yes: int
    no: int
    tp: int
    fp: int
    fn: int


class Learnt(msgspec.Struct, frozen=True, kw_only=True):
    """A whole model. ``rarity``: the idf of each of ``terms``; any other term has ``unseen``. ``examples``: a digest
    of what each file taught; ``unlearnt``: the files whose examples did not do, and why."""

    format: str = FORMAT
    version: str = ""
    texts: int
    decided: int
    examples: dict[str, str]
    unlearnt: dict[str, str]
    trials: tuple[Trial, ...]
    terms: str
    rarity: str
    unseen: float
    files: tuple[LearnedFile, ...]


def pack(array: NDArray[Any]) -> str:
    """An array of numbers as text, in little-endian order."""
    return b64encode(zlib.compress(array.astype(array.dtype.newbyteorder("<")).tobytes(), 9)).decode()


def unpack(text: str, kind: str) -> NDArray[Any]:
    """The array again; ``kind`` is its dtype. Raises ValueError or zlib.error for anything else."""
    import numpy as np

    inflate = zlib.decompressobj()
    raw = inflate.decompress(b64decode(text, validate=True), MAX_TERMS * 4)
    if inflate.unconsumed_tail or not inflate.eof:
        raise ValueError("an array is too long or cut off")
    found: NDArray[Any] = np.frombuffer(raw, dtype=np.dtype(kind).newbyteorder("<")).astype(kind)
    return found


def seal(model: Learnt) -> Learnt:
    """The model with its version, the digest of all the rest."""
    bare = msgspec.structs.replace(model, version="")
    return msgspec.structs.replace(bare, version=digest(msgspec.json.encode(bare, order="deterministic")))


def encode(model: Learnt) -> bytes:
    """The bytes of the file: JSON, one field a line. The same model gives the same bytes."""
    return msgspec.json.format(msgspec.json.encode(model, order="deterministic"), indent=1) + b"\n"


def decode(data: bytes) -> Learnt:
    """The model in these bytes. Raises Unusable where they are damaged or of another version."""
    try:
        found = msgspec.json.decode(data, type=dict[str, msgspec.Raw])
        kind = msgspec.json.decode(found.get("format", msgspec.Raw(b"null")))
    except (msgspec.MsgspecError, RecursionError, UnicodeDecodeError) as error:
        raise Unusable(f"is damaged: {error}") from error
    if kind != FORMAT:
        raise Unusable(f"is of another version of Gordon: format {kind!r}, not {FORMAT!r}")
    try:
        model = msgspec.json.decode(data, type=Learnt)
    except (msgspec.MsgspecError, RecursionError, UnicodeDecodeError) as error:
        raise Unusable(f"is damaged: {error}") from error
    if seal(model).version != model.version:
        raise Unusable("is damaged: it is not what was written")
    return model
