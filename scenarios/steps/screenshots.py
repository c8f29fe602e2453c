"""The picture of a screen that a step passes: one step of the features may lead over several."""

from __future__ import annotations

from scenarios.driver import Terminal
from server_stub.interface.trace import Trace


def keep_screen(trace: Trace, terminal: Terminal) -> None:
    """The screen as it stands, before it is left. After a power cut there is nothing to see."""
    try:
        picture = trace.store(terminal.picture(), ".png")
        screen = terminal.screen()
    except (ConnectionError, RuntimeError):
        return
    trace.emit("scenario", "screen_passed", screen=screen, picture=picture)
