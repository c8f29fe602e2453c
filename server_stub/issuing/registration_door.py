"""The paths of 利用登録 at the issuing server: for the centre, for the status site under a key of its own, and for officials
(`interface/registration.py`, `interface/registration_operations.py`)."""

from __future__ import annotations

import hmac
from typing import Annotated, Any, cast

from fastapi import Depends, FastAPI, Path, Query
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from server_stub.interface.failures import Failed
from server_stub.interface.registration import (
    HolderAllowed,
    HolderCheck,
    RegistrationAccepted,
    RegistrationApplication,
    RegistrationServices,
    RegistrationServicesRequest,
    RegistrationStatus,
    SlipAccepted,
    SlipRequest,
    StatusQuery,
)
from server_stub.interface.registration_operations import (
    LinkAct,
    MemberMatches,
    MemberSearch,
    OfficialAct,
    RegistrationDetail,
    RegistrationEntry,
    RegistrationPage,
    RegistrationQuery,
    RejectAct,
)
from server_stub.interface.secret import Secret
from server_stub.interface.values import Ulid
from server_stub.node import failure_answers
from server_stub.ops_door import OPS_REFUSALS, official_only
from server_stub.registration import Registrations

from .service import IssuingService

_ANY = ("Caller_Unknown", "Request_Malformed", "Request_Too_Large", "Request_Too_Slow", "Internal_Error")
RegistrationId = Annotated[Ulid, Path(description="of the application")]
APPLICATION_REFUSED = (
    "Municipality_Unknown",
    "Registration_Not_Offered",
    "Terminal_Kind_Excluded",
    "Service_Suspended",
    "Service_Closed_Today",
    "Service_Closed_Now",
    "Service_Stopped",
    "Registration_Entry_Wrong",
    "Signature_Invalid",
    "Certificate_Malformed",
    "Certificate_Wrong_Kind",
    "Registration_Same_Municipality",
    "Holder_Under_Fifteen",
    "Registration_Not_Needed",
    "Registration_Already_Received",
    "Idempotency_Conflict",
)
_ACT_REFUSED = ("Registration_Unknown", "Registration_State_Conflict", *OPS_REFUSALS)
_SYSTEM_REFUSED = ("Existing_System_Unreachable", "Existing_System_Answer_Wrong")


def add_registration_paths(app: FastAPI, asked: IssuingService | None, centre: Any) -> None:
    """Add what the centre asks. `centre`: the dependency that knows it; `asked` may be None where nobody asks."""
    service = cast(IssuingService, asked)

    @app.post(
        "/v1/registration-services",
        dependencies=[centre],
        responses=failure_answers(*_ANY),
        summary="Who takes applications for 利用登録",
        operation_id="registrationServices",
    )
    def services(request: RegistrationServicesRequest) -> RegistrationServices:
        return service.registration_services(request)

    @app.post(
        "/v1/holders",
        dependencies=[centre],
        responses=failure_answers(
            "Holder_Restricted", "Holder_Deceased", "Holder_Under_Fifteen", "Municipality_Unknown", *_ANY
        ),
        summary="Whether something stands against a resident that counts everywhere",
        operation_id="checkHolder",
    )
    def holder(request: HolderCheck) -> HolderAllowed:
        return service.allow_holder(request)

    @app.post(
        "/v1/registrations",
        dependencies=[centre],
        responses=failure_answers(*APPLICATION_REFUSED, *_ANY),
        summary="Take an application for 利用登録",
        operation_id="register",
    )
    def register(request: RegistrationApplication) -> RegistrationAccepted:
        """Repeated with the same `application_id`, it answers the same number."""
        return service.register(request)

    @app.post(
        "/v1/slips",
        dependencies=[centre],
        responses=failure_answers(
            "Registration_Unknown",
            "Registration_Not_Offered",
            "Municipality_Unknown",
            "Idempotency_Conflict",
            "Application_State_Conflict",
            *_ANY,
        ),
        summary="Note the charge for a printed 申請番号",
        operation_id="orderSlip",
    )
    def slip(request: SlipRequest) -> SlipAccepted:
        """It is reported like an application for a certificate, at `/v1/applications/{application_id}/reports`."""
        return service.order_slip(request)


def add_status_path(app: FastAPI, key: Secret | None, asked: IssuingService | None) -> None:
    """Add what the status site asks, for whoever shows `key`; without one nobody may."""
    service = cast(IssuingService, asked)
    bearer = HTTPBearer(
        scheme_name="SiteKey", auto_error=False, description="The status site's key at this issuing server"
    )

    async def site(shown: HTTPAuthorizationCredentials | None = Depends(bearer)) -> None:
        given = shown.credentials if shown is not None else ""
        if key is None or not hmac.compare_digest(given.encode(), key.reveal().encode()):
            raise Failed("Caller_Unknown")

    @app.post(
        "/v1/registration-status",
        dependencies=[Depends(site)],
        responses=failure_answers("Registration_Unknown", *_ANY),
        summary="What became of an application, by its 申請番号",
        operation_id="registrationStatus",
    )
    def status(query: StatusQuery) -> RegistrationStatus:
        return service.registration_status(query)


def add_registration_door(app: FastAPI, key: Secret | None, asked: IssuingService | None) -> None:
    """Add what officials do, for whoever shows the operations key; without one the paths answer Operations_Not_Offered."""
    guarded = [official_only(key)]
    where = "/ops/v1/registrations"

    def registrations() -> Registrations:
        found = asked.registrations if asked is not None else None
        if found is None:
            raise Failed("Registration_Unknown")
        return found

    @app.get(
        where,
        dependencies=guarded,
        responses=failure_answers(*OPS_REFUSALS),
        summary="利用登録申請の一覧",
        operation_id="list_registrations",
    )
    def listed(query: Annotated[RegistrationQuery, Query()]) -> RegistrationPage:
        """Applications, oldest first; without `state` those that are not decided."""
        return registrations().listed(query)

    @app.post(
        "/ops/v1/registration-numbers",
        dependencies=guarded,
        responses=failure_answers("Registration_Unknown", *OPS_REFUSALS),
        summary="申請番号による利用登録申請の検索",
        operation_id="find_registration",
    )
    def of_number(query: StatusQuery) -> RegistrationEntry:
        """The application of a number that its applicant tells; the number itself is kept nowhere."""
        return registrations().of_number(query)

    @app.get(
        where + "/{application_id}",
        dependencies=guarded,
        responses=failure_answers("Registration_Unknown", *OPS_REFUSALS),
        summary="利用登録申請の内容と経過",
        operation_id="show_registration",
    )
    def show(application_id: RegistrationId) -> RegistrationDetail:
        return registrations().show(application_id)

    @app.post(
        where + "/{application_id}/search",
        dependencies=guarded,
        responses=failure_answers("Registration_Unknown", "Registration_Search_Too_Wide", *OPS_REFUSALS),
        summary="戸籍の検索",
        operation_id="search_registers",
    )
    def search(application_id: RegistrationId, asked: MemberSearch) -> MemberMatches:
        """Search the family registers, and hold each member that is found against the application."""
        return registrations().search(application_id, asked)

    @app.post(
        where + "/{application_id}/review",
        dependencies=guarded,
        responses=failure_answers(*_ACT_REFUSED),
        summary="審査の開始",
        operation_id="review_registration",
    )
    def review(application_id: RegistrationId, act: OfficialAct) -> RegistrationDetail:
        return registrations().review(application_id, act)

    @app.post(
        where + "/{application_id}/link",
        dependencies=guarded,
        responses=failure_answers(
            "Registration_Register_Unknown",
            "Registration_Member_Taken",
            "Registration_Differs",
            "Registration_Second_Official",
            *_ACT_REFUSED,
            *_SYSTEM_REFUSED,
        ),
        summary="戸籍との紐付け",
        operation_id="link_registration",
    )
    def link(application_id: RegistrationId, act: LinkAct) -> RegistrationDetail:
        """Link the applicant with a member of a family register: from now on the registration is usable."""
        return registrations().link(application_id, act)

    @app.post(
        where + "/{application_id}/reject",
        dependencies=guarded,
        responses=failure_answers(*_ACT_REFUSED, *_SYSTEM_REFUSED),
        summary="却下",
        operation_id="reject_registration",
    )
    def reject(application_id: RegistrationId, act: RejectAct) -> RegistrationDetail:
        return registrations().reject(application_id, act)

    @app.post(
        where + "/{application_id}/end",
        dependencies=guarded,
        responses=failure_answers(*_ACT_REFUSED, *_SYSTEM_REFUSED),
        summary="利用登録の終了",
        operation_id="end_registration",
    )
    def end(application_id: RegistrationId, act: OfficialAct) -> RegistrationDetail:
        """End a usable registration: its holder applies again."""
        return registrations().end(application_id, act)
