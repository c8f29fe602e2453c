"""The words of the terminal: a catalogue in Japanese and English, a file for each further language, and the resident's words for a
failure.

A cell `@key` says the same as that key, in every language. `key.one` is used for the number one. `words` fills facts into braces.
A further language is a file `LANGUAGE.csv` of rows key, text, read_by: whoever has read the row, '' for a translation by a machine
that nobody has read (docs/languages.md). It is read from the disk when it is first spoken.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Mapping
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

from kiosk_app.flow.views import LANGUAGES as LANGUAGES

CATALOGUE_LANGUAGES = ("ja", "en")
"""The columns of the catalogue: written and read by people."""
NAMES = {
    "ja": "日本語", "en": "English", "zh": "简体中文", "ko": "한국어", "vi": "Tiếng Việt", "pt": "Português",
}  # fmt: skip
"""Each language as it calls itself."""
_MONEY = {"ja": "{}円", "en": "¥{}", "zh": "{}日元", "ko": "{}엔", "vi": "{} yên", "pt": "¥{}"}
_POINTS = ("vi", "pt")
"""Languages that part thousands with a point."""
_FILES = ("screens.csv", "failures.csv")
_FOLDER = Path(__file__).parent


@cache
def _table(file: str) -> dict[str, dict[str, str]]:
    with (_FOLDER / file).open(encoding="utf-8-sig", newline="") as source:
        rows = csv.reader(source)
        columns = next(rows)[1:]
        return {row[0]: dict(zip(columns, row[1:], strict=True)) for row in rows if row}


def catalogue() -> dict[str, dict[str, str]]:
    """Every row of the catalogue: key -> language (ja, en) -> cell as written."""
    return {key: cells for file in _FILES for key, cells in _table(file).items()}


class Translated(NamedTuple):
    """A row of a further language; `read_by` '' where nobody has read it."""

    text: str
    read_by: str


@cache
def translation(language: str) -> dict[str, Translated]:
    """The rows of a further language by their keys; none of ja and en. Rows that only say the same as another are left out."""
    if language in CATALOGUE_LANGUAGES:
        return {}
    with (_FOLDER / f"{language}.csv").open(encoding="utf-8-sig", newline="") as source:
        rows = csv.reader(source)
        next(rows)
        return {row[0]: Translated(row[1], row[2].strip()) for row in rows if row}


@cache
def unread(language: str) -> int:
    """How many rows of a language nobody has read: 0 for one whose screens need no warning."""
    return sum(1 for row in translation(language).values() if not row.read_by)


def _cell(key: str, language: str) -> str | None:
    row = translation(language).get(key)
    if row is not None:
        return row.text
    for file in _FILES:  # the failures are read only when first needed
        cells = _table(file).get(key)
        if cells is not None:
            # a row that a further language does not have yet is said in English
            text = cells[language if language in CATALOGUE_LANGUAGES else "en"]
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
        parted = f"{yen:,}".replace(",", ".") if self.language in _POINTS else f"{yen:,}"
        return _MONEY[self.language].format(parted)

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
        """Of words that came with an offer or a refusal (language -> text), those to show.

        Servers word things in Japanese and English only: whoever has chosen another language is shown the English, as more
        readers know its letters than kanji; Japanese is left where there is no English either.
        """
        return words.get(self.language) or self.either(words["ja"], words.get("en", ""))

    def either(self, ja: str, en: str) -> str:
        """Of a name that data carry in Japanese and in Latin letters, the one to show; the Latin one in all languages but Japanese."""
        return en if self.language != "ja" and en else ja


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
        text = (
            told.get(self._words.language) or told.get(self._words.either("ja", "en"))
            if isinstance(told, Mapping)
            else None
        )
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
