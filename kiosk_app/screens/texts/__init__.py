"""The words of the terminal: a catalogue with one column a language, and the resident's words for a failure.

A cell `@key` says the same as that key. `key.one` is used for the number one. `words` fills facts into braces.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Mapping
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

LANGUAGES = ("ja", "en")
_FILES = ("screens.csv", "failures.csv")
_FOLDER = Path(__file__).parent


@cache
def _table(file: str) -> dict[str, dict[str, str]]:
    with (_FOLDER / file).open(encoding="utf-8-sig", newline="") as source:
        rows = csv.reader(source)
        columns = next(rows)[1:]
        return {row[0]: dict(zip(columns, row[1:], strict=True)) for row in rows if row}


def catalogue() -> dict[str, dict[str, str]]:
    """Every row of every file: key -> language -> cell as written."""
    return {key: cells for file in _FILES for key, cells in _table(file).items()}


def _cell(key: str, language: str) -> str | None:
    for file in _FILES:  # the failures are read only when first needed
        cells = _table(file).get(key)
        if cells is not None:
            text = cells[language]
            return _cell(text[1:], language) if text.startswith("@") else text
    return None


class Words:
    """The catalogue in one language. An unknown language speaks Japanese."""

    def __init__(self, language: str) -> None:
        self.language = language if language in LANGUAGES else LANGUAGES[0]

    def __call__(self, key: str, /, **facts: Any) -> str:
        """The sentence of `key`. Raises KeyError for a key that is not in the catalogue."""
        text = self.find(key, **facts)
        if text is None:
            raise KeyError(key)
        return text

    def find(self, key: str, /, **facts: Any) -> str | None:
        """The sentence of `key`, or None if the catalogue does not have it or a fact for it is missing."""
        text = _cell(key, self.language)
        if text is None:
            return None
        try:
            return text.format(**facts) if "{" in text else text
        except (KeyError, IndexError):
            return None

    def count(self, key: str, number: int, /, **facts: Any) -> str:
        """The sentence of `key` for a `number` of things."""
        singular = f"{key}.one"
        chosen = singular if number == 1 and _cell(singular, self.language) is not None else key
        return self(chosen, n=number, **facts)

    def money(self, yen: int) -> str:
        return f"¥{yen:,}" if self.language == "en" else f"{yen:,}円"

    def hours(self, told: str) -> str:
        """Hours as the servers word them (6:30～23:00), with this language's sign for "to"."""
        for sign in "~〜～":
            told = told.replace(sign, self("hours.to"))
        return told

    def day(self, iso: str, *, with_year: bool = False) -> str | None:
        """2027-01-04 as 1月4日 or 4 January, with its year on demand; None for a text that is no date."""
        try:
            day = date.fromisoformat(iso)
        except ValueError:
            return None
        key = "day.year" if with_year else "day"
        return self(key, year=day.year, month=self(f"month.{day.month}"), day=day.day)

    def moment(self, iso: str) -> str | None:
        """2026-06-03T15:00 as 6月3日15:00 or 15:00 on 3 June; None for a text that is no such moment."""
        day, mark, clock = iso.partition("T")
        shown = self.day(day)
        if not mark or shown is None or not _is_hours(clock):
            return None
        return self("moment", day=shown, time=clock.removeprefix("0"))

    def offered(self, words: Mapping[str, str]) -> str:
        """Of words that came with an offer (language -> text), those to show; Japanese where this language is missing."""
        text = words.get(self.language) or words["ja"]
        # in this face ’ is as wide as a Japanese mark and tears a word apart
        return text.replace("’", "'") if self.language == "en" else text

    def either(self, ja: str, en: str) -> str:
        """Of a name that data carry in both languages, the one to show."""
        return en if self.language == "en" and en else ja


UNKNOWN = "Internal_Error"
_LATER = (
    "Service_Closed_Today", "Service_Suspended", "Service_Stopped", "Service_Not_Yet_Offered", "Outage_Announced",
)  # fmt: skip
"""What passes by itself: where it is told of a certificate, it is told from when on."""


ANNOUNCED, LONGEST_NOTICE = "Outage_Announced", 80
"""The refusal whose fact `notice` (language -> text) is a public office's own words for why; its letters at most."""


_HOURS = re.compile(r"[0-9]{1,2}:[0-9]{2}( ?[-–~〜～] ?[0-9]{1,2}:[0-9]{2})?")


_PLANNED = re.compile(r"[0-9A-Za-z一-鿿々.〜～（）]{1,24}")


def _is_hours(told: object) -> bool:
    """Whether a fact is a time or hours, and not a sentence that somebody has put in its place."""
    return isinstance(told, str) and _HOURS.fullmatch(told) is not None


def _first_sentence(text: str) -> tuple[str, str]:
    """`text` parted behind its first sentence; '' where there is no other."""
    first, *rest = re.split(r"(?<=[。！？])\s*|(?<=[.!?])\s+", text.strip(), maxsplit=1)
    return first, "".join(rest)


class RefusalWords:
    """Words for a failure by its name; a name the catalogue does not have speaks as Internal_Error.

    A row `NAME.fact.FACT` adds a sentence where that fact is known (tries left), a row `NAME.facts` where all facts that
    it names are known (opens, closes).

    The fact `notice` of `Outage_Announced` (language -> text) is such a sentence; it comes from what the centre has signed, or not at
    all.

    `own` (language -> text) is what a refusal says of itself, for a name the catalogue does not have: its first sentence what
    happened, the others what to do.
    """

    def __init__(
        self, words: Words, failure: str, facts: Mapping[str, Any], own: Mapping[str, str] | None = None
    ) -> None:
        self._words = words
        known = words.find(f"{failure}.what") is not None
        self._name = failure if known else UNKNOWN
        self._own = None if known or own is None else _first_sentence(words.offered(own))
        self._facts = dict(facts)

    @property
    def happened(self) -> str:
        return self._own[0] if self._own else self._words(f"{self._name}.what")

    @property
    def _notice(self) -> str:
        """The public text of an announced outage in this language; '' for none, or one that no announcement can have."""
        told = self._facts.get("notice") if self._name == ANNOUNCED else None
        text = told.get(self._words.language) if isinstance(told, Mapping) else None
        return text if isinstance(text, str) and 0 < len(text.strip()) <= LONGEST_NOTICE else ""

    @property
    def choice(self) -> str:
        """Why something cannot be chosen, where it stands on that thing itself; and from when it can, where that is known."""
        if self._own:
            return self.happened
        why = self._notice or self._words.find(f"{self._name}.choice") or self.happened
        later = [told for told in self.known if told != why] if self._name in _LATER else []
        return self._words("between.sentences").join([why, *later])

    @property
    def known(self) -> list[str]:
        """A sentence for each fact there are words for."""
        together = self._words.find(
            f"{self._name}.facts", **{fact: value for fact, value in self._facts.items() if _is_hours(value)}
        )
        told = [one for one in (together, self._notice) if one]
        for fact, value in self._facts.items():
            key = f"{self._name}.fact.{fact}"
            if isinstance(value, int) and self._words.find(key, n=value) is not None:
                told.append(self._words.count(key, value))
            elif isinstance(value, str) and value:
                shown = self._shown(fact, value)
                sentence = self._words.find(key, n=shown) if shown else None
                told += [sentence] if sentence else []
        return told

    def _shown(self, fact: str, value: str) -> str | None:
        """A fact as people read it; None for one that is no day, moment or hours, and no words of a plan."""
        if fact == "planned":
            return value if _PLANNED.fullmatch(value) else None
        if _is_hours(value):
            return self._words.hours(value)
        return self._words.moment(value) or self._words.day(value, with_year=fact == "first_day")

    @property
    def advice(self) -> str:
        return self._own[1] if self._own else self._words(f"{self._name}.do")

    @property
    def title(self) -> str:
        return self._words.find(f"{self._name}.title") or self._words("refusal.title")

    def ask(self, municipality: str = "", *, only_domicile: bool = False) -> str:
        """Whom to ask; `municipality` stands in where its office is the one to be asked. `only_domicile`: it is that of the 本籍, and
        knows nothing of the card."""
        offices = [self._words("ask.domicile"), *([] if only_domicile else [self._words("ask.office")])]
        asked = self._words("ask.office" if self._own else f"{self._name}.ask")
        return municipality if municipality and asked in offices else asked
