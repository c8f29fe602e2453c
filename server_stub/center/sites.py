"""Watch the sites that the centre asks: one that does not answer is an alarm, opened once and closed by the next answer."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from server_stub.alarm_book import AlarmBook
from server_stub.interface.clock import Clock
from server_stub.interface.outages import AlarmCause, Layer
from server_stub.interface.trace import Trace
from server_stub.municipalities import MunicipalityEntry
from server_stub.municipalities.hosting import HostingForm, HostingTerms

from .database import Database
from .settings import IssuingServer
from .tables import alarms


class SiteAlarms:
    """Safe from any thread. A site stands for each municipality whose issuing server it has, and each has its own [hosting]."""

    def __init__(
        self,
        database: Database,
        municipalities: Sequence[MunicipalityEntry],
        announced: Callable[[str], bool],
        clock: Clock,
        trace: Trace,
    ) -> None:
        """`announced`: whether an outage of that municipality is announced to be now."""
        self._hosting = {entry.info.code: entry.hosting for entry in municipalities}
        self._announced = announced
        self.book = AlarmBook(alarms, database.read, database.write, clock, trace, "centre", remembers=True)
        database.on_replaced(self.book.forget)

    def answered(self, server: IssuingServer) -> None:
        for code in server.municipalities:
            self.book.close(code, AlarmCause.SITE_SILENT)

    def failed(self, server: IssuingServer, layer: Layer) -> None:
        """The nearest layer that explains what the centre has seen: no connection, no answer, or no answer that was agreed on."""
        for code in server.municipalities:
            hosting = self._hosting.get(code, HostingTerms())
            in_hall = hosting.form is HostingForm.OWN_HALL and layer is Layer.DATA_CENTRE
            found = Layer.CITY_HALL if in_hall else layer
            self.book.open(
                code,
                AlarmCause.SITE_SILENT,
                found,
                hosting.responsible(found),
                announced=self._announced(code),
            )
