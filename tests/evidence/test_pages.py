"""Evidence in a real browser, opened from the disk: what a reader chooses, where links lead, how it prints."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pypdfium2
import pytest
from pypdfium2 import raw

from scenarios.evidence import write_evidence, write_overview
from scenarios.verdict import FAILED, SKIPPED, Verdict, Why
from tests.browser import axe, fits, keep, opened_browser
from tests.evidence.helper import Written, papers, sheet_pdf, verdict
from tests.long import LONG

DESK, PHONE = {"width": 1280, "height": 800}, {"width": 420, "height": 800}
STEPS = 9
MM = 72 / 25.4
"""Points of a PDF."""


@dataclass(frozen=True)
class Run:
    """The pages of a run, and the verdicts they were made of, in the order of the index."""

    folder: Path
    verdicts: list[Verdict]

    @property
    def index(self) -> str:
        return (self.folder / "index.html").as_uri()

    def page(self, one: Verdict) -> str:
        return Path(one.page).as_uri()


def long_visit(folder: Path) -> None:
    """A visit of many steps: each with its screen, some on the way, paper now and then, an open record at the end."""
    trace = Written(folder)
    trace.begin("長い話")
    for index in range(STEPS):
        trace.step(index, "もし", f"{index + 1}番目の手順として、利用者が画面の案内のとおりに進む")
        for number in range(index % 3 * 2):
            trace.passed("Consent", f"way {index} {number}")
        trace.request("POST", f"/v1/sessions/{index}")
        if index % 4 == 3:
            trace.sheet(sheet_pdf())
        last = index == STEPS - 1
        for number in range(30 if last else 0):
            trace.terminal.emit(
                "card", "command", name="VERIFY", application="公的個人認証AP", sw=f"63C{number % 9}"
            )
        trace.end_step(index, "failed" if last else "passed", "AssertionError" if last else "")
    trace.end()
    trace.close()


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    folder = tmp_path_factory.mktemp("run")
    why = Why(
        "もし　9番目の手順", "一度だけ払う", "二度払った", step=STEPS, line=20, details="AssertionError"
    )
    made: list[dict[str, Any]] = [
        {"scenario": "長い話", "outcome": FAILED, "whys": (why,), "tags": ("お金", "要件-約束-金-01"), "steps": STEPS,
         "sentences": ("千円を入れる", "おつりを取る"), "failures": ("Centre_Unreachable",)},
        {"scenario": "ＰＩＮを間違える", "tags": ("暗証番号",), "sentences": ("誤った暗証番号を入力する",), "failures": ("Card_Pin_Wrong",)},
        {"scenario": "リーダがない", "feature": "断り", "outcome": SKIPPED, "skipped": "リーダがありません", "tags": ("お金",)},
        {"scenario": "画面が止まる", "feature": "断り", "warnings": ("端末の画面が 153 ミリ秒止まりました",), "sentences": ("千円を入れる",)},
    ]  # fmt: skip
    verdicts = []
    for number, told in enumerate(made):
        one = verdict(
            str(told.pop("scenario")),
            line=number + 1,
            run="0a1b2c3d",
            page=str(folder / f"{number} 話.html"),
            **told,
        )
        trace = folder / "traces" / str(number)
        if number == 0:
            long_visit(trace)
        write_evidence(trace, Path(one.page), one, papers=sorted(papers(trace).glob("*.pdf")))
        verdicts.append(one)
    write_overview(folder, verdicts)
    return Run(folder, verdicts)


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with opened_browser() as opened:
        yield opened


@contextmanager
def opened(browser: Any, address: str, size: dict[str, int] = DESK, **more: Any) -> Iterator[Any]:
    """A page of a file. Nothing but files may be asked for, and the page's own policy may have nothing to refuse."""
    context = browser.new_context(viewport=size, locale="ja-JP", **more)
    page = context.new_page()
    told: list[str] = []
    page.on(
        "request",
        lambda request: told.append(request.url) if not request.url.startswith(("file:", "data:")) else None,
    )
    page.on("console", lambda message: told.append(message.text))
    page.on("pageerror", lambda error: told.append(str(error)))
    page.goto(address)
    yield page
    context.close()
    assert told == []


def titles(page: Any) -> list[str]:
    """Of the rows that are seen."""
    return [one.inner_text() for one in page.locator(".list .title > a:visible").all()]


def of(run: Run, wanted: Callable[[Verdict], bool]) -> list[str]:
    return [one.title for one in run.verdicts if wanted(one)]


def test_the_index_is_chosen_from_by_verdict_tag_and_words(browser: Any, run: Run) -> None:
    with opened(browser, run.index) as page:
        assert titles(page) == of(run, lambda one: True)
        for outcome in {one.outcome for one in run.verdicts}:
            page.locator(f"input[value={outcome}]").check()
            chosen = of(run, lambda one, outcome=outcome: one.outcome == outcome)  # type: ignore[misc]
            assert (
                titles(page) == chosen
                and f"全 4 件のうち {len(chosen)} 件" in page.get_by_role("status").inner_text()
            )
        page.get_by_label("注意あり").check()
        assert titles(page) == of(run, lambda one: bool(one.warnings))
        page.get_by_role("button", name="絞り込みをやめる").click()
        page.get_by_label("タグ").fill("@お金")
        assert titles(page) == of(run, lambda one: "お金" in one.tags)
        page.get_by_label("タグ").fill("")
        for words, wanted in (
            ("千円を入れる", lambda one: "千円を入れる" in one.sentences),
            ("card_pin", lambda one: "Card_Pin_Wrong" in one.failures),
            ("pin", lambda one: "Card_Pin_Wrong" in one.failures),  # ＰＩＮ, too
            ("二度払った", lambda one: one.outcome == FAILED),
            ("断り　千円", lambda one: bool(one.warnings)),
            ("どこにもない", lambda one: False),
        ):
            page.get_by_label("検索").fill(words)
            assert titles(page) == of(run, wanted), words
            visible = page.locator(".list .group:visible").count()
            assert visible == len({one.feature for one in run.verdicts if wanted(one)}), words


def test_what_was_chosen_is_still_chosen_after_coming_back(browser: Any, run: Run) -> None:
    with opened(browser, run.index) as page:
        page.get_by_label("タグ").fill("暗証")
        page.locator(".list a:visible").click()
        assert page.get_by_role("heading", level=1).inner_text() == "ＰＩＮを間違える"
        page.go_back()
        assert titles(page) == ["ＰＩＮを間違える"] and page.get_by_label("タグ").input_value() == "暗証"


def test_without_a_script_the_whole_list_is_there(browser: Any, run: Run) -> None:
    with opened(browser, run.index, java_script_enabled=False) as page:
        assert titles(page) == of(run, lambda one: True)
        assert page.get_by_role("search").count() == 0 and page.locator("button:visible").count() == 0


def test_one_goes_from_page_to_page_and_back_to_the_index(browser: Any, run: Run) -> None:
    with opened(browser, run.index) as page:
        page.locator(".list a").first.click()
        walked = [page.get_by_role("heading", level=1).inner_text()]
        while (following := page.get_by_role("link", name=re.compile("^次のシナリオ"))).count():
            following.click()
            walked.append(page.get_by_role("heading", level=1).inner_text())
        assert walked == of(run, lambda one: True)
        page.get_by_role("link", name=re.compile("^前のシナリオ")).click()
        assert page.get_by_role("heading", level=1).inner_text() == walked[-2]
        page.get_by_role("link", name="一覧へ戻る").click()
        assert page.get_by_role("heading", level=1).inner_text() == "試験結果の一覧"


def test_a_reader_at_a_desk_or_a_phone_scrolls_downwards_only(browser: Any, run: Run) -> None:
    for name, address in (("index", run.index), *((one.title, run.page(one)) for one in run.verdicts[:3])):
        with opened(browser, address) as page:
            for size in (DESK, PHONE):
                page.set_viewport_size(size)
                page.locator("details").evaluate_all("all => all.forEach((one) => { one.open = true; })")
                assert fits(page), (name, size)
                keep(page, name)
            assert page.get_by_role("main").count() == page.get_by_role("heading", level=1).count() == 1, name


def test_a_mark_of_the_timeline_leads_to_its_step(browser: Any, run: Run) -> None:
    with opened(browser, run.page(run.verdicts[0])) as page:
        page.get_by_role("link", name=re.compile("^手順 5")).first.focus()
        page.keyboard.press("Enter")
        assert (
            page.url.endswith("#step-5")
            and page.locator("#step-5").evaluate("one => one.getBoundingClientRect().top") < 100
        )
        marks = page.locator(".track.network a")
        assert marks.count() == STEPS
        marks.nth(6).click()
        assert page.url.endswith("#step-7")


def test_the_timeline_is_drawn_to_scale(browser: Any, run: Run) -> None:
    """In the pixels of the screen, against the record of each step that stands below it."""
    with opened(browser, run.page(run.verdicts[0])) as page:
        boxes = (
            page.locator(".track.steps")
            .first.locator("a")
            .evaluate_all(
                "all => all.map((one) => { const box = one.getBoundingClientRect(); return [box.left, box.right]; })"
            )
        )
        begun = [re.search(r"（([\d.]+) 秒から ([\d.]+) 秒まで）", one.get_attribute("title")) for one in
                 page.locator(".track.steps").first.locator("a").all()]  # fmt: skip
        whole = page.locator(".tracks").first.evaluate(
            "one => [one.getBoundingClientRect().left, one.clientWidth]"
        )
        until = float(begun[-1][2])  # type: ignore[index]
        for (left, right), told in zip(boxes, begun, strict=True):
            assert told is not None
            for at, seconds in ((left, told[1]), (right, told[2])):
                assert at == pytest.approx(
                    whole[0] + float(seconds) / until * whole[1], abs=max(3, 0.02 * whole[1])
                )


def test_a_picture_grows_and_shrinks_by_keyboard(browser: Any, run: Run) -> None:
    with opened(browser, run.page(run.verdicts[0])) as page:
        picture = page.get_by_role("button", name="手順 1 の画面")
        before = picture.bounding_box()["width"]
        picture.focus()
        page.keyboard.press("Enter")
        assert picture.bounding_box()["width"] == DESK["width"]
        page.keyboard.press("Escape")
        assert picture.bounding_box()["width"] == before


# --- on paper --------------------------------------------------------------------------------------------------------


@dataclass
class Printed:
    """One A4 page: its text, the lower edge of each line of text, and the boxes of its pictures, in points from below."""

    text: str
    lines: list[tuple[float, str]]
    pictures: list[tuple[float, float, float, float]]


def printed(page: Any, target: Path) -> list[Printed]:
    page.pdf(path=str(target), prefer_css_page_size=True)
    document = pypdfium2.PdfDocument(target)
    found = []
    for sheet in document:
        assert [round(side / MM) for side in sheet.get_size()] == [210, 297]
        read = sheet.get_textpage()
        lines: dict[float, str] = {}
        for number in range(read.count_rects()):
            box = read.get_rect(number)
            line = next((bottom for bottom in lines if abs(bottom - box[1]) < 4), box[1])
            lines[line] = lines.get(line, "") + read.get_text_bounded(*box).strip()
        pictures = [one.get_bounds() for one in sheet.get_objects() if one.type == raw.FPDF_PAGEOBJ_IMAGE]
        found.append(Printed(read.get_text_range(), list(lines.items()), pictures))
    document.close()
    return found


FOOT = 16 * MM
"""The lower margin, in which the number of the page stands."""


def test_the_verdict_and_the_reason_stand_on_the_first_sheet_and_no_control_is_printed(
    browser: Any, run: Run, tmp_path: Path
) -> None:
    failed, _, skipped, _ = run.verdicts
    for one in (failed, skipped):
        with opened(browser, run.page(one)) as page:
            sheets = printed(page, tmp_path / "page.pdf")
        first = sheets[0].text
        assert one.word in first and one.title in first and "確認者" in first
        assert one.skipped in first and all(why.found in first for why in one.whys)
        whole = "".join(sheet.text for sheet in sheets)
        for control in ("すべて開く", "一覧へ戻る", "次のシナリオ", "選ぶと", "ポインタ"):
            assert control not in whole
        numbers = [f"{place} / {len(sheets)}" for place in range(1, len(sheets) + 1)]
        assert all(number in sheet.text for number, sheet in zip(numbers, sheets, strict=True))
    with opened(browser, run.index) as page:
        (sheet,) = printed(page, tmp_path / "index.pdf")
        assert "不合格あり" in sheet.text
        for control in ("検索", "絞り込み", "すべて 4", "タグ"):
            assert control not in sheet.text
        page.locator(f"input[value={FAILED}]").check()
        (sheet,) = printed(page, tmp_path / "part.pdf")
        assert "全 4 件のうち 1 件" in sheet.text and "絞り込み：不合格" in sheet.text, (
            "a part does not look like the whole"
        )


def solid(text: str) -> str:
    """Without what a PDF sets off the line (a bar, a point) and without spaces."""
    return re.sub(r"[\s一・-]", "", text)


def test_no_picture_is_cut_and_no_heading_stands_alone_at_the_foot(
    browser: Any, run: Run, tmp_path: Path
) -> None:
    """Wherever the sheets happen to end: what stands behind the first is pushed down by some millimetres."""
    with opened(browser, run.page(run.verdicts[0])) as page:
        headings = page.locator("h2:visible, h4:visible, .what .number:visible").all_inner_texts()
        begins = [solid(one)[:6] for one in headings]
        shown = page.locator("img").count()
        for pushed in range(0, 200, 4) if LONG else (0, 24):
            page.evaluate(f"() => {{ document.querySelector('#flow').style.paddingTop = '{pushed}mm'; }}")
            sheets = printed(page, tmp_path / "page.pdf")
            pictures = [box for sheet in sheets for box in sheet.pictures]
            assert len(pictures) == shown, "a picture that is cut in two stands on two sheets"
            for left, bottom, right, top in pictures:
                assert left > 0 and right < 210 * MM and bottom >= FOOT - 1 and top <= (297 - 13) * MM
            stand = 0
            for sheet in sheets:
                above = [bottom for bottom, _ in sheet.lines if bottom > FOOT]
                lowest = min(above + [box[1] for box in sheet.pictures])
                for bottom, text in sheet.lines:
                    if solid(text).startswith(tuple(begins)):
                        stand += 1
                        assert lowest < bottom - 4, f"{text!r} stands alone at the foot of its sheet"
            assert stand >= len(headings), "the headings were found"


@pytest.mark.skipif(not LONG, reason="axe-core is fetched from npm: with make fuzz (KONBINI_LONG=1)")
def test_axe_finds_nothing(browser: Any, run: Run) -> None:
    source, found = axe(), []
    for size in (DESK, PHONE):
        for address in (run.index, *map(run.page, run.verdicts)):
            with opened(browser, address, size, bypass_csp=True) as page:
                page.locator("details").evaluate_all("all => all.forEach((one) => { one.open = true; })")
                page.evaluate(source)
                told = page.evaluate("async () => (await axe.run()).violations")
                found += [
                    (address[-20:], size["width"], one["id"], one["nodes"][0]["html"][:160]) for one in told
                ]
    assert found == []
