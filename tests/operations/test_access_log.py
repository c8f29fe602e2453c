"""The five analyses of the standard, over a log that was written by the pages themselves."""

from __future__ import annotations

from datetime import datetime

from server_stub.interface.clock import JST
from server_stub.operations.rights import Role
from tests.operations.hall import KOBE, PASSWORD, Hall
from tests.operations.test_figures import Tables, sheets


def at(console: Hall, moment: str) -> None:
    console.clock.set(datetime.fromisoformat(moment).replace(tzinfo=JST))


def table(console: Hall, caption: str, **query: str) -> list[list[str]]:
    page = console.officials.as_role(Role.AUDITOR).get("/access-log", month="2026-06", **query)
    assert page.status == 200
    found = Tables(page.html).found
    return next((rows[1:] for name, rows in found.items() if name.startswith(caption)), [])


def test_access_at_night_and_on_holidays_is_told(console: Hall) -> None:
    """Kobe's offices are open from 8:45 to 17:30 (推定), Monday to Friday."""
    official = console.officials.as_role(Role.COUNTER)
    assert official.operator is not None
    for moment in (
        "2026-06-10 08:44:59",
        "2026-06-10 08:45:00",
        "2026-06-10 17:29:59",
        "2026-06-10 17:30:00",
        "2026-06-13 10:00:00",  # a Saturday
    ):
        at(console, moment)
        official = console.officials.as_role(Role.COUNTER)
        official.get("/issues")
    at(console, "2026-06-15 10:00:00")
    counted = [row[2] for row in table(console, "夜間・休日のアクセス（利用者ID別）")]
    assert counted == ["1", "1", "1"]
    listed = [row[0] for row in table(console, "夜間・休日のアクセス（新しい順")]
    assert listed == ["2026年6月13日 10:00", "2026年6月10日 17:30", "2026年6月10日 08:44"]


def test_failed_log_ins_and_log_ins_by_id_are_told(console: Hall) -> None:
    at(console, "2026-06-10 10:00:00")
    official = console.officials.as_role(Role.COUNTER)
    assert official.operator is not None
    login = official.operator.login
    console.console.operators.choose_password(official.operator.number, _secret(PASSWORD))
    nobody = console.officials.nobody()
    for password in ("wrong", "wrong again", PASSWORD):
        nobody.post("/login", login=login, password=password)
    nobody.post("/login", login="nobody-of-that-name", password="x")
    assert [row for row in table(console, "ログインの失敗") if row[0] == login] == [
        [login, official.operator.name, "127.0.0.1", "2"]
    ]
    by_id = {row[0]: row[2:] for row in table(console, "利用者ID別のログイン回数")}
    assert by_id[login] == ["1", "2"]
    assert by_id["（該当者なし）"] == ["0", "1"]


def test_mass_searches_and_searches_by_number_are_told(console: Hall) -> None:
    at(console, "2026-06-10 10:00:00")
    official = console.officials.as_role(Role.COUNTER)
    assert official.operator is not None
    for number in range(3):
        official.post("/issues/find", person_key=f"000010020{number}")
    official.post("/issues/find", person_key="0000100201")
    at(console, "2026-06-10 10:20:00")
    official.post("/issues/find", since="2026-06-01")  # by no number
    at(console, "2026-06-10 11:00:00")  # another hour
    other = console.officials.as_role(Role.COUNTER)
    other.post("/issues/find", person_key="0000100201")
    login = official.operator.login
    assert table(console, "1時間に", many="5") == [
        [login, official.operator.name, "2026-06-10 10時台", "5", "3"]
    ]
    assert table(console, "1時間に", many="6") == []
    numbers = {row[0]: row[2] for row in table(console, "番号による検索")}
    assert other.operator is not None
    assert numbers == {login: "4", other.operator.login: "1"}


def test_the_excel_has_the_five_analyses_and_every_record(console: Hall) -> None:
    at(console, "2026-06-13 10:00:00")
    console.officials.as_role(Role.COUNTER).post("/issues/find", person_key="0000100201")
    auditor = console.officials.as_role(Role.AUDITOR)
    count = len(console.console.log.entries(KOBE, limit=1000))
    book = sheets(auditor.http.get("/access-log/access-log.xlsx", params={"month": "2026-06"}).content)
    assert [name.partition("（")[0] for name in book] == [
        "夜間・休日のアクセス", "ログイン失敗", "ID別ログイン", "大量検索", "番号による検索", "全記録",
    ]  # fmt: skip
    head = next(row for row in book["全記録"] if "利用者ID" in row)
    assert len(book["全記録"]) - book["全記録"].index(head) - 1 == count


def test_a_month_that_is_none_is_told(console: Hall) -> None:
    page = console.officials.as_role(Role.AUDITOR).get("/access-log", month="2026-13")
    assert page.status == 422 and "月は、2026-04 のような年と月で入力してください。" in page.text


def _secret(text: str) -> object:
    from server_stub.interface.secret import Secret

    return Secret(text)
