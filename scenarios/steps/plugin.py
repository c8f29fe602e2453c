"""The pytest plugin of the scenarios: the stage per worker, a fresh world per scenario, and the evidence of each step."""

from __future__ import annotations

import gc
import re
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from kiosk_app.card_slot import PCSC, VIRTUAL
from kiosk_app.heartbeat import LIMIT_MS
from scenarios.evidence import write_evidence
from scenarios.stage import Stage
from server_stub.interface.failures import Failed

from . import sentences
from .passing import keep_screen
from .world import World

pytest_plugins = [f"scenarios.steps.{name}" for name in ("tags", *sentences.MODULES)]


class _Needed(NamedTuple):
    """The reader that a tagged scenario needs, and why."""

    reader: str
    reason: str


_READER_TAGS = {
    "PCSC": _Needed(PCSC, "PC/SC のサービスを通した動きを見る場面です（--reader pcsc で実行します）"),
    "直結": _Needed(VIRTUAL, "PC/SC のサービスを通すと起こせない場面です（--reader virtual で実行します）"),
}


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("konbini")
    group.addoption("--konbini-evidence", default="", help="folder for the evidence of every scenario")
    group.addoption("--konbini-reader", default=VIRTUAL, help="virtual, pcsc, pcsc:NAME")
    group.addoption("--konbini-trust-test-hierarchy", action="store_true", help="admit enrolled test cards")
    group.addoption("--konbini-headed", action="store_true", help="show the terminal's window")


def pytest_configure(config: pytest.Config) -> None:
    for tag, reader in _READER_TAGS.items():
        config.addinivalue_line("markers", f"{tag}: {reader.reason}")


@pytest.fixture(scope="session")
def stage(request: pytest.FixtureRequest) -> Iterator[Stage]:
    """Servers, cards and devices of this worker."""
    # servers in a process of their own: the terminal's thread shares its interpreter with nobody it would not share it with
    option = request.config.getoption
    with Stage(
        separate=True,
        reader=option("--konbini-reader"),
        trust_test_hierarchy=option("--konbini-trust-test-hierarchy"),
    ) as made:
        if made.hands is not None:
            made.hands.ask = _Prompt(request.config)
        yield made


class _Prompt:
    """Tells a person something on standard output, past pytest's capturing."""

    def __init__(self, config: pytest.Config) -> None:
        self._capture = config.pluginmanager.getplugin("capturemanager")

    def __call__(self, sentence: str) -> None:
        with self._capture.global_and_fixture_disabled():
            print(sentence, flush=True)  # noqa: T201


_NOT_HERE = frozenset({"Control_Not_Offered", "Card_Not_Enrolled"})
"""What a scenario needs and this reader does not have."""


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call() -> Iterator[None]:
    """On the tester's own reader, a scenario that needs a card nobody has is skipped by name."""
    try:
        return (yield)
    except Failed as failed:
        if failed.failure in _NOT_HERE:
            pytest.skip(f"{failed.failure}: {failed.entry.cause}")
        raise


class Recorder:
    """Keeps the trace of one scenario, and makes its evidence: always on request, and always after a failure."""

    def __init__(self, config: pytest.Config, name: str) -> None:
        asked = config.getoption("--konbini-evidence")
        self.wanted = bool(asked)
        self.target = Path(asked or "evidence")
        self.name = re.sub(r"[^\w\[\]-]+", "_", name)
        self.folder = Path(tempfile.mkdtemp(prefix="konbini-trace-"))
        self.failed = False
        self.index = 0

    def finish(self) -> None:
        if self.wanted or self.failed:
            self.target.mkdir(parents=True, exist_ok=True)
            write_evidence(self.folder, self.target / f"{self.name}.html")
        shutil.rmtree(self.folder, ignore_errors=True)


@pytest.fixture
def recorder(request: pytest.FixtureRequest) -> Iterator[Recorder]:
    made = Recorder(request.config, request.node.name)
    yield made
    made.finish()


@pytest.fixture
def world(stage: Stage, recorder: Recorder) -> Iterator[World]:
    """A terminal at its top menu on a freshly set stage. A terminal that stood still for too long fails the scenario."""
    stage.reset(trace_folder=recorder.folder)
    made = World(stage, stage.start_kiosk())
    if recorder.wanted:
        made.passing = lambda: keep_screen(stage.trace, made.terminal)
    yield made
    heart = stage.kiosk.heart()
    stage.close_trace()
    gc.collect()
    assert heart["ms"] <= LIMIT_MS, (
        f"the terminal stood still for {heart['ms']:.0f} ms (at most {LIMIT_MS} ms) at {heart['where'] or '?'}"
    )


# --- the steps in the trace ------------------------------------------------------------------------------------------


def pytest_bdd_before_scenario(request: pytest.FixtureRequest, feature: Any, scenario: Any) -> None:
    request.node.user_properties.append(("scenario", scenario.name))
    chosen = str(request.config.getoption("--konbini-reader"))
    for tag in scenario.tags | feature.tags:
        if tag in _READER_TAGS and _READER_TAGS[tag].reader != chosen:
            pytest.skip(_READER_TAGS[tag].reason)
    stage: Stage = request.getfixturevalue("world").stage
    stage.scope(scenario.name, "")
    tags = sorted(scenario.tags | feature.tags)
    stage.trace.emit("scenario", "scenario_started", name=scenario.name, feature=feature.name, tags=tags)


def pytest_bdd_before_step(
    request: pytest.FixtureRequest, feature: Any, scenario: Any, step: Any, step_func: Any
) -> None:
    recorder: Recorder = request.getfixturevalue("recorder")
    stage: Stage = request.getfixturevalue("world").stage
    recorder.index += 1
    stage.scope(scenario.name, step.name)
    stage.trace.emit(
        "scenario", "step_started", keyword=step.keyword, sentence=step.name, index=recorder.index
    )


def pytest_bdd_after_step(
    request: pytest.FixtureRequest,
    feature: Any,
    scenario: Any,
    step: Any,
    step_func: Any,
    step_func_args: Any,
) -> None:
    _end_step(request, "passed", "")


def pytest_bdd_step_error(
    request: pytest.FixtureRequest,
    feature: Any,
    scenario: Any,
    step: Any,
    step_func: Any,
    step_func_args: Any,
    exception: Exception,
) -> None:
    recorder: Recorder = request.getfixturevalue("recorder")
    recorder.failed = not (isinstance(exception, Failed) and exception.failure in _NOT_HERE)
    _end_step(request, "failed", f"{type(exception).__name__}: {exception}")
    _end_scenario(request, "failed")


def pytest_bdd_after_scenario(request: pytest.FixtureRequest, feature: Any, scenario: Any) -> None:
    if not request.getfixturevalue("recorder").failed:
        _end_scenario(request, "passed")


def _end_step(request: pytest.FixtureRequest, status: str, error: str) -> None:
    recorder: Recorder = request.getfixturevalue("recorder")
    world: World = request.getfixturevalue("world")
    picture = ""
    if recorder.wanted or status == "failed":
        try:
            picture = world.stage.trace.store(world.terminal.picture(), ".png")
        except (ConnectionError, RuntimeError):  # after a power cut there is nothing to see
            picture = ""
    world.stage.trace.emit(
        "scenario", "step_ended", index=recorder.index, status=status, picture=picture, error=error
    )


def _end_scenario(request: pytest.FixtureRequest, status: str) -> None:
    request.getfixturevalue("world").stage.trace.emit("scenario", "scenario_ended", status=status)
