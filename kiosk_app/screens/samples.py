"""Sample views of every screen and its notable variants, for the gallery and the tests. All people and papers are fictional."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

from kiosk_app.flow import views as v
from server_stub.interface.clock import STAGE_START
from server_stub.interface.terminal import (
    ApplicationOptions,
    CertificateKind,
    FailureBody,
    Member,
    MunicipalityInfo,
    Offer,
    OptionName,
)

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
    _member(4, "渡邉\U000e0118　花", "子", FailureBody(failure="Holder_Restricted")),
    _member(5, "渡邉\U000e0118　梅", "母"),
    _member(6, "渡邉\U000e0118　桃", "子"),
    _member(7, "渡邉\U000e0118　桜", "子"),
    _member(8, "渡邉\U000e0118　桃", "父"),
)

RESIDENCE = Offer(
    kind=CertificateKind.RESIDENCE, fee=250, max_copies=10, hours=HOURS, options=ALL_OPTIONS, members=FAMILY,
    whole_household=True,
)  # fmt: skip
SEAL = Offer(kind=CertificateKind.SEAL_REGISTRATION, fee=250, max_copies=10, hours=HOURS)


def _refused(offer: Offer, failure: str) -> Offer:
    return offer.model_copy(update={"refusal": FailureBody(failure=failure)})


def samples() -> dict[str, v.View]:
    """Name of the sample -> view, in Japanese; `in_language` makes the others."""
    card, pin, certificate = v.Step.CARD, v.Step.PIN, v.Step.CERTIFICATE
    confirm, pay, paper = v.Step.CONFIRM, v.Step.PAY, v.Step.PRINT
    ways: dict[str, Any] = {"can_go_back": True, "can_cancel": True}
    soon = MOMENT + timedelta(seconds=12)
    full = ApplicationOptions(relationship=True, domicile=True, my_number=True)
    plain = v.Confirm(
        step=confirm, **ways, municipality=KOBE, kind=CertificateKind.RESIDENCE, names=(FAMILY[0].name,),
        whole_household=False, options=ApplicationOptions(relationship=True), available=ALL_OPTIONS, copies=1,
        fee=250, fee_total=250,
    )  # fmt: skip
    many = many_municipalities()
    return {
        "TopMenu": v.TopMenu(),
        "ServiceMenu": v.ServiceMenu(can_go_back=True),
        "Consent": v.Consent(**ways),
        "PlaceCard": v.PlaceCard(step=card, **ways),
        "PlaceCard_countdown": v.PlaceCard(step=card, deadline=soon, **ways),
        "ChoosePlace": v.ChoosePlace(step=card, **ways),
        "ChooseMunicipality": v.ChooseMunicipality(step=card, municipalities=FEW, **ways),
        "ChooseMunicipality_many": v.ChooseMunicipality(step=card, municipalities=many, **ways),
        "EnterPin": v.EnterPin(step=pin, **ways),
        "EnterPin_wrong": v.EnterPin(step=pin, tries_left=2, was_wrong=True, **ways),
        "EnterPin_last_try": v.EnterPin(step=pin, tries_left=1, was_wrong=True, deadline=soon, **ways),
        "EnterPin_one_left": v.EnterPin(step=pin, tries_left=1, **ways),
        "ConfirmLastTry": v.ConfirmLastTry(step=pin, can_cancel=True),
        "ConfirmLastTry_wrong": v.ConfirmLastTry(step=pin, can_cancel=True, was_wrong=True, deadline=soon),
        "PleaseWait_connecting": v.PleaseWait(step=card, reason=v.WaitReason.CONNECTING),
        "PleaseWait_receipt": v.PleaseWait(step=paper, reason=v.WaitReason.PRINTING_RECEIPT),
        "PleaseWait_card": v.PleaseWait(step=card, reason=v.WaitReason.CARD_READING),
        "PleaseWait_authenticating": v.PleaseWait(step=pin, reason=v.WaitReason.AUTHENTICATING),
        "PleaseWait_preparing": v.PleaseWait(
            step=confirm, reason=v.WaitReason.PREPARING, can_cancel=True
        ),
        "PleaseWait_returning": v.PleaseWait(step=pay, reason=v.WaitReason.RETURNING_MONEY),
        "TakeCard": v.TakeCard(step=pin),
        "TakeCard_forgotten": v.TakeCard(step=pin, forgotten=True, deadline=soon),
        "ChooseCertificate": v.ChooseCertificate(
            step=certificate, can_cancel=True, municipality=KOBE, offers=(RESIDENCE, SEAL)
        ),
        "ChooseCertificate_refused": v.ChooseCertificate(
            step=certificate, can_cancel=True, municipality=ASHIKAGA, accent=ASHIKAGA.accent,
            offers=(RESIDENCE, _refused(SEAL, "Seal_Not_Registered")),
        ),
        "ChooseCertificate_closed": v.ChooseCertificate(
            step=certificate, can_cancel=True, municipality=KOBE,
            offers=(_refused(RESIDENCE, "Household_Member_Restricted"), _refused(SEAL, "Service_Closed_Now")),
        ),
        "ChooseCertificate_many": v.ChooseCertificate(
            step=certificate, can_cancel=True, municipality=KOBE,
            offers=(RESIDENCE, SEAL, _refused(SEAL, "Holder_Moved_Out"), RESIDENCE, SEAL),
        ),
        "ChooseScope": v.ChooseScope(step=certificate, **ways, members=FAMILY, whole_household=True),
        "ChooseScope_chosen": v.ChooseScope(
            step=certificate, **ways, members=FAMILY, whole_household=True,
            chosen=(FAMILY[1].ref, FAMILY[3].ref),
        ),
        "ChooseScope_variants": v.ChooseScope(step=certificate, **ways, members=VARIANTS, whole_household=False),
        "ChooseScope_single": v.ChooseScope(
            step=certificate, **ways, members=FAMILY[:1], whole_household=True, deadline=soon
        ),
        "ChooseOptions": v.ChooseOptions(
            step=certificate, **ways, available=ALL_OPTIONS, chosen=ApplicationOptions(relationship=True)
        ),
        "ChooseOptions_two": v.ChooseOptions(
            step=certificate, **ways, available=ALL_OPTIONS[:2], chosen=ApplicationOptions()
        ),
        "ChooseCopies": v.ChooseCopies(
            step=certificate, **ways, kind=CertificateKind.RESIDENCE, fee=250, max_copies=10, copies=2
        ),
        "ChooseCopies_many": v.ChooseCopies(
            step=certificate, **ways, kind=CertificateKind.SEAL_REGISTRATION, fee=1250, max_copies=99
        ),
        "Confirm": plain,
        "Confirm_household": replace(
            plain, names=tuple(one.name for one in FAMILY), whole_household=True, options=full, copies=10,
            fee_total=2500,
        ),
        "Confirm_variants": replace(
            plain, names=tuple(one.name for one in VARIANTS), options=full, copies=2, fee_total=500
        ),
        "Confirm_seal": replace(
            plain, kind=CertificateKind.SEAL_REGISTRATION, available=(), municipality=ASHIKAGA,
            accent=ASHIKAGA.accent, names=(VARIANTS[0].name,), copies=2, fee_total=500,
        ),
        "Pay": v.Pay(step=pay, can_cancel=True, due=250, inserted=0),
        "Pay_part": v.Pay(step=pay, can_cancel=True, due=2500, inserted=1100, deadline=soon),
        "Pay_rejected": v.Pay(step=pay, can_cancel=True, due=250, inserted=100, rejected=500),
        "Printing": v.Printing(step=paper, printed=0, total=1),
        "Printing_part": v.Printing(step=paper, printed=2, total=6),
        "Jammed": v.Jammed(step=paper, failure="Printer_Jam", printed=1, total=3),
        "Jammed_empty": v.Jammed(step=paper, failure="Printer_Paper_Empty", printed=0, total=3),
        "TakePaper": v.TakePaper(step=paper, sheets=1),
        "TakePaper_change": v.TakePaper(step=paper, sheets=3, change=750),
        "TakePaper_forgotten": v.TakePaper(step=paper, sheets=3, change=750, forgotten=True, deadline=soon),
        "AskReceipt": v.AskReceipt(step=paper),
        "Thanks": v.Thanks(),
        "Refusal_expired": v.Refusal(
            failure="Certificate_Expired", card_inside=True, contact="神戸市 000-000-0000"
        ),
        "Refusal_blocked": v.Refusal(failure="Card_Pin_Blocked", card_inside=True),
        "Refusal_closed": v.Refusal(failure="Service_Closed_Now", facts=(("opens", "6:30"), ("closes", "23:00")), deadline=soon),
        "Refusal_money": v.Refusal(failure="Money_Not_Enough", returned=150, can_retry=True),
        "Refusal_retry": v.Refusal(failure="Card_Removed", can_retry=True, deadline=soon),
        "Refusal_cancelled": v.Refusal(failure="Visit_Cancelled", returned=1100, card_inside=True),
        "Refusal_doubt": v.Refusal(failure="Printer_Print_In_Doubt", doubt=True, step=paper),
        "Refusal_unknown_name": v.Refusal(failure="Somebody_Elses_Failure"),
    }  # fmt: skip


def in_language(view: v.View, language: str) -> v.View:
    """The same view in another language, the municipality's name in it too."""
    if isinstance(view, v.Refusal) and language == "en":
        view = replace(view, contact=view.contact.replace(KOBE.name, KOBE.name_en))
    return replace(view, language=language)
