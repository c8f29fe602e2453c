"""The threads behind the terminal: which effect is done where, in which order, and what becomes of answers and faults."""

from __future__ import annotations

import logging
from collections.abc import Callable
from functools import partial
from typing import Any, Protocol

from cards.readers.interface import Reader
from kiosk_app.flow.events import Event, PaperReceived, Refused, ServiceStopped
from server_stub.interface.clock import Clock
from server_stub.interface.failures import Failed
from server_stub.interface.log import place_of
from server_stub.interface.trace import Trace

from .card_trust import CardTrust
from .center_gateway import CenterGateway
from .device_gateway import DeviceGateway, Devices
from .flow import effects as f
from .folder_lock import FolderLock
from .journal import Journal
from .outbox import Outbox
from .recovery import Recovered
from .settings import TerminalSettings
from .workers import Worker

_log = logging.getLogger(__name__)

REMOTE = (
    f.ReadCard,
    f.FetchMunicipalities,
    f.OpenSession,
    f.Authenticate,
    f.AuthenticateByOrdinance,
    f.AuthenticateForRegistration,
    f.ReadSigner,
    f.Register,
    f.OrderSlip,
    f.Apply,
    f.AskStanding,
)
"""Effects that wait for somebody else; everything else is done by the terminal's own devices."""

DEVICE_PATIENCE = 5.0
"""Real seconds that `close` waits for the device at work."""


class Answer(Protocol):
    """Takes (tag of the effect, event or None, whether the effect is done); called on any thread."""

    def __call__(self, tag: Any, event: Event | None, done: bool) -> None: ...


class Runtime:
    """One life of the terminal: from one start or reset to the next. Journal and outbox lie in `settings.data_dir`."""

    def __init__(
        self,
        settings: TerminalSettings,
        clock: Clock,
        trace: Trace,
        devices: Devices,
        reader: Reader,
        answer: Answer,
        trust: CardTrust | None = None,
    ) -> None:
        """Raises Failed (Journal_Damaged, Terminal_Folder_In_Use)."""
        self._trace = trace
        self._answer = answer
        self._closed = False
        self._lock = FolderLock(settings.data_dir)
        try:
            self.journal = Journal(settings.data_dir / "journal.jsonl", clock)
        except Failed:
            self._lock.release()
            raise
        self.outbox = Outbox(settings.data_dir / "outbox.sqlite")
        self._remote = CenterGateway(settings, trace, reader, trust, clock)
        self._device_gateway = DeviceGateway(
            devices, self.journal, self.outbox, self._remote, clock, settings.terminal_id
        )
        self._stopped = ""
        """Why no visit may begin, as it was told last."""
        self._devices = Worker("devices")
        self._network = Worker("network")

    def recover(self) -> tuple[list[Recovered], Event]:
        """Settle what is open in the journal; on the calling thread, before anything else. Returns what was settled, and
        whether a resident may begin."""
        if self.journal.torn:
            self._trace.emit("fault", "journal_torn", length=len(self.journal.torn))
        recovered = self._device_gateway.recover()
        self._tell_recovered(recovered)
        self._guard(self._device_gateway.put_away)
        return recovered, self._checked(self._device_gateway.check())

    @property
    def waiting(self) -> int:
        """Messages that the centre has not taken yet; never waits for the disk."""
        return self._device_gateway.reports.waiting + self.outbox.waiting

    def _tell_recovered(self, recovered: list[Recovered]) -> None:
        for one in recovered:
            self._trace.emit(
                "fault",
                "recovered",
                application_id=one.application_id,
                outcome=one.outcome.value,
                returned=one.returned,
                voided=one.voided,
            )

    def _checked(self, event: Event) -> Event:
        """Tell the trace when service stops, why, and when it goes on."""
        before, self._stopped = self._stopped, event.failure if isinstance(event, ServiceStopped) else ""
        if isinstance(event, ServiceStopped) and before != event.failure:
            told = dict(event.facts)
            self._trace.emit(
                "fault",
                "service_stopped",
                failure=event.failure,
                found=told.get("found", ()),
                open=self.journal.open_count(),
            )
        elif before and not self._stopped:
            self._trace.emit("fault", "service_resumed")
        return event

    def _check(self) -> None:
        """On the device thread. Tells the flow, whatever visit is there by then."""
        before = self._stopped
        event = self._device_gateway.check()
        if before or isinstance(event, ServiceStopped):
            self._answer(None, self._checked(event), False)

    def _settle(self, how: str) -> None:
        """Staff's act; on the device thread."""
        try:
            recovered, event = self._device_gateway.settle(how)
        except Failed as failed:
            recovered, event = [], ServiceStopped(failed.failure)
        self._tell_recovered(recovered)
        self._trace.emit("fault", "staff_settled", how=how, returned=sum(one.returned for one in recovered))
        self._answer(None, self._checked(event), False)
        self.send_reports()

    def warm_up(self) -> None:
        self._network.submit(lambda: self._guard(self._remote.warm_up))
        self.send_reports()

    def perform(self, effect: f.Effect, tag: Any) -> None:
        """Begin `effect`; its answer comes under `tag`."""
        if isinstance(effect, REMOTE):
            errand = self._remote.errand(effect)
            self._network.submit(lambda: self._do(errand, tag))
            return
        if isinstance(effect, f.CheckBooks | f.SettleBooks):
            job = self._check if isinstance(effect, f.CheckBooks) else partial(self._settle, effect.how)
            self._devices.submit(lambda: self._do(lambda: self._guard(job), tag))
            return
        self._devices.submit(
            lambda: self._do(
                lambda: self._device_gateway.perform(effect, lambda event: self._answer(tag, event, False)),
                tag,
            )
        )
        if isinstance(effect, f.QueueReport | f.EndSession):
            self._devices.submit(self.send_reports)

    def wipe(self, waiting: bool) -> None:
        """The visit is over. `waiting`: the network thread has an effect of it before it; what is under way it is left
        alone with, and another takes over; what has not begun never begins."""
        self._remote.forget()
        if waiting:
            self._network.replace()

    def late(self, effect: f.Effect, event: Event) -> None:
        """An answer to an ended visit: what it holds is cancelled."""
        self._trace.emit("network", "late_answer", effect=type(effect).__name__, answer=type(event).__name__)
        session_id, application_id = "", ""
        if isinstance(effect, f.Apply | f.OrderSlip):
            session_id = effect.session_id
            if isinstance(event, PaperReceived):
                application_id = event.purchase.id
            elif isinstance(event, Refused):
                application_id = str(event.fact("application_id") or "")
            self._remote.drop(application_id)
        elif isinstance(effect, f.OpenSession):
            session_id = str(getattr(event, "session_id", ""))
        if session_id:
            self._devices.submit(
                lambda: self._guard(lambda: self._device_gateway.cancel_late(session_id, application_id))
            )
            self._devices.submit(self.send_reports)

    def send_reports(self) -> None:
        """Try to deliver what the outbox holds, soon."""
        self._network.submit(lambda: self._guard(self._drain))

    def look_again(self) -> None:
        """Whether what waited to be written can be, and whether what stopped the service has gone by itself."""
        if self._stopped or self._device_gateway.reports.waiting:
            self._devices.submit(lambda: self._guard(self._check))

    def close(self) -> None:
        """Finish what the devices do, leave everything else."""
        self._closed = True
        self._devices.stop(DEVICE_PATIENCE)
        self._network.replace()
        self._network.stop(0)
        self._remote.close()
        self.journal.close()
        self.outbox.close()
        self._lock.release()

    def _drain(self) -> None:
        try:
            refused = self.outbox.drain(self._remote.send)
        except Failed as failed:
            if not self._closed:
                self._trace.emit("network", "reports_wait", failure=failed.failure)
            return
        for message, reason in refused:
            kind = message.report.kind.value if message.report else "end"
            self._trace.emit(
                "network",
                "report_refused",
                kind=kind,
                application_id=message.application_id,
                failure=reason.failure,
            )
        if any(message.report for message, _ in refused):
            self._devices.submit(lambda: self._guard(self._check))

    def _do(self, job: Callable[[], Event | None], tag: Any) -> None:
        """Whatever happens, there is one answer, and a fault in it has a name."""
        event: Event | None
        try:
            event = job()
        except Failed as failed:
            event = Refused(failed.failure, tuple(failed.facts.items()), failed.words)
        except Exception as error:
            self._tell_defect(error)
            event = Refused("Internal_Error")
        self._answer(tag, event, True)

    def _guard(self, job: Callable[[], None]) -> None:
        try:
            job()
        except Exception as error:
            self._tell_defect(error)

    def _tell_defect(self, error: Exception) -> None:
        if not self._closed:
            _log.error("the terminal met an error of its own", exc_info=error)
            self._trace.emit("fault", "internal_error", **place_of(error))
