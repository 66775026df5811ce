"""Opens the bus and the database that a desk's settings name; a wrong address becomes a problem with its line."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from gordon.bus import Bus
from gordon.bus.kafka_settings import KafkaSettings
from gordon.bus.open import check_bus_address, open_bus
from gordon.errors import BusUnavailable, DeskInvalid, Problem, StoreUnavailable
from gordon.events import Topics
from gordon.secret_settings import secret_values
from gordon.secrets import hide
from gordon.settings import FILE, Settings, where_set
from store.database import Database, check_database_address, open_database


def connect_bus(settings: Settings, folder: Path) -> Bus:
    """The bus; it may be away, which shows at its first use."""
    return open_bus(settings.bus_url(folder), kafka=kafka_settings(settings))


def stage_bus(settings: Settings, folder: Path) -> Bus:
    """The bus with the topics between the stages in place. Raises BusUnavailable."""
    topics = Topics(settings.topic_prefix)
    bus = connect_bus(settings, folder)
    try:
        bus.ensure([topics.mentions, topics.tagged, topics.dead])
    except BusUnavailable:
        bus.close()
        raise
    return bus


def kafka_settings(settings: Settings) -> KafkaSettings:
    """The [kafka] table in the bus's own type, which knows nothing of desks."""
    values = settings.kafka.model_dump()
    for secret in ("sasl_password", "ssl_password"):
        values[secret] = getattr(settings.kafka, secret).get_secret_value()
        del values[f"{secret}_file"]
    return KafkaSettings(**values)


def connect_store(settings: Settings, folder: Path) -> Database:
    """The database."""
    return open_database(settings.database_url(folder))


def refuse_address(
    key: str, folder: Path, environ: Mapping[str, str], error: BusUnavailable | StoreUnavailable
) -> DeskInvalid:
    """The error of an address that does not answer, with the place where it was set."""
    file, line = where_set(folder, environ, (key,))
    remedy = f"start it, or correct {key!r}; without it the embedded one in {FILE}'s data folder is used"
    return DeskInvalid([Problem(file, line, f"{key} does not answer: {error}", remedy)])


def address_problems(settings: Settings, folder: Path, environ: Mapping[str, str]) -> list[Problem]:
    """What is malformed about the two addresses, with the place where each was set. Opens nothing. From here on no
    message of this process shows a secret of these settings."""
    hide(secret_values(settings))
    checks = {
        "bus": (check_bus_address, settings.bus_url(folder)),
        "database": (check_database_address, settings.database_url(folder)),
    }
    found: list[Problem] = []
    for key, (check, url) in checks.items():
        try:
            check(url)
        except DeskInvalid as error:
            file, line = where_set(folder, environ, (key,))
            found += [Problem(file, line, problem.message, problem.remedy) for problem in error.problems]
    return found
