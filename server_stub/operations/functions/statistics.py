"""① 統計機能: papers by hour, weekday, kind, area, chain, office hours, 管内・管外; by month, calendar year and fiscal year; as charts, Excel, CSV."""

from __future__ import annotations

from collections.abc import Iterator

from fastapi import APIRouter, Response

from server_stub.interface.failures import Failed
from server_stub.interface.history import SampleFilled, SampleRequest, Statistics
from server_stub.operations.charts import Bar, bars
from server_stub.operations.figures import Figures, Period, Row, figures
from server_stub.operations.forms import Form
from server_stub.operations.web import Asked, Entered, Visit
from server_stub.operations.workbooks import CSV, EXCEL, SAMPLE, Cell, Workbook, csv_lines, excel

router = APIRouter()
SPANS = (("fiscal", "年度（4月から翌年3月）"), ("year", "暦年（1月から12月）"), ("month", "月"))
CHARTS = {
    "kind": "証明書ごとの統計",
    "weekday": "曜日ごとの統計",
    "office": "時間内・時間外統計",
    "place": "管内・管外統計",
}
"""The four of 神戸市's document, under its titles."""
COUNTED = (
    "交付が完了した証明書の通数です。日と時刻は証明書の発行日時によります。"
    "時間内は、市区町村が設定した開庁時間内に発行したものです。管内は、この市区町村内の端末で交付したものです。"
)


@router.get("/statistics", name="statistics")
def statistics(visit: Asked) -> Response:
    form, period, sample = _period(visit)
    found = _figures(visit, period, sample)
    visit.note("照会", detail=f"{period.words}{'（見本データ）' if sample else ''}")
    address = f"span={period.span}&of={_of(period)}" + ("&sample=1" if sample else "")
    return visit.page(
        "statistics/statistics.html",
        form=form,
        found=found,
        sample=sample,
        spans=SPANS,
        charts=CHARTS,
        address=address,
        counted=COUNTED,
        sample_words=SAMPLE,
        status=422 if form.problems else 200,
    )


@router.get("/statistics/charts/{name}", name="statistics_chart")
def chart(visit: Asked, name: str) -> Response:
    """One of the four charts as SVG."""
    name = name.removesuffix(".svg")
    if name not in CHARTS:
        raise Failed("Console_Record_Unknown")
    _, period, sample = _period(visit)
    found = _figures(visit, period, sample)
    rows = found.by_kind if name == "kind" else found.table(name).rows
    upright = name == "weekday"
    total = found.total.papers
    drawn = [
        Bar(
            row.words.removesuffix("曜日"),
            row.papers,
            f"{row.papers:,}" if upright else f"{row.papers:,}通（{row.papers / total if total else 0:.1%}）",
        )
        for row in rows
    ]
    title = f"{visit.municipality_name}　{period.words}　{CHARTS[name]}"
    return Response(bars(title, drawn, sample=sample, across=not upright), media_type="image/svg+xml")


@router.get("/statistics/statistics.xlsx", name="statistics_excel")
def as_excel(visit: Asked) -> Response:
    _, period, sample = _period(visit)
    found = _figures(visit, period, sample)
    visit.note("出力", detail=f"{period.words}の統計（Excel）{'（見本データ）' if sample else ''}")

    def fill(book: Workbook) -> None:
        lines = _lines(visit, found)
        rows = [(row.words, row.papers, row.applications, row.yen) for row in (*found.by_kind, found.total)]
        book.sheet(
            "証明書の種類別", (f"{lines[0]}　証明書の種類別", *lines[1:]), ("証明書", "通数", "申請件数", "手数料（円）"), rows,
            widths=(30, 12, 12, 16), sample=sample, total=True,
        )  # fmt: skip
        for table in found.tables:
            head = (table.head, *(name for _, name in found.kinds), "合計（通）", "申請件数", "手数料（円）")
            again = [_cells(row) for row in table.again]
            total = _cells(found.total)
            book.sheet(
                table.title,
                (f"{lines[0]}　{table.title}", *lines[1:]),
                head,
                [*again, *(_cells(row) for row in table.rows), total],
                widths=(24, *(14 for _ in found.kinds), 12, 12, 16),
                sample=sample,
                total=True,
            )

    return visit.download(excel(fill), f"statistics-{period.span}-{_of(period)}.xlsx", EXCEL)


@router.get("/statistics/statistics.csv", name="statistics_csv")
def as_csv(visit: Asked) -> Response:
    _, period, sample = _period(visit)
    found = _figures(visit, period, sample)
    visit.note("出力", detail=f"{period.words}の統計（CSV）{'（見本データ）' if sample else ''}")
    body = b"".join(csv_lines(_csv_rows(visit, found, sample)))
    return visit.download(body, f"statistics-{period.span}-{_of(period)}.csv", CSV)


def _csv_rows(visit: Visit, found: Figures, sample: bool) -> Iterator[tuple[Cell, ...]]:
    """One line a figure: whatever reads it needs no knowledge of where a table begins."""
    yield ("市区町村", "期間", "統計", "区分", "証明書", "通数", "申請件数", "手数料（円）", "備考")
    note = SAMPLE if sample else ""
    own = (visit.municipality_name, found.period.words)
    for row in found.by_kind:
        yield (*own, "証明書の種類別", row.words, row.words, row.papers, row.applications, row.yen, note)
    counted = {(one.dimension.value, one.value, one.kind): one for one in found.statistics.figures}
    for table in found.tables:
        for row in (*table.rows, *table.again):
            for code, name in found.kinds:
                dimension = "holiday" if row in table.again else table.key
                one = counted.get((dimension, row.value, code))
                if one is not None:
                    told = (one.papers, one.applications, one.yen)
                    yield (*own, table.title, row.words, name, *told, note)


@router.post("/statistics/sample", name="statistics_sample_act")
def make_sample(visit: Asked, form: Entered) -> Response:
    """Make up a history to show, once."""
    asked = SampleRequest(municipality=visit.municipality, operator=visit.operator.name)
    made = visit.issuing.post("sample-history", SampleFilled, asked)
    visit.note("登録", detail="統計の見本データ")
    words = (
        f"見本データ（申請{made.applications:,}件）を作成しました。"
        if made.applications
        else "見本データは作成済みです。"
    )
    return visit.to("/statistics", words, span="fiscal", of="2016", sample="1")


def _cells(row: Row) -> tuple[Cell, ...]:
    return (row.words, *row.counts, row.papers, row.applications, row.yen)


def _lines(visit: Visit, found: Figures) -> tuple[str, ...]:
    cards = found.statistics.cards
    told = [f"{visit.municipality_name}　{found.period.words}　証明書コンビニ交付統計", COUNTED]
    if cards is not None:
        told.append(
            f"マイナンバーカード交付数：{cards.issued:,}枚（{cards.on.year}年{cards.on.month}月{cards.on.day}日現在）"
        )
    return tuple(told)


def _figures(visit: Visit, period: Period, sample: bool) -> Figures:
    answer = visit.issuing.get(
        "statistics",
        Statistics,
        municipality=visit.municipality,
        first=period.first,
        last=period.last,
        sample="true" if sample else None,
    )
    return figures(answer, period, visit.municipality_name)


def _of(period: Period) -> str:
    return period.first if period.span == "month" else period.first[:4]


def _period(visit: Visit) -> tuple[Form, Period, bool]:
    """Read which period is asked for; what is none is told beside the field, and this fiscal year stands in its place."""
    asked = Form.read(visit.request.url.query)
    sample = asked.value("sample") == "1"
    otherwise = Period.fiscal(2016) if sample else Period.fiscal_of(visit.today)
    if not asked.has("span"):
        return (
            Form.of(span=otherwise.span, of=_of(otherwise), sample="1" if sample else None),
            otherwise,
            sample,
        )
    span = asked.choice("span", "期間の種類", [value for value, _ in SPANS])
    of = asked.matching(
        "of", "年または月", r"(19|20)[0-9]{2}(-(0[1-9]|1[0-2]))?", "2026 や 2026-04 のような年または月"
    )
    if asked.problems:
        return asked, otherwise, sample
    if span == "month":
        if len(of) == 4:
            asked.wrong("of", "月は、2026-04 のように年と月で入力してください。")
            return asked, otherwise, sample
        return asked, Period.month(of), sample
    if len(of) > 4:
        asked.wrong("of", "年は、2026 のように4桁で入力してください。")
        return asked, otherwise, sample
    return asked, (Period.fiscal if span == "fiscal" else Period.year)(int(of)), sample
