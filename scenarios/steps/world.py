"""The world of one scenario: stage, terminal, and what has happened so far. Steps are thin words over its verbs."""

from __future__ import annotations

import importlib
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from cards.image import CardImage
from kiosk_app.screens.texts import LANGUAGES, Words
from scenarios import trace_labels
from scenarios.driver import PATIENCE, NotReached, Terminal
from scenarios.ledger_queries import CenterApplication
from scenarios.stage import Stage
from scenarios.stage_secrets import ordinance_pin
from scenarios.template import callings
from scenarios.towns import Town, named_municipalities
from server_stub.interface.application_states import State
from server_stub.interface.binding import PDFIUM
from server_stub.interface.offers import Offer, Question
from server_stub.interface.secret import Secret
from server_stub.interface.values import MunicipalityInfo
from server_stub.issuing.tables import Application

from .slots import ForWhom, digits, holder_of, piece, plain, read_scope, written_as

END = tuple(Words(language)("main.end") for language in LANGUAGES)
"""The button that ends a visit, in each language."""
CHOOSE_LANGUAGE = tuple(Words(language)("chrome.languages") for language in LANGUAGES)
"""The globe, as it is named in each language."""
NEXT_PAGE = Words("ja")("page.next")
AFTER_SCOPE = ("ChooseOptions", "ChooseCopies", "Confirm")
"""What may be asked when it is clear who goes on the paper."""
COINS = (1000, 500, 100, 50, 10)


class Unmet(AssertionError):
    """What a sentence claims is not so: what was `expected` and what was `found`, both in Japanese."""

    def __init__(self, expected: str, found: str) -> None:
        super().__init__(f"期待：{expected}／実際：{found}")
        self.expected, self.found = expected, found


def screen_told(screen: str) -> str:
    """The name of a screen in Japanese."""
    return trace_labels.values("screen").get(screen, screen)


def state_told(state: object) -> str:
    """The state of an application in Japanese."""
    return trace_labels.values("ledger").get(str(state), str(state))


def expect(held: bool, expected: str, found: str) -> None:
    """Raises Unmet unless it `held`."""
    if not held:
        raise Unmet(expected, found)


@dataclass(frozen=True)
class Before:
    """What the books said when the present visit began: all that came later is the visit's own. Amounts in yen."""

    taken: int
    returned: int
    by_hand: int
    kept: frozenset[str]
    applications: frozenset[str]
    incidents: int


@dataclass
class World:
    """`card`: the name of the card in use. `domicile`: whose certificates were asked for, by name, if not those of the
    holder's address. `papers`: sheets that were taken, in the order they came out.

    `kind`, `answers` (question -> choice) and `copies` are what the resident asked for, in the words of the offer, for the one
    who reads the paper back. `passing` is called
    before each screen is left, while it still stands there as the resident leaves it: evidence keeps its picture.
    """

    stage: Stage
    terminal: Terminal
    card: str = ""
    domicile: str = ""
    papers: list[Path] = field(default_factory=list)
    kind: str = ""
    answers: dict[str, str] = field(default_factory=dict)
    offered: tuple[Offer, ...] = ()
    copies: int = 1
    pin_kind: str = ""
    """The code of the kind whose PIN is asked for, where the kind comes before it (条例利用); '' for the card's own PIN."""
    late_application: str = ""
    number: Secret | None = None
    """The 申請番号 that this scenario's resident has written down."""
    card_faults: list[dict[str, Any]] = field(default_factory=list)
    passing: Callable[[], None] = field(default=lambda: None)
    before: Before | None = None
    known_numbers: set[str] = field(default_factory=set)
    """発行番号 that were in a ledger before it was lost."""
    _screens: list[str] = field(default_factory=list)
    fell_through: int = 0
    """Yen of the coins that this visit's resident dropped and the coin unit did not accept."""

    # --- this visit ------------------------------------------------------------------------------------------------------

    def begin_visit(self) -> None:
        """A resident stands before the top menu, or begins again: what the sentences say from now on is about this visit.

        Whoever was here before has gone, with the receipt and with the money that lay in the return tray.
        """
        if self.receipts() and not self.sheets():
            self.stage.take_paper()
        self.terminal.call("empty_return_tray")
        self.terminal.call("screens_shown")
        self._screens = []
        self.papers, self.kind, self.answers, self.copies, self.fell_through = [], "", {}, 1, 0
        self.domicile, self.pin_kind = "", ""
        self.offered = ()
        money, books = self.terminal.money(), self.stage.books
        self.before = Before(
            taken=money["taken"],
            returned=money["returned"],
            by_hand=int(self.terminal.call("paid_by_hand")),
            kept=frozenset(books.kept()),
            applications=frozenset(one.application_id for one in books.applications()),
            incidents=books.incidents(),
        )

    @property
    def visit(self) -> Before:
        """Raises Unmet where no visit has begun in this scenario: nothing can be said of one."""
        if self.before is None:
            raise Unmet("この場面で手続が始まっている", "まだ誰も手続を始めていない")
        return self.before

    def sheets(self) -> list[Path]:
        """Certificates that lie in the tray."""
        return self._in_tray(receipt=False)

    def receipts(self) -> list[Path]:
        return self._in_tray(receipt=True)

    def _in_tray(self, *, receipt: bool) -> list[Path]:
        tray = self.terminal.call("tray")
        return [Path(one["path"]) for one in tray if one["sheet_id"].endswith("-receipt") is receipt]

    def paper(self) -> list[Path]:
        """The certificates of this visit, taken or still in the tray. Raises Unmet where there is none."""
        found = self.papers or self.sheets()
        expect(bool(self.visit and found), "証明書の用紙が出ている", "用紙は一枚も出ていない")
        return found

    def receipt(self) -> Any:
        """The one receipt of this visit, read back. Raises Unmet where there is none."""
        self.until(lambda: bool(self.visit and self.receipts()), "領収書が出ている", lambda: "領収書はない")
        found = self.receipts()
        expect(len(found) == 1, "領収書が1枚", f"領収書が{len(found)}枚")
        with PDFIUM:
            return reader("receipt").read_receipt(found[0].read_bytes())

    def taken(self) -> int:
        """Yen that the terminal has kept in this visit."""
        return self.terminal.money()["taken"] - self.visit.taken

    def returned(self) -> int:
        """Yen that came back in this visit, by the coin unit's counter."""
        return self.terminal.money()["returned"] - self.visit.returned

    def return_tray(self) -> dict[int, int]:
        """Coins and notes that lie in the return tray, denomination -> count."""
        return {int(yen): count for yen, count in self.terminal.call("return_tray").items()}

    def in_ledger(self) -> Application:
        """The ledger's row of this visit's application. Raises Unmet."""
        wanted = self.application().application_id
        rows = [one for one in self.stage.books.ledger() if one.application_id == wanted]
        expect(len(rows) == 1, f"台帳に申請 {wanted} が1件", f"台帳に{len(rows)}件")
        return rows[0]

    def municipality_code(self, name: str) -> str:
        return self.named(name).code

    def named(self, name: str) -> MunicipalityInfo:
        """The municipality of that name; of several the one that participates."""
        found = [info for info in named_municipalities(self.stage.towns) if info.name == name]
        return next((info for info in found if info.participating), found[0])

    def municipality_name(self, code: str) -> str:
        """By its code; the code itself where nobody has it."""
        return next((info.name for info in named_municipalities(self.stage.towns) if info.code == code), code)

    def check_returned(self, amount: int) -> None:
        """By the coin unit's counter, and as coins in the return tray (what staff paid by hand does not lie there)."""
        self.until(
            lambda: self.returned() == amount, f"{amount}円の返却", lambda: f"{self.returned()}円の返却"
        )
        by_hand = int(self.terminal.call("paid_by_hand")) - self.visit.by_hand
        lies = self.return_tray()
        wanted = amount - by_hand + self.fell_through
        found = sum(yen * count for yen, count in lies.items())
        expect(found == wanted, f"返却口に{wanted}円", f"返却口に{found}円（{pieces_told(lies)}）")

    def settled(self) -> None:
        """Until the centre has taken everything that the terminal has to tell."""
        self.until(
            lambda: self.terminal.call("pending_reports") == 0,
            "端末の報告がすべてセンターに届いている",
            lambda: f"{self.terminal.call('pending_reports')}件の報告が届いていない",
        )

    def check_charges(self, *charges: int) -> None:
        """The ledger has just these charges of this visit, once everything has arrived there."""
        wanted = f"台帳の手数料 {yen_told(charges)}"
        self.until(
            lambda: self.charges() == list(charges),
            wanted,
            lambda: f"台帳の手数料 {yen_told(self.charges())}",
        )

    def check_state(self, state: State) -> None:
        """Centre and ledger have the application of this visit in that state, once everything has arrived there."""

        def states() -> list[str]:
            return [self.application().state, str(self.in_ledger().state)]

        self.until(
            lambda: states() == [state, state],
            f"センターと台帳で「{state_told(state)}」",
            lambda: "センターで「{}」、台帳で「{}」".format(*map(state_told, states())),
        )

    def charges(self) -> list[int]:
        """Yen kept in the ledger since this visit began, one entry an application."""
        return [yen for one, yen in self.stage.books.kept().items() if one not in self.visit.kept]

    def applications(self) -> list[CenterApplication]:
        """Those that reached the centre in this visit, oldest first."""
        known = self.visit.applications
        return [one for one in self.stage.applications() if one.application_id not in known]

    def application(self) -> CenterApplication:
        """The one of this visit. Raises Unmet."""
        found = self.applications()
        expect(len(found) == 1, "この手続の申請が一件ある", f"申請は{len(found)}件")
        return found[0]

    @property
    def delivered(self) -> Path:
        """Where this scenario's own delivery lies, in the shape of scenarios/towns/kobe; there only if there was one."""
        return self.stage.visit_folder / "delivered"

    @property
    def settings(self) -> Path:
        """Where the first town's folder lies with the settings that this scenario has changed; there only if it has."""
        return self.stage.visit_folder / "settings" / self.stage.towns[0].folder.name

    def town(self) -> Town:
        """The town whose certificates this visit is about."""
        if self.domicile:
            return next(town for town in self.stage.towns if town.name == self.domicile)
        code = self.stage.card(self.card).municipality if self.card else self.stage.towns[0].code
        return next(town for town in self.stage.towns if town.code == code)

    def leave_by(self, name: str) -> None:
        """Touch what leads on from this screen."""
        self.passing()
        self.touch(name)

    def speak(self, language: str) -> None:
        """Change the screen's language to the one that calls itself so; by the globe where it is not there at one touch."""
        self.passing()
        there = self.terminal.call("touchables")
        if language not in there:
            self.touch(next(name for name in CHOOSE_LANGUAGE if name in there))
            self.terminal.wait_for("Languages")
        self.touch(language)

    def touch(self, name: str) -> None:
        """Raises Unmet where there is nothing of that name to be touched."""
        there = self.terminal.call("touchables")
        expect(
            name in there,
            f"「{name}」に触れられる",
            f"「{screen_told(self.terminal.screen())}」の画面で触れられるのは {'、'.join(sorted(there)) or 'なし'}",
        )
        self.terminal.touch(name)

    # --- the way to the menu of certificates -------------------------------------------------------------------------

    def go_to_card(self, *screens: str) -> str:
        """From the top menu to 「カードを置く」, or to one of `screens`; which one it is."""
        self.terminal.wait_for("TopMenu")
        self.begin_visit()
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

    def lay_and_begin(self, card: str) -> None:
        """Raises Unmet where the card is refused at once."""
        expect(self.lay(card) == "ChoosePlace", "カードを置くと、証明書の市区町村を選べる", self.refusal())

    def lay_image(self, image: CardImage) -> str:
        """The same for a card that only this scenario has."""
        return self._lay(lambda: self.stage.lay_image(image))

    def _lay(self, hand: Callable[[], None]) -> str:
        if self.terminal.screen() == "TopMenu":
            self.go_to_card()
        if self.before is None:
            self.begin_visit()
        self.passing()
        hand()
        return self.terminal.wait_for("ChoosePlace", "ChooseKind", "Refusal")

    def kind_code(self, card: str, name: str) -> str:
        """The code of a kind by its name at the municipality of the card. Raises Unmet."""
        code = self.stage.card(card).municipality
        municipality = next(town.municipality for town in self.stage.towns if town.code == code)
        names = {
            (municipality.services[one].words.get("ja") or kind.words["ja"]): one
            for one, kind in municipality.kinds.items()
        }
        expect(name in names, f"「{name}」が交付される", f"交付されるのは {'、'.join(names)}")
        return names[name]

    def choose_kind_before_pin(self, kind: str) -> None:
        """On the menu that a 住民基本台帳カード has before its PIN."""
        self.leave_by(kind)
        self.kind, self.answers, self.pin_kind = kind, {}, self.kind_code(self.card, kind)
        self.terminal.wait_for("EnterPin", "ConfirmLastTry", "Refusal")

    def choose_address(self) -> None:
        self.leave_by("お住まいの市区町村の証明書")
        self.terminal.wait_for("EnterPin", "ConfirmLastTry", "Refusal")

    def choose_domicile(self, municipality: str) -> None:
        self.leave_by("本籍地の市区町村の証明書")
        self.terminal.wait_for("ChooseMunicipality")
        self.domicile = municipality
        for name in (self.named(municipality).prefecture, municipality):
            while name not in self.terminal.call("touchables"):
                self.leave_by(NEXT_PAGE)
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
        pin = ordinance_pin(self.pin_kind) if self.pin_kind else self.stage.pin_of(self.card)
        for digit in pin.reveal() if right else wrong_pin(pin):
            self.terminal.touch(digit)

    def take_card(self) -> str:
        self.passing()
        self.stage.take_card()
        return self.terminal.wait_for("ChooseCertificate", "ChooseScope", *AFTER_SCOPE, "TopMenu", "Refusal")

    def identify(self, card: str) -> None:
        """Everything up to the menu of certificates, as a resident to whom nothing happens."""
        self.lay_and_begin(card)
        self.choose_address()
        self.enter_pin(right=True)
        self.terminal.wait_for("TakeCard", "Refusal")
        expect(self.terminal.screen() == "TakeCard", "本人確認が済む", self.refusal())
        self.take_card()

    # --- choosing ------------------------------------------------------------------------------------------------------

    def offers(self) -> tuple[Offer, ...]:
        """What the terminal was offered in this visit, as the centre signed it."""
        told = self.terminal.call("offers")
        if told:
            self.offered = tuple(Offer.model_validate(one) for one in told)
        return self.offered

    def offer_of(self, kind: str) -> Offer:
        """The offer of that name. Raises Unmet."""
        found = [one for one in self.offers() if one.words["ja"] == kind]
        there = "、".join(one.words["ja"] for one in self.offered) or "なし"
        expect(len(found) == 1, f"「{kind}」が案内される", f"案内された証明書 {there}")
        return found[0]

    def name_of(self, code: str) -> str:
        """The name of a kind by its code; the code itself if it was not offered in this visit."""
        return next((one.words["ja"] for one in self.offered if one.kind == code), code)

    def choose_kind(self, kind: str) -> None:
        """By the name that the terminal was offered."""
        self.offer_of(kind)
        self.kind, self.answers = kind, {}
        self.leave_by(kind)
        self.terminal.wait_for("ChooseScope", *AFTER_SCOPE)

    def choose_whole(self, whole: str) -> None:
        """Everybody, as the offer names them."""
        words = self.offer_of(self.kind).whole
        told = "なし" if words is None else words["ja"]
        expect(told == whole, f"範囲「{whole}」が案内される", f"案内された範囲 {told}")
        self.touch(whole)
        self.next(*AFTER_SCOPE)

    def choose_members(self, *people: str) -> None:
        """Those members of the household only, by 呼び名 (no space, no variation selector)."""
        for person in people:
            # a tick draws the tiles anew
            self.touch(self._tile_of(person))
        self.next(*AFTER_SCOPE)

    def _tile_of(self, person: str) -> str:
        """The name by which somebody can be touched, pages on if need be; 呼び名 where there is none."""
        wanted = written_as(person)
        while True:
            by_plain: dict[str, str] = {plain(name): name for name in self.terminal.call("touchables")}
            if wanted in by_plain or NEXT_PAGE not in by_plain:
                return by_plain.get(wanted, person)
            self.touch(NEXT_PAGE)

    def choose(self, scope: ForWhom | str, copies: int, kind: str = "") -> None:
        """A certificate (the first of the menu, unless named) with everything on it but 個人番号, up to the confirmation.
        `scope` may be as a sentence has it (世帯全員).

        Who lives alone is not asked whom to choose.
        """
        self.choose_kind(kind or self.offers()[0].words["ja"])
        self.choose_rest(scope, copies)

    def choose_rest(self, scope: ForWhom | str, copies: int) -> None:
        """All that is asked of the chosen certificate, up to the confirmation; as `choose`."""
        scope = read_scope(scope) if isinstance(scope, str) else scope
        wanted = () if scope.whole else scope.people or (self.holder(),)
        if self.terminal.screen() != "ChooseScope":
            expect(
                bool(scope.whole) or wanted == (self.holder(),),
                f"{'、'.join(wanted)}を選べる",
                "一人世帯で、選ぶ画面がない",
            )
        elif scope.whole:
            self.choose_whole(scope.whole)
        else:
            self.choose_members(*wanted)
        while self.terminal.screen() == "ChooseOptions":
            for question in self._questions_shown():
                choice = next(one for one in question.choices if not one.secret)
                self.answer(question.words["ja"], choice.words["ja"])
            self.next(*AFTER_SCOPE)
        self.set_copies(copies)

    def _questions_shown(self) -> list[Question]:
        """Those of the present screen."""
        there = self.terminal.call("touchables")
        asked = self.offer_of(self.kind).questions
        return [one for one in asked if answer_told(one.words["ja"], one.choices[0].words["ja"]) in there]

    def holder(self) -> str:
        """The 呼び名 of whoever the card in use belongs to."""
        return holder_of(self.card)

    def next(self, *screens: str) -> str:
        self.leave_by("次へ")
        return self.terminal.wait_for(*screens)

    def answer(self, question: str, choice: str) -> None:
        """On the present screen, in the words of the offer. Raises Unmet."""
        self.touch(answer_told(question, choice))
        self.answers[question] = choice

    def answer_all(self, answers: Mapping[str, str]) -> None:
        """Give these answers, on however many screens the questions stand; what is not named stays as it is. Raises Unmet."""
        left = dict(answers)
        while self.terminal.screen() == "ChooseOptions":
            there = self.terminal.call("touchables")
            for question, choice in list(left.items()):
                if answer_told(question, choice) in there:
                    self.answer(question, left.pop(question))
            if left and not any(name.startswith(f"{one} ") for one in left for name in there):
                self.next(*AFTER_SCOPE)
            elif left:
                break
            else:
                self.next(*AFTER_SCOPE)
        expect(
            not left,
            "、".join(f"{question}を「{choice}」にできる" for question, choice in left.items()),
            self.refusal(),
        )

    def set_copies(self, copies: int) -> None:
        self.copies = copies
        if copies == 1 and self.terminal.screen() == "Confirm":
            return  # no more can be had, so nobody is asked
        self.touch(f"{copies}部")
        self.next("Confirm")

    def apply(self) -> str:
        """Confirm; the screen when the paper is there (with no fee, when it is printed), or the refusal."""
        self.leave_by("この内容で申請する")
        return self.terminal.wait_for("Pay", "TakePaper", "Jammed", "Refusal")

    def apply_and_reach(self, screen: str) -> None:
        """Raises Unmet where another screen follows."""
        found = self.apply()
        expect(found == screen, f"申込みのあと「{screen_told(screen)}」の画面になる", self.refusal())

    # --- money and paper -------------------------------------------------------------------------------------------------

    def drop(self, amount: int) -> None:
        """Coins and notes of this amount, the largest first, as long as the machine takes them."""
        self.passing()
        for coin in COINS:
            while amount >= coin:
                self.drop_coin(coin)
                amount -= coin

    def drop_coin(self, denomination: int) -> bool:
        """One coin or note; False if it fell through into the return tray."""
        kept = bool(self.terminal.call("drop", denomination=denomination))
        self.fell_through += 0 if kept else denomination
        return kept

    def take_paper(self) -> None:
        self.terminal.wait_for("TakePaper", "Jammed", "Refusal")
        expect(self.terminal.screen() == "TakePaper", "用紙を取る画面になる", self.refusal())
        self.passing()
        self.papers = self.stage.take_paper()
        self.terminal.wait_for("AskReceipt", "Thanks")

    # --- time ---------------------------------------------------------------------------------------------------------------

    def pass_time(self, seconds: float) -> None:
        """The one clock goes on by so much (and a little more, so that a deadline lies behind it)."""
        self.eventually(lambda: bool(self.terminal.call("idle")), "端末の処理が終わる")
        self.stage.clock.advance(timedelta(seconds=seconds + 0.5))

    # --- what the screen says ---------------------------------------------------------------------------------------------

    def says(self, text: str) -> None:
        """Raises Unmet unless `text` stands on the screen as whole words."""
        expect(self._says(text), f"画面に「{text}」", self.refusal())

    def waits_to_say(self, text: str) -> None:
        """The same, once the terminal has come so far."""
        self.until(lambda: self._says(text), f"画面に「{text}」", self.refusal)

    def _says(self, text: str) -> bool:
        return any(stands_in(text, shown) for shown in self.terminal.texts())

    def screens(self) -> list[str]:
        """The names of the screens shown since this visit began."""
        self._screens += self.terminal.call("screens_shown") if self.visit else []
        return self._screens

    def end_thanks(self) -> None:
        """Leave the thanks, if they are still shown, in whatever language."""
        if self.terminal.screen() == "Thanks":
            there = self.terminal.call("touchables")
            self.leave_by(next((name for name in END if name in there), END[0]))
            self.terminal.wait_for("TopMenu", "TakeCard")

    # --- what is asserted -----------------------------------------------------------------------------------------------------

    def refusal(self) -> str:
        return self.terminal.described()

    def eventually(self, condition: Callable[[], bool], what: str) -> None:
        self.terminal.wait_until(condition, what)

    def until(self, held: Callable[[], bool], expected: str, found: Callable[[], str]) -> None:
        """Wait until it `held`. Raises Unmet with what was found in the end."""
        try:
            self.terminal.wait_until(held, expected, PATIENCE)
        except NotReached as error:
            raise Unmet(expected, found()) from error


def answer_told(question: str, choice: str) -> str:
    """The name of what is touched to give this answer."""
    return f"{question} {choice}"


def wrong_pin(pin: Secret) -> str:
    """Four digits that are surely not `pin`."""
    return "".join(str((int(digit) + 1) % 10) for digit in pin.reveal())


def stands_in(text: str, shown: str) -> bool:
    """Whether `text` stands in `shown` as whole words: 0円 does not stand in 250円, nor 証明書 in 証明書発行."""
    text, shown = digits(text), digits(shown).replace("\n", "")
    begin = shown.find(text)
    while begin >= 0:
        end = begin + len(text)
        before, after = shown[begin - 1 : begin], shown[end : end + 1]
        if not _one_word(before, text[:1]) and not _one_word(text[-1:], after):
            return True
        begin = shown.find(text, begin + 1)
    return False


def _one_word(left: str, right: str) -> bool:
    """Whether two characters that follow each other belong to one word or number."""
    return _script(left) == _script(right) != ""


def _script(character: str) -> str:
    """digit, latin, katakana or kanji; '' for what divides words (hiragana, signs, spaces, nothing)."""
    if character.isdecimal() or character in (",", "."):
        return "digit"
    if character.isascii() and (character.isalnum() or character == "_"):
        return "latin"
    if "ァ" <= character <= "ヺ" or character == "ー":
        return "katakana"
    return "kanji" if character and unicodedata.name(character, "").startswith("CJK UNIFIED") else ""


def pieces_told(pieces: dict[int, int]) -> str:
    """「100円硬貨が2枚、50円硬貨が1枚」; 「なし」 for nothing."""
    return "、".join(f"{piece(yen)}が{pieces[yen]}枚" for yen in sorted(pieces, reverse=True)) or "なし"


def yen_told(amounts: Sequence[int]) -> str:
    return "、".join(f"{yen}円" for yen in amounts) or "なし"


def reader(name: str) -> Any:
    """The reader of papers lives in `tests/`, apart from everything it checks; a checkout has it."""
    return importlib.import_module(f"tests.readback.{name}")


def town(world: World) -> Any:
    """The people of the town whose certificates this visit is about, as they were last delivered."""
    own = world.town()
    changed = world.delivered.exists() and own is world.stage.towns[0]
    called = callings(world.stage.cards.values())
    elsewhere = {
        called[card.person]: f"{card.municipality}:{card.person}"
        for card in world.stage.cards.values()
        if card.municipality != own.code
    }
    found = reader("town").Town.load(world.delivered if changed else own.folder, own.folder, elsewhere)
    if world.settings.exists() and own is world.stage.towns[0]:
        return replace(found, municipality=reader("register").read_municipality(world.settings))
    return found
