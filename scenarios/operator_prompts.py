"""A person's hands, where the reader is the tester's own: what scenarios ask of them, and the wait until it is done."""

from __future__ import annotations

import getpass
import os
from collections.abc import Callable, Sequence

from cards.pins import is_pin
from server_stub.interface.failures import Failed
from server_stub.interface.secret import Secret

from .driver import Terminal
from .enrolment import Enrolment, for_person

PATIENCE = 120.0
"""Real seconds that a person has for each thing."""
PIN_VARIABLE = "KONBINI_TEST_CARD_PIN"
"""Holds the test card's PIN where nobody sits at the keyboard; else it is asked for once a run."""


class OperatorPrompts:
    """`ask` shows a person what to do. Only enrolled cards are asked for, each as the person it was enrolled for."""

    def __init__(self, enrolments: Sequence[Enrolment], ask: Callable[[str], None] = print) -> None:
        self.ask = ask
        self._enrolments = enrolments
        self._pin: Secret | None = None

    def lay(self, name: str, terminal: Terminal) -> None:
        """Until the reader sees a card. Raises Failed(Card_Not_Enrolled) for a card that nobody has enrolled."""
        enrolled = self._enrolled(name)
        self.ask(
            f"【操作】「{enrolled.calling}」として登録した試験用カードを、カードリーダに置いてください。"
        )
        terminal.wait_until(lambda: bool(terminal.call("card_seen")), "カードが置かれる", PATIENCE)

    def take(self, terminal: Terminal) -> None:
        """Until the reader is empty."""
        if terminal.call("card_seen"):
            self.ask("【操作】カードをカードリーダから取ってください。")
            terminal.wait_until(lambda: not terminal.call("card_seen"), "カードが取られる", PATIENCE)

    def pin_of(self, name: str, terminal: Terminal) -> Secret:
        """The PIN of the enrolled card that lies there, as the tester tells it. Raises Failed(Card_Not_Enrolled) if the
        card that the terminal has read is another, Failed(Card_Pin_Withheld) if nobody tells four digits."""
        if terminal.call("holder_ref") != self._enrolled(name).holder_ref:
            raise Failed("Card_Not_Enrolled", why="another card lies on the reader", wanted=name)
        if self._pin is None:
            self._pin = _told_pin()
        return self._pin

    @property
    def told_pin(self) -> Secret | None:
        """What the tester has told in this run; None so far."""
        return self._pin

    def _enrolled(self, name: str) -> Enrolment:
        found = for_person(name.removesuffix("のカード"), self._enrolments)
        if found is None:
            raise Failed("Card_Not_Enrolled", wanted=name)
        return found


def _told_pin() -> Secret:
    try:
        told = os.environ.get(PIN_VARIABLE) or getpass.getpass(
            "試験用カードの暗証番号（4桁、表示されません）: "
        )
    except (EOFError, OSError) as error:
        raise Failed("Card_Pin_Withheld", why="nobody told the PIN") from error
    if not is_pin(told):
        raise Failed("Card_Pin_Withheld", why="not four digits")
    return Secret(told)
