"""The slip (連携票): which municipality a delivery is of, from when, and how many rows its files must have.

One row a file. It guards against a file that was cut off and one left from another day.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any

from server_stub.interface.clock import JST
from server_stub.interface.failures import Failed

from .containers import read_rows, salvage_rows
from .format_file import DeliveryFormat
from .row_function import Misread, RowFunction


@dataclass(frozen=True, slots=True)
class DeliverySlip:
    """`base`: 作成日時 of the delivery that a differential one changes. `counts`: line and number of rows a file."""

    file: str
    municipality: str
    made_at: datetime
    base: datetime | None
    counts: dict[str, tuple[int, int]]
    columns: dict[str, str]

    @property
    def told_on(self) -> date:
        """The day in Japan on which it was made."""
        return self.made_at.astimezone(JST).date()

    def check_count(self, file: str, count: int) -> None:
        """Raises Failed(Delivery_Row_Broken) at 件数 if `file` had another number of rows."""
        line, told = self.counts[file]
        if told != count:
            raise self._broken(line, "count", f"{file} の行数と同じ件数（{count}行あります）")

    def too_old(self, expected: str = "現在の副本の作成日時以降") -> Failed:
        line, _ = next(iter(self.counts.values()))
        return self._broken(line, "made_at", expected)

    def _broken(self, line: int, target: str, expected: str) -> Failed:
        return broken(self.file, line, self.columns[target], expected)


def broken(file: str, line: int, column: str, expected: str, **more: str) -> Failed:
    """The failure that names this place and refuses the delivery; what was found there is not told."""
    return Failed("Delivery_Row_Broken", file=file, line=line, column=column, expected=expected, **more)


def check_municipality(folder: Path, format_: DeliveryFormat) -> None:
    """Raises Failed(Delivery_Other_Municipality, expected=) if the slip in `folder` names municipalities and the format's own is
    none of them. A slip that is not as agreed is read as far as it can be."""
    told = _municipalities(folder, format_)
    if told and format_.municipality not in told:
        raise Failed("Delivery_Other_Municipality", expected=format_.municipality)


def _municipalities(folder: Path, format_: DeliveryFormat) -> set[str]:
    slip = format_.slip
    decode = RowFunction(slip, format_.code, folder)
    told = {decode.item(cells, "municipality") for cells in salvage_rows(folder / slip.file, slip)}
    return {code for code in told if code is not None and re.fullmatch(r"[0-9]{5}", code, re.ASCII)}


def format_of(folder: Path, formats: tuple[DeliveryFormat, ...]) -> DeliveryFormat:
    """The format that the delivery in `folder` is written in: its slip lies there and names its municipality; if there is no
    such one, that of which the slip lies there; if none, the first."""
    there = [one for one in formats if (folder / one.slip.file).exists()]
    right = [one for one in there if one.municipality in _municipalities(folder, one)]
    return (right or there or list(formats))[0]


def read_slip(folder: Path, format_: DeliveryFormat, made_at: datetime | None = None) -> DeliverySlip:
    """The slip of the delivery in `folder`, which must name exactly the files of the format. `made_at` counts instead of its own."""
    slip, files = format_.slip, format_.file_names()
    decode = RowFunction(slip, format_.code, folder)
    columns = {target: decode.column_of(target) for target in slip.targets()}
    each_once = "・".join(files) + " を一度ずつ"
    counts: dict[str, tuple[int, int]] = {}
    same: dict[str, Any] = {}
    line = 1
    for line, cells, misfit in read_rows(folder / slip.file, slip):
        try:
            if misfit is not None:
                raise misfit
            found = decode(cells)
        except Misread as bad:
            raise broken(slip.file, line, bad.column, bad.expected) from None

        def wrong(target: str, expected: str, line: int = line) -> Failed:
            return broken(slip.file, line, columns[target], expected)

        if not re.fullmatch(r"[0-9]{5}", found["municipality"], re.ASCII):
            raise wrong("municipality", "数字5桁")
        if found["made_at"] is None:
            raise wrong("made_at", "作成日時")
        if not re.fullmatch(r"[0-9]{1,9}", found["count"], re.ASCII):
            raise wrong("count", "件数")
        if found["name"] not in files or found["name"] in counts:
            raise wrong("name", each_once)
        for target in ("municipality", "made_at", "base"):
            if target in found and same.setdefault(target, found[target]) != found[target]:
                raise wrong(target, "すべての行で同じ値")
        counts[found["name"]] = (line, int(found["count"]))
    if len(counts) != len(files):
        raise broken(
            slip.file, len(counts) + (2 if slip.container == "csv" else 1), columns["name"], each_once
        )
    if same["municipality"] != format_.municipality:
        raise Failed("Delivery_Other_Municipality", expected=format_.municipality)
    return DeliverySlip(
        slip.file, same["municipality"], made_at or same["made_at"], same.get("base"), counts, columns
    )
