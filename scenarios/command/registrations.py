"""`konbini registration`: officials' acts on applications for 利用登録, as at the console; and `konbini site`, the status site alone.

Both speak with an issuing server that runs (`konbini server`), by the keys of its folder.
"""

from __future__ import annotations

import signal
import tempfile
import threading
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, Annotated, Any, TypeVar

import typer

from scenarios.nearest import perhaps

from .menu import Menu
from .options import JsonOption, TownOption, beside, print_columns, print_json, stop
from .usage import WrongUse

if TYPE_CHECKING:  # a command loads what it needs when it is called
    from server_stub.interface.registration_operations import RegistrationDetail, RegistrationEntry
    from server_stub.interface.values import Model

registration_app = Menu(no_args_is_help=True, help="戸籍証明書交付の利用登録申請（職員の操作）")
ISSUING = "http://127.0.0.1:8442"
IssuingOption = Annotated[str, typer.Option("--issuing", help="証明発行サーバの URL")]
IssuingsOption = Annotated[
    list[str] | None,
    typer.Option(
        "--issuing", help=f"証明発行サーバの URL（複数あれば、konbini server が示す順に。なければ {ISSUING}）"
    ),
]
FolderOption = Annotated[
    Path | None,
    typer.Option(
        "--server-folder", help="konbini server --folder のフォルダ（鍵を読む）。なければ手元の試験用の鍵"
    ),
]
OperatorOption = Annotated[str, typer.Option("--operator", help="操作する職員（所属と氏名）")]
NoteOption = Annotated[str, typer.Option("--note", help="内部のメモ（公開されない）")]
Application = Annotated[str, typer.Argument(help="申請の識別子（一覧の先頭の列）")]
OPERATOR = "市民課　見本職員"
STATES = {
    "received": "受付",
    "under_review": "審査中",
    "usable": "利用可能",
    "rejected": "却下",
    "ended": "終了",
}
ACTS = {
    "received": "受付",
    "reviewed": "審査開始",
    "proposed": "紐付けの提案",
    "linked": "紐付け",
    "rejected": "却下",
    "ended": "終了",
    "replaced": "新しい登録に交代",
    "sent": "戸籍システムへ送付",
    "usable": "戸籍システムで利用可能",
}

Answer = TypeVar("Answer", bound="Model")


def _key_pool(folder: Path | None) -> Any:
    from scenarios.stage_secrets import KeyPool

    if folder is None:
        return KeyPool()
    if not (folder / "keys").is_dir():
        stop(f"--server-folder に指定した {folder} は、konbini server --folder のフォルダではありません。")
    return KeyPool(folder / "keys", KeyPool())


def _towns(folder: Path | None) -> tuple[Any, ...]:
    from scenarios.template import towns_of
    from scenarios.towns import load_towns

    return tuple(load_towns() if folder is None else towns_of(folder / "template"))


def _ask(
    issuing: str,
    folder: Path | None,
    path: str,
    answer: type[Answer],
    body: Model | None = None,
    **query: str,
) -> Answer:
    """Ask the door for officials, with the key of whichever site the server is of. Raises Failed as the server refuses."""
    import httpx

    from scenarios.sites import sites_of
    from server_stub.interface.failures import Failed
    from server_stub.interface.values import read_refusal

    keys, sites = _key_pool(folder), [site for site in sites_of(_towns(folder)) if site.registering]
    url = f"{issuing.rstrip('/')}/ops/v1/registrations{path}"
    told = {name: value for name, value in query.items() if value}
    content = None if body is None else body.model_dump(mode="json")
    try:
        with httpx.Client(trust_env=False, timeout=30) as client:
            for name in ("ops-issuing", *(site.named("ops-issuing") for site in sites if not site.only)):
                headers = {"Authorization": f"Bearer {keys.text(name)}"}
                method = "GET" if body is None else "POST"
                got = client.request(method, url, params=told or None, json=content, headers=headers)
                if got.status_code not in (401, 403):
                    break
    except (httpx.HTTPError, httpx.InvalidURL):
        stop(
            f"証明発行サーバ（{issuing}）に接続できません。konbini server を動かし、--issuing を確かめてください。"
        )
    if not got.is_success:
        raise read_refusal(got.content) or Failed("Issuing_Unreachable", status=got.status_code)
    return answer.model_validate_json(got.content)


def _row(one: RegistrationEntry) -> tuple[str, ...]:
    state = STATES[one.state] + ("（期限超過）" if one.overdue else "")
    name = f"{one.name}（代替文字あり）" if "1" in one.name_flags else one.name
    return (
        one.application_id,
        one.municipality,
        f"{one.received_at:%Y-%m-%d %H:%M}",
        f"期限 {one.due_on}",
        state,
        f"{one.domicile}　筆頭者 {one.head}",
        f"{name}　{one.birth}　{one.address}",
        one.telephone,
    )


def _told(detail: RegistrationDetail, as_json: bool) -> None:
    if as_json:
        print_json(detail.model_dump(mode="json"))
    else:
        print_columns([_row(detail.entry)])


@registration_app.command("list")
def listed(
    issuing: IssuingOption = ISSUING,
    server_folder: FolderOption = None,
    municipality: Annotated[str, typer.Option("--municipality", help="市区町村コード")] = "",
    state: Annotated[
        str,
        typer.Option(
            "--state", metavar="|".join(STATES), help=f"この状態の申請（{'、'.join(STATES.values())}）"
        ),
    ] = "",
    as_json: JsonOption = False,
) -> None:
    """申請の一覧（古い順）。--state がなければ、まだ決まっていないもの。"""
    from server_stub.interface.registration_operations import RegistrationPage

    if state and state not in STATES:
        raise WrongUse(
            f"--state には {'、'.join(STATES)} のどれかを指定してください。{perhaps(state, STATES)}"
        )
    found: list[RegistrationEntry] = []
    cursor = ""
    while True:
        page = _ask(
            issuing,
            server_folder,
            "",
            RegistrationPage,
            municipality=municipality,
            state=state,
            cursor=cursor,
        )
        found += page.registrations
        if page.next_cursor is None:
            break
        cursor = page.next_cursor
    if as_json:
        print_json([one.model_dump(mode="json") for one in found])
        return
    print_columns([_row(one) for one in found])


@registration_app.command()
def show(
    application: Application,
    issuing: IssuingOption = ISSUING,
    server_folder: FolderOption = None,
    as_json: JsonOption = False,
) -> None:
    """一つの申請の内容（署名された文面）と、これまでの操作。"""
    from server_stub.interface.registration_operations import RegistrationDetail

    detail = _ask(issuing, server_folder, f"/{application}", RegistrationDetail)
    _told(detail, as_json)
    if not as_json:
        print(detail.text, end="")
        print_columns(
            [
                (f"{act.at:%Y-%m-%d %H:%M}", ACTS.get(act.act, act.act), act.operator, act.note)
                for act in detail.acts
            ]
        )


@registration_app.command()
def review(
    application: Application,
    issuing: IssuingOption = ISSUING,
    server_folder: FolderOption = None,
    operator: OperatorOption = OPERATOR,
    note: NoteOption = "",
    as_json: JsonOption = False,
) -> None:
    """審査を始めたことを記す。"""
    from server_stub.interface.registration_operations import OfficialAct, RegistrationDetail

    act = OfficialAct(operator=operator, note=note)
    _told(_ask(issuing, server_folder, f"/{application}/review", RegistrationDetail, act), as_json)


@registration_app.command()
def link(
    application: Application,
    register: Annotated[str, typer.Argument(help="戸籍の番号")],
    member: Annotated[int, typer.Argument(help="戸籍内番号", min=1, max=999)],
    issuing: IssuingOption = ISSUING,
    server_folder: FolderOption = None,
    operator: OperatorOption = OPERATOR,
    note: NoteOption = "",
    accept_differences: Annotated[
        bool, typer.Option("--accept-differences", help="一致しない項目があっても紐付ける")
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """申請者を戸籍の一人と紐付け、利用可能にする。"""
    from server_stub.interface.registration_operations import LinkAct, RegistrationDetail

    act = LinkAct(
        operator=operator,
        note=note,
        register_number=register,
        member=member,
        accept_differences=accept_differences,
    )
    _told(_ask(issuing, server_folder, f"/{application}/link", RegistrationDetail, act), as_json)


@registration_app.command()
def reject(
    application: Application,
    issuing: IssuingOption = ISSUING,
    server_folder: FolderOption = None,
    operator: OperatorOption = OPERATOR,
    note: NoteOption = "",
    text: Annotated[
        str, typer.Option("--text", help="登録状況確認サイトに出る文（なければ市区町村の決まった文）")
    ] = "",
    as_json: JsonOption = False,
) -> None:
    """却下する。"""
    from server_stub.interface.registration_operations import RegistrationDetail, RejectAct

    act = RejectAct(operator=operator, note=note, public_text=text or None)
    _told(_ask(issuing, server_folder, f"/{application}/reject", RegistrationDetail, act), as_json)


@registration_app.command()
def end(
    application: Application,
    issuing: IssuingOption = ISSUING,
    server_folder: FolderOption = None,
    operator: OperatorOption = OPERATOR,
    note: NoteOption = "",
    as_json: JsonOption = False,
) -> None:
    """利用可能な登録を終わらせる（本人はもう一度申請する）。"""
    from server_stub.interface.registration_operations import OfficialAct, RegistrationDetail

    act = OfficialAct(operator=operator, note=note)
    _told(_ask(issuing, server_folder, f"/{application}/end", RegistrationDetail, act), as_json)


def site(
    issuing: IssuingsOption = None,
    server_folder: FolderOption = None,
    port: Annotated[int, typer.Option("--port", min=0, max=65535, help="ポート（0 は空き）")] = 8444,
    town: TownOption = None,
    show_unknown: Annotated[
        bool, typer.Option("--show-unknown/--hide-unknown", help="該当なしを表示する")
    ] = True,
) -> None:
    """利用登録状況確認サイトだけを、この機械の中（127.0.0.1）で動かす。"""
    from scenarios.server_folder import kept_clock
    from scenarios.sites import SITE, sites_of
    from scenarios.template import towns_of
    from scenarios.towns import choose_towns, codes, load_towns
    from server_stub.db import make_private, sqlite_url
    from server_stub.interface.clock import Clock
    from server_stub.interface.secret import Secret
    from server_stub.interface.trace import Trace
    from server_stub.node import NodeContext, serve
    from server_stub.sites import SiteServer, SiteSettings, create_app, prepare_database

    if town:
        choose_towns(town)
    keys = _key_pool(server_folder)
    towns = load_towns() if town or server_folder is None else towns_of(server_folder / "template")
    sites = sites_of(towns)
    if not any(one.registering for one in sites):
        stop("利用登録申請を受け付ける市区町村がありません（市区町村の設定 [registration]）。")
    ended = threading.Event()

    def on_signal(number: int, frame: FrameType | None) -> None:
        ended.set()

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, on_signal)
    with tempfile.TemporaryDirectory(prefix="konbini-site-") as temporary:
        database = (server_folder or Path(temporary)) / f"{SITE}.db"
        make_private(database)
        prepare_database(sqlite_url(database))
        clock = Clock() if server_folder is None else kept_clock(server_folder)
        app = create_app(
            NodeContext(clock, Trace(clock, process="site")),
            SiteSettings(
                sqlite_url(database),
                tuple(
                    SiteServer(url, Secret(keys.text(one.named("site-to-issuing"))), codes(one.registering))
                    for url, one in zip(issuing or [ISSUING], sites, strict=False)
                    if one.registering
                ),
                Secret(keys.text("site-addresses")),
                show_unknown=show_unknown,
            ),
        )
        try:
            node = serve(app, port)
        except OSError:
            stop(f"ポート {port} を開けません。別のポートを --port で指定してください。")
        print(beside("利用登録状況確認サイト", node.base_url), flush=True)
        while not ended.wait(1):
            pass
        node.stop()
        app.state.site.close()
