"""The resident's words for a failure: what happened, what to do now, whom to ask."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .texts import Words

UNKNOWN = "Internal_Error"


class RefusalWords:
    """Words for a failure by its name; a name the catalogue does not have speaks as Internal_Error.

    A row `NAME.fact.FACT` adds a sentence where that fact is known (tries left), a row `NAME.facts` where all facts that
    it names are known (opens, closes).
    """

    def __init__(self, words: Words, failure: str, facts: Mapping[str, Any]) -> None:
        self._words = words
        self._name = failure if words.find(f"{failure}.what") is not None else UNKNOWN
        self._facts = dict(facts)

    @property
    def happened(self) -> str:
        return self._words(f"{self._name}.what")

    @property
    def choice(self) -> str:
        """Why something cannot be chosen, where it stands on that thing itself."""
        return self._words.find(f"{self._name}.choice") or self.happened

    @property
    def known(self) -> list[str]:
        """A sentence for each fact there are words for."""
        together = self._words.find(f"{self._name}.facts", **self._facts)
        told = [together] if together else []
        for fact, value in self._facts.items():
            key = f"{self._name}.fact.{fact}"
            if isinstance(value, int) and self._words.find(key, n=value) is not None:
                told.append(self._words.count(key, value))
            elif isinstance(value, str) and value:
                sentence = self._words.find(key, n=self._words.day(value) or self._words.hours(value))
                told += [sentence] if sentence else []
        return told

    @property
    def advice(self) -> str:
        return self._words(f"{self._name}.do")

    @property
    def title(self) -> str:
        return self._words.find(f"{self._name}.title") or self._words("refusal.title")

    def ask(self, municipality: str = "") -> str:
        """Whom to ask; `municipality` stands in where its office is the one to be asked."""
        office = self._words("ask.office")
        asked = self._words(f"{self._name}.ask")
        return municipality if municipality and asked == office else asked
