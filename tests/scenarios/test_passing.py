"""A step that leads over several screens tells of each before it leaves it."""

from __future__ import annotations

from scenarios.steps.passing import keep_screen
from scenarios.steps.world import World


def test_each_screen_of_a_whole_visit_is_told_before_it_is_left(world: World) -> None:
    seen: list[str] = []
    world.passing = lambda: seen.append(world.terminal.screen())
    world.identify("港太一のカード")
    assert seen == ["TopMenu", "ServiceMenu", "Consent", "PlaceCard", "ChoosePlace", "EnterPin", "TakeCard"]
    seen.clear()
    world.choose_residence("世帯全員", 1)
    world.apply()
    assert seen == ["ChooseCertificate", "ChooseScope", "ChooseOptions", "ChooseCopies", "Confirm"]
    seen.clear()
    world.drop(250)
    world.take_paper()
    world.leave_by("印刷しない")
    assert seen == ["Pay", "TakePaper", "AskReceipt"]


def test_the_same_picture_of_a_screen_is_kept_once(world: World) -> None:
    world.go_to_card()
    for _ in range(3):
        keep_screen(world.stage.trace, world.terminal)
    folder = world.stage.trace.folder
    world.stage.trace.flush()
    assert folder is not None and len(list(folder.glob("blobs/*.png"))) == 1
