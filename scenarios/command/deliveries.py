"""`konbini delivery`: what was delivered to a kept server, and taking the last back."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from .menu import Menu
from .options import JsonOption, print_columns, print_json
from .usage import WrongUse

delivery_app = Menu(no_args_is_help=True, help="既存システムからの連携（konbini server --folder のフォルダ）")
FolderOption = Annotated[Path, typer.Option("--folder", help="konbini server --folder のフォルダ")]
MunicipalityOption = Annotated[
    str, typer.Option("--municipality", help="市区町村コード（フォルダに複数の市区町村があるとき）")
]


def _replicas(folder: Path, code: str) -> list[str]:
    """The URLs of the replicas in a server's folder, of one municipality only if `code` names it. Raises WrongUse."""
    from server_stub.db import sqlite_url

    found = sorted(folder.glob(f"replica-{code or '*'}.db"))
    if not found:
        raise WrongUse(
            f"--folder に指定した {folder} は、konbini server --folder のフォルダではありません。"
            if not code
            else f"{folder} に市区町村コード {code} の副本はありません。"
        )
    return [sqlite_url(path) for path in found]


@delivery_app.command("list")
def list_deliveries(
    folder: FolderOption, municipality: MunicipalityOption = "", as_json: JsonOption = False
) -> None:
    """取り込んだ連携の一覧（副本の世代、作成日時、いまの状態）。"""
    from server_stub.db import migrate
    from server_stub.registry.replica import generations_of

    urls = _replicas(folder, municipality)
    for url in urls:
        migrate(url, "server_stub.registry")
    told = [one for url in urls for one in generations_of(url)]
    if as_json:
        print_json(
            [
                {
                    "generation": one.number,
                    "municipality": one.municipality,
                    "made_at": one.made_at.isoformat(),
                    "loaded_at": one.loaded_at.isoformat(),
                    "living": one.living,
                    "taken_back_at": "" if one.taken_back_at is None else one.taken_back_at.isoformat(),
                    "digest": one.digest,
                }
                for one in told
            ]
        )
        return
    print_columns(
        [
            (
                f"第{one.number}世代",
                one.municipality,
                f"作成 {one.made_at:%Y-%m-%d %H:%M}",
                f"取込 {one.loaded_at:%Y-%m-%d %H:%M}",
                one.digest[:12],
                "交付に使用中" if one.living else "取消し" if one.taken_back_at is not None else "",
            )
            for one in told
        ]
    )


@delivery_app.command("take-back")
def take_back_last(folder: FolderOption, municipality: MunicipalityOption = "") -> None:
    """誤って取り込んだ最後の連携を取り消し、一つ前の副本に戻す（発行制限はそのまま残る）。サーバは動いたままでよい。"""
    from scenarios.server_folder import kept_clock
    from scenarios.servers import OWN_FILES
    from server_stub.interface.trace import Trace
    from server_stub.registry.replica import generations_of, take_back

    url, *others = _replicas(folder, municipality)
    if others:
        raise WrongUse("どの市区町村の連携を取り消すか、--municipality で指定してください。")
    clock = kept_clock(folder)
    number = take_back(url, clock, Trace(clock))
    print(
        f"第{number}世代の副本に戻しました。発行制限は戻していません（解除の連携だけが制限を終わらせます）。"
    )
    code = next(one.municipality for one in generations_of(url) if one.living)
    own = folder / OWN_FILES / code
    again = f"{own} のファイル" if own.is_dir() else "市区町村のフォルダの delivery"
    print(
        f"次の夜の連携では、{again}がまた届きます。その前に、中身を正しいものに直すか、"
        "konbini town load で正しい連携を取り込んでください。"
    )
