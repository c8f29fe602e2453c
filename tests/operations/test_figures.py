"""Page, Excel and CSV say the same figures, and those are the sum of the records."""

from __future__ import annotations

import csv
import io
import re
import zipfile
from collections.abc import Mapping
from html.parser import HTMLParser
from pathlib import Path

import pytest
from lxml import etree

from server_stub.issuing.sample_history import JULY_2016
from server_stub.operations.rights import Role
from tests.issuing.helper import TownHall
from tests.issuing.test_statistics import recomputed
from tests.operations.hall import Hall, Official

XLSX = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
KIND_NAMES = {"residence": "住民票の写し", "seal_registration": "印鑑登録証明書"}
WORDS = {
    "office": {"within": "時間内", "outside": "時間外"},
    "place": {"inside": "管内", "outside": "管外"},
    "weekday": {str(number): f"{name}曜日" for number, name in enumerate("月火水木金土日")},
    "hour": {f"{hour:02d}": f"{hour}時台" for hour in range(24)},
    "area": {"28100": "神戸市", "28203": "兵庫県明石市"},
    "chain": {"見本マート": "見本マート", "ひながたストア": "ひながたストア"},
    "month": {f"{year}-{month:02d}": f"{year}年{month}月" for year in (2026, 2027) for month in range(1, 13)},
}
TITLES = {
    "month": "月別",
    "hour": "時間別",
    "weekday": "曜日別",
    "office": "時間内・時間外別",
    "place": "管内・管外別",
    "area": "地域別",
    "chain": "店舗事業者別",
}


class Tables(HTMLParser):
    """The tables of a page: by caption the rows, each its cells' texts."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.found: dict[str, list[list[str]]] = {}
        self._caption, self._cell, self._in = "", "", ""
        self.feed(html)

    def handle_starttag(self, tag: str, attributes: object) -> None:
        if tag in ("caption", "th", "td"):
            self._in, self._cell = tag, ""
        if tag == "tr":
            self.found.setdefault(self._caption, []).append([])

    def handle_data(self, data: str) -> None:
        if self._in:
            self._cell += data

    def handle_endtag(self, tag: str) -> None:
        if tag == "caption":
            self._caption, self._in = self._cell, ""
        if tag in ("th", "td"):
            self.found[self._caption][-1].append(self._cell.strip())
            self._in = ""


def sheets(content: bytes) -> dict[str, list[list[str | float]]]:
    """The cells of an .xlsx, read as the format says, without whoever wrote it."""
    with zipfile.ZipFile(io.BytesIO(content)) as book:
        strings = []
        if "xl/sharedStrings.xml" in book.namelist():
            root = etree.fromstring(book.read("xl/sharedStrings.xml"))
            strings = ["".join(one.itertext()) for one in root.iter(f"{XLSX}si")]
        names = [
            one.get("name") for one in etree.fromstring(book.read("xl/workbook.xml")).iter(f"{XLSX}sheet")
        ]
        found = {}
        for number, name in enumerate(names, 1):
            rows = []
            for row in etree.fromstring(book.read(f"xl/worksheets/sheet{number}.xml")).iter(f"{XLSX}row"):
                cells: list[str | float] = []
                for cell in row.iter(f"{XLSX}c"):
                    kind, value = cell.get("t"), cell.findtext(f"{XLSX}v")
                    if kind == "inlineStr":
                        cells.append("".join(cell.itertext()))
                    elif kind == "s":
                        cells.append(strings[int(value)])
                    elif value is not None:
                        cells.append(float(value))
                rows.append(cells)
            found[name] = rows
    return found


class Told:
    """What the console says of a period, on its page, in Excel and in CSV."""

    def __init__(self, official: Official, span: str, of: str) -> None:
        query = {"span": span, "of": of}
        self.page = Tables(official.get("/statistics", **query).html).found
        self.book = sheets(official.http.get("/statistics/statistics.xlsx", params=query).content)
        text = official.http.get("/statistics/statistics.csv", params=query).content
        assert text.startswith(b"\xef\xbb\xbf")
        self.lines = list(csv.DictReader(io.StringIO(text.decode("utf-8-sig"))))

    def check(self, title: str, wanted: Mapping[tuple[str, str], int]) -> None:
        """Page, Excel and CSV say these papers by row and kind under `title`, and no other; and their sum."""
        caption = next(one for one in self.page if f"　{title}（通）" in one)
        head, *rows = self.page[caption]
        shown = {
            (row[0], kind): int(number.replace(",", ""))
            for row in rows
            for kind, number in zip(head[1:], row[1:], strict=True)
            if not kind.startswith("合計") and number != "0" and row[0] != "合計" and "再掲" not in row[0]
        }
        assert shown == wanted, (title, "page")
        sheet = self.book[title]
        head_row = next(row for row in sheet if "合計（通）" in row)
        kinds = head_row[1 : head_row.index("合計（通）")]
        in_excel = {
            (row[0], kind): row[at]
            for row in sheet[sheet.index(head_row) + 1 :]
            for at, kind in enumerate(kinds, 1)
            if row[at] and row[0] != "合計" and "再掲" not in str(row[0])
        }
        assert in_excel == wanted, (title, "Excel")
        in_csv = {
            (line["区分"], line["証明書"]): int(line["通数"])
            for line in self.lines
            if line["統計"] == title and "再掲" not in line["区分"] and line["通数"] != "0"
        }
        assert in_csv == wanted, (title, "CSV")
        total = sum(wanted.values())
        sums = next(row for row in rows if row[0] == "合計")
        assert sums[-1].replace(",", "") == str(total)
        assert sheet[-1][len(kinds) + 1] == total


def expected(path: Path, dimension: str, first: str, last: str) -> dict[tuple[str, str], int]:
    """Words of the row and name of the kind -> papers, by the raw records."""
    return {
        (WORDS[dimension][value], KIND_NAMES[kind]): counts[1]
        for (value, kind), counts in recomputed(path, dimension, first, last).items()
    }


@pytest.mark.parametrize(
    ("span", "of", "first", "last", "total"),
    [("fiscal", "2026", "2026-04", "2027-03", 14), ("year", "2026", "2026-01", "2026-12", 10)],
)
def test_page_excel_and_csv_say_what_the_records_say(
    console: Hall, town: TownHall, span: str, of: str, first: str, last: str, total: int
) -> None:
    path = Path(town.ledger_url.removeprefix("sqlite:///"))
    official = console.officials.as_role(Role.AUDITOR)
    page = official.get("/statistics", span=span, of=of)
    told = Told(official, span, of)
    assert page.html.count("見本データを表示する") == 1 and "見本データ）" not in page.html
    for dimension, title in TITLES.items():
        wanted = expected(path, dimension, first, last)
        told.check(title, wanted)
        assert sum(wanted.values()) == total


def test_the_holiday_is_told_once_more_under_the_weekdays(console: Hall) -> None:
    official = console.officials.as_role(Role.AUDITOR)
    found = Tables(official.get("/statistics", span="fiscal", of="2026").html).found
    rows = next(rows for caption, rows in found.items() if "曜日別" in caption)
    assert (rows[-1][0], rows[-1][-1]) == ("うち祝日・休日（再掲）", "1")


def test_a_month_is_told_day_by_day(console: Hall) -> None:
    official = console.officials.as_role(Role.AUDITOR)
    found = Tables(official.get("/statistics", span="month", of="2026-06").html).found
    rows = next(rows for caption, rows in found.items() if "日別（通）" in caption and "曜" not in caption)
    assert [(row[0], row[-1]) for row in rows[1:]] == [("6月12日", "5"), ("6月13日", "3"), ("合計", "8")]


@pytest.mark.parametrize(("name", "bar"), [("kind", "住民票の写し"), ("weekday", "金"), ("office", "時間内"), ("place", "管外")])  # fmt: skip
def test_a_chart_has_the_towns_title_and_its_numbers(console: Hall, name: str, bar: str) -> None:
    official = console.officials.as_role(Role.AUDITOR)
    answer = official.http.get(f"/statistics/charts/{name}.svg", params={"span": "month", "of": "2026-06"})
    assert answer.headers["content-type"] == "image/svg+xml"
    texts = ["".join(one.itertext()) for one in etree.fromstring(answer.content).iter("{*}text")]
    title = {
        "kind": "証明書ごとの統計",
        "weekday": "曜日ごとの統計",
        "office": "時間内・時間外統計",
        "place": "管内・管外統計",
    }
    assert texts[-1] == f"神戸市　2026年6月　{title[name]}" or f"神戸市　2026年6月　{title[name]}" in texts
    numbers = {
        "kind": "5通（62.5%）",
        "weekday": "5",
        "office": "3通（37.5%）",
        "place": "2通（25.0%）",
    }
    assert bar in texts and numbers[name] in texts
    assert not re.search(rb"<script|style=|@import|href=", answer.content)


def test_sample_data_say_so_on_page_charts_excel_and_csv(
    console: Hall, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("server_stub.issuing.sample_history.SAMPLE_MONTHS", {"2016-07": JULY_2016})
    official = console.officials.as_role(Role.ADMINISTRATOR)
    made = official.post("/statistics/sample")
    assert (made.status, made.location) == (303, "/statistics?span=fiscal&of=2016&sample=1")
    query = {"span": "month", "of": "2016-07", "sample": "1"}
    page = official.get("/statistics", **query)
    assert "交付通数 2,182通" in page.text and "128,273枚（2016年7月31日現在）" in page.text
    assert "1,000枚あたり17.0通" in page.text
    found = Tables(page.html).found
    assert all("（見本データ）" in caption for caption in found)
    for caption, rows in found.items():
        total = next(row for row in rows if row[0] == "合計")
        assert "2,182" in total, caption
    book = sheets(official.http.get("/statistics/statistics.xlsx", params=query).content)
    marked = "見本データ（実際の交付ではありません）"
    assert all(any(marked in row for row in rows) for rows in book.values())
    text = official.http.get("/statistics/statistics.csv", params=query).content.decode("utf-8-sig")
    lines = list(csv.DictReader(io.StringIO(text)))
    assert {line["備考"] for line in lines} == {marked}
    assert sum(int(line["通数"]) for line in lines if line["統計"] == "証明書の種類別") == 2_182
    for name in ("kind", "weekday", "office", "place"):
        assert marked in official.http.get(f"/statistics/charts/{name}.svg", params=query).text
    real = official.get("/statistics", span="fiscal", of="2016")
    assert "この期間に交付した証明書はありません" in real.text and marked not in real.text


@pytest.mark.parametrize(
    ("query", "sentence"),
    [
        ({"span": "month", "of": "2026"}, "月は、2026-04 のように年と月で入力してください。"),
        ({"span": "fiscal", "of": "2026-04"}, "年は、2026 のように4桁で入力してください。"),
        (
            {"span": "fiscal", "of": "<script>"},
            "年または月は、2026 や 2026-04 のような年または月で入力してください。",
        ),
        ({"span": "week", "of": "2026"}, "期間の種類を選んでください。"),
    ],
)
def test_a_period_that_is_none_is_told_beside_the_field(
    console: Hall, query: dict[str, str], sentence: str
) -> None:
    page = console.officials.as_role(Role.AUDITOR).get("/statistics", **query)
    assert page.status == 422 and sentence in page.text
    assert "<script>" not in page.html
