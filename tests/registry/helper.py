"""Deliveries to break: copies of the sample delivery, single cells changed, issue notices of an invented authority."""

from __future__ import annotations

import base64
import csv
import io
import shutil
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from server_stub.interface import notices
from server_stub.interface.binding import holder_ref
from server_stub.interface.clock import STAGE_START, Clock
from server_stub.interface.trace import Trace
from server_stub.municipalities import Municipality
from server_stub.registry.importers import Loaded, load_delivery
from server_stub.registry.records import Person
from server_stub.registry.replica import ReplicaReader

TOWN = Path(__file__).parents[2] / "scenarios" / "towns" / "kobe"
KOBE, SHIPPED = TOWN / "delivery", TOWN / "deliveries"
"""The format files of Kobe."""
ISSUER_DER = b"\x30\x00"
ENCODINGS = {
    "連携票.csv": "utf-8",
    "住民記録.csv": "utf-8",
    "印鑑登録.csv": "cp932",
    "発行制限.csv": "utf-8-sig",
    "通称履歴.csv": "utf-8",
    "税証明.csv": "cp932",
    "戸籍対応表.csv": "cp932",
    "戸籍の附票.csv": "utf-8",
    notices.FILE_NAME: "utf-8",
}


@dataclass(frozen=True)
class Notice:
    serial: int
    person: str
    municipality: str = "28100"
    kind: str = "利用者証明用"

    @property
    def holder_ref(self) -> str:
        return holder_ref(ISSUER_DER, self.serial)

    def cells(self) -> list[str]:
        return [
            f"N{self.serial:08d}", f"{self.serial:X}", base64.b64encode(ISSUER_DER).decode(), self.person, self.municipality,
            self.kind, "2025-04-01T09:00:00+09:00", "2030-04-01T23:59:59+09:00",
        ]  # fmt: skip


def write_notices(path: Path, found: Iterable[Notice]) -> None:
    write_cells(path, [list(notices.HEADER), *[notice.cells() for notice in found]])


def read_cells(path: Path) -> list[list[str]]:
    text = path.read_bytes().decode(ENCODINGS[path.name])
    return list(csv.reader(io.StringIO(text, newline="")))


def write_cells(path: Path, rows: list[list[str]]) -> None:
    text = io.StringIO(newline="")
    csv.writer(text, quoting=csv.QUOTE_ALL, lineterminator="\r\n").writerows(rows)
    path.write_bytes(text.getvalue().encode(ENCODINGS[path.name]))


class Delivery:
    """A copy of the sample delivery in a folder of its own, with notices beside it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        shutil.copytree(KOBE, folder)
        self.notices = folder / notices.FILE_NAME
        self.clock = Clock(STAGE_START)
        self.trace = Trace(self.clock)
        self.municipality: Municipality | None = None
        write_notices(self.notices, [Notice(n, row[0]) for n, row in enumerate(self.residents(), start=1)])

    def residents(self) -> list[list[str]]:
        return read_cells(self.folder / "住民記録.csv")[1:]

    def line_of(self, file: str, key: str, column: str = "宛名番号") -> int:
        """The line of the first row with `key` in `column`."""
        header, *rows = read_cells(self.folder / file)
        where = header.index(column)
        return next(number for number, row in enumerate(rows, start=2) if row[where] == key)

    def change(self, file: str, line: int, column: str, text: str) -> None:
        rows = read_cells(self.folder / file)
        rows[line - 1][rows[0].index(column)] = text
        write_cells(self.folder / file, rows)

    def change_person(self, key: str, column: str, text: str) -> int:
        line = self.line_of("住民記録.csv", key)
        self.change("住民記録.csv", line, column, text)
        return line

    def remove(self, file: str, line: int) -> None:
        """Remove a row and correct the slip, as a system would deliver it."""
        rows = read_cells(self.folder / file)
        del rows[line - 1]
        write_cells(self.folder / file, rows)
        self.count(file, len(rows) - 1)

    def append(self, file: str, cells: list[str]) -> int:
        """Add a row and correct the slip; the line of the new row. Cells that are not told at its end are empty."""
        rows = read_cells(self.folder / file)
        rows.append([*cells, *[""] * (len(rows[0]) - len(cells))])
        write_cells(self.folder / file, rows)
        self.count(file, len(rows) - 1)
        return len(rows)

    def count(self, file: str, number: int) -> None:
        self.change("連携票.csv", self.line_of("連携票.csv", file, "ファイル名"), "件数", str(number))

    def made_at(self, moment: datetime) -> None:
        self.change_slip("作成日時", moment.isoformat())

    def change_slip(self, column: str, text: str) -> None:
        """In every row of the slip."""
        for line in range(2, len(read_cells(self.folder / "連携票.csv")) + 1):
            self.change("連携票.csv", line, column, text)

    def load(self, url: str) -> int:
        return self.load_all(url).generation

    def load_all(self, url: str, **more: Any) -> Loaded:
        return load_delivery(
            url,
            self.folder,
            self.notices,
            self.clock,
            self.trace,
            self.municipality,
            **{"formats": SHIPPED, **more},
        )


def person_of_holder(reader: ReplicaReader, reference: str) -> Person | None:
    """Whose authentication certificate this is, if their record can be used: by the two steps that the issuing server takes."""
    key = reader.key_of(reference)
    return None if key is None else reader.person(key)


def more_columns(delivery: Delivery, formats: Path, items: str, **columns: str) -> Path:
    """Add columns to Kobe's seals: what every row has there, and in a format of their own at `formats` the items that read them."""
    formats.mkdir(exist_ok=True)
    names = ", ".join(f'"{name}"' for name in columns)
    text = (SHIPPED / "full.toml").read_text(encoding="utf-8")
    text = text.replace('"成年被後見コード",\n]', f'"成年被後見コード", {names},\n]')
    text = text.replace("\nnumber = { column", f"\n{items}\nnumber = {{ column")
    (formats / "full.toml").write_text(text, encoding="utf-8")
    header, *rows = read_cells(delivery.folder / "印鑑登録.csv")
    write_cells(
        delivery.folder / "印鑑登録.csv",
        [[*header, *columns], *([*row, *columns.values()] for row in rows)],
    )
    return formats
