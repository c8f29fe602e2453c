"""`konbini delivery`: what the existing systems have delivered to a kept server, and taking back what came by mistake."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from .options import JsonOption, print_json
from .usage import WrongUse

delivery_app = typer.Typer(
    no_args_is_help=True, help="既存システムからの連携（konbini server --folder のフォルダ）"
)
FolderOption = Annotated[Path, typer.Option("--folder", help="konbini server --folder のフォルダ")]


def _replica(folder: Path) -> str:
    """Raises WrongUse for a folder without a replica."""
    from server_stub.db import sqlite_url

    path = folder / "replica.db"
    if not path.is_file():
        raise WrongUse(f"--folder に指定した {folder} は、konbini server --folder のフォルダではありません。")
    return sqlite_url(path)


@delivery_app.command("list")
def list_deliveries(folder: FolderOption, as_json: JsonOption = False) -> None:
    """取り込んだ連携の一覧（副本の世代、作成日時、いまの状態）。"""
    from server_stub.db import migrate
    from server_stub.registry.generations import generations_of

    url = _replica(folder)
    migrate(url, "server_stub.registry")
    told = generations_of(url)
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
                }
                for one in told
            ]
        )
        return
    for one in told:
        state = "交付に使用中" if one.living else "取消し" if one.taken_back_at is not None else ""
        print(
            f"第{one.number}世代\t{one.municipality}\t作成 {one.made_at:%Y-%m-%d %H:%M}"
            f"\t取込 {one.loaded_at:%Y-%m-%d %H:%M}\t{state}".rstrip()
        )


@delivery_app.command("take-back")
def take_back_last(folder: FolderOption) -> None:
    """誤って取り込んだ最後の連携を取り消し、一つ前の副本に戻す（発行制限はそのまま残る）。サーバは動いたままでよい。"""
    from scenarios.server_folder import kept_clock
    from server_stub.interface.trace import Trace
    from server_stub.registry.generations import take_back

    url = _replica(folder)
    clock = kept_clock(folder)
    number = take_back(url, clock, Trace(clock))
    print(
        f"第{number}世代の副本に戻しました。発行制限は戻していません（解除の連携だけが制限を終わらせます）。"
    )
