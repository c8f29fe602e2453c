"""The world of one scenario: stage, terminal, and what has happened so far. Steps are thin words over its verbs."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from cards.image import CardImage
from scenarios.driver import Terminal
from scenarios.stage import Stage
from server_stub.interface.clock import JST
from server_stub.interface.secret import Secret
from server_stub.municipalities import load_index

COINS = (1000, 500, 100, 50, 10)


@dataclass
class World:
    """`card`: the name of the card in use. `papers`: sheets that were taken, in the order they came out.

    `kind`, `options` and `copies` are what the resident asked for, for the one who reads the paper back. `passing` is called
    before each screen is left, while it still stands there as the resident leaves it: evidence keeps its picture.
    """

    stage: Stage
    terminal: Terminal
    card: str = ""
    papers: list[Path] = field(default_factory=list)
    kind: str = ""
    options: dict[str, bool] = field(default_factory=dict)
    copies: int = 1
    late_application: str = ""
    card_faults: list[dict[str, Any]] = field(default_factory=list)
    passing: Callable[[], None] = field(default=lambda: None)

    def leave_by(self, name: str) -> None:
        """Touch what leads on from this screen."""
        self.passing()
        self.terminal.touch(name)

    # --- the way to the menu of certificates -------------------------------------------------------------------------

    def go_to_card(self, *screens: str) -> str:
        """From the top menu to 「カードを置く」, or to one of `screens`; which one it is."""
        self.terminal.wait_for("TopMenu")
        self.leave_by("行政サービス")
        self.terminal.wait_for("ServiceMenu")
        self.leave_by("証明書交付サービス")
        self.terminal.wait_for("Consent")
        self.leave_by("同意する")
        return self.terminal.wait_for(*(screens or ("PlaceCard",)))

    def lay(self, card: str) -> str:
        """Lay the card; the screen that follows."""
        self.card = card
        return self._lay(lambda: self.stage.lay_card(card))

    def lay_image(self, image: CardImage) -> str:
        """The same for a card that only this scenario has."""
        return self._lay(lambda: self.stage.lay_image(image))

    def _lay(self, hand: Callable[[], None]) -> str:
        if self.terminal.screen() == "TopMenu":
            self.go_to_card()
        self.passing()
        hand()
        return self.terminal.wait_for("ChoosePlace", "Refusal")

    def choose_address(self) -> None:
        self.leave_by("お住まいの市区町村の証明書")
        self.terminal.wait_for("EnterPin", "ConfirmLastTry", "Refusal")

    def choose_domicile(self, municipality: str) -> None:
        self.leave_by("本籍地の市区町村の証明書")
        self.terminal.wait_for("ChooseMunicipality")
        prefecture = next(e.info.prefecture for e in load_index() if e.info.name == municipality)
        for name in (prefecture, municipality):
            while name not in self.terminal.call("touchables"):
                self.leave_by("次のページ")
            self.leave_by(name)
        self.terminal.wait_for("EnterPin", "ConfirmLastTry", "Refusal")

    def enter_pin(self, *, right: bool) -> str:
        """The card's own PIN, or one that is surely another; the screen that follows."""
        self.enter_digits(right=right)
        self.leave_by("次へ")
        return self.terminal.wait_for("EnterPin", "ConfirmLastTry", "TakeCard", "Refusal")

    def enter_digits(self, *, right: bool) -> None:
        """The digits alone. A wrong PIN is for virtual cards only: no scenario costs another card a try."""
        kind = self.terminal.call("card_kind")
        if not right and kind != "virtual":
            pytest.skip(
                f"Card_Pin_Withheld: 誤った暗証番号は仮想カードにだけ入力します（このカードは {kind}）"
            )
        pin = self.stage.pin_of(self.card)
        for digit in pin.reveal() if right else wrong_pin(pin):
            self.terminal.touch(digit)

    def take_card(self) -> str:
        self.passing()
        self.stage.take_card()
        return self.terminal.wait_for("ChooseCertificate", "TopMenu", "Refusal")

    def identify(self, card: str) -> None:
        """Everything up to the menu of certificates, as a resident to whom nothing happens."""
        assert self.lay(card) == "ChoosePlace", self.refusal()
        self.choose_address()
        self.enter_pin(right=True)
        self.terminal.wait_for("TakeCard", "Refusal")
        assert self.terminal.screen() == "TakeCard", self.refusal()
        self.take_card()

    # --- choosing ------------------------------------------------------------------------------------------------------

    def choose_kind(self, kind: str) -> None:
        self.kind = kind
        self.options = {}
        self.leave_by(kind)
        self.terminal.wait_for("ChooseScope", "ChooseOptions", "ChooseCopies")

    def choose_members(self, *people: str) -> None:
        """Those members of the household only, by 呼び名 (no space, no variation selector)."""
        by_plain = {plain(name): name for name in self.terminal.call("touchables")}
        for person in people:
            self.terminal.touch(by_plain[person])
        self.next("ChooseOptions")

    def choose_residence(self, scope: str, copies: int) -> None:
        """住民票の写し with everything but 個人番号, up to the confirmation. `scope`: 世帯全員 or 本人だけ.

        Who lives alone is not asked whom to choose.
        """
        self.choose_kind("住民票の写し")
        if self.terminal.screen() == "ChooseOptions":
            pass
        elif scope == "世帯全員":
            self.terminal.touch("世帯全員")
            self.next("ChooseOptions")
        else:
            self.choose_members(self.card.removesuffix("のカード"))
        for name, wanted in (("続柄", True), ("本籍・筆頭者", True), ("個人番号", False)):
            self.set_option(name, "記載する" if wanted else "記載しない")
        self.next("ChooseCopies")
        self.set_copies(copies)

    def next(self, *screens: str) -> str:
        self.leave_by("次へ")
        return self.terminal.wait_for(*screens)

    def set_option(self, name: str, wanted: str) -> None:
        self.options[name] = wanted == "記載する"
        self.terminal.touch(f"{name} {wanted}")

    def set_copies(self, copies: int) -> None:
        self.copies = copies
        self.terminal.touch(f"{copies}部")
        self.next("Confirm")

    def apply(self) -> str:
        """Confirm; the screen when the paper is there, or the refusal."""
        self.leave_by("この内容で申請する")
        return self.terminal.wait_for("Pay", "Refusal")

    # --- money and paper -------------------------------------------------------------------------------------------------

    def drop(self, amount: int) -> None:
        """Coins and notes of this amount, the largest first, as long as the machine takes them."""
        self.passing()
        for coin in COINS:
            while amount >= coin:
                self.terminal.call("drop", denomination=coin)
                amount -= coin
        assert amount == 0, "no coins for that amount"

    def take_paper(self) -> None:
        self.terminal.wait_for("TakePaper", "Jammed", "Refusal")
        assert self.terminal.screen() == "TakePaper", f"{self.terminal.screen()}: {self.terminal.texts()}"
        self.passing()
        self.papers = self.stage.take_paper()
        self.terminal.wait_for("AskReceipt")

    # --- time ---------------------------------------------------------------------------------------------------------------

    def pass_time(self, seconds: float) -> None:
        """The one clock goes on by so much (and a little more, so that a deadline lies behind it)."""
        self.eventually(lambda: bool(self.terminal.call("idle")), "the terminal is still busy")
        self.stage.clock.advance(timedelta(seconds=seconds + 0.5))

    # --- what is asserted -----------------------------------------------------------------------------------------------------

    def refusal(self) -> str:
        return self.terminal.described()

    def eventually(self, condition: Callable[[], bool], what: str) -> None:
        self.terminal.wait_until(condition, what)


def wrong_pin(pin: Secret) -> str:
    """Four digits that are surely not `pin`."""
    return "".join(str((int(digit) + 1) % 10) for digit in pin.reveal())


def plain(name: str) -> str:
    """A name as 呼び名: without spaces and variation selectors."""
    return "".join(c for c in name if not c.isspace() and not 0xE0100 <= ord(c) <= 0xE01EF)


ERAS = {"令和": 2018, "平成": 1988, "昭和": 1925}


def moment(text: str) -> datetime:
    """「令和8年6月5日22時59分」 as a time. Raises ValueError for another form."""
    match = re.fullmatch(r"(令和|平成|昭和)(\d+|元)年(\d+)月(\d+)日(\d+)時(\d+)分", text)
    if match is None:
        raise ValueError(f"「{text}」 is not of the form 令和8年6月5日22時59分")
    era, year, month, day, hour, minute = match.groups()
    number = 1 if year == "元" else int(year)
    return datetime(ERAS[era] + number, int(month), int(day), int(hour), int(minute), tzinfo=JST)
