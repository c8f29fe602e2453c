"""The runner: carries the flow's effects out on its threads, brings answers back as events, watches the deadlines.

The GUI thread only steps the flow and shows views. Network, card and device work have a thread each; the reader has its own
to watch for cards. Every answer carries the visit and the effect it belongs to: what comes late never reaches the next
resident, and a paper in it is cancelled at the centre.
"""

from __future__ import annotations

import itertools
from dataclasses import asdict, replace
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from PySide6.QtCore import QObject, QTimer, Signal

from cards.ordinance import before_the_end
from cards.readers.interface import Reader
from kiosk_app.flow.presenter import view_of
from server_stub.interface.application_states import State as ApplicationState
from server_stub.interface.clock import Clock
from server_stub.interface.trace import Trace

from .card_trust import CardTrust
from .device_gateway import Devices
from .flow import effects as f
from .flow.events import (
    Authenticated,
    CardInserted,
    CardRemoved,
    DeadlinePassed,
    Event,
    PaperTaken,
    ServiceStopped,
)
from .flow.state import CardPresence, State, StateName, Visit
from .flow.table import step
from .flow.views import Look, View
from .journal import Journal
from .recovery import Recovered
from .runtime import REMOTE, Runtime
from .settings import TerminalSettings as TerminalSettings
from .workers import Envelope, GuiQueue, Tag

if TYPE_CHECKING:
    from server_stub.interface.offers import Offer

POLL_MS = 100
"""How often the one clock is asked for a passed deadline; a jump of the clock is told at once."""


class Window(Protocol):
    """What the terminal needs of a window."""

    emitted: Any
    """A Qt signal with one flow event."""

    def show_view(self, view: View) -> None: ...


class Terminal(QObject):
    """One terminal. Its methods are called on the GUI thread; `post` on any."""

    changed = Signal()
    """After each view that was shown."""

    def __init__(
        self,
        settings: TerminalSettings,
        clock: Clock,
        trace: Trace,
        devices: Devices,
        reader: Reader,
        window: Window,
        trust: CardTrust | None = None,
    ) -> None:
        """`trust`: which cards are this stage's own; without it every card counts as real."""
        super().__init__()
        self._settings, self._clock, self._trace = settings, clock, trace
        self._devices, self._reader, self._window = devices, reader, window
        self._trust = trust
        self._state = State()
        self._life = self._visit = 0
        self._effects = itertools.count(1)
        self._pending: dict[int, f.Effect] = {}
        self._late: dict[int, f.Effect] = {}
        self._queue = GuiQueue(self, self._open_letter)
        self._runtime: Runtime | None = None
        self._stops: list[Any] = []
        self._shown: View | None = None
        self._poll = QTimer(self)
        self._poll.setInterval(POLL_MS)
        self._poll.timeout.connect(self._watch_deadline)
        self._retry = QTimer(self)
        self._retry.setInterval(int(settings.outbox_retry * 1000))
        self._retry.timeout.connect(self._send_reports)

    # --- life ----------------------------------------------------------------------------------------------------------

    def start(self) -> list[Recovered]:
        """Settle what a power cut left, show the first screen, begin to watch. Returns what was settled.

        Raises Failed(Journal_Damaged): such a terminal must not take money.
        """
        self._queue.open()
        recovered = self._begin_life()
        self._window.emitted.connect(self.handle)
        self._stops = [
            lambda: self._window.emitted.disconnect(self.handle),
            self._clock.subscribe(self._tell_jump),
            self._reader.watch(lambda: self.post(CardInserted()), lambda: self.post(CardRemoved())),
        ]
        self._poll.start()
        self._retry.start()
        # the big modules load behind the first paint
        QTimer.singleShot(0, self, self._warm_up)
        return recovered

    def stop(self) -> None:
        """Leave everything as it is; what is open will be settled at the next start. Then it may be deleted: what its
        abandoned threads still learn reaches nobody."""
        self._poll.stop()
        self._retry.stop()
        while self._stops:
            self._stops.pop()()
        self._end_life()
        self._queue.close()

    def reset(self, devices: Devices | None = None, data_dir: Path | None = None) -> None:
        """For the stage: the visit is wiped and nobody is told, as if it had never been.

        Give fresh `devices` and a fresh `data_dir` too, or what the journal has open is settled as after a power cut.
        """
        self._end_life()
        self._devices = devices or self._devices
        self._settings = replace(self._settings, data_dir=data_dir or self._settings.data_dir)
        self._shown = None
        self._begin_life()
        self._warm_up()

    # --- to look at ----------------------------------------------------------------------------------------------------

    def state_name(self) -> str:
        return self._state.name.value

    def idle(self) -> bool:
        """No effect is under way, no event waits to be handled, no deadline is due."""
        return not self._pending and self._queue.empty() and not self._deadline_is_due()

    def pending_reports(self) -> int:
        """Messages that the centre has not taken yet."""
        return self._runtime.waiting if self._runtime else 0

    def trouble(self) -> tuple[str, dict[str, object]]:
        """What keeps the next resident away, by its catalogue name, and facts for staff; '' for nothing."""
        return self._state.visit.stopped, dict(self._state.visit.stop_facts)

    def card_seen(self) -> bool:
        """Whether the reader has told of a card that lies there."""
        return self._state.visit.card_inside

    def card_kind(self) -> str:
        """A CardKind, '' as long as no card was read."""
        return self._state.visit.card_kind

    def offers(self) -> tuple[Offer, ...]:
        """What the resident of the present visit is offered, as the centre signed it; empty before and after."""
        offered = self._state.visit.offers
        return offered.offers if offered else ()

    def holder_ref(self) -> str:
        """Of the card that was read; '' for none."""
        return self._state.visit.holder_ref

    def reader_failure(self) -> str:
        """What the reader suffers from, by its catalogue name; '' for nothing."""
        return self._state.visit.reader

    @property
    def journal(self) -> Journal:
        """The journal of the present life. Raises RuntimeError before `start`."""
        if self._runtime is None:
            raise RuntimeError("the terminal was not started")
        return self._runtime.journal

    # --- events --------------------------------------------------------------------------------------------------------

    def post(self, event: Event) -> None:
        """An event from outside (card slot, staff), from any thread."""
        self._answer(None, event, False)

    def handle(self, event: Event) -> None:
        """One event, now: step the flow, show, begin the effects."""
        if self._runtime is None:
            return
        outcome = step(self._state, event, self._clock.now(), self._settings.time_outs)
        if outcome.transition is None:
            return
        self._state = outcome.state
        self._trace.emit("screen", "transition", **asdict(outcome.transition))
        if isinstance(event, Authenticated):
            told = [{"kind": offer.kind, "words": offer.words["ja"]} for offer in event.offers.offers]
            self._trace.emit("screen", "offered", offered=told)
        for effect in outcome.effects:
            self._begin(self._runtime, effect)
        self._show()

    def _begin(self, runtime: Runtime, effect: f.Effect) -> None:
        if isinstance(effect, f.WipeSession):
            waiting = {number: e for number, e in self._pending.items() if isinstance(e, REMOTE)}
            self._late |= waiting
            self._pending = {n: e for n, e in self._pending.items() if n not in waiting}
            self._visit += 1
            runtime.wipe(bool(waiting))
            return
        number = next(self._effects)
        self._pending[number] = effect
        runtime.perform(effect, Tag(self._life, self._visit, number))

    def _answer(self, tag: Tag | None, event: Event | None, done: bool) -> None:
        self._queue.put(Envelope(tag, event, done))

    def _open_letter(self, envelope: Envelope) -> None:
        tag, event = envelope.tag, envelope.event
        if tag is None:
            if event is None:
                self._watch_deadline()
            else:
                self.handle(event)
            return
        if tag.life != self._life:
            return
        effect = None
        if envelope.done:
            effect = self._pending.pop(tag.effect, None) or self._late.pop(tag.effect, None)
        if event is None or self._runtime is None:
            return
        if tag.visit == self._visit:
            self.handle(event)
        elif effect is not None:
            self._runtime.late(effect, event)

    # --- time ----------------------------------------------------------------------------------------------------------

    def _tell_jump(self) -> None:
        self._answer(None, None, False)

    def _watch_deadline(self) -> None:
        if self._deadline_is_due():
            self.handle(DeadlinePassed())

    def _deadline_is_due(self) -> bool:
        deadline = self._state.deadline
        return deadline is not None and self._clock.now() >= deadline

    # --- the rest ------------------------------------------------------------------------------------------------------

    def _begin_life(self) -> list[Recovered]:
        self._life += 1
        self._visit += 1
        self._pending, self._late = {}, {}
        self._runtime = Runtime(
            self._settings, self._clock, self._trace, self._devices, self._reader, self._answer, self._trust
        )
        recovered, service = self._runtime.recover()
        self._state = self._first_state(recovered, service)
        life = self._life
        self._devices.printer.on_taken(lambda: self._paper_taken(life))
        self._show()
        return recovered

    def _paper_taken(self, life: int) -> None:
        # a printer of an earlier life may still be there
        if life == self._life:
            self.post(PaperTaken())

    def _end_life(self) -> None:
        runtime, self._runtime = self._runtime, None
        if runtime is not None:
            runtime.close()

    def _first_state(self, recovered: list[Recovered], service: Event) -> State:
        card = CardPresence.FRESH if self._reader.present() else CardPresence.ABSENT
        if not isinstance(service, ServiceStopped):
            service = ServiceStopped("")
        stopped, facts = service.failure, service.facts
        returned = sum(one.returned for one in recovered)
        doubt = any(one.outcome is ApplicationState.IN_DOUBT for one in recovered)
        if not returned and not doubt:
            visit = Visit(card=card, stopped=stopped, stop_facts=facts)
            return State(StateName.OUT_OF_SERVICE if stopped else StateName.TOP_MENU, visit)
        visit = Visit(
            card=card,
            failure="Visit_Interrupted",
            returned=returned,
            doubt=doubt,
            stopped=stopped,
            stop_facts=facts,
        )
        wait = timedelta(seconds=self._settings.time_outs.refusal)
        return State(StateName.REFUSAL, visit, self._clock.now() + wait)

    def _warm_up(self) -> None:
        if self._runtime is not None:
            self._runtime.warm_up()

    def _send_reports(self) -> None:
        if self._runtime is not None:
            self._runtime.look_again()
            self._runtime.send_reports()

    def _show(self) -> None:
        today = self._clock.now().date()
        view = view_of(
            self._state,
            self._settings.accent,
            either_card=before_the_end(today),
            call_center=self._settings.call_center,
            look=Look(self._settings.large_text, self._settings.high_contrast),
        )
        if view == self._shown:
            return
        self._shown = view
        told = {"failure": failure} if (failure := getattr(view, "failure", "")) else {}
        self._trace.emit("screen", "screen", name=type(view).__name__, state=self._state.name.value, **told)
        self._window.show_view(view)
        self.changed.emit()
