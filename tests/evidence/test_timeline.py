"""The timeline of a page: what stands where on it is what the trace says, to the scale of real time."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from scenarios.evidence import failures_of, write_evidence
from scenarios.evidence.reading import read_story
from scenarios.evidence.timeline import CLOCK, Lane, Timeline, timelines_of
from scenarios.verdict import FAILED, Why
from server_stub.interface.failures import CATALOGUE
from tests.evidence.helper import verdict, whole_visit

SECOND = 1_000_000_000
BEGUN = 50 * SECOND


class Told:
    """A trace with its times written by hand: seconds since the scenario's beginning, on the machine's clock and (`stage`) on the stage's."""

    def __init__(self, folder: Path) -> None:
        self.file, self.count = folder / "stage.jsonl", 0

    def __call__(
        self,
        at: float,
        source: str,
        kind: str,
        *,
        stage: str = "",
        request: str = "",
        process: str = "stage",
        **data: Any,
    ) -> None:
        self.count += 1
        clock = stage or f"2026-06-03T10:00:{at:09.6f}+09:00"
        event = {
            "run": "R", "process": process, "scenario": "話", "step": "", "seq": self.count, "mono_ns": BEGUN + round(at * SECOND),
            "clock": clock, "source": source, "kind": kind, "traceparent": request and f"00-{request * 32}-{'1' * 16}-01", "data": data,
        }  # fmt: skip
        with self.file.open("a", encoding="utf-8") as file:
            file.write(json.dumps(event, ensure_ascii=False) + "\n")

    def step(self, begun: float, ended: float, number: int, sentence: str) -> None:
        self(begun, "scenario", "step_started", keyword="もし", sentence=sentence, index=number)
        self(ended, "scenario", "step_ended", index=number, status="passed", picture="", screen="", error="")


@pytest.fixture
def told(tmp_path: Path) -> Told:
    told = Told(tmp_path)
    told(0, "scenario", "scenario_started", name="話", feature="機能", tags=[])
    return told


def visit(told: Told) -> None:
    """Ten seconds: a card for four of them, a request of one second, 250 yen."""
    told.step(0, 5, 0, "カードを置く")
    told(0, "screen", "screen", name="TopMenu")
    told(1, "card", "card_inserted", reader="virtual")
    told(2, "screen", "screen", name="PleaseWait")
    told(2.5, "network", "request", request="a", method="POST", path="/v1/sessions")
    told(
        3, "centre", "answered", request="a", process="centre", method="POST", path="/v1/sessions", status=200
    )
    told(3.5, "network", "answered", request="a", method="POST", path="/v1/sessions", status=200)
    told(4.5, "card", "card_removed", reader="virtual")
    told.step(5, 10, 1, "払う")
    told(6, "screen", "screen", name="Pay")
    told(7, "money", "coin_accepted", denomination=250, inserted=250)
    told(8, "money", "taken", due=250, change=0)
    told(9, "centre", "refused", process="centre", failure="Card_Pin_Wrong", facts={})
    told(10, "scenario", "scenario_ended")


def the_timeline(told: Told) -> Timeline:
    return timelines_of(read_story(told.file.parent))[0]


def lane(timeline: Timeline, source: str) -> Lane:
    (found,) = (one for one in timeline.lanes if one.source == source)
    return found


def places(timeline: Timeline, source: str, *forms: str) -> list[tuple[float, float, str]]:
    return sorted(
        (mark.left, mark.width, mark.word) for mark in lane(timeline, source).marks if mark.form in forms
    )


def test_everything_stands_at_its_share_of_the_time(told: Told) -> None:
    visit(told)
    timeline = the_timeline(told)
    assert (timeline.begin, timeline.end) == (0, 10)
    assert [(mark.left, mark.width, mark.word) for mark in timeline.steps] == [(0, 50, "1"), (50, 50, "2")]
    assert places(timeline, "screen", "stay") == [
        (0, 20, "トップメニュー"),
        (20, 40, "しばらくお待ちください"),
        (60, 40, "お支払い"),
    ]
    assert places(timeline, "card", "stay") == [(10, 35, "")]
    assert places(timeline, "card", "point") == [(10, 0, ""), (45, 0, "")]
    assert places(timeline, "network", "point") == [(25, 10, "")]
    assert places(timeline, "centre", "point") == [(30, 0, ""), (90, 0, "")]
    assert places(timeline, "money", "fill") == [(70, 10, "250円")]
    assert places(timeline, "money", "said") == [(80, 20, "手数料 250円を収納した（おつり 0円）")]
    assert [(tick.left, tick.word) for tick in timeline.ticks] == [
        (0, "0 秒"), (20, "2 秒"), (40, "4 秒"), (60, "6 秒"), (80, "8 秒"), (100, "10 秒"),
    ]  # fmt: skip


def test_each_lane_has_its_name_and_each_mark_its_step(told: Told) -> None:
    visit(told)
    timeline = the_timeline(told)
    assert [one.name for one in timeline.lanes] == ["画面", "カード", "通信", "センター", "現金"]
    assert [mark.step for one in ("card", "money") for mark in lane(timeline, one).marks] == [1, 1, 1, 2, 2]
    assert [mark.told for one in timeline.lanes for mark in one.marks if mark.bad] == [
        "10:00:09.000（9.00 秒後）　拒否：" + CATALOGUE["Card_Pin_Wrong"].cause
    ]


def test_a_screen_that_refuses_is_marked(told: Told) -> None:
    told.step(0, 2, 0, "抜く")
    told(1, "screen", "screen", name="Refusal", state="Refusal", failure="Card_Removed")
    assert [mark.bad for mark in lane(the_timeline(told), "screen").marks] == [True]
    assert failures_of(told.file.parent) == ("Card_Removed",)


def test_a_lane_on_which_nothing_happened_is_there_all_the_same(told: Told) -> None:
    told.step(0, 1, 0, "待つ")
    names = [(one.name, one.marks) for one in the_timeline(told).lanes]
    assert names == [("画面", ()), ("カード", ()), ("通信", ()), ("センター", ()), ("現金", ())]


def test_it_is_told_when_the_clock_of_the_stage_was_set(told: Told) -> None:
    told.step(0, 1, 0, "待つ")
    told.step(2, 3, 1, "時計を進める")
    told(2.5, "screen", "screen", name="TopMenu", stage="2026-06-05T22:59:00+09:00")
    told(3, "scenario", "scenario_ended", stage="2026-06-05T22:59:00.500000+09:00")
    (jump,) = lane(the_timeline(told), "clock").marks
    assert (
        jump.word == "2026/06/05 22:59:00 になった"
        and jump.left == pytest.approx(2.5 / 3 * 100, abs=0.01)
        and jump.step == 2
    )
    assert CLOCK in [one.name for one in the_timeline(told).lanes]


def test_what_happened_before_a_long_wait_is_drawn_larger_too(told: Told) -> None:
    told.step(0, 2, 0, "カードを読む")
    for number in range(20):
        told(number / 10, "card", "command", name="SELECT AP", sw="9000")
    told.step(2, 40, 1, "画面を待つ")
    told(40, "scenario", "scenario_ended")
    whole, part = timelines_of(read_story(told.file.parent))
    assert (whole.begin, whole.end, part.begin) == (0, 40, 0) and 1.9 <= part.end <= 2.0
    assert len(lane(part, "card").marks) == 20
    last = lane(part, "card").marks[-1]
    assert last.left == pytest.approx(1.9 / part.end * 100, abs=0.01)


def test_a_scenario_without_time_has_no_timeline(told: Told) -> None:
    assert timelines_of(read_story(told.file.parent)) == []


def test_the_page_draws_each_mark_and_leads_to_its_step(told: Told) -> None:
    visit(told)
    page = write_evidence(told.file.parent, told.file.parent / "page.html", verdict("話")).read_text(
        encoding="utf-8"
    )
    fill = re.search(
        r'<a class="fill" href="#step-2"[^>]*style="left:70\.0%;width:10\.0%"><span>250円</span></a>', page
    )
    assert fill and 'id="step-2"' in page
    names = re.search(r'<div class="names"[^>]*>(.*?)</div></div>', page)
    assert names and re.findall(r"<div>(.*?)</div>", names[1]) == [
        "手順",
        "画面",
        "カード",
        "通信",
        "センター",
        "現金",
    ]


def test_a_scenario_is_found_by_the_names_of_its_refusals(told: Told) -> None:
    visit(told)
    told(9.5, "network", "reports_wait", failure="Centre_Unreachable")
    told(9.6, "network", "odd", failure="No_Such_Name")
    assert failures_of(told.file.parent) == ("Card_Pin_Wrong", "Centre_Unreachable")


def test_a_failed_page_says_how_far_it_came_and_what_to_send(tmp_path: Path) -> None:
    whole_visit(tmp_path)
    why = Why("もし　正しい暗証番号を入力する", "画面が進むこと", "進まなかった", step=2, line=7)
    page = write_evidence(
        tmp_path,
        tmp_path / "page.html",
        verdict(outcome=FAILED, whys=(why,), run="RUN-1", about="一人が一度だけ払う。"),
    ).read_text(encoding="utf-8")
    assert (
        "手順 1 までは期待したとおりに進み、手順 2 で、期待と異なる結果になりました。" in page
        and "一人が一度だけ払う。" in page
    )
    (asked,) = re.findall(r"<pre>(試験：.*?)</pre>", page, re.DOTALL)
    for line in ("実行番号：RUN-1", "場所：手順 2　もし　正しい暗証番号を入力する", "期待：画面が進むこと", "実際：進まなかった",
                 "シナリオ：features/a.feature:3", "用紙：01JX0000000000000000000000-01-01of01"):  # fmt: skip
        assert line in asked.splitlines(), asked
    passed = write_evidence(tmp_path, tmp_path / "page.html", verdict()).read_text(encoding="utf-8")
    assert "問い合わせる" not in passed and "3 手順のすべてが、期待したとおりに終わりました。" in passed
