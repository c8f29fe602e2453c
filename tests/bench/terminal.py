"""The terminal: one whole scenario, the evidence of a step, the first screen from a cold start."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from scenarios.evidence import write_evidence
from scenarios.stage import Stage
from scenarios.steps.world import World
from scenarios.verdict import PASSED, Verdict
from server_stub.interface.clock import STAGE_START, Clock, real_monotonic_ns

from .certificate import Certificates
from .measure import CARD, Measurement, in_turn
from .server import BareServer

VISITS, STARTS, PAGES = 12, 7, 5
REQUESTS = 16
"""HTTP requests of one visit, inside the servers included: the yardstick makes as many bare ones."""
VISIT_REACH_MS, STEP_REACH_MS = 600.0, 100.0
BARE_WINDOW = """
import sys
from PySide6.QtCore import QEvent, QObject, QTimer
from PySide6.QtWidgets import QApplication, QLabel
class First(QObject):
    def eventFilter(self, watched, event):
        if event.type() == QEvent.Type.Paint:
            QTimer.singleShot(0, QApplication.quit)
        return False
application = QApplication(sys.argv)
label = QLabel("label")
first = First()
label.installEventFilter(first)
label.show()
application.exec()
"""


def measure() -> dict[str, Measurement]:
    """visit (GUI, HTTP, PDF, evidence off), evidence_step, first_screen; milliseconds."""
    with tempfile.TemporaryDirectory(prefix="konbini-bench-") as temporary:
        folder = Path(temporary)
        return {**_visits(folder), "first_screen": _first_screen(folder)}


def visit(world: World) -> None:
    """One person, 住民票, one copy, exact money: from the top menu to the thanks."""
    world.terminal.wait_for("TopMenu")
    world.identify(CARD)
    world.choose("世帯全員", 1)
    world.apply()
    world.drop(250)
    world.take_paper()
    world.terminal.touch("印刷しない")
    world.terminal.wait_for("Thanks", "TopMenu")


def _visits(folder: Path) -> dict[str, Measurement]:
    bare = BareServer(folder)
    certificates = Certificates()
    with Stage(separate=True) as stage:

        def whole_scenario() -> None:
            stage.reset()
            visit(World(stage, stage.start_kiosk()))

        def yardstick() -> None:
            certificates.finish()
            for _ in range(REQUESTS):
                bare.post()

        measured = in_turn(whole_scenario, yardstick, rounds=VISITS, reach=0)
        reach = VISIT_REACH_MS / measured.yardstick
        visit_time = Measurement(measured.value, measured.yardstick, "ms", reach)
        step_time = _evidence(stage, folder)
    bare.close()
    return {"visit": visit_time, "evidence_step": step_time}


def _evidence(stage: Stage, folder: Path) -> Measurement:
    """What evidence adds to a step: its picture when it happens, its part of the page afterwards."""
    trace_folder = folder / "trace"
    stage.reset("測定", trace_folder)
    world = World(stage, stage.start_kiosk())
    emit = stage.trace.emit
    emit("scenario", "scenario_started", name="測定", feature="測定", tags=[])
    spent, steps = 0.0, 0
    kept: list[bytes] = []

    def picture() -> None:
        nonlocal spent, steps
        begun = real_monotonic_ns()
        steps += 1
        emit("scenario", "step_started", keyword="もし", sentence=f"手順{steps}", index=steps)
        kept.append(world.terminal.picture())
        name = stage.trace.store(kept[-1], ".png")
        emit("scenario", "step_ended", index=steps, status="passed", picture=name, error="")
        spent += (real_monotonic_ns() - begun) / 1e6

    for part in (
        lambda: world.terminal.wait_for("TopMenu"),
        lambda: world.identify(CARD),
        lambda: world.choose("世帯全員", 1),
        world.apply,
        lambda: world.drop(250),
        world.take_paper,
    ):
        part()
        picture()
    emit("scenario", "scenario_ended")
    stage.close_trace()
    papers, verdict = stage.printed_papers(), Verdict("測定", "測定", "", "", 0, PASSED)

    def copied() -> None:
        shutil.copytree(trace_folder, folder / "bodies", dirs_exist_ok=True)
        for paper in papers:
            shutil.copy(paper, folder / "bodies")

    page = in_turn(
        lambda: write_evidence(trace_folder, folder / "evidence.html", verdict, papers=papers),
        copied,  # the yardstick: the same pictures and papers, read and written once more
        rounds=PAGES,
        reach=0,
    )
    value = (spent + page.value) / steps
    return Measurement(value, page.yardstick, "ms", STEP_REACH_MS / page.yardstick)


def _first_screen(folder: Path) -> Measurement:
    settings = folder / "kiosk.json"
    told = {
        "center_url": "http://127.0.0.1:9",
        "terminal_id": "BENCH",
        "terminal_key": "x" * 48,
        "center_key": "0" * 64,
        "folder": str(folder / "kiosk"),
        "clock": Clock(STAGE_START).setting.to_json(),
    }
    settings.write_text(json.dumps(told), encoding="utf-8")
    environment = {**os.environ, "QT_QPA_PLATFORM": "offscreen"}

    def run(*arguments: str) -> None:
        subprocess.run([sys.executable, *arguments], env=environment, check=True, timeout=60)

    return in_turn(
        lambda: run("-m", "kiosk_app.main", "--settings", str(settings), "--until-first-paint"),
        lambda: run("-c", BARE_WINDOW),
        rounds=STARTS,
        reach=3.0,
    )
