"""The issuing server over HTTP: the endpoints of `interface/issuing.py`."""

from __future__ import annotations

import hmac
from typing import Annotated, Any, cast

from fastapi import Depends, FastAPI, Path
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from server_stub.interface.clock import Clock
from server_stub.interface.failures import CATALOGUE, Failed
from server_stub.interface.issuing import (
    IssuedPaper,
    IssueRequest,
    LedgerReport,
    OfferList,
    OffersRequest,
    OrdinanceServicesRequest,
    StandingRequest,
)
from server_stub.interface.operations import LedgerApplication
from server_stub.interface.outages import LOOK_PATH
from server_stub.interface.secret import Secret
from server_stub.interface.terminal import OrdinanceServices, ReportTaken
from server_stub.interface.trace import Trace
from server_stub.interface.values import FailureBody, MunicipalityList, Ulid
from server_stub.node import NodeContext, make_app
from server_stub.ops_door import add_ops_door

from .exceptions_door import add_exceptions_door
from .extensions_door import add_extensions_door
from .history_door import add_history_door
from .officials_door import add_officials_door
from .operations import LedgerBooks
from .persons_door import add_persons_door
from .registration_door import add_registration_door, add_registration_paths, add_status_path
from .restoration_door import add_restoration_door, add_restoration_paths
from .service import IssuingService
from .tenants import IssuingSettings

DESCRIPTION = """証明発行サーバ: what the centre may ask of it. All money is whole yen, all times are ISO 8601 with offset.

Every refusal is `FailureBody` with a name of the failure catalogue and facts. The real telegrams between the centre and
a municipality's server are not public: these are this simulator's own."""

PERSON_REFUSED = (
    "Holder_Not_Linked",
    "Holder_Not_Registered",
    "Holder_Deceased",
    "Holder_Moved_Out",
    "Holder_Restricted",
    "Holder_Under_Fifteen",
    "Holder_Household_Leaving",
    "Holder_Arrived_Today",
    "Certificate_Issued_Today",
    "Holder_Character_Pending",
    "Holder_Entry_Too_Long",
    "Registration_Missing",
    "Registration_Under_Review",
    "Registration_Rejected",
)
SERVICE_REFUSED = (
    "Authentication_Method_Not_Used",
    "Municipality_Unknown",
    "Service_Not_Offered",
    "Terminal_Kind_Excluded",
    "Service_Closed_Today",
    "Service_Closed_Now",
    "Service_Suspended",
    "Service_Not_Yet_Offered",
    "Service_Stopped",
    "Service_Being_Restored",
    "Replica_Too_Old",
    "Existing_System_Closed",
    "Existing_System_Unreachable",
    "Existing_System_Answer_Wrong",
)
REQUEST_REFUSED = (
    "Seal_Not_Registered",
    "Seal_Under_Fifteen",
    "Seal_Abolished",
    "Seal_Name_Changed",
    "Seal_Card_Lost",
    "Seal_Being_Changed",
    "Seal_Not_Issued_Here",
    "Option_Not_Allowed",
    "Member_Not_In_Household",
    "Household_Member_Restricted",
    "Copies_Out_Of_Range",
    "Fee_Changed",
    "Character_Not_Printable",
    "Ward_Unknown",
    "Text_Too_Long",
    "Application_Too_Large",
    "Binding_Mismatch",
    "Service_Out_Of_Order",
    "Idempotency_Conflict",
    "Application_State_Conflict",
)


def create_app(context: NodeContext, settings: IssuingSettings) -> FastAPI:
    """Make the node. `app.state.issuing` is its IssuingService (`reopen()`, `ledger`).

    The ledger and the replicas are at their newest schema already. Raises as IssuingService.
    """
    service = IssuingService(context, settings)
    app = _routed_app(context, service, settings.centre_key)
    add_ops_door(app, settings.ops_key, LedgerBooks(service), LedgerApplication)
    add_exceptions_door(app, settings.ops_key, service.exceptions)
    add_persons_door(app, settings.ops_key, service.persons)
    add_restoration_door(app, settings.ops_key, service)
    add_extensions_door(app, settings.ops_key, service.extensions)
    add_registration_door(app, settings.ops_key, service)
    registration = settings.registration
    add_status_path(app, None if registration is None else registration.site_key, service)
    add_history_door(app, settings.ops_key, service.history)
    add_officials_door(app, settings.ops_key, service)
    app.state.issuing = service
    return app


def openapi_document() -> dict[str, Any]:
    """Return the whole interface specification, without an issuing server behind it."""
    clock = Clock()
    app = _routed_app(NodeContext(clock, Trace(clock)), None, Secret(""))
    add_ops_door(app, None, None, LedgerApplication)
    add_exceptions_door(app, None, None)
    add_persons_door(app, None, None)
    add_restoration_door(app, None, None)
    add_extensions_door(app, None, None)
    add_registration_door(app, None, None)
    add_status_path(app, None, None)
    add_history_door(app, None, None)
    add_officials_door(app, None, None)
    return app.openapi()


def _routed_app(context: NodeContext, asked: IssuingService | None, centre_key: Secret) -> FastAPI:
    """Make the paths; `asked` answers, and may be None where nobody asks."""
    service = cast(IssuingService, asked)
    app = make_app(context, title="証明発行サーバ", source="issuing", description=DESCRIPTION)
    bearer = HTTPBearer(auto_error=False, description="The centre's key at this issuing server")

    async def caller(shown: HTTPAuthorizationCredentials | None = Depends(bearer)) -> None:
        key = shown.credentials if shown is not None else ""
        if not hmac.compare_digest(key.encode(), centre_key.reveal().encode()):
            raise Failed("Caller_Unknown")

    guarded = [Depends(caller)]

    @app.get(
        "/v1/municipalities",
        dependencies=guarded,
        responses=_refusals(),
        summary="The municipalities hosted here",
        operation_id="listMunicipalities",
    )
    def municipalities() -> MunicipalityList:
        return service.municipalities()

    @app.post(
        "/v1/ordinance-services",
        dependencies=guarded,
        responses=_refusals(),
        summary="Whose 住民基本台帳カード can be used now (条例利用)",
        operation_id="ordinanceServices",
    )
    def ordinance_services(request: OrdinanceServicesRequest) -> OrdinanceServices:
        return service.ordinance_services(request)

    @app.post(
        "/v1/offers",
        dependencies=guarded,
        responses=_refusals(*SERVICE_REFUSED, *PERSON_REFUSED),
        summary="What the holder of a certificate may get now",
        operation_id="offers",
    )
    def offers(request: OffersRequest) -> OfferList:
        """What stands against one kind alone is in that offer's `refusal`, against one member in that member's."""
        return service.offers(request)

    @app.post(
        "/v1/applications",
        dependencies=guarded,
        responses=_refusals(*SERVICE_REFUSED, *PERSON_REFUSED, *REQUEST_REFUSED),
        summary="Make the paper for an application",
        operation_id="issue",
    )
    def issue(request: IssueRequest) -> IssuedPaper:
        """Rights, hours (by `received_at`) and fee are decided again. Repeated with the same `application_id`, it answers the
        same paper while nothing has become of it; with another request under that id, Idempotency_Conflict."""
        return service.issue(request)

    @app.post(
        "/v1/applications/{application_id}/reports",
        dependencies=guarded,
        responses=_refusals(
            "Application_Unknown",
            "Idempotency_Conflict",
            "Application_State_Conflict",
            "Service_Being_Restored",
        ),
        summary="What became of an application at the terminal",
        operation_id="report",
    )
    def report(application_id: Annotated[Ulid, Path()], report: LedgerReport) -> ReportTaken:
        """Any number of deliveries of one `report_id` count once. A cancellation may come before its application, and one that
        expired gives way to a payment made before it."""
        return service.take_report(application_id, report)

    @app.post(
        "/v1/applications/{application_id}/standing",
        dependencies=guarded,
        responses=_refusals("Application_Unknown", *SERVICE_REFUSED, *PERSON_REFUSED, *REQUEST_REFUSED),
        status_code=204,
        summary="Whether a prepared paper may still be paid",
        operation_id="standing",
    )
    def standing(application_id: Annotated[Ulid, Path()], request: StandingRequest) -> None:
        """Asked just before money is taken: refused by what stands against it since the paper was made (発行制限, 緊急停止)."""
        service.check_standing(application_id, request.earlier)

    add_restoration_paths(app, guarded, asked)

    @app.post(
        LOOK_PATH,
        dependencies=guarded,
        responses=_refusals(),
        status_code=204,
        summary="Tell that it works, and look after the alarms",
        operation_id="look",
    )
    def look() -> None:
        """The existing systems are asked, the replicas' age is looked at; what is wrong is at `/ops/v1/alarms`."""
        service.alarms.look()

    add_registration_paths(app, asked, guarded[0])
    return app


def _refusals(*names: str) -> dict[int | str, dict[str, Any]]:
    """Describe OpenAPI's answers for these failures and those of every endpoint, by status."""
    by_status: dict[int | str, dict[str, Any]] = {}
    for name in (
        "Caller_Unknown",
        *names,
        "Request_Malformed",
        "Request_Too_Large",
        "Request_Too_Slow",
        "Internal_Error",
    ):
        told = by_status.setdefault(CATALOGUE[name].status, {"model": FailureBody, "description": ""})
        told["description"] = ", ".join(filter(None, (told["description"], name)))
    return by_status
