"""feedparser's own tests as a yardstick: the expression that each file embeds, held against three readings of the file.

Runs in a process of its own (``python -m bench.support.expectations``): files as MessagePack on standard input, a
list of Verdict as JSON on standard output. The expressions are foreign code: only names, literals, operators, indices
and a few attributes are let through, without builtins, under limits.
"""

from __future__ import annotations

import ast
import codecs
import datetime
import json
import re
import resource
import subprocess
import sys
import warnings
from collections.abc import Mapping, Sequence
from contextlib import suppress
from encodings.aliases import aliases
from io import BytesIO
from typing import Any

import feedparser
import msgspec

from ingest.charset import decode
from ingest.kinds.prolog import prolog
from ingest.kinds.reader import read
from ingest.kinds.xml import repaired

_EXPECT = re.compile(r"^\s*Expect:\s*(.+?)\s*$", re.MULTILINE)
_HEADER = re.compile(r"^\s*Header:\s*([\w-]+):[ \t]*(.*?)\s*$", re.MULTILINE)
_DECLARATION = re.compile(r"^\s*<\?xml\b.*?\?>", re.DOTALL)
_ATTRIBUTES = frozenset(
    {"get", "link", "tags", "summary", "newlocation", "chapters", "psc_chapters", "term", "timedelta"}
)
_CALLS: Mapping[str, Any] = {"len": len, "ord": ord}
_BASE = "http://127.0.0.1:8097/tests/"
_MEMORY, _SECONDS = 2 * 1024**3, 300


class Verdict(msgspec.Struct, frozen=True):
    """``transport``: about HTTP headers or the name of the encoding, which Gordon settles before it parses;
    ``default``, ``plain``, ours: whether it holds for feedparser as it
    comes, for feedparser without sanitiser, link resolution and address, and for Gordon's way of reading."""

    path: str
    transport: bool
    default: bool
    plain: bool
    ours: bool


def verdicts(files: Sequence[tuple[str, bytes]]) -> list[Verdict]:
    """All files that hold an expectation, judged in a sandbox. Raises CalledProcessError when the sandbox breaks."""
    command = [sys.executable, "-m", "bench.support.expectations"]
    done = subprocess.run(command, input=msgspec.msgpack.encode(files), capture_output=True, check=True)
    return msgspec.json.decode(done.stdout, type=list[Verdict])


def judge(path: str, body: bytes) -> Verdict | None:
    """One file; None when it holds no expectation that can be judged here."""
    text = _text(body)
    found = _EXPECT.search(text)
    if not found or not (tree := allowed(found[1])):
        return None
    headers = {"content-location": f"{_BASE}{path}", "content-type": "application/xml"}  # as its own test server
    headers |= {name.lower(): value for name, value in _HEADER.findall(text)}
    default = _parse(body, headers)
    nowhere = {name: value for name, value in headers.items() if name != "content-location"}
    plain = _parse(body, nowhere, sanitize_html=False, resolve_relative_uris=False)
    code = compile(tree, "expectation", "eval")
    names = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
    transport = bool(_HEADER.search(text) or names & {"encoding", "headers"})
    ours = ours_of(body, headers.get("content-type", ""))
    return Verdict(path, transport, holds(code, default), holds(code, plain), holds(code, ours))


def _text(body: bytes) -> str:
    bare = {b"\x00\x00\x00<": "utf-32-be", b"<\x00\x00\x00": "utf-32-le", b"\x00<\x00": "utf-16-be"}
    name = next((name for start, name in bare.items() if body.startswith(start)), "")
    return body.decode(name, "replace") if name else decode(body)


def allowed(expression: str) -> ast.Expression | None:
    """The expression, if it does nothing but compare parts of what was parsed."""
    try:
        tree = ast.parse(expression, mode="eval")
    except SyntaxError:
        return None
    harmless = (ast.Expression, ast.BoolOp, ast.UnaryOp, ast.BinOp, ast.Compare, ast.Subscript, ast.Constant, ast.Load)
    more = (
        ast.List,
        ast.Tuple,
        ast.Dict,
        ast.Slice,
        ast.boolop,
        ast.unaryop,
        ast.operator,
        ast.cmpop,
        ast.Name,
        ast.Call,
    )
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and node.attr in _ATTRIBUTES:
            continue
        if not isinstance(node, (*harmless, *more, ast.keyword)) or (isinstance(node, ast.Name) and "__" in node.id):
            return None
    return tree


def _parse(body: bytes, headers: Mapping[str, str], **options: bool) -> Mapping[str, Any]:
    return dict(feedparser.parse(BytesIO(body), response_headers=dict(headers), **options))


def ours_of(body: bytes, content_type: str) -> Mapping[str, Any]:
    """What Gordon's child has before it makes its own entries of it; nothing where it refuses the document."""
    text = decode(body, content_type).lstrip("\ufeff \t\r\n\0")
    if prolog(text)[0]:
        return {}
    reading = read(repaired(_DECLARATION.sub("", text)))
    return {
        "feed": reading.feed,
        "entries": reading.entries,
        "version": reading.version,
        "bozo": reading.fault is not None,
    }


def holds(code: Any, parsed: Mapping[str, Any]) -> bool:
    """Whether the expression is true of what was parsed; an expression that fails is not."""
    try:
        return bool(eval(code, {"__builtins__": {}, "datetime": datetime, **_CALLS, **parsed}))
    except Exception:  # foreign expressions over dictionaries that may lack anything
        return False


def _import_all() -> None:
    """What is imported late, before the doors close."""
    judge("warm", b"<!--\nExpect: not bozo\n-->\n<rss/>")
    for name in set(aliases.values()):
        with suppress(LookupError):  # some exist on other systems only
            codecs.lookup(name)


def main() -> None:
    warnings.simplefilter("ignore")
    files = msgspec.msgpack.decode(sys.stdin.buffer.read(), type=list[tuple[str, bytes]])
    _import_all()
    resource.setrlimit(resource.RLIMIT_AS, (_MEMORY, _MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (_SECONDS, _SECONDS))
    resource.setrlimit(resource.RLIMIT_NOFILE, (0, 0))
    found = [verdict for path, body in files if (verdict := judge(path, body))]
    sys.stdout.write(json.dumps(msgspec.to_builtins(found)))


if __name__ == "__main__":
    main()
