"""Getting in: id and password, the second factor, the first password, and getting out."""

from __future__ import annotations

from datetime import timedelta

import segno
from fastapi import APIRouter, Response
from fastapi.responses import RedirectResponse

from server_stub.interface.failures import Failed
from server_stub.interface.secret import Secret
from server_stub.operations.operation_log import OK, Entry, Who
from server_stub.operations.operators import Operator, Refused
from server_stub.operations.passwords import address_of, problem_of, step_of_code
from server_stub.operations.rights import Stage
from server_stub.operations.terms import read_terms
from server_stub.operations.web import (
    COOKIE,
    Asked,
    Entered,
    Visit,
    begin_session,
    in_moment,
    stage_after_password,
)

router = APIRouter()
_WRONG = (
    "利用者IDまたはパスワードが違います。入力し直してください。"
    "続けて間違えると、一定の時間ログインできなくなります。"
)
_ISSUER = "運用管理システム"


@router.get("/login", name="login")
def login(visit: Asked) -> Response:
    """The page to log in. Who is logged in goes on to the first page."""
    if visit.session is not None and visit.session.stage is Stage.FULL:
        return RedirectResponse("/", status_code=303)
    again = (
        "ログインしていないか、しばらく操作がなかったため、ログインが必要です。"
        if visit.query.has("again")
        else ""
    )
    return visit.page("login/login.html", again=again)


@router.post("/login", name="login_act")
def login_act(visit: Asked, form: Entered) -> Response:
    login_id = form.text("login", "利用者ID", most=40)
    password = form.secret("password", "パスワード")
    if form.problems:
        return visit.page("login/login.html", status=422, form=form, again="")
    found = visit.console.operators.let_in(login_id, password)
    if isinstance(found, Refused):
        _log(
            visit,
            found.owner,
            found.login,
            found.name,
            "ログイン",
            f"login_{found.why}",
        )
        return visit.page(
            "login/login.html", status=401, form=form, again="", problem=_sentence(visit, found)
        )
    _log(visit, found.owner, found.login, found.name, "ログイン", OK)
    _keep_retention(visit, found.owner)
    return begin_session(visit, found)


def _sentence(visit: Visit, refused: Refused) -> str:
    if refused.why == "locked":
        minutes = int(visit.console.settings.locked_for.total_seconds()) // 60
        return (
            f"続けて間違えたため、ログインできません。{minutes}分ほどたってからやり直すか、"
            "システム管理者にロックの解除を依頼してください。"
        )
    if refused.why == "stopped":
        return "現在、この利用者IDに権限がありません。システム管理者に確認してください。"
    return _WRONG


def _log(visit: Visit, owner: str, login: str, name: str, act: str, outcome: str) -> None:
    """Write a login to the owner's log; one of nobody to everybody's whom it may concern, without what was typed."""
    owners = [owner] if owner else list(visit.console.municipalities)
    for one in owners:
        who = Who(login, name, visit.address)
        visit.console.log.write(one, visit.now, who, [Entry("login", act, outcome=outcome)])


def _keep_retention(visit: Visit, owner: str) -> None:
    """Take away what the owner keeps no longer; that it was done is a record itself."""
    console = visit.console
    days = read_terms(console.engine, owner).retention_days
    if days and (gone := console.log.forget_before(owner, visit.now - timedelta(days=days))):
        entry = Entry("operation_log", "削除", detail=f"保存期間（{days}日）を過ぎた操作記録 {gone}件")
        console.log.write(owner, visit.now, Who("system", "", ""), [entry])


@router.post("/logout", name="logout")
def logout(visit: Asked) -> Response:
    visit.note("ログアウト")
    assert visit.session is not None
    visit.console.sessions.end(visit.session.key)
    response = RedirectResponse("/login", status_code=303)
    response.delete_cookie(COOKIE, path="/", httponly=True, samesite="strict")
    return response


# --- passwords --------------------------------------------------------------------------------------------------------------


@router.get("/first-password", name="first_password")
def first_password(visit: Asked) -> Response:
    return visit.page("login/first_password.html")


@router.post("/first-password", name="first_password_act")
def first_password_act(visit: Asked, form: Entered) -> Response:
    """Choose the first password of one's own: a one-time password is good for this alone."""
    chosen = _chosen(visit, form)
    if chosen is None:
        return visit.page("login/first_password.html", status=422, form=form)
    operator = visit.operator
    visit.console.operators.choose_password(operator.number, chosen)
    visit.note("変更", detail="パスワード")
    assert visit.session is not None
    stage = stage_after_password(visit.console, operator)
    visit.console.sessions.change(visit.session.key, stage=stage.value)
    return visit.to("/", "パスワードを設定しました。")


@router.get("/password", name="password")
def password(visit: Asked) -> Response:
    return visit.page("login/password.html")


@router.post("/password", name="password_act")
def password_act(visit: Asked, form: Entered) -> Response:
    """Choose another password; every other session of the operator ends."""
    before = form.secret("before", "現在のパスワード")
    chosen = _chosen(visit, form)
    if not form.problems and isinstance(
        visit.console.operators.let_in(visit.operator.login, before), Refused
    ):
        form.wrong("before", "現在のパスワードが違います。")
    if chosen is None or form.problems:
        return visit.page("login/password.html", status=422, form=form)
    visit.console.operators.choose_password(visit.operator.number, chosen)
    assert visit.session is not None
    visit.console.operators.end_sessions(visit.operator.number, but=visit.session.key)
    visit.note("変更", detail="パスワード")
    return visit.to("/", "パスワードを変更しました。")


def _chosen(visit: Visit, form: Entered) -> Secret | None:
    """Read a new password and its repetition; None where something is wrong about them."""
    chosen = form.secret("chosen", "新しいパスワード")
    repeated = form.secret("repeated", "新しいパスワード（確認）")
    if form.problems:
        return None
    if why := problem_of(chosen, visit.operator.login, visit.operator.name):
        form.wrong("chosen", why)
    elif visit.console.operators.is_password_of(visit.operator.number, chosen):
        form.wrong("chosen", "これまでと異なるパスワードにしてください。")
    elif chosen != repeated:
        form.wrong("repeated", "新しいパスワードと一致していません。同じものを入力してください。")
    return None if form.problems else chosen


# --- the second factor --------------------------------------------------------------------------------------------------------


@router.get("/code", name="code")
def code(visit: Asked) -> Response:
    return visit.page("login/code.html")


@router.post("/code", name="code_act")
def code_act(visit: Asked, form: Entered) -> Response:
    entered = form.matching("code", "確認コード", "[0-9]{6}", "6桁の数字")
    if not form.problems and not visit.console.operators.check_code(visit.operator.number, entered):
        visit.note("ログイン", detail="確認コードの誤り", outcome="login_code")
        form.wrong("code", _code_problem(visit, visit.operator))
    if form.problems:
        return visit.page("login/code.html", status=422, form=form)
    return _second_factor_shown(visit)


def _code_problem(visit: Visit, operator: Operator) -> str:
    now = visit.console.operators.by_number(operator.number)
    if now is not None and now.locked_until is not None and now.locked_until > visit.now:
        return f"続けて間違えたため、{in_moment(now.locked_until)} までログインできません。"
    return "確認コードが違います。アプリに表示されている新しいコードを入力してください。"


@router.get("/second-factor", name="enrol")
def enrol(visit: Asked) -> Response:
    return _enrol_page(visit, visit.console.operators.second_factor.new())


@router.post("/second-factor", name="enrol_act")
def enrol_act(visit: Asked, form: Entered) -> Response:
    """Register the key that was shown, once a code proves that the operator's device has it."""
    sealed = form.value("sealed")
    try:
        key = visit.console.operators.second_factor.open(sealed.encode())
    except ValueError as error:
        raise Failed("Console_Form_Expired") from error
    entered = form.matching("code", "確認コード", "[0-9]{6}", "6桁の数字")
    step = None if form.problems else step_of_code(key, entered, visit.now.timestamp(), 0)
    if not form.problems and step is None:
        form.wrong("code", "確認コードが違います。アプリに表示されている新しいコードを入力してください。")
    if form.problems or step is None:
        return _enrol_page(visit, key, form, 422)
    visit.console.operators.set_second_factor(visit.operator.number, key, step)
    visit.note("登録", detail="二要素認証")
    return _second_factor_shown(visit)


def _enrol_page(visit: Visit, key: Secret, form: Entered | None = None, status: int = 200) -> Response:
    return visit.page(
        "login/enrol.html",
        status=status,
        **({} if form is None else {"form": form}),
        qr=segno.make_qr(address_of(key, visit.operator.login, _ISSUER)).svg_data_uri(
            scale=5, border=4, light="#ffffff"
        ),
        key=" ".join(key.reveal()[at : at + 4] for at in range(0, len(key.reveal()), 4)),
        sealed=visit.console.operators.second_factor.seal(key).decode(),
    )


def _second_factor_shown(visit: Visit) -> Response:
    assert visit.session is not None
    visit.console.sessions.change(visit.session.key, stage=Stage.FULL.value)
    visit.note("ログイン", detail="二要素認証")
    return visit.to("/")
