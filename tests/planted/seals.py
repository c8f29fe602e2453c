"""Planted defects about the seal certificate: which registrations it is made of, and what stands on it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

import server_stub.certificates.seal_registration as seal_registration
import server_stub.registry.importers.seal_register as seal_register
from server_stub.registry.records import SealEnd, SealStatus
from server_stub.registry.replica import ReplicaReader
from tests.planted.defect import defect
from tests.planted.papers import SEAL, TAICHI, front

MARIA = "通称と片仮名表記のある外国人住民の印鑑登録証明書"
MARIA_ONLY = "用紙は1枚で、載っているのは「北野マリア」だけである"


def printed(patch: pytest.MonkeyPatch, change: Callable[[Any, Any, Any], Any]) -> None:
    """The front goes through `change`, with the person and the seal that it is made of."""
    real = seal_registration.seal_front
    patch.setattr(
        seal_registration,
        "seal_front",
        lambda person, seal, terms, **named: change(real(person, seal, terms, **named), person, seal),
    )


def without(patch: pytest.MonkeyPatch, rule: Callable[..., None]) -> None:
    """This is not asked about the registration."""
    patch.setattr(seal_registration, rule.__name__, lambda *asked: None)


@defect(
    "廃止された印鑑登録で証明書を作る",
    harm="もう使えないはずの実印で、契約や登記ができる（新潟、さいたま、熊本）。",
    scenario="廃止（本人申請）の印鑑登録",
    sentence="「印鑑登録証明書」は「Seal_Abolished」のため選べない",
)
def abolished_printed(patch: pytest.MonkeyPatch) -> None:
    real = seal_register._check

    def check(found: Any, told_on: Any) -> None:
        real(found, told_on)
        if found["status"] == "abolished":
            found["status"] = SealStatus.REGISTERED.value

    patch.setattr(seal_register, "_check", check)


@defect(
    "抑止された印鑑登録で証明書を作る",
    harm="盗まれた実印の届出のあとに、その印鑑の証明書が出る。",
    scenario="抑止の印鑑登録",
    sentence="「印鑑登録証明書」は「Seal_Not_Issued_Here」のため選べない",
)
def suspended_printed(patch: pytest.MonkeyPatch) -> None:
    without(patch, seal_registration.not_suspended)


@defect(
    "改印の途中の印鑑登録で証明書を作る",
    harm="やめたはずの古い実印が証明される。",
    scenario="改印中の印鑑登録",
    sentence="「印鑑登録証明書」は「Seal_Being_Changed」のため選べない",
)
def changing_printed(patch: pytest.MonkeyPatch) -> None:
    without(patch, seal_registration.not_being_changed)


@defect(
    "抑止を案内のときだけ確かめ、申請のときは確かめない",
    harm="案内のあとに抑止された印鑑の証明書が出る。",
    scenario="案内のあとに抑止された印鑑登録",
    sentence="「印鑑登録証明書」を1部申し込んで断られる",
)
def suspension_asked_once(patch: pytest.MonkeyPatch) -> None:
    real, asked = seal_registration.not_suspended, []

    def not_suspended(seal: Any) -> None:
        if not asked:
            asked.append(seal)
            real(seal)

    patch.setattr(seal_registration, "not_suspended", not_suspended)


@defect(
    "成年被後見人に、後見人なしで交付する",
    harm="判断のできない人の実印で、財産が処分される。",
    scenario="成年被後見人の印鑑登録",
    sentence="「印鑑登録証明書」は「Seal_Not_Issued_Here」のため選べない",
)
def ward_served(patch: pytest.MonkeyPatch) -> None:
    without(patch, seal_registration.no_ward)


@defect(
    "成年後見による廃止を、本人の申請による廃止と知らせる",
    harm="店の端末で、身に覚えのない廃止を告げる。",
    scenario="廃止（成年後見）の印鑑登録",
    sentence="「印鑑登録証明書」は「Seal_Not_Issued_Here」のため選べない",
)
def guardianship_called_abolished(patch: pytest.MonkeyPatch) -> None:
    told = {**seal_registration.ENDED, SealEnd.GUARDIANSHIP: "Seal_Abolished"}
    patch.setattr(seal_registration, "ENDED", told)


@defect(
    "廃止の理由を読まない",
    harm="登録し直せば済む住民に、登録がないとだけ知らせる。",
    scenario="廃止（登録証亡失）の印鑑登録",
    sentence="「印鑑登録証明書」は「Seal_Card_Lost」のため選べない",
)
def ends_forgotten(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(ReplicaReader, "seal_end", lambda reader, person: None)


@defect(
    "記載しないとした性別を印字する",
    harm="知られたくない性別が提出先に伝わる。",
    scenario=SEAL,
    sentence=TAICHI,
)
def sex_printed(patch: pytest.MonkeyPatch) -> None:
    front(patch, lambda made: replace(made, sex="男"), seal_registration)


@defect(
    "記載しないとした印鑑登録番号を印字する",
    harm="登録証の番号が提出先に伝わり、なりすましに使われる。",
    scenario=SEAL,
    sentence=TAICHI,
)
def number_printed(patch: pytest.MonkeyPatch) -> None:
    printed(patch, lambda made, person, seal: replace(made, number=seal.number))


@defect(
    "記載するとした性別を印字しない",
    harm="市の定めた記載事項のない証明書に手数料を払わされる。",
    scenario="性別を記載する市の印鑑登録証明書",
    sentence=TAICHI,
)
def sex_missing(patch: pytest.MonkeyPatch) -> None:
    front(patch, lambda made: replace(made, sex=""), seal_registration)


@defect(
    "氏名の片仮名表記を印字しない",
    harm="片仮名の印鑑を登録した人が、印影と氏名を結び付けられない。",
    scenario=MARIA,
    sentence=MARIA_ONLY,
)
def katakana_missing(patch: pytest.MonkeyPatch) -> None:
    front(patch, lambda made: replace(made, katakana=""), seal_registration)


@defect(
    "旧氏を印鑑登録証明書に印字しない",
    harm="旧氏の印鑑を登録した人が、印影と氏名を結び付けられない。",
    scenario="旧氏のある人の印鑑登録証明書",
    sentence="用紙は1枚で、載っているのは「御影さくら」だけである",
)
def former_surname_missing(patch: pytest.MonkeyPatch) -> None:
    front(patch, lambda made: replace(made, former_surname=""), seal_registration)


@defect(
    "十五歳未満の人に、印鑑登録を勧める",
    harm="できない登録のために、子どもが窓口へ行かされる。",
    scenario="職員が認めた十四歳の人の印鑑登録",
    sentence="「印鑑登録証明書」は「Seal_Under_Fifteen」のため選べない",
)
def the_young_sent_to_register(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(seal_registration, "YOUNGEST_WITH_SEAL", 0)
