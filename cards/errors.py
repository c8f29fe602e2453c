"""Define the one exception of this room: a name of the common catalogue of failures, with facts."""

from __future__ import annotations

from typing import Any, Literal

CardFailure = Literal[
    "Card_Answer_Unexpected",
    "Card_Changed",
    "Card_Face_Authentication",
    "Card_Kind_Not_Supported",
    "Card_Mute",
    "Card_Next_Not_Supported",
    "Card_No_Authentication_Certificate",
    "Card_No_Signature_Certificate",
    "Card_Not_My_Number",
    "Card_Password_Blocked",
    "Card_Password_Wrong",
    "Card_Phone_Not_Supported",
    "Card_Pin_Blocked",
    "Card_Pin_Wrong",
    "Card_Removed",
    "Card_Resident_Register_Card",
    "Certificate_Malformed",
    "Reader_Absent",
    "Reader_Busy",
    "Reader_Service_Stopped",
    "Settings_Wrong",
]
"""Every failure of this room by its name in the common catalogue."""


class CardError(Exception):
    """Raise a refusal or fault of card, reader or card file.

    `facts` hold plain values such as
    `attempts_remaining`, `sw` (four hex digits), `file`, `line`. Never a secret, never a person.
    """

    def __init__(self, failure: CardFailure, /, **facts: Any) -> None:
        super().__init__(failure, facts)
        self.failure = failure
        self.facts = facts

    def __str__(self) -> str:
        told = ", ".join(f"{key}={value}" for key, value in self.facts.items())
        return f"{self.failure}({told})" if told else self.failure
