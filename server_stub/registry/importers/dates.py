"""The ways in which delivered files write a date: one reader each, by the name that format files use."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from functools import lru_cache
from typing import Any

from server_stub.eras import date_in_era
from server_stub.interface.clock import JST


@dataclass(frozen=True, slots=True)
class Notation:
    """`read` raises ValueError for a text that is no date of this form; `expected` says the form to whoever must mend it."""

    read: Callable[[str], Any]
    expected: str


_MOST_KEPT = 1 << 16
"""Dates of a register repeat: 150 years are 55,000 days."""


@lru_cache(_MOST_KEPT)
def _era_digit(text: str) -> date:
    if not re.fullmatch(r"[1-5][0-9]{6}", text, re.ASCII):
        raise ValueError("not 7 digits")
    return date_in_era(text[0], int(text[1:3]), int(text[3:5]), int(text[5:7]))


@lru_cache(_MOST_KEPT)
def _era_letter(text: str) -> date:
    found = re.fullmatch(r"([MTSHR])([0-9]{2})\.([0-9]{2})\.([0-9]{2})", text, re.ASCII)
    if not found:
        raise ValueError("not like R08.06.03")
    return date_in_era(found[1], int(found[2]), int(found[3]), int(found[4]))


@lru_cache(_MOST_KEPT)
def _gregorian(text: str) -> date:
    if not re.fullmatch(r"[0-9]{8}", text, re.ASCII):
        raise ValueError("not 8 digits")
    return date(int(text[:4]), int(text[4:6]), int(text[6:]))


@lru_cache(_MOST_KEPT)
def _iso8601(text: str) -> date:
    if not re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", text, re.ASCII):
        raise ValueError("not like 2026-06-03")
    return date.fromisoformat(text)


def _moment(text: str) -> datetime:
    if not re.fullmatch(
        r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(?:Z|[+-][0-9]{2}:[0-9]{2})", text, re.ASCII
    ):
        raise ValueError("not to the second with offset")
    found = datetime.fromisoformat(text)
    try:
        found.astimezone(JST)
    except OverflowError:  # the first or the last day of the calendar
        raise ValueError("no time in Japan") from None
    return found


def _none(text: str) -> date:
    raise ValueError("not among the codes")


MOMENT = Notation(_moment, "時差つきの日時（例 2026-06-03T05:00:00+09:00）")
"""ISO 8601 with offset, to the second."""
NOTATIONS: dict[str, Notation] = {
    "era_digit": Notation(_era_digit, "元号コード1桁＋年月日6桁の日付（例 5080603）"),
    "era_letter": Notation(_era_letter, "元号の英字＋年.月.日 の日付（例 R08.06.03）"),
    "gregorian": Notation(_gregorian, "西暦8桁の日付（例 20260603）"),
    "iso8601": Notation(_iso8601, "西暦の年-月-日 の日付（例 2026-06-03）"),
    "moment": MOMENT,
    "coded": Notation(_none, "コード表にある値"),
}
