"""Paper that is not there, and paper that nobody takes."""

from __future__ import annotations

from pytest_bdd import given, parsers, then, when

from kiosk_app.screens.texts import Words

from .world import World


@given("用紙がない")
def no_paper(world: World) -> None:
    world.terminal.call("paper_empty")


@when("係員が用紙を補充して再開する")
def refilled(world: World) -> None:
    world.terminal.call("paper_empty", empty=False)
    world.terminal.call("operator", action="resume")


@when(parsers.parse("印刷が終わり、用紙を取らずに{seconds:d}秒たつ"))
def left_lying(world: World, seconds: int) -> None:
    world.terminal.wait_for("TakePaper")
    world.pass_time(seconds)


@then("用紙の取り忘れが知らされる")
def warned(world: World) -> None:
    words = Words("ja")("take_paper.forgotten")
    world.eventually(lambda: world.terminal.shows(words), "no warning of forgotten paper")


@then("用紙は端末に収められ、係員の確認を待つ")
def drawn_in(world: World) -> None:
    """Nothing lies in the tray for a stranger, and centre and ledger both wait for staff."""
    world.eventually(lambda: world.terminal.call("pending_notes") == 0, "notes are still waiting")
    assert world.terminal.tray() == []
    (application,) = world.stage.applications()
    assert application.state == "in_doubt", application
    assert world.stage.books.ledger_states() == ["in_doubt"]
