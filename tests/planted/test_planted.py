"""Every planted defect is caught, and by the sentence that a reader would expect to catch it."""

from __future__ import annotations

import pytest

from scenarios.steps.judge import AFTERWARDS
from tests.long import LONG
from tests.planted import outages
from tests.planted.defect import Defect, every_defect
from tests.planted.runner import run, search_afterwards, shipped

LEAST = 50
DEFECTS = every_defect()
FIRST = {
    (shipped(planted.scenario).feature.rel_filename, planted.plant.__module__): planted
    for planted in reversed(DEFECTS)
    if planted.plant.__module__ != outages.__name__
}
"""One of each subject that each feature must catch. `make fuzz` plants every one, those too that need a stage of many processes."""


@pytest.mark.parametrize("planted", DEFECTS if LONG else FIRST.values(), ids=lambda planted: planted.name)
def test_a_planted_defect_fails_the_sentence_that_names_it(
    planted: Defect,
    request: pytest.FixtureRequest,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    scenario = shipped(planted.scenario)
    assert planted.sentence in [AFTERWARDS, *(step.name for step in scenario.steps)]
    world = request.getfixturevalue("world")
    planted.plant(monkeypatch)
    failure = run(request, scenario, doubted=planted.sentence, patch=monkeypatch)
    if failure is None:
        printed = capsys.readouterr()
        failure = search_afterwards(world.stage, {"stdout": printed.out, "stderr": printed.err})
    assert failure is not None, f"survives: {planted.harm}"
    assert failure.sentence == planted.sentence, f"{failure.sentence} failed instead: {failure.error}"


def test_there_are_enough_of_them_and_each_says_whom_it_harms() -> None:
    assert len(DEFECTS) >= LEAST
    assert all(planted.harm.endswith("。") for planted in DEFECTS)


def test_without_a_defect_the_same_way_passes(
    request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What fails above fails for the defect."""
    world = request.getfixturevalue("world")
    scenario = shipped("千円札で払うとおつりが出る")
    assert run(request, scenario, doubted=scenario.steps[-1].name, patch=monkeypatch) is None
    assert search_afterwards(world.stage, {}) is None
