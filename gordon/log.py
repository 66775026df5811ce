"""The log: one line an event on standard error, JSON by default; the only home of structlog.

Never in a line: the body of a mention, an author, a password. URLs lose their user, password and tokens on the way;
secrets that were told to ``hide`` become ``***`` wherever they stand, tracebacks included.
"""

from __future__ import annotations

import json
import logging
import re
from collections.abc import Iterable, Mapping, MutableMapping
from functools import partial
from typing import Any, TextIO, cast

import structlog

from gordon import hosts
from gordon.log_stream import LogStream
from gordon.secrets import hide, veiled

__all__ = ["each", "hide", "logger", "redact", "set_up"]

# What a terminal obeys, what breaks a line, what reorders it. JSON escapes these by itself.
_CONTROLS = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]")


STANDARD_ERROR = 2
TOGETHER = 10
"""Lines that are written at once: about what a pipe takes as a whole."""


def redact(text: str) -> str:
    """``text`` with the user, password and tokens of every URL in it, and every hidden secret, replaced by ``***``."""
    return veiled(hosts.redact(text, "***@"))


def set_up(level: str, form: str, stage: str) -> None:
    """Configures the whole process: called once, by the composition root."""
    renderers: list[Any] = (
        [_as_json] if form == "json" else [_tame_traceback, structlog.dev.ConsoleRenderer(colors=False)]
    )
    stream = LogStream(STANDARD_ERROR, _json_note if form == "json" else _text_note)
    structlog.configure(
        processors=[
            partial(_add_stage, stage),
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            _redact_all,
            *renderers,
            _veil,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(getattr(logging, level.upper())),
        logger_factory=structlog.WriteLoggerFactory(file=cast(TextIO, stream)),
        cache_logger_on_first_use=False,
    )
    logging.basicConfig(level=logging.CRITICAL, stream=stream)


# Made once: it takes as long as a line. Signs beyond ASCII are escaped, so that none speaks to a terminal.
_JSON = json.JSONEncoder(default=repr)


def _as_json(_logger: Any, _method: str, event: MutableMapping[str, Any]) -> str:
    return _JSON.encode(event)


def _json_note(lost: int) -> str:
    return json.dumps({"event": "log lines lost", "level": "warning", "lines": lost})


def _text_note(lost: int) -> str:
    return f"log lines lost: {lost}"


def logger() -> Any:
    """A logger; call ``.info("what happened", key=value)``."""
    return structlog.get_logger()


def each(event: str, rows: Iterable[Mapping[str, Any]]) -> None:
    """A line at level info for each row, at half the price of as many calls: they are written together. The caller
    has looked whether that level is heard; what is bound to a logger is not said."""
    config = structlog.get_config()
    lines: list[str] = []
    for row in rows:
        line: Any = {"event": event, **row}
        for processor in config["processors"]:
            line = processor(None, "info", line)
        lines.append(line)
    sink = config["logger_factory"]()
    for first in range(0, len(lines), TOGETHER):
        sink.msg("\n".join(lines[first : first + TOGETHER]))


def _add_stage(stage: str, _logger: Any, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """In each thread; what is bound to a context is not there in others."""
    event["stage"] = stage
    return event


def _redact_all(_logger: Any, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    for key, value in event.items():
        if not isinstance(value, str):
            event[key] = _redacted(value)
        elif "@" in value or "=" in value:  # most values are ids and words, and this is on the way of each line
            event[key] = redact(value)
    return event


def _redacted(value: Any) -> Any:
    if isinstance(value, str):
        return redact(value)
    if isinstance(value, BaseException):
        return redact(repr(value))
    if isinstance(value, list | tuple | set | frozenset):
        return [_redacted(inner) for inner in value]
    if isinstance(value, dict):
        return {key: _redacted(inner) for key, inner in value.items()}
    return value


def _veil(_logger: Any, _method: str, line: Any) -> str:
    """The whole line once more: what a renderer made of keys, and of objects by their repr."""
    return veiled(line)


def _tame_traceback(_logger: Any, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """structlog quotes values by itself, but not tracebacks, and their last line may quote a feed: indented, none of
    their lines can pass for an event, and none speaks to the terminal."""
    if isinstance(event.get("exception"), str):
        shown = _CONTROLS.sub(lambda found: ascii(found[0])[1:-1], event["exception"])
        event["exception"] = "\n".join(f"  {line}" for line in shown.split("\n"))
    return event
