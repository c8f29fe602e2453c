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
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from server_stub.interface.failures import Failed
from server_stub.interface.history import IssueExport

from .doors import Door
from .workbooks import MOST_ROWS, Cell, Workbook

_LOG = logging.getLogger(__name__)
MOST_KEPT = 8
"""Of the whole console: the oldest one that is over gives way."""
_WIDTHS = (20, 20, 26, 34, 6, 6, 14, 18, 24, 12, 20, 10, 18, 40, 30)


@dataclass
class Export:
    """One export: `written` of `rows`. `failed`: what it ended with too early."""

    municipality: str
    operator: int
    path: Path
    rows: int = 0
    written: int = 0
    is_done: bool = False
    failed: Failed | None = None

    @property
    def is_over(self) -> bool:
        return self.is_done or self.failed is not None

    @property
    def percent(self) -> int:
        return 100 * self.written // self.rows if self.rows else 0


class Exports:
    """All exports of a console. `close` takes their files away."""

    def __init__(self) -> None:
        self._folder: tempfile.TemporaryDirectory[str] | None = None
        self._found: dict[str, Export] = {}
        self._lock = threading.Lock()

    def start(
        self, door: Door, municipality: str, operator: int, query: Mapping[str, Any], lines: Sequence[str]
    ) -> str:
        """Begin to export issues of a municipality; `lines` stand above the table. Returns the export's key. Raises
        Failed(Console_Export_Busy) while too many are under way."""
        key = secrets.token_hex(16)
        with self._lock:
            if len(self._found) >= MOST_KEPT:
                over = next((name for name, one in self._found.items() if one.is_over), None)
                if over is None:
                    raise Failed("Console_Export_Busy")
                self._found.pop(over).path.unlink(missing_ok=True)
            if self._folder is None:
                self._folder = tempfile.TemporaryDirectory(prefix="console-exports-")
            export = Export(municipality, operator, Path(self._folder.name) / f"{key}.xlsx")
            self._found[key] = export
        asked = {"municipality": municipality, **query}
        threading.Thread(
            target=write_export, args=(export, door, asked, tuple(lines)), name="console-export", daemon=True
        ).start()
        return key

    def find(self, key: str, municipality: str, operator: int) -> Export:
        """Find an export of this operator in this municipality. Raises Failed(Console_Record_Unknown)."""
        export = self._found.get(key)
        if export is None or (export.municipality, export.operator) != (municipality, operator):
            raise Failed("Console_Record_Unknown")
        return export

    def close(self) -> None:
        with self._lock:
            if self._folder is not None:
                self._folder.cleanup()
            self._folder, self._found = None, {}


def write_export(export: Export, door: Door, query: dict[str, Any], lines: tuple[str, ...]) -> None:
    """Write the whole export, a row at a time; how it ended stands in `export`."""
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
        export.failed = failed
    except Exception:
        _LOG.exception("an export ended early")
        export.failed = Failed("Internal_Error")


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
