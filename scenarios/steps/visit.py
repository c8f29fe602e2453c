"""The resident's way: card, PIN, certificate, confirmation, and how it ends; also on screens in other languages."""

from __future__ import annotations

from datetime import timedelta

from kiosk_app.screens.texts import NAMES, Words

from .sentences import given, when
from .slots import ForWhom
from .world import World, expect

UNHURRIED = 50
"""Seconds before each touch: less than any screen waits."""
CHOICES = ("ChooseCertificate", "ChooseScope", "ChooseOptions", "ChooseCopies", "ChoosePlace")


@given("キオスク端末が待機している")
def waiting(world: World) -> None:
    world.terminal.wait_for("TopMenu")


@when("表示を「{language}」に切り替える")
def switch(world: World, language: str) -> None:
    world.speak(language)


# --- card and PIN --------------------------------------------------------------------------------------------------------


@when("同意してカードの画面へ進む")
def on_to_the_card(world: World) -> None:
    world.go_to_card("PlaceCard", "ChoosePlace", "Refusal")


@when("「{card}」を置く")
def lay(world: World, card: str) -> None:
    world.lay(card)


@when("「{card}」を置いて住所地の証明書を選ぶ")
def lay_and_choose_address(world: World, card: str) -> None:
    world.lay_and_begin(card)
    world.choose_address()


@when("「{card}」を置いて本籍地の「{municipality}」を選ぶ")
def lay_and_choose_domicile(world: World, card: str, municipality: str) -> None:
    world.lay_and_begin(card)
    world.choose_domicile(municipality)


@when("住所地の証明書を選ぶ")
def choose_address(world: World) -> None:
    """When the card lies there already."""
    world.choose_address()


@when("正しい暗証番号を入力する")
def right_pin(world: World) -> None:
    world.enter_pin(right=True)


@when("誤った暗証番号を入力する")
def wrong_pin(world: World) -> None:
    """On virtual cards only: no scenario costs another card a try."""
    world.enter_pin(right=False)


@when("正しい暗証番号を入力し、カードの返事を待つ間に{seconds}秒たつ")
def while_the_card_thinks(world: World, seconds: int) -> None:
    world.enter_digits(right=True)
    world.leave_by("次へ")
    world.eventually(lambda: world.stage.books.outstanding_nonces() == 1, "本人確認の乱数が発行される")
    world.stage.clock.advance(timedelta(seconds=seconds))
    world.terminal.wait_for("TakeCard", "Refusal")


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


@when("「{card}」で本人確認を済ませる")
def identify(world: World, card: str) -> None:
    """Everything up to the menu of certificates, as a resident to whom nothing happens."""
    world.identify(card)


@when("次の人が「{card}」で本人確認を済ませる")
def next_resident(world: World, card: str) -> None:
    """From now on papers, money and records are this person's. The thanks of the one before are ended."""
    world.end_thanks()
    world.identify(card)


# --- certificate ---------------------------------------------------------------------------------------------------------


@when("「{kind}」を選ぶ")
def choose_kind(world: World, kind: str) -> None:
    world.choose_kind(kind)


@when("{whole}を選ぶ")
def choose_whole(world: World, whole: str) -> None:
    """Everybody, as the certificate's offer names them."""
    world.choose_whole(whole)


@when("世帯員のうち{people:members}だけを選ぶ")
def chosen_members(world: World, people: list[str]) -> None:
    """One or several, in the order in which they are touched."""
    world.choose_members(*people)


@when("{answers}にする")
def answer(world: World, answers: dict[str, str]) -> None:
    """Questions and choices in the words of the offer, however many a question has; on to the number of copies."""
    world.answer_all(answers)


@when("部数を{copies}部にする")
def copies(world: World, copies: int) -> None:
    world.set_copies(copies)


@when("「{kind}」を{scope}で{copies}部選ぶ")
def choose(world: World, kind: str, scope: ForWhom, copies: int) -> None:
    """Up to the confirmation; everything is shown but 個人番号."""
    world.choose(scope, copies, kind)


@when("「{kind}」を選んでは前の画面に戻り、{minutes}分たつ")
def undecided(world: World, kind: str, minutes: int) -> None:
    left = minutes * 60
    while left > 0:
        world.pass_time(UNHURRIED)
        world.choose_kind(kind)
        world.pass_time(UNHURRIED)
        world.leave_by("戻る")
        world.terminal.wait_for("ChooseCertificate")
        left -= 2 * UNHURRIED


@when("前の画面に戻る")
def back(world: World) -> None:
    world.leave_by("戻る")
    world.terminal.wait_for(*CHOICES)


# --- applying ------------------------------------------------------------------------------------------------------------


@when("内容を確認して申し込む")
def confirm(world: World) -> None:
    world.apply()


@when("「{kind}」を{scope}で{copies}部申し込む")
def apply_for(world: World, kind: str, scope: ForWhom, copies: int) -> None:
    """Everything is shown but 個人番号; the fee is to be paid next."""
    world.choose(scope, copies, kind)
    world.apply_and_reach("Pay")


@when("「{kind}」を{scope}で{copies}部、手数料なしで申し込む")
def apply_without_fee(world: World, kind: str, scope: ForWhom, copies: int) -> None:
    """The paper is printed at once."""
    world.choose(scope, copies, kind)
    world.apply_and_reach("TakePaper")


@when("「{kind}」を{scope}で{copies}部申し込んで断られる")
def apply_in_vain(world: World, kind: str, scope: ForWhom, copies: int) -> None:
    world.choose(scope, copies, kind)
    world.apply_and_reach("Refusal")


@when("「{kind}」を{copies}部申し込んで断られる", "「印鑑登録証明書」を1部申し込んで断られる")
def apply_for_own_in_vain(world: World, kind: str, copies: int) -> None:
    world.choose_kind(kind)
    world.set_copies(copies)
    world.apply_and_reach("Refusal")


@when("「{kind}」を{copies}部申し込む", "「印鑑登録証明書」を1部申し込む")
def apply_for_own(world: World, kind: str, copies: int) -> None:
    """A certificate about which nothing else is asked."""
    world.choose_kind(kind)
    world.set_copies(copies)
    world.apply_and_reach("Pay")


# --- ends ----------------------------------------------------------------------------------------------------------------


@when("お礼の画面を終える")
def end_thanks(world: World) -> None:
    expect(world.terminal.screen() == "Thanks", "お礼の画面が出ている", world.refusal())
    world.end_thanks()


@when("手続を取り消す")
def cancel(world: World) -> None:
    world.leave_by("中止する")
    world.terminal.wait_for("TopMenu", "Thanks", "Refusal")


@when("断りの画面を終え、カードを取る")
def leave_with_card(world: World) -> None:
    world.leave_by("終了する")
    if world.terminal.wait_for("TakeCard", "TopMenu") == "TakeCard":
        world.stage.take_card()
        world.terminal.wait_for("TopMenu")


@when("やり直しを選ぶ")
def again(world: World) -> None:
    world.begin_visit()
    world.leave_by("もう一度")
    world.terminal.wait_for("PlaceCard", "TakeCard", "ChoosePlace", "Refusal")


@when("はじめからやり直し、「{card}」で本人確認を済ませる")
def again_with(world: World, card: str) -> None:
    """Whatever lies on the reader is taken away first, as the terminal asks."""
    again(world)
    if world.terminal.screen() == "TakeCard":
        world.stage.take_card()
        world.terminal.wait_for("PlaceCard")
    world.identify(card)


# --- on screens in other languages ---------------------------------------------------------------------------------------


@when(
    "英語の画面で「{card}」の{kind:certificate}を{copies}部申し込む",
    "英語の画面で「川原翔のカード」の住民票の写しを1部申し込む",
)
def apply_in_english(world: World, card: str, kind: str, copies: int) -> None:
    """For somebody who lives alone, and so is not asked whom to choose."""
    _apply(world, Words("en"), card, kind, copies)


@when(
    "「{language}」の画面で「{card}」の{kind:certificate}を{copies}部申し込む",
    "「한국어」の画面で「川原翔のカード」の住民票の写しを1部申し込む",
)
def apply_in_a_language(world: World, language: str, card: str, kind: str, copies: int) -> None:
    """The same, whatever the language."""
    _apply(world, _words(language), card, kind, copies)


def _words(language: str) -> Words:
    """The words of the language that calls itself so."""
    return Words(next(code for code, name in NAMES.items() if name == language))


def _apply(world: World, words: Words, card: str, kind: str, copies: int) -> None:
    terminal = world.terminal
    world.begin_visit()
    for key, screen in (
        ("top.service", "ServiceMenu"),
        ("service.certificates", "Consent"),
        ("consent.agree", "PlaceCard"),
    ):
        world.leave_by(words(key))
        terminal.wait_for(screen)
    world.card = card
    world.passing()
    world.stage.lay_card(card)
    terminal.wait_for("ChoosePlace")
    world.leave_by(words("place.address"))
    terminal.wait_for("EnterPin")
    for digit in world.stage.pin_of(card).reveal():
        terminal.touch(digit)
    world.leave_by(words("main.next"))
    terminal.wait_for("TakeCard")
    world.passing()
    world.stage.take_card()
    terminal.wait_for("ChooseCertificate")
    world.kind, world.copies = kind, copies
    world.leave_by(words.offered(world.offer_of(kind).words))
    while terminal.wait_for("ChooseOptions", "ChooseCopies") == "ChooseOptions":
        world.leave_by(words("main.next"))
    world.touch(words.count("copies.number", copies))
    world.leave_by(words("main.next"))
    terminal.wait_for("Confirm")
    world.leave_by(words("confirm.apply"))
    terminal.wait_for("Pay")


@when("英語の画面で領収書を受け取らない")
def no_english_receipt(world: World) -> None:
    _no_receipt(world, Words("en"))


@when("「{language}」の画面で領収書を受け取らない", "「한국어」の画面で領収書を受け取らない")
def no_receipt_in_a_language(world: World, language: str) -> None:
    _no_receipt(world, _words(language))


def _no_receipt(world: World, words: Words) -> None:
    world.leave_by(words("receipt.no"))
    world.terminal.wait_for("Thanks", "TopMenu")
