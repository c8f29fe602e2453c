"""One terminal a folder: what one has begun is never settled by another."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import QCoreApplication, QEvent

from kiosk_app.devices.simulated import simulated_devices
from kiosk_app.folder_lock import FolderLock
from kiosk_app.terminal import Terminal
from server_stub.interface.failures import Failed

from .world import RememberingWindow, World


def test_a_second_terminal_on_the_same_folder_does_not_begin(world: World) -> None:
    world.to_pay()
    world.drop(100)
    world.settled()
    journal = world.settings.data_dir / "journal.jsonl"
    before = journal.read_bytes()
    window = RememberingWindow()
    devices = simulated_devices(world.settings.device_dir, world.trace)
    second = Terminal(world.settings, world.clock, world.trace, devices, world.reader, window)
    with pytest.raises(Failed, match="Terminal_Folder_In_Use"):
        second.start()
    assert journal.read_bytes() == before
    assert devices.coin.state().inserted == 100, "the money of the first was given back"
    devices.shut_down()
    for one in (second, window):
        one.deleteLater()
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)


def test_the_next_terminal_begins_once_the_first_has_ended(tmp_path: Path) -> None:
    first = FolderLock(tmp_path / "data")
    with pytest.raises(Failed) as caught:
        FolderLock(tmp_path / "data")
    assert caught.value.facts["folder"] == str(tmp_path / "data")
    first.release()
    FolderLock(tmp_path / "data").release()
