"""Opens a bus by its address. To add one: a file ``gordon/bus/NAME.py`` and its line in SCHEMES."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from datetime import datetime
from pathlib import Path
from typing import Any, NamedTuple, Protocol
from urllib.parse import unquote

from gordon.bus import Bus
from gordon.bus.kafka_settings import KafkaSettings
from gordon.errors import DeskInvalid, Problem


class Trim(Protocol):
    """Forgets messages published more than ``keep`` seconds ago; gives how many go and how many stay."""

    def __call__(self, place: Any, *, now: datetime, keep: float, dry_run: bool) -> tuple[int, int]: ...


class Scheme(NamedTuple):
    """``parse`` makes sense of what follows ``://`` (raises DeskInvalid), ``open`` opens what it found; ``trim`` is
    missing where the broker forgets by itself."""

    parse: Callable[[str], Any]
    open: Callable[[Any, KafkaSettings], Bus]
    trim: Trim | None = None


def _path(rest: str) -> str:
    """``sqlite:///relative.db`` or ``sqlite:////absolute.db``."""
    if not rest.startswith("/") or not (path := unquote(rest[1:])):
        raise _wrong(f"sqlite://{rest}", "it has no path")
    return path


def _sqlite(path: str, kafka: KafkaSettings) -> Bus:
    from gordon.bus.sqlite import SqliteBus

    return SqliteBus(path)


def _trim_sqlite(place: Any, *, now: datetime, keep: float, dry_run: bool) -> tuple[int, int]:
    from gordon.bus.sqlite_log import Log
    from gordon.bus.sqlite_trim import trim

    with closing(Log(Path(place))) as log:
        return trim(log, now=now, keep=keep, dry_run=dry_run)


def _servers(rest: str) -> list[str]:
    """``kafka://host:port[,host:port]``."""
    servers = rest.rstrip("/").split(",")
    for server in servers:
        if "@" in server:
            raise _wrong(f"kafka://{rest}", "a login belongs under [kafka]: sasl_username and sasl_password")
        host, _, port = server.rpartition(":")
        if not host or set(host) & set("/?#") or not (port.isascii() and port.isdigit() and 0 < int(port) < 65536):
            raise _wrong(f"kafka://{rest}", f"{server!r} is not host:port")
    return servers


def _kafka(servers: list[str], kafka: KafkaSettings) -> Bus:
    """The library is loaded only here: it costs a tenth of a second and 10 MB."""
    from gordon.bus.kafka import KafkaBus

    return KafkaBus(servers, settings=kafka)


SCHEMES = {
    "sqlite": Scheme(_path, _sqlite, _trim_sqlite),
    "kafka": Scheme(_servers, _kafka),
}


def open_bus(url: str, *, kafka: KafkaSettings | None = None) -> Bus:
    """The bus at ``url``. Raises DeskInvalid when the address is malformed, BusUnavailable when it cannot be opened."""
    scheme, place = _parsed(url)
    return scheme.open(place, kafka or KafkaSettings())


def trim_bus(url: str, *, now: datetime, keep: float, dry_run: bool = False) -> tuple[int, int] | None:
    """Forgets messages that every group has handled and that are older than ``keep`` seconds: how many went, or would
    go, and how many stay. None on a broker, which does so by itself. Raises BusUnavailable."""
    scheme, place = _parsed(url)
    return scheme.trim(place, now=now, keep=keep, dry_run=dry_run) if scheme.trim else None


def check_bus_address(url: str) -> None:
    """Raises DeskInvalid when the address is malformed; opens nothing."""
    _parsed(url)


def _parsed(url: str) -> tuple[Scheme, Any]:
    name, sep, rest = url.partition("://")
    if not sep or name not in SCHEMES:
        raise _wrong(url, "unknown kind of bus")
    return SCHEMES[name], SCHEMES[name].parse(rest)


def _wrong(url: str, what: str) -> DeskInvalid:
    shown = url if "@" not in url else url.partition("://")[0] + "://..."  # it may hold a password
    remedy = "write sqlite:///path/log.db or kafka://host:port[,host:port]"
    return DeskInvalid([Problem("gordon.toml", 0, f"the bus address {shown!r} is wrong: {what}", remedy)])
