"""連携票.csv: which municipality this delivery is of, from when, and how many rows its files must have.

UTF-8 without BOM. Columns: 市区町村コード (5 digits, one for all), 作成日時 (ISO 8601 with offset, one for all), ファイル名, 件数 (rows
without the header). One row a file. It guards against a file that was cut off and one left from another day.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from server_stub.interface.failures import Failed

from .csv_file import Row, read_rows

FILE_NAME = "連携票.csv"
HEADER = ("市区町村コード", "作成日時", "ファイル名", "件数")


@dataclass(frozen=True, slots=True)
class DeliverySlip:
    municipality: str
    made_at: datetime
    rows: dict[str, Row]

    def check_count(self, file: str, count: int) -> None:
        """Raises Failed(Delivery_Row_Broken) at 件数 if `file` had another number of rows."""
        row = self.rows[file]
        if int(row.cells["件数"]) != count:
            raise row.broken("件数", f"{file} の行数と同じ件数")

    def too_old(self) -> Failed:
        return next(iter(self.rows.values())).broken("作成日時", "現在の副本の作成日時以降")


def check_municipality(folder: Path, code: str) -> None:
    """Raises Failed(Delivery_Other_Municipality, expected=) if the slip in `folder` names municipalities and `code` is none of
    them. A slip that is not as agreed is read as far as it can be; an empty `code` stands for any."""
    try:
        lines = (folder / FILE_NAME).read_bytes().decode("utf-8", "replace").splitlines()
    except OSError:
        return
    told = {found[1] for line in lines if (found := re.match(r'["\ufeff]*([0-9]{5})\b', line))}
    if code and told and code not in told:
        raise Failed("Delivery_Other_Municipality", expected=code)


def read_slip(folder: Path, files: tuple[str, ...]) -> DeliverySlip:
    """The slip of the delivery in `folder`, which must name exactly `files`."""
    rows: dict[str, Row] = {}
    municipality, made_at = "", None
    for row in read_rows(folder / FILE_NAME, HEADER):
        code = row.match("市区町村コード", r"[0-9]{5}", "数字5桁")
        at = row.moment("作成日時")
        row.match("件数", r"[0-9]{1,9}", "件数")
        name = row.text("ファイル名")
        if name not in files or name in rows:
            raise row.broken("ファイル名", "・".join(files) + " を一度ずつ")
        if rows and code != municipality:
            raise row.broken("市区町村コード", "すべての行で同じ値")
        if rows and at != made_at:
            raise row.broken("作成日時", "すべての行で同じ値")
        rows[name], municipality, made_at = row, code, at
    if made_at is None or len(rows) != len(files):
        line = len(rows) + 2
        raise Row(FILE_NAME, line, {}).broken("ファイル名", "・".join(files) + " を一度ずつ")
    return DeliverySlip(municipality, made_at, rows)
