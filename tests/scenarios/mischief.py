"""A pytest plugin for a run in another process: what goes wrong in a scenario, by its name. Each is planted where such a thing
would come from, after the scenario's first step."""

from __future__ import annotations

import importlib
import io
import logging
import time
from collections.abc import Callable
from typing import Any

import pytest
from PySide6.QtCore import QTimer
from reportlab.pdfgen.canvas import Canvas

from scenarios.steps.world import World
from scenarios.template import PIN, load_cards, template_folder
from scenarios.towns import load_towns

PERSON = "六甲翠"


def my_number() -> str:
    key = load_cards(template_folder())[f"{PERSON}のカード"].person
    return load_towns()[0].people()[key].my_number.reveal()


def stand_still(world: World, request: pytest.FixtureRequest) -> None:
    """The screen's own thread does something long."""
    QTimer.singleShot(0, lambda: time.sleep(0.25))
    begun = time.monotonic()
    world.terminal.wait_until(lambda: time.monotonic() - begun > 0.3, "the time did not pass")


def log(world: World, request: pytest.FixtureRequest) -> None:
    logging.getLogger("kiosk_app.somewhere").warning("something odd")


def leave_pin_in_trace(world: World, request: pytest.FixtureRequest) -> None:
    world.stage.trace.emit("network", "sent", method="POST", url="/v1", body=f"pin={PIN.reveal()}&x=1")


def print_number(world: World, request: pytest.FixtureRequest) -> None:
    print(f"個人番号は {my_number()} です")  # noqa: T201


def raise_number(world: World, request: pytest.FixtureRequest) -> None:
    raise AssertionError(f"{PERSON}: {my_number()[:4]} {my_number()[4:8]} {my_number()[8:]} is not ''")


def store_paper(world: World, request: pytest.FixtureRequest) -> None:
    body = io.BytesIO()
    canvas = Canvas(body, pageCompression=1)
    canvas.drawString(100, 700, my_number())
    canvas.save()
    world.stage.trace.store(body.getvalue(), ".pdf")


def fail_afterwards(world: World, request: pytest.FixtureRequest) -> None:
    def clean_up() -> None:
        raise OSError("the disk is gone")

    request.addfinalizer(clean_up)


def skip(world: World, request: pytest.FixtureRequest) -> None:
    pytest.skip("ここではできません")


MISCHIEF: dict[str, Callable[[World, pytest.FixtureRequest], None]] = {
    "画面が止まる": stand_still,
    "警告が出る": log,
    "暗証番号が記録に残る": leave_pin_in_trace,
    "個人番号が出力に残る": print_number,
    "個人番号が例外に残る": raise_number,
    "個人番号が紙で残る": store_paper,
    "後片付けに失敗する": fail_afterwards,
    "途中で飛ばす": skip,
}
UNDEFINED = "文が定義されていない"
GOOD = "何も起きない"


def pytest_bdd_before_step_call(request: pytest.FixtureRequest, scenario: Any, step: Any) -> None:
    if scenario.name in MISCHIEF and step is scenario.steps[-2]:
        MISCHIEF[scenario.name](request.getfixturevalue("world"), request)


def pytest_configure(config: pytest.Config) -> None:
    module: Any = importlib.import_module("pytest_bdd.scenario")  # the package has a function of that name
    found = module.get_step_function

    def find(request: pytest.FixtureRequest, step: Any) -> Any:
        unknown = UNDEFINED in request.node.name and "表示される" in step.name
        return None if unknown else found(request=request, step=step)

    module.get_step_function = find
