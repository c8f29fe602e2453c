"""Leads through a tour at a stage: where it stands, the next step, one back, and what was done by hand meanwhile."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from scenarios.driver import PATIENCE, NotReached, Terminal
from scenarios.kiosks import ProcessKiosk

from . import Tour, tours_for
from .tour import OFF, Step, read_sentence

if TYPE_CHECKING:
    from scenarios.stage import Stage
    from scenarios.steps.world import World

CORRECT, DIGITS = "訂正", 4


class Guide:
    """Of one stage. On the thread of whoever calls it, which waits: `idle` is called while the terminal is on its way.

    The clock stands still in a tour, so that no screen runs out while somebody explains it.
    """

    def __init__(
        self, stage: Stage, begin: Callable[[], object], idle: Callable[[], object] | None = None
    ) -> None:
        """`begin` puts stage and terminal back to the beginning; the terminal is then at its top menu."""
        self._stage, self._begin, self._idle = stage, begin, idle
        self._world: World | None = None
        self._facts: set[str] = set()
        self.tour: Tour | None = None
        self.at = 0
        """Which step comes next, from 0."""

    def tours(self) -> tuple[Tour, ...]:
        """Those that can be taken at this stage, whose cards lie in the presenter's hand."""
        return tours_for(self._stage.cards) if self._stage.hands is None else ()

    @property
    def step(self) -> Step | None:
        """The one that comes next; the last one of a tour only says how it ended. None without a tour."""
        return self.tour.steps[self.at] if self.tour is not None else None

    @property
    def ended(self) -> bool:
        return self.tour is not None and self.at == len(self.tour.steps) - 1

    # --- leading -------------------------------------------------------------------------------------------------------------

    def start(self, tour: Tour) -> None:
        """From its first step, at a stage put back to the beginning."""
        self.tour = tour
        self._replay(0)

    def leave(self) -> None:
        """No tour any more; the stage stays as it is, but its clock runs again."""
        self.forget()
        self._stage.clock.run()

    def forget(self) -> None:
        """The stage was put back to the beginning by somebody else, who wants no tour."""
        self.tour, self.at, self._world = None, 0, None

    def again(self) -> None:
        """To the first step of the same tour."""
        self._replay(0)

    def back(self) -> None:
        """To where the step before begins: the stage is put back, and all before it done again."""
        self._replay(max(0, self.at - 1))

    def next(self) -> None:
        """Do the step. If somebody has left the way, or it fails, it is gone again from the beginning, once."""
        if self.tour is None or self.ended:
            return
        number = self.at
        if not self._stands():
            self._replay(number)
            self._do(number)
            return
        try:
            self._do(number)
        except (AssertionError, RuntimeError, LookupError, ConnectionError):
            self._replay(number)
            self._do(number)

    def do(self) -> None:
        """Do the step as `next`, but let fail what fails."""
        self._do(self.at)

    def is_on(self) -> bool:
        """Whether the terminal has power."""
        kiosk = self._stage.kiosk
        return not isinstance(kiosk, ProcessKiosk) or kiosk.alive

    def notice(self, screen: str, card: str, *, look: bool = True) -> bool:
        """What the terminal shows now (OFF for nothing) and which card lies there. True: the step was done by hand, the next one comes.

        `look`: also look into the stage, which takes a few milliseconds.
        """
        step, world = self.step, self._world
        if step is None or world is None or self.ended:
            return False
        if card:
            world.card = card
        if screen == "ShowNumber" and world.number is None:
            self._note_number(world)
        if step.leads_to:
            done = screen in step.leads_to and not self._stands_before(screen)
        elif isinstance(step.seen, str):
            done = step.seen in self._facts
        else:
            done = look and step.seen(world)
        if done:
            self.at += 1
        return done

    def tell(self, fact: str) -> None:
        """Something was done at the panel that no screen shows."""
        self._facts.add(fact)

    # --- doing ---------------------------------------------------------------------------------------------------------------

    def _replay(self, number: int) -> None:
        """Put the stage back and do the steps before `number`."""
        from scenarios.steps.slots import speak_of
        from scenarios.steps.world import World

        assert self.tour is not None
        speak_of(self._stage.towns)
        self.at = 0
        self._facts.clear()
        self._begin()
        self._stage.clock.freeze()
        self._world = World(self._stage, self._terminal())
        self._world.terminal.wait_for("TopMenu")
        self._world.begin_visit()
        for sentence in self.tour.given:
            self._say(sentence)
        for before in range(number):
            self._do(before)

    def _do(self, number: int) -> None:
        assert self.tour is not None and self._world is not None
        step = self.tour.steps[number]
        self._clear_pin()
        for sentence in step.does:
            self._say(sentence)
        if step.leads_to and OFF not in step.leads_to:
            self._world.terminal.wait_for(*step.leads_to)
        self.at = number + 1

    def _say(self, sentence: str) -> None:
        """Do what one sentence of the features says."""
        from scenarios.steps.sentences import find

        assert self._world is not None
        kind, text = read_sentence(sentence)
        found = find(kind, text)
        if found is None:
            raise LookupError(f"there is no sentence 「{sentence}」")
        found.run(world=self._world, **found.values(text))
        # a sentence may have switched another terminal on
        self._world.terminal = self._terminal()

    def _stands(self) -> bool:
        """Whether the terminal is where the step begins, with nothing done of it."""
        assert self.tour is not None and self._world is not None
        begins = self.tour.stands_at(self.at)
        if not self.is_on():
            return OFF in begins
        terminal = self._stage.kiosk.terminal
        return terminal.screen() in begins and not terminal.money()["inserted"]

    def _stands_before(self, screen: str) -> bool:
        """Whether the step begins at that screen as well as it ends there."""
        assert self.tour is not None
        return screen in self.tour.stands_at(self.at)

    def _clear_pin(self) -> None:
        """What somebody has begun to type is no part of the PIN that is typed now."""
        terminal = self._stage.kiosk.terminal
        if self.is_on() and terminal.screen() == "EnterPin":
            for _ in range(DIGITS):
                if CORRECT in terminal.call("touchables"):
                    terminal.touch(CORRECT)

    def _is_on(self) -> bool:
        kiosk = self._stage.kiosk
        return not isinstance(kiosk, ProcessKiosk) or kiosk.alive

    def _note_number(self, world: World) -> None:
        from server_stub.interface.secret import Secret

        number = str(self._stage.kiosk.terminal.call("number_shown"))
        if number:
            world.number = Secret(number)

    def _terminal(self) -> Terminal:
        terminal = self._stage.kiosk.terminal
        return terminal if self._idle is None else Terminal(_Idling(terminal, self._idle))


class _Idling:
    """A terminal's driver that does something else while it waits."""

    def __init__(self, terminal: Terminal, idle: Callable[[], object]) -> None:
        self._terminal, self._idle = terminal, idle

    def call(self, command: str, **arguments: Any) -> Any:
        return self._terminal.call(command, **arguments)

    def wait_until(
        self, condition: Callable[[], bool], told: Callable[[], str], patience: float = PATIENCE
    ) -> None:
        def or_idle() -> bool:
            if condition():
                return True
            self._idle()
            return False

        try:
            self._terminal.wait_until(or_idle, "", patience)
        except NotReached:
            raise NotReached(told()) from None

    def close(self) -> None:
        """The terminal is the stage's."""
