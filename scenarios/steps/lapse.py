"""What has run out by the time it is used: the nonce, the session."""

from __future__ import annotations

from datetime import timedelta

from pytest_bdd import parsers, when

from .world import World

UNHURRIED = 50
"""Seconds before each touch: less than any screen waits."""


@when(parsers.parse("正しい暗証番号を入力し、カードの返事を待つ間に{seconds:d}秒たつ"))
def while_the_card_thinks(world: World, seconds: int) -> None:
    world.enter_digits(right=True)
    world.leave_by("次へ")
    world.eventually(lambda: world.stage.books.outstanding_nonces() == 1, "no nonce was fetched")
    world.stage.clock.advance(timedelta(seconds=seconds))
    world.terminal.wait_for("TakeCard", "Refusal")


@when(parsers.parse("「住民票の写し」を選んでは前の画面に戻り、{minutes:d}分たつ"))
def undecided(world: World, minutes: int) -> None:
    left = minutes * 60
    while left > 0:
        world.pass_time(UNHURRIED)
        world.choose_kind("住民票の写し")
        world.pass_time(UNHURRIED)
        world.leave_by("戻る")
        world.terminal.wait_for("ChooseCertificate")
        left -= 2 * UNHURRIED
