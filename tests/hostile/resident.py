"""A resident who goes all the way at a terminal whose centre lies, and what must hold whatever it says."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from kiosk_app.flow import events as e
from kiosk_app.flow import views as v
from kiosk_app.heartbeat import LIMIT_MS, Heartbeat
from kiosk_app.screens.texts import catalogue
from server_stub.interface.failures import CATALOGUE
from server_stub.interface.values import Place
from tests.terminal.centre import Centre
from tests.terminal.world import PIN, World, card

FREEZE_MS = 5 * LIMIT_MS
"""What a lie could do: a wrapped text of 9,000 letters froze the screen for minutes. Scenarios demand LIMIT_MS; hundreds of visits
in a row on a busy machine would fail by that now and then for no fault of the terminal."""


class Resident:
    """One terminal for many visits. `copies` are asked for."""

    def __init__(self, folder: Path, centre: Centre) -> None:
        self.world = World(folder, centre)
        card()  # its keys are made once a process
        self.world.terminal.start()
        self.heart = Heartbeat()
        self._views = 0

    def close(self) -> None:
        self.world.close()

    def begin(self) -> None:
        """The centre tells the truth again, and nobody has been here."""
        world = self.world
        world.centre.let_go()
        world.reader.remove()
        world.until(world.terminal.idle)
        if world.terminal.state_name() not in ("TopMenu", "Refusal"):
            world.touch(e.CancelTouched())
            world.wait_for("Refusal")
        if world.terminal.state_name() == "Refusal":
            world.touch(e.Acknowledged())
        world.wait_for("TopMenu")
        world.settled()
        world.centre.renew(world.clock)
        self._views = len(world.window.views)
        self.heart.forget()

    def visit(self, place: Place = Place.ADDRESS, copies: int = 1) -> v.View:
        """As far as the terminal lets them, at the most to the payment; the view it ends with."""
        world = self.world
        acts: dict[str, Callable[[], object]] = {
            "TopMenu": lambda: world.touch(e.ServiceTouched()),
            "ServiceMenu": lambda: world.touch(e.ServiceTouched()),
            "Consent": lambda: world.touch(e.Agreed()),
            "PlaceCard": lambda: world.reader.insert(card()),
            "ChoosePlace": lambda: world.touch(e.PlaceChosen(place)),
            "ChooseMunicipality": lambda: world.touch(e.MunicipalityChosen(_first(world))),
            "EnterPin": lambda: world.touch(e.PinEntered(PIN)),
            "TakeCard": lambda: world.reader.remove(),
            "ChooseCertificate": lambda: world.touch(e.KindChosen(_offered(world))),
            "ChooseScope": lambda: world.touch(_first_way(world)),
            "ChooseOptions": lambda: world.touch(e.Answered({})),
            "ChooseCopies": lambda: world.touch(e.CopiesChosen(copies)),
            "Confirm": lambda: world.touch(e.Confirmed()),
        }
        self.heart.resume()
        while (state := world.terminal.state_name()) not in ("Refusal", "Pay"):
            if state in acts:
                world.until(world.terminal.idle)
                if world.terminal.state_name() == state:
                    acts[state]()
            self._await_change(state)
            if world.terminal.state_name() == state:
                break
        self.heart.pause()
        return world.view

    def _await_change(self, state: str) -> None:
        """Until the terminal is elsewhere, or what was chosen cannot be chosen."""
        terminal = self.world.terminal

        def changed() -> bool:
            return terminal.state_name() != state or (terminal.idle() and state.startswith("Choose"))

        self.world.until(changed, f"anything after {state}")

    def refused_untouched(self) -> v.Refusal:
        """The refusal: by a name of the catalogue that the terminal has words for. No money was asked for, none is kept,
        nothing is printed, nothing stays open, and the screen never stood."""
        world = self.world
        refusal = world.refusal()
        assert refusal.failure in CATALOGUE and f"{refusal.failure}.what" in catalogue(), refusal
        assert not any(isinstance(view, v.Pay) for view in world.window.views[self._views :])
        money = world.devices.coin.state()
        assert (money.inserted, money.taken, money.returned) == (0, 0, 0)
        assert not world.devices.printer.tray()
        assert not world.terminal.journal.open_applications()
        assert self.heart.longest_ms <= FREEZE_MS, (self.heart.longest_ms, self.heart.where)
        return refusal


def _first(world: World) -> str:
    assert isinstance(world.view, v.ChooseMunicipality)
    return next((m.code for m in world.view.municipalities if m.participating), "00000")


def _offered(world: World) -> str:
    assert isinstance(world.view, v.ChooseCertificate)
    return next((o.kind for o in world.view.offers if o.refusal is None), "")


def _first_way(world: World) -> e.ScopeChosen:
    assert isinstance(world.view, v.ChooseScope)
    scope, subjects = world.view.ways[0]
    return e.ScopeChosen(scope, subjects)
