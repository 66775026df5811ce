"""What the last poll remembers of a body's entries, so that the next one parses only those it does not know. Pure.

A reading is 16 bytes for each entry: the hash of its raw text and the digest of the identity it goes by. It is b""
wherever the next document must be read as a whole: entries that share or change their names are told apart only beside
each other.
"""

from __future__ import annotations

from ingest.normalise import Decision
from ingest.raw import HASH, RawFeed

_ROW = 2 * HASH


def known(reading: bytes) -> bytes:
    """The raw hashes, as Document.known wants them."""
    return b"".join(_rows(reading))


def present(raw: RawFeed, reading: bytes) -> frozenset[bytes]:
    """The identities of the entries that were left out of this document as known."""
    rows, parsed = _rows(reading), set(raw.places)
    left = (one for place, one in enumerate(raw.raws) if place not in parsed)
    return frozenset(rows[one] for one in left if one in rows)


def remember(raw: RawFeed, reading: bytes, decision: Decision) -> bytes:
    """The reading after this document, when ``reading`` was the one before."""
    if not decision.simple or not raw.raws:
        return b""
    names = dict(zip(raw.places, decision.names, strict=True))
    rows = _rows(reading)
    if any(place not in names and one not in rows for place, one in enumerate(raw.raws)):
        return b""
    return b"".join(one + (names.get(place) or rows[one]) for place, one in enumerate(raw.raws))


def _rows(reading: bytes) -> dict[bytes, bytes]:
    """Identities by raw hash; whatever is not a reading counts as none."""
    if len(reading) % _ROW:
        return {}
    starts = range(0, len(reading), _ROW)
    return {reading[at : at + HASH]: reading[at + HASH : at + _ROW] for at in starts}
