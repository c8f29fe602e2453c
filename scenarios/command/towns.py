"""`konbini town new`, `check`, `grow` and `load`: a town of the user's own, in a folder that any text editor changes."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import typer

from .colours import marked
from .menu import Menu
from .usage import WrongUse, in_words

town_app = Menu(no_args_is_help=True, help="市区町村のフォルダ（設定・連携の形式・住民・カード）")
PATTERN = "mihon"
"""The shipped town that a new one is copied from."""
PATTERN_CODE, PATTERN_NAME = "99999", "見本市"


@town_app.command("new")
def new_town(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="作るフォルダ（まだないもの）")],
    code: Annotated[
        str, typer.Option("--code", help="全国地方公共団体コード（検査数字なしの5桁）")
    ] = "99998",
    name: Annotated[
        str, typer.Option("--name", help="市区町村の名前（よみは municipality.toml で直す）")
    ] = "試験市",
) -> None:
    """市区町村のフォルダを作る（架空の住民4人とカード4枚。ファイルを書き換えて自分の住民にする）。"""
    from scenarios.towns import REFERENCES, load_town, shipped_town

    if not re.fullmatch("[0-9]{5}", code):
        raise WrongUse(
            "--code には、全国地方公共団体コードの初めの5桁（検査数字を除く数字）を指定してください。"
        )
    _check_name(name)
    if folder.exists() and any(folder.iterdir()):
        raise WrongUse(f"{folder} は空ではありません。別の名前を指定してください。")
    # how the pattern's papers look is no reference for another town's
    shutil.copytree(
        shipped_town(PATTERN), folder, dirs_exist_ok=True, ignore=shutil.ignore_patterns(REFERENCES)
    )
    for file in folder.rglob("*"):
        if file.suffix in (".toml", ".csv"):
            text = file.read_text(encoding="utf-8")
            file.write_text(
                text.replace(PATTERN_CODE, code).replace(PATTERN_NAME, name), encoding="utf-8", newline=""
            )
    load_town(folder)
    print(f"{folder} に「{name}」を作りました。次の行は見本のままです。合うように書き換えてください。")
    for line in _still_the_patterns(folder):
        print(f"  {line}")
    print("書き換えたら、次の順に使えます。")
    print(f"  konbini town check {folder}")
    print(f"  konbini demo --town {folder}")


def _check_name(name: str) -> None:
    """Raises WrongUse for a name that cannot stand in the files of a town, or on its papers."""
    from server_stub.interface.failures import Failed
    from server_stub.interface.values import LONGEST_NAME
    from server_stub.paper.back_page import back_page_template
    from server_stub.paper.fonts import check_printable

    if (
        not re.fullmatch(r"\S(.*\S)?", name)
        or len(name) > LONGEST_NAME
        or re.search(r'["\\\x00-\x1f\x7f,]', name)
    ):
        raise WrongUse(
            f"--name には、前後に空白がなく、引用符・逆斜線・コンマ・改行を含まない{LONGEST_NAME}字以内の名前を指定してください。"
        )
    try:
        check_printable(name)
        back_page_template(name)
    except Failed as failed:
        raise WrongUse(
            f"--name に指定した名前を証明書に印字できません（{in_words(failed.facts)}）。"
        ) from None


_PATTERNS = {
    "municipality.toml": r"(prefecture|prefecture_en|name_en|kana|telephone|mayor) =",
    "deliveries/full.toml": r".*見本県",
}
"""The lines of the shipped town that still say its own name when code and name have been exchanged."""


def _still_the_patterns(folder: Path) -> Iterator[str]:
    for file, pattern in _PATTERNS.items():
        for number, line in enumerate((folder / file).read_text(encoding="utf-8").splitlines(), start=1):
            if re.match(pattern, line):
                yield f"{file} {number}行目  {line.partition('#')[0].strip()}"


@town_app.command("check")
def check_town(
    told: Annotated[str, typer.Argument(metavar="DIR", help="市区町村のフォルダ、または同梱の名前")],
) -> None:
    """フォルダの誤りをすべて示す（設定、形式、住民、カード）。終了コード 0 使える、1 誤りがある。"""
    from scenarios.towns import town_folder

    from .town_check import problems_of

    problems = list(problems_of(town_folder(told)))
    for problem in problems:
        print(f"{marked('×')} {problem}")
    if problems:
        print(f"誤りが {len(problems)} 件あります。「:」のあとは、そこにあるべき内容か、直し方です。")
        raise typer.Exit(1)
    print(f"{marked('○')} このまま使えます。")


@town_app.command("grow")
def grow_town(
    told: Annotated[str, typer.Argument(metavar="TOWN", help="市区町村のフォルダ、または同梱の名前")],
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="作るフォルダ（まだないもの）")],
    residents: Annotated[int, typer.Option("--residents", min=1, help="住民の数（見本の住民を含む）")],
    households: Annotated[
        int | None,
        typer.Option("--households", min=1, help="世帯の数（指定しなければ神戸市の割合。以下同じ）"),
    ] = None,
    registers: Annotated[int | None, typer.Option("--registers", min=1, help="戸籍の数")] = None,
    members: Annotated[
        int | None, typer.Option("--members", min=1, help="戸籍に記録されている人の数（3割が住登外）")
    ] = None,
    cards: Annotated[int | None, typer.Option("--cards", min=0, help="発行通知のあるカードの枚数")] = None,
    seed: Annotated[int, typer.Option("--seed", help="同じ数を指定すると、同じ連携ができる")] = 20160731,
    broken: Annotated[
        int, typer.Option("--broken", min=0, help="住民記録の、生年月日を読み取れない行の数")
    ] = 0,
) -> None:
    """市区町村を大きくする（架空の住民と戸籍を増やした連携を、その市区町村の書き方で作る）。"""
    from scenarios.growing import grow, size_of
    from scenarios.towns import load_town, town_folder

    from .progress import Progress

    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise WrongUse(f"{folder} は空ではありません。別の名前を指定してください。")
    size = size_of(residents, households, registers, members, cards)
    town = load_town(town_folder(told))
    progress = Progress("作成中", "件")
    try:
        grown = grow(town, folder, size, seed=seed, broken=broken, tell=progress.tell)
    except ValueError as error:
        given = {"households": households, "registers": registers or members, "cards": cards}
        few = given[str(error)] is None
        raise WrongUse(_TOO_FEW if few else _SIZES_THAT_CANNOT_BE[str(error)]) from None
    progress.end()
    print(f"{folder} に、住民{size.residents:,}人の「{town.name}」を作りました。")
    for name, rows in grown.rows.items():
        note = "（見本の行のまま）" if name in grown.as_the_sample else ""
        print(f"  {name} {rows:,}行{note}")
    for line in grown.broken:
        print(f"  △ 使えない行: 住民記録 {line}行目")


_TOO_FEW = "--residents には、見本の住民と世帯を含む、もっと大きな数を指定してください。"
_SIZES_THAT_CANNOT_BE = {
    "households": "--households には、見本の世帯を含めて、1世帯が1人から7人になる数を指定してください。",
    "registers": "--registers と --members には、見本の戸籍を含めて、1戸籍が1人から8人になる数を指定してください。",
    "cards": "--cards には、見本の住民を除いた住民の数までを指定してください。",
}


@town_app.command("load")
def load_into_server(
    told: Annotated[str, typer.Argument(metavar="DIR", help="市区町村のフォルダ、または同梱の名前")],
    server: Annotated[Path, typer.Option("--folder", help="konbini server --folder のフォルダ")],
) -> None:
    """動いているサーバに、このフォルダの連携を取り込む（毎晩の連携もこの内容になる）。サーバは動いたままでよい。"""
    from scenarios.deliveries import deliver
    from scenarios.server_folder import TEMPLATE, is_server_folder, kept_clock
    from scenarios.servers import OWN_FILES
    from scenarios.template import TOWNS, replica_name, towns_of
    from scenarios.towns import FORMATS, load_town, town_folder
    from server_stub.db import sqlite_url
    from server_stub.interface.notices import FILE_NAME
    from server_stub.interface.trace import Trace

    from .progress import Progress
    from .town_check import aside_line

    town = load_town(town_folder(told))
    if not is_server_folder(server):
        raise WrongUse(
            f"--folder に指定した {server} は、サーバのフォルダではありません。"
            "konbini server --folder に指定したフォルダを指定してください。"
        )
    replica = server / f"{replica_name(town.code)}.db"
    if not replica.is_file():
        raise WrongUse(
            f"{server} のサーバは「{town.name}」（{town.code}）を扱っていません。"
            "konbini server --town でこの市区町村を指定して始めてください。"
        )
    # as the nights will: by the terms and kinds that the server has, so that they cannot refuse what is taken in now
    known = towns_of(server / TEMPLATE) if (server / TEMPLATE / TOWNS).is_file() else ()
    serving = next((one for one in known if one.code == town.code), town)
    clock = kept_clock(server)
    progress = Progress("取込中", "行")
    loaded = deliver(
        serving,
        sqlite_url(replica),
        town.delivery,
        server / "fresh" / FILE_NAME,
        clock.now().replace(microsecond=0),
        clock,
        Trace(clock),
        town.formats,
        progress.tell,
    )
    progress.end()
    own = server / OWN_FILES / town.code
    part = own.with_name(f".{own.name}.part")
    shutil.rmtree(part, ignore_errors=True)
    shutil.copytree(town.delivery, part)
    shutil.copytree(town.formats, part / FORMATS, dirs_exist_ok=True)
    shutil.rmtree(own, ignore_errors=True)
    part.rename(own)
    print(f"「{town.name}」の連携を、第{loaded.generation}世代の副本として取り込みました。")
    if loaded.same_as:
        print(
            f"  連携のファイルは、これまでの第{loaded.same_as}世代と同じ内容でした（{loaded.digest[:12]}）。"
        )
    for row in loaded.set_aside:
        print(f"  △ {aside_line(row.register, row.file, row.line, row.column, row.remedy)}")
