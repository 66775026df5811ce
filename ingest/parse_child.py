"""The guarded child: reads documents on stdin, writes parsed feeds and pages to stdout, under limits, until stdin ends.

Everything a hostile document can do happens here and nowhere else: no network (where the kernel allows), no new
files, bounded memory, bounded CPU for each document. Frames both ways: four bytes of length, then MessagePack.
"""

from __future__ import annotations

import ctypes
import math
import os
import resource
import signal
import struct
import sys
import warnings
from collections.abc import Callable
from typing import BinaryIO

import msgspec

from ingest.kinds import parse
from ingest.raw import Document, Parsed, Refused

HEADER = struct.Struct(">I")
_PR_SET_PDEATHSIG = 1
_CLONE_NEWUSER, _CLONE_NEWNET = 0x10000000, 0x40000000
_FILES = 16


def main(arguments: list[str]) -> None:
    """``arguments``: CPU seconds for each document, bytes of memory, process id of the parent."""
    cpu, memory, parent = float(arguments[0]), int(arguments[1]), int(arguments[2])
    warnings.simplefilter("ignore")
    # The parent decides when to end: it closes stdin. A signal meant for the whole group must not cost a document.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    _confine(memory, parent)
    _write(sys.stdout.buffer, b"")
    serve(sys.stdin.buffer, sys.stdout.buffer, lambda: _arm(cpu))


def serve(source: BinaryIO, sink: BinaryIO, before: Callable[[], None]) -> None:
    """One document after the other, each after ``before()``. After a failure that may have left a mess the child
    ends; a new one comes."""
    decoder, encoder = msgspec.msgpack.Decoder(Document), msgspec.msgpack.Encoder()
    while len(head := source.read(HEADER.size)) == HEADER.size:
        document = decoder.decode(source.read(HEADER.unpack(head)[0]))
        before()
        parsed, sound = attempt(document)
        _write(sink, encoder.encode(parsed))
        if not sound:
            return


def attempt(document: Document) -> tuple[Parsed, bool]:
    """The parsed document, and whether the process is still sound afterwards."""
    try:
        return _page(document) if document.what == "page" else parse(document), True
    except (MemoryError, RecursionError) as error:
        return Refused(outcome="unparseable", detail=f"the document needs too much memory ({_name(error)})"), False
    except Exception as error:  # hostile input makes the parsers raise nearly anything; none of it may get further
        return Refused(outcome="unparseable", detail=f"the parser failed: {_name(error)}: {error}"[:300]), True


def _page(document: Document) -> Parsed:
    # Only here: the library for pages is heavy, and most installations never ask for one.
    from ingest.page import read_page

    return read_page(document)


def _name(error: BaseException) -> str:
    return type(error).__name__


def _write(sink: BinaryIO, data: bytes) -> None:
    sink.write(HEADER.pack(len(data)) + data)
    sink.flush()


def _confine(memory: int, parent: int) -> None:
    library = ctypes.CDLL(None, use_errno=True)
    library.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    if os.getppid() != parent:  # it died before it could take us along
        sys.exit(0)
    library.unshare(_CLONE_NEWUSER | _CLONE_NEWNET)  # not allowed everywhere; then the other walls have to do
    resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    resource.setrlimit(resource.RLIMIT_NOFILE, (_FILES, _FILES))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def _arm(cpu: float) -> None:
    """CPU time counts up over the life of a process: the limit moves ahead of it for each document."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    spent = used.ru_utime + used.ru_stime
    resource.setrlimit(resource.RLIMIT_CPU, (math.ceil(spent + cpu), resource.RLIM_INFINITY))


if __name__ == "__main__":
    main(sys.argv[1:])
