"""What several commands of `konbini` share: options, and the ways to answer."""

from __future__ import annotations

import json
import shutil
import sys
from collections.abc import Sequence
from typing import Annotated, NoReturn

import typer

TrustOption = Annotated[
    bool, typer.Option("--trust-test-hierarchy", help="登録した試験用カード（O=JPKI-TEST）を受け入れる")
]
JsonOption = Annotated[bool, typer.Option("--json", help="JSON で出力する")]
FullScreenOption = Annotated[bool, typer.Option("--full-screen", help="端末を全画面で表示する")]
MonitorOption = Annotated[
    int | None, typer.Option("--monitor", help="全画面で表示する画面の番号（1 から数える）")
]
CLOCK = "時計：now（この機械の時刻）、now±秒、始める日時"


def stop(message: str, code: int = 2) -> NoReturn:
    print(f"konbini: {message}", file=sys.stderr)
    raise typer.Exit(code)


def print_json(value: object) -> None:
    print(json.dumps(value, ensure_ascii=False, indent=1))


def terminal_columns() -> int | None:
    """How wide the terminal is that standard output goes to; None for a file or a pipe, where nothing is wrapped."""
    return shutil.get_terminal_size().columns if sys.stdout.isatty() else None


def print_table(rows: Sequence[tuple[str, str]]) -> None:
    """Two columns, aligned on a terminal, with a tab between them for programs."""
    from cards.columns import hung, padded, width

    columns = terminal_columns()
    first = max((width(name) for name, _text in rows), default=0) + 2
    for name, text in rows:
        if columns is None:
            print(f"{name}\t{text}")
        else:
            print(*hung(padded(name, first), text, columns), sep="\n")
