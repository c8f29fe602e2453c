"""The trace as it grows on the panel: merged, in people's words, filtered, bounded."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from string import Formatter
from typing import cast

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QFontMetrics
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from scenarios import trace_labels
from scenarios.panel import PanelWindow, theme, trace_box, trace_row
from scenarios.panel.parts import columns_for
from scenarios.panel.trace_box import ALL, MAIN, TraceModel
from scenarios.panel.trace_row import TraceTail
from scenarios.panel.words import is_notable, told
from server_stub.faults.box import KNOWN
from server_stub.interface.clock import STAGE_START, Clock
from server_stub.interface.trace import Event, Source, Trace
from tests.panel.helper import FakeClient


def event(number: int, source: Source = "money", kind: str = "coin_accepted", /, **data: object) -> Event:
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
    assert "金種：100" in panel.trace.detail.toPlainText()
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


def phrases() -> list[str]:
    """Every notable event in words, each fact by the longest that it can be."""
    made = []
    for (source, kind), words in trace_labels.events().items():
        facts: dict[str, object] = {}
        for _, name, lists, _ in Formatter().parse(words):
            known = [one for listed in (lists or "").split() for one in trace_labels.values(listed).items()]
            if name is not None:
                facts[name] = max(known, key=lambda one: len(one[1]))[0] if known else 10_000
        servers = trace_labels.SERVERS if source == trace_labels.ANY else (source,)
        events = [event(1, cast(Source, server), kind, **facts) for server in servers]
        made += [told(one) for one in events if is_notable(one)]
    return made


@pytest.mark.parametrize("size", [(420, 768), (712, 1080), (1024, 768)])
def test_every_phrase_is_read_whole_in_the_list(
    panel: PanelWindow, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch, size: tuple[int, int]
) -> None:
    texts = phrases()
    assert len(texts) > 60 and max(len(text) for text in texts) > 45
    table, model = panel.trace.table, panel.trace.model
    monkeypatch.setattr(trace_box, "told", lambda one: texts[one.seq])
    panel.trace.choice.setCurrentIndex(panel.trace.choice.findData(ALL))
    model.add([event(n) for n in range(10)])
    panel.resize(*size)
    qtbot.waitUntil(lambda: panel.columns.count == columns_for(size[0]))
    QApplication.processEvents()
    model.add([event(n) for n in range(10, len(texts))])
    room = table.columnWidth(trace_row.WORDS) - 2 * trace_row._SIDE
    assert room < size[0] - 150, "laid out for that width"
    assert table.columnWidth(trace_row.TIME) + table.columnWidth(trace_row.WORDS) <= table.viewport().width()
    letters = QFontMetrics(trace_row.letters())
    flags = Qt.TextFlag.TextWordWrap | Qt.TextFlag.TextWrapAnywhere
    for number, text in enumerate(texts):
        assert table.rowHeight(number) >= letters.boundingRect(0, 0, room, 9999, flags, text).height(), text
        layout = trace_row.wrapped(text, room)
        lines = [layout.lineAt(n) for n in range(layout.lineCount())]
        assert sum(line.textLength() for line in lines) == len(text)
        assert all(line.naturalTextWidth() <= room for line in lines), text
        assert layout.boundingRect().height() <= table.rowHeight(number), text
    small = QFontMetrics(theme.font(theme.SMALL))
    for source in ("00:00:00", *trace_labels.SOURCES.values()):
        assert small.horizontalAdvance(source) <= table.columnWidth(trace_row.TIME) - 2 * trace_row._SIDE


def test_the_newest_stays_in_sight_when_its_words_take_many_lines(
    panel: PanelWindow, client: FakeClient, qtbot: QtBot, tmp_path: Path
) -> None:
    client.folder = tmp_path
    trace = Trace(Clock(STAGE_START), process="kiosk", folder=tmp_path)
    for _ in range(30):
        trace.emit("issuing", "refused", failure="Card_Pin_Withheld")
    qtbot.waitUntil(lambda: panel.trace.shown.rowCount() == 30)
    table = panel.trace.table
    last = table.visualRect(panel.trace.shown.index(29, trace_row.WORDS))
    assert table.viewport().rect().contains(last)
    trace.close()
