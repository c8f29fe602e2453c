"""住登外戸籍 利用登録申請: what the resident types and signs, the number and its slip, the officials of the 本籍地, the status site."""

from __future__ import annotations

from typing import Any

import httpx

from kiosk_app.screens.keyboard import KANA
from scenarios.stage_secrets import CARD_SECRETS
from server_stub.interface.registration import SLIP, grouped, municipality_of
from server_stub.interface.registration_operations import LinkAct, RejectAct
from server_stub.interface.secret import Secret

from .offices import MUNICIPALITY, ask
from .sentences import then, when
from .world import NEXT_PAGE, World, expect, reader

OPERATOR = "湊市市民課　見本職員"
VOICED = dict(zip("がぎぐげござじずぜぞだぢづでどばびぶべぼゃゅょっぱぴぷぺぽ", [*"かきくけこさしすせそたちつてとはひふへほやゆよつはひふへほ"], strict=True))  # fmt: skip
_PLAIN = frozenset("".join(KANA))
DIGIT_WORDS = ("番地", "番", "号", "丁目")
ENDS = ("ShowNumber", "EnterPassword", "ConfirmLastTry", "Refusal")


# --- the resident ---------------------------------------------------------------------------------------------------------


@when("「{card}」で利用登録申請の本人確認を済ませる", "「港太一のカード」で利用登録申請の本人確認を済ませる")
def identify(world: World, card: str) -> None:
    """Consent, card, PIN, and the card in the hand again: the municipality of the 本籍 comes next."""
    _to_card(world, card)
    world.terminal.wait_for("EnterPin", "Refusal")
    expect(world.terminal.screen() == "EnterPin", "暗証番号の入力に進む", world.refusal())
    world.enter_pin(right=True)
    expect(world.terminal.screen() == "TakeCard", "本人確認が済む", world.refusal())
    world.passing()
    world.stage.take_card()
    world.terminal.wait_for("ChooseMunicipality", "Refusal")


@when("利用登録申請の同意をして「{card}」を置く", "利用登録申請の同意をして「港渚のカード」を置く")
def to_card(world: World, card: str) -> None:
    _to_card(world, card)
    world.terminal.wait_for("EnterPin", "Refusal")


def _to_card(world: World, card: str) -> None:
    world.terminal.wait_for("TopMenu")
    world.begin_visit()
    world.leave_by("行政サービス")
    world.terminal.wait_for("ServiceMenu")
    world.leave_by("戸籍証明書交付の利用登録申請")
    world.terminal.wait_for("Consent")
    world.leave_by("同意する")
    world.terminal.wait_for("PlaceCard")
    world.card = card
    world.passing()
    world.stage.lay_card(card)


@when("本籍の市区町村に「{municipality}」を選ぶ", "本籍の市区町村に「神戸市」を選ぶ")
def choose(world: World, municipality: str) -> None:
    world.domicile = municipality
    for name in (world.named(municipality).prefecture, municipality):
        while name not in world.terminal.call("touchables") and NEXT_PAGE in world.terminal.call(
            "touchables"
        ):
            world.leave_by(NEXT_PAGE)
        if name == municipality or name in world.terminal.call("touchables"):
            world.leave_by(name)
    world.terminal.wait_for("EnterDomicile", "Refusal")


@when(
    "本籍に「{place:typed}」、筆頭者に「{head:typed}」、電話番号に「{telephone:digits}」と入力する",
    "本籍に「みなとまち=港町 ７番地」、筆頭者に「うみの=海野 わたる=渉」、電話番号に「090-0000-0000」と入力する",
)
def type_all(world: World, place: str, head: str, telephone: str) -> None:
    """Parted by blanks: 「よみ=漢字」 is typed in kana and picked among the candidates, digits and words of an address on their own
    keys. Between the names of a person the blank key is touched."""
    for part in place.split():
        _write(world, part)
    world.leave_by("次へ")
    world.terminal.wait_for("EnterHead")
    for number, part in enumerate(head.split()):
        if number:
            world.touch("空白")
        _write(world, part)
    world.leave_by("次へ")
    world.terminal.wait_for("EnterTelephone")
    for digit in telephone:
        world.touch(digit)
    world.leave_by("次へ")
    world.terminal.wait_for("ConfirmRegistration", "Refusal")


def _turn_page(world: World) -> None:
    before = world.terminal.texts()
    world.touch(NEXT_PAGE)
    world.eventually(lambda: world.terminal.texts() != before, "次の候補")


def _write(world: World, part: str) -> None:
    reading, _, wanted = part.partition("=")
    if not wanted:
        _write_number(world, part)
        return
    for kana in reading:
        for key in _keys(kana):
            world.touch(key)
    world.touch("漢字に変換")

    def found() -> bool:
        return wanted in world.terminal.call("touchables")

    while not found():
        world.eventually(
            lambda: found() or NEXT_PAGE in world.terminal.call("touchables"), f"候補に「{wanted}」"
        )
        if not found():
            _turn_page(world)
    world.touch(wanted)


def _keys(kana: str) -> tuple[str, ...]:
    if kana in VOICED:
        small, half = kana in "ゃゅょっ", kana in "ぱぴぷぺぽ"
        return VOICED[kana], "小" if small else "゜" if half else "゛"
    return (kana,)


def _write_number(world: World, text: str) -> None:
    """On the pad of digits, and back to the kana."""
    world.touch("数字")
    while text:
        word = next((one for one in DIGIT_WORDS if text.startswith(one)), text[0])
        world.touch(word.translate(str.maketrans("０１２３４５６７８９", "0123456789")))
        text = text[len(word) :]


@when("申請の内容を確認し、「{card}」をもう一度置く", "申請の内容を確認し、「港太一のカード」をもう一度置く")
def card_again(world: World, card: str) -> None:
    """Whosever card is laid."""
    world.terminal.wait_for("ConfirmRegistration")
    world.leave_by("次へ")
    world.terminal.wait_for("PlaceCard")
    world.passing()
    world.stage.lay_card(card)
    world.terminal.wait_for("EnterPassword", "ConfirmLastTry", "Refusal")


@when("署名用の正しいパスワードを入力する")
def right_password(world: World) -> None:
    _password(world, CARD_SECRETS["signature_password"].reveal())


@when("署名用の誤ったパスワードを入力する")
def wrong_password(world: World) -> None:
    """On virtual cards only: no scenario costs another card a try."""
    expect(world.terminal.call("card_kind") == "virtual", "仮想カード", "仮想カードではない")
    _password(world, CARD_SECRETS["signature_password"].reveal()[::-1])


def _password(world: World, text: str) -> None:
    if world.terminal.screen() == "ConfirmLastTry":
        world.leave_by("それでも入力する")
    world.terminal.wait_for("EnterPassword")
    for character in text:
        world.terminal.touch(character)
    world.leave_by("次へ")
    if world.terminal.wait_for(*ENDS) == "ShowNumber":
        world.number = Secret(world.terminal.call("number_shown"))


@when(
    "「{card}」で「{municipality}」に利用登録を申請する", "「港太一のカード」で「神戸市」に利用登録を申請する"
)
def apply(world: World, card: str, municipality: str) -> None:
    """海野渉's whole way to the number: 港町７番地, 筆頭者 海野　渉."""
    identify(world, card)
    choose(world, municipality)
    type_all(world, "みなとまち=港町 ７番地", "うみの=海野 わたる=渉", "090-0000-0000")
    card_again(world, card)
    right_password(world)
    if world.terminal.screen() == "ShowNumber":
        world.passing()
        world.stage.take_card()


@when("申請番号を控えて終了する")
def finish(world: World) -> None:
    world.terminal.wait_for("ShowNumber")
    world.leave_by("終了する")
    if world.terminal.wait_for("TopMenu", "TakeCard") == "TakeCard":
        world.stage.take_card()
        world.terminal.wait_for("TopMenu")


@when("申請番号の印刷を申し込む")
def order(world: World) -> None:
    world.terminal.wait_for("ShowNumber")
    world.leave_by("申請番号を印刷する")
    world.terminal.wait_for("Pay", "Refusal")


# --- what it says -----------------------------------------------------------------------------------------------------------


@then("申請番号が一度だけ表示されている")
def number_stands(world: World) -> None:
    """16 digits of the municipality that was chosen, drawn where no list of words and no picture has them."""
    world.terminal.wait_for("ShowNumber")
    number = _number(world).reveal()
    code = world.municipality_code(world.domicile)
    expect(
        len(number) == 16 and number.startswith(code), f"{world.domicile}の16桁の申請番号", world.refusal()
    )
    written = "".join(world.terminal.texts())
    expect(number not in written.replace("-", ""), "申請番号が文字の一覧にない", "文字の一覧にある")


@then(
    "申請番号の用紙に、画面の申請番号と「{municipality}」が印字されている",
    "申請番号の用紙に、画面の申請番号と「神戸市」が印字されている",
)
def slip_says(world: World, municipality: str) -> None:
    text = reader("slip").read_slip(world.paper()[0].read_bytes())
    expect(grouped(_number(world)).reveal() in text, "用紙に画面の申請番号", "別の番号、または番号がない")
    expect(municipality in text, f"用紙に「{municipality}」", "その市区町村がない")


@then(
    "台帳に申請番号の印刷{amount:yen}円が、証明書ではない手数料として記録されている",
    "台帳に申請番号の印刷10円が、証明書ではない手数料として記録されている",
)
def slip_charged(world: World, amount: int) -> None:
    world.settled()
    world.check_charges(amount)
    row = world.in_ledger()
    expect(row.kind == SLIP, "証明書ではない手数料", f"種類「{row.kind}」の手数料")


# --- officials and the site ---------------------------------------------------------------------------------------------------


@when(
    "本籍地の職員が申請を戸籍「{register:digits}」の{member:copies}番の人に紐付ける",
    "本籍地の職員が申請を戸籍「492020000031」の1番の人に紐付ける",
)
def link(world: World, register: str, member: int) -> None:
    act = LinkAct(operator=OPERATOR, register_number=register, member=member, accept_differences=False)
    _act(world, "link", act)


@when("本籍地の職員が申請を却下する")
def reject(world: World) -> None:
    _act(world, "reject", RejectAct(operator=OPERATOR, note="該当する戸籍なし"))


@then("登録状況確認サイトに「{words:text}」と表示される", "登録状況確認サイトに「利用可能」と表示される")
def site_says(world: World, words: str) -> None:
    """As anybody asks with the number that was written down."""
    url = world.stage.servers.site_url
    page = httpx.post(
        f"{url}/ja/status",
        data={"number": grouped(_number(world)).reveal()},
        trust_env=False,
        follow_redirects=True,
    )
    expect(page.is_success and words in page.text, f"サイトに「{words}」", f"サイトの応答 {page.status_code}")


def _number(world: World) -> Secret:
    if world.number is None:
        expect(False, "申請番号が表示された", "まだ一度も表示されていない")
        raise AssertionError
    return world.number


def _act(world: World, what: str, body: Any) -> None:
    """What `konbini registration` does, on the only application that is open."""
    found = _ops(world, "GET", "")["registrations"]
    expect(len(found) == 1, "未決の申請が1件", f"未決の申請が{len(found)}件")
    _ops(world, "POST", f"/{found[0]['application_id']}/{what}", body.model_dump(mode="json"))


def _ops(world: World, method: str, path: str, body: Any = None) -> Any:
    """At the issuing server of the 本籍地."""
    code = municipality_of(_number(world))
    return ask(world, MUNICIPALITY, method, f"registrations{path}", body, town=code)
