"""What several commands of `konbini` share: options for reader and clock, and the ways to answer."""

from __future__ import annotations

import json
import re
import shutil
import sys
from collections.abc import Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Annotated, NoReturn

import typer

from cards.errors import CardError
from server_stub.interface.clock import JST, STAGE_START, Clock

from .colours import BAD, coloured, painted
from .usage import WrongUse, printable

TrustOption = Annotated[
    bool, typer.Option("--trust-test-hierarchy", help="登録した試験用カード（O=JPKI-TEST）を受け入れる")
]
JsonOption = Annotated[bool, typer.Option("--json", help="JSON で出力する")]
TownOption = Annotated[
    list[str] | None,
    typer.Option(
        "--town",
        help="市区町村のフォルダ、または同梱の名前（kobe、mihon など）。繰り返して複数を指定できる",
    ),
]
OutagesOption = Annotated[
    bool,
    typer.Option(
        "--outages", help="停電と回線の停止を起こせるようにする（証明発行サーバを別のプロセスで動かす）"
    ),
]


class Pace(StrEnum):
    """How long things take."""

    REAL = "real"
    NONE = "none"


PaceOption = Annotated[
    Pace | None,
    typer.Option(
        "--pace",
        help="real：店舗と同じくらい時間をかける（推定）、none：待たない。画面があれば real、なければ none",
    ),
]
FullScreenOption = Annotated[bool, typer.Option("--full-screen", help="端末を全画面で表示する")]
LargeTextOption = Annotated[
    bool, typer.Option("--large-text", help="画面を、大きな文字で始める（利用する人が戻せる）")
]
HighContrastOption = Annotated[
    bool, typer.Option("--high-contrast", help="画面を、黒い背景で始める（利用する人が戻せる）")
]
VoiceOption = Annotated[bool, typer.Option("--voice", help="画面の案内文を音声でも知らせる")]
MonitorOption = Annotated[
    int | None, typer.Option("--monitor", help="全画面で表示する画面の番号（1 から数える）")
]
CLOCK = "時計：now（この機械の時刻）、now±秒、始める日時"


def stop(message: str, code: int = 2) -> NoReturn:
    print(f"{painted('konbini:', BAD, sys.stderr)} {printable(message)}", file=sys.stderr)
    raise typer.Exit(code)


def print_json(value: object) -> None:
    print(json.dumps(value, ensure_ascii=False, indent=1))


def terminal_columns() -> int | None:
    """How wide the terminal is that standard output goes to; None for a file or a pipe, where nothing is wrapped."""
    return shutil.get_terminal_size().columns if sys.stdout.isatty() else None


def print_table(rows: Sequence[tuple[str, ...]]) -> None:
    """For a terminal two columns, the text wrapped below itself and what stands between name and text behind it in brackets; for
    programs all columns with tabs between them."""
    from cards.columns import hung, padded, width

    columns = terminal_columns()
    if columns is None:
        print(*("\t".join(row) for row in rows), sep="\n")
        return
    first = min(max((width(row[0]) for row in rows), default=0) + 2, columns * 2 // 5)
    for name, *between, text in rows:
        told = text + "".join(f"［{one}］" for one in between)
        if width(name) + 1 > first:
            print(name)
            name = ""
        print(*hung(padded(name, first), told, columns), sep="\n")


def print_columns(rows: Sequence[Sequence[str]]) -> None:
    """For a terminal columns that line up, as wide as it is, cells wrapped within theirs; for programs tabs between them."""
    if terminal_columns() is None or not rows:
        print(*("\t".join(row).rstrip() for row in rows), sep="\n" if rows else "", end="\n" if rows else "")
        return
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, show_header=False, pad_edge=False)
    for _ in rows[0]:
        table.add_column(overflow="fold")
    for row in rows:
        table.add_row(*map(Text, row))
    Console(highlight=False, no_color=not coloured()).print(table)


_NAME_COLUMNS = 26


def beside(name: str, value: object) -> str:
    """A name with its value: lined up with others on a terminal, with a tab between them for programs."""
    from cards.columns import padded

    return f"{name}\t{value}" if terminal_columns() is None else f"{padded(name, _NAME_COLUMNS)}{value}"


NOW, STAGE = "now", "stage"
_OFFSET = re.compile(r"now([+-][0-9]{1,10}(?:\.[0-9]{1,6})?)")
_FIRST, _LAST = datetime(2000, 1, 1, tzinfo=JST), datetime(2100, 1, 1, tzinfo=JST)
_HOW = (
    "--clock には now（この機械の時刻）、now+秒、now-秒、"
    "または 2026-06-03T10:00 のような2000年から2099年の日時を指定してください。"
)


def clock_of(told: str) -> Clock:
    """`now`: the machine's own time; `now+SECONDS` or `now-SECONDS`: so far from it; `stage`: as every stage begins; or the
    time (ISO 8601, JST unless it says otherwise) to begin at. It runs on at the rate of real time. Raises WrongUse."""
    machine = Clock()
    if told == NOW:
        return machine
    if told == STAGE:
        return Clock(STAGE_START)
    if found := _OFFSET.fullmatch(told):
        try:
            moment = machine.now() + timedelta(seconds=float(found[1]))
        except OverflowError as error:
            raise WrongUse(_HOW) from error
    else:
        try:
            moment = datetime.fromisoformat(told)
        except ValueError as error:
            raise WrongUse(_HOW) from error
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=JST)
    if not _FIRST <= moment < _LAST:
        raise WrongUse(_HOW)
    return Clock(moment.astimezone(JST))


def as_option(clock: Clock) -> str:
    """What to give another process, whenever it starts, so that it shows the time that `clock` (running) shows."""
    ahead = (clock.now() - Clock().now()).total_seconds()
    return NOW if abs(ahead) < 0.05 else f"{NOW}{ahead:+.3f}"


_NO_SERVICE = (
    "PC/SC のサービスが動いていません。リーダをつなぎ、pcscd（Windows では Smart Card サービス）を開始してください"
    "（konbini card diagnose で調べられます）。"
)
_NO_READER = (
    "PC/SC のリーダがつながっていません。リーダをつないでください（konbini card diagnose で調べられます）。"
)


def reader_name(told: str) -> str:
    """`told`, if it is the name of a reader. Raises WrongUse."""
    from kiosk_app.card_slot import is_reader

    if not is_reader(told):
        raise WrongUse("--reader には virtual、pcsc または pcsc:リーダ名 を指定してください。")
    return told


def present_reader(told: str) -> str:
    """The user's own reader by its name, if it is there; `pcsc` is the first there is, `virtual` stays. Raises WrongUse."""
    from kiosk_app.card_slot import PCSC, VIRTUAL

    if reader_name(told) == VIRTUAL:
        return told
    try:
        from cards.readers.pcsc import reader_names

        names = reader_names()
    except (ImportError, CardError) as error:
        raise WrongUse(_NO_SERVICE) from error
    if not names:
        raise WrongUse(_NO_READER)
    wanted = told.removeprefix(PCSC).removeprefix(":")
    if not any(wanted in name for name in names):
        raise WrongUse(f"リーダ「{wanted}」はつながっていません。つながっているリーダ: {'、'.join(names)}。")
    return told if wanted else f"{PCSC}:{names[0]}"


def reader_for_run(told: str) -> str:
    """For scenarios `pcsc` is a private service of their own. Raises WrongUse where it lacks something."""
    from kiosk_app.card_slot import PCSC

    if reader_name(told) != PCSC:
        return present_reader(told)
    from cards.pcscd import PrivatePcscd

    if lacks := PrivatePcscd.missing():
        raise WrongUse(
            f"--reader pcsc に要る {'、'.join(lacks)} がありません。make setup を実行してください。"
        )
    return told
