"""Progress on the console: how much is done, and how long the rest will take."""

from __future__ import annotations

import sys

from server_stub.interface.clock import real_monotonic_ns

from .colours import FAINT, painted

_ON_A_SCREEN_S, _IN_A_FILE_S = 0.5, 10.0
"""Between two lines; what is over before has none."""


class Progress:
    """Prints one line again and again on a screen; into a file or a pipe a new line now and then. Nothing is printed of what is
    over at once. `only_on_a_screen`: a file or a pipe gets nothing."""

    def __init__(self, what: str, unit: str, *, only_on_a_screen: bool = False) -> None:
        self._what, self._unit = what, unit
        self._begun = self._told_at = real_monotonic_ns()
        self._screen = sys.stderr.isatty()
        self._quiet = only_on_a_screen and not self._screen
        self._every = (_ON_A_SCREEN_S if self._screen else _IN_A_FILE_S) * 1e9
        self._printed = False

    def tell(self, done: int, of: int, what: str = "") -> None:
        now = real_monotonic_ns()
        if self._quiet or (now - self._told_at < self._every and not (self._screen and self._printed)):
            return
        self._told_at = now
        line = in_words(what or self._what, done, of, self._unit, (now - self._begun) / 1e9)
        print(
            f"\r\x1b[K{painted(line, FAINT, sys.stderr)}" if self._screen else line,
            end="" if self._screen else "\n",
            file=sys.stderr,
            flush=True,
        )
        self._printed = True

    def clear(self) -> None:
        """The line of the screen is free for others, until more is told."""
        if self._printed and self._screen:
            print("\r\x1b[K", end="", file=sys.stderr, flush=True)

    end = clear


def in_words(what: str, done: int, of: int, unit: str, seconds: float) -> str:
    """`seconds` have passed since nothing was done; what is left is told at the pace so far."""
    told = f"[{done:,}/{of:,}{unit}] {what}"
    if not 0 < done <= of:
        return told
    left = round(seconds / done * (of - done))
    span = f"{left // 60}分{left % 60:02d}秒" if left >= 60 else f"{left}秒"
    return f"{told}　残り約{span}"
