"""A town with formats of its own: a register of four people, written as CSV, in fixed length or as JSON lines."""

from __future__ import annotations

import csv
import io
import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

from pydantic import BaseModel

from server_stub.interface.clock import STAGE_START, Clock
from server_stub.interface.trace import Trace
from server_stub.registry.importers import Loaded, load_delivery
from tests.registry.helper import Notice, write_notices
from tests.registry.host_writer import jef

LENGTHS = {
    "区分": 1, "番号": 8, "世帯": 8, "順": 2, "氏名": 20, "カナ": 20, "生年": 8, "性": 2, "続柄": 8, "主": 20, "住所": 40, "住定": 8,
    "届出": 8, "本籍": 40, "筆頭": 20, "個番": 12, "状態": 1, "異動": 8,
}  # fmt: skip
OUTSIDE = "戸籍０１"
"""Somebody who has a record of another register and is no resident."""

_HEAD = """
municipality = "09202"
mode = "{mode}"
[slip]
file = "{slip}"
columns = ["町", "時", "名", "数"{base_column}]
municipality = "町"
made_at = {{ column = "時", date = "iso8601" }}
name = "名"
count = "数"
{base}
[code.sex]
"男" = "male"
"女" = "female"
[code.status]
"0" = "resident"
"8" = "deceased"
[code.no_day]
"00000000" = ""
"99999999" = "2020-01-01"
[code.change]
"1" = "new"
"2" = "changed"
"3" = "deleted"
"""
_PERSON = """
[[file]]
record = "person"
name = "{file}"
container = "{container}"
encoding = "{encoding}"
dates = "gregorian"
{layout}
[file.to]
key = "番号"
household = "世帯"
position = "順"
name = "氏名"
kana = "カナ"
birth = "生年"
sex = {{ column = "性", code = "sex" }}
relationship = "続柄"
head_of_household = "主"
address = {{ join = ["栃木県足利市", {{ column = "住所" }}] }}
resident_since = "住定"
notified_on = {{ column = "届出", code = "no_day" }}
domicile = "本籍"
domicile_head = "筆頭"
my_number = "個番"
status = {{ column = "状態", code = "status" }}
moves_on = {{ column = "異動", code = "no_day" }}
{operation}
"""
TAX = """
[[file]]
record = "tax"
name = "tax.csv"
columns = ["台帳", "番号", "組", "年度", "所得", "申告"]
dates = "era_letter"
[file.to]
key = "台帳"
person = "番号"
group = "組"
year = {{ column = "年度", match = "20[0-9]{{2}}", expected = "西暦4桁の年度" }}
income = "所得"
declared_on = {{ column = "申告", date = true }}
{operation}
"""


class TaxBody(BaseModel):
    year: int
    income: int
    declared_on: str


def person(number: str, household: str, position: int, name: str, head: str, **other: str) -> dict[str, str]:
    return {
        "区分": "", "番号": number, "世帯": household, "順": str(position), "氏名": name, "カナ": "ミホン　タロウ", "生年": "19700401",
        "性": "男", "続柄": "世帯主" if name == head else "子", "主": head, "住所": "見本町１番地", "住定": "19990401",
        "届出": "20000401", "本籍": "栃木県足利市見本町１番地", "筆頭": head, "個番": f"{number}0001"[:11].zfill(11) + "x",
        "状態": "0", "異動": "00000000",
    } | other  # fmt: skip


def wrong_number(first_eleven: str) -> str:
    """With a wrong check digit, by the ordinance's own formula, term by term."""
    total = sum(int(first_eleven[-n]) * (n + 1 if n <= 6 else n - 5) for n in range(1, 12))
    right = 0 if total % 11 <= 1 else 11 - total % 11
    return f"{first_eleven}{(right + 1) % 10}"


def people() -> list[dict[str, str]]:
    found = [
        person("00000001", "H0000001", 1, "足利　一", "足利　一"),
        person("00000002", "H0000001", 2, "足利　二", "足利　一"),
        person("00000003", "H0000002", 1, "髙橋　三", "髙橋　三", 性="女", 届出="99999999"),
        person("00000004", "H0000003", 1, "高橋　四", "高橋　四", 状態="8", 異動="20260401"),
    ]
    for n, one in enumerate(found, start=1):
        one["個番"] = wrong_number(f"{n:011}")
    return found


@dataclass
class Town:
    folder: Path
    container: str = "fixed"
    encoding: str = "cp932"
    ends: str = "\r\n"
    rows: list[dict[str, str]] = field(default_factory=people)
    tax: list[list[str]] | None = None
    noticed: list[str] = field(default_factory=lambda: ["00000001", "00000003"])
    made_at: str = "2026-06-03T05:00:00+09:00"
    base: str | None = None
    models: dict[str, type[BaseModel]] = field(default_factory=dict)
    events: list[Any] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.formats = self.folder / "formats"
        self.delivery = self.folder / "delivery"
        self.formats.mkdir(parents=True, exist_ok=True)
        self.delivery.mkdir(exist_ok=True)
        self.clock = Clock(STAGE_START)
        self.trace = Trace(self.clock)
        self.trace.subscribe(self.events.append)

    @property
    def file(self) -> str:
        return {
            "csv": "people.csv", "fixed": "people.dat", "jsonl": "people.jsonl", "json": "people.json", "xml": "people.xml",
        }[self.container]  # fmt: skip

    def format(self) -> str:
        differs = self.base is not None
        names = json.dumps(list(LENGTHS), ensure_ascii=False)
        layout = {
            "csv": f"columns = {names}", "jsonl": f"names = {names}", "fixed": self._fields(),
            "json": f'names = {names}\nrow = "人"', "xml": f'names = {names}\nrow = "人"',
        }[self.container]  # fmt: skip
        operation = 'operation = { column = "区分", code = "change" }' if differs else ""
        text = _HEAD.format(
            mode="differential" if differs else "full",
            slip="changes.csv" if differs else "all.csv",
            base_column=', "元"' if differs else "",
            base='base = { column = "元", date = "iso8601" }' if differs else "",
        ) + _PERSON.format(
            file=self.file,
            container=self.container,
            encoding=self.encoding,
            layout=layout,
            operation=operation,
        )
        if self.tax is not None:
            told = 'operation = { column = "区分", code = "change" }' if differs else ""
            columns = TAX.replace('"申告"]', '"申告", "区分"]') if differs else TAX
            text += columns.format(operation=told)
        return text

    def _fields(self) -> str:
        at, told = 0, []
        for name, length in LENGTHS.items():
            told.append(f'{{ name = "{name}", at = {at}, length = {length} }}')
            at += length
        ends = self.ends.replace("\r", "\\r").replace("\n", "\\n")
        return f'record_length = {at}\nends = "{ends}"\nfields = [{", ".join(told)}]'

    def content(self) -> bytes:
        if self.container == "csv":
            out = io.StringIO(newline="")
            writer = csv.DictWriter(out, list(LENGTHS))
            writer.writeheader()
            writer.writerows(self.rows)
            return out.getvalue().encode(self.encoding)
        if self.container == "jsonl":
            lines = (json.dumps({k: v for k, v in row.items() if v}) for row in self.rows)
            return "".join(f"{line}\n" for line in lines).encode(self.encoding)
        if self.container == "json":
            return json.dumps({"人": self.rows}, ensure_ascii=False).encode(self.encoding)
        if self.container == "xml":
            cells = (
                "".join(f"<{name}>{escape(text)}</{name}>" for name, text in row.items() if text)
                for row in self.rows
            )
            people = "\n".join(f"<人>{told}</人>" for told in cells)
            return f"<台帳>\n{people}\n</台帳>\n".encode(self.encoding)
        if self.encoding.startswith("jef"):
            return b"".join(
                jef(row[name], length, {}) for row in self.rows for name, length in LENGTHS.items()
            )
        records = (
            b"".join(row[name].encode(self.encoding).ljust(length) for name, length in LENGTHS.items())
            for row in self.rows
        )
        return b"".join(record + self.ends.encode() for record in records)

    def write(self) -> None:
        name = "differential.toml" if self.base is not None else "full.toml"
        (self.formats / name).write_text(self.format(), encoding="utf-8")
        for old in self.delivery.iterdir():
            old.unlink()
        (self.delivery / self.file).write_bytes(self.content())
        counts = {self.file: len(self.rows)}
        if self.tax is not None:
            header = ["台帳", "番号", "組", "年度", "所得", "申告"] + (
                ["区分"] if self.base is not None else []
            )
            with (self.delivery / "tax.csv").open("w", encoding="utf-8", newline="") as out:
                csv.writer(out).writerows([header, *self.tax])
            counts["tax.csv"] = len(self.tax)
        more = [self.base] if self.base is not None else []
        slip = self.delivery / ("changes.csv" if self.base is not None else "all.csv")
        with slip.open("w", encoding="utf-8", newline="") as out:
            writer = csv.writer(out)
            writer.writerow(["町", "時", "名", "数"] + ["元"] * len(more))
            writer.writerows(["09202", self.made_at, name, count, *more] for name, count in counts.items())
        notices = [Notice(n, one, municipality="09202") for n, one in enumerate(self.noticed, start=1)]
        write_notices(self.delivery / "発行通知.csv", notices)

    def load(self, url: str) -> Loaded:
        return load_delivery(
            url, self.delivery, self.delivery / "発行通知.csv", self.clock, self.trace,
            formats=self.formats, models=self.models,
        )  # fmt: skip
