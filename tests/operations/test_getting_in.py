"""Getting in: one-time passwords, lock-out, the second factor, sessions that end, and headers."""

from __future__ import annotations

import base64
import re
import sqlite3
from contextlib import closing
from datetime import timedelta
from importlib.resources import files
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.hashes import SHA1
from cryptography.hazmat.primitives.twofactor.totp import TOTP

from server_stub.operations.operators import FirstOperator
from server_stub.operations.rights import MUNICIPAL_ROLES, Role
from server_stub.operations.settings import OperationsSettings
from server_stub.operations.terms import Terms, write_terms
from server_stub.operations.web import HEADERS
from tests.databases import CLUSTER
from tests.operations.hall import ASHIKAGA, KOBE, PASSWORD, PORT_ISLAND, Hall, Official, Page


def first(hall: Hall, owner: str = KOBE) -> FirstOperator:
    return next(one for one in hall.console.operators.first() if one.owner == owner)


def enter(official: Official, login: str, password: str) -> Page:
    return official.post("/login", login=login, password=password)


def choose(official: Official, chosen: str = PASSWORD, repeated: str = "") -> Page:
    key = official.get("/first-password").csrf
    return official.post("/first-password", key=key, chosen=chosen, repeated=repeated or chosen)


def settled(hall: Hall) -> tuple[Official, str]:
    """The first administrator after the first login; and the id."""
    who = first(hall)
    official = hall.officials.nobody()
    enter(official, who.login, who.password.reveal())
    assert choose(official).location == "/"
    return official, who.login


def test_a_page_asked_for_by_nobody_leads_to_the_login(hall: Hall) -> None:
    """Console_Login_Needed is what a handler would raise that asked for the operator of such a page."""
    nobody = hall.officials.nobody()
    assert (nobody.get("/").status, nobody.get("/").location) == (303, "/login")
    assert nobody.get("/login").heading == "ログイン"


def test_each_owner_gets_a_first_operator_with_a_password_of_its_own(hall: Hall) -> None:
    made = hall.console.operators.first()
    assert [one.owner for one in made] == [
        KOBE,
        ASHIKAGA,
        f"site:{PORT_ISLAND}",
        "site:見本第二データセンター",
    ]
    assert len({one.password.reveal() for one in made}) == 4
    assert hall.console.operators.first() == []  # told once
    hall.reset()
    again = hall.console.operators.first()  # of another console: none is a default
    assert {one.password.reveal() for one in made}.isdisjoint(one.password.reveal() for one in again)


def test_a_one_time_password_is_good_for_choosing_one_of_ones_own(hall: Hall) -> None:
    who = first(hall)
    official = hall.officials.nobody()
    assert enter(official, who.login, who.password.reveal()).location == "/first-password"
    for path in ("/", "/operators", "/operation-log"):  # nothing else before
        assert official.get(path).location == "/first-password"
    for wrong in ("short", "aaaaaaaaaaaaaaaa", f"{who.login}-2026", who.password.reveal()):
        assert choose(official, wrong).status == 422
    assert choose(official, PASSWORD, "another-one-12345").status == 422
    assert choose(official).location == "/"
    assert official.get("/").heading == "はじめに"
    other = hall.officials.nobody()
    assert enter(other, who.login, who.password.reveal()).status == 401
    assert enter(other, who.login, PASSWORD).location == "/"


def test_who_does_not_exist_and_whose_password_is_wrong_hear_the_same(hall: Hall) -> None:
    _, login = settled(hall)
    wrong, absent = (
        enter(hall.officials.nobody(), one, "not-the-password") for one in (login, f"{KOBE}-nobody")
    )
    assert wrong.status == absent.status == 401
    assert wrong.text == absent.text


def test_an_operator_is_locked_after_five_wrong_passwords_and_let_in_after_half_an_hour(hall: Hall) -> None:
    _, login = settled(hall)
    official = hall.officials.nobody()
    answers = [enter(official, login, "not-the-password").text for _ in range(5)]
    assert "パスワードが違います" in answers[3] and "30分ほどたってから" in answers[4]
    locked = enter(official, login, PASSWORD)
    assert locked.status == 401 and "30分ほどたってから" in locked.text
    hall.clock.advance(timedelta(minutes=29, seconds=59))
    assert enter(official, login, PASSWORD).status == 401
    hall.clock.advance(timedelta(seconds=1))
    assert enter(official, login, PASSWORD).location == "/"
    outcomes = [one["outcome"] for one in hall.console.log.entries(KOBE) if one["act"] == "ログイン"]
    assert outcomes[:8] == ["ok", "login_locked", "login_locked", "login_locked"] + ["login_wrong"] * 4


def test_a_right_password_takes_the_count_back(hall: Hall) -> None:
    _, login = settled(hall)
    for _ in range(3):
        for _ in range(4):
            enter(hall.officials.nobody(), login, "not-the-password")
        assert enter(hall.officials.nobody(), login, PASSWORD).location == "/"


def test_a_session_ends_when_nobody_uses_it_and_after_half_a_day(hall: Hall) -> None:
    official, login = settled(hall)
    hall.clock.advance(timedelta(minutes=30))
    assert official.get("/").status == 200
    hall.clock.advance(timedelta(minutes=30, seconds=1))
    assert official.get("/").location == "/login?again=1"
    assert "ログインが必要です" in official.get("/login", again=1).text
    enter(official, login, PASSWORD)
    for _ in range(25):
        hall.clock.advance(timedelta(minutes=29))
        last = official.get("/")
    assert last.location.startswith("/login")


def test_who_leaves_is_out_and_the_token_is_worth_nothing(hall: Hall) -> None:
    official, _ = settled(hall)
    token = dict(official.http.cookies)
    key = official.get("/").csrf
    left = official.post("/logout", key=key)
    assert left.location == "/login"
    assert "SameSite=strict" in left.response.headers["set-cookie"]
    other = hall.officials.nobody()
    other.http.cookies.update(token)
    assert other.get("/").location.startswith("/login")


def test_a_login_begins_a_session_of_its_own(hall: Hall) -> None:
    """Whoever laid a token into the browser before does not share what comes after."""
    official, login = settled(hall)
    before = dict(official.http.cookies)
    enter(official, login, PASSWORD)
    assert dict(official.http.cookies) != before
    other = hall.officials.nobody()
    other.http.cookies.update(before)
    assert other.get("/").location.startswith("/login")


def test_another_password_ends_the_other_sessions(hall: Hall) -> None:
    official, login = settled(hall)
    other = hall.officials.nobody()
    enter(other, login, PASSWORD)
    key = official.get("/password").csrf
    new = "Rokko-no-yakei-2026"
    refused = official.post("/password", key=key, before="wrong-wrong-wrong", chosen=new, repeated=new)
    assert refused.status == 422 and "現在のパスワードが違います" in refused.text
    assert official.post("/password", key=key, before=PASSWORD, chosen=new, repeated=new).location == "/"
    assert official.get("/").status == 200
    assert other.get("/").location.startswith("/login")


def code(key: str, hall: Hall) -> str:
    """By another program than the console's."""
    made = TOTP(base64.b32decode(key), 6, SHA1(), 30)
    return made.generate(int(hall.clock.now().timestamp())).decode()


def test_the_second_factor_is_demanded_where_it_is_switched_on(hall: Hall) -> None:
    official, login = settled(hall)
    write_terms(hall.console.engine, KOBE, Terms(second_factor=True))
    assert enter(official, login, PASSWORD).location == "/second-factor"
    assert official.get("/operators").location == "/second-factor"
    page = official.get("/second-factor")
    key = "".join(
        page.html.partition("図を読み取れないときの文字：")[2].partition(">")[2].partition("<")[0].split()
    )
    wrong = official.post("/second-factor", key=page.csrf, sealed=page.fields["sealed"], code="000000")
    assert wrong.status == 422
    told = code(key, hall)
    assert (
        official.post("/second-factor", key=page.csrf, sealed=page.fields["sealed"], code=told).location
        == "/"
    )
    assert official.get("/operators").status == 200
    # from now on at each login; no code counts twice
    assert enter(official, login, PASSWORD).location == "/code"
    key_of_form = official.get("/code").csrf
    assert official.post("/code", key=key_of_form, code=told).status == 422
    hall.clock.advance(timedelta(seconds=30))
    assert official.post("/code", key=key_of_form, code=code(key, hall)).location == "/"
    assert official.get("/operators").status == 200


def test_guessing_codes_locks_too(hall: Hall) -> None:
    official, login = settled(hall)
    write_terms(hall.console.engine, KOBE, Terms(second_factor=True))
    enter(official, login, PASSWORD)
    page = official.get("/second-factor")
    key = "".join(
        page.html.partition("図を読み取れないときの文字：")[2].partition(">")[2].partition("<")[0].split()
    )
    official.post("/second-factor", key=page.csrf, sealed=page.fields["sealed"], code=code(key, hall))
    hall.clock.advance(timedelta(seconds=30))
    enter(official, login, PASSWORD)
    form = official.get("/code").csrf
    right = code(key, hall)
    guesses = [f"{(int(right) + step) % 1_000_000:06d}" for step in range(1, 6)]
    told = [official.post("/code", key=form, code=one).text for one in guesses]
    assert "までログインできません" in told[-1]
    assert official.post("/code", key=form, code=right).status == 422
    assert enter(hall.officials.nobody(), login, PASSWORD).status == 401


@pytest.mark.skipif(bool(CLUSTER), reason="it reads the file of SQLite")
def test_passwords_and_keys_are_kept_as_nobody_can_read_them(hall: Hall) -> None:
    who = first(hall)
    official = hall.officials.nobody()
    enter(official, who.login, who.password.reveal())
    choose(official)
    write_terms(hall.console.engine, KOBE, Terms(second_factor=True))
    enter(official, who.login, PASSWORD)
    page = official.get("/second-factor")
    key = "".join(
        page.html.partition("図を読み取れないときの文字：")[2].partition(">")[2].partition("<")[0].split()
    )
    official.post("/second-factor", key=page.csrf, sealed=page.fields["sealed"], code=code(key, hall))
    token = official.http.cookies["console_session"]
    with closing(sqlite3.connect(hall.file)) as database:
        kept = "\n".join(database.iterdump())
    assert "$argon2id$v=19$" in kept
    for secret in (who.password.reveal(), PASSWORD, key, token):
        assert secret not in kept


def test_the_shipped_cost_of_a_password_is_that_of_owasp() -> None:
    cost = OperationsSettings.__dataclass_fields__["password_cost"].default
    assert (cost.memory, cost.passes, cost.lanes) == (19456, 2, 1)


@pytest.mark.parametrize("path", ["/login", "/", "/style.css", "/nothing", "/operators/x"])
def test_every_answer_has_the_strict_headers_and_no_script(hall: Hall, path: str) -> None:
    official = hall.officials.as_role(*MUNICIPAL_ROLES)
    page = official.get(path)
    for name, value in HEADERS.items():
        assert page.response.headers.get_list(name) == [value], (path, name)
    assert "default-src 'none'" in HEADERS["content-security-policy"]
    assert "script-src" not in HEADERS["content-security-policy"] and "unsafe" not in str(HEADERS)
    assert "<script" not in page.html and " style=" not in page.html


def test_the_cookie_is_the_browsers_own(hall: Hall) -> None:
    who = first(hall)
    page = enter(hall.officials.nobody(), who.login, who.password.reveal())
    cookie = page.response.headers["set-cookie"].lower()
    assert "httponly" in cookie and "samesite=strict" in cookie and "path=/" in cookie


def test_whatever_stands_in_a_name_stays_text(hall: Hall) -> None:
    official = hall.officials.as_role(Role.ADMINISTRATOR)
    assert official.operator is not None
    hall.console.operators.rename(official.operator, "<b>&\"'{{ 7*7 }}", "<script>alert(1)</script>")
    for path in ("/", "/operators", f"/operators/{official.operator.login}", "/operation-log"):
        page = official.get(path)
        assert page.status == 200
        assert "<b>" not in page.html and "<script" not in page.html and "49" not in page.text.split("{{")[0]
        assert "&lt;b&gt;" in page.html


def test_no_template_has_a_script_a_style_or_a_box_that_no_keyboard_scrolls() -> None:
    """Of every function, also one that no test opens."""
    folder = Path(str(files("server_stub.operations"))) / "pages"
    found = list(folder.rglob("*.html"))
    assert len(found) > 10
    for file in found:
        text = file.read_text(encoding="utf-8")
        assert not re.search(r"<script|<style|\sstyle=|\son[a-z]+=|javascript:|https?://|\|\s*safe", text), (
            file
        )
        assert text.count('class="scroll"') == text.count('class="scroll" tabindex="0"'), file
        for form in re.findall(r"<form[^>]*method=\"post\".*?</form>", text, re.DOTALL):
            inside = form if file.name != "login.html" else "csrf"
            assert re.search(r"csrf|kept\(\)|carry\(\)", inside), (file, form[:80])
