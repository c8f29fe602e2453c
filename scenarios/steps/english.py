"""The same way on English screens."""

from __future__ import annotations

from pytest_bdd import parsers, when

from .world import World


@when(parsers.parse("表示を「{language}」に切り替える"))
def switch(world: World, language: str) -> None:
    world.leave_by(language)


@when(parsers.parse("英語の画面で「{card}」の住民票の写しを{copies:d}部申し込む"))
def apply_in_english(world: World, card: str, copies: int) -> None:
    terminal = world.terminal
    world.begin_visit()
    world.leave_by("Public services")
    terminal.wait_for("ServiceMenu")
    world.leave_by("Certificates")
    terminal.wait_for("Consent")
    world.leave_by("I agree")
    terminal.wait_for("PlaceCard")
    world.card = card
    world.passing()
    world.stage.lay_card(card)
    terminal.wait_for("ChoosePlace")
    world.leave_by("From where you live")
    terminal.wait_for("EnterPin")
    for digit in world.stage.pin_of(card).reveal():
        terminal.touch(digit)
    world.leave_by("Next")
    terminal.wait_for("TakeCard")
    world.passing()
    world.stage.take_card()
    terminal.wait_for("ChooseCertificate")
    world.kind = "住民票の写し"
    world.leave_by("Residence certificate")
    terminal.wait_for("ChooseOptions")  # who lives alone is not asked whom to choose
    world.leave_by("Next")
    terminal.wait_for("ChooseCopies")
    world.leave_by("Next")
    terminal.wait_for("Confirm")
    world.leave_by("Apply")
    terminal.wait_for("Pay")


@when("英語の画面で領収書を受け取らない")
def no_receipt(world: World) -> None:
    world.leave_by("No, thank you")
    world.terminal.wait_for("Thanks", "TopMenu")
