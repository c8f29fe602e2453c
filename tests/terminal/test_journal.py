"""The journal says what is on the disk: torn ends are named and cut off, damage stops the terminal."""

from __future__ import annotations

import json
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
    assert journal.records[0].facts == {"session": "S", "due": 250, "sheets": ["A-1"]}
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


@pytest.mark.parametrize("number", [1, 2, 3])
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
    assert json.loads(synced[0])["record"]["kind"] == "take_money.intent"
    assert [r.kind for r in told] == ["take_money.intent"]
    journal.close()


def test_a_long_journal_with_nothing_open_is_put_away_whole_and_another_begun(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(journal_module, "LONG", 4)
    still_open = Journal(path, Clock(STAGE_START))
    assert len(still_open.records) == 4, "a journal with something open was put away"
    still_open.append("application.closed", "A", outcome="")
    still_open.close()
    whole = path.read_bytes()
    for number in (1, 2):
        journal = Journal(path, Clock(STAGE_START))
        assert journal.records == []
        assert path.with_name(f"journal-{number}.jsonl").read_bytes() == whole
        journal.append("application.begun", "C", session="S", due=0, sheets=[])
        assert journal.is_open("C")
        journal.close()
        path.write_bytes(whole)
