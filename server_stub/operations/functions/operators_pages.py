"""⑧操作者権限設定: who may use the console, with which rights from which day on."""

from __future__ import annotations

from datetime import date

from fastapi import APIRouter, Response

from server_stub.interface.failures import Failed
from server_stub.operations.forms import Form
from server_stub.operations.operators import Operator, usual_fields
from server_stub.operations.rights import (
    FIELD_NAMES,
    MUNICIPAL_ROLES,
    ROLE_DUTIES,
    ROLE_NAMES,
    VENDOR_ROLES,
    PersonalField,
    Role,
)
from server_stub.operations.web import Asked, Entered, Visit, in_day, sentence

router = APIRouter()


@router.get("/operators", name="operators")
def operators(visit: Asked) -> Response:
    return visit.page("operators/list.html", operators=visit.console.operators.of(visit.owner))


# --- one that is new ----------------------------------------------------------------------------------------------------------


@router.get("/operators/new", name="operators_new")
def new(visit: Asked) -> Response:
    return _new_page(visit, Form.of(from_day=visit.today))


@router.post("/operators/new", name="operators_new_act")
def new_act(visit: Asked, form: Entered) -> Response:
    """Register an operator; the one-time password is shown on the page that answers, and never again."""
    called = form.matching(
        "login", "利用者ID", "[a-z0-9][a-z0-9._-]{1,24}", "2文字以上25文字以内の英小文字・数字・記号（. _ -）"
    )
    name = form.text("name", "氏名", most=40)
    department = form.text("department", "所属", most=40)
    roles, fields, from_day, until_day = _rights_of(visit, form)
    if form.problems or from_day is None:
        return _new_page(visit, form, status=422)
    login = visit.console.operators.prefix(visit.owner) + called
    try:
        password = visit.console.operators.add(
            visit.owner, login, name, department, roles, fields, from_day, until_day, visit.operator.login
        )
    except Failed as failed:
        visit.note("登録", detail=f"利用者 {login}", outcome=failed.failure)
        form.wrong("login", sentence(failed))
        return _new_page(visit, form, status=409)
    visit.note("登録", detail=f"利用者 {login}、{_told(roles, fields, from_day, until_day)}")
    return visit.page(
        "operators/password.html", login=login, name=name, password=password.reveal(), is_new=True
    )


def _new_page(visit: Visit, form: Form, status: int = 200) -> Response:
    return visit.page(
        "operators/new.html",
        status=status,
        form=form,
        prefix=visit.console.operators.prefix(visit.owner),
        **_choices(visit),
    )


# --- one that is there --------------------------------------------------------------------------------------------------------


@router.get("/operators/{login}", name="operators_one")
def one(visit: Asked, login: str) -> Response:
    return _one_page(visit, _found(visit, login))


@router.get("/operators/{login}/rights", name="operators_rights")
def rights(visit: Asked, login: str) -> Response:
    operator = _found(visit, login)
    form = Form.of(from_day=visit.today, roles=sorted(operator.roles), fields=sorted(operator.fields))
    return _rights_page(visit, operator, form)


@router.post("/operators/{login}/rights", name="operators_rights_act")
def rights_act(visit: Asked, form: Entered, login: str) -> Response:
    """Decide what the operator may from a day on; with no role ticked and the box for it, nothing."""
    operator = _found(visit, login)
    stops = form.has("stops")
    roles, fields, from_day, until_day = _rights_of(visit, form, none=stops)
    if stops and roles:
        form.wrong("stops", "利用を停止するときは、役割の選択をすべて外してください。")
    if form.problems or from_day is None:
        return _rights_page(visit, operator, form, status=422)
    detail = f"利用者 {operator.login}、{_told(roles, fields, from_day, until_day)}"
    try:
        visit.console.operators.grant(operator, roles, fields, from_day, until_day, visit.operator.login)
    except Failed as failed:
        visit.note("変更", detail=detail, outcome=failed.failure)
        return _rights_page(visit, operator, form, status=409, problem=sentence(failed))
    visit.note("変更", detail=detail)
    return visit.to(
        f"/operators/{operator.login}",
        "権限を変更しました。"
        if from_day <= visit.today
        else f"{in_day(from_day)}からの権限の変更を予約しました。",
    )


@router.post("/operators/{login}/withdraw", name="operators_withdraw_act")
def withdraw(visit: Asked, form: Entered, login: str) -> Response:
    """Withdraw a change that has not come yet."""
    operator = _found(visit, login)
    number = form.number("grant", "予約", 1, 10**9)
    if number is None:
        raise Failed("Console_Record_Unknown")
    try:
        visit.console.operators.withdraw(operator, number, visit.operator.login)
    except Failed as failed:
        visit.note("取消し", detail=f"利用者 {operator.login} の権限の予約", outcome=failed.failure)
        if failed.failure == "Console_Record_Unknown":
            raise
        return _one_page(visit, operator, status=409, problem=sentence(failed))
    visit.note("取消し", detail=f"利用者 {operator.login} の権限の予約")
    return visit.to(f"/operators/{operator.login}", "予約を取り消しました。")


@router.post("/operators/{login}/name", name="operators_name_act")
def rename(visit: Asked, form: Entered, login: str) -> Response:
    operator = _found(visit, login)
    name = form.text("name", "氏名", most=40)
    department = form.text("department", "所属", most=40)
    if form.problems:
        return _one_page(visit, operator, form, status=422)
    visit.console.operators.rename(operator, name, department)
    visit.note("変更", detail=f"利用者 {operator.login} の氏名・所属")
    return visit.to(f"/operators/{operator.login}", "氏名と所属を変更しました。")


@router.post("/operators/{login}/unlock", name="operators_unlock_act")
def unlock(visit: Asked, login: str) -> Response:
    operator = _found(visit, login)
    visit.console.operators.unlock(operator)
    visit.note("変更", detail=f"利用者 {operator.login} のロックの解除")
    return visit.to(f"/operators/{operator.login}", "ロックを解除しました。")


@router.post("/operators/{login}/password", name="operators_password_act")
def password(visit: Asked, login: str) -> Response:
    """Give a new one-time password: shown once, on the page that answers."""
    operator = _found(visit, login)
    password = visit.console.operators.new_password(operator)
    visit.note("変更", detail=f"利用者 {operator.login} の一時パスワードの発行")
    return visit.page(
        "operators/password.html",
        login=operator.login,
        name=operator.name,
        password=password.reveal(),
        is_new=False,
    )


@router.post("/operators/{login}/second-factor", name="operators_factor_act")
def factor(visit: Asked, login: str) -> Response:
    """Forget the operator's second factor (a lost phone)."""
    operator = _found(visit, login)
    visit.console.operators.forget_second_factor(operator)
    visit.note("変更", detail=f"利用者 {operator.login} の二要素認証の登録の取消し")
    return visit.to(f"/operators/{operator.login}", "二要素認証の登録を取り消しました。")


def _found(visit: Visit, login: str) -> Operator:
    return visit.console.operators.by_login(login, visit.owner)


def _one_page(visit: Visit, operator: Operator, form: Form | None = None, **more: object) -> Response:
    return visit.page(
        "operators/one.html",
        operator=operator,
        form=form or Form.of(name=operator.name, department=operator.department),
        history=visit.console.operators.grants(operator),
        is_locked=operator.locked_until is not None and operator.locked_until > visit.now,
        role_names=_role_names,
        field_names=_field_names,
        **more,  # type: ignore[arg-type]
    )


def _rights_page(visit: Visit, operator: Operator, form: Form, **more: object) -> Response:
    return visit.page("operators/rights.html", operator=operator, form=form, **_choices(visit), **more)  # type: ignore[arg-type]


def _choices(visit: Visit) -> dict[str, object]:
    offered = VENDOR_ROLES if visit.operator.is_vendor else MUNICIPAL_ROLES
    return {
        "roles": [(role.value, ROLE_NAMES[role], ROLE_DUTIES[role]) for role in Role if role in offered],
        "fields": []
        if visit.operator.is_vendor
        else [(field.value, FIELD_NAMES[field], "") for field in PersonalField],
        "usual": [
            (ROLE_NAMES[role], _field_names(usual_fields([role])))
            for role in Role
            if role in MUNICIPAL_ROLES and usual_fields([role])
        ],
    }


def _rights_of(
    visit: Visit, form: Form, *, none: bool = False
) -> tuple[frozenset[Role], frozenset[PersonalField], date | None, date | None]:
    """Read roles, fields that are shown, and the days from and until which they count."""
    offered = VENDOR_ROLES if visit.operator.is_vendor else MUNICIPAL_ROLES
    roles = frozenset(
        Role(one)
        for one in form.choices("roles", "役割", {role.value for role in offered}, required=not none)
    )
    shown = () if visit.operator.is_vendor else PersonalField
    fields = frozenset(
        PersonalField(one)
        for one in form.choices("fields", "表示する項目", {one.value for one in shown}, required=False)
    )
    from_day = form.day("from_day", "適用日")
    until_day = form.day("until_day", "終了日", required=False)
    if from_day is not None and from_day < visit.today:
        form.wrong("from_day", "適用日は、今日か、これからの日を入力してください。")
    if from_day is not None and until_day is not None and until_day < from_day:
        form.wrong("until_day", "終了日は、適用日か、それより後の日を入力してください。")
    return roles, fields, from_day, until_day


def _told(
    roles: frozenset[Role], fields: frozenset[PersonalField], from_day: date, until_day: date | None
) -> str:
    until = f"{in_day(until_day)}まで" if until_day is not None else ""
    return f"{in_day(from_day)}から{until}：{_role_names(roles)}、表示する項目：{_field_names(fields)}"


def _role_names(roles: frozenset[Role] | str) -> str:
    """Name the roles, in their order; those of a database's row too."""
    held = {Role(one) for one in roles.split(",") if one} if isinstance(roles, str) else roles
    return "、".join(ROLE_NAMES[role] for role in Role if role in held) or "利用停止"


def _field_names(fields: frozenset[PersonalField] | str) -> str:
    held = {PersonalField(one) for one in fields.split(",") if one} if isinstance(fields, str) else fields
    return "、".join(FIELD_NAMES[field] for field in PersonalField if field in held) or "なし"
