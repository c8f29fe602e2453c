"""Planted defects about what officials do at the console: restrictions, stops while a visit is under way, changes from a day on."""

from __future__ import annotations

from datetime import timedelta

import pytest

from kiosk_app.center_gateway import CenterGateway
from kiosk_app.flow.events import MayBePaid
from server_stub.center.standing import Standing
from server_stub.interface.terminal import ApplicationStanding
from server_stub.issuing import setting_changes
from server_stub.issuing.restrictions import OwnRestrictions
from server_stub.issuing.service import IssuingService
from tests.planted.defect import defect

STOPPED = "職員が発行制限にした人は断られ、解除すると受け取れる"
UNPAID = "手続の途中の緊急停止は、支払いの前なら取り消され、お金が返る"
RESTRICTED = "証明書ができたあとで発行制限になった人の申請は、支払いの前なら取り消される"

FEE = "手数料を明日から変えると、日付が変わった時から端末の表示が変わる"


@defect(
    "職員が設定した発行制限を判定で見落とす",
    harm="支援措置の対象者の住所が、加害者に渡る。",
    scenario=STOPPED,
    sentence="「Holder_Restricted」で断られる",
)
def own_restriction_overlooked(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(OwnRestrictions, "_in_force", lambda own, code, reader, named, on: None)


@defect(
    "解除した発行制限を続ける",
    harm="解除された人が、いつまでも証明書を受け取れない。",
    scenario=STOPPED,
    sentence="次の人が「六甲翠のカード」で本人確認を済ませる",
)
def never_ended(patch: pytest.MonkeyPatch) -> None:
    from server_stub.issuing import restrictions

    patch.setattr(restrictions, "_FOUND", restrictions.select(restrictions.table).where(
        restrictions.table.c.municipality == restrictions.bindparam("code"), restrictions._OF_THESE,
        restrictions.table.c.since <= restrictions.bindparam("on"),
    ))  # fmt: skip


@defect(
    "証明書ができたあとの緊急停止を、センターが見ない",
    harm="誤った証明書のおそれがあるのに、お金を受け取って渡す。",
    scenario=UNPAID,
    sentence="「Service_Stopped」で断られる",
)
def standing_not_asked(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(
        Standing,
        "check",
        lambda own, terminal, application_id: ApplicationStanding(
            application_id=application_id, state="prepared"
        ),
    )


@defect(
    "端末が、支払いの前にセンターへ確かめない",
    harm="止めた証明書を、端末が売る。",
    scenario=UNPAID,
    sentence="「Service_Stopped」で断られる",
)
def terminal_does_not_ask(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(CenterGateway, "_ask_standing", lambda own, effect, visit: MayBePaid())


@defect(
    "証明書ができたあとの発行制限を、発行サーバが見ない",
    harm="手続の途中で支援措置になった人の住所が渡る。",
    scenario=RESTRICTED,
    sentence="「Holder_Restricted」で断られる",
)
def restriction_after_paper(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(IssuingService, "check_standing", lambda own, application_id, earlier=(): None)


@defect(
    "職員の決めた実施日より一日早く効かせる",
    harm="まだ上がっていない手数料を住民から取る。",
    scenario=FEE,
    sentence="確認画面の手数料の合計は250円である",
)
def a_day_early(patch: pytest.MonkeyPatch) -> None:
    real = setting_changes._change
    patch.setattr(
        setting_changes,
        "_change",
        lambda asked, digest: real(
            asked.model_copy(update={"begins": asked.begins - timedelta(days=1)}), digest
        ),
    )


@defect(
    "職員の登録した変更を、実施日になっても効かせない",
    harm="条例で決まった手数料と違う額を住民から取る。",
    scenario=FEE,
    sentence="確認画面の手数料の合計は400円である",
)
def never_in_force(patch: pytest.MonkeyPatch) -> None:
    real = setting_changes._change
    patch.setattr(
        setting_changes,
        "_change",
        lambda asked, digest: real(
            asked.model_copy(update={"begins": asked.begins + timedelta(days=30)}), digest
        ),
    )
