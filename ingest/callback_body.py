"""The body of a request to the callback listener, piece by piece: by its length or chunked, within a cap."""

from __future__ import annotations

import re
from collections.abc import Iterator
from email.message import Message
from io import BufferedIOBase

PIECE = 64 * 1024
MOST_LINE = 1024
MOST_TRAILERS = 50
_SIZE = re.compile(rb"[0-9A-Fa-f]{1,12}")


class Broken(Exception):
    """The body is not framed as HTTP wants it, or stops in the middle; never leaves the listener."""


class TooLarge(Exception):
    """The body is beyond the cap; never leaves the listener."""


def body_of(headers: Message, stream: BufferedIOBase, most: int) -> Iterator[bytes]:
    """The pieces of the body; nothing is read before the first is asked for. Raises Broken or TooLarge."""
    lengths = headers.get_all("Content-Length", [])
    codings = headers.get_all("Transfer-Encoding", [])
    if codings:
        if lengths or [coding.strip().lower() for coding in codings] != ["chunked"]:
            raise Broken("both a length and an encoding, or one that is not spoken")
        yield from _chunked(stream, most)
        return
    if len(set(lengths)) > 1 or not all(_is_number(length) for length in lengths):
        raise Broken("no clear length")
    yield from _exactly(stream, int(lengths[0]) if lengths else 0, most)


def _is_number(length: str) -> bool:
    return length.isascii() and length.isdigit() and len(length) <= 15


def _exactly(stream: BufferedIOBase, size: int, most: int) -> Iterator[bytes]:
    if size > most:
        raise TooLarge
    while size:
        piece = stream.read(min(size, PIECE))
        if not piece:
            raise Broken("the body stops in the middle")
        size -= len(piece)
        yield piece


def _chunked(stream: BufferedIOBase, most: int) -> Iterator[bytes]:
    while size := _size(_line(stream)):
        yield from _exactly(stream, size, most)
        most -= size
        if _line(stream):
            raise Broken("a chunk is longer than it says")
    for _ in range(MOST_TRAILERS):
        if not _line(stream):
            return
    raise Broken("too many trailers")


def _size(line: bytes) -> int:
    number = line.partition(b";")[0].strip()
    if not _SIZE.fullmatch(number):
        raise Broken("a chunk without a size")
    return int(number, 16)


def _line(stream: BufferedIOBase) -> bytes:
    line = stream.readline(MOST_LINE)
    if not line.endswith(b"\n"):
        raise Broken("a line that does not end")
    return line.rstrip(b"\r\n")
