"""The paths of `/ops/v1` for the officials' console (`interface/official_acts.py`): restrictions, changes with a date of effect, deliveries."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, cast

from fastapi import FastAPI, Path, Query, Response

from server_stub.interface.official_acts import (
    ActOnChange,
    ActOnRestriction,
    ChangeEntry,
    ChangePage,
    ChangeQuery,
    ChangeRequest,
    DeliveredRestrictionPage,
    DeliveredRestrictionQuery,
    DeliveryList,
    DeliveryQuery,
    MessagePreviewRequest,
    Messages,
    PreviewRequest,
    RestrictionEntry,
    RestrictionPage,
    RestrictionProlonged,
    RestrictionQuery,
    RestrictionRequest,
    SetAsidePage,
    SetAsideQuery,
    SettingsQuery,
    SettingsView,
    TakeBackRequest,
    TargetQuery,
    TargetView,
)
from server_stub.interface.secret import Secret
from server_stub.interface.values import Ulid
from server_stub.node import failure_answers
from server_stub.ops_door import OPS_REFUSALS, official_only

if TYPE_CHECKING:
    from .service import IssuingService

_OF_TOWN = ("Municipality_Unknown", *OPS_REFUSALS)


class PdfResponse(Response):
    media_type = "application/pdf"


def add_officials_door(app: FastAPI, key: Secret | None, asked: IssuingService | None) -> None:
    """Add the paths to `app`. `asked` may be None where nobody asks; without a `key` they answer Operations_Not_Offered."""
    service = cast("IssuingService", asked)
    guarded = [official_only(key)]

    @app.post(
        "/ops/v1/restriction-targets",
        dependencies=guarded,
        responses=failure_answers("Restriction_Target_Unknown", *_OF_TOWN),
        summary="発行制限の対象の確認",
        operation_id="find_restriction_target",
    )
    def target(query: TargetQuery) -> TargetView:
        """Whom a restriction would stop. The number stands in the body, so that no log of addresses has it."""
        return service.restrictions.target(query)

    @app.get(
        "/ops/v1/restrictions",
        dependencies=guarded,
        responses=failure_answers(*_OF_TOWN),
        summary="運用管理システムで設定した発行制限の一覧",
        operation_id="list_restrictions",
    )
    def restrictions(query: Annotated[RestrictionQuery, Query()]) -> RestrictionPage:
        """Those set here that stand, oldest first; `overdue`: past their announced last day; `ended`: those that have ended."""
        return service.restrictions.list(query)

    @app.get(
        "/ops/v1/restrictions/{restriction_id}",
        dependencies=guarded,
        responses=failure_answers("Restriction_Unknown", *_OF_TOWN),
        summary="運用管理システムで設定した発行制限",
        operation_id="show_restriction",
    )
    def restriction(
        restriction_id: Annotated[Ulid, Path()], query: Annotated[DeliveryQuery, Query()]
    ) -> RestrictionEntry:
        """One of that municipality, also one that has ended."""
        return service.restrictions.one(query.municipality, restriction_id)

    @app.get(
        "/ops/v1/delivered-restrictions",
        dependencies=guarded,
        responses=failure_answers(*_OF_TOWN),
        summary="既存システムから連携された発行制限の一覧",
        operation_id="list_delivered_restrictions",
    )
    def delivered(query: Annotated[DeliveredRestrictionQuery, Query()]) -> DeliveredRestrictionPage:
        """Those that are not released. Only a delivery ends one."""
        return service.restrictions.delivered(query)

    @app.post(
        "/ops/v1/restrictions",
        dependencies=guarded,
        responses=failure_answers("Restriction_Target_Unknown", *_OF_TOWN),
        summary="発行制限の設定",
        operation_id="set_restriction",
    )
    def set_restriction(asked: RestrictionRequest) -> RestrictionEntry:
        """Stop a person, a household or a family register, from the next decision on."""
        return service.restrictions.set(asked)

    @app.post(
        "/ops/v1/restrictions/{restriction_id}/prolong",
        dependencies=guarded,
        responses=failure_answers("Restriction_Unknown", *_OF_TOWN),
        summary="発行制限の終了予定日の変更",
        operation_id="prolong_restriction",
    )
    def prolong(restriction_id: Annotated[Ulid, Path()], asked: RestrictionProlonged) -> RestrictionEntry:
        """Announce another last day. It ends nothing either."""
        return service.restrictions.prolong(restriction_id, asked)

    @app.post(
        "/ops/v1/restrictions/{restriction_id}/end",
        dependencies=guarded,
        responses=failure_answers("Restriction_Unknown", *_OF_TOWN),
        summary="発行制限の解除",
        operation_id="end_restriction",
    )
    def end(restriction_id: Annotated[Ulid, Path()], asked: ActOnRestriction) -> RestrictionEntry:
        """End one that was set here. One that was delivered stays in force."""
        return service.restrictions.end(restriction_id, asked)

    @app.get(
        "/ops/v1/settings",
        dependencies=guarded,
        responses=failure_answers(*_OF_TOWN),
        summary="指定した日の手数料・時間・認証者",
        operation_id="show_settings",
    )
    def settings(query: Annotated[SettingsQuery, Query()]) -> SettingsView:
        """What holds for each kind on that day."""
        return service.changes.view(query)

    @app.get(
        "/ops/v1/setting-changes",
        dependencies=guarded,
        responses=failure_answers(*_OF_TOWN),
        summary="設定の変更の一覧",
        operation_id="list_setting_changes",
    )
    def changes(query: Annotated[ChangeQuery, Query()]) -> ChangePage:
        """All that were kept here, oldest first; nothing removes one."""
        return service.changes.list(query)

    @app.post(
        "/ops/v1/setting-changes",
        dependencies=guarded,
        responses=failure_answers("Change_Too_Late", "Change_Wrong", *_OF_TOWN),
        summary="設定の変更の登録",
        operation_id="change_setting",
    )
    def change(asked: ChangeRequest) -> ChangeEntry:
        """Keep what is otherwise from a day on."""
        return service.changes.add(asked)

    @app.post(
        "/ops/v1/setting-changes/{change_id}/withdraw",
        dependencies=guarded,
        responses=failure_answers("Change_Unknown", "Change_Wrong", *_OF_TOWN),
        summary="設定の変更の取消し",
        operation_id="withdraw_setting_change",
    )
    def withdraw(change_id: Annotated[Ulid, Path()], asked: ActOnChange) -> ChangeEntry:
        """Withdraw one that is to come, or end one that is in force."""
        return service.changes.withdraw(change_id, asked)

    @app.post(
        "/ops/v1/previews",
        dependencies=guarded,
        response_class=PdfResponse,
        responses={
            200: {
                "description": "fronts of one copy as they will be on that day",
                "content": {"application/pdf": {"schema": {"type": "string", "format": "binary"}}},
            },
            **failure_answers(
                "Service_Not_Offered",
                "Service_Closed_Today",
                "Person_Unknown",
                "Change_Wrong",
                "Ward_Unknown",
                *_OF_TOWN,
            ),
        },
        summary="設定の変更後の紙面の確認",
        operation_id="preview_paper",
    )
    def preview(asked: PreviewRequest) -> PdfResponse:
        """By the code that sets an issued paper; nothing is recorded."""
        return PdfResponse(service.previews.make(asked))

    @app.post(
        "/ops/v1/message-previews",
        dependencies=guarded,
        responses=failure_answers("Change_Wrong", *_OF_TOWN),
        summary="利用登録のメッセージの確認",
        operation_id="preview_messages",
    )
    def preview_messages(asked: MessagePreviewRequest) -> Messages:
        """What terminal and status site will tell applicants on that day; nothing is kept."""
        return service.changes.preview_messages(asked)

    @app.get(
        "/ops/v1/deliveries",
        dependencies=guarded,
        responses=failure_answers(*_OF_TOWN),
        summary="連携データの一覧",
        operation_id="list_deliveries",
    )
    def deliveries(query: Annotated[DeliveryQuery, Query()]) -> DeliveryList:
        """The generations of the replica, newest first, and whether the last delivery was refused."""
        return service.deliveries.list(query.municipality)

    @app.get(
        "/ops/v1/set-aside-rows",
        dependencies=guarded,
        responses=failure_answers(*_OF_TOWN),
        summary="取り込めなかった行の一覧",
        operation_id="list_set_aside_rows",
    )
    def set_aside(query: Annotated[SetAsideQuery, Query()]) -> SetAsidePage:
        """Rows of the living generation that could not be used: where each stands, and what is expected there."""
        return service.deliveries.set_aside(query)

    @app.post(
        "/ops/v1/deliveries/take-back",
        dependencies=guarded,
        responses=failure_answers("Delivery_Changed_Meanwhile", "Delivery_None_Before", *_OF_TOWN),
        summary="一つ前の連携データに戻す",
        operation_id="take_delivery_back",
    )
    def take_back(asked: TakeBackRequest) -> DeliveryList:
        """Read the earlier generation again. Restrictions stay as they are known."""
        return service.deliveries.take_back(asked)
