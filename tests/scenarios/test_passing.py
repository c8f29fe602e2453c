"""A step that leads over several screens tells of each before it leaves it."""

from __future__ import annotations

from scenarios.steps.passing import keep_screen
from scenarios.steps.world import World
from server_stub.interface.clock import real_monotonic_ns


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


def test_a_picture_of_a_screen_costs_less_than_100_ms(world: World) -> None:
    def once() -> int:
        begun = real_monotonic_ns()
        keep_screen(world.stage.trace, world.terminal)
        return real_monotonic_ns() - begun

    world.go_to_card()
    assert min(once() for _ in range(5)) < 100e6
    folder = world.stage.trace.folder
    world.stage.trace.flush()
    assert folder is not None and len(list(folder.glob("blobs/*.png"))) == 1, "the same picture is kept once"
