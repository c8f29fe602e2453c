"""次にすること: what the presenter does next, by what the terminal shows, and the one part of the panel to press for it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from scenarios.tours.tour import Both

from .client import TerminalState

LAY, TAKE_CARD, MONEY, TAKE_PAPER = "lay", "take_card", "money", "take_paper"
RESUME, SETTLE, RESET = "resume", "settle", "reset"
HOLD, NEXT, CHOOSE, ANOTHER = "hold", "next", "choose", "another"
"""The parts of the panel that can be lit. The last four only tours ask for."""


@dataclass(frozen=True)
class Thing:
    """`press`: one of the parts above; '' where it is done at the terminal, or there is nothing to do but wait."""

    told: Both
    press: str = ""


def _thing(ja: str, en: str, press: str = "") -> Thing:
    return Thing(Both(ja, en), press)


BY_SCREEN: Mapping[str, Thing] = {
    "": _thing("端末が始まるまで、お待ちください", "Wait until the terminal has started"),
    "TopMenu": _thing("端末で「行政サービス」に触れます", "On the terminal, touch “Public services”"),
    "ServiceMenu": _thing("端末で「証明書交付サービス」に触れます", "On the terminal, touch “Certificates”"),
    "Consent": _thing("端末で案内を読み、「同意する」に触れます", "On the terminal, read and touch “I agree”"),
    "PlaceCard": _thing("カードを選んで「カードを置く」を押します", "Choose a card and press “カードを置く”", LAY),
    "ChooseKind": _thing("端末で証明書の種類を選びます", "On the terminal, choose the kind of certificate"),
    "ChoosePlace": _thing("端末で、住所地か本籍地かを選びます", "On the terminal, choose: where one lives, or the family register"),
    "ChooseMunicipality": _thing("端末で、都道府県と市区町村を選びます", "On the terminal, choose prefecture and municipality"),
    "ConfirmLastTry": _thing("端末で、最後の一回を入力するか、やめるかを選びます", "On the terminal: use the last try, or stop"),
    "EnterPin": _thing("端末で暗証番号を入力し、「次へ」に触れます", "On the terminal, enter the PIN and touch “Next”"),
    "PleaseWait": _thing("端末が処理しています。お待ちください", "The terminal is at work. Please wait"),
    "TakeCard": _thing("「カードを取る」を押します", "Press “カードを取る”", TAKE_CARD),
    "ChooseCertificate": _thing("端末で証明書を選びます", "On the terminal, choose a certificate"),
    "ChooseScope": _thing("端末で、証明する方を選びます", "On the terminal, choose whom it is about"),
    "ChooseOptions": _thing("端末で、記載する事項を選びます", "On the terminal, choose what stands on it"),
    "ChooseCopies": _thing("端末で部数を選びます", "On the terminal, choose how many copies"),
    "Confirm": _thing("端末で内容を確かめ、「この内容で申請する」に触れます", "On the terminal, check and touch “Apply”"),
    "Pay": _thing("お金を入れます。光っている硬貨か紙幣を押します", "Pay: press the lit coin or note", MONEY),
    "Printing": _thing("印刷しています。お待ちください", "It is printing. Please wait"),
    "Jammed": _thing("係員として「紙詰まりを直して再開」を押します", "As staff, press “紙詰まりを直して再開”", RESUME),
    "TakePaper": _thing("「用紙を取る」を押します", "Press “用紙を取る”", TAKE_PAPER),
    "AskReceipt": _thing("端末で、領収書を印刷するかどうかを選びます", "On the terminal, choose whether a receipt is printed"),
    "Thanks": _thing("手続が終わりました。端末で「終了する」に触れます", "The visit is over. Touch “End” on the terminal"),
    "Refusal": _thing("端末の案内を読み、「終了する」に触れます", "Read what the terminal says, and touch “End”"),
    "OutOfService": _thing("係員として理由を確かめ、再開します", "As staff, read the reason and open it again", SETTLE),
    "EnterDomicile": _thing("端末で本籍の町名・番地を入力し、「次へ」に触れます", "On the terminal, type the place of the family register"),
    "EnterHead": _thing("端末で筆頭者の氏名を入力し、「次へ」に触れます", "On the terminal, type the name of the register's head"),
    "EnterTelephone": _thing("端末で電話番号を入力し、「次へ」に触れます", "On the terminal, type the telephone number"),
    "ConfirmRegistration": _thing("端末で申請の内容を確かめ、「次へ」に触れます", "On the terminal, check the application and touch “Next”"),
    "EnterPassword": _thing("端末で署名用パスワードを入力し、「次へ」に触れます", "On the terminal, enter the signature password"),
    "ShowNumber": _thing("端末の申請番号を控え、「終了する」に触れます", "Write the number down and touch “End”"),
}  # fmt: skip
"""For every view of the terminal."""
GONE = _thing("端末が応答しません。「次の方のために最初に戻す」を押します", "The terminal is gone: press “次の方のために最初に戻す”", RESET)  # fmt: skip
READING = _thing("端末がカードを読み取っています", "The terminal is reading the card")
CARD_LEFT = _thing("置いたままのカードを取ります", "Take the card that was left", TAKE_CARD)
PAPER_LEFT = _thing(
    "取り出し口に残った用紙を取ります", "Take the paper that was left in the tray", TAKE_PAPER
)
BY_HAND = _thing("お手元のカードを、カードリーダに置いてください", "Lay your own card on the reader")
BY_HAND_AWAY = _thing("カードを、カードリーダから取ってください", "Take your card from the reader")
CHOOSE_TOUR = _thing("見学コースを選びます", "Choose a tour", CHOOSE)
TOUR_ENDED = _thing(
    "このコースは終わりです。「コースを選ぶ」を押します", "This tour is over: press “コースを選ぶ”", ANOTHER
)


def next_thing(state: TerminalState | None, card: str, *, virtual: bool = True) -> Thing:
    """What is to be done at `state` (None: the terminal does not answer) while `card` lies on the reader ('' for none). `virtual`: the panel
    lays the cards, no real hand."""
    if state is None:
        return GONE
    match state.screen:
        case "PlaceCard" if card:
            return READING
        case "PlaceCard" if not virtual:
            return BY_HAND
        case "TopMenu" | "OutOfService" if card:
            return CARD_LEFT if virtual else BY_HAND_AWAY
        case "TakeCard" if not virtual:
            return BY_HAND_AWAY
        case "TopMenu" if state.tray:
            return PAPER_LEFT
    return BY_SCREEN[state.screen]
