"""The records of the existing system: read from the city's delivery files into a database of its own, anew when they have changed."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import Any

from sqlalchemy import select

from server_stub.certificates.certificate import AnyCertificate, Case
from server_stub.db import open_engine, sqlite_url
from server_stub.interface import notices
from server_stub.interface.clock import Clock
from server_stub.interface.existing_system import link_ref
from server_stub.interface.failures import Failed
from server_stub.interface.trace import Trace
from server_stub.interface.values import Identity, Method, Place
from server_stub.municipalities import FORMATS, Municipality
from server_stub.registry.importers import load_delivery
from server_stub.registry.replica import Replica, ReplicaReader
from server_stub.registry.tables import persons

_ANY_NUMBER = 10**9
_NOBODYS_CARD = Identity(method=Method.JPKI, reference="0" * 64)
"""Whose card is whose is nothing that it knows, or is told."""


class Records:
    """Safe from any thread. `own`: read instead of the town's own delivery while it is there, as the nightly delivery does."""

    def __init__(
        self, municipality: Municipality, own: Path | None, folder: Path, clock: Clock, trace: Trace
    ) -> None:
        """Read them once. Raises Failed as `load_delivery`."""
        self._municipality, self._own, self._folder = municipality, own, folder
        self._clock, self._trace = clock, trace
        self._models = {
            register: model
            for kind in municipality.every_kind.values()
            for register, model in kind.registers.items()
        }
        self._lock = threading.Lock()
        self._count = 0
        self._seen = self._state()
        self._replica = self._read()

    @contextmanager
    def open(self) -> Iterator[ReplicaReader]:
        """The records of this moment. What has changed and cannot be read leaves those before in use, as it is in the trace."""
        with self._lock:
            state = self._state()
            if state != self._seen:
                self._seen = state
                try:
                    before, self._replica = self._replica, self._read()
                    before.close()
                except Failed:
                    pass  # told by the loader itself
            replica = self._replica
        with replica.open_generation() as reader:
            yield reader

    def everybody(self) -> list[str]:
        """List the numbers of all residents in the order of the register."""
        engine = open_engine(self._url)
        try:
            with engine.connect() as connection:
                return list(connection.scalars(select(persons.c.key).order_by(persons.c.line)))
        finally:
            engine.dispose()

    def close(self) -> None:
        self._replica.close()

    def _delivery(self) -> Path:
        own = self._own
        return own if own is not None and own.is_dir() else self._municipality.folder / "delivery"

    def _state(self) -> tuple[tuple[str, int, int], ...]:
        """What a change of any file changes."""
        files = sorted(path for path in self._delivery().rglob("*") if path.is_file())
        return tuple((str(file), file.stat().st_mtime_ns, file.stat().st_size) for file in files)

    def _read(self) -> Replica:
        delivery = self._delivery()
        beside = delivery / FORMATS
        none = self._folder / notices.FILE_NAME  # whose card is whose is nothing that it knows
        none.write_text(",".join(notices.HEADER) + "\r\n", encoding="utf-8", newline="")
        self._count += 1
        self._url = sqlite_url(self._folder / f"records-{self._count}.db")
        load_delivery(
            self._url,
            delivery,
            none,
            self._clock,
            self._trace,
            self._municipality,
            formats=beside if beside.is_dir() else self._municipality.folder / FORMATS,
            models=self._models,
            most_set_aside=_ANY_NUMBER,
            made_at=self._clock.now().replace(microsecond=0),
        )
        return Replica(self._url)


def case_of(
    municipality: Municipality,
    kind: AnyCertificate,
    reader: ReplicaReader,
    person: str,
    place: Place,
    day: date,
    numbers: dict[str, str] | None = None,
) -> Case[Any]:
    """Put together who asks, where and when. `numbers` hears the number of each person who is referred to."""

    def ref(number: str) -> str:
        found = link_ref(number)
        if numbers is not None:
            numbers[found] = number
        return found

    return Case(
        terms=municipality.services[kind.code],
        reader=reader,
        identity=_NOBODYS_CARD,
        key=person,
        person=reader.person(person),
        place=place,
        today=day,
        ref=ref,
        minimum_age=municipality.minimum_age,
        refuse_moving_out=municipality.holder.refuse_moving_out,
    )
