"""Opens a bus by its address. To add one: a file ``gordon/bus/NAME.py`` and its line in SCHEMES."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple
from urllib.parse import unquote

from gordon.bus import Bus
from gordon.bus.kafka_settings import KafkaSettings
from gordon.errors import DeskInvalid, Problem


class Scheme(NamedTuple):
    """``parse`` makes sense of what follows ``://`` (raises DeskInvalid), ``open`` opens what it found."""

    parse: Callable[[str], Any]
    open: Callable[[Any, KafkaSettings], Bus]


def _path(rest: str) -> str:
    """``sqlite:///relative.db`` or ``sqlite:////absolute.db``."""
    if not rest.startswith("/") or not (path := unquote(rest[1:])):
        raise _wrong(f"sqlite://{rest}", "it has no path")
    return path


def _sqlite(path: str, kafka: KafkaSettings) -> Bus:
    from gordon.bus.sqlite import SqliteBus

    return SqliteBus(path)


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
    "sqlite": Scheme(_path, _sqlite),
    "kafka": Scheme(_servers, _kafka),
}


def open_bus(url: str, *, kafka: KafkaSettings | None = None) -> Bus:
    """The bus at ``url``. Raises DeskInvalid when the address is malformed, BusUnavailable when it cannot be opened."""
    scheme, place = _parsed(url)
    return scheme.open(place, kafka or KafkaSettings())


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
