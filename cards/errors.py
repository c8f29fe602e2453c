"""The one exception of this room: a name of the common catalogue of failures, with facts."""

from __future__ import annotations

from typing import Any


class CardError(Exception):
    """A refusal or fault of card, reader or card file.

    `failure` is a catalogue name (`Card_Removed`, `Card_Pin_Wrong`, `Settings_Wrong` …); `facts` hold plain values such as
    `attempts_remaining`, `sw` (four hex digits), `file`, `line`. Never a secret, never a person.
    """

    def __init__(self, failure: str, /, **facts: Any) -> None:
        super().__init__(failure, facts)
        self.failure = failure
        self.facts = facts

    def __str__(self) -> str:
        told = ", ".join(f"{key}={value}" for key, value in self.facts.items())
        return f"{self.failure}({told})" if told else self.failure
