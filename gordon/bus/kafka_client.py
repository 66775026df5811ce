"""The one door to kafka-python: its names, configuration and errors, and the time limits that it does not keep."""

from __future__ import annotations

import logging
import ssl
import threading
import time
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from typing import Any, TypeVar

from gordon.bus.kafka_settings import KafkaSettings
from gordon.errors import BusUnavailable

with warnings.catch_warnings():
    # kafka-python 3.0.12 reads its schemas, at import, by a function that Python 3.11 and 3.12 call deprecated.
    warnings.simplefilter("ignore", DeprecationWarning)
    from kafka import KafkaAdminClient, KafkaConsumer, KafkaProducer
    from kafka.admin import OffsetSpec
    from kafka.consumer.subscription_state import ConsumerRebalanceListener
    from kafka.coordinator.assignors.range import RangePartitionAssignor
    from kafka.errors import (
        CommitFailedError,
        FencedInstanceIdError,
        IllegalGenerationError,
        KafkaError,
        MessageSizeTooLargeError,
        RebalanceInProgressError,
        RecordListTooLargeError,
        UnknownMemberIdError,
    )
    from kafka.net.compat import KafkaNetClient
    from kafka.net.inet import KafkaNetSocket
    from kafka.structs import OffsetAndMetadata, TopicPartition

__all__ = [
    "CLAIM_LOST",
    "CLOSE",
    "TOO_LARGE",
    "ConsumerRebalanceListener",
    "KafkaAdminClient",
    "KafkaConsumer",
    "KafkaError",
    "KafkaProducer",
    "OffsetAndMetadata",
    "OffsetSpec",
    "RangePartitionAssignor",
    "TopicPartition",
    "bounded",
    "connection_options",
    "errors",
    "milliseconds",
    "opened",
    "patient",
    "quiet",
]

CLAIM_LOST = (
    CommitFailedError,
    FencedInstanceIdError,
    IllegalGenerationError,
    RebalanceInProgressError,
    UnknownMemberIdError,
)
TOO_LARGE = (MessageSizeTooLargeError, RecordListTooLargeError)
CLOSE = 3.0
"""Seconds that closing something may take."""

HANGS_UP = "socket disconnected"
REFUSED = "a broker that hangs up during the login refuses, as a rule, its user or password"
"""The broker's refusal comes together with the end of the line, and often the library sees the end only."""

T = TypeVar("T")


class Direct(KafkaNetSocket):  # type: ignore[misc]  # the library has no types
    """A plain connection whose socket is closed when connecting fails: the library leaves it to the garbage collector.
    It enters by the library's registry of proxies, under a scheme of its own."""

    SCHEMES = ("direct",)

    async def sock_connect(self, net: Any, sock: Any, sockaddr: Any, timeout_at: float | None = None) -> Any:
        try:
            return await super().sock_connect(net, sock, sockaddr, timeout_at=timeout_at)
        except BaseException:  # cancelling is one too
            sock.close()
            raise


class Handshaken(ssl.SSLSocket):
    """Closed when its handshake fails: that too the library leaves to the garbage collector."""

    def do_handshake(self, block: bool = False) -> None:
        try:
            super().do_handshake(block)
        except (ssl.SSLWantReadError, ssl.SSLWantWriteError):
            raise
        except OSError:
            self.close()
            raise


def _tls(settings: KafkaSettings) -> ssl.SSLContext:
    """As the library would make it. Raises BusUnavailable for files that are missing or no certificates."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.sslsocket_class = Handshaken
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    with errors("the certificates under [kafka]"):
        if settings.ssl_cafile:
            context.load_verify_locations(settings.ssl_cafile)
        else:
            context.load_default_certs()
        if settings.ssl_certfile:
            context.load_cert_chain(settings.ssl_certfile, settings.ssl_keyfile or None, settings.ssl_password)
    return context


def connection_options(servers: Sequence[str], settings: KafkaSettings) -> dict[str, Any]:
    """What all clients of kafka-python are told; an empty setting is left to the library."""
    optional = {
        "sasl_mechanism": settings.sasl_mechanism,
        "sasl_plain_username": settings.sasl_username,
        "sasl_plain_password": settings.sasl_password,
        "ssl_context": _tls(settings) if settings.security_protocol.endswith("SSL") else None,
    }
    return {
        "bootstrap_servers": list(servers),
        "client_id": "gordon",
        "proxy_url": f"{Direct.SCHEMES[0]}://",
        "security_protocol": settings.security_protocol,
        "request_timeout_ms": milliseconds(settings.request_timeout),
        "bootstrap_timeout_ms": milliseconds(settings.request_timeout),
        "reconnect_backoff_max_ms": 1000,
        "metadata_max_age_ms": milliseconds(settings.metadata_age),
        **{name: value for name, value in optional.items() if value},
    }


def milliseconds(seconds: float) -> int:
    return round(seconds * 1000)


@contextmanager
def errors(what: str, reasons: Sequence[str] = ()) -> Iterator[None]:
    """Turns what the library raises into BusUnavailable; ``reasons``, as they stand then, are said as well."""
    try:
        yield
    except (KafkaError, OSError) as error:
        because = "".join(f"; {reason}" for reason in reasons[:3] if reason != str(error))
        raise BusUnavailable(f"{what}: {type(error).__name__}: {error}{because}") from error


_MANAGER = logging.getLogger("kafka.net.manager")
_MANAGER.setLevel(logging.WARNING)
_MANAGER.addHandler(logging.NullHandler())
_MANAGER.propagate = False
"""What it says is heard by Reasons alone: daemons write JSON lines, and commands write for people."""


class Reasons(logging.Handler):
    """Why connections fail, while the context is open: a wrong password, a certificate, a port that speaks another
    protocol. The library tries again until its time is over, logs the reasons, and raises only that it was in vain."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.found: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        for said in record.args if isinstance(record.args, tuple) else ():
            if isinstance(said, Exception) and str(said) not in self.found:
                self.found.append(str(said))

    def __enter__(self) -> Reasons:
        _MANAGER.addHandler(self)
        return self

    def __exit__(self, *_: object) -> None:
        _MANAGER.removeHandler(self)


def opened(factory: Callable[..., T], options: Mapping[str, Any], seconds: float) -> T:
    """A client, or BusUnavailable within about ``seconds``. A constructor that fails would leave its thread and
    sockets behind, so the network part is made here, where it can be closed."""
    with Reasons() as reasons, ExitStack() as unless_open, errors("no connection to Kafka", reasons.found):

        def network(**settings: Any) -> Any:
            made = KafkaNetClient(**settings)
            unless_open.callback(quiet, made.close)
            return made

        try:
            client = bounded(lambda: factory(**options, kafka_client=network), seconds, "connecting to Kafka")
        except KafkaError:
            if options["security_protocol"].startswith("SASL") and any(HANGS_UP in said for said in reasons.found):
                reasons.found.insert(0, REFUSED)
            raise
        unless_open.pop_all()
        return client


def bounded(call: Callable[[], T], seconds: float, what: str) -> T:
    """The result of ``call``, or BusUnavailable after ``seconds``: the library waits for ever in several places.
    What then still hangs does so in a daemon thread, until its client is closed."""
    results: list[T] = []
    failures: list[BaseException] = []

    def run() -> None:
        try:
            results.append(call())
        except BaseException as error:  # carried over to the calling thread
            failures.append(error)

    thread = threading.Thread(target=run, name=f"gordon-{what}", daemon=True)
    thread.start()
    thread.join(seconds)
    if failures:
        raise failures[0]
    if not results:
        raise BusUnavailable(f"{what}: no answer within {seconds:g} s")
    return results[0]


def quiet(close: Callable[[], object], seconds: float = CLOSE) -> None:
    """Closes, within ``seconds`` and without complaint: what is closed may be broken, and nobody needs it any more."""
    with suppress(BusUnavailable, KafkaError, OSError, RuntimeError):
        bounded(close, seconds, "closing")


def patient(call: Callable[[], T], seconds: float) -> T:
    """The result of ``call``, tried again for ``seconds`` while the broker says that it is not ready."""
    until = time.monotonic() + seconds
    while True:
        try:
            return call()
        except KafkaError as error:
            if not error.retriable or time.monotonic() >= until:
                raise
            time.sleep(0.1)
