"""`konbini server backup|restore|restoration`: the data of a server kept elsewhere, and brought back."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from .menu import Menu
from .options import JsonOption, beside, print_json
from .starting import server
from .usage import WrongUse

SiteOption = Annotated[
    str,
    typer.Option(
        "--site", "--town", help="この市区町村コードの市区町村の拠点（証明発行サーバ）のデータベースだけ"
    ),
]
FolderOption = Annotated[Path, typer.Option("--folder", help="konbini server --folder のフォルダ")]


def backup(
    folder: Annotated[Path, typer.Argument(help="konbini server --folder のフォルダ（動いていてもよい）")],
    to: Annotated[
        Path, typer.Option("--to", help="バックアップを置くフォルダ。名前が .tar で終わると一つのファイル")
    ],
    site: SiteOption = "",
) -> None:
    """動いているサーバのデータを、止めずにバックアップする。"""
    from scenarios.backup import back_up
    from scenarios.server_folder import is_server_folder

    if not is_server_folder(folder):
        raise WrongUse(f"{folder} は、konbini server --folder のフォルダではありません。")
    if to.resolve().is_relative_to(folder.resolve()):
        raise WrongUse(
            f"--to に指定した {to} は、サーバのフォルダの中です。フォルダとともに失われない、別の場所を指定してください。"
        )
    try:
        manifest = back_up(folder, to, site=site)
    except LookupError as error:
        raise WrongUse(f"{folder} に市区町村コード {site} の拠点はありません。") from error
    print(beside("バックアップ", to))
    print(beside("時点（サーバの時計）", f"{manifest.made_at:%Y-%m-%d %H:%M:%S}"))
    print(beside("ファイル", f"{len(manifest.files)}件（目録 manifest.json に SHA-256）"))
    print(
        "住民の記録、サーバの鍵、試験用カードの暗証番号が入っています。サーバのフォルダと同じに扱ってください。"
    )


def restore(
    source: Annotated[
        Path, typer.Argument(metavar="BACKUP", help="konbini server backup のフォルダまたは .tar")
    ],
    folder: Annotated[
        Path,
        typer.Option(
            "--folder",
            help="復元先。まだないか空のフォルダ（--site では、そのデータを失ったフォルダでもよい）",
        ),
    ],
    site: SiteOption = "",
) -> None:
    """バックアップから復元する。復元したサーバは、記録の取り直しと職員の確認が済むまで交付しない。"""
    from scenarios.backup import restore as restore_backup

    if not source.exists():
        raise WrongUse(f"{source} がありません。")
    try:
        manifest = restore_backup(source, folder, site=site)
    except LookupError as error:
        raise WrongUse(f"{source} に市区町村コード {site} の拠点はありません。") from error
    print(beside("復元先", folder))
    print(beside("バックアップの時点", f"{manifest.made_at:%Y-%m-%d %H:%M:%S}"))
    print("この時点のあとの交付とお金は、サーバを動かすとセンターの記録から取り直します。")
    print("この時点のあとに職員が行った緊急停止・年齢の例外・発行制限は残っていません。確かめて設定し直し、")
    print(
        f"konbini server restoration --folder {folder} --confirm --operator 氏名　で確認済みとしてください。"
    )
    print("それまで証明書は交付しません。")


def restoration(
    folder: FolderOption,
    confirm: Annotated[
        bool, typer.Option("--confirm", help="緊急停止・例外・発行制限を確かめたことを記録し、交付を再開する")
    ] = False,
    operator: Annotated[str, typer.Option("--operator", help="確認した職員（--confirm のとき）")] = "",
    municipality: Annotated[
        str, typer.Option("--municipality", help="市区町村コード（複数の市区町村があるとき）")
    ] = "",
    numbers_above: Annotated[
        int | None,
        typer.Option(
            "--numbers-above", help="発行番号の続き（センターの記録も失われ、番号を数えているとき）"
        ),
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """復元の状態を表示し、職員の確認を記録する。サーバが動いていてもよい。"""
    from scenarios.restorations import confirm_in, restorations_in
    from scenarios.server_folder import is_server_folder
    from server_stub.interface.restoration import RestorationConfirmation

    if not is_server_folder(folder):
        raise WrongUse(f"{folder} は、konbini server --folder のフォルダではありません。")
    if confirm and not operator.strip():
        raise WrongUse("--confirm には、確認した職員を --operator で指定してください。")
    if confirm:
        told = RestorationConfirmation(operator=operator, numbers_above=numbers_above)
        confirm_in(folder, municipality, told)
    entries = [one for one in restorations_in(folder) if municipality in ("", one.municipality)]
    if as_json:
        print_json([one.model_dump(mode="json") for one in entries])
        return
    if not entries:
        print("復元の記録はありません。")
    for one in entries:
        print(f"■ 市区町村 {one.municipality}　{one.restored_at:%Y-%m-%d %H:%M} に復元")
        print(
            f"  失われた期間　{one.backup_at:%Y-%m-%d %H:%M:%S} から {one.restored_at:%Y-%m-%d %H:%M:%S} まで"
        )
        if one.fetched_at is None:
            print("  交付とお金の記録　センターの記録を待っています（サーバとセンターを動かしてください）")
        else:
            print(f"  交付とお金の記録　センターから取り直しました（{one.applications}件）")
        if one.records_missing:
            print("  注意　センターもこの期間の記録を失っています。端末の通知とジャーナルを確かめてください")
        if one.confirmed_at is None:
            print(
                "  職員の確認　まだ。この期間に行った緊急停止・年齢の例外・発行制限を設定し直してから --confirm"
            )
        else:
            print(f"  職員の確認　{one.confirmed_at:%Y-%m-%d %H:%M} {one.confirmed_by}")


server_app = Menu(invoke_without_command=True)
server_app.callback()(server)
for _keeping in (backup, restore, restoration):
    server_app.command()(_keeping)
