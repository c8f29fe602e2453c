"""The history of issues at the console: found, told in full, disclosed as a PDF, exported as Excel."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

from server_stub.interface.failures import CATALOGUE
from server_stub.operations import exports
from server_stub.operations.functions import issue_history
from server_stub.operations.rights import Role
from tests.issuing.helper import MIDORI, NAOKI, TAICHI, TownHall
from tests.issuing.test_statistics import VISITS
from tests.operations.hall import ASHIKAGA, Hall, Official, Page
from tests.operations.test_figures import Tables, sheets

OF_MIDORI = [visit for visit in VISITS if visit[1] == MIDORI]
"""And one that was cancelled."""


def rows(page: Page) -> list[list[str]]:
    found = Tables(page.html).found
    return next(iter(found.values()))[1:] if found else []


def first_paper(official: Official) -> str:
    page = official.post("/issues/find", person_key=NAOKI)
    return next(link for link in page.links if link.startswith("/issues/of/"))


def exported(official: Official, **query: str) -> Page:
    """The page that tells that an export is over."""
    begun = official.post("/issues/export", **query)
    assert begun.status == 303, begun.text
    while True:
        page = official.get(begun.location)
        if "refresh" not in page.response.headers:
            return page


def test_the_papers_of_a_person_are_found_newest_first(console: Hall) -> None:
    official = console.officials.as_role(Role.COUNTER)
    found = rows(official.post("/issues/find", person_key=MIDORI))
    assert [row[2] for row in found] == ["4", "1", "1", "1", "1", "2", "1"]
    assert [row[0] for row in found][:2] == ["2027年4月1日 09:00", "2027年3月31日 09:00"]
    assert [row[5] for row in found].count("取消") == 1


def test_what_is_searched_goes_in_no_address_and_stands_in_the_log(console: Hall) -> None:
    official = console.officials.as_role(Role.COUNTER)
    page = official.post("/issues/find", person_key=MIDORI)
    assert all(MIDORI not in link for link in page.links)
    (entry, *_) = console.console.log.entries("28100")
    assert (entry["function"], entry["act"], entry["subject"]) == ("issue_history", "検索", MIDORI)
    assert "宛名番号" in entry["detail"] and MIDORI not in entry["detail"]


def test_everything_that_the_standard_keeps_stands_on_the_page_of_a_paper(console: Hall) -> None:
    official = console.officials.as_role(Role.COUNTER)
    page = official.get(first_paper(official))
    for words in (
        "発行日時（交付年月日時）",
        "交付場所",
        "交付対象者",
        "種別",
        "記載事項",
        "枚数",
        "発行番号",
        "端末名",
        "処分情報",
    ):
        assert words in page.text
    assert "六甲" not in page.text and "御影" not in page.text  # no name is kept


def test_a_disposal_is_kept_with_who_and_why_and_is_of_no_effect_as_markup(console: Hall) -> None:
    official = console.officials.as_role(Role.COUNTER)
    path = first_paper(official)
    number = re.search(r"28100-[0-9]{8}(-[0-9A-Z]{4}){3}", official.get(path).text)
    assert number is not None
    refused = official.post(f"{path}/disposal", issue_number="28100-1", reason="")
    assert refused.status == 422 and "処分の理由を入力してください。" in refused.text
    done = official.post(f"{path}/disposal", issue_number=number[0], reason="<b>汚損</b>のため裁断")
    assert (done.status, done.location) == (303, path)
    page = official.get(path)
    assert "<b>汚損</b>のため裁断" in page.text and "<b>汚損" not in page.html


def test_the_disclosure_document_tells_every_paper_and_is_marked_on_every_side(
    console: Hall, tmp_path: Path
) -> None:
    official = console.officials.as_role(Role.COUNTER)
    answer = official.http.post("/issues/disclosure", data={"csrf": official.csrf, "person_key": MIDORI})
    assert answer.headers["content-type"] == "application/pdf"
    file = tmp_path / "disclosure.pdf"
    file.write_bytes(answer.content)
    read = subprocess.run(["pdftotext", "-layout", str(file), "-"], capture_output=True, check=True)
    sides = [re.sub(r"\s+", "", side) for side in read.stdout.decode().split("\f") if side.strip()]
    assert len(sides) > 1
    assert all("見本" in side and "試験用・証明書としての効力はありません" in side for side in sides)
    text = "".join(sides)
    copies = sum(visit[3] for visit in OF_MIDORI) + 1
    assert f"記録の数{copies}通" in text and text.count("発行番号") == copies
    became = {
        words: text.count(words) for words in ("交付済み", "取消（交付していない）", "事故として確認中")
    }
    assert became == {"交付済み": 6, "取消（交付していない）": 1, "事故として確認中": 4}
    assert text.index("2026年6月12日08:44") < text.index("2027年4月1日09:00")
    assert MIDORI in text and "個人番号：" in text


def test_a_disclosure_is_whole_or_refused_by_its_name(console: Hall, monkeypatch: pytest.MonkeyPatch) -> None:
    official, form = console.officials.as_role(Role.COUNTER), {"person_key": MIDORI}
    applications = len(OF_MIDORI) + 1
    monkeypatch.setattr(issue_history, "MOST_DISCLOSED", applications)
    assert official.post("/issues/disclosure", **form).status == 200
    monkeypatch.setattr(issue_history, "MOST_DISCLOSED", applications - 1)
    page = official.post("/issues/disclosure", **form)
    told = CATALOGUE["Console_Disclosure_Too_Long"]
    assert page.status == told.status and told.remedy in page.text
    half = official.post("/issues/disclosure", **form, since="2026-06-01", until="2026-06-30")
    assert half.status == 200


def test_a_disclosure_of_nobody_is_told(console: Hall) -> None:
    official = console.officials.as_role(Role.COUNTER)
    assert official.post("/issues/disclosure").status == 422
    page = official.post("/issues/disclosure", person_key="9999999999")
    assert page.status == 404 and "この宛名番号の発行履歴はありません。" in page.text


def test_the_excel_of_the_history_has_a_row_for_every_copy(console: Hall) -> None:
    official = console.officials.as_role(Role.AUDITOR)
    page = exported(official, since="2026-06-12", until="2026-07-31")
    assert "11通の書き出しが終わりました。" in page.text
    link = next(one for one in page.links if one.endswith(".xlsx"))
    (sheet,) = sheets(official.http.get(link).content).values()
    head = next(row for row in sheet if "発行番号" in row)
    told = [dict(zip(head, row, strict=False)) for row in sheet[sheet.index(head) + 1 :]]
    wanted = [visit for visit in VISITS if visit[0] < "2026-08"]
    issued = [row["発行日時"] for row in told if row["状態"] in ("交付済み", "重大事象")]
    assert issued == [visit[0] for visit in wanted for _ in range(visit[3])]
    assert sum(row["手数料（申請）"] for row in told) == 250 * 11
    assert {row["店舗事業者"] for row in told} == {"見本マート", "ひながたストア"}


def test_an_export_is_seen_by_nobody_else(console: Hall) -> None:
    official = console.officials.as_role(Role.AUDITOR)
    begun = official.post("/issues/export").location
    other = console.officials.as_role(Role.AUDITOR)
    of_ashikaga = console.officials.as_role(Role.AUDITOR, municipality=ASHIKAGA)
    for one in (other, of_ashikaga):
        assert one.get(begun).status == one.get(f"{begun}/issues.xlsx").status == 404


def test_too_many_exports_at_once_are_refused(console: Hall, monkeypatch: pytest.MonkeyPatch) -> None:
    """Console_Export_Busy."""
    monkeypatch.setattr(exports, "MOST_KEPT", 0)
    page = console.officials.as_role(Role.AUDITOR).post("/issues/export")
    assert page.status == 503 and "書き出しが重なっているため" in page.text


def test_a_site_that_is_away_ends_an_export_with_a_sentence(console: Hall, town: TownHall) -> None:
    official = console.officials.as_role(Role.AUDITOR)
    console.console.doors.move_issuing("28100", "http://127.0.0.1:9")
    assert "証明発行サーバが応答していません。" in exported(official).text


@pytest.mark.parametrize(
    "path", ["/issues/of/01ZZZZZZZZZZZZZZZZZZZZZZZZ", "/issues/of/x", "/issues/exports/0"]
)
def test_what_does_not_exist_is_not_found(console: Hall, path: str) -> None:
    assert console.officials.as_role(Role.COUNTER).get(path).status == 404


def test_papers_of_another_municipality_do_not_exist(console: Hall) -> None:
    kobe = console.officials.as_role(Role.COUNTER)
    path = first_paper(kobe)
    assert kobe.get(path).status == 200
    for municipal in (ASHIKAGA,):
        other = console.officials.as_role(Role.COUNTER, municipality=municipal)
        assert other.get(path).status in (404, 503)  # nobody is behind Ashikaga's door here
        assert "28100-" not in other.get(path).text


def test_a_wrong_day_is_told_beside_the_field(console: Hall) -> None:
    official = console.officials.as_role(Role.COUNTER)
    page = official.post("/issues/find", since="2026-06-31")
    assert page.status == 422
    page = official.post("/issues/find", since="2026-07-01", until="2026-06-01")
    assert page.status == 422 and "期間の末日は、初日以後の日を入力してください。" in page.text
    assert len(rows(official.post("/issues/find", person_key=TAICHI))) == 2
