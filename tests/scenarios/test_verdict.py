"""From what was raised to what is told: in Japanese, with what was expected and what was found."""

from __future__ import annotations

from typing import Any

import pytest

from scenarios.driver import NotReached, Terminal
from scenarios.steps import standstill
from scenarios.steps.standstill import ALWAYS, IDLE, NEVER, check_standstill
from scenarios.verdict import AS_IT_SAYS, FAILED, LAST_PAPER, ScenarioFailure, Why, why_of
from server_stub.interface.failures import Failed
from tests.evidence.helper import verdict
from tests.readback.side import WrongPaper

HEART: dict[str, Any] = {"ms": 153.4, "where": "pay.py:45 fill < screen.py:12 lay", "screen": "Pay"}


@pytest.mark.parametrize(
    ("error", "expected", "found"),
    [
        (ScenarioFailure("1枚であること", "2枚だった"), "1枚であること", "2枚だった"),
        (NotReached("Pay was not reached", expected="お支払い", found="お断り"), "お支払い", "お断り"),
        (WrongPaper("told", expected="「続柄」が「妻」", found="「子」"), "「続柄」が「妻」", "「子」"),
        (Failed("Printer_Jam"), AS_IT_SAYS, f"{Failed('Printer_Jam').entry.cause}（Printer_Jam）"),
        (AssertionError("[500]\nassert [500] == [250]"), AS_IT_SAYS, "[500]（画面は「お支払い」）"),
        (AssertionError(), AS_IT_SAYS, "AssertionError（画面は「お支払い」）"),
        (None, AS_IT_SAYS, "what pytest told（画面は「お支払い」）"),
    ],
)
def test_whatever_is_raised_becomes_expected_and_found(
    error: BaseException | None, expected: str, found: str
) -> None:
    why = why_of(error, "what pytest told", seen="画面は「お支払い」")
    assert (why.expected, why.found) == (expected, found)


def test_a_failure_of_a_paper_names_the_sheet() -> None:
    assert why_of(WrongPaper("told", expected="e", found="f", paper="A-01-01of01"), "").paper == "A-01-01of01"
    assert why_of(WrongPaper("told", expected="e", found="f"), "").paper == LAST_PAPER
    assert why_of(AssertionError("told"), "").paper == ""


@pytest.mark.parametrize(
    "number", ["987654321099", "9876 5432 1099", "９８７６５４３２１０９９", "9876-5432-1099"]
)
def test_a_reader_of_papers_tells_no_individual_number(number: str) -> None:
    wrong = WrongPaper(f"reads {number}.", expected=f"「{number}」であること", found=f"「{number}」")
    assert "●●●●" in str(wrong) and "●●●●" in wrong.expected and "●●●●" in wrong.found
    assert not any(
        digits in f"{wrong}{wrong.expected}{wrong.found}" for digits in ("9876", "９８７６", "1099")
    )
    assert (
        str(WrongPaper("28100-20260603-AB12-CD34-EF56", expected="", found=""))
        == "28100-20260603-AB12-CD34-EF56"
    )


def test_the_place_is_the_sentence_that_failed() -> None:
    why = Why("ならば　紙が出る", "1枚", "0枚", step=2, line=9)
    assert verdict(outcome=FAILED, whys=(why,)).place == "features/a.feature:9"
    assert verdict(outcome=FAILED, whys=(Why("手順の後の確認", "", ""),)).place == "features/a.feature:3"


def test_a_standstill_names_screen_and_place_and_counts_where_it_was_asked_to(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    told = check_standstill(HEART, NEVER)
    for part in ("「お支払い」", "153 ミリ秒", "pay.py の 45 行目（fill）", "screen.py の 12 行目"):
        assert part in told
    with pytest.raises(ScenarioFailure, match="pay.py の 45 行目"):
        check_standstill(HEART, ALWAYS)
    monkeypatch.setattr(standstill, "machine_is_idle", lambda: True)
    with pytest.raises(ScenarioFailure):
        check_standstill(HEART, IDLE)
    monkeypatch.setattr(standstill, "machine_is_idle", lambda: False)
    assert check_standstill(HEART, IDLE) == told
    assert check_standstill({"ms": 99.0, "where": "", "screen": ""}, ALWAYS) == ""


def test_a_wait_in_vain_tells_what_was_waited_for_and_what_the_screen_showed() -> None:
    class Still:
        def call(self, command: str, **_: Any) -> Any:
            return {"screen": "Pay", "texts": ["手数料をお支払いください"], "touchables": [], "paced": False}[
                command
            ]

        def wait_until(self, *_: Any) -> None:
            raise NotReached("not reached")

        def close(self) -> None: ...

    with pytest.raises(NotReached) as caught:
        Terminal(Still()).wait_until(lambda: False, "申請がセンターに届く")
    why = why_of(caught.value, "")
    assert why.expected == "申請がセンターに届く"
    assert why.found == "画面は「お支払い」（手数料をお支払いください）"
