"""A step that leads over several screens tells of each before it leaves it."""

from __future__ import annotations

from pathlib import Path

import pytest

from scenarios.driver import keep_screen
from scenarios.evidence.reading import read_story
from scenarios.stage import Stage
from scenarios.steps.world import World
from tests.bench.terminal import visit


def test_each_screen_of_a_whole_visit_is_told_before_it_is_left(world: World) -> None:
    seen: list[str] = []
    world.passing = lambda: seen.append(world.terminal.screen())
    world.identify("港太一のカード")
    assert seen == ["TopMenu", "ServiceMenu", "Consent", "PlaceCard", "ChoosePlace", "EnterPin", "TakeCard"]
    seen.clear()
    world.choose("世帯全員", 1)
    world.apply()
    assert seen == ["ChooseCertificate", "ChooseScope", "ChooseOptions", "ChooseCopies", "Confirm"]
    seen.clear()
    world.drop(250)
    world.take_paper()
    world.leave_by("印刷しない")
    assert seen == ["Pay", "TakePaper", "AskReceipt"]


@pytest.mark.parametrize("asked", [True, False])
def test_the_pay_screen_with_the_whole_amount_is_kept_where_evidence_wants_it(
    stage: Stage, asked: bool, tmp_path: Path
) -> None:
    """It stands for milliseconds: nobody outside could catch it."""
    stage.keep_screens = asked
    stage.reset("試し", tmp_path)
    world = World(stage, stage.start_kiosk())
    stage.trace.emit("scenario", "scenario_started", name="試し", feature="試し", tags=[])
    stage.trace.emit("scenario", "step_started", keyword="もし", sentence="250円を入れる", index=1)
    visit(world)
    stage.trace.emit("scenario", "step_ended", index=1, status="passed", picture="", screen="Thanks")
    stage.close_trace()
    (step,) = read_story(tmp_path).steps[-1:]
    kept = list(tmp_path.glob("blobs/*.png"))
    assert (step.shown, [path.name for path in kept]) == (
        ("Pay", [step.picture]) if asked else ("Thanks", [])
    )


def test_the_same_picture_of_a_screen_is_kept_once(world: World) -> None:
    world.go_to_card()
    for _ in range(3):
        keep_screen(world.stage.trace, world.terminal)
    folder = world.stage.trace.folder
    world.stage.trace.flush()
    assert folder is not None and len(list(folder.glob("blobs/*.png"))) == 1
