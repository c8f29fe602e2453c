"""条例利用: a 住民基本台帳カード, of which the kind of certificate is chosen before its PIN, and the officials of the ICカード標準システム."""

from __future__ import annotations

from typing import Any

from scenarios.stage_secrets import ordinance_pin
from server_stub.interface.card_registry import Act, CardState, CardStateAct, RegistrationAct

from .sentences import when
from .slots import ForWhom
from .world import World, expect

OPERATOR = "市民課　見本職員"


# --- the resident --------------------------------------------------------------------------------------------------------


@when("「{card}」を置いて「{kind}」を選ぶ", "「六甲翠のカード」を置いて「住民票の写し」を選ぶ")
def lay_and_choose(world: World, card: str, kind: str) -> None:
    """The kind first; its own PIN is asked for next."""
    expect(world.lay(card) == "ChooseKind", "カードを置くと、証明書の種類を選べる", world.refusal())
    world.choose_kind_before_pin(kind)


@when("同じカードで「{kind}」を選び直す", "同じカードで「印鑑登録証明書」を選び直す")
def choose_anew(world: World, kind: str) -> None:
    """Back from the PIN, and another kind."""
    world.leave_by("戻る")
    world.terminal.wait_for("ChooseKind")
    world.choose_kind_before_pin(kind)


@when("選んだ証明書を{scope}で{copies}部申し込む")
def apply_for_chosen(world: World, scope: ForWhom, copies: int) -> None:
    """What was chosen before the PIN; the fee is to be paid next."""
    world.choose_rest(scope, copies)
    world.apply_and_reach("Pay")


@when("選んだ証明書を{copies}部申し込む")
def apply_for_own_chosen(world: World, copies: int) -> None:
    """The same for a certificate about which nothing else is asked."""
    world.offer_of(world.kind)
    world.set_copies(copies)
    world.apply_and_reach("Pay")


# --- officials -------------------------------------------------------------------------------------------------------------


@when("職員が「{card}」の「{kind}」の利用を停止する")
def stop_use(world: World, card: str, kind: str) -> None:
    """One kind of one card."""
    _expect_done(_act(world, card, kind, Act.STOP))


@when(
    "職員が「{card}」の「{kind}」の利用を停止しようとして「{failure}」で断られる",
    "職員が「六甲翠のカード」の「住民票の写し」の利用を停止しようとして「Office_Closed」で断られる",
)
def stop_use_in_vain(world: World, card: str, kind: str, failure: str) -> None:
    _expect_refused(_act(world, card, kind, Act.STOP), failure)


@when(
    "職員が「{card}」を「{kind}」に利用登録しようとして「{failure}」で断られる",
    "職員が「六甲翠のカード」を「住民票の写し」に利用登録しようとして「Ordinance_Holder_Barred」で断られる",
)
def register_in_vain(world: World, card: str, kind: str, failure: str) -> None:
    _expect_refused(_act(world, card, kind, Act.REGISTER), failure)


@when("職員が「{card}」の紛失を記録する")
def lost(world: World, card: str) -> None:
    """The state of the card itself. What it stops is the municipality's decision (limit_by_card_state)."""
    entry = world.stage.card(card)
    act = CardStateAct(
        municipality=entry.municipality, card=entry.number, state=CardState.LOST, operator=OPERATOR
    )
    _expect_done(world.stage.act_at_counter("card-states", act.model_dump(mode="json")))


def _act(world: World, card: str, kind: str, act: Act) -> Any:
    entry = world.stage.card(card)
    code = world.kind_code(card, kind)
    asked = RegistrationAct(
        municipality=entry.municipality,
        card=entry.number,
        kind=code,
        act=act,
        pin=ordinance_pin(code) if act is Act.REGISTER else None,
        operator=OPERATOR,
        reason="窓口での申請",
    )
    return world.stage.act_at_counter("registrations", asked.model_dump(mode="json"))


def _expect_done(answer: Any) -> None:
    told = "" if answer.is_success else answer.json().get("failure", "")
    expect(answer.is_success, "職員の操作が受け付けられる", f"「{told}」で断られた")


def _expect_refused(answer: Any, failure: str) -> None:
    told = "受け付けられた" if answer.is_success else str(answer.json().get("failure", ""))
    expect(told == failure, f"職員の操作が「{failure}」で断られる", told)
