"""Planted defects of what a resident chooses from: exchanged on the way, of somebody else, of nobody."""

from __future__ import annotations

from typing import Any

import pytest

import server_stub.center.authentication as authentication
import server_stub.issuing.service as service
from server_stub.interface import binding
from server_stub.interface.issuing import OfferList
from server_stub.interface.offers import Offers
from server_stub.interface.values import FailureBody
from server_stub.issuing.offers import Holder
from tests.planted.bindings import COINS, struck
from tests.planted.defect import defect
from tests.planted.papers import MINAMI, ONE, fronts_unread

TWO = "続けて二人が、それぞれの証明書を受け取る"
NEXT = "次の人が「川原翔のカード」で本人確認を済ませる"
IDENTIFIED = "「港太一のカード」で本人確認を済ませる"


def unverified(patch: pytest.MonkeyPatch) -> None:
    """The terminal takes offers as they come."""
    patch.setattr(
        binding, "open_offers", lambda signed, pinned, **known: Offers.model_validate_json(signed.text)
    )


@defect(
    "案内の氏名を、途中で鍵なしに入れ替える",
    harm="選んだ人と違う家族の証明書を、本人が気づかずに受け取る。",
    scenario=ONE,
    sentence=IDENTIFIED,
)
def names_exchanged(patch: pytest.MonkeyPatch) -> None:
    struck(patch, "center.swap_offers")


@defect(
    "案内の氏名が入れ替わり、端末も署名を確かめない",
    harm="選んだ人と違う家族の証明書を、本人が気づかずに受け取る。",
    scenario=ONE,
    sentence=COINS,
)
def names_exchanged_unverified(patch: pytest.MonkeyPatch) -> None:
    struck(patch, "center.swap_offers")
    unverified(patch)


@defect(
    "案内の氏名が入れ替わり、端末も署名を確かめず、紙面も読まない",
    harm="選んだ人と違う家族の証明書を、本人が気づかずに受け取る。",
    scenario=ONE,
    sentence=MINAMI,
)
def names_exchanged_unseen(patch: pytest.MonkeyPatch) -> None:
    names_exchanged_unverified(patch)
    fronts_unread(patch)


@defect(
    "前の人への案内を、次の人にもう一度送る",
    harm="前の人の家族の氏名が、次の人の画面に出る。",
    scenario=TWO,
    sentence=NEXT,
)
def offers_replayed(patch: pytest.MonkeyPatch) -> None:
    real, first = authentication.sign_offers, []

    def sign(offers: Any, key: Any) -> Any:
        first.append(real(offers, key))
        return first[0]

    patch.setattr(authentication, "sign_offers", sign)


@defect(
    "だれも載せられない証明書を案内する",
    harm="だれの証明書でもない申請が、支払いまで進む。",
    scenario=ONE,
    sentence=IDENTIFIED,
)
def offer_of_nobody(patch: pytest.MonkeyPatch) -> None:
    offered(patch, lambda subjects: ())


@defect(
    "証明できない人だけの証明書を案内する",
    harm="証明してはならない人の申請が、支払いまで進む。",
    scenario=ONE,
    sentence=IDENTIFIED,
)
def offer_of_the_refused(patch: pytest.MonkeyPatch) -> None:
    refusal = FailureBody(failure="Household_Member_Restricted")
    offered(patch, lambda subjects: tuple(one.model_copy(update={"refusal": refusal}) for one in subjects))


def offered(patch: pytest.MonkeyPatch, change: Any) -> None:
    """The issuing server offers every kind to whomever `change` makes of its subjects."""
    real = Holder.offer

    def offer(holder: Any, kind: Any, received_at: Any) -> Any:
        made = real(holder, kind, received_at)
        return made.model_copy(update={"subjects": change(made.subjects), "questions": ()})

    # as it is, without the checks that a message's own making has
    patch.setattr(Holder, "offer", offer)
    patch.setattr(service, "OfferList", OfferList.model_construct)
