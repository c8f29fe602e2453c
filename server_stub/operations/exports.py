"""Exports that take long: a thread writes the file row by row, as the door gives them; a page tells how far it is.

Memory does not grow with what is written, and no answer waits. An export belongs to who began it, and goes with the console.
"""

from __future__ import annotations

import itertools
import json
import logging
import secrets
import tempfile
import threading
import weakref
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from server_stub.interface.failures import Failed
from server_stub.interface.history import IssueExport

from .doors import Door
from .web import Console, Visit, sentence
from .workbooks import MOST_ROWS, Cell, Workbook

_LOG = logging.getLogger(__name__)
MOST_KEPT = 8
"""Of the whole console: the oldest one that is over gives way."""
_WIDTHS = (20, 20, 26, 34, 6, 6, 14, 18, 24, 12, 20, 10, 18, 40, 30)


@dataclass
class Export:
    """One export: `written` of `rows`. `problem`: the sentence that it failed with."""

    owner: str
    municipality: str
    operator: int
    path: Path
    rows: int = 0
    written: int = 0
    is_done: bool = False
    problem: str = ""

    @property
    def is_over(self) -> bool:
        return self.is_done or bool(self.problem)

    @property
    def percent(self) -> int:
        return 100 * self.written // self.rows if self.rows else 0


@dataclass
class _Exports:
    folder: tempfile.TemporaryDirectory[str] = field(
        default_factory=lambda: tempfile.TemporaryDirectory(prefix="console-exports-")
    )
    found: dict[str, Export] = field(default_factory=dict)
    lock: threading.Lock = field(default_factory=threading.Lock)


_of_console: weakref.WeakKeyDictionary[Console, _Exports] = weakref.WeakKeyDictionary()
_first = threading.Lock()


def _exports(visit: Visit) -> _Exports:
    with _first:
        return _of_console.setdefault(visit.console, _Exports())


def start_export(visit: Visit, query: dict[str, Any]) -> str:
    """Begin to export issues. Returns the export's key. Raises Failed(Console_Export_Busy) while too many are under way."""
    exports = _exports(visit)
    key = secrets.token_hex(16)
    export = Export(
        visit.owner, visit.municipality, visit.operator.number, Path(exports.folder.name) / f"{key}.xlsx"
    )
    with exports.lock:
        if len(exports.found) >= MOST_KEPT:
            over = next((name for name, one in exports.found.items() if one.is_over), None)
            if over is None:
                raise Failed("Console_Export_Busy")
            exports.found.pop(over).path.unlink(missing_ok=True)
        exports.found[key] = export
    lines = (
        f"{visit.municipality_name}　証明書の発行履歴",
        f"作成：{visit.now:%Y-%m-%d %H:%M}　{visit.operator.department}　{visit.operator.name}",
        "1行が証明書1通です。手数料は申請ごとの額を、その申請の1通目の行に記載しています。",
    )
    asked = {"municipality": visit.municipality, **query}
    threading.Thread(
        target=_write, args=(export, visit.issuing, asked, lines), name="console-export", daemon=True
    ).start()
    return key


def export_of(visit: Visit, key: str) -> Export:
    """Find an export of this operator in this municipality. Raises Failed(Console_Record_Unknown)."""
    export = _exports(visit).found.get(key)
    if export is None or (export.operator, export.municipality) != (
        visit.operator.number,
        visit.municipality,
    ):
        raise Failed("Console_Record_Unknown")
    return export


def _write(export: Export, door: Door, query: dict[str, Any], lines: tuple[str, ...]) -> None:
    try:
        with door.stream("issues.jsonl", **query) as pieces:
            told = _lines(pieces)
            head = IssueExport.model_validate_json(next(told))
            export.rows = head.rows
            book = Workbook(export.path)
            sample = query.get("sample") == "true"
            rows = _counted(export, told)
            number = 1
            while number == 1 or export.written < head.rows:  # no sheet has more rows than MOST_ROWS
                name = "発行履歴" if number == 1 else f"発行履歴（{number}）"
                part = itertools.islice(rows, MOST_ROWS)
                if book.sheet(name, lines, head.columns, part, widths=_WIDTHS, sample=sample) < MOST_ROWS:
                    break
                number += 1
            book.close()
        export.is_done = True
    except Failed as failed:
        export.problem = sentence(failed)
    except Exception:
        _LOG.exception("an export ended early")
        export.problem = (
            "書き出しを完了できませんでした。もう一度操作しても続くときは、事業者に連絡してください。"
        )


def _counted(export: Export, lines: Iterator[bytes]) -> Iterator[tuple[Cell, ...]]:
    for line in lines:
        export.written += 1
        yield tuple(json.loads(line))


def _lines(pieces: Iterator[bytes]) -> Iterator[bytes]:
    rest = b""
    for piece in pieces:
        *whole, rest = (rest + piece).split(b"\n")
        yield from whole
    if rest:
        yield rest
