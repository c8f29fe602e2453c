"""⑧: operators and their rights, with changes that come on a day."""

from __future__ import annotations

from datetime import timedelta

import pytest

from server_stub.operations.rights import MUNICIPAL_ROLES, Role
from tests.operations.hall import ASHIKAGA, KOBE, Hall, Official, Page

TODAY = "2026-06-03"


@pytest.fixture
def admin(hall: Hall) -> Official:
    return hall.officials.as_role(Role.ADMINISTRATOR)


def add(official: Official, login: str = "tanaka", **more: object) -> Page:
    told = {
        "login": login,
        "name": "田中 花子",
        "department": "市民課",
        "roles": ["counter"],
        "from_day": TODAY,
        **more,
    }
    return official.post("/operators/new", **told)


def one_time(page: Page) -> str:
    return page.html.partition('class="one-time">')[2].partition("<")[0]


def roles_today(hall: Hall, login: str) -> set[str]:
    return {role.value for role in hall.console.operators.by_login(login, KOBE).roles}


def test_an_operator_is_registered_and_logs_in_with_the_password_that_is_shown_once(
    hall: Hall, admin: Official
) -> None:
    page = add(admin, fields=["domicile"])
    assert page.status == 200 and "二度と表示されません" in page.text
    password = one_time(page)
    assert len(password) == 19
    assert password not in admin.get(f"/operators/{KOBE}-tanaka").html
    somebody = hall.officials.nobody()
    assert somebody.post("/login", login=f"{KOBE}-tanaka", password=password).location == "/first-password"
    entry = next(one for one in hall.console.log.entries(KOBE) if one["act"] == "登録")
    assert (
        f"{KOBE}-tanaka" in entry["detail"] and "窓口担当者" in entry["detail"] and "本籍" in entry["detail"]
    )
    assert password not in str(hall.console.log.entries(KOBE))


@pytest.mark.parametrize(
    ("field", "value", "told"),
    [
        ("login", "", "利用者IDを入力"),
        ("login", "田中", "英小文字"),
        ("login", "a/../b", "英小文字"),
        ("name", "", "氏名を入力"),
        ("name", "あ" * 41, "40文字以内"),
        ("roles", [], "役割を"),
        ("roles", ["vendor"], "役割を"),
        ("from_day", "2026-02-30", "暦にある日付"),
        ("from_day", "2026-06-02", "今日か、これからの日"),
        ("until_day", "2026-06-02", "適用日か、それより後の日"),
    ],
)
def test_what_is_wrong_is_told_beside_its_field(
    hall: Hall, admin: Official, field: str, value: object, told: str
) -> None:
    page = add(admin, **{field: value})
    assert page.status == 422 and told in page.text
    assert f'id="{field}-problem"' in page.html
    assert len(hall.console.operators.of(KOBE)) == 1


def test_an_id_is_given_once(hall: Hall, admin: Official) -> None:
    """Console_Operator_Taken."""
    assert add(admin).status == 200
    page = add(admin, name="田中 太郎")
    assert page.status == 409 and "すでに使われています" in page.text
    assert [one.name for one in hall.console.operators.of(KOBE)][0] == "田中 花子"


def test_two_municipalities_have_the_same_name_for_somebody_and_learn_nothing_of_each_other(
    hall: Hall,
) -> None:
    for municipality in (KOBE, ASHIKAGA):
        official = hall.officials.as_role(Role.ADMINISTRATOR, municipality=municipality)
        assert add(official).status == 200
        assert f"{municipality}-tanaka" in official.get("/operators").text
        other = ASHIKAGA if municipality == KOBE else KOBE
        assert other not in official.get("/operators").text


def test_an_operator_of_another_municipality_does_not_exist(hall: Hall, admin: Official) -> None:
    """Console_Record_Unknown, word for word as for an id that is nobody's."""
    other = hall.officials.as_role(Role.COUNTER, municipality=ASHIKAGA)
    assert other.operator is not None
    for path in ("", "/rights"):
        theirs = admin.get(f"/operators/{other.operator.login}{path}")
        nobodys = admin.get(f"/operators/{KOBE}-nobody{path}")
        assert theirs.status == nobodys.status == 404
        assert theirs.text == nobodys.text
    for path in ("rights", "withdraw", "name", "unlock", "password", "second-factor"):
        page = admin.post(
            f"/operators/{other.operator.login}/{path}",
            roles=["counter"],
            from_day=TODAY,
            name="x",
            department="y",
            grant=1,
        )
        assert (page.status, page.heading) == (404, "見つかりません")
    assert hall.console.operators.by_number(other.operator.number) == other.operator


def test_rights_change_on_their_day_and_not_before(hall: Hall, admin: Official) -> None:
    add(admin)
    login = f"{KOBE}-tanaka"
    page = admin.post(
        f"/operators/{login}/rights", roles=["night"], from_day="2026-06-10", until_day="2026-06-12"
    )
    assert page.location == f"/operators/{login}"
    assert "2026年6月10日" in admin.get(f"/operators/{login}").text
    assert roles_today(hall, login) == {"counter"}
    hall.clock.advance(timedelta(days=6, hours=13, minutes=59))
    assert roles_today(hall, login) == {"counter"}  # 23:59 of the 9th
    hall.clock.advance(timedelta(minutes=1))
    assert roles_today(hall, login) == {"night"}
    hall.clock.advance(timedelta(days=3))
    assert roles_today(hall, login) == set()  # the 13th: it ended with the 12th


def test_a_change_that_has_not_come_can_be_withdrawn(hall: Hall, admin: Official) -> None:
    add(admin)
    login = f"{KOBE}-tanaka"
    admin.post(f"/operators/{login}/rights", roles=["night"], from_day="2026-06-10")
    operator = hall.console.operators.by_login(login, KOBE)
    assert operator.grant is not None
    now = admin.post(f"/operators/{login}/withdraw", grant=operator.grant.number)
    assert now.status == 404  # what counts today is changed by another change, and stays told
    assert admin.post(f"/operators/{login}/withdraw", grant=operator.coming[0].number).status == 303
    hall.clock.advance(timedelta(days=10))
    assert roles_today(hall, login) == {"counter"}
    assert len(hall.console.operators.grants(operator)) == 2


def test_who_is_stopped_is_out_at_the_next_click(hall: Hall, admin: Official) -> None:
    other = hall.officials.as_role(Role.COUNTER)
    assert other.operator is not None and other.get("/").status == 200
    page = admin.post(f"/operators/{other.operator.login}/rights", stops="1", from_day=TODAY)
    assert page.status == 303
    assert other.get("/").location.startswith("/login")


def test_the_last_administrator_stays(hall: Hall, admin: Official) -> None:
    """Console_Last_Administrator: also on a day to come, and where the other administrator's rights end."""
    assert admin.operator is not None
    own = f"/operators/{admin.operator.login}"
    for fields in (
        {"roles": ["counter"]},
        {"stops": "1"},
        {"roles": ["administrator"], "until_day": "2026-12-31"},
    ):
        page = admin.post(f"{own}/rights", from_day="2026-07-01", **fields)
        assert page.status == 409 and "管理者のいない日" in page.text, fields
    add(admin, "yamada", roles=["administrator"], until_day="2026-08-31")
    assert admin.post(f"{own}/rights", from_day="2026-07-01", roles=["counter"]).status == 409
    add(admin, "kato", roles=["administrator"])
    assert admin.post(f"{own}/rights", from_day="2026-07-01", roles=["counter"]).status == 303


def test_a_lost_password_and_a_lost_phone_are_mended(hall: Hall, admin: Official) -> None:
    other = hall.officials.as_role(Role.COUNTER)
    assert other.operator is not None
    login = other.operator.login
    for _ in range(5):
        hall.officials.nobody().post("/login", login=login, password="not-the-password")
    assert "ロック中" in admin.get(f"/operators/{login}").text
    assert admin.post(f"/operators/{login}/unlock").status == 303
    assert "ロック中" not in admin.get(f"/operators/{login}").text
    password = one_time(admin.post(f"/operators/{login}/password"))
    assert other.get("/").location.startswith("/login")  # the sessions before have ended
    assert (
        hall.officials.nobody().post("/login", login=login, password=password).location == "/first-password"
    )


def test_what_is_hidden_from_an_operator_is_hidden(hall: Hall) -> None:
    from server_stub.operations.rights import PersonalField
    from server_stub.operations.web import Visit

    sees = hall.officials.as_role(Role.COUNTER, fields=[PersonalField.DOMICILE])
    other = hall.officials.as_role(*MUNICIPAL_ROLES)
    told = []
    for official in (sees, other):
        visit = Visit.__new__(Visit)
        visit._operator = official.operator
        told.append(visit.shown("兵庫県神戸市中央区", PersonalField.DOMICILE))
    assert told == ["兵庫県神戸市中央区", "（本籍・筆頭者は表示できません）"]
