"""The journal says what is on the disk: torn ends are named and cut off, damage stops the terminal, a full disk harms nothing."""

from __future__ import annotations

import errno
import json
import os
from pathlib import Path

import pytest

from kiosk_app import journal as journal_module
from kiosk_app.journal import Journal, Record
from server_stub.interface.clock import STAGE_START, Clock
from server_stub.interface.failures import Failed


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "data" / "journal.jsonl"
    journal = Journal(path, Clock(STAGE_START))
    journal.append("application.begun", "A", session="S", due=250, sheets=["A-1"])
    journal.append("take_money.intent", "A", due=250)
    journal.append("application.begun", "B", session="S", due=0, sheets=[])
    journal.append("application.closed", "B", outcome="")
    journal.close()
    return path


def test_what_was_written_is_read_back(path: Path) -> None:
    journal = Journal(path, Clock(STAGE_START))
    assert [r.kind for r in journal.open_applications()["A"]] == ["application.begun", "take_money.intent"]
    assert list(journal.open_applications()) == ["A"]
    assert journal.records[0].facts == {"previous": "", "records": 0, "charges": 0, "kept": 0}
    assert journal.records[1].facts == {"session": "S", "due": 250, "sheets": ["A-1"]}
    assert journal.torn == ""
    journal.close()


@pytest.mark.parametrize("keep", [1, 20, -1])
def test_a_torn_last_line_is_named_and_cut_off(path: Path, keep: int) -> None:
    whole = path.read_bytes()
    line = Record("take_money.done", "A", "", {}).to_line().encode()
    path.write_bytes(whole + line[:keep])
    journal = Journal(path, Clock(STAGE_START))
    assert journal.torn == line[:keep].decode()
    journal.append("give_back.intent", "A")
    journal.close()
    again = Journal(path, Clock(STAGE_START))
    assert [r.kind for r in again.records][-2:] == ["application.closed", "give_back.intent"]
    assert again.torn == ""
    again.close()


@pytest.mark.parametrize("number", [2, 3, 4, 5])
def test_a_changed_line_before_others_stops_the_terminal_and_is_named(path: Path, number: int) -> None:
    lines = path.read_text().splitlines(keepends=True)
    lines[number - 1] = lines[number - 1].replace('"A"', '"C"').replace('"B"', '"C"')
    path.write_text("".join(lines))
    with pytest.raises(Failed, match="Journal_Damaged") as caught:
        Journal(path, Clock(STAGE_START))
    assert caught.value.facts["line"] == number


@pytest.mark.parametrize("line", ["{}", "[1]", "null", '{"sum": 1, "record": {}}', "\x00\x00", "{"])
def test_whatever_else_stands_in_it_is_damage_not_a_crash(path: Path, line: str) -> None:
    text = path.read_text()
    path.write_text(line + "\n" + text)
    with pytest.raises(Failed, match="Journal_Damaged"):
        Journal(path, Clock(STAGE_START))


def test_a_record_is_on_the_disk_before_anybody_is_told(tmp_path: Path) -> None:
    path = tmp_path / "j"
    synced: list[bytes] = []
    journal = Journal(path, Clock(STAGE_START), fsync=lambda _: synced.append(path.read_bytes()))
    told: list[Record] = []
    journal.on_written = told.append
    journal.append("take_money.intent", "A", due=1)
    assert json.loads(synced[1].splitlines()[1])["record"]["kind"] == "take_money.intent"
    assert [r.kind for r in told] == ["take_money.intent"]
    journal.close()


# --- the chain ---------------------------------------------------------------------------------------------------------


def lines_of(path: Path) -> list[bytes]:
    return path.read_bytes().splitlines(keepends=True)


@pytest.mark.parametrize("number", [1, 2, 3, 4])
def test_a_line_that_is_gone_from_before_others_is_damage(path: Path, number: int) -> None:
    lines = lines_of(path)
    path.write_bytes(b"".join(lines[: number - 1] + lines[number:]))
    with pytest.raises(Failed, match="Journal_Damaged"):
        Journal(path, Clock(STAGE_START))


def test_the_only_line_left_is_no_beginning(path: Path) -> None:
    path.write_bytes(lines_of(path)[1])
    with pytest.raises(Failed, match="Journal_Damaged"):
        Journal(path, Clock(STAGE_START))


def test_two_lines_that_changed_places_are_damage(path: Path) -> None:
    one, two, three, four, five = lines_of(path)
    path.write_bytes(one + two + four + three + five)
    with pytest.raises(Failed, match="Journal_Damaged"):
        Journal(path, Clock(STAGE_START))


GARBAGE = {
    "a line without an end": b"x" * 70_000,
    "bytes": b"\xff\xfe" * 40,
    "a beginning without an end": b'{"sum": "' + b" " * 70_000,
    "a line of another": b'{"sum": "0", "record": {}}\n',
}


@pytest.mark.parametrize("what", GARBAGE)
@pytest.mark.parametrize("alone", [True, False])
def test_garbage_at_the_end_is_not_what_a_power_cut_leaves(path: Path, what: str, alone: bool) -> None:
    path.write_bytes((b"" if alone else path.read_bytes()) + GARBAGE[what])
    with pytest.raises(Failed, match="Journal_Damaged"):
        Journal(path, Clock(STAGE_START))


def test_what_the_disk_never_wrote_is_a_torn_end(path: Path) -> None:
    whole = path.read_bytes()
    path.write_bytes(whole + bytes(4096))
    journal = Journal(path, Clock(STAGE_START))
    assert journal.torn
    journal.close()
    assert path.read_bytes() == whole


def test_garbage_without_an_end_is_not_read_to_its_end(path: Path) -> None:
    """A file of 16 GiB with nothing in it: whoever read it whole would never come back."""
    with path.open("r+b") as file:
        file.write(b"x" * 70_000)
        file.truncate(1 << 34)
    with pytest.raises(Failed, match="Journal_Damaged"):
        Journal(path, Clock(STAGE_START))


# --- a full disk -----------------------------------------------------------------------------------------------------------


class FullDisk:
    """Has room for `room` bytes, takes what fits and says so by the count alone, as a disk does."""

    def __init__(self, room: int) -> None:
        self.room = room
        self._write = os.write

    def write(self, descriptor: int, data: bytes | memoryview) -> int:
        fits = data[: self.room]
        if not fits:
            raise OSError(errno.ENOSPC, "no space left on device")
        self.room -= len(fits)
        return self._write(descriptor, fits)


@pytest.mark.parametrize("room", [0, 1, 100, 130])
def test_a_full_disk_leaves_the_journal_as_it_was_and_is_named(
    path: Path, room: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    journal = Journal(path, Clock(STAGE_START))
    kinds = [r.kind for r in journal.records]
    with monkeypatch.context() as patch:
        patch.setattr(journal_module.os, "write", FullDisk(room).write)
        with pytest.raises(Failed, match="Journal_Not_Written"):
            journal.append("give_back.intent", "A")
        assert not journal.is_writable()
    assert [r.kind for r in journal.records] == kinds
    assert journal.is_writable()
    journal.append("give_back.done", "A", amount=0)
    journal.close()
    again = Journal(path, Clock(STAGE_START))
    assert [r.kind for r in again.records] == [*kinds, "give_back.done"]
    assert again.torn == ""
    again.close()


def test_nothing_of_a_long_record_that_failed_stands_behind_a_short_one(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    journal = Journal(path, Clock(STAGE_START))
    with monkeypatch.context() as patch:
        patch.setattr(journal_module.os, "write", FullDisk(900).write)
        with pytest.raises(Failed, match="Journal_Not_Written"):
            journal.append("give_back.intent", "A", sheets=["x" * 30] * 40)
    journal.append("give_back.done", "A")
    journal.close()
    again = Journal(path, Clock(STAGE_START))
    assert (again.records[-1].kind, again.torn) == ("give_back.done", "")
    again.close()


def test_a_record_that_comes_in_pieces_is_whole(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    journal = Journal(path, Clock(STAGE_START))
    write = os.write
    monkeypatch.setattr(journal_module.os, "write", lambda descriptor, data: write(descriptor, data[:7]))
    journal.append("give_back.intent", "A")
    journal.close()
    monkeypatch.undo()
    again = Journal(path, Clock(STAGE_START))
    assert again.records[-1].kind == "give_back.intent"
    again.close()


# --- put away -----------------------------------------------------------------------------------------------------------


def test_a_long_journal_with_nothing_open_is_put_away_whole_and_another_continues_it(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(journal_module, "LONG", 5)
    journal = Journal(path, Clock(STAGE_START))
    assert not journal.put_away(0, 0), "a journal with something open was put away"
    journal.append("application.closed", "A", outcome="", kept=250)
    whole = path.read_bytes()
    assert journal.put_away(1, 250)
    away = path.with_name("journal-1.jsonl")
    assert away.read_bytes().startswith(whole)
    last = json.loads(lines_of(away)[-1])
    (begun,) = journal.records
    assert begun.facts == {"previous": last["sum"], "records": 7, "charges": 1, "kept": 250}
    journal.append("application.begun", "C", session="S", due=0, sheets=[])
    assert journal.number == 9
    assert journal.earlier_knows("A-1") and not journal.earlier_knows("C-1")
    journal.close()
    again = Journal(path, Clock(STAGE_START))
    assert "C" in again.open_applications() and again.past == journal.past
    again.close()


@pytest.mark.parametrize("lost", ["the whole file", "all of it", "its only line", "not moved away yet"])
def test_one_that_is_lost_behind_one_put_away_continues_that(
    path: Path, lost: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also a power cut in the middle of the putting away."""
    monkeypatch.setattr(journal_module, "LONG", 1)
    journal = Journal(path, Clock(STAGE_START))
    journal.append("application.closed", "A", outcome="", kept=250)
    journal.put_away(1, 250)
    past = journal.past
    journal.close()
    if lost == "the whole file":
        path.unlink()
    elif lost == "all of it":
        path.write_bytes(b"")
    elif lost == "its only line":
        path.write_bytes(lines_of(path)[0][:40])
    else:
        path.with_name("journal-1.jsonl").replace(path)
    again = Journal(path, Clock(STAGE_START))
    assert again.past == past
    assert [r.kind for r in again.records] == ["journal.begun"]
    again.close()
