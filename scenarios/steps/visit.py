"""The resident's way: card, PIN, certificate, confirm, money, paper."""

from __future__ import annotations

from pytest_bdd import given, parsers, when

from .world import World


@given("キオスク端末が待機している")
def waiting(world: World) -> None:
    world.terminal.wait_for("TopMenu")


@when(parsers.re("「(?P<card>[^「」]+)」を置く"))
def lay(world: World, card: str) -> None:
    world.lay(card)


@when(parsers.re("「(?P<card>[^「」]+)」を置いて住所地の証明書を選ぶ"))
def lay_and_choose_address(world: World, card: str) -> None:
    assert world.lay(card) == "ChoosePlace", world.refusal()
    world.choose_address()


@when(parsers.parse("「{card}」を置いて本籍地の「{municipality}」を選ぶ"))
def lay_and_choose_domicile(world: World, card: str, municipality: str) -> None:
    assert world.lay(card) == "ChoosePlace", world.refusal()
    world.choose_domicile(municipality)


@when("正しい暗証番号を入力する")
def right_pin(world: World) -> None:
    world.enter_pin(right=True)


@when("誤った暗証番号を入力する")
def wrong_pin(world: World) -> None:
    world.enter_pin(right=False)


@when("最後の一回でも入力すると答える")
def last_try(world: World) -> None:
    world.leave_by("それでも入力する")
    world.terminal.wait_for("EnterPin")


@when("最後の一回は入力しないと答える")
def no_last_try(world: World) -> None:
    world.leave_by("やめる")
    world.terminal.wait_for("Refusal")


@when("カードを取る")
def take_card(world: World) -> None:
    world.terminal.wait_for("TakeCard")
    world.take_card()


@when("置いてあるカードを取る")
def take_card_away(world: World) -> None:
    world.stage.take_card()
    world.terminal.wait_for("TopMenu", "Thanks", "Refusal")


@when("断りの画面を終え、カードを取る")
def leave_with_card(world: World) -> None:
    world.leave_by("終了する")
    if world.terminal.wait_for("TakeCard", "TopMenu") == "TakeCard":
        world.stage.take_card()
        world.terminal.wait_for("TopMenu")


@when(parsers.parse("「{card}」で本人確認を済ませる"))
def identify(world: World, card: str) -> None:
    world.identify(card)


@when(parsers.parse("次の人が「{card}」で本人確認を済ませる"))
def identify_next(world: World, card: str) -> None:
    """Once whoever was here before has gone and the top menu is back."""
    world.terminal.wait_for("TopMenu")
    world.identify(card)


@when(parsers.re("「(?P<kind>[^「」]+)」を選ぶ"))
def choose_kind(world: World, kind: str) -> None:
    world.choose_kind(kind)


@when("世帯全員を選ぶ")
def whole_household(world: World) -> None:
    world.terminal.touch("世帯全員")
    world.next("ChooseOptions")


@when(parsers.parse("世帯員のうち「{person}」だけを選ぶ"))
def one_member(world: World, person: str) -> None:
    world.choose_members(person)


@when(
    parsers.parse("続柄を「{relationship}」、本籍・筆頭者を「{domicile}」、個人番号を「{my_number}」にする")
)
def options(world: World, relationship: str, domicile: str, my_number: str) -> None:
    for name, wanted in (("続柄", relationship), ("本籍・筆頭者", domicile), ("個人番号", my_number)):
        world.set_option(name, wanted)
    world.next("ChooseCopies")


@when(parsers.parse("部数を{copies:d}部にする"))
def copies(world: World, copies: int) -> None:
    world.set_copies(copies)


@when("内容を確認して申し込む")
def confirm(world: World) -> None:
    world.apply()


@when(parsers.parse("「住民票の写し」を{scope}で{copies:d}部選ぶ"))
def choose_residence(world: World, scope: str, copies: int) -> None:
    world.choose_residence(scope, copies)


@when(parsers.parse("「住民票の写し」を{scope}で{copies:d}部申し込む"))
def apply_for_residence(world: World, scope: str, copies: int) -> None:
    world.choose_residence(scope, copies)
    assert world.apply() == "Pay", world.refusal()


@when(parsers.parse("「住民票の写し」を{scope}で{copies:d}部申し込んで断られる"))
def apply_in_vain(world: World, scope: str, copies: int) -> None:
    world.choose_residence(scope, copies)
    assert world.apply() == "Refusal", world.refusal()


@when(parsers.parse("「印鑑登録証明書」を{copies:d}部申し込む"))
def apply_for_seal(world: World, copies: int) -> None:
    world.choose_kind("印鑑登録証明書")
    world.set_copies(copies)
    assert world.apply() == "Pay", world.refusal()


@when(parsers.parse("{amount:d}円を入れる"))
def drop(world: World, amount: int) -> None:
    world.terminal.wait_for("Pay")
    world.drop(amount)


@when("印刷が終わり、用紙を取る")
def take_paper(world: World) -> None:
    world.take_paper()


@when(parsers.parse("領収書を「{answer}」"))
def receipt(world: World, answer: str) -> None:
    world.leave_by(answer)
    world.terminal.wait_for("Thanks", "TopMenu")


@when("手続を取り消す")
def cancel(world: World) -> None:
    world.leave_by("中止する")
    world.terminal.wait_for("TopMenu", "Thanks", "Refusal")


@when("前の画面に戻る")
def back(world: World) -> None:
    world.leave_by("戻る")
    world.terminal.wait_for(
        "ChooseCertificate", "ChooseScope", "ChooseOptions", "ChooseCopies", "ChoosePlace"
    )
