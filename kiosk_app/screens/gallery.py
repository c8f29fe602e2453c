"""Every screen as pictures (`konbini gallery`), from sample states of the flow, in the order of a visit.

Each sample is a state of the flow, shown as the flow shows it: no picture of a screen that never occurs.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from PySide6.QtWidgets import QApplication

from kiosk_app.flow import views as v
from kiosk_app.flow.presenter import FULL_TRIES, VIRTUAL, view_of
from kiosk_app.flow.state import Addressee, CardPresence, Purchase, Received, State, Visit
from kiosk_app.flow.state import StateName as S
from server_stub.interface.clock import STAGE_START, Clock
from server_stub.interface.offers import Choice, Offer, Offers, Question, Scope, Subject, Symbol
from server_stub.interface.registration import reference_of
from server_stub.interface.registration_text import Form, text_of
from server_stub.interface.secret import Secret
from server_stub.interface.terminal import OrdinanceKind, OrdinanceService
from server_stub.interface.values import FailureBody, Identity, Method, MunicipalityInfo, Place

from .screen import Screen
from .texts import CATALOGUE_LANGUAGES
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


HOURS = {"ja": "6:30～23:00", "en": "6:30～23:00"}
_NOTES = {"世帯主": "Head of household", "妻": "Wife", "子": "Child", "母": "Mother", "父": "Father"}


def subject(number: int, name: str, note: str, refusal: FailureBody | None = None) -> Subject:
    words = {"ja": note, "en": _NOTES[note]}
    return Subject(ref=f"{number:016x}", name=name, note=words, holder=number == 1, refusal=refusal)


FAMILY = (
    subject(1, "見本　太郎", "世帯主"),
    subject(2, "見本　花子", "妻"),
    subject(3, "見本　一郎", "子"),
    subject(4, "見本　さくら", "子"),
    subject(5, "見本　ハル", "母"),
    subject(6, "見本　次郎", "子"),
)
VARIANTS = (
    subject(1, "渡邉\U000e0118　健", "世帯主"),
    subject(2, "𠮷田　葛\U000e0102子", "妻"),
    subject(3, "ＷＡＴＡＮＡＢＥ　ＭＡＸＩＭＩＬＩＡＮ　ＡＬＥＸＡＮＤＥＲ", "子"),
    subject(4, "渡邉\U000e0118　花", "子", FailureBody(failure="Household_Member_Restricted")),
    subject(5, "渡邉\U000e0118　梅", "母"),
    subject(6, "渡邉\U000e0118　桃", "子"),
    subject(7, "渡邉\U000e0118　桜", "子"),
    subject(8, "渡邉\U000e0118　桃", "父"),
)


def shown_or_not(
    code: str, ja: str, en: str, about_ja: str, about_en: str, *, secret: bool = False
) -> Question:
    """A question with two choices: shown on the paper, or left out."""
    return Question(
        code=code,
        words={"ja": ja, "en": en},
        about={"ja": about_ja, "en": about_en},
        choices=(
            Choice(code="shown", words={"ja": "記載する", "en": "Show"}, secret=secret),
            Choice(code="omitted", words={"ja": "記載しない", "en": "Leave out"}),
        ),
        default="omitted",
    )


ITEMS = (
    shown_or_not(
        "relationship", "続柄", "Relationship", "世帯主の氏名と、世帯主との続柄",
        "Name of the head of household, and relationship to them",
    ),
    shown_or_not(
        "domicile", "本籍・筆頭者", "Registered domicile", "本籍地と、戸籍の筆頭者の氏名",
        "Domicile, and the first person of the family register",
    ),
    shown_or_not(
        "number", "個人番号", "My Number", "マイナンバー（12桁）。提出先をご確認ください",
        "12 digits. Please check that the recipient asks for it", secret=True,
    ),
)  # fmt: skip
YEAR = Question(
    code="year",
    words={"ja": "証明が必要な年度", "en": "Fiscal year"},
    about={
        "ja": "前の年の1月から12月までの所得が記載されます。提出先に、必要な年度をご確認ください。",
        "en": "The certificate shows the income of the calendar year before. Please ask which year is needed.",
    },
    choices=tuple(
        Choice(code=f"r{year}", words={"ja": f"令和{year}年度", "en": f"{2018 + year}"}) for year in (8, 7, 6)
    ),
    default="r8",
)
PURPOSE = Question(
    code="purpose",
    words={"ja": "証明書の使用目的", "en": "Purpose of the certificate"},
    choices=tuple(
        Choice(code=f"purpose_{number}", words={"ja": ja, "en": en})
        for number, (ja, en) in enumerate(
            (
                ("年金・手当の手続", "Pension or allowances"), ("保育所・学校の手続", "Nursery or school"),
                ("扶養の認定（勤務先の健康保険に提出するもの）", "Dependants (for the health insurance of your employer)"),
                ("住宅・融資の申込み", "Housing or a loan"), ("在留資格の手続", "Residence status"), ("その他", "Other"),
            )
        )
    ),
    default="purpose_0",
)  # fmt: skip

HOUSEHOLD = Offer(
    kind="household", title="見本", words={"ja": "住民票の写し", "en": "Residence certificate"}, symbol=Symbol.HOUSE, fee=250,
    max_copies=10, hours=HOURS, scopes=(Scope.HOLDER, Scope.WHOLE, Scope.CHOSEN),
    whole={"ja": "世帯全員", "en": "Whole household"},
    whole_about={"ja": "世帯の6人全員を記載します", "en": "All 6 members"}, subjects=FAMILY, questions=ITEMS,
)  # fmt: skip
SEAL = Offer(
    kind="seal", title="見本", words={"ja": "印鑑登録証明書", "en": "Seal registration certificate"}, symbol=Symbol.SEAL, fee=250,
    max_copies=10, hours=HOURS, scopes=(Scope.HOLDER,), subjects=FAMILY[:1],
)  # fmt: skip
TAX = Offer(
    kind="levy", title="見本", words={"ja": "所得・課税（非課税）証明書", "en": "Certificate of income and (non-)taxation"},
    symbol=Symbol.COINS, fee=250, counter_fee=300, max_copies=5, hours=HOURS, scopes=(Scope.HOLDER,),
    subjects=FAMILY[:1], questions=(YEAR, ITEMS[0], PURPOSE),
)  # fmt: skip
REGISTER = Offer(
    kind="register", title="見本", words={"ja": "戸籍全部事項証明書（戸籍謄本）", "en": "Family register (all members)"},
    symbol=Symbol.FAMILY, fee=450, counter_fee=450, max_copies=3,
    hours={"ja": "平日 9:00～17:15（年末年始を除く）", "en": "weekdays 9:00～17:15, not at the turn of the year"},
    scopes=(Scope.HOLDER, Scope.WHOLE), whole={"ja": "戸籍の全員", "en": "All of the register"}, subjects=FAMILY[:3],
)  # fmt: skip
LONGEST_HOURS = {
    "ja": "平日10:30〜22:30（土・日・祝日、12月29日〜1月3日ほかを除く）",
    "en": "Weekdays 10:30–22:30 (not Sat, Sun, holidays, 29 Dec–3 Jan, etc.)",
}
BEING_WRITTEN = {
    "ja": "戸籍の届出を受け付けたばかりのため、ただいま発行できません。手続が終わる翌開庁日の9時から、改めてお申し込みください。",
    "en": "A notification for your family register has just been received, so nothing can be issued now. "
    "Please come again after 9:00 on the next working day.",
}
"""A refusal of its own, which no catalogue has."""
HISTORY = Offer(
    kind="history", title="見本",
    words={"ja": "戸籍の附票の写し（除かれた附票を含む）", "en": "Family register: address history (with closed records)"},
    fee=300, max_copies=1, hours=HOURS, scopes=(Scope.CHOSEN,), subjects=FAMILY[:2],
    refusal=FailureBody(
        failure="Register_Being_Written",
        words=BEING_WRITTEN,
    ),
)  # fmt: skip


ORDINANCE = OrdinanceService(
    municipality=ASHIKAGA,
    aid="F04A554B4900000000",
    kinds=tuple(
        OrdinanceKind(kind=one.kind, words=one.words, symbol=one.symbol, place=Place.ADDRESS)
        for one in (HOUSEHOLD, SEAL, TAX, REGISTER, HISTORY)
    ),
)


def _refused(offer: Offer, failure: str) -> Offer:
    return offer.model_copy(update={"refusal": FailureBody(failure=failure)})


def _of(*offers: Offer, city: MunicipalityInfo = KOBE) -> Visit:
    """Offered these, with the first of them chosen, for all who can be had."""
    first = offers[0]
    scope = next(one for one in (Scope.WHOLE, *first.scopes) if one in first.scopes and first.possible(one))
    return Visit(
        offers=Offers(
            session_id="0" * 26, terminal_id="T", holder=Identity(method=Method.JPKI, reference="0" * 64),
            place=Place.ADDRESS, municipality=city, offers=offers,
        ),
        kind=first.kind, scope=scope, subjects=first.possible(scope),
    )  # fmt: skip


def _closed(offer: Offer) -> Offer:
    """The offer at night, before a morning of maintenance, with the longest hours that the servers write."""
    facts = {"kind": offer.kind, "opens": "9:00", "closes": "17:00", "reopens": "2026-06-04T12:00"}
    refusal = FailureBody(failure="Service_Closed_Now", facts=facts)
    return offer.model_copy(update={"hours": LONGEST_HOURS, "refusal": refusal})


LONGEST_NOTICE = {
    "ja": "市役所の電気設備の法定点検（計画停電）のため、この証明書の交付を停止しています。",
    "en": "Not available because of a planned power cut at the city hall (inspection).",
}  # fmt: skip
"""About as long as a public text may be."""


def _announced(offer: Offer) -> Offer:
    """The offer during an announced outage."""
    facts = {"reopens": "2026-06-04T17:00", "notice": LONGEST_NOTICE}
    return offer.model_copy(update={"refusal": FailureBody(failure="Outage_Announced", facts=facts)})


def _bought(visit: Visit, due: int, sheets: int = 1, **more: Any) -> Visit:
    words = visit.offer.words if visit.offer else {"ja": ""}
    return replace(visit, purchase=Purchase("0" * 26, words, visit.copies, due, sheets), **more)


def sample_states() -> dict[str, State]:
    """Name of the sample -> the state of the flow that it shows."""
    card = CardPresence.USED
    soon = MOMENT + timedelta(seconds=12)
    chosen = (FAMILY[1].ref, FAMILY[3].ref)
    full = dict.fromkeys((one.code for one in ITEMS), "shown")
    variants = HOUSEHOLD.model_copy(update={"subjects": VARIANTS})
    household, seal, levy, register = _of(HOUSEHOLD, SEAL), _of(SEAL), _of(TAX), _of(REGISTER)
    unchosen = replace(household, scope=None, subjects=())
    able = tuple(one.ref for one in VARIANTS if one.refusal is None)
    related = {"relationship": "shown"}
    dear = SEAL.model_copy(update={"fee": 1250, "max_copies": 99})
    short = HOUSEHOLD.model_copy(update={"questions": ITEMS[:2]})
    hours = (("opens", "6:30"), ("closes", "23:00"))
    office = {"ja": "神戸市 000-000-0000", "en": "Kobe City 000-000-0000"}
    return {
        "TopMenu": State(),
        "ServiceMenu": State(S.SERVICE_MENU),
        "Consent": State(S.CONSENT),
        "PlaceCard": State(S.PLACE_CARD),
        "PlaceCard_countdown": State(S.PLACE_CARD, deadline=soon),
        "TakeCard_to_begin": State(S.LIFT_CARD),
        "PleaseWait_card": State(S.READING_CARD),
        "ServiceMenu_either": State(S.SERVICE_MENU),
        "Consent_either": State(S.CONSENT),
        "PlaceCard_either": State(S.PLACE_CARD),
        "TakeCard_either": State(S.TAKE_CARD),
        "ChooseKind": State(S.CHOOSE_KIND, Visit(ordinance=ORDINANCE)),
        "EnterPin_kind": State(S.ENTER_PIN, Visit(ordinance=ORDINANCE, kind="levy", card_kind=VIRTUAL)),
        "PleaseWait_registration": State(S.AUTHENTICATING, Visit(ordinance=ORDINANCE)),
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
        "ChooseCertificate": State(S.CHOOSE_CERTIFICATE, household),
        "ChooseCertificate_refused": State(
            S.CHOOSE_CERTIFICATE, _of(HOUSEHOLD, _refused(SEAL, "Seal_Not_Registered"), city=ASHIKAGA)
        ),
        "ChooseCertificate_closed": State(
            S.CHOOSE_CERTIFICATE, _of(HOUSEHOLD, _refused(SEAL, "Service_Closed_Now"))
        ),
        "ChooseCertificate_many": State(S.CHOOSE_CERTIFICATE, _of(HOUSEHOLD, SEAL, TAX, REGISTER, HISTORY)),
        "ChooseCertificate_hours": State(
            S.CHOOSE_CERTIFICATE,
            _of(HOUSEHOLD.model_copy(update={"hours": LONGEST_HOURS, "counter_fee": 300}), _closed(SEAL), TAX, REGISTER, HISTORY),
        ),
        "ChooseCertificate_announced": State(
            S.CHOOSE_CERTIFICATE,
            _of(HOUSEHOLD, SEAL, _announced(TAX), _announced(REGISTER), HISTORY),
        ),
        "ChooseCertificate_announced_two": State(S.CHOOSE_CERTIFICATE, _of(HOUSEHOLD, _announced(TAX))),
        "ChooseCertificate_other": State(S.CHOOSE_CERTIFICATE, _of(TAX, HISTORY)),
        "ChooseScope": State(S.CHOOSE_SCOPE, unchosen),
        "ChooseScope_chosen": State(S.CHOOSE_SCOPE, replace(household, scope=Scope.CHOSEN, subjects=chosen)),
        "ChooseScope_whole": State(S.CHOOSE_SCOPE, household),
        "ChooseScope_variants": State(S.CHOOSE_SCOPE, replace(_of(variants), scope=None, subjects=())),
        "ChooseScope_countdown": State(S.CHOOSE_SCOPE, unchosen, soon),
        "ChooseScope_together": State(S.CHOOSE_SCOPE, replace(register, scope=None, subjects=())),
        "ChooseOptions": State(S.CHOOSE_OPTIONS, replace(household, answers=related)),
        "ChooseOptions_two": State(S.CHOOSE_OPTIONS, _of(short)),
        "ChooseOptions_year": State(S.CHOOSE_OPTIONS, levy),
        "ChooseOptions_then_one": State(S.CHOOSE_OPTIONS, replace(levy, page=1)),
        "ChooseOptions_six": State(S.CHOOSE_OPTIONS, replace(levy, page=2)),
        "ChooseCopies": State(S.CHOOSE_COPIES, replace(household, copies=2)),
        "ChooseCopies_many": State(S.CHOOSE_COPIES, _of(dear)),
        "ChooseCopies_long": State(S.CHOOSE_COPIES, _of(HISTORY.model_copy(update={"refusal": None, "max_copies": 3}))),
        "Confirm": State(
            S.CONFIRM,
            replace(household, scope=Scope.CHOSEN, subjects=(FAMILY[0].ref,), answers=related),
        ),
        "Confirm_household": State(S.CONFIRM, replace(household, answers=full, copies=10)),
        "Confirm_variants": State(S.CONFIRM, replace(_of(variants), scope=Scope.CHOSEN, subjects=able, answers=full, copies=2)),
        "Confirm_seal": State(
            S.CONFIRM,
            replace(_of(SEAL.model_copy(update={"subjects": VARIANTS[:1]}), city=ASHIKAGA), copies=2),
        ),
        "Confirm_without_fee": State(S.CONFIRM, replace(_of(SEAL.model_copy(update={"fee": 0})), copies=2)),
        "Confirm_levy": State(S.CONFIRM, replace(levy, answers={"purpose": "purpose_2"})),
        "Confirm_register": State(S.CONFIRM, register),
        "Confirm_many_answers": State(
            S.CONFIRM, _of(TAX.model_copy(update={"questions": (YEAR, PURPOSE, *ITEMS)}))
        ),
        "PleaseWait_preparing": State(S.PREPARING, household),
        "Pay": State(S.PAY, _bought(seal, 250)),
        "Pay_part": State(S.PAY, _bought(seal, 2500, inserted=1100), soon),
        "Pay_rejected": State(S.PAY, _bought(seal, 250, inserted=100, rejected=500)),
        "Pay_done": State(S.TAKING_MONEY, _bought(seal, 250, inserted=300)),
        "PleaseWait_without_fee": State(S.TAKING_MONEY, _bought(seal, 0)),
        "PleaseWait_returning": State(S.RETURNING_MONEY, seal),
        "Printing": State(S.PRINTING, _bought(seal, 250)),
        "Printing_part": State(S.PRINTING, _bought(household, 1500, 6, printed=2)),
        "Jammed": State(S.JAMMED, _bought(household, 750, 3, failure="Printer_Jam", printed=1)),
        "Jammed_empty": State(S.JAMMED, _bought(household, 750, 3, failure="Printer_Paper_Empty")),
        "TakePaper": State(S.TAKE_PAPER, _bought(seal, 250)),
        "TakePaper_change": State(S.TAKE_PAPER, _bought(household, 750, 3, change=750)),
        "TakePaper_forgotten": State(
            S.TAKE_PAPER, _bought(household, 750, 3, change=750, forgotten=True), soon
        ),
        "AskReceipt": State(S.ASK_RECEIPT, seal),
        "PleaseWait_receipt": State(S.PRINTING_RECEIPT, seal),
        "Thanks": State(S.THANKS),
        "Refusal_expired": State(
            S.REFUSAL, Visit(failure="Certificate_Expired", card=card, contact=office)
        ),
        "Refusal_blocked": State(S.REFUSAL, Visit(failure="Card_Pin_Blocked", card=card)),
        "Refusal_face_authentication": State(S.REFUSAL, Visit(failure="Card_Face_Authentication", card=card)),
        "Refusal_closed": State(S.REFUSAL, Visit(failure="Service_Closed_Now", facts=hours), soon),
        "Refusal_closed_other_hour": State(
            S.REFUSAL, Visit(failure="Service_Closed_Now", facts=(*hours, ("reopens", "2026-06-04T12:00")))
        ),
        "Refusal_closed_today": State(
            S.REFUSAL, Visit(failure="Service_Closed_Today", facts=(("reopens", "2027-01-04T12:00"),))
        ),
        "Refusal_announced": State(
            S.REFUSAL,
            Visit(
                failure="Outage_Announced",
                facts=(("reopens", "2026-06-04T17:00"), ("notice", LONGEST_NOTICE)),
                card=card,
                contact=office,
            ),
        ),
        "Refusal_site_silent": State(S.REFUSAL, Visit(failure="Issuing_Unreachable", card=card)),
        "Refusal_money": State(S.REFUSAL, Visit(failure="Money_Not_Enough", returned=150)),
        "Refusal_retry": State(S.REFUSAL, Visit(failure="Card_Removed"), soon),
        "Refusal_cancelled": State(S.REFUSAL, Visit(failure="Visit_Cancelled", returned=1100)),
        "Refusal_doubt": State(S.REFUSAL, Visit(failure="Printer_Print_In_Doubt", doubt=True)),
        "Refusal_own_words": State(
            S.REFUSAL,
            Visit(
                failure="Register_Being_Written", failure_words=BEING_WRITTEN, contact=office
            ),
        ),
        "Refusal_own_sentence": State(
            S.REFUSAL,
            Visit(
                failure="Register_Not_Here", card=card, contact=office,
                failure_words={"ja": "本籍が神戸市にないため、発行できません。", "en": "Your register is not kept in Kobe, so nothing can be issued."},
            ),
        ),
        "Refusal_unknown_name": State(S.REFUSAL, Visit(failure="Somebody_Elses_Failure")),
        "TakeCard_left": State(S.CARD_LEFT),
        "OutOfService": State(S.OUT_OF_SERVICE, Visit(stopped="Application_Left_Open")),
        "OutOfService_card": State(S.OUT_OF_SERVICE, Visit(card=card, stopped="Report_Refused")),
        **registration_states(soon),
    }  # fmt: skip


EXAMPLE = Received(
    application_id="0" * 26,
    number=Secret("1355500000000272"),
    message={
        "ja": "申請を受け付けました。審査完了まで本日から3〜5営業日かかります。登録状況は登録状況確認サイトで確認可能です。",
        "en": "Your application has been received. Examining it takes 3 to 5 business days from today. "
        "You can check it on the status site.",
    },
    site="http://127.0.0.1:18087/",
    slip_fee=10,
)
"""The number that a published document shows; it is nobody's."""


def registration_states(soon: datetime) -> dict[str, State]:
    """The samples of the 利用登録申請."""
    visit = Visit(
        registering=True, session_id="0" * 26, day=MOMENT.date(), home="28100", chosen_municipality=ASHIKAGA, head="渡邉\U000e0118　健",
        domicile="見本町一丁目１番地", telephone="090-0000-0000", card_kind=VIRTUAL,
        addressees=tuple(Addressee(one, one.participating) for one in FEW),
    )  # fmt: skip
    first = replace(visit, head="", domicile="", telephone="", chosen_municipality=KOBE)
    long = "中央区見本町一丁目大字架空字標本甲１２３４５番地６７８９の１２３－４５６"
    written = replace(visit, text=_written(visit))
    real = replace(visit, card_kind="", tries_left=5)
    shown = replace(written, received=EXAMPLE, text="")
    slip = replace(visit, purchase=Purchase("0" * 26, {"ja": "申請番号の印刷"}, 1, 10, 1))
    return {
        "Consent_registration": State(S.CONSENT, Visit(registering=True)),
        "ChooseMunicipality_registration": State(S.CHOOSE_DOMICILE, visit),
        "EnterDomicile": State(S.ENTER_DOMICILE, replace(visit, domicile="")),
        "EnterDomicile_before": State(S.ENTER_DOMICILE, replace(first, domicile=long), soon),
        "EnterHead": State(S.ENTER_HEAD, first),
        "EnterHead_before": State(S.ENTER_HEAD, visit),
        "EnterTelephone": State(S.ENTER_TELEPHONE, first),
        "EnterTelephone_before": State(S.ENTER_TELEPHONE, visit, soon),
        "ConfirmRegistration": State(S.CONFIRM_REGISTRATION, written),
        "ConfirmRegistration_long": State(
            S.CONFIRM_REGISTRATION, replace(written, text=_written(replace(visit, domicile=long)))
        ),
        "PlaceCard_again": State(S.PLACE_CARD_AGAIN, written),
        "ConfirmLastTry_password": State(S.CONFIRM_LAST_PASSWORD, replace(visit, tries_left=1, was_wrong=True)),
        "EnterPassword": State(S.ENTER_PASSWORD, replace(visit, tries_left=5)),
        "EnterPassword_real": State(S.ENTER_PASSWORD, real),
        "PleaseWait_card_again": State(S.CHECKING_CARD, visit),
        "EnterPassword_wrong": State(S.ENTER_PASSWORD, replace(visit, tries_left=4, was_wrong=True)),
        "EnterPassword_last_try": State(S.ENTER_PASSWORD, replace(visit, tries_left=1, was_wrong=True), soon),
        "PleaseWait_registering": State(S.SIGNING, written),
        "ShowNumber": State(S.SHOW_NUMBER, replace(shown, card=CardPresence.USED)),
        "ShowNumber_free": State(
            S.SHOW_NUMBER, replace(shown, received=replace(EXAMPLE, slip_fee=0, site="")), soon
        ),
        "PleaseWait_slip": State(S.PREPARING, visit),
        "Printing_slip": State(S.PRINTING, slip),
        "Jammed_slip": State(S.JAMMED, replace(slip, failure="Printer_Jam")),
        "TakePaper_slip": State(S.TAKE_PAPER, replace(slip, change=90, forgotten=True), soon),
        "Thanks_slip": State(S.THANKS, Visit(registering=True)),
        "Refusal_received_before": State(
            S.REFUSAL,
            Visit(registering=True, failure="Registration_Already_Received", contact={"ja": "足利市 000-000-0000", "en": "Ashikaga City 000-000-0000"}, card=CardPresence.USED),
        ),
        "Refusal_same_municipality": State(S.REFUSAL, Visit(registering=True, failure="Registration_Same_Municipality")),
        "Refusal_doubt_slip": State(S.REFUSAL, Visit(registering=True, failure="Paper_Forgotten", doubt=True)),
    }  # fmt: skip


def _written(visit: Visit) -> str:
    told = visit.chosen_municipality
    assert told is not None and visit.day is not None
    place = f"{told.prefecture}{told.name}{visit.domicile}"
    return text_of(
        Form(
            told.code,
            told.name,
            place,
            visit.head,
            visit.telephone,
            visit.day,
            reference_of(visit.session_id),
        )
    )


def samples() -> dict[str, v.View]:
    """Name of the sample -> view, in Japanese; `in_language` makes the others."""
    return {
        name: view_of(state, either_card=name.endswith("_either") or state.visit.ordinance is not None)
        for name, state in sample_states().items()
    }


def in_language(view: v.View, language: str) -> v.View:
    """The same view in another language."""
    return replace(view, language=language)


USUAL = "standard"
MODES: dict[str, tuple[str, dict[str, Any]]] = {
    USUAL: ("標準", {}),
    "large": ("大きな文字", {"look": v.Look(large=True)}),
    "contrast": ("黒い背景", {"look": v.Look(contrast=True)}),
    "large-contrast": ("大きな文字・黒い背景", {"look": v.Look(large=True, contrast=True)}),
}
"""Name of a way in which screens can look -> what it is called, and what of a view is different in it."""

SUB_FLOWS: tuple[tuple[str, tuple[S, ...]], ...] = (
    ("はじめに", (S.TOP_MENU, S.SERVICE_MENU, S.CONSENT)),
    (
        "カードと暗証番号",
        (
            S.PLACE_CARD, S.LIFT_CARD, S.READING_CARD, S.CHOOSE_KIND, S.CHOOSE_PLACE, S.FETCHING_MUNICIPALITIES,
            S.CHOOSE_MUNICIPALITY, S.OPENING_SESSION, S.CONFIRM_LAST_TRY, S.ENTER_PIN, S.AUTHENTICATING, S.TAKE_CARD,
        ),
    ),
    (
        "証明書の選択と申請",
        (S.CHOOSE_CERTIFICATE, S.CHOOSE_SCOPE, S.CHOOSE_OPTIONS, S.CHOOSE_COPIES, S.CONFIRM, S.PREPARING),
    ),
    ("お支払い", (S.PAY, S.TAKING_MONEY, S.RETURNING_MONEY, S.REFUNDING)),
    ("印刷と受取り", (S.PRINTING, S.JAMMED, S.TAKE_PAPER, S.ASK_RECEIPT, S.PRINTING_RECEIPT, S.THANKS)),
    (
        "戸籍証明書交付の利用登録申請",
        (
            S.CHOOSE_DOMICILE, S.ENTER_DOMICILE, S.ENTER_HEAD, S.ENTER_TELEPHONE, S.CONFIRM_REGISTRATION,
            S.PLACE_CARD_AGAIN, S.CHECKING_CARD, S.CONFIRM_LAST_PASSWORD, S.ENTER_PASSWORD, S.SIGNING, S.SHOW_NUMBER,
        ),
    ),
    ("お断り・お知らせ", (S.REFUSAL, S.CARD_LEFT)),
    ("休止中", (S.OUT_OF_SERVICE,)),
)  # fmt: skip
"""The parts of a visit in its order, and the states of each. A state that a 利用登録申請 shares with certificates is shown among
these where it is a certificate's."""
_REGISTRATION, _ORDINANCE = "戸籍証明書交付の利用登録申請", "住民基本台帳カード（条例利用方式）の場合"
GROUPS = tuple(name for name, _ in SUB_FLOWS[:-2]) + (_ORDINANCE,) + tuple(name for name, _ in SUB_FLOWS[-2:])
"""The headings of the gallery."""


@dataclass(frozen=True, slots=True)
class Drawn:
    """A sample in one language and mode. `state` of the flow; `group` of GROUPS; `sentence`: what the screen asks; `file`: the name of
    its picture."""

    sample: str
    state: str
    group: str
    language: str
    mode: str
    sentence: str
    file: str


def in_order() -> dict[str, State]:
    """The samples in the order of a visit: sub-flow by sub-flow, state by state."""
    states, order = sample_states(), list(S)
    return dict(
        sorted(
            states.items(),
            key=lambda one: (GROUPS.index(_group(one[0], one[1])), order.index(one[1].name)),
        )
    )


def _group(sample: str, state: State) -> str:
    if state.name is S.REFUSAL:
        return "お断り・お知らせ"
    if state.visit.registering:
        return _REGISTRATION
    if state.visit.ordinance is not None or sample.endswith("_either"):
        return _ORDINANCE
    return next(name for name, states in SUB_FLOWS if state.name in states)


def draw(
    folder: Path, languages: Sequence[str] = CATALOGUE_LANGUAGES, modes: Sequence[str] = (USUAL,)
) -> Iterator[Drawn]:
    """Write SAMPLE.LANGUAGE.png (in another mode than the usual one SAMPLE.LANGUAGE.MODE.png) for every sample, language and mode, and
    tell each as it is there. Needs the GUI thread. Raises OSError for a picture that cannot be written."""
    application = QApplication.instance() or QApplication([])
    folder.mkdir(parents=True, exist_ok=True)
    clock = Clock(MOMENT)
    clock.freeze()
    window = KioskWindow(clock)
    views = samples()
    for name, state in in_order().items():
        for mode in modes:
            for language in languages:
                window.show_view(replace(in_language(views[name], language), **MODES[mode][1]))
                file = ".".join([name, language, *([] if mode == USUAL else [mode]), "png"])
                if not window.picture().save(str(folder / file)):
                    raise OSError(f"cannot write {folder / file}")
                group = _group(name, state)
                yield Drawn(name, state.name, group, language, mode, _sentence(window), file)
                application.processEvents()
    window.close()


def _sentence(window: KioskWindow) -> str:
    """What the screen that is shown asks, as it stands on it."""
    shown = next(one for one in window.children() if isinstance(one, Screen) and not one.isHidden())
    return " ".join(shown.title().split())
