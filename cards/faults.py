"""Disturb a card's answers at the n-th command, or the n-th after a correct VERIFY."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from .apdu import MAX_SHORT, NO_DIAGNOSIS, OK
from .errors import CardError


class Effect(StrEnum):
    """Say what happens instead of, or to, the answer."""

    REMOVED = "removed"
    """The card is taken away before it answers."""
    SILENT = "silent"
    """No answer for `seconds` (real), then the reader gives up: Card_Mute."""
    SLOW = "slow"
    """The answer comes after `seconds` (real)."""
    STATUS = "status"
    """`status` instead of an answer; the card never sees the command. 6F00 unless told otherwise."""
    MORE_DATA = "more_data"
    """The answer's data must be fetched with GET RESPONSE (61xx)."""
    WRONG_LE = "wrong_le"
    """The first time 6Cxx with the right Le, the second time the answer."""
    GARBLED = "garbled"
    """The bits of the answer are turned over."""
    TRUNCATED = "truncated"
    """Only the first byte of the answer arrives."""
    DUPLICATED = "duplicated"
    """The command reaches the card twice; the second answer arrives."""


@dataclass(frozen=True, slots=True)
class Fault:
    """Have `effect` at the `at`-th command of a connection (from 1), counted from the first correct VERIFY if `after_verify`."""

    effect: Effect
    at: int = 1
    after_verify: bool = False
    status: int = NO_DIAGNOSIS
    seconds: float = 30.0

    def __post_init__(self) -> None:
        if self.at < 1 or self.seconds < 0 or not 0 <= self.status <= 0xFFFF:
            raise ValueError("at counts from 1, seconds from 0, status has 16 bits")


class FaultLine:
    """Pass commands on to a card and let faults strike. Each strikes once and leaves `faults`.

    `remove` takes the card away; `wait(seconds)` blocks; True, and early, when the conversation has ended.
    """

    def __init__(
        self,
        faults: list[Fault],
        card: Callable[[bytes], bytes],
        remove: Callable[[], object],
        wait: Callable[[float], bool],
    ) -> None:
        self._faults = faults
        self._card = card
        self._remove = remove
        self._wait = wait
        self.restart()

    def restart(self) -> None:
        """Count from one again: a new conversation begins."""
        self._count = 0
        self._since_verify: int | None = None
        self._held = b""
        self._asked_again: tuple[bytes, bytes] | None = None

    def transmit(self, command: bytes) -> bytes:
        """Return the answer as it arrives. Raises CardError as the card or the fault has it."""
        if self._held and command[:2] == b"\x00\xc0":
            return self._continue()
        self._held = b""
        again, self._asked_again = self._asked_again, None
        if again is not None and again[0] == command[:4]:
            return again[1]
        self._count += 1
        if self._since_verify is not None:
            self._since_verify += 1
        fault = self._due()
        answer = self._card(command) if fault is None else self._strike(fault, command)
        if self._since_verify is None and _is_verify(command) and answer == b"\x90\x00":
            self._since_verify = 0
        return answer

    def _due(self) -> Fault | None:
        for fault in self._faults:
            if fault.at == (self._since_verify if fault.after_verify else self._count):
                self._faults.remove(fault)
                return fault
        return None

    def _strike(self, fault: Fault, command: bytes) -> bytes:
        match fault.effect:
            case Effect.REMOVED:
                self._remove()
                raise CardError("Card_Removed")
            case Effect.SILENT:
                raise CardError("Card_Removed" if self._wait(fault.seconds) else "Card_Mute")
            case Effect.SLOW:
                self._wait(fault.seconds)
                return self._card(command)
            case Effect.STATUS:
                return fault.status.to_bytes(2, "big")
            case Effect.MORE_DATA:
                return self._hold(self._card(command))
            case Effect.WRONG_LE:
                return self._ask_again(command, self._card(command))
            case Effect.GARBLED:
                return bytes(byte ^ 0xFF for byte in self._card(command))
            case Effect.TRUNCATED:
                return self._card(command)[:1]
            case Effect.DUPLICATED:
                self._card(command)
                return self._card(command)

    def _hold(self, answer: bytes) -> bytes:
        if len(answer) == 2 or answer[-2:] != OK.to_bytes(2, "big"):
            return answer
        self._held = answer[:-2]
        return bytes((0x61, len(self._held) % MAX_SHORT))

    def _continue(self) -> bytes:
        part, self._held = self._held[:MAX_SHORT], self._held[MAX_SHORT:]
        if self._held:
            return part + bytes((0x61, len(self._held) % MAX_SHORT))
        return part + OK.to_bytes(2, "big")

    def _ask_again(self, command: bytes, answer: bytes) -> bytes:
        if len(answer) == 2:
            return answer
        self._asked_again = (command[:4], answer)
        return bytes((0x6C, (len(answer) - 2) % MAX_SHORT))


def _is_verify(command: bytes) -> bool:
    return command[:2] == b"\x00\x20" and len(command) > 5
