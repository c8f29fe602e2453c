"""What every page of the console is made with: who asks (`Visit`), the one check of rights, the log of what was done, the headers.

A function's file has `router = console_router()` and handlers that take `visit: Asked` and, for a POST, `form: Entered`. `allowed` has
checked session, rights, municipality and the form's key before a handler runs, for every route there is; what a handler notes with
`visit.note` is written to the operation log before the answer leaves, and if it notes nothing, its use is.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime
from typing import Annotated, Any
from urllib.parse import urlencode

import jinja2
from fastapi import Depends, Request, Response
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import HTMLResponse, RedirectResponse
from sqlalchemy import Engine
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from server_stub.http import PAGE_HEADERS
from server_stub.interface.clock import JST
from server_stub.interface.failures import CATALOGUE, Failed
from server_stub.interface.values import FailureBody
from server_stub.node import NodeContext

from .doors import Door, Doors
from .exports import Exports
from .forms import Form
from .operation_log import OK, Entry, OperationLog, Who
from .operators import FirstOperator, Operator, Operators
from .periods import open_period
from .rights import FIELD_NAMES, RIGHTS, ROLE_NAMES, PersonalField, Right, Role, Stage, may
from .sessions import Session, Sessions, is_csrf
from .settings import Hosted, OperationsSettings
from .store import open_store
from .terms import read_terms

COOKIE = "console_session"
HEADERS = PAGE_HEADERS | {
    "content-security-policy": "default-src 'none'; style-src 'self'; img-src 'self' data:; form-action 'self'; base-uri 'none'; "
    "frame-ancestors 'none'",
    "referrer-policy": "same-origin",
}
"""On every answer. With `no-referrer` a browser would not say where a form comes from, which `_is_same_origin` asks."""
_STAGE_ROUTES = {Stage.CHOOSE: "/first-password", Stage.CODE: "/code", Stage.ENROL: "/second-factor"}


class Console:
    """What stands behind the pages. `close` lets go of everything, `reopen` of a database that was replaced."""

    def __init__(self, context: NodeContext, settings: OperationsSettings) -> None:
        self.settings, self.clock, self.trace = settings, context.clock, context.trace
        self.engine: Engine = open_store(settings.database_url)
        self.operators = Operators(self.engine, settings, self.clock)
        self.sessions = Sessions(self.engine, settings, self.clock)
        self.log = OperationLog(self.engine, settings.secret_key)
        self.doors = Doors(settings)
        self.exports = Exports()
        self.municipalities: dict[str, Hosted] = {one.code: one for one in settings.municipalities}
        self.templates = jinja2.Environment(
            loader=jinja2.PackageLoader("server_stub.operations", "pages"),
            autoescape=True,
            trim_blocks=True,
            lstrip_blocks=True,
            undefined=jinja2.StrictUndefined,
        )
        self.templates.filters |= {
            "day": in_day, "moment": in_moment, "yen": in_yen, "number": in_number, "weekday": in_weekday,
        }  # fmt: skip

    def reopen(self) -> None:
        self.engine.dispose()

    def close(self) -> None:
        self.engine.dispose()
        self.doors.close()
        self.exports.close()

    def first_operators(self) -> list[FirstOperator]:
        """As `Operators.first`; it is logged."""
        made = self.operators.first()
        for one in made:
            entry = Entry("operators", "登録", detail=f"利用者 {one.login}（最初の管理者）")
            self.log.write(one.owner, self.clock.now(), Who("system", "", ""), [entry])
        return made

    def reissue(self, login: str) -> FirstOperator | None:
        """Give an operator a new one-time password, for whoever has the machine itself; None for nobody's id. It is logged."""
        operator = self.operators.by_any_login(login)
        if operator is None:
            return None
        password = self.operators.new_password(operator)
        entry = Entry("operators", "変更", detail=f"利用者 {login} の一時パスワードの発行（サーバの管理者）")
        self.log.write(operator.owner, self.clock.now(), Who("system", "", ""), [entry])
        return FirstOperator(operator.owner, self.name_of(operator.owner), login, password)

    def name_of(self, owner: str) -> str:
        """Name a municipality, or who runs a site, in Japanese."""
        hosted = self.municipalities.get(owner)
        return hosted.name if hosted is not None else owner.partition(":")[2]


class Visit:
    """One request: who asks, for which municipality, and what of it goes into the operation log."""

    def __init__(self, console: Console, request: Request, route: str, right: Right) -> None:
        self.console, self.request, self.route, self.right = console, request, route, right
        self.session: Session | None = None
        self._operator: Operator | None = None
        self._municipality = ""
        self._entries: list[Entry] = []
        self.address = request.client.host if request.client is not None else ""
        self.query = Form.read(request.url.query)

    # --- who --------------------------------------------------------------------------------------------------------------

    @property
    def operator(self) -> Operator:
        """Whoever is logged in. Raises Failed(Console_Login_Needed)."""
        if self._operator is None:
            raise Failed("Console_Login_Needed")
        return self._operator

    @property
    def is_logged_in(self) -> bool:
        return self._operator is not None

    @property
    def owner(self) -> str:
        """Whose operator it is: the code of a municipality, or `site:NAME`."""
        return self.operator.owner

    @property
    def municipality(self) -> str:
        """The one municipality that everything is bound to. Raises Failed(Console_Period_Closed) where there is none."""
        if not self._municipality:
            raise Failed("Console_Period_Closed")
        return self._municipality

    @property
    def has_municipality(self) -> bool:
        return bool(self._municipality)

    @property
    def municipality_name(self) -> str:
        """The municipality's name, or of who runs the site where none is open."""
        return self.console.name_of(self._municipality or self.owner)

    @property
    def chain(self) -> str:
        """Whose operation log is written and shown: the owner's."""
        return self.owner

    @property
    def now(self) -> datetime:
        return self.console.clock.now()

    @property
    def today(self) -> date:
        return self.now.date()

    @property
    def csrf(self) -> str:
        return self.session.csrf if self.session is not None else ""

    def has_role(self, *roles: Role) -> bool:
        return not self.operator.roles.isdisjoint(roles)

    def may(self, route: str) -> bool:
        """Whether the operator may use a route: for links and buttons. The check itself is `allowed`'s."""
        return (
            self._operator is not None
            and may(self._operator.roles, route)
            and (bool(self._municipality) or not RIGHTS[route].municipal)
        )

    def sees(self, field: PersonalField | str) -> bool:
        """Whether the operator may see this of a person."""
        return PersonalField(field) in self.operator.fields

    def shown(self, value: str, field: PersonalField | str) -> str:
        """Return `value` where the operator may see it, else what is shown in its place."""
        return value if self.sees(field) else f"（{FIELD_NAMES[PersonalField(field)]}は表示できません）"

    def choose(self, municipality: str) -> None:
        """Let a vendor's operator look at this municipality from now on; the log of the choice stands there too."""
        assert self.session is not None
        self.console.sessions.change(self.session.key, municipality=municipality)
        self._municipality = municipality

    # --- the other nodes ----------------------------------------------------------------------------------------------------

    @property
    def issuing(self) -> Door:
        """The door of the municipality's issuing server."""
        return self.console.doors.issuing(self.municipality)

    @property
    def card_registry(self) -> Door:
        """The door of the municipality's ICカード標準システム. Raises Failed(Console_Record_Unknown) where it has none."""
        return self.console.doors.card_registry(self.municipality)

    @property
    def center(self) -> Door:
        """The centre's door. It knows every municipality's: whatever comes from it is shown only if `is_own`."""
        return self.console.doors.center

    def is_own(self, municipality: str | None) -> bool:
        """Whether something of the centre belongs to this municipality."""
        return municipality == self.municipality

    def own(self, municipality: str | None) -> None:
        """Raises Failed(Console_Record_Unknown) for what is another's: the same answer as for what does not exist."""
        if not self.is_own(municipality):
            raise Failed("Console_Record_Unknown")

    # --- the log ------------------------------------------------------------------------------------------------------------

    def note(
        self, act: str, *, subject: str = "", detail: str = "", my_number: bool = False, outcome: str = OK
    ) -> None:
        """Have it written to the operation log, before the answer leaves. `act`: 照会, 検索, 出力, 登録, 変更, 削除 …; `subject`: of whom, by
        宛名番号 or pseudonym. If the answer is a refusal, its name is the outcome."""
        self._entries.append(Entry(self.right.function, act, subject, detail, my_number, outcome))

    def write_log(self, failure: str) -> None:
        """Write what was noted, or, if nothing was, that the route was used. `failure`: '' where the answer is no refusal."""
        if self._operator is None:
            return
        entries = self._entries
        if not entries:
            if self.right.quiet and not failure:
                return
            act = "操作" if self.request.method == "POST" else "照会"
            entries = [Entry(self.right.function, act, detail=self.request.url.path[:200])]
        if failure:
            entries = [replace(one, outcome=failure) if one.outcome == OK else one for one in entries]
        who = Who(self._operator.login, self._operator.name, self.address)
        self.console.log.write(self._municipality or self.owner, self.now, who, entries)
        if self._municipality and self._municipality != self.owner:
            # what somebody of the vendor did stands in the municipality's log; the vendor's own has it too
            self.console.log.write(self.owner, self.now, who, [replace(one, subject="") for one in entries])
        self._entries = []

    # --- answers ------------------------------------------------------------------------------------------------------------

    def page(self, template: str, /, *, status: int = 200, **facts: Any) -> Response:
        """Render a page. It has `visit`, what `facts` tells, and, once, the notice of the act before."""
        notice = ""
        if self.session is not None and self.session.notice:
            notice = self.session.notice
            self.console.sessions.change(self.session.key, notice="")
        return HTMLResponse(self.rendered(template, notice=notice, **facts), status_code=status)

    def rendered(self, template: str, /, **facts: Any) -> str:
        from .functions import navigation  # they are made with this module

        shown = self._operator is not None and self.session is not None and self.session.stage is Stage.FULL
        told: dict[str, Any] = {"form": Form(), "problem": "", "notice": "", **facts}
        return self.console.templates.get_template(template).render(
            visit=self,
            navigation=navigation(self) if shown else (),
            ROLE_NAMES=ROLE_NAMES,
            FIELD_NAMES=FIELD_NAMES,
            **told,
        )

    def to(self, path: str, notice: str = "", **query: Any) -> Response:
        """Send the browser to another page after an act; `notice` is told there."""
        if notice and self.session is not None:
            self.console.sessions.change(self.session.key, notice=notice[:300])
        asked = {name: value for name, value in query.items() if value not in (None, "")}
        return RedirectResponse(path + (f"?{urlencode(asked)}" if asked else ""), status_code=303)

    def download(self, body: bytes, name: str, media_type: str) -> Response:
        """Answer with a file of that name (ASCII)."""
        return Response(
            body, media_type=media_type, headers={"content-disposition": f'attachment; filename="{name}"'}
        )


class SentElsewhere(Exception):
    """The browser is sent to another page instead."""

    def __init__(self, path: str, *, forget: bool = False) -> None:
        self.path, self.forget = path, forget


async def entered(request: Request) -> Form:
    """Read the form of a POST. Raises Failed(Request_Malformed)."""
    if request.method != "POST":
        return Form()
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind == "multipart/form-data":  # with a file
        return Form.read_parts(request.headers["content-type"], await request.body())
    if kind != "application/x-www-form-urlencoded":
        raise Failed("Request_Malformed", fields=["content-type"])
    return Form.read((await request.body()).decode("utf-8", "replace"))


Entered = Annotated[Form, Depends(entered)]


def allowed(request: Request, form: Entered) -> Visit:
    """The one check: who is this, may they use this route, with which municipality, and is the form one of this session.

    Raises Failed(Console_Right_Missing, Console_Form_Expired, Console_Period_Closed), SentElsewhere to log in.
    """
    console: Console = request.app.state.console
    route = getattr(request.scope.get("route"), "name", "")
    right = RIGHTS.get(route, Right(""))
    visit = Visit(console, request, route, right)
    request.state.visit = visit
    if request.method == "POST" and not _is_same_origin(request):
        raise Failed("Console_Form_Expired")
    session = console.sessions.find(request.cookies.get(COOKIE, ""))
    operator = None if session is None else console.operators.by_number(session.operator)
    if session is None or operator is None or not operator.roles:
        if right.anybody:
            return visit
        raise SentElsewhere("/login?again=1" if COOKIE in request.cookies else "/login", forget=True)
    if right.anybody:
        visit.session = session
        return visit
    visit.session, visit._operator = session, operator
    visit._municipality = _municipality_of(console, operator, session)
    if request.method == "POST" and not is_csrf(session, form.value("csrf")):
        raise Failed("Console_Form_Expired")
    if session.stage is not right.stage and route != "logout":
        raise SentElsewhere(_STAGE_ROUTES.get(session.stage, "/"))
    if not may(operator.roles, route):
        raise Failed("Console_Right_Missing")
    if right.municipal and not visit._municipality:
        raise Failed("Console_Period_Closed")
    return visit


Asked = Annotated[Visit, Depends(allowed)]


def _is_same_origin(request: Request) -> bool:
    """A form of another site says where it comes from."""
    if request.headers.get("sec-fetch-site", "same-origin") not in ("same-origin", "none"):
        return False
    origin = request.headers.get("origin")
    return origin is None or origin.partition("://")[2] == request.headers.get("host", "")


def _municipality_of(console: Console, operator: Operator, session: Session) -> str:
    """The operator's own; of a vendor's operator the one that was chosen, while its officials let the vendor in."""
    if not operator.is_vendor:
        return operator.owner if operator.owner in console.municipalities else ""
    chosen = console.municipalities.get(session.municipality)
    if chosen is None or operator.owner != f"site:{chosen.site}":
        return ""
    return chosen.code if open_period(console.engine, chosen.code, console.clock.now()) is not None else ""


def begin_session(visit: Visit, operator: Operator) -> Response:
    """Log in: a new session, at the stage that comes next, and its cookie."""
    console = visit.console
    if operator.must_change:
        stage = Stage.CHOOSE
    else:
        stage = stage_after_password(console, operator)
    municipality = "" if operator.is_vendor else operator.owner
    if visit.session is not None:
        console.sessions.end(visit.session.key)
    token = console.sessions.begin(operator.number, municipality, stage, visit.address)
    response = RedirectResponse(_STAGE_ROUTES.get(stage, "/"), status_code=303)
    response.set_cookie(
        COOKIE, token, path="/", httponly=True, samesite="strict", secure=console.settings.secure
    )
    return response


def stage_after_password(console: Console, operator: Operator) -> Stage:
    if operator.has_second_factor:
        return Stage.CODE
    return Stage.ENROL if read_terms(console.engine, operator.owner).second_factor else Stage.FULL


# --- around every request ---------------------------------------------------------------------------------------------------


class AroundPages:
    """Outermost: headers on every answer, the log before it leaves, and a failure told as a page."""

    def __init__(self, app: ASGIApp, console: Console) -> None:
        self._app, self._console = app, console

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"].startswith("/control/"):
            await self._app(scope, receive, send)
            return
        state: dict[str, Any] = scope.setdefault("state", {})
        refusal: list[bytes] | None = None
        begun: Message = {}

        async def watched(message: Message) -> None:
            nonlocal refusal, begun
            if message["type"] == "http.response.start":
                begun = message
                kind = dict(message["headers"]).get(b"content-type", b"")
                if message["status"] >= 400 and kind == b"application/json":
                    refusal = []  # told as a page when its body is whole
                    return
                await run_in_threadpool(self._log, state, _outcome_of(message["status"]))
                await send({**message, "headers": [*message["headers"], *_headers()]})
                return
            if refusal is None:
                await send(message)
                return
            refusal.append(message.get("body", b""))
            if not message.get("more_body", False):
                body = b"".join(refusal)
                response = await run_in_threadpool(self._refused, state, begun["status"], body)
                await response(scope, receive, with_headers)

        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                message = {**message, "headers": [*message["headers"], *_headers()]}
            await send(message)

        await self._app(scope, receive, watched)

    @staticmethod
    def _log(state: dict[str, Any], failure: str) -> None:
        visit: Visit | None = state.get("visit")
        if visit is not None:
            visit.write_log(failure)

    def _refused(self, state: dict[str, Any], status: int, body: bytes) -> Response:
        """The page that tells a failure: what happened, what to do, and the name that a developer wants."""
        told = FailureBody.model_validate_json(body)
        self._log(state, told.failure)
        facts = {
            "failure": told.failure,
            "title": _TITLES.get(told.failure, "操作を完了できませんでした"),
            "sentences": sentences(told),
        }
        visit: Visit | None = state.get("visit")
        if visit is None:
            text = self._console.templates.get_template("refused_outside.html").render(**facts)
        else:
            text = visit.rendered("refused.html", **facts)
        return HTMLResponse(text, status_code=status)


def _outcome_of(status: int) -> str:
    """Say what a page of its own tells that is no success, where the handler noted nothing more: '' for a success."""
    if status < 400:
        return ""
    return "entry_wrong" if status == 422 else "not_done"


_TITLES = {
    "Console_Record_Unknown": "見つかりません",
    "Request_Not_Found": "ページが見つかりません",
    "Console_Right_Missing": "この操作を行う権限がありません",
    "Console_Form_Expired": "画面の有効期限が切れています",
    "Console_Period_Closed": "利用できる期間ではありません",
    "Console_Node_Away": "相手のサーバが応答していません",
}


_WORDS = {
    "Request_Not_Found": ("このアドレスのページはありません。", "はじめの画面から開き直してください。"),
    "Request_Malformed": (
        "送信された内容を読み取れませんでした。",
        "前の画面を開き直して、もう一度入力してください。",
    ),
    "Request_Too_Large": ("送信された内容が大きすぎます。", "内容を分けて送信してください。"),
    "Internal_Error": (
        "予期しない誤りが起きました。",
        "もう一度操作しても続くときは、事業者に連絡してください。",
    ),
}
"""Where the catalogue speaks to those who run servers."""


def sentences(failed: Failed | FailureBody) -> tuple[str, ...]:
    """Tell a failure in Japanese: what happened, then what to do."""
    words, facts = failed.words, failed.facts
    if failed.failure in _WORDS:
        return _WORDS[failed.failure]
    entry = CATALOGUE.get(failed.failure)
    if entry is None:
        return ((words or {}).get("ja", "操作を完了できませんでした。"),)
    cause = entry.cause
    if failed.failure == "Console_Node_Away" and "node" in facts:
        cause = f"{facts['node']}が応答していません。"
    return (cause, entry.remedy)


_OUTCOMES = {
    OK: "正常",
    "login_wrong": "利用者IDまたはパスワードの誤り",
    "login_locked": "ロック中",
    "login_stopped": "権限がない",
    "login_code": "確認コードの誤り",
    "entry_wrong": "入力内容の誤り",
    "not_done": "完了できなかった",
}


def outcome_in_words(outcome: str) -> str:
    """Tell an outcome that stands in the operation log."""
    if outcome in _OUTCOMES:
        return _OUTCOMES[outcome]
    told = _WORDS.get(outcome)
    cause = told[0] if told is not None else CATALOGUE[outcome].cause if outcome in CATALOGUE else outcome
    return cause.removesuffix("。")


def sentence(failed: Failed) -> str:
    """The same in one line, for a page's `problem`."""
    return "".join(sentences(failed))


def _headers() -> Sequence[tuple[bytes, bytes]]:
    return [(name.encode(), value.encode()) for name, value in HEADERS.items()]


# --- how values are written -------------------------------------------------------------------------------------------------

_WEEKDAYS = "月火水木金土日"


def _moment(value: datetime | str) -> datetime:
    read = datetime.fromisoformat(value) if isinstance(value, str) else value
    return read if read.tzinfo is None else read.astimezone(JST)


def in_day(value: date | datetime | str | None, otherwise: str = "") -> str:
    """2026年6月3日"""
    if value is None or value == "":
        return otherwise
    read = _moment(value) if isinstance(value, datetime | str) else value
    return f"{read.year}年{read.month}月{read.day}日"


def in_moment(value: datetime | str | None, otherwise: str = "") -> str:
    """2026年6月3日 10:00"""
    if value is None or value == "":
        return otherwise
    read = _moment(value)
    return f"{in_day(read)} {read:%H:%M}"


def in_weekday(value: date | datetime | str) -> str:
    read = _moment(value) if isinstance(value, datetime | str) else value
    return _WEEKDAYS[read.weekday()]


def in_number(value: int) -> str:
    return f"{value:,}"


def in_yen(value: int) -> str:
    return f"{value:,}円"
