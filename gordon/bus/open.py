"""Opens a bus by its address. To add one: a file ``gordon/bus/NAME.py`` and its line in SCHEMES."""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import unquote

from gordon.bus import Bus
from gordon.bus.kafka_settings import KafkaSettings
from gordon.errors import DeskInvalid, Problem


def _sqlite(rest: str, kafka: KafkaSettings) -> Bus:
    """``sqlite:///relative.db`` or ``sqlite:////absolute.db``."""
    from gordon.bus.sqlite import SqliteBus

    if not rest.startswith("/") or not (path := unquote(rest[1:])):
        raise _wrong(f"sqlite://{rest}", "it has no path")
    return SqliteBus(path)


def _kafka(rest: str, kafka: KafkaSettings) -> Bus:
    """``kafka://host:port[,host:port]``. The library is loaded only here: it costs a tenth of a second and 10 MB."""
    from gordon.bus.kafka import KafkaBus

    servers = rest.rstrip("/").split(",")
    for server in servers:
        host, _, port = server.rpartition(":")
        if not host or set(host) & set("@/?#") or not (port.isascii() and port.isdigit() and 0 < int(port) < 65536):
            raise _wrong(f"kafka://{rest}", f"{server.rpartition('@')[2]!r} is not host:port")
    return KafkaBus(servers, settings=kafka)


SCHEMES: dict[str, Callable[[str, KafkaSettings], Bus]] = {
    "sqlite": _sqlite,
    "kafka": _kafka,
}


def open_bus(url: str, *, kafka: KafkaSettings | None = None) -> Bus:
    """The bus at ``url``. Raises DeskInvalid when the address is malformed, BusUnavailable when it cannot be opened."""
    scheme, sep, rest = url.partition("://")
    if not sep or scheme not in SCHEMES:
        raise _wrong(url, "unknown kind of bus")
    return SCHEMES[scheme](rest, kafka or KafkaSettings())


def _wrong(url: str, what: str) -> DeskInvalid:
    shown = url if "@" not in url else url.partition("://")[0] + "://..."  # it may hold a password
    remedy = "write sqlite:///path/log.db or kafka://host:port[,host:port]"
    return DeskInvalid([Problem("gordon.toml", 0, f"the bus address {shown!r} is wrong: {what}", remedy)])
