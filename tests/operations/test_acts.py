"""Restrictions, changes, stops, incidents, deliveries, terminals and 利用登録 at the console's pages, over a stage's real nodes."""

from __future__ import annotations

import base64
import csv
import inspect
import io
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pypdfium2
import pytest
from PIL import Image, ImageDraw
from sqlalchemy import insert

from scenarios.stage import Stage
from scenarios.towns import load_towns, shipped_town
from server_stub.center import presence
from server_stub.center import tables as t
from server_stub.center.presence import Presence
from server_stub.interface.binding import new_ulid
from server_stub.interface.clock import STAGE_START
from server_stub.interface.official_acts import Changes
from server_stub.interface.outages import CentreService
from server_stub.interface.terminal import ReportKind, StatusReport
from server_stub.issuing import tables as ledger
from server_stub.municipalities import Municipality
from server_stub.operations import service_levels, web
from server_stub.operations import strays as stray_matters
from server_stub.operations.forms import Form
from server_stub.operations.rights import Role
from server_stub.operations.strays import Stray
from tests.browser import axe, fits, keep, opened_browser
from tests.long import LONG

from .browsers import DESK, PHONE, opened_page
from .hall import ASHIKAGA, KOBE, Official, Officials, Page

MIDORI, TAICHI, NAOKI = "0000100201", "0000100101", "0000100301"
DELIVERY = shipped_town("kobe") / "delivery"


@pytest.fixture(scope="module")
def stage() -> Iterator[Stage]:
    """神戸市 and 足利市, each with an issuing server of its own."""
    with Stage(towns=load_towns([shipped_town("kobe"), shipped_town("ashikaga")])) as stage:
        yield stage


@pytest.fixture
def officials(stage: Stage) -> Iterator[Officials]:
    stage.reset()
    stage.clock.freeze()
    made = Officials(stage.servers.console, stage.servers.console_url)  # type: ignore[attr-defined]
    yield made
    made.close()


@pytest.fixture
def counter(officials: Officials) -> Official:
    return officials.as_role(Role.COUNTER)


@pytest.fixture
def administrator(officials: Officials) -> Official:
    return officials.as_role(Role.ADMINISTRATOR)


def hidden(page: Page, action: str) -> dict[str, str]:
    """The hidden fields of the form that goes to `action`, but its key."""
    form = page.html.split(f'action="{action}"')[1].split("</form>")[0]
    found = dict(re.findall(r'type="hidden" name="([a-z_]+)" value="([^"]*)"', form))
    found.pop("csrf")
    return found


def restricted(official: Official, key: str = MIDORI, **more: str) -> Page:
    fields = {"target": "person", "target_key": key, "reason": "本人からの申出", "since": "2026-06-03"} | more
    page = official.post("/restrictions/check", **fields)
    assert page.status == 200, page.text
    return official.post("/restrictions/set", **hidden(page, "/restrictions/set"))


# --- 発行制限 -----------------------------------------------------------------------------------------------------------------


def test_who_is_to_be_stopped_is_shown_by_name_before(counter: Official) -> None:
    page = counter.post(
        "/restrictions/check", target="person", target_key=MIDORI, reason="本人からの申出", since="2026-06-03"
    )
    with (DELIVERY / "住民記録.csv").open(encoding="utf-8-sig", newline="") as file:
        (row,) = [row for row in csv.DictReader(file) if row["宛名番号"] == MIDORI]
    assert row["氏名"] in page.html
    assert "制限中" not in counter.get("/restrictions").text, "nothing is set by looking"


def test_a_restriction_is_listed_prolonged_and_ended_with_a_reason(stage: Stage, counter: Official) -> None:
    assert restricted(counter, until="2026-06-03").location == "/restrictions"
    stage.clock.set(STAGE_START + timedelta(days=1))
    counter = _same_role(counter)
    shown = counter.get("/restrictions", which="overdue")
    (path,) = {link for link in shown.links if link.startswith("/restrictions/one/")}
    assert "期限超過・制限中" in shown.text
    assert counter.post(f"{path}/prolong", until="2027-06-03").status == 303
    assert "該当する発行制限はありません" in counter.get("/restrictions", which="overdue").text
    counter.get("/restrictions")
    refused = counter.post(f"{path}/end", end_reason="")
    assert refused.status == 422
    assert "解除する理由を入力してください" in refused.text
    assert counter.post(f"{path}/end", end_reason="申出の取下げ", sure="yes").status == 303
    assert "解除済み" in counter.get("/restrictions", which="ended").text


def _same_role(official: Official) -> Official:
    """Another operator of the same role, whose session begins now."""
    return OFFICIALS[0].as_role(Role.COUNTER)


OFFICIALS: list[Officials] = []


@pytest.fixture(autouse=True)
def _remember(officials: Officials) -> Iterator[None]:
    OFFICIALS[:] = [officials]
    yield


def test_another_municipality_sees_and_ends_nothing_of_it(officials: Officials, counter: Official) -> None:
    restricted(counter)
    (path,) = {link for link in counter.get("/restrictions").links if link.startswith("/restrictions/one/")}
    other = officials.as_role(Role.COUNTER, municipality=ASHIKAGA)
    assert MIDORI not in other.get("/restrictions").text
    assert other.get(path).status == 404
    assert other.post(f"{path}/end", end_reason="理由", sure="yes").status == 404
    unknown = other.post(
        "/restrictions/check", target="person", target_key=MIDORI, reason="本人からの申出", since="2026-06-03"
    )
    assert (unknown.status, "副本にありません" in unknown.text) == (422, True)
    assert "制限中" in counter.get("/restrictions").text


def test_the_night_official_stops_a_register_and_ends_nothing(
    officials: Officials, counter: Official
) -> None:
    night = officials.as_role(Role.NIGHT)
    page = night.post("/restrictions/check", until_delivered="yes", target_key="281000000101")
    assert "港　太一" in page.html
    assert night.post("/restrictions/set", **hidden(page, "/restrictions/set")).status == 303
    listed = night.get("/restrictions")
    assert "連携まで（推定）" in listed.text
    (path,) = {link for link in listed.links if link.startswith("/restrictions/one/")}
    assert "解除する理由" not in night.get(path).text
    assert night.post(f"{path}/end", end_reason="理由", sure="yes").status == 403


UNFIT = (
    ({"target_key": ""}, "宛名番号を入力してください。"),
    ({"target_key": "翠"}, "宛名番号は、数字で入力してください。"),
    ({"target_key": "0000999999"}, "その番号の人・世帯・戸籍は、副本にありません。"),
    ({"until": "2026-06-01"}, "終了予定日は、開始日か、より後の日付で入力してください。"),
    ({"reason": "なんとなく"}, "理由を選んでください。"),
)


def test_what_makes_no_restriction_is_told_beside_the_form(counter: Official) -> None:
    right = {"target": "person", "target_key": MIDORI, "reason": "本人からの申出", "since": "2026-06-03"}
    for fields, told in UNFIT:
        page = counter.post("/restrictions/check", **{**right, **fields})
        assert (page.status, told in page.text) == (422, True), page.text


# --- 管理 ---------------------------------------------------------------------------------------------------------------------

FEE = {"kind": "residence", "fee": "900", "begins": "2026-06-04", "reason": "条例の改正"}


def test_a_fee_is_changed_from_tomorrow_shown_on_its_day_and_withdrawn(administrator: Official) -> None:
    page = administrator.post("/management/check/fee", **FEE)
    assert "900円" in page.text
    assert "900円" not in administrator.get("/management", day="2026-06-04").text, "it is only looked at"
    assert administrator.post("/management/add/fee", **hidden(page, "/management/add/fee")).status == 303
    tomorrow = administrator.get("/management", day="2026-06-04").html
    assert re.search(r"住民票の写し</th><td class=\"figure\">900円", tomorrow)
    today = administrator.get("/management").html
    assert re.search(r"住民票の写し</th><td class=\"figure\">250円", today)
    (path,) = set(re.findall(r'action="(/management/withdraw/[0-9A-Z]{26})"', today))
    other = OFFICIALS[0].as_role(Role.ADMINISTRATOR, municipality=ASHIKAGA)
    assert other.post(path).status == 404
    assert administrator.post(path).status == 303
    assert "取消し" in administrator.get("/management").text


def test_a_fee_that_no_coin_pays_is_refused_with_its_field(administrator: Official) -> None:
    page = administrator.post("/management/add/fee", **{**FEE, "fee": "405"})
    assert page.status == 422
    assert "手数料：10の倍数" in page.text


def test_a_seal_is_sent_as_a_file_and_stands_in_the_preview(administrator: Official) -> None:
    picture = Image.new("RGB", (200, 200), "white")
    ImageDraw.Draw(picture).rectangle((10, 10, 190, 190), outline="black", width=20)
    out = io.BytesIO()
    picture.save(out, "PNG")
    fields = {
        "csrf": administrator.csrf, "kind": "residence", "ward": "city", "seal_mm": "25", "begins": "2026-06-04", "until": "",
        "reason": "公印の改刻",
    }  # fmt: skip
    sent = administrator.http.post(
        "/management/check/seal", data=fields, files={"seal": ("seal.png", out.getvalue(), "image/png")}
    )
    page = Page(sent)
    assert page.status == 200, page.text
    carried = hidden(page, "/management/preview/seal")
    assert base64.b64decode(carried["seal_png"]) == out.getvalue()
    answer = administrator.post("/management/preview/seal", **carried, shown_kind="residence", person=MIDORI)
    assert answer.response.headers["content-type"] == "application/pdf"
    assert len(pypdfium2.PdfDocument(answer.response.content)) >= 1
    assert administrator.post("/management/add/seal", **carried).status == 303


def test_a_file_that_is_no_picture_of_a_seal_is_refused(administrator: Official) -> None:
    fields = {
        "csrf": administrator.csrf,
        "kind": "all",
        "seal_mm": "20",
        "begins": "2026-06-04",
        "reason": "改刻",
    }
    sent = administrator.http.post(
        "/management/add/seal", data=fields, files={"seal": ("seal.png", b"<script>", "image/png")}
    )
    assert (sent.status_code, "公印の画像" in sent.text, "<script>" in sent.text) == (422, True, False)


def test_a_notice_is_kept_for_its_municipality_alone(administrator: Official) -> None:
    told = {
        "what": "city_hall", "since": "2026-06-10T09:00", "until": "2026-06-10T17:00", "ja": "庁舎の停電です。", "en": "Power cut.",
    }  # fmt: skip
    assert administrator.post("/management/notices/add", **told).status == 303
    shown = administrator.get("/management/notices")
    assert "庁舎の停電です。" in shown.text
    other = OFFICIALS[0].as_role(Role.ADMINISTRATOR, municipality=ASHIKAGA)
    assert "庁舎の停電です。" not in other.get("/management/notices").text
    (path,) = set(re.findall(r'action="(/management/notices/[0-9A-Z]{26}/end)"', shown.html))
    assert other.post(path).status == 404
    assert administrator.post(path).status == 303


# --- 緊急停止 -----------------------------------------------------------------------------------------------------------------


def test_nothing_is_stopped_before_the_second_step(officials: Officials, administrator: Official) -> None:
    administrator.post("/stops/ask", kind="residence")
    assert "停止している証明書はありません" in administrator.get("/stops").text
    assert administrator.post("/stops/set", kind="residence").status == 422
    assert "停止している証明書はありません" in administrator.get("/stops").text
    assert administrator.post("/stops/set", kind="residence", sure="yes").status == 303
    shown = administrator.get("/stops")
    assert "停止中" in shown.text
    other = officials.as_role(Role.ADMINISTRATOR, municipality=ASHIKAGA)
    assert "停止している証明書はありません" in other.get("/stops").text
    (path,) = set(re.findall(r'action="(/stops/[0-9A-Z]{26}/ask)"', shown.html))
    release = path.replace("/ask", "/release")
    assert other.post(release, sure="yes").status == 404
    assert administrator.post(release).status == 422
    assert administrator.post(release, sure="yes").status == 303
    assert "停止している証明書はありません" in administrator.get("/stops").text


def test_who_runs_the_site_stops_everything_by_the_words(
    officials: Officials, administrator: Official
) -> None:
    vendor = officials.as_role(Role.VENDOR_ADMINISTRATOR)
    assert vendor.post("/stops/everything/set", words="停止").status == 422
    assert vendor.post("/stops/everything/set", words="すべて停止").status == 303
    assert "すべての市区町村の交付を停止しています" in administrator.get("/stops").text
    assert vendor.post("/stops/everything/set", words="すべて再開", release="yes").status == 303
    assert "すべての市区町村の交付を停止しています" not in administrator.get("/stops").text
    assert administrator.get("/stops/everything").status == 403


# --- 重大事象 -----------------------------------------------------------------------------------------------------------------


@pytest.fixture
def doubtful(stage: Stage, officials: Officials) -> Iterator[str]:
    """An application of Kobe at the centre that was paid and is in doubt, with an incident that the terminal reported. Nothing of it is
    passed on: the ledger does not know it."""
    center = stage.servers._center_app.state.center  # type: ignore[attr-defined]
    with center.housekeeper.resting():
        now, session, application = stage.clock.now(), new_ulid(stage.clock), new_ulid(stage.clock)
        with center.database.write() as connection:
            connection.execute(
                insert(t.sessions),
                {
                    "session_id": session, "terminal_id": "KIOSK-KOBE-SANNOMIYA-01", "state": "open", "opened_at": now,
                    "expires_at": now + timedelta(minutes=10),
                },
            )  # fmt: skip
            terminal = connection.execute(t.terminals.select()).mappings().first()["terminal_id"]
            connection.execute(t.sessions.update().values(terminal_id=terminal))
            connection.execute(
                insert(t.applications),
                {
                    "application_id": application, "session_id": session, "terminal_id": terminal, "idempotency_key": "k",
                    "fingerprint": "0" * 64, "holder_ref": "ab" * 32, "municipality": KOBE, "kind": "residence", "copies": 1,
                    "fee_total": 250, "state": "prepared", "at_issuing": False, "received_at": now, "changed_at": now,
                    "answer": "{}",
                },
            )  # fmt: skip
        for kind, amount, reason in (
            (ReportKind.PAID, 250, ""), (ReportKind.IN_DOUBT, 0, "停電"), (ReportKind.INCIDENT, 0, "Paper_Corrupt: sheet 1"),
        ):  # fmt: skip
            report = StatusReport(
                report_id=new_ulid(stage.clock), kind=kind, at=now, amount=amount, reason=reason
            )
            center.reports.take(terminal, application, report)
            with center.database.write() as connection:
                connection.execute(t.outbox.update().values(outcome="delivered", settled_at=now))
        yield application


def test_a_matter_is_shown_from_three_sides_and_closed_with_a_reason_only(
    officials: Officials, counter: Official, doubtful: str
) -> None:
    listed = counter.get("/incidents")
    assert doubtful in listed.text
    page = counter.get(f"/incidents/{doubtful}")
    for told in ("端末・センター・台帳の記録", "重大事象を報告", "確認が必要", "記録なし", "250円"):
        assert told in page.text, told
    fields = hidden(page, f"/incidents/{doubtful}/close")
    short = counter.post(f"/incidents/{doubtful}/close", **fields, reason="済み")
    assert (short.status, "10文字以上" in short.text) == (422, True)
    reason = "店舗に電話し、本人が受け取ったことを確認"
    assert counter.post(f"/incidents/{doubtful}/close", **fields, reason=reason).status == 303
    page = counter.get(f"/incidents/{doubtful}")
    doubt = hidden(page, f"/incidents/{doubtful}/close")
    assert (fields["about"], doubt["about"]) == ("incident", "doubt")
    assert counter.post(f"/incidents/{doubtful}/close", **doubt, reason=reason).status == 303
    assert doubtful not in counter.get("/incidents").text
    assert reason in counter.get("/incidents/closed").text
    assert "処理済みにする" not in counter.get(f"/incidents/{doubtful}").text


def test_another_municipality_finds_no_such_application(
    officials: Officials, counter: Official, doubtful: str
) -> None:
    page = counter.get(f"/incidents/{doubtful}")
    fields = hidden(page, f"/incidents/{doubtful}/close")
    other = officials.as_role(Role.COUNTER, municipality=ASHIKAGA)
    assert doubtful not in other.get("/incidents").text
    never = other.get(f"/incidents/{'0' * 26}")
    found = other.get(f"/incidents/{doubtful}")
    assert (found.status, found.text) == (never.status, never.text) == (404, never.text)
    assert other.post(f"/incidents/{doubtful}/close", **fields, reason="理由を十文字以上で").status == 404
    assert doubtful in counter.get("/incidents").text


def test_terminals_are_machines_and_figures(officials: Officials, counter: Official, doubtful: str) -> None:
    page = counter.get("/terminals")
    assert "利用中" in page.text
    assert "利用実績なし" in page.text or page.text.count("利用中") >= 1


# --- 連携データ, 警報, 条例利用 -----------------------------------------------------------------------------------------------------


def test_deliveries_show_the_living_generation_and_none_to_go_back_to(
    administrator: Official, counter: Official
) -> None:
    page = administrator.get("/deliveries")
    assert "使用中" in page.text
    assert "一つ前に戻す確認へ進む" not in page.text
    assert administrator.post("/deliveries/ask").status == 404
    assert counter.post("/deliveries/take-back", generation="1", reason="誤送").status == 403


def test_alarms_of_another_site_are_not_told(stage: Stage, officials: Officials, counter: Official) -> None:
    assert "続いている警報はありません" in counter.get("/alarms").text
    from server_stub.interface.outages import AlarmCause, Layer, Responsible

    center = stage.servers._center_app.state.center  # type: ignore[attr-defined]
    center.alarms.book.open(ASHIKAGA, AlarmCause.SITE_SILENT, Layer.SERVER, Responsible.PROVIDER)
    assert "続いている警報はありません" in counter.get("/alarms").text
    other = officials.as_role(Role.NIGHT, municipality=ASHIKAGA)
    shown = other.get("/alarms").text
    assert "証明発行サーバが応答しません。" in shown
    assert "事業者" in shown
    center.alarms.book.close(ASHIKAGA, AlarmCause.SITE_SILENT)


def test_where_no_card_is_used_by_ordinance_there_is_nothing_to_register(counter: Official) -> None:
    assert "条例利用を行っていません" in counter.get("/ordinance").text
    assert counter.post("/ordinance/card", card="1" * 15).status == 404


def test_every_act_is_in_the_operation_log_with_whom_it_was_about(
    stage: Stage, officials: Officials, counter: Official
) -> None:
    restricted(counter)
    auditor = officials.as_role(Role.AUDITOR)
    shown = auditor.get("/operation-log").text
    assert MIDORI in shown
    assert "発行制限（個人）" in shown


# --- 区長, messages of 利用登録 ----------------------------------------------------------------------------------------------

HEAD = {
    "kind": "residence", "ward": "28110", "title": "神戸市中央区長", "mayor": "区長　花子", "begins": "2026-06-04",
    "until": "", "reason": "区長の就任",
}  # fmt: skip
OF_ANOTHER_WARD = MIDORI
MESSAGE = {
    "message": "usable", "ja": "登録が済みました。コンビニで証明書を受け取れます。", "en": "You are registered.",
    "begins": "2026-06-04", "until": "", "reason": "文の見直し",
}  # fmt: skip


def test_a_head_of_a_ward_is_named_with_a_look_at_the_paper(administrator: Official) -> None:
    page = administrator.post("/management/check/certifier", **HEAD)
    assert (page.status, "中央区" in page.text) == (200, True), page.text
    carried = hidden(page, "/management/preview/certifier")
    shown = administrator.post(
        "/management/preview/certifier", **carried, shown_kind="residence", person=TAICHI
    )
    text = "".join(
        one.get_textpage().get_text_bounded() for one in pypdfium2.PdfDocument(shown.response.content)
    )
    assert "神戸市中央区長" in text and "区長　花子" in text
    shown = administrator.post(
        "/management/preview/certifier", **carried, shown_kind="residence", person=OF_ANOTHER_WARD
    )
    (other,) = (
        one.get_textpage().get_text_bounded() for one in pypdfium2.PdfDocument(shown.response.content)
    )
    assert "区長" not in other and "見本　太郎" in other
    assert administrator.post("/management/add/certifier", **carried).status == 303
    assert "区長　花子" not in administrator.get("/management", day="2026-06-03").text.split("の設定")[-1]
    assert (
        "中央区：兵庫県神戸市中央区長　区長　花子" in administrator.get("/management", day="2026-06-04").html
    )


def test_a_wrong_ward_is_told_beside_the_form(officials: Officials, administrator: Official) -> None:
    for more, told in (
        ({"ward": "28102"}, "「灘区」を含む職名"),
        ({"ward": ""}, "区を選んでください。"),
        ({"ward": "99999"}, "区を選んでください。"),
    ):
        page = administrator.post("/management/add/certifier", **{**HEAD, **more})
        assert (page.status, told in page.text) == (422, True), page.text
    other = officials.as_role(Role.ADMINISTRATOR, municipality=ASHIKAGA)
    assert "市全体" not in other.get("/management/new/certifier").text, "足利市 has no wards"


def test_a_message_is_shown_as_it_will_be_told_before_it_is_kept(
    officials: Officials, administrator: Official
) -> None:
    start = administrator.get("/management/new/message", message="usable")
    assert "利用登録が完了しております。" in start.html
    page = administrator.post("/management/check/message", **MESSAGE)
    assert MESSAGE["ja"] in page.text and "利用登録が完了しております。" in page.text
    assert MESSAGE["ja"] not in administrator.get("/management", day="2026-06-04").text, (
        "it is only looked at"
    )
    assert (
        administrator.post("/management/add/message", **hidden(page, "/management/add/message")).status == 303
    )
    assert (
        MESSAGE["ja"]
        in administrator.get("/management", day="2026-06-04").html.split("の利用登録のメッセージ")[-1]
    )
    assert MESSAGE["ja"] not in administrator.get("/management").html.split("の利用登録のメッセージ")[-1]
    other = officials.as_role(Role.ADMINISTRATOR, municipality=ASHIKAGA)
    assert other.get("/management/new/message").status == 404, "足利市 takes no applications"
    assert "利用登録のメッセージ" not in other.get("/management").text


@pytest.mark.skipif(not LONG, reason="KONBINI_LONG=1")
def test_the_pages_of_wards_and_messages_fit_and_are_accessible(administrator: Official) -> None:
    administrator.post("/management/add/certifier", **HEAD)
    administrator.post("/management/add/message", **MESSAGE)
    with opened_browser() as browser:
        for size in (DESK, PHONE):
            with opened_page(browser, administrator, size) as page:
                for path, name in (
                    ("/management?day=2026-06-04", "management-wards"),
                    ("/management/new/certifier", "management-certifier"),
                    ("/management/new/message?message=received", "management-message"),
                ):
                    page.goto(path)
                    assert fits(page), path
                    keep(page, name)
                page.fill("#reason", "文の見直し")
                page.click("text=内容を確認する")
                assert fits(page)
                keep(page, "management-message-check")
                page.goto("/management/new/certifier")
                page.select_option("#kind", "residence")
                page.select_option("#ward", "28110")
                page.fill("#title", "神戸市中央区長")
                page.fill("#mayor", "区長　花子")
                page.fill("#reason", "区長の就任")
                page.click("text=内容を確認する")
                assert fits(page)
                keep(page, "management-certifier-check")


# --- matters of which the centre has no record -------------------------------------------------------------------------------


@dataclass(frozen=True)
class Strays:
    """Applications that a restored centre does not have. `kept`: 足利市's ledger has it, its terminal stands in 神戸市; `here`: no ledger has it,
    the terminal stands in 神戸市; `nowhere`: nobody knows its terminal."""

    kept: str
    here: str
    nowhere: str


@pytest.fixture
def strays(stage: Stage, officials: Officials) -> Strays:
    center = stage.servers._center_app.state.center  # type: ignore[attr-defined]
    found = Strays(*(new_ulid(stage.clock) for _ in range(3)))
    with center.database.read() as connection:
        rows = connection.execute(t.terminals.select()).mappings()
        kiosk = next(row["terminal_id"] for row in rows if row["area"] == KOBE)
    for application, terminal in ((found.kept, kiosk), (found.here, kiosk), (found.nowhere, "GONE")):
        for kind, amount in (("paid", 250), ("in_doubt", 0)):
            told = {
                "report": kind,
                "amount": amount,
                "sheets_printed": 0,
                "at": stage.clock.now().isoformat(),
            }
            center.incidents.record(application, terminal, "terminal", "Application_Unknown", told)
    now = stage.clock.now().isoformat()
    site = next(one for one in stage.servers._sites if ASHIKAGA in one.site.codes)  # type: ignore[attr-defined]
    with site._app.state.issuing.ledger.write() as connection:
        connection.execute(
            insert(ledger.applications),
            {
                "application_id": found.kept, "municipality": ASHIKAGA, "kind": "residence", "place": "address",
                "holder_ref": "ab" * 32, "request_digest": "", "copies": 1, "fee_total": 200, "generation": 1,
                "received_at": now, "prepared_at": now, "issued_on": stage.clock.now().date(), "paper_sha256": "",
                "terminal_id": kiosk, "operator": "見本", "shop": "見本店", "area": KOBE, "terminal_kind": "store",
            },
        )  # fmt: skip
        state = {"application_id": found.kept, "state": "prepared", "since": now}
        connection.execute(insert(ledger.application_states), state)
    return found


WHY = "店舗の控えと照合し、返金済みであることを確認"


def test_a_matter_without_a_record_has_one_owner_who_sees_and_closes_it(
    officials: Officials, counter: Official, strays: Strays
) -> None:
    """By the ledger that has the application, else by the place of the terminal, else who runs the site."""
    other = officials.as_role(Role.COUNTER, municipality=ASHIKAGA)
    vendor = officials.as_role(Role.VENDOR_ADMINISTRATOR)
    owners = {strays.kept: other, strays.here: counter, strays.nowhere: vendor}
    lists = {counter: "/incidents", other: "/incidents", vendor: "/stray-incidents"}
    for application, owner in owners.items():
        for official, listed in lists.items():
            own = official is owner
            assert (application in official.get(listed).text) is own
            path = ("/stray-incidents/" if official is vendor else "/incidents/strays/") + application
            page = official.get(path)
            assert page.status == (200 if own else 404), (application, listed)
            if not own:
                assert page.text == official.get(path[: -len(application)] + "0" * 26).text
                assert official.post(f"{path}/close", matter="0" * 26, reason=WHY).status == 404
        path = ("/stray-incidents/" if owner is vendor else "/incidents/strays/") + application
        short = owner.post(f"{path}/close", **hidden(owner.get(path), f"{path}/close"), reason="済み")
        assert (short.status, "10文字以上" in short.text) == (422, True)
        for left in (1, 0):
            fields = hidden(owner.get(path), f"{path}/close")
            assert owner.post(f"{path}/close", **fields, reason=WHY).status == 303
            assert (application in owner.get(lists[owner]).html.split("処理済みの一覧</h2>")[0]) is bool(left)
        assert "処理済みにする</button>" not in owner.get(path).html
        done = owner.get("/stray-incidents" if owner is vendor else "/incidents/closed")
        assert f'href="{path}"' in done.html and WHY in done.text
    assert "台帳の記録" in counter.get(f"/incidents/strays/{strays.here}").text


def test_who_is_no_official_of_the_owner_reaches_no_matter_without_a_record(
    officials: Officials, strays: Strays
) -> None:
    vendor = officials.as_role(Role.VENDOR, looks_at=KOBE)
    for path in (
        "/stray-incidents",
        f"/stray-incidents/{strays.nowhere}",
        f"/incidents/strays/{strays.here}",
    ):
        assert vendor.get(path).status == 403


# --- service level ------------------------------------------------------------------------------------------------------------


def test_availability_is_what_the_raw_rows_of_the_centre_say(
    stage: Stage, officials: Officials, administrator: Official
) -> None:
    """A month with a stop of everything, a stop of the municipality, nights without the centre and an announced day, minute by minute
    from the rows as they are kept."""
    center = stage.servers._center_app.state.center  # type: ignore[attr-defined]
    vendor = officials.as_role(Role.VENDOR_ADMINISTRATOR)
    begin, minute = STAGE_START.replace(hour=0, minute=0), timedelta(minutes=1)
    assert vendor.post("/stops/everything/set", words="すべて停止").status == 303
    plan = {"ja": "点検のため、交付できません。", "en": "Maintenance."}
    plan |= {"since": "2026-06-03T18:00", "until": "2026-06-03T19:00"}
    assert vendor.post("/stops/everything/notices/add", **plan).status == 303
    assert vendor.get("/stops/everything/notices").text.count(plan["ja"]) == 1
    stage.clock.set(STAGE_START + timedelta(hours=1))
    vendor = officials.as_role(Role.VENDOR_ADMINISTRATOR)
    assert vendor.post("/stops/everything/set", words="すべて再開", release="yes").status == 303
    with center.housekeeper.resting():  # nobody is there
        center.presence.mark()
        stage.clock.set(STAGE_START + timedelta(hours=5))
        center.presence._begin_anew()
        center.presence.mark()
    stage.clock.set(STAGE_START + timedelta(hours=12))
    end = stage.clock.now()
    center.presence.mark()  # as each half minute
    with center.database.read() as connection:
        stops = [(row.at, row.released_at or end) for row in connection.execute(t.stops.select())]
        runs = [(row.begins, row.ends) for row in connection.execute(t.presences.select())]
        plans = [
            (row.since, row.until) for row in connection.execute(t.outages.select()) if row.municipality == ""
        ]
    assert len(stops) == len(plans) == 1 and len(runs) >= 2
    served = lost = 0
    first = min(begins for begins, _ in runs)
    at = begin - timedelta(days=2, seconds=-30)  # 1 June, the middle of each minute
    while at < end:
        open_now = 6 * 60 + 30 <= at.hour * 60 + at.minute < 23 * 60
        if open_now and not any(since <= at < until for since, until in plans):
            served += 1
            here = at < first or any(begins <= at < ends for begins, ends in runs)
            lost += not here or any(since <= at < until for since, until in stops)
        at += minute
    page = officials.as_role(Role.AUDITOR).get("/service-level", month="2026-06")
    told = re.search(r"サービス時間([0-9,]+)分のうち停止([0-9,]+)分", page.text)
    assert told is not None
    assert [int(one.replace(",", "")) for one in told.groups()] == [served, lost]
    assert f"{100 * (served - lost) / served:.3f}%" in page.text
    assert lost == 60 + 4 * 60
    assert "センターが動いていなかった時間" in page.text


# --- planted defects ----------------------------------------------------------------------------------------------------------


def _everything_is_own(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(web.Visit, "is_own", lambda visit, municipality: True)


def _one_step(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Form, "has", lambda form, name, value="": True)


def _the_night_may_end(patch: pytest.MonkeyPatch) -> None:
    real = web.may
    patch.setattr(web, "may", lambda roles, route: route == "restrictions_end_act" or real(roles, route))


def _nobody_is_noted(patch: pytest.MonkeyPatch) -> None:
    real = web.Visit.note
    patch.setattr(web.Visit, "note", lambda visit, act, **told: real(visit, act, **{**told, "subject": ""}))


def _a_stray_is_everybodys(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Stray, "is_ours", lambda stray, visit: True)


def _no_ledger_is_asked(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(
        stray_matters,
        "_stray",
        lambda visit, incidents: Stray(
            incidents, incidents[0].area if incidents[0].area in visit.console.municipalities else None, None
        ),
    )


def _any_ward(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Municipality, "ward_of", lambda own, place: "28110")


def _stops_that_are_over_are_forgotten(patch: pytest.MonkeyPatch) -> None:
    real = Presence.tell
    patch.setattr(
        Presence,
        "tell",
        lambda own, query: CentreService(
            stops=tuple(one for one in real(own, query).stops if one.released_at is None),
            silences=real(own, query).silences,
        ),
    )


def _the_centre_is_always_there(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(presence, "_gaps", lambda runs: ())


def _what_was_announced_counts_as_service(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(service_levels, "_without", lambda hours, taken: list(hours))


PLANTED = (
    (_stops_that_are_over_are_forgotten, test_availability_is_what_the_raw_rows_of_the_centre_say),
    (_the_centre_is_always_there, test_availability_is_what_the_raw_rows_of_the_centre_say),
    (_what_was_announced_counts_as_service, test_availability_is_what_the_raw_rows_of_the_centre_say),
    (_everything_is_own, test_another_municipality_finds_no_such_application),
    (_one_step, test_nothing_is_stopped_before_the_second_step),
    (_the_night_may_end, test_the_night_official_stops_a_register_and_ends_nothing),
    (_a_stray_is_everybodys, test_a_matter_without_a_record_has_one_owner_who_sees_and_closes_it),
    (_no_ledger_is_asked, test_a_matter_without_a_record_has_one_owner_who_sees_and_closes_it),
    (_any_ward, test_a_head_of_a_ward_is_named_with_a_look_at_the_paper),
    (_nobody_is_noted, test_every_act_is_in_the_operation_log_with_whom_it_was_about),
)


@pytest.mark.skipif(not LONG, reason="with make fuzz (KONBINI_LONG=1)")
@pytest.mark.parametrize(("plant", "caught_by"), PLANTED, ids=lambda one: one.__name__.strip("_"))
def test_a_planted_defect_is_caught(
    plant: Callable[[pytest.MonkeyPatch], None],
    caught_by: Callable[..., None],
    request: pytest.FixtureRequest,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    given = {name: request.getfixturevalue(name) for name in inspect.signature(caught_by).parameters}
    plant(monkeypatch)
    with pytest.raises(AssertionError):
        caught_by(**given)


# --- in a browser -------------------------------------------------------------------------------------------------------------


@pytest.mark.skipif(not LONG, reason="axe-core is fetched from npm: with make fuzz (KONBINI_LONG=1)")
def test_axe_finds_nothing_and_no_page_is_scrolled_sideways(officials: Officials, doubtful: str) -> None:
    """Every page of officials' acts with something on it, at a desk, on a phone and at 200 %."""
    official = officials.as_role(Role.ADMINISTRATOR, Role.COUNTER, Role.NIGHT)
    restricted(official, until="2026-06-03")
    official.post("/management/add/fee", **FEE)
    official.post("/stops/set", kind="residence", sure="yes")
    (path,) = {link for link in official.get("/restrictions").links if link.startswith("/restrictions/one/")}
    paths = [
        "/restrictions", "/restrictions/delivered", "/restrictions/new", "/restrictions/night", path, "/management",
        *(f"/management/new/{what.value}" for what in Changes), "/management/notices", "/stops", "/deliveries", "/incidents",
        "/incidents/closed", f"/incidents/{doubtful}", "/terminals", "/alarms", "/ordinance",
    ]  # fmt: skip
    source, found = axe(), []

    def look(page: Any, where: str) -> None:
        for size in (DESK, PHONE, {"width": 640, "height": 400}):
            page.set_viewport_size(size)
            assert fits(page), (where, size)
            page.evaluate(source)
            told = page.evaluate("async () => (await axe.run()).violations")
            found.extend((where, size["width"], one["id"], one["nodes"][0]["html"][:120]) for one in told)
        keep(page, where.strip("/").replace("/", "-"))

    with opened_browser() as browser, opened_page(browser, official, DESK, bypass_csp=True) as page:
        for where in paths:
            page.goto(where)
            assert page.get_by_role("heading", level=1).count() == 1, where
            look(page, where)
        page.goto("/stops")
        page.get_by_label("止める証明書").select_option("all")
        page.get_by_role("button", name="緊急停止の確認へ進む").click()
        look(page, "/stops/ask")
        page.goto("/restrictions/new")
        page.get_by_label("宛名番号・世帯番号・戸籍の番号").fill(TAICHI)
        page.get_by_role("button", name="対象を確認する").click()
        look(page, "/restrictions/new (wrong)")
        page.get_by_label("理由", exact=False).first.select_option("職権")
        page.get_by_role("button", name="対象を確認する").click()
        look(page, "/restrictions/check")
        page.goto("/management/new/certifier")
        page.get_by_label("証明書").select_option("all")
        page.get_by_label("職名").fill("神戸市長")
        page.get_by_label("氏名").fill("架空　三郎")
        page.get_by_label("変更する理由").fill("就任")
        page.get_by_role("button", name="内容を確認する").click()
        look(page, "/management/check")
    assert found == []
