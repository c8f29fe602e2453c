"""Sum the figures of a Statistics message to the tables that page, Excel and CSV show: one place for all three."""

from __future__ import annotations

import functools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from server_stub.interface.history import Dimension, Statistics
from server_stub.municipalities import load_index

WEEKDAYS = "月火水木金土日"


@dataclass(frozen=True, slots=True)
class Period:
    """A month (`2016-07`), a calendar year (`2016`) or a fiscal year from April to March (`2016`)."""

    span: str
    first: str
    last: str
    words: str

    @classmethod
    def month(cls, month: str) -> Period:
        return cls("month", month, month, f"{int(month[:4])}年{int(month[5:])}月")

    @classmethod
    def year(cls, year: int) -> Period:
        return cls("year", f"{year}-01", f"{year}-12", f"{year}年（暦年）")

    @classmethod
    def fiscal(cls, year: int) -> Period:
        return cls("fiscal", f"{year}-04", f"{year + 1}-03", f"{year}年度")

    @classmethod
    def fiscal_of(cls, day: date) -> Period:
        return cls.fiscal(day.year if day.month > 3 else day.year - 1)


@dataclass(frozen=True, slots=True)
class Row:
    """One line: `value` as it is counted, `counts` by kind in the order of the table's kinds, then their sum; `yen` of all."""

    value: str
    words: str
    counts: tuple[int, ...]
    papers: int
    applications: int
    yen: int


@dataclass(frozen=True, slots=True)
class Table:
    """`key` is that of the dimension. `again`: figures that stand in another row of the same table already (再掲)."""

    key: str
    title: str
    head: str
    rows: tuple[Row, ...]
    again: tuple[Row, ...] = ()


@dataclass(frozen=True, slots=True)
class Figures:
    """All tables of a period. `kinds`: pairs of code and name, the columns of each table. `total` is the last row of each."""

    period: Period
    statistics: Statistics
    kinds: tuple[tuple[str, str], ...]
    tables: tuple[Table, ...]
    by_kind: tuple[Row, ...]
    total: Row

    def table(self, key: str) -> Table:
        return next(one for one in self.tables if one.key == key)

    @property
    def per_thousand_cards(self) -> float | None:
        """Papers by 1,000 cards, where the cards are known."""
        cards = self.statistics.cards
        return self.total.papers * 1000 / cards.issued if cards is not None and cards.issued else None


def figures(statistics: Statistics, period: Period, own_name: str) -> Figures:
    """Put the tables together. `own_name`: of the municipality itself; others are named by the index where it knows them."""
    counted: dict[tuple[Dimension, str, str], tuple[int, int, int]] = {}
    for one in statistics.figures:
        counted[one.dimension, one.value, one.kind] = (one.papers, one.applications, one.yen)
    codes = list(statistics.kinds)  # in the municipality's own order
    kinds = tuple((code, statistics.kinds.get(code, code)) for code in codes)

    def row(dimension: Dimension, value: str, words: str) -> Row:
        found = [counted.get((dimension, value, code), (0, 0, 0)) for code in codes]
        papers, applications, yen = (sum(one[place] for one in found) for place in range(3))
        return Row(value, words, tuple(one[0] for one in found), papers, applications, yen)

    def values(dimension: Dimension) -> list[str]:
        return sorted({value for known, value, _ in counted if known is dimension})

    def table(dimension: Dimension, title: str, head: str, named: Mapping[str, str]) -> Table:
        return Table(
            dimension.value,
            title,
            head,
            tuple(row(dimension, value, words) for value, words in named.items()),
        )

    tables = [
        table(Dimension.MONTH, "月別", "月", {one: f"{int(one[:4])}年{int(one[5:])}月" for one in _months(period)}),
        table(Dimension.HOUR, "時間別", "時間", {one: f"{int(one)}時台" for one in _hours(values(Dimension.HOUR))}),
        Table(
            Dimension.WEEKDAY.value,
            "曜日別",
            "曜日",
            tuple(row(Dimension.WEEKDAY, str(number), f"{name}曜日") for number, name in enumerate(WEEKDAYS)),
            (row(Dimension.HOLIDAY, "holiday", "うち祝日・休日（再掲）"),),
        ),
        table(Dimension.OFFICE, "時間内・時間外別", "開庁時間", {"within": "時間内", "outside": "時間外"}),
        table(Dimension.PLACE, "管内・管外別", "端末の場所", {"inside": "管内", "outside": "管外"}),
        table(Dimension.AREA, "地域別", "端末のある市区町村", _areas(values(Dimension.AREA), statistics.municipality, own_name)),
        table(Dimension.CHAIN, "店舗事業者別", "店舗事業者", {one: one or "（不明）" for one in values(Dimension.CHAIN)}),
    ]  # fmt: skip
    if period.span == "month":
        days = values(Dimension.DAY)
        month = int(period.first[5:])
        tables[0] = table(Dimension.DAY, "日別", "日", {one: f"{month}月{int(one)}日" for one in days})
    by_kind = []
    office = [one for one in statistics.figures if one.dimension is Dimension.OFFICE]
    for code, name in kinds:
        own = [one for one in office if one.kind == code]
        by_kind.append(
            Row(
                code,
                name,
                (),
                *(sum(getattr(one, of) for one in own) for of in ("papers", "applications", "yen")),
            )
        )
    total = Row(
        "",
        "合計",
        tuple(one.papers for one in by_kind),
        *(sum(getattr(one, of) for one in by_kind) for of in ("papers", "applications", "yen")),
    )
    return Figures(period, statistics, kinds, tuple(tables), tuple(by_kind), total)


def _months(period: Period) -> list[str]:
    year, month = int(period.first[:4]), int(period.first[5:])
    found = []
    while (one := f"{year}-{month:02d}") <= period.last:
        found.append(one)
        year, month = (year, month + 1) if month < 12 else (year + 1, 1)
    return found


def _hours(present: Sequence[str]) -> list[str]:
    """6 to 22 (the hours of service everywhere), and whatever there is beyond."""
    return sorted({*present, *(f"{hour:02d}" for hour in range(6, 23))})


@functools.cache
def _index() -> dict[str, str]:
    return {one.info.code: f"{one.info.prefecture}{one.info.name}" for one in load_index()}


def _areas(codes: Sequence[str], own: str, own_name: str) -> dict[str, str]:
    """The municipality itself first, then the others by their codes."""
    known = {**_index(), own: own_name}
    ordered = sorted({*codes, own}, key=lambda code: (code != own, code))
    return {code: known.get(code, f"市区町村コード {code}") for code in ordered}
