"""A plugin for `konbini run` in tests: in the scenarios of these names the world outside breaks in, before the last step."""

from __future__ import annotations

import os
import signal
from typing import Any

import pytest

CTRL_C, TERMINAL_GONE, SERVERS_GONE = "途中で止められる", "端末が強制終了する", "サーバが強制終了する"


def pytest_bdd_before_step_call(request: pytest.FixtureRequest, scenario: Any, step: Any) -> None:
    if step is not scenario.steps[-1]:
        return
    stage = request.getfixturevalue("world").stage
    if scenario.name == CTRL_C:  # as a terminal sends it: to the whole group
        os.killpg(os.getpgrp(), signal.SIGINT)
    elif scenario.name == TERMINAL_GONE:
        stage.kiosk._process.kill()
        stage.kiosk._process.wait()
    elif scenario.name == SERVERS_GONE:
        stage.servers._process.kill()
        stage.servers._process.wait()
