"""The trace as it grows on the panel: merged, in people's words, filtered, bounded."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from scenarios.panel import PanelWindow, trace_box
from scenarios.panel.tail import TraceTail
from scenarios.panel.trace_box import ALL, MAIN, TraceModel
from scenarios.panel.words import told
from server_stub.faults.box import KNOWN
from server_stub.interface.clock import STAGE_START, Clock
from server_stub.interface.trace import Event, Source, Trace
from tests.panel.helper import FakeClient


def event(number: int, source: Source = "money", kind: str = "coin_accepted", **data: object) -> Event:
    clock = STAGE_START.isoformat(timespec="milliseconds")
    data = data or {"denomination": 100, "inserted": 100 * number}
    return Event("r", "p", "", "", number, number * 1000, clock, source, kind, "", dict(data))


def shown(panel: PanelWindow) -> list[str]:
    table = panel.trace.shown
    return [str(table.index(n, 2).data()) for n in range(table.rowCount())]


def test_tail_merges_the_files_of_all_processes_by_time(tmp_path: Path) -> None:
    tail = TraceTail()
    assert tail.read(tmp_path) is None, "a new folder begins anew"
    kiosk, servers = tmp_path / "kiosk.jsonl", tmp_path / "servers.jsonl"
    kiosk.write_text(event(1).to_line() + "\n" + event(4).to_line() + "\n", encoding="utf-8")
    servers.write_text(event(2).to_line() + "\n" + event(3).to_line() + "\n", encoding="utf-8")
    assert [e.seq for e in tail.read(tmp_path) or []] == [1, 2, 3, 4]
    assert tail.read(tmp_path) == []
    with servers.open("a", encoding="utf-8") as file:
        file.write(event(5).to_line() + "\n")
    assert [e.seq for e in tail.read(tmp_path) or []] == [5]


def test_tail_waits_for_the_end_of_a_line_and_leaves_broken_ones_out(tmp_path: Path) -> None:
    tail = TraceTail()
    tail.read(tmp_path)
    file = tmp_path / "kiosk.jsonl"
    line = (event(1, "screen", "screen", name="払").to_line() + "\n").encode()
    file.write_bytes(b'{"broken\n' + line[:-20])
    assert tail.read(tmp_path) == []
    file.write_bytes(
        b'{"broken\n' + line + b"[1]\n" + json.dumps(asdict(event(2)) | {"data": 1}).encode() + b"\n"
    )
    assert [e.data for e in tail.read(tmp_path) or []] == [{"name": "払"}]


def test_tail_begins_anew_with_files_that_were_begun_anew(tmp_path: Path) -> None:
    tail = TraceTail()
    tail.read(tmp_path)
    file = tmp_path / "kiosk.jsonl"
    file.write_text(f"{event(1).to_line()}\n{event(2).to_line()}\n", encoding="utf-8")
    assert len(tail.read(tmp_path) or []) == 2
    file.write_text(f"{event(3).to_line()}\n", encoding="utf-8")
    assert tail.read(tmp_path) is None
    assert [e.seq for e in tail.read(tmp_path) or []] == [3]


def test_panel_tells_what_happens_while_it_happens(
    panel: PanelWindow, client: FakeClient, qtbot: QtBot, tmp_path: Path
) -> None:
    client.folder = tmp_path
    trace = Trace(Clock(STAGE_START), process="kiosk", folder=tmp_path)
    trace.emit("money", "coin_accepted", denomination=100, inserted=100)
    qtbot.waitUntil(lambda: shown(panel) == ["100円が入った（投入 100円）"])
    trace.emit("paper", "jammed", sheet_id="X")
    qtbot.waitUntil(lambda: shown(panel)[1:] == ["紙が詰まった"])
    index = panel.trace.shown.index(1, 0)
    assert str(index.data()) == "10:00:00" and str(index.siblingAtColumn(1).data()) == "用紙"
    panel.trace.table.selectRow(0)
    assert "金種：100" in panel.trace.detail.text()
    trace.close()


def test_another_run_of_the_stage_replaces_the_list(
    panel: PanelWindow, client: FakeClient, qtbot: QtBot, tmp_path: Path
) -> None:
    for name, amount in (("one", 250), ("two", 300)):
        client.folder = tmp_path / name
        trace = Trace(Clock(STAGE_START), process="kiosk", folder=client.folder)
        trace.emit("money", "given_back", amount=amount)
        trace.close()
        qtbot.waitUntil(lambda amount=amount: shown(panel) == [f"{amount}円を返却した"])


def test_a_reset_begins_the_list_anew_even_with_files_of_the_same_name_and_length(
    panel: PanelWindow, client: FakeClient, qtbot: QtBot, tmp_path: Path
) -> None:
    client.folder = tmp_path
    file = tmp_path / "kiosk.jsonl"
    file.write_text(event(1).to_line() + "\n", encoding="utf-8")
    qtbot.waitUntil(lambda: [e.seq for e in panel.trace.model.events] == [1])
    file.write_text(event(2).to_line() + "\n", encoding="utf-8")
    panel.reset.click()
    assert [e.seq for e in panel.trace.model.events] == [2]


def test_source_is_chosen_and_the_daily_grind_is_hidden_at_first(panel: PanelWindow) -> None:
    panel.trace.model.add([
        event(1),
        event(2, "card", "command", name="READ BINARY"),
        event(3, "card", "command", name="VERIFY"),
        event(4, "network", "request", method="POST", path="/v1/sessions"),
        event(5, "screen", "transition", state="A", event="B", target="C", condition=""),
    ])  # fmt: skip
    counts = {}
    for number in range(panel.trace.choice.count()):
        panel.trace.choice.setCurrentIndex(number)
        counts[panel.trace.choice.currentData()] = panel.trace.shown.rowCount()
    assert counts[MAIN] == 2 and counts[ALL] == 5
    assert (counts["card"], counts["money"], counts["network"], counts["paper"]) == (2, 1, 1, 0)


def test_list_is_bounded_and_keeps_the_newest(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(trace_box, "LIMIT", 50)
    model = TraceModel()
    for start in range(0, 200, 20):
        model.add([event(n) for n in range(start, start + 20)])
    assert [e.seq for e in model.events] == list(range(150, 200))


def test_a_process_that_writes_late_is_put_where_it_belongs() -> None:
    model = TraceModel()
    model.add([event(1), event(5)])
    model.add([event(3)])
    assert [e.seq for e in model.events] == [1, 3, 5]


def test_an_event_that_tells_less_than_its_words_need_is_shown_all_the_same() -> None:
    assert told(event(1, "money", "taken", due=250, change=0)) == "手数料 250円を収納した（おつり 0円）"
    assert told(event(1, "money", "taken", amount=1)) == "taken"
    assert told(event(1, "fault", "on", name="center.down")) == f"起こした障害：{KNOWN['center.down']}"
    assert told(event(1, "screen", "screen", name="Pay")) == "画面が「お支払い」になった"
