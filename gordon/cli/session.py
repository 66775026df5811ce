"""What a command needs of a desk: its settings, its database, its bus; opened when asked for, closed at the end."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from functools import cached_property
from pathlib import Path
from types import TracebackType

from gordon.app.connect import address_problems, connect_bus, connect_store, refuse_address
from gordon.app.prepare import ready
from gordon.bus import Bus
from gordon.desk.load import require_folder
from gordon.errors import BusUnavailable, DeskInvalid, StoreUnavailable
from gordon.events import Topics
from gordon.settings import read_settings
from store.database import Database


class Session(AbstractContextManager["Session"]):
    """Raises DeskInvalid for wrong settings and for addresses that do not answer."""

    def __init__(self, desk: Path) -> None:
        self.folder = desk.resolve()
        require_folder(self.folder)
        self.settings, problems = read_settings(self.folder, os.environ)
        problems += address_problems(self.settings, self.folder, os.environ)
        if problems:
            raise DeskInvalid(problems)
        self.topics = Topics(self.settings.topic_prefix)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if "database" in self.__dict__:
            self.database.close()

    @cached_property
    def database(self) -> Database:
        """The desk's database, at the right revision."""
        try:
            return ready(connect_store(self.settings, self.folder))
        except StoreUnavailable as error:
            raise refuse_address("database", self.folder, os.environ, error) from error

    def open_bus(self) -> Bus:
        """A bus; the caller closes it. Raises BusUnavailable."""
        return connect_bus(self.settings, self.folder)

    @contextmanager
    def bus(self) -> Iterator[Bus]:
        """A bus for a command that is nothing without it."""
        try:
            bus = self.open_bus()
            try:
                yield bus
            finally:
                bus.close()
        except BusUnavailable as error:
            raise refuse_address("bus", self.folder, os.environ, error) from error
