"""What stays behind: at the centre, in the tray, on a copy of the paper."""

from __future__ import annotations

from pytest_bdd import then

from server_stub.paper.copier import measured

from .outcome import until
from .world import World, expect


@then("用紙を複写すると、「複写」の文字が浮き出る")
def copy_shows_the_word(world: World) -> None:
    """On the front of the first sheet: unseen on the paper, seen on the copy, by the copier's model."""
    page = next(iter(measured(world.paper()[0].read_bytes())))
    expect(
        page.kept,
        "地紋は用紙では見えず、複写すると浮き出る",
        f"濃淡の差は用紙で{page.before:.0%}、複写で{page.after:.0%}",
    )


@then("取り出し口には何も残っていない")
def tray_is_empty(world: World) -> None:
    """No certificate and no receipt."""
    world.visit  # noqa: B018
    left = len(world.sheets()) + len(world.receipts())
    expect(left == 0, "取り出し口は空", f"取り出し口に{left}枚")


@then("本人確認の乱数は使い終わっている")
def nonce_is_used_up(world: World) -> None:
    world.visit  # noqa: B018
    left = world.stage.books.outstanding_nonces()
    expect(left == 0, "使われていない乱数がない", f"使えるままの乱数が{left}個")


@then("申請はセンターと台帳で取り消されている")
def cancelled_everywhere(world: World) -> None:
    """The one application of this visit."""
    wanted = world.application().application_id

    def states() -> tuple[str, str]:
        ledger = [str(one.state) for one in world.stage.books.ledger() if one.application_id == wanted]
        return world.application().state, *ledger  # type: ignore[return-value]

    until(
        world,
        lambda: states() == ("cancelled", "cancelled"),
        lambda: f"センターでは{states()[0]}、台帳では{states()[1:]}",
        "センターと台帳で取り消されている",
    )
