"""The fee that changes, and money that comes too early."""

from __future__ import annotations

from pytest_bdd import parsers, then, when

from .world import World


@when(parsers.parse("選んでいる間に、手数料が{yen:d}円に改定される"))
def fee_revised(world: World, yen: int) -> None:
    world.stage.servers.fault_on("issuing.fee_revised", {"fee": yen})


@when(parsers.parse("内容を確認し、返事を待つ間に{yen:d}円硬貨を入れる"))
def too_early(world: World, yen: int) -> None:
    world.leave_by("この内容で申請する")
    world.terminal.wait_until(lambda: world.terminal.screen() == "PleaseWait", "PleaseWait was not shown")
    world.eventually(lambda: bool(world.stage.applications()), "the application did not reach the centre")
    world.drop_coin(yen)


@then("硬貨は受け付けられていない")
def not_accepted(world: World) -> None:
    """It fell through: neither held for the fee nor taken."""
    money = world.terminal.money()
    assert money["inserted"] == money["taken"] == 0, money
    assert world.terminal.screen() == "PleaseWait"
