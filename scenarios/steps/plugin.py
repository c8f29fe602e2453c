"""The pytest plugin of the scenarios: the stage per worker, a fresh world per scenario, its steps in the trace, its judge."""

from __future__ import annotations

import contextlib
import gc
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from _pytest.runner import runtestprotocol
from pytest_bdd.scenario import scenario_wrapper_template_registry

from kiosk_app.card_slot import PCSC, VIRTUAL
from scenarios import paths
from scenarios.command.running import chosen_files
from scenarios.driver import keep_screen
from scenarios.feature_check import declared, tags
from scenarios.leaks import LeakSearch
from scenarios.requirements import TAG, load_requirements
from scenarios.stage import Stage
from scenarios.stage_secrets import StageSecret, ordinance_pin, stage_secrets
from scenarios.template import PIN, callings
from scenarios.towns import Town, shipped_names, tagged_towns
from server_stub.interface.failures import Failed
from server_stub.interface.secret import Secret

from . import sentences
from .judge import Judge, Recorder
from .slots import speak_of
from .standstill import ALWAYS, IDLE, NEVER, check_standstill
from .world import World, wrong_pin

pytest_plugins = [f"scenarios.steps.{name}" for name in sentences.MODULES]


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
    group.addoption(
        "--konbini-strict-screen",
        choices=(ALWAYS, IDLE, NEVER),
        default=IDLE,
        help="when a terminal that stood still fails a scenario",
    )
    group.addoption("--konbini-headed", action="store_true", help="show the terminal's window")


def pytest_configure(config: pytest.Config) -> None:
    for tag, reader in _READER_TAGS.items():
        config.addinivalue_line("markers", f"{tag}: {reader.reason}")
    config.addinivalue_line("markers", f"{OUTAGES}: 停電と回線の停止を、プロセスを止めて起こす場面です")
    for requirement in load_requirements().values():
        config.addinivalue_line("markers", f"{TAG}{requirement.id}: {requirement.text}")
    for name in shipped_names():
        config.addinivalue_line("markers", f"{name}: the scenario is run in this shipped town")
    # testers' own tags, so that they can be used to choose
    for tag in sorted({tag for file in chosen_files() for _, tag in tags(file.read_text(encoding="utf-8"))}):
        config.addinivalue_line("markers", f"{tag}: a tag of the chosen features")


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Before anything is left out by choice: as many tests as the text declares, counted without the parser, so that no
    scenario is lost on the way to the run."""
    files = chosen_files()
    if not files or any(item.path.name != "bind.py" for item in items):
        return  # other tests are run
    wanted = sum(declared(file.read_text(encoding="utf-8")) for file in files)
    if len(items) != wanted:
        raise pytest.UsageError(f"シナリオは{wanted}件ありますが、実行できるのは{len(items)}件です。")


def pytest_collection_finish() -> None:
    """What was loaded until here is never looked through again: the runner's own full collections, several at its end,
    would take seconds over it."""
    gc.freeze()


OUTAGES = "業務継続"
"""The tag of scenarios in which outages are switched on: the stage's issuing servers are processes of their own."""


class Stages:
    """The stage of this process, one at a time: that of the towns which were asked for last."""

    def __init__(self, make: Callable[[Sequence[Town], bool], Stage]) -> None:
        """`make`: with the towns, and whether outages are wanted."""
        self._make = make
        self._stage: Stage | None = None
        self._made_of: tuple[tuple[Path, ...], bool] | None = None

    def of(self, tags: Iterable[str]) -> Stage:
        """Set the stage that a scenario with these tags is played on; from now on the sentences speak of its towns."""
        tags = set(tags)
        towns = tagged_towns(tags)
        made_of = (tuple(town.folder for town in towns), OUTAGES in tags)
        if self._stage is None or made_of != self._made_of:
            self.close()
            self._stage, self._made_of = self._make(towns, OUTAGES in tags), made_of
        speak_of(towns)
        return self._stage

    def close(self) -> None:
        if self._stage is not None:
            self._stage.close()
            self._stage = None


@pytest.fixture(scope="session")
def stages(request: pytest.FixtureRequest) -> Iterator[Stages]:
    """Servers, cards and devices of this worker."""
    option = request.config.getoption

    def make(towns: Sequence[Town], outages: bool) -> Stage:
        # servers in a process of their own: the terminal's thread shares its interpreter with nobody it would not share it with
        made = Stage(
            separate=True,
            reader=option("--konbini-reader"),
            trust_test_hierarchy=option("--konbini-trust-test-hierarchy"),
            towns=towns,
            outages=outages,
        )
        if made.hands is not None:
            made.hands.ask = _Prompt(request.config)
        return made

    found = Stages(make)
    yield found
    found.close()


@pytest.fixture
def stage(request: pytest.FixtureRequest, stages: Stages) -> Stage:
    """That of the towns which the scenario's tags name."""
    return stages.of(mark.name for mark in request.node.iter_markers())


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


# --- the verdict -----------------------------------------------------------------------------------------------------

_JUDGE = pytest.StashKey[Judge]()
_SEARCH = pytest.StashKey[dict[Path, LeakSearch]]()


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_protocol(item: pytest.Item, nextitem: pytest.Item | None) -> bool | None:
    """A scenario's reports go out when its verdict stands, and the last of them carries it."""
    if not isinstance(item, pytest.Function) or item.function not in scenario_wrapper_template_registry:
        return None
    template = scenario_wrapper_template_registry[item.function]
    judge = item.stash[_JUDGE] = Judge(item, template)
    item.ihook.pytest_runtest_logstart(nodeid=item.nodeid, location=item.location)
    try:
        reports = runtestprotocol(item, log=False, nextitem=nextitem)
        judge.conclude(reports)
    except BaseException:
        # Ctrl-C: the fixtures, which still keep papers with the judge, are cleared up when the whole run ends
        item.config.add_cleanup(judge.close)
        raise
    judge.close()
    for report in reports:
        item.ihook.pytest_runtest_logreport(report=report)
    item.ihook.pytest_runtest_logfinish(nodeid=item.nodeid, location=item.location)
    return True


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    judge = item.stash.get(_JUDGE, None)
    if judge is not None and report.failed:
        judge.failed(report, call.excinfo.value if call.excinfo else None)
    return report


@pytest.fixture
def recorder(request: pytest.FixtureRequest) -> Iterator[Recorder]:
    """The scenario's own; another test has one to itself."""
    judge = request.node.stash.get(_JUDGE, None)
    if judge is not None:
        yield judge.recorder
        return
    made = Recorder(request.config)
    yield made
    made.close()


@pytest.fixture
def world(request: pytest.FixtureRequest, stage: Stage, recorder: Recorder) -> Iterator[World]:
    """A terminal at its top menu on a freshly set stage. A terminal that stood still for too long is told of, or fails."""
    recorder.names = callings(stage.cards.values())
    recorder.run = stage.trace.run
    made: World | None = None
    try:
        stage.keep_screens = recorder.wanted
        stage.reset(trace_folder=recorder.folder)
        made = World(stage, stage.start_kiosk())
        if recorder.wanted:
            made.passing = lambda: keep_screen(stage.trace, made.terminal)
        yield made
        heart = stage.kiosk.heart()
    finally:
        recorder.keep_papers(stage.printed_papers())
        stage.close_trace()
        recorder.search = _search(request.config, stage)
        if made is not None and made.number is not None:
            recorder.search = recorder.search.and_also([StageSecret("申請番号", made.number)])
        gc.collect()
    told = check_standstill(heart, str(request.config.getoption("--konbini-strict-screen")))
    if told:
        recorder.warnings.append(told)


def _search(config: pytest.Config, stage: Stage) -> LeakSearch:
    """For the secrets of this stage; a tester's own PIN among them, once it was told."""
    made = config.stash.setdefault(_SEARCH, {})
    if stage.template not in made:
        kinds = {kind for card in stage.cards.values() for kind in card.registered}
        entered = [
            StageSecret("入力した誤った暗証番号", Secret(wrong_pin(pin)))
            for pin in (PIN, *map(ordinance_pin, sorted(kinds)))
        ]
        made[stage.template] = LeakSearch(
            [*stage_secrets(stage.template, paths.home() / "test-keys"), *entered]
        )
    told = stage.hands.told_pin if stage.hands is not None else None
    own = [StageSecret("試験用カードの暗証番号", told)] if told is not None else []
    return made[stage.template].and_also(own)


# --- the steps in the trace ------------------------------------------------------------------------------------------


def pytest_bdd_before_scenario(request: pytest.FixtureRequest, feature: Any, scenario: Any) -> None:
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
    _begin_step(recorder, stage, scenario, step)


def _begin_step(recorder: Recorder, stage: Stage, scenario: Any, step: Any) -> None:
    recorder.index += 1
    recorder.step = step
    stage.scope(scenario.name, step.name)
    stage.trace.emit(
        "scenario", "step_started", keyword=step.keyword, sentence=step.name, index=recorder.index
    )


def pytest_bdd_step_func_lookup_error(
    request: pytest.FixtureRequest, feature: Any, scenario: Any, step: Any, exception: Exception
) -> None:
    """A sentence that nobody has defined is a step that failed."""
    recorder: Recorder = request.getfixturevalue("recorder")
    _begin_step(recorder, request.getfixturevalue("world").stage, scenario, step)
    recorder.broken = step
    exception.expected = "この文が、手順の文の一覧にあること"  # type: ignore[attr-defined]
    exception.found = "この文は定義されていません。書き方をご確認ください。"  # type: ignore[attr-defined]
    _end_step(request, "failed", str(exception))


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
    if isinstance(exception, Failed) and exception.failure in _NOT_HERE:
        _end_step(request, "skipped", "")
        return
    recorder.broken = step
    _end_step(request, "failed", f"{type(exception).__name__}: {exception}")


def pytest_bdd_after_scenario(request: pytest.FixtureRequest, feature: Any, scenario: Any) -> None:
    if request.getfixturevalue("recorder").step is not None:  # it was skipped in the middle
        _end_step(request, "skipped", "")
    request.getfixturevalue("world").stage.trace.emit("scenario", "scenario_ended")


def _end_step(request: pytest.FixtureRequest, status: str, error: str) -> None:
    recorder: Recorder = request.getfixturevalue("recorder")
    world: World = request.getfixturevalue("world")
    recorder.step = None
    picture = screen = ""
    if recorder.wanted or status == "failed":
        with contextlib.suppress(ConnectionError, RuntimeError):  # after a power cut there is nothing to see
            picture = world.stage.trace.store(world.terminal.picture(), ".png")
            screen = world.terminal.screen()
            recorder.seen = world.terminal.described() if status == "failed" else ""
    world.stage.trace.emit(
        "scenario",
        "step_ended",
        index=recorder.index,
        status=status,
        picture=picture,
        screen=screen,
        error=error,
    )
