"""The trace's file: whole, in order, and nobody who has something to tell waits for it."""

from __future__ import annotations

import json
import os
import threading
from pathlib import Path
from typing import Any

import pytest

from server_stub.interface.clock import STAGE_START, Clock
from server_stub.interface.trace import Trace


def events(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def test_every_event_of_every_thread_is_in_the_file_in_order(tmp_path: Path) -> None:
    trace = Trace(Clock(STAGE_START), process="many", folder=tmp_path)
    tellers = [
        threading.Thread(target=lambda n=n: [trace.emit("card", "told", teller=n, i=i) for i in range(200)])
        for n in range(4)
    ]
    for teller in tellers:
        teller.start()
    for teller in tellers:
        teller.join()
    trace.flush()
    found = events(tmp_path / "many.jsonl")
    assert [one["seq"] for one in found] == list(range(1, 801))
    for n in range(4):
        assert [one["data"]["i"] for one in found if one["data"]["teller"] == n] == list(range(200))
    trace.close()


def test_events_go_to_the_next_folder_once_it_is_opened_and_to_none_after_the_end(tmp_path: Path) -> None:
    trace = Trace(Clock(STAGE_START), process="p", folder=tmp_path / "first")
    trace.emit("card", "one")
    trace.open_folder(tmp_path / "second")
    trace.emit("card", "two")
    trace.open_folder(None)
    trace.emit("card", "three")
    assert [one["kind"] for one in events(tmp_path / "first" / "p.jsonl")] == ["one"]
    assert [one["kind"] for one in events(tmp_path / "second" / "p.jsonl")] == ["two"]


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs a named pipe")
def test_who_tells_something_never_waits_for_a_disk_that_stands_still(tmp_path: Path) -> None:
    """The file is a pipe that nobody empties, and more is told than it holds."""
    path = tmp_path / "slow.jsonl"
    os.mkfifo(path)
    reader = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
    trace = Trace(Clock(STAGE_START), process="slow", folder=tmp_path)
    teller = threading.Thread(
        target=lambda: [trace.emit("card", "told", text="x" * 1000) for _ in range(500)], daemon=True
    )
    teller.start()
    teller.join(20)
    stuck = teller.is_alive()
    # only now is it emptied
    os.set_blocking(reader, True)
    with os.fdopen(reader, encoding="utf-8") as emptied:
        closer = threading.Thread(target=trace.close)
        closer.start()
        lines = emptied.read().splitlines()
        closer.join()
    assert not stuck
    assert len(lines) == 500


@pytest.mark.expects_log("the trace is not written any more")
@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
def test_a_full_disk_stops_nobody_and_is_told_to_whoever_needs_the_file(tmp_path: Path) -> None:
    (tmp_path / "full.jsonl").symlink_to("/dev/full")
    trace = Trace(Clock(STAGE_START), process="full", folder=tmp_path)
    for _ in range(3):
        trace.emit("card", "told")
    with pytest.raises(OSError, match="No space"):
        trace.flush()
    with pytest.raises(OSError, match="No space"):
        trace.close()
    trace.emit("card", "told")
    trace.close()


def test_a_body_is_kept_once_and_before_the_event_that_names_it(tmp_path: Path) -> None:
    trace = Trace(Clock(STAGE_START), process="p", folder=tmp_path)
    name = trace.store(b"%PDF", ".pdf")
    assert trace.store(b"%PDF", ".pdf") == name
    trace.emit("paper", "sheet_printed", blob=name)
    trace.flush()
    assert [path.name for path in (tmp_path / "blobs").iterdir()] == [name]
    assert (tmp_path / "blobs" / name).read_bytes() == b"%PDF"
    trace.close()
    assert trace.store(b"%PDF", ".pdf") == ""


@pytest.mark.expects_log("the trace is not written any more")
def test_a_body_that_finds_no_room_stops_nobody(tmp_path: Path) -> None:
    trace = Trace(Clock(STAGE_START), process="p", folder=tmp_path)
    (tmp_path / "blobs").rmdir()
    (tmp_path / "blobs").write_text("where a folder should be")
    trace.store(b"%PDF", ".pdf")
    with pytest.raises(OSError):
        trace.close()
