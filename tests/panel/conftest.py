"""The panel over a stage that only remembers."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from pytestqt.qtbot import QtBot

from scenarios.panel import PanelWindow
from tests.panel.helper import FakeClient


@pytest.fixture
def client() -> FakeClient:
    return FakeClient()


@pytest.fixture
def panel(qtbot: QtBot, client: FakeClient) -> Iterator[PanelWindow]:
    made = PanelWindow(client)
    qtbot.addWidget(made)
    made.show()
    yield made
    made.close()
