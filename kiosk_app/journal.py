"""What the terminal must remember across a power cut: fsynced intent/done records, one JSON line each.

A line is `{"sum": SHA-256 of the record's JSON, 16 hex digits, "record": {...}}`. A last line that is torn is what a
power cut leaves: it is cut off and named (`torn`). A broken line before others is damage and stops the terminal. A journal
that has grown long, and in which nothing is open, is put away at the next start under the first free `journal-N.jsonl`.
"""

from __future__ import annotations

import hashlib
import itertools
import json
import os
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from server_stub.interface.clock import Clock
from server_stub.interface.failures import Failed

LONG = 10_000
"""Records after which a journal is put away: some 700 visits."""


@dataclass(frozen=True, slots=True)
class Record:
    """`kind` is what happens and how far, for example `take_money.intent`, `print_sheet.done`, `application.begun`."""

    kind: str
    application_id: str
    at: str
    facts: dict[str, Any] = field(default_factory=dict)

    def to_line(self) -> str:
        record = {"kind": self.kind, "application": self.application_id, "at": self.at, **self.facts}
        return json.dumps({"sum": _sum(record), "record": record}, ensure_ascii=False) + "\n"

    @classmethod
    def from_line(cls, line: str) -> Record:
        """Raises ValueError or KeyError on anything that this module did not write."""
        outer = json.loads(line)
        facts = dict(outer["record"])
        if outer["sum"] != _sum(facts):
            raise ValueError("the sum does not match")
        return cls(str(facts.pop("kind")), str(facts.pop("application")), str(facts.pop("at")), facts)


def _sum(record: dict[str, Any]) -> str:
    text = json.dumps(record, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()[:16]


class Journal:
    """Append only. `append` returns when the record is on the disk. Safe from any thread."""

    def __init__(self, path: Path, clock: Clock, *, fsync: Callable[[int], None] = os.fsync) -> None:
        """Opens the journal, reads it, and begins another if it is LONG. Raises Failed(Journal_Damaged, line=...)."""
        self._clock = clock
        self._fsync = fsync
        self._lock = threading.Lock()
        path.parent.mkdir(parents=True, exist_ok=True)
        self.records: list[Record] = []
        self.torn = ""
        """What stood in a torn last line when the journal was opened, '' for none."""
        self.on_written: Callable[[Record], None] | None = None
        """Called after a record is on the disk, on the writing thread (the stage's power cut)."""
        self._open: dict[str, list[Record]] = {}
        whole = self._read(path)
        if len(self.records) >= LONG and not self._open and not self.torn:
            self._put_away(path)
            whole = 0
        self._file = path.open("r+b" if path.exists() else "w+b", buffering=0)
        self._file.truncate(whole)
        self._file.seek(whole)

    def append(self, kind: str, application_id: str, **facts: Any) -> Record:
        """Write one record. Facts are plain JSON data and never hold a person or a secret."""
        record = Record(kind, application_id, self._clock.now().isoformat(), facts)
        with self._lock:
            self._file.write(record.to_line().encode())
            self._fsync(self._file.fileno())
            self._keep(record)
        if self.on_written is not None:
            self.on_written(record)
        return record

    def open_applications(self) -> dict[str, list[Record]]:
        """The records of every application that was begun and not closed, in order."""
        with self._lock:
            return {application_id: list(records) for application_id, records in self._open.items()}

    def is_open(self, application_id: str) -> bool:
        with self._lock:
            return application_id in self._open

    def close(self) -> None:
        with self._lock:
            self._file.close()

    def _keep(self, record: Record) -> None:
        self.records.append(record)
        if record.kind == "application.begun":
            self._open[record.application_id] = [record]
        elif record.kind == "application.closed":
            self._open.pop(record.application_id, None)
        elif record.application_id in self._open:
            self._open[record.application_id].append(record)

    def _put_away(self, path: Path) -> None:
        numbers = itertools.count(1)
        free = (path.with_name(f"{path.stem}-{number}{path.suffix}") for number in numbers)
        path.rename(next(one for one in free if not one.exists()))
        self.records.clear()

    def _read(self, path: Path) -> int:
        """Fills `records` and `torn`; returns how many bytes hold whole records."""
        if not path.exists():
            return 0
        good = 0
        lines = path.read_bytes().splitlines(keepends=True)
        for number, line in enumerate(lines, start=1):
            try:
                if not line.endswith(b"\n"):
                    raise ValueError("the line has no end")
                self._keep(Record.from_line(line.decode()))
            except (ValueError, KeyError, TypeError) as error:
                if number < len(lines):
                    raise Failed("Journal_Damaged", file=path.name, line=number) from error
                self.torn = line.decode(errors="replace")
                break
            good += len(line)
        return good
