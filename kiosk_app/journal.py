"""What the terminal must remember across a power cut: fsynced records, one JSON line each, chained.

A line is `{"sum": SHA-256 over the sum of the line before and this record's JSON, 32 hex digits, "record": {...}}`. A
record is written whole or not at all. A last line that is torn is what a power cut leaves: it is cut off and named
(`torn`). Anything else that is no record in its place is damage and stops the terminal.

The first record of a journal, `journal.begun`, continues what came before: the last sum, how many records there were and
what the coin unit had charged by then. A journal that has grown long is put away under the first free `journal-N.jsonl`
and another begins; one that was emptied or removed is so never taken for a new one.
"""

from __future__ import annotations

import hashlib
import itertools
import json
import os
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO

from server_stub.interface.clock import Clock
from server_stub.interface.failures import Failed

LONG = 10_000
"""Records after which a journal is put away: some 500 visits."""
LONGEST_LINE = 65_536
"""Bytes; a record of this module is far shorter."""
BEGUN, PUT_AWAY, CLOSED = "journal.begun", "journal.put_away", "application.closed"
_HEAD = b'{"sum": "'
_SUM_DIGITS = 32


@dataclass(frozen=True, slots=True)
class Record:
    """`kind` is what happens and how far, for example `take_money.intent`, `print_sheet.done`, `application.begun`."""

    kind: str
    application_id: str
    at: str
    facts: dict[str, Any] = field(default_factory=dict)

    def to_line(self, before: str = "") -> str:
        """`before`: the sum of the line before, '' for the very first."""
        record = {"kind": self.kind, "application": self.application_id, "at": self.at, **self.facts}
        return json.dumps({"sum": _sum(before, record), "record": record}, ensure_ascii=False) + "\n"

    @classmethod
    def from_line(cls, line: str, before: str = "") -> Record:
        """Raises ValueError, KeyError or TypeError on anything that this module did not write behind `before`."""
        outer = json.loads(line)
        facts = dict(outer["record"])
        if outer["sum"] != _sum(before, facts):
            raise ValueError("the sum does not match")
        return cls(str(facts.pop("kind")), str(facts.pop("application")), str(facts.pop("at")), facts)


@dataclass(frozen=True, slots=True)
class Past:
    """What a journal continues: the last sum before it, the number of records before it, and what was charged by then,
    as number of applications and yen."""

    head: str = ""
    records: int = 0
    charges: int = 0
    kept: int = 0


def _sum(before: str, record: dict[str, Any]) -> str:
    text = json.dumps(record, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(f"{before}\n{text}".encode()).hexdigest()[:_SUM_DIGITS]


class Journal:
    """Append only. `append` returns when the record is on the disk. Safe from any thread."""

    def __init__(self, path: Path, clock: Clock, *, fsync: Callable[[int], None] = os.fsync) -> None:
        """Opens the journal and reads it; one that is not there begins, behind the last one that was put away.

        Raises Failed(Journal_Damaged, file=..., line=...), Failed(Journal_Not_Written) if it cannot begin."""
        self._path = path
        self._clock = clock
        self._fsync = fsync
        self._lock = threading.Lock()
        path.parent.mkdir(parents=True, exist_ok=True)
        self.records: list[Record] = []
        self.torn = ""
        """What stood in a torn last line when the journal was opened, '' for none."""
        self.on_written: Callable[[Record], None] | None = None
        """Called after a record is on the disk, on the writing thread (the stage's power cut)."""
        self.past = Past()
        self._open: dict[str, list[Record]] = {}
        self._failed = False
        self._head = ""
        self._end = self._read()
        if self.records and self.records[-1].kind == PUT_AWAY:
            self._move_away()
        self._descriptor = self._open_file()
        if not self.records:
            self._begin()

    # --- writing -------------------------------------------------------------------------------------------------------

    def append(self, kind: str, application_id: str, **facts: Any) -> Record:
        """Write one record. Facts are plain JSON data and never hold a person or a secret.

        Raises Failed(Journal_Not_Written); then nothing of it stays in the journal."""
        record = Record(kind, application_id, self._clock.now().isoformat(), facts)
        with self._lock:
            self._write(record)
        if self.on_written is not None:
            self.on_written(record)
        return record

    def _write(self, record: Record) -> None:
        line = record.to_line(self._head).encode()
        if len(line) > LONGEST_LINE:
            raise ValueError("a record that long could not be read again")
        try:
            self._cut_to(self._end)
            _write_all(self._descriptor, line, self._end)
            self._fsync(self._descriptor)
        except OSError as error:
            self._failed = True
            raise Failed("Journal_Not_Written", detail=type(error).__name__, number=error.errno) from error
        self._failed = False
        self._end += len(line)
        self._keep(record, line)

    def _cut_to(self, end: int) -> None:
        """Take away what a write that failed has left."""
        if self._failed:
            os.ftruncate(self._descriptor, end)

    def is_writable(self) -> bool:
        """Whether the next record would go in. Tries it only after a record that did not; what the try leaves in a power
        cut is a torn line."""
        with self._lock:
            if not self._failed:
                return True
            try:
                self._cut_to(self._end)
                _write_all(self._descriptor, _HEAD.ljust(4096, b" "), self._end)
                self._fsync(self._descriptor)
                os.ftruncate(self._descriptor, self._end)
            except OSError:
                return False
            self._failed = False
            return True

    def put_away(self, charges: int, kept: int) -> bool:
        """Begin another journal if this one is LONG and nothing is open in it; whether it did. `charges`, `kept`:
        applications charged in the coin unit's book up to now, and yen."""
        if len(self.records) < LONG or self._open:
            return False
        self.append(PUT_AWAY, "", charges=charges, kept=kept)
        with self._lock:
            os.close(self._descriptor)
            self._move_away()
            self._descriptor = self._open_file()
            self._begin()
        return True

    def _move_away(self) -> None:
        self._path.rename(next(one for one in self._earlier_names() if not one.exists()))
        self.records.clear()
        self._open.clear()
        self._end = 0

    def _begin(self) -> None:
        self.past = self._read_past()
        self._head = self.past.head
        past = self.past
        record = Record(
            BEGUN, "", self._clock.now().isoformat(),
            {"previous": past.head, "records": past.records, "charges": past.charges, "kept": past.kept},
        )  # fmt: skip
        self._write(record)

    def _open_file(self) -> int:
        descriptor = os.open(self._path, os.O_RDWR | os.O_CREAT | getattr(os, "O_BINARY", 0), 0o600)
        os.ftruncate(descriptor, self._end)
        return descriptor

    # --- looking -------------------------------------------------------------------------------------------------------

    @property
    def number(self) -> int:
        """Of the last record, counted from 1 over all journals of this terminal."""
        return self.past.records + len(self.records)

    def numbered(self) -> Iterator[tuple[int, Record]]:
        """The records of this journal with their numbers."""
        return enumerate(list(self.records), start=self.past.records + 1)

    def open_applications(self) -> dict[str, list[Record]]:
        """The records of every application that was begun and not closed, in order."""
        with self._lock:
            return {application_id: list(records) for application_id, records in self._open.items()}

    def open_count(self) -> int:
        """How many applications are open; never waits for the disk."""
        return len(self._open)

    def of(self, application_id: str) -> list[Record]:
        """The records of an open application; none for any other."""
        with self._lock:
            return list(self._open.get(application_id, ()))

    def earlier_knows(self, text: str) -> bool:
        """Whether a journal that was put away names `text`. Reads them all: for what is odd, not for every day."""
        for path in self._earlier():
            with path.open("rb") as file:
                if any(text.encode() in line for line in _lines(file)):
                    return True
        return False

    def close(self) -> None:
        with self._lock:
            if self._descriptor >= 0:
                os.close(self._descriptor)
            self._descriptor = -1

    # --- reading -------------------------------------------------------------------------------------------------------

    def _keep(self, record: Record, line: bytes) -> None:
        self._head = _sum_of(line)
        self.records.append(record)
        if record.kind == "application.begun":
            self._open[record.application_id] = [record]
        elif record.kind == CLOSED:
            self._open.pop(record.application_id, None)
        elif record.application_id in self._open:
            self._open[record.application_id].append(record)

    def _read(self) -> int:
        """Fills `records` and `torn`; returns how many bytes hold whole records."""
        if not self._path.exists():
            return 0
        good = 0
        with self._path.open("rb") as file:
            lines = _lines(file)
            for number, line in enumerate(lines, start=1):
                try:
                    record = _parse(line, self._head if number > 1 else None)
                    if (number == 1) != (record.kind == BEGUN):
                        raise ValueError("a journal has one beginning")
                except (ValueError, KeyError, TypeError) as error:
                    if next(lines, None) is not None or not _may_be_torn(line):
                        raise Failed("Journal_Damaged", file=self._path.name, line=number) from error
                    self.torn = line.decode(errors="replace")
                    break
                if number == 1:
                    self.past = _past_of(record)
                self._keep(record, line)
                good += len(line)
        return good

    def _read_past(self) -> Past:
        """What the last journal that was put away says of itself at its end. Raises Failed(Journal_Damaged)."""
        earlier = self._earlier()
        if not earlier:
            return Past()
        last = earlier[-1]
        head, count, before, record = "", 0, 0, None
        with last.open("rb") as file:
            for count, line in enumerate(_lines(file), start=1):
                try:
                    record = _parse(line, head if count > 1 else None)
                    if count == 1:
                        before = _past_of(record).records
                except (ValueError, KeyError, TypeError) as error:
                    raise Failed("Journal_Damaged", file=last.name, line=count) from error
                head = _sum_of(line)
        if record is None or record.kind != PUT_AWAY:
            raise Failed("Journal_Damaged", file=last.name, line=count)
        return Past(head, before + count, int(record.facts["charges"]), int(record.facts["kept"]))

    def _earlier(self) -> list[Path]:
        return list(itertools.takewhile(Path.exists, self._earlier_names()))

    def _earlier_names(self) -> Iterator[Path]:
        for number in itertools.count(1):
            yield self._path.with_name(f"{self._path.stem}-{number}{self._path.suffix}")


def _write_all(descriptor: int, data: bytes, at: int) -> None:
    """A disk that has only room for a part of it takes a part of it, and says so by the count alone."""
    os.lseek(descriptor, at, os.SEEK_SET)
    left = memoryview(data)
    while left:
        left = left[os.write(descriptor, left) :]


def _lines(file: BinaryIO) -> Iterator[bytes]:
    """Line by line; of one that is too long only so much that it is seen."""
    while line := file.readline(LONGEST_LINE + 1):
        yield line


def _parse(line: bytes, before: str | None) -> Record:
    """`before` None: the first line, which says itself what came before."""
    if not line.endswith(b"\n"):
        raise ValueError("the line has no end")
    text = line.decode()
    if before is None:
        before = str(json.loads(text)["record"]["previous"])
    return Record.from_line(text, before)


def _past_of(record: Record) -> Past:
    told = record.facts
    return Past(str(told["previous"]), int(told["records"]), int(told["charges"]), int(told["kept"]))


def _sum_of(line: bytes) -> str:
    return line[len(_HEAD) : len(_HEAD) + _SUM_DIGITS].decode()


def _may_be_torn(line: bytes) -> bool:
    """What a power cut can leave of a record: its beginning, or a piece of the disk that was never written. A line that is
    whole and does not belong here is damage."""
    if len(line) > LONGEST_LINE or not (line.startswith(_HEAD[: len(line)]) or not line.strip(b"\0")):
        return False
    if not line.endswith(b"\n"):
        return True
    try:
        json.loads(line)
    except ValueError:
        return True
    return False
