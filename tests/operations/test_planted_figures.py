"""Defects of figures that are planted in issuing server and console, each of which a named test must find. With `make fuzz`
(KONBINI_LONG=1)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pytest

from server_stub.issuing import counting, history, ledger, statistics
from server_stub.municipalities.office import OfficeTerms
from server_stub.operations import figures, workbooks
from server_stub.operations.functions import statistics as pages
from tests.issuing import test_statistics as sums
from tests.issuing.helper import MIDORI, NAOKI, STORE, TownHall
from tests.long import LONG
from tests.operations import test_access_log as access
from tests.operations import test_figures as shown
from tests.operations import test_issue_history as issues
from tests.operations.hall import Hall

pytestmark = pytest.mark.skipif(not LONG, reason="with make fuzz (KONBINI_LONG=1)")
Plant = Callable[[pytest.MonkeyPatch], object]
HOLIDAY = date(2026, 9, 21)
"""敬老の日, a Monday."""


def sums_are_right(console: Hall, town: TownHall) -> None:
    """Visits after the defect was planted, then page, Excel, CSV and the raw records beside each other."""
    for visit in (
        ("2026-09-01 17:30:00", MIDORI, "residence", 2, STORE),
        (f"{HOLIDAY} 10:00:00", NAOKI, "residence", 1, sums.OTHER_SHOP),
    ):
        last = sums.hand_over(town, *visit)
    sums.report(town, last, "handed_over")
    town.at("2026-09-22 10:00:00")
    unpaid = town.apply(MIDORI)
    sums.report(town, unpaid.application_id, "cancelled")
    shown.test_page_excel_and_csv_say_what_the_records_say(
        console, town, "fiscal", "2026", "2026-04", "2027-03", 17
    )


def _closing_minute_is_open(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(
        OfficeTerms,
        "open_at",
        lambda self, at: self.open_on(at.date()) and self.opens <= at.time() <= self.closes,
    )


def _open_on_holidays(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(OfficeTerms, "open_on", lambda self, day: day.weekday() < 5)


def _copies_are_not_counted(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(counting, "counts_of", lambda row: (1, 1, row["fee_total"]))


def _what_is_prepared_counts(patch: pytest.MonkeyPatch) -> None:
    before = counting.count_prepared

    def count(connection: Any, row: Any) -> None:
        before(connection, row)
        counting.add(
            connection, [(key, counting.counts_of(row)) for key in counting.handed_over_keys(row, True)]
        )

    patch.setattr(ledger, "count_prepared", count)


def _a_second_report_counts_again(patch: pytest.MonkeyPatch) -> None:
    def count(connection: Any, application_id: str, at: datetime, office_open: Any) -> None:
        own = counting.t.applications.c.application_id == application_id
        connection.execute(
            counting.update(counting.t.applications).where(own).values(handed_over_at=at.isoformat())
        )
        rows = connection.execute(counting.select(*counting._FACTS).where(own)).mappings().all()
        counting._count(connection, rows, office_open)

    patch.setattr(ledger, "count_handed_over", count)


def _fiscal_year_from_january(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(
        figures.Period,
        "fiscal",
        lambda year: figures.Period("fiscal", f"{year}-01", f"{year}-12", f"{year}年度"),
    )


def _the_last_month_is_missing(patch: pytest.MonkeyPatch) -> None:
    before = statistics.statistics
    patch.setattr(
        history,
        "statistics",
        lambda connection, town, query: before(
            connection, town, query.model_copy(update={"last": "2027-02"})
        ),
    )


def _outside_is_inside(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(statistics, "OUTSIDE", "inside")


def _weeks_begin_on_sunday(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(figures, "WEEKDAYS", "日月火水木金土")


def _excel_loses_a_row(patch: pytest.MonkeyPatch) -> None:
    before = workbooks.Workbook.sheet
    patch.setattr(
        workbooks.Workbook,
        "sheet",
        lambda self, name, lines, head, rows, **more: before(self, name, lines, head, list(rows)[1:], **more),
    )


def _no_mark_before_the_csv(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(workbooks, "BOM", "")


def _a_total_of_applications(patch: pytest.MonkeyPatch) -> None:
    before = pages.figures

    def found(*told: Any) -> Any:
        made = before(*told)
        return replace(made, total=replace(made.total, papers=made.total.applications))

    patch.setattr(pages, "figures", found)


PLANTED: dict[str, Plant] = {
    "the closing minute is open": _closing_minute_is_open,
    "the offices are open on holidays": _open_on_holidays,
    "copies are not counted": _copies_are_not_counted,
    "what was only prepared counts": _what_is_prepared_counts,
    "a report told twice counts twice": _a_second_report_counts_again,
    "the fiscal year begins in January": _fiscal_year_from_january,
    "the last month is missing": _the_last_month_is_missing,
    "管外 is counted as 管内": _outside_is_inside,
    "the week begins on Sunday": _weeks_begin_on_sunday,
    "the Excel loses a row": _excel_loses_a_row,
    "the CSV has no byte order mark": _no_mark_before_the_csv,
    "the total is that of applications": _a_total_of_applications,
}


@pytest.mark.parametrize("what", PLANTED)
def test_a_planted_defect_is_caught(
    console: Hall, town: TownHall, what: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sums, "HOLIDAYS", {*sums.HOLIDAYS, HOLIDAY})
    PLANTED[what](monkeypatch)
    with pytest.raises((AssertionError, LookupError)):
        sums_are_right(console, town)


def test_without_a_defect_the_same_passes(
    console: Hall, town: TownHall, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sums, "HOLIDAYS", {*sums.HOLIDAYS, HOLIDAY})
    sums_are_right(console, town)


def test_a_disclosure_that_leaves_a_paper_out_is_caught(
    console: Hall, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from server_stub.operations.functions import issue_history

    every = issue_history._every
    monkeypatch.setattr(issue_history, "_every", lambda visit, **query: list(every(visit, **query))[1:])
    with pytest.raises(AssertionError):
        issues.test_the_disclosure_document_tells_every_paper_and_is_marked_on_every_side(console, tmp_path)


def test_an_analysis_that_takes_the_evening_for_office_hours_is_caught(
    console: Hall, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(statistics, "_office", statistics._served)
    with pytest.raises(AssertionError):
        access.test_access_at_night_and_on_holidays_is_told(console)
