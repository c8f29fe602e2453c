"""Every screen in both languages as pictures on one page (`konbini gallery`), from sample states of the flow.

Each sample is a state of the flow, shown as the flow shows it: no picture of a screen that never occurs.
"""

from __future__ import annotations

import html
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

from PySide6.QtWidgets import QApplication

from kiosk_app.flow import views as v
from kiosk_app.flow.presenter import FULL_TRIES, VIRTUAL, view_of
from kiosk_app.flow.state import CardPresence, State, Visit
from kiosk_app.flow.state import StateName as S
from server_stub.interface.clock import STAGE_START, Clock
from server_stub.interface.offers import Offer, Offers
from server_stub.interface.terminal import ApplicationOptions, CertificateKind, OptionName
from server_stub.interface.values import FailureBody, MunicipalityInfo

from .texts import LANGUAGES
from .window import KioskWindow

MOMENT = STAGE_START
"""What the clock shows in the pictures."""

KOBE = MunicipalityInfo(
    code="28100", prefecture="兵庫県", name="神戸市", prefecture_en="Hyogo", name_en="Kobe City",
    kana="こうべし", participating=True, accent="#1F5FA8", telephone="000-000-0000",
)  # fmt: skip
ASHIKAGA = MunicipalityInfo(
    code="09202", prefecture="栃木県", name="足利市", prefecture_en="Tochigi", name_en="Ashikaga City",
    kana="あしかがし", participating=True, accent="#7A2E5D", telephone="000-000-0000",
)  # fmt: skip
FEW = (
    ASHIKAGA,
    MunicipalityInfo(
        code="13555", prefecture="東京都", name="サンプル町", prefecture_en="Tokyo", name_en="Sample Town",
        kana="さんぷるちょう", participating=False,
    ),
    KOBE,
)  # fmt: skip

_PREFECTURES = (
    ("北海道", "Hokkaido"), ("青森県", "Aomori"), ("岩手県", "Iwate"), ("宮城県", "Miyagi"), ("秋田県", "Akita"),
    ("山形県", "Yamagata"), ("福島県", "Fukushima"), ("茨城県", "Ibaraki"), ("栃木県", "Tochigi"), ("群馬県", "Gunma"),
    ("埼玉県", "Saitama"), ("千葉県", "Chiba"), ("東京都", "Tokyo"), ("神奈川県", "Kanagawa"), ("新潟県", "Niigata"),
)  # fmt: skip
_TOWNS = (
    ("見本市", "Mihon City", "みほんし"), ("例示市", "Reiji City", "れいじし"), ("試験町", "Shiken Town", "しけんちょう"),
    ("青空市", "Aozora City", "あおぞらし"), ("桜ヶ丘市", "Sakuragaoka City", "さくらがおかし"),
    ("南見本市", "Minami-Mihon City", "みなみみほんし"), ("北見本市", "Kita-Mihon City", "きたみほんし"),
    ("若葉町", "Wakaba Town", "わかばちょう"), ("花園市", "Hanazono City", "はなぞのし"),
    ("東見本町", "Higashi-Mihon Town", "ひがしみほんちょう"), ("山手市", "Yamate City", "やまてし"),
    ("千歳台市", "Chitosedai City", "ちとせだいし"), ("大例示市", "Oreiji City", "おおれいじし"),
    ("海浜市", "Kaihin City", "かいひんし"), ("西見本村", "Nishi-Mihon Village", "にしみほんむら"),
)  # fmt: skip


def many_municipalities() -> tuple[MunicipalityInfo, ...]:
    """Fifteen invented towns in each of fifteen prefectures."""
    return tuple(
        MunicipalityInfo(
            code=f"{number:02}{200 + place:03}", prefecture=prefecture, name=name, prefecture_en=prefecture_en,
            name_en=name_en, kana=kana, participating=True,
        )
        for number, (prefecture, prefecture_en) in enumerate(_PREFECTURES, 1)
        for place, (name, name_en, kana) in enumerate(_TOWNS)
    )  # fmt: skip


HOURS = "6:30～23:00"
ALL_OPTIONS = (OptionName.RELATIONSHIP, OptionName.DOMICILE, OptionName.MY_NUMBER)


def _member(number: int, name: str, relationship: str, refusal: FailureBody | None = None) -> Member:
    return Member(
        ref=f"{number:016x}", name=name, relationship=relationship, holder=number == 1, refusal=refusal
    )


FAMILY = (
    _member(1, "見本　太郎", "世帯主"),
    _member(2, "見本　花子", "妻"),
    _member(3, "見本　一郎", "子"),
    _member(4, "見本　さくら", "子"),
    _member(5, "見本　ハル", "母"),
    _member(6, "見本　次郎", "子"),
)
VARIANTS = (
    _member(1, "渡邉\U000e0118　健", "世帯主"),
    _member(2, "𠮷田　葛\U000e0102子", "妻"),
    _member(3, "ＷＡＴＡＮＡＢＥ　ＭＡＸＩＭＩＬＩＡＮ　ＡＬＥＸＡＮＤＥＲ", "子"),
    _member(4, "渡邉\U000e0118　花", "子", FailureBody(failure="Household_Member_Restricted")),
    _member(5, "渡邉\U000e0118　梅", "母"),
    _member(6, "渡邉\U000e0118　桃", "子"),
    _member(7, "渡邉\U000e0118　桜", "子"),
    _member(8, "渡邉\U000e0118　桃", "父"),
)

RESIDENCE = Offer(
    kind=CertificateKind.RESIDENCE, fee=250, max_copies=10, hours=HOURS, options=ALL_OPTIONS, members=FAMILY,
    whole_household=True,
)  # fmt: skip
SEAL = Offer(kind=CertificateKind.SEAL_REGISTRATION, fee=250, max_copies=10, hours=HOURS, members=FAMILY[:1])


def _refused(offer: Offer, failure: str) -> Offer:
    return offer.model_copy(update={"refusal": FailureBody(failure=failure)})


def _of(*offers: Offer, city: MunicipalityInfo = KOBE) -> Visit:
    """Offered these, with the first of them chosen."""
    return Visit(offers=Offers(municipality=city, offers=offers), kind=offers[0].kind)


def sample_states() -> dict[str, State]:
    """Name of the sample -> the state of the flow that it shows."""
    card = CardPresence.USED
    soon = MOMENT + timedelta(seconds=12)
    chosen = (FAMILY[1].ref, FAMILY[3].ref)
    full = ApplicationOptions(relationship=True, domicile=True, my_number=True)
    variants = RESIDENCE.model_copy(update={"members": VARIANTS, "whole_household": False})
    able = tuple(member.ref for member in VARIANTS if member.refusal is None)
    residence, seal = _of(RESIDENCE, SEAL), _of(SEAL)
    dear = SEAL.model_copy(update={"fee": 1250, "max_copies": 99})
    short = RESIDENCE.model_copy(update={"options": ALL_OPTIONS[:2]})
    hours = (("opens", "6:30"), ("closes", "23:00"))
    office = "神戸市 000-000-0000"
    return {
        "TopMenu": State(),
        "ServiceMenu": State(S.SERVICE_MENU),
        "Consent": State(S.CONSENT),
        "PlaceCard": State(S.PLACE_CARD),
        "PlaceCard_countdown": State(S.PLACE_CARD, deadline=soon),
        "TakeCard_to_begin": State(S.LIFT_CARD),
        "PleaseWait_card": State(S.READING_CARD),
        "ChoosePlace": State(S.CHOOSE_PLACE),
        "ChooseMunicipality": State(S.CHOOSE_MUNICIPALITY, Visit(municipalities=FEW)),
        "ChooseMunicipality_many": State(
            S.CHOOSE_MUNICIPALITY, Visit(municipalities=many_municipalities())
        ),
        "PleaseWait_connecting": State(S.OPENING_SESSION),
        "EnterPin": State(S.ENTER_PIN, Visit(card_kind=VIRTUAL, tries_left=FULL_TRIES)),
        "EnterPin_real": State(S.ENTER_PIN, Visit(tries_left=FULL_TRIES)),
        "EnterPin_wrong": State(S.ENTER_PIN, Visit(tries_left=2, was_wrong=True)),
        "ConfirmLastTry": State(S.CONFIRM_LAST_TRY, Visit(tries_left=1)),
        "ConfirmLastTry_wrong": State(S.CONFIRM_LAST_TRY, Visit(tries_left=1, was_wrong=True), soon),
        "EnterPin_one_left": State(S.ENTER_PIN, Visit(tries_left=1)),
        "EnterPin_last_try": State(S.ENTER_PIN, Visit(tries_left=1, was_wrong=True), soon),
        "PleaseWait_authenticating": State(S.AUTHENTICATING),
        "TakeCard": State(S.TAKE_CARD),
        "TakeCard_forgotten": State(S.TAKE_CARD, Visit(forgotten=True), soon),
        "ChooseCertificate": State(S.CHOOSE_CERTIFICATE, residence),
        "ChooseCertificate_refused": State(
            S.CHOOSE_CERTIFICATE, _of(RESIDENCE, _refused(SEAL, "Seal_Not_Registered"), city=ASHIKAGA)
        ),
        "ChooseCertificate_closed": State(
            S.CHOOSE_CERTIFICATE, _of(RESIDENCE, _refused(SEAL, "Service_Closed_Now"))
        ),
        "ChooseScope": State(S.CHOOSE_SCOPE, residence),
        "ChooseScope_chosen": State(S.CHOOSE_SCOPE, replace(residence, members=chosen)),
        "ChooseScope_variants": State(S.CHOOSE_SCOPE, _of(variants)),
        "ChooseScope_countdown": State(S.CHOOSE_SCOPE, residence, soon),
        "ChooseOptions": State(
            S.CHOOSE_OPTIONS, replace(residence, options=ApplicationOptions(relationship=True))
        ),
        "ChooseOptions_two": State(S.CHOOSE_OPTIONS, _of(short)),
        "ChooseCopies": State(S.CHOOSE_COPIES, replace(residence, copies=2)),
        "ChooseCopies_many": State(S.CHOOSE_COPIES, _of(dear)),
        "Confirm": State(
            S.CONFIRM,
            replace(residence, members=(FAMILY[0].ref,), options=ApplicationOptions(relationship=True)),
        ),
        "Confirm_household": State(S.CONFIRM, replace(residence, options=full, copies=10)),
        "Confirm_variants": State(S.CONFIRM, replace(_of(variants), members=able, options=full, copies=2)),
        "Confirm_seal": State(
            S.CONFIRM,
            replace(_of(SEAL.model_copy(update={"members": VARIANTS[:1]}), city=ASHIKAGA), copies=2),
        ),
        "Confirm_without_fee": State(S.CONFIRM, replace(_of(SEAL.model_copy(update={"fee": 0})), copies=2)),
        "PleaseWait_preparing": State(S.PREPARING, residence),
        "Pay": State(S.PAY, replace(seal, due=250)),
        "Pay_part": State(S.PAY, replace(seal, due=2500, inserted=1100), soon),
        "Pay_rejected": State(S.PAY, replace(seal, due=250, inserted=100, rejected=500)),
        "Pay_done": State(S.TAKING_MONEY, replace(seal, due=250, inserted=300)),
        "PleaseWait_without_fee": State(S.TAKING_MONEY, replace(seal, due=0)),
        "PleaseWait_returning": State(S.RETURNING_MONEY, seal),
        "Printing": State(S.PRINTING, replace(seal, sheets=1)),
        "Printing_part": State(S.PRINTING, replace(residence, sheets=6, printed=2)),
        "Jammed": State(S.JAMMED, replace(residence, failure="Printer_Jam", sheets=3, printed=1)),
        "Jammed_empty": State(S.JAMMED, replace(residence, failure="Printer_Paper_Empty", sheets=3)),
        "TakePaper": State(S.TAKE_PAPER, replace(seal, sheets=1)),
        "TakePaper_change": State(S.TAKE_PAPER, replace(residence, sheets=3, change=750)),
        "TakePaper_forgotten": State(
            S.TAKE_PAPER, replace(residence, sheets=3, change=750, forgotten=True), soon
        ),
        "AskReceipt": State(S.ASK_RECEIPT, seal),
        "PleaseWait_receipt": State(S.PRINTING_RECEIPT, seal),
        "Thanks": State(S.THANKS),
        "Refusal_expired": State(
            S.REFUSAL, Visit(failure="Certificate_Expired", card=card, contact=office)
        ),
        "Refusal_blocked": State(S.REFUSAL, Visit(failure="Card_Pin_Blocked", card=card)),
        "Refusal_closed": State(S.REFUSAL, Visit(failure="Service_Closed_Now", facts=hours), soon),
        "Refusal_money": State(S.REFUSAL, Visit(failure="Money_Not_Enough", returned=150)),
        "Refusal_retry": State(S.REFUSAL, Visit(failure="Card_Removed"), soon),
        "Refusal_cancelled": State(S.REFUSAL, Visit(failure="Visit_Cancelled", returned=1100)),
        "Refusal_doubt": State(S.REFUSAL, Visit(failure="Printer_Print_In_Doubt", doubt=True)),
        "Refusal_unknown_name": State(S.REFUSAL, Visit(failure="Somebody_Elses_Failure")),
        "TakeCard_left": State(S.CARD_LEFT),
        "OutOfService": State(S.OUT_OF_SERVICE, Visit(stopped="Application_Left_Open")),
        "OutOfService_card": State(S.OUT_OF_SERVICE, Visit(card=card, stopped="Report_Refused")),
    }  # fmt: skip


def samples() -> dict[str, v.View]:
    """Name of the sample -> view, in Japanese; `in_language` makes the others."""
    return {name: view_of(state) for name, state in sample_states().items()}


def in_language(view: v.View, language: str) -> v.View:
    """The same view in another language, the municipality's name in it too."""
    if isinstance(view, v.Refusal) and language == "en":
        view = replace(view, contact=view.contact.replace(KOBE.name, KOBE.name_en))
    return replace(view, language=language)


_PAGE = """<!DOCTYPE html>
<html lang="ja"><head><meta charset="utf-8"><title>画面一覧 / Screens</title><style>
body {{ font-family: "BIZ UDPGothic", sans-serif; margin: 32px; color: #1a1a1a; background: #f2f4f7; }}
section {{ margin-bottom: 40px; }} h2 {{ font-size: 20px; margin: 0 0 8px; }}
div {{ display: grid; grid-template-columns: 1fr 1fr; gap: 16px; }}
img {{ width: 100%; border: 1px solid #6b7280; }}
</style></head><body><h1>画面一覧 / Screens</h1>
{sections}
</body></html>
"""


def write_gallery(folder: Path) -> Path:
    """Write NAME.LANGUAGE.png for every sample view and `index.html`; returns the page. Needs the GUI thread."""
    application = QApplication.instance() or QApplication([])
    folder.mkdir(parents=True, exist_ok=True)
    clock = Clock(MOMENT)
    clock.freeze()
    window = KioskWindow(clock)
    sections = []
    for name, view in samples().items():
        figures = []
        for language in LANGUAGES:
            window.show_view(in_language(view, language))
            file = f"{name}.{language}.png"
            if not window.picture().save(str(folder / file)):
                raise OSError(f"cannot write {folder / file}")
            figures.append(f'<img src="{html.escape(file)}" alt="{html.escape(name)} {language}">')
            application.processEvents()
        sections.append(f"<section><h2>{html.escape(name)}</h2><div>{''.join(figures)}</div></section>")
    window.close()
    page = folder / "index.html"
    page.write_text(_PAGE.format(sections="\n".join(sections)), encoding="utf-8")
    return page
