from __future__ import annotations

import hashlib
import io
import json
import re
import zlib
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from scenarios.evidence import Planned, write_evidence
from scenarios.evidence.reading import read_story
from scenarios.evidence.sheets import render_sheet
from scenarios.verdict import FAILED, SKIPPED, Verdict, Why
from server_stub.interface.trace import Trace, new_traceparent, under_traceparent
from server_stub.interface.values import Box
from tests.evidence.helper import (
    BOX,
    MY_NUMBER,
    PIN,
    Written,
    embedded,
    papers,
    screen_png,
    sheet_pdf,
    verdict,
    whole_visit,
)
from tests.evidence.plain import english, seen


def page_of(folder: Path, of: Verdict | None = None, **how: Any) -> str:
    """The page of the trace in `folder`, with its papers; of a scenario that has passed, if nothing else is said."""
    target = folder / "evidence.html"
    how = {"papers": sorted(papers(folder).glob("*.pdf")), **how}
    return write_evidence(folder, target, of or verdict(), **how).read_text(encoding="utf-8")


def open_up(body: bytes) -> bytes:
    """`body` and, behind it, everything in it that zlib can unpack."""
    unpacked = [body]
    for match in re.finditer(rb"\x78[\x01\x5e\x9c\xda]", body):
        try:
            unpacked.append(zlib.decompressobj().decompress(body[match.start() :]))
        except zlib.error:
            continue
    return b"\0".join(unpacked)


def box_pixels(jpeg: bytes, box: Box) -> list[int]:
    """Brightness (0 black, 255 white) of every pixel inside the box, found from the picture's own size on A4."""
    picture = Image.open(io.BytesIO(jpeg)).convert("L")
    scale = picture.width / 210
    part = picture.crop(
        (
            round(box.x * scale),
            round(box.y * scale),
            round((box.x + box.width) * scale),
            round((box.y + box.height) * scale),
        )
    )
    return list(part.tobytes())


def test_every_step_stands_with_sentence_result_and_picture(tmp_path: Path) -> None:
    whole_visit(tmp_path)
    page = page_of(tmp_path)
    for sentence in (
        "住民の花子さんのカードがある",
        "正しい暗証番号を入力する",
        "住民票の写しが出てくる",
    ):
        assert sentence in page
    assert page.count('<span class="mark passed">完了</span>') == 3
    assert [kind for kind, _ in embedded(page)].count("image/png") == 3
    assert "確認者" in page and "確認日" in page


def test_a_step_shows_the_screens_on_its_way_by_name_and_none_twice(tmp_path: Path) -> None:
    trace = Written(tmp_path)
    trace.begin("本人確認")
    trace.step(0, "前提", "待機している")
    trace.end_step(0)
    trace.step(1, "もし", "本人確認を済ませる")
    trace.passed("TopMenu", "screen 0")  # on which the step before ended
    trace.passed("Consent", "consent")
    trace.passed("EnterPin", "pin")
    trace.passed("Consent", "consent")
    trace.passed("TakeCard", "screen 1")  # on which this one ends
    trace.end_step(1)
    trace.step(2, "もし", "途中で止まる")
    trace.passed("Pay", "pay")
    trace.end()
    trace.close()
    first, second, third = read_story(tmp_path).steps
    assert [[passed.screen for passed in step.passed] for step in (first, second, third)] == [
        [],
        ["Consent", "EnterPin"],
        ["Pay"],
    ]
    assert not second.events, "they are no events of their own"
    page = page_of(tmp_path)
    assert [kind for kind, _ in embedded(page)].count("image/png") == 2 + 3
    assert page.count("この手順で通った画面") == 2
    for words in ("1　ご利用前の確認", "2　暗証番号の入力", "1　お支払い"):
        assert words in page


def test_an_officials_page_reads_japanese_and_engineers_find_the_names_behind_it(tmp_path: Path) -> None:
    trace = Written(tmp_path)
    stage = Trace(trace.clock, run="0a1b2c3d4e5f6071", process="stage", folder=tmp_path)
    trace.begin("領収書を断る")
    trace.step(0, "もし", "カードを置いて断る")
    stage.emit("card", "card_inserted", reader="virtual")
    stage.emit("network", "ready", modules=["kiosk_app.card_session", "kiosk_app.paper"])
    stage.emit("screen", "transition", state="PlaceCard", event="CardInserted", target="ReadingCard")
    trace.end_step(0)
    trace.end()
    stage.close()
    trace.close()
    page = page_of(tmp_path)
    shown = " ".join(seen(page))
    for words in ("仮想リーダ", "カードとのやり取り、証明書の検査", "記録した処理：", "進行役"):
        assert words in shown
    for kind in ("card_inserted", "ready", "transition"):
        assert f'title="{kind}"' in page and kind not in shown


@pytest.mark.parametrize(
    "left", ["transition", "リーダ virtual", "記録した処理：stage", "kiosk_app.paper", "reader_lost"]
)
def test_the_search_for_english_would_find_it(left: str) -> None:
    assert english(f"<style>body</style><p>{left}</p>") == [left]


@pytest.mark.parametrize(
    "left",
    [
        "要求に応答した：POST /v1/sessions/01KT5FX544C19W3NM4B0PQWT45/reports → 200",
        "暗証番号の残り回数の確認　VERIFY (tries left)（公的個人認証AP 0018）",
        "拒否（Card_Pin_Wrong）",
        "01KT5FX5V97KMY7FHBZZZ5X31S-01-01of01",
        "CN=認証局,OU=Test unit,O=JPKI-TEST,C=JP",
        "12.5 ms",
        "scenarios/features/01_住民票の写し.feature:54",
    ],
)
def test_what_is_no_language_is_not_taken_for_english(left: str) -> None:
    assert english(f"<p>{left}</p>") == []


def test_a_screen_whose_picture_is_gone_is_left_out(tmp_path: Path) -> None:
    trace = Written(tmp_path)
    trace.begin("絵のない話")
    trace.step(0, "もし", "進む")
    trace.terminal.emit("scenario", "screen_passed", screen="Consent", picture="../../outside.png")
    trace.end_step(0)
    trace.end()
    trace.close()
    assert "ご利用前の確認" not in page_of(tmp_path)


def test_no_secret_of_the_scenario_is_in_the_page_or_in_anything_it_carries(tmp_path: Path) -> None:
    whole_visit(tmp_path)
    assert list(papers(tmp_path).glob("*.pdf")), "the scenario has printed something that could leak"
    page = page_of(tmp_path)
    objects = embedded(page)
    assert [kind for kind, _ in objects].count("image/jpeg") == 2
    text_of_page = re.sub(r"base64,[A-Za-z0-9+/=]+", "", page)
    carried = b"\0".join(open_up(body) for _, body in objects)
    for secret in (MY_NUMBER, PIN):
        assert secret not in text_of_page
        for written in (secret.encode(), secret.encode("utf-16-le"), secret.encode("utf-16-be")):
            assert written not in carried
    assert b"%PDF" not in carried


def test_the_search_for_secrets_would_find_one(tmp_path: Path) -> None:
    packed = zlib.compress(f"x{MY_NUMBER}x".encode())
    assert MY_NUMBER.encode() in open_up(b"head" + packed)


def test_the_box_of_the_number_is_black_and_the_rest_is_not(tmp_path: Path) -> None:
    whole_visit(tmp_path)
    front, back = [body for kind, body in embedded(page_of(tmp_path)) if kind == "image/jpeg"]
    assert max(box_pixels(front, BOX)) < 24
    assert min(box_pixels(front, Box(x=120, y=200, width=55, height=8))) > 230
    assert min(box_pixels(back, BOX)) > 230


def test_an_unblackened_sheet_would_be_noticed() -> None:
    front = render_sheet(sheet_pdf(), ())[0]
    assert max(box_pixels(front.jpeg, BOX)) > 230


def test_two_papers_that_differ_in_the_number_only_look_the_same(tmp_path: Path) -> None:
    sides = []
    for number in (MY_NUMBER, "111111111111"):
        folder = tmp_path / number
        whole_visit(folder, pdf=sheet_pdf(number))
        sides.append([body for kind, body in embedded(page_of(folder)) if kind == "image/jpeg"])
    assert sheet_pdf(MY_NUMBER) != sheet_pdf("111111111111")
    assert sides[0] == sides[1]


@pytest.mark.parametrize("boxes", [None, "none", [{"x": 1}], {"x": 1, "y": 1, "width": 1, "height": 1}])
def test_a_sheet_whose_boxes_are_not_known_is_not_shown(tmp_path: Path, boxes: object) -> None:
    trace = Written(tmp_path)
    trace.begin("紙")
    trace.step(0, "もし", "印刷する")
    trace.sheet(sheet_pdf(), boxes)
    trace.end_step(0)
    trace.end()
    trace.close()
    page = page_of(tmp_path)
    assert "紙面は掲載しません" in page
    assert "image/jpeg" not in page


@pytest.mark.parametrize("body", [b"", b"no pdf"], ids=repr)
def test_a_sheet_that_cannot_be_read_is_named_and_the_rest_stands(tmp_path: Path, body: bytes) -> None:
    whole_visit(tmp_path, pdf=body or b"%PDF-1.7 cut")
    assert "紙面の記録がないか、読み取れません" in page_of(tmp_path)


def test_a_blob_name_cannot_lead_out_of_the_folder(tmp_path: Path) -> None:
    folder = tmp_path / "trace"
    (tmp_path / "outside.png").write_bytes(b"\x89PNG outside")
    trace = Written(folder)
    trace.begin("名前")
    trace.step(0, "もし", "何かする")
    trace.terminal.emit("scenario", "step_ended", index=0, status="passed", picture="../../outside.png")
    trace.end()
    trace.close()
    assert "画面の記録はありません" in page_of(folder)


def test_events_of_all_processes_stand_under_the_step_in_which_their_request_began(tmp_path: Path) -> None:
    trace = Written(tmp_path)
    trace.begin("順序")
    trace.step(0, "もし", "待つ")
    with under_traceparent(new_traceparent()):
        trace.terminal.emit("network", "sent", number=1)
        trace.end_step(0)
        trace.step(1, "ならば", "次へ進む")
        trace.centre.emit("centre", "late", number=2)
    trace.terminal.emit("money", "inserted", number=3)
    trace.end_step(1)
    trace.end()
    trace.close()
    steps = read_story(tmp_path).steps
    assert [[e.data["number"] for e in step.events] for step in steps] == [[1, 2], [3]]


def test_what_happened_before_the_first_step_is_the_preparation(tmp_path: Path) -> None:
    trace = Written(tmp_path)
    trace.begin("準備のある話")
    trace.centre.emit("centre", "ready")
    trace.step(0, "もし", "始める")
    trace.end_step(0)
    trace.end()
    trace.close()
    assert [step.number for step in read_story(tmp_path).steps] == [0, 1]


def failing(folder: Path) -> None:
    trace = Written(folder)
    trace.begin("失敗する話")
    trace.step(0, "もし", "印刷する")
    trace.sheet(sheet_pdf())
    trace.end_step(0)
    trace.step(1, "ならば", "紙が出る")
    trace.request("GET", "/v1/nothing", 500)
    trace.end_step(1, "failed", "AssertionError: <b>tray</b> & 0 枚\n2 行目")
    trace.end()
    trace.close()


WHY = Why(
    "ならば　紙が出る",
    "港 太一の用紙が<1>枚",
    "0枚だった",
    step=2,
    line=12,
    details="AssertionError: <b>0</b>",
)
PLAN = [Planned("もし", "印刷する"), Planned("ならば", "紙が出る", 12), Planned("かつ", "領収書が出る", 13)]


def test_a_failed_page_begins_with_why_and_its_picture_and_ends_with_what_was_never_reached(
    tmp_path: Path,
) -> None:
    failing(tmp_path)
    page = page_of(tmp_path, verdict("失敗する話", outcome=FAILED, whys=(WHY,)), plan=PLAN)
    box = page[page.index('<section class="why">') : page.index('<table class="facts">')]
    assert page.index('<section class="why">') > page.index('<div class="stamp failed">不合格</div>')
    for told in (
        "港 太一の用紙が&lt;1&gt;枚",
        "0枚だった",
        "features/a.feature:12",
        "&lt;b&gt;0&lt;/b&gt;",
        '<a href="#step-2">手順 2　ならば　紙が出る</a>',
    ):
        assert told in box, told
    assert 'id="step-2"' in page
    ((kind, body),) = embedded(box)
    steps = page[page.index('<div class="steps">') :]
    assert (kind, body) == [one for one in embedded(steps) if one[0] == "image/png"][-1], (
        "the screen on which the step ended"
    )
    last = steps[steps.index('id="step-3"') :]
    assert "領収書が出る" in last and "未到達" in last and "image/png" not in last
    assert "合格" not in re.sub("不合格", "", page), "nothing else on the page says so"
    assert "<details open>" in page


def test_a_failure_of_the_paper_shows_the_paper_with_its_number_black(tmp_path: Path) -> None:
    failing(tmp_path)
    for paper in ("last", "01JX0000000000000000000000-01-01of01"):
        why = replace(WHY, paper=paper)
        page = page_of(tmp_path, verdict("失敗する話", outcome=FAILED, whys=(why,)), plan=PLAN)
        box = page[page.index('<section class="why">') : page.index('<table class="facts">')]
        ((kind, body),) = embedded(box)
        assert kind == "image/jpeg" and max(box_pixels(body, BOX)) < 24


def test_a_scenario_of_which_nothing_is_there_has_a_page_all_the_same(tmp_path: Path) -> None:
    """Its stage did not stand, or it was skipped before anything began."""
    why = Why("手順に入る前の準備", "準備が整うこと", "ポートを開けません")
    page = page_of(tmp_path, verdict("始まらない話", outcome=FAILED, whys=(why,)), plan=PLAN)
    steps = page[page.index('<div class="steps">') :]
    assert "ポートを開けません" in page and steps.count("未到達") == 3
    skipped = verdict("飛ばす話", outcome=SKIPPED, skipped="PC/SC が要ります")
    page = page_of(tmp_path, skipped, plan=PLAN)
    assert '<div class="stamp skipped">未実施</div>' in page and "PC/SC が要ります" in page


def test_a_warning_stands_on_the_page_and_does_not_decide(tmp_path: Path) -> None:
    whole_visit(tmp_path)
    page = page_of(tmp_path, verdict(warnings=("端末の画面が 153 ミリ秒止まりました",)))
    assert "端末の画面が 153 ミリ秒止まりました" in page and '<div class="stamp passed">合格</div>' in page


def test_a_steps_picture_is_the_screen_it_speaks_of_even_if_that_passes_by_itself(tmp_path: Path) -> None:
    trace = Written(tmp_path)
    trace.begin("払う話")
    trace.step(0, "もし", "250円を入れる")
    trace.passed("Pay", "0 yen")
    trace.terminal.emit("money", "coin_accepted", denomination=100, inserted=100)
    trace.kept("Pay", "100 yen")
    trace.terminal.emit("money", "coin_accepted", denomination=50, inserted=250)
    trace.kept("Pay", "250 yen")
    trace.end_step(0)
    trace.step(1, "ならば", "印刷される")
    trace.end_step(1)
    trace.step(2, "もし", "次の人が250円を入れる")
    trace.terminal.emit("money", "coin_accepted", denomination=50, inserted=250)
    trace.end_step(2, screen="Pay")
    trace.step(3, "かつ", "受け取る")
    trace.kept("Pay", "250 yen again")  # counted when the step was over
    trace.end_step(3)
    trace.end()
    trace.close()
    paid, printed, again, taken = read_story(tmp_path).steps
    words = ("250 yen", "250 yen again", "screen 0")
    name = {word: hashlib.sha256(screen_png(word)).hexdigest() + ".png" for word in words}
    assert (paid.picture, paid.shown) == (name["250 yen"], "Pay")
    assert paid.after is not None and paid.after.picture == name["screen 0"]
    assert printed.after is None and [one.screen for one in paid.passed] == ["Pay"]
    assert (again.picture, again.after, taken.after) == (name["250 yen again"], None, None)
    assert {event.kind for event in paid.events} == {"coin_accepted"}, "the picture is no event of its own"
    page = page_of(tmp_path)
    assert "手順の終わり" in page and "<figcaption>お支払い</figcaption>" in page


def test_a_page_that_may_not_be_written_is_written_without_what_happened(tmp_path: Path) -> None:
    whole_visit(tmp_path)
    page = page_of(tmp_path, plan=PLAN, clean=lambda text: None if "image/png" in text else text)
    assert embedded(page) == [] and "VERIFY" not in page and "印刷する" in page


def test_a_scenario_that_was_cut_off_is_told_as_such(tmp_path: Path) -> None:
    trace = Written(tmp_path)
    trace.begin("停電")
    trace.step(0, "もし", "電源が切れる")
    trace.close()
    with (tmp_path / "terminal.jsonl").open("a", encoding="utf-8") as file:
        file.write('{"run":"RUN-1","proc')
    (tmp_path / "strange.jsonl").write_bytes(b"\xff\xfe\n[1]\nnull\n")
    page = page_of(tmp_path)
    assert '<span class="mark broken">中断</span>' in page and "終了せず" in page
    assert "4 行は読み取れませんでした" in page


def test_each_scenario_of_a_trace_gets_its_own_events(tmp_path: Path) -> None:
    trace = Written(tmp_path)
    for name in ("一つ目", "二つ目", "二つ目"):
        trace.begin(name)
        trace.step(0, "もし", f"{name}をする")
        trace.request("GET", f"/{name}")
        trace.end_step(0)
        trace.end()
    trace.close()
    with pytest.raises(LookupError, match="several"):
        read_story(tmp_path)
    with pytest.raises(LookupError, match="三つ目"):
        read_story(tmp_path, "三つ目")
    first = read_story(tmp_path, "一つ目")
    assert [e.data.get("path") for e in first.steps[0].events if e.source == "centre"] == ["/一つ目"]
    assert len(read_story(tmp_path, "二つ目").steps) == 1


class _Addresses(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert tag not in {"link", "iframe", "object", "embed"}
        self.found += [value or "" for name, value in attrs if name in {"src", "href", "srcset", "action"}]


def test_the_page_needs_nothing_from_anywhere(tmp_path: Path) -> None:
    whole_visit(tmp_path)
    page = page_of(tmp_path)
    addresses = _Addresses()
    addresses.feed(page)
    pictures = [address for address in addresses.found if not address.startswith("#")]
    assert len(pictures) == 5
    assert all(address.startswith("data:image/") for address in pictures)
    assert all(f'id="{address[1:]}"' in page for address in addresses.found if address.startswith("#"))
    assert "default-src 'none'" in page and "onclick" not in page
    assert "url(" not in page and "@import" not in page


def test_strange_text_in_an_event_stays_text(tmp_path: Path) -> None:
    trace = Written(tmp_path)
    trace.begin("</script><script>alert(1)</script>")
    trace.step(0, "もし", "<img src=x>")
    trace.terminal.emit(
        "network", "odd", text="\x00\x1b[31m </td>" + "長" * 5000, lone=json.loads('"\\ud800"')
    )
    trace.end_step(0)
    trace.end()
    trace.close()
    page = page_of(tmp_path)
    assert "<script>alert" not in page and "<img src=x>" not in page
    assert "\x00" not in page and "\\u001b[31m &lt;/td&gt;" in page and "（全" in page


def test_a_sheet_is_rendered_once(tmp_path: Path) -> None:
    first = render_sheet(sheet_pdf(), (BOX,))
    assert render_sheet(sheet_pdf(), (BOX,)) is first
    assert render_sheet(sheet_pdf(), ()) is not first
