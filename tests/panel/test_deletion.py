"""What Qt made for a panel goes with the panel, on the GUI thread."""

from __future__ import annotations

import gc

import pytest
from PySide6.QtCore import QCoreApplication, QEvent, QObject
from PySide6.QtWidgets import QApplication, QStyle
from shiboken6 import isValid

from scenarios.panel import PanelWindow
from tests.panel.helper import FakeClient


@pytest.mark.parametrize("readers", [(), ("Reader A",)])
def test_a_panel_leaves_nothing_of_qt_to_the_garbage_collector(
    qapp: QApplication, client: FakeClient, readers: tuple[str, ...]
) -> None:
    """The collector runs on any thread, and a widget that is deleted off the GUI thread takes the process with it."""
    client.reader_names = readers
    before = living()
    panel = PanelWindow(client)
    panel.show()
    assert len(living()) > len(before)
    panel.close()
    panel.deleteLater()
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
    assert [type(one).__name__ for one in living().values() if id(one) not in before] == []


def living() -> dict[int, QObject]:
    """Everything of Qt that Python knows of and that was not deleted yet, by its id. Styles are the application's: Qt shares
    them, and no collector ever deletes one."""
    return {
        id(one): one
        for one in gc.get_objects()
        if issubclass(type(one), QObject) and not issubclass(type(one), QStyle) and isValid(one)
    }
