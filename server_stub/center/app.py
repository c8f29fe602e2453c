"""Serve the centre over HTTP: the paths of `interface/terminal.py`, and the node itself."""

from __future__ import annotations

import functools
from typing import Annotated, Any

from fastapi import APIRouter, Depends, FastAPI, Header, Path, Request, Response
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from server_stub.interface.clock import Clock
from server_stub.interface.failures import Failed
from server_stub.interface.offers import ApplicationRequest, SignedOffers
from server_stub.interface.operations import CenterApplication
from server_stub.interface.registration import (
    RegistrationAuthentication,
    RegistrationOpened,
    RegistrationReceived,
    RegistrationRequest,
    RegistrationServices,
    SlipOrder,
)
from server_stub.interface.terminal import (
    ApplicationStanding,
    AuthenticationRequest,
    Nonce,
    OrdinanceServices,
    ReportTaken,
    SessionEnd,
    SessionOpened,
    SignedManifest,
    StatusReport,
)
from server_stub.interface.trace import Trace
from server_stub.interface.values import MunicipalityList, Ulid
from server_stub.node import NodeContext, make_app
from server_stub.ops_door import add_ops_door
from server_stub.paper.finish import finish_sheets
from server_stub.paper.scramble import ScrambleKey

from .center import Center
from .issue import FinishSheets
from .officials_door import add_officials_door
from .openapi import describe, failures
from .outages_door import add_outages_door
from .settings import CenterSettings
from .terminals import Terminal

_bearer = HTTPBearer(
    scheme_name="TerminalKey",
    description="`Authorization: Bearer KEY`, the key of the terminal.",
    auto_error=False,
)
_CERTIFICATE = (
    "Certificate_Malformed", "Certificate_Wrong_Kind", "Certificate_Unknown_Issuer", "Certificate_Not_Yet_Valid",
    "Certificate_Expired", "Certificate_Revoked", "Certificate_On_Hold", "Certificate_Status_Unknown",
    "Signature_Invalid", "Nonce_Not_Valid", "Authority_Unreachable",
)  # fmt: skip
_ORDINANCE = (
    "Ordinance_Not_Offered", "Ordinance_Card_Unknown", "Ordinance_Card_Ended", "Ordinance_Card_Stopped",
    "Ordinance_Not_Registered", "Ordinance_Kind_Stopped", "Ordinance_Pin_Wrong", "Ordinance_Pin_Blocked",
    "Registry_Unreachable",
)  # fmt: skip
_HOLDER = (
    "Authentication_Method_Not_Used",
    "Holder_Not_Linked", "Holder_Under_Fifteen", "Holder_Restricted", "Holder_Moved_Out", "Holder_Not_Registered",
    "Holder_Deceased", "Municipality_Unknown", "Municipality_Not_Participating", "Terminal_Kind_Excluded",
    "Service_Closed_Now", "Service_Closed_Today", "Service_Not_Offered", "Service_Not_Yet_Offered", "Service_Suspended",
    "Service_Stopped", "Replica_Too_Old", "Outage_Announced", "Existing_System_Closed", "Existing_System_Unreachable", "Existing_System_Answer_Wrong",
    "Holder_Household_Leaving", "Holder_Arrived_Today", "Certificate_Issued_Today", "Holder_Character_Pending",
    "Holder_Entry_Too_Long", "Registration_Missing", "Registration_Under_Review", "Registration_Rejected",
)  # fmt: skip
_ISSUING = ("Issuing_Unreachable", "Answer_Malformed", "Caller_Unknown")
_APPLICATION = (
    "Session_Not_Authenticated", "Option_Not_Allowed", "Member_Not_In_Household", "Copies_Out_Of_Range",
    "Fee_Changed", "Idempotency_Conflict", "Character_Not_Printable", "Ward_Unknown", "Text_Too_Long", "Application_Too_Large", "Service_Out_Of_Order", "Seal_Not_Registered",
    "Seal_Under_Fifteen", "Seal_Abolished", "Seal_Name_Changed", "Seal_Card_Lost", "Seal_Being_Changed", "Seal_Not_Issued_Here",
    "Household_Member_Restricted", "Binding_Mismatch", "Paper_Corrupt", "Application_State_Conflict",
)  # fmt: skip
_REGISTRATION = (
    "Registration_Not_Offered", "Registration_Entry_Wrong", "Registration_Same_Municipality",
    "Registration_Already_Received", "Registration_Not_Needed", "Registration_Another_Card",
    "Registration_Text_Of_Another_Session", "Signature_Certificate_Expired", "Signature_Certificate_Revoked",
    "Signature_Certificate_On_Hold", "Holder_Under_Fifteen", "Terminal_Kind_Excluded", "Service_Closed_Now",
    "Service_Closed_Today", "Service_Suspended", "Service_Stopped", "Idempotency_Conflict", "Outage_Announced",
)  # fmt: skip
_IDEMPOTENCY_KEY = "^[A-Za-z0-9_-]{8,80}$"


def _center(request: Request) -> Center:
    center: Center = request.app.state.center
    return center


async def _terminal(
    request: Request, shown: Annotated[HTTPAuthorizationCredentials | None, Depends(_bearer)]
) -> Terminal:
    if shown is None:
        raise Failed("Terminal_Unknown")
    return _center(request).terminals.identify(shown.credentials)


Caller = Annotated[Terminal, Depends(_terminal)]
SessionId = Annotated[Ulid, Path(description="of `SessionOpened`")]
Key = Annotated[
    str,
    Header(pattern=_IDEMPOTENCY_KEY, description="fresh for every application, kept for its repetitions"),
]
ApplicationId = Annotated[Ulid, Path(description="of the manifest")]

router = APIRouter(
    prefix="/v1",
    generate_unique_id_function=lambda route: route.name,
)


@router.get("/municipalities", summary="市区町村の一覧", responses=failures())
def municipalities(request: Request, terminal: Caller) -> MunicipalityList:
    """List all municipalities that a resident may pick for the 本籍地, those that do not participate included."""
    return _center(request).listed()


@router.get(
    "/ordinance-services",
    summary="条例利用の一覧",
    responses=failures("Issuing_Unreachable", "Answer_Malformed", "Caller_Unknown"),
)
def ordinance_services(request: Request, terminal: Caller) -> OrdinanceServices:
    """List the municipalities whose 住民基本台帳カード can be used, with the identifier of their cards' application and their kinds. It is
    asked for when such a card was laid."""
    return _center(request).authentication.ordinance_services(terminal)


@router.get("/registration-services", summary="利用登録申請を受け付ける市区町村", responses=failures())
def registration_services(request: Request, terminal: Caller) -> RegistrationServices:
    """List the municipalities that take applications for 利用登録, with their hours and why one does not at this moment."""
    return _center(request).registration.services(terminal)


@router.post("/sessions", summary="セッションの開始", responses=failures())
def open_session(request: Request, terminal: Caller) -> SessionOpened:
    """Open a session for the resident who now stands at the terminal."""
    return _center(request).sessions.open(terminal.facts.terminal_id)


@router.post("/sessions/{session_id}/nonce", summary="認証の乱数", responses=failures("Session_Not_Valid"))
def nonce(request: Request, terminal: Caller, session_id: SessionId) -> Nonce:
    """Give a nonce; fetch it after PIN entry, just before signing. A new one makes an earlier one worthless."""
    return _center(request).sessions.new_nonce(session_id, terminal.facts.terminal_id)


@router.post(
    "/sessions/{session_id}/authentication",
    summary="本人確認",
    responses=failures("Session_Not_Valid", *_CERTIFICATE, *_ORDINANCE, *_HOLDER, *_ISSUING),
)
def authenticate(
    request: Request, terminal: Caller, session_id: SessionId, body: AuthenticationRequest
) -> SignedOffers:
    """Check the card and ask the municipality what this holder may get now. The nonce is used up in any case.

    With a 住民基本台帳カード (`ordinance`) the PIN of one kind opens that kind alone."""
    return _center(request).authentication.authenticate(terminal, session_id, body)


@router.post(
    "/sessions/{session_id}/applications",
    summary="交付申請",
    responses=failures("Session_Not_Valid", *_APPLICATION, *_HOLDER, *_ISSUING),
)
def apply(
    request: Request,
    terminal: Caller,
    session_id: SessionId,
    body: ApplicationRequest,
    idempotency_key: Key,
) -> SignedManifest:
    """Apply for a certificate.

    Right, hours and fee are decided again at the time of receipt. The paper is ready when this answers.
    """
    center = _center(request)
    try:
        return center.issue.apply(terminal, session_id, idempotency_key, body)
    except Failed:
        center.housekeeper.wake()
        raise


@router.post(
    "/sessions/{session_id}/registration-authentication",
    summary="利用登録申請の本人確認",
    responses=failures(
        "Session_Not_Valid", *_CERTIFICATE, "Holder_Not_Linked", "Holder_Restricted", "Holder_Deceased",
        "Holder_Under_Fifteen", "Service_Stopped", *_ISSUING,
    ),
)  # fmt: skip
def open_registration(
    request: Request, terminal: Caller, session_id: SessionId, body: RegistrationAuthentication
) -> RegistrationOpened:
    """Check the card. The nonce is used up in any case."""
    return _center(request).registration.open(terminal, session_id, body)


@router.post(
    "/sessions/{session_id}/registrations",
    summary="利用登録申請",
    responses=failures(
        "Session_Not_Valid", "Session_Not_Authenticated", *_CERTIFICATE, *_REGISTRATION, *_ISSUING
    ),
)
def register(
    request: Request,
    terminal: Caller,
    session_id: SessionId,
    body: RegistrationRequest,
    idempotency_key: Key,
) -> RegistrationReceived:
    """Hand in what was shown and signed. The same key with the same body gives the same number as long as the session lives."""
    return _center(request).registration.receive(terminal, session_id, idempotency_key, body)


@router.post(
    "/sessions/{session_id}/registrations/{application_id}/slip",
    summary="申請番号の印刷",
    responses=failures(
        "Session_Not_Valid", "Session_Not_Authenticated", "Registration_Unknown", "Registration_Not_Offered",
        "Idempotency_Conflict", "Application_State_Conflict", "Fee_Changed", *_ISSUING,
    ),
)  # fmt: skip
def order_slip(
    request: Request,
    terminal: Caller,
    session_id: SessionId,
    application_id: Annotated[Ulid, Path(description="of `RegistrationReceived`")],
    idempotency_key: Key,
) -> SlipOrder:
    """Make the charge for the printed number. It is reported as an application for a certificate is; the slip itself is the terminal's."""
    center = _center(request)
    try:
        return center.registration.order_slip(terminal, session_id, application_id, idempotency_key)
    except Failed:
        center.housekeeper.wake()
        raise


class PdfResponse(Response):
    media_type = "application/pdf"


@router.get(
    "/applications/{application_id}/sheets/{number}",
    summary="紙面データ",
    response_class=PdfResponse,
    responses={
        200: {
            "description": "front and back of one sheet; its SHA-256 stands in the manifest",
            "content": {"application/pdf": {"schema": {"type": "string", "format": "binary"}}},
        },
        **failures("Application_Unknown", "Application_State_Conflict", "Request_Not_Found"),
    },
)
def sheet(
    request: Request,
    terminal: Caller,
    application_id: ApplicationId,
    number: Annotated[int, Path(ge=1, le=9999, description="of the sheet in the manifest")],
) -> PdfResponse:
    """Give one sheet, to the terminal of the session only, until the paper is handed over or the application is cancelled."""
    return PdfResponse(_center(request).issue.sheet(application_id, terminal, number))


@router.get(
    "/applications/{application_id}/standing",
    summary="支払い前の確認",
    responses=failures(
        "Application_Unknown",
        "Application_State_Conflict",
        *_HOLDER,
        *_ISSUING,
        "Household_Member_Restricted",
    ),
)
def standing(request: Request, terminal: Caller, application_id: ApplicationId) -> ApplicationStanding:
    """Tell whether the prepared paper may still be paid; ask just before the money is taken. What has come to stand against it
    (発行制限, 緊急停止) cancels it."""
    center = _center(request)
    try:
        return center.standing.check(terminal, application_id)
    except Failed:
        center.housekeeper.wake()
        raise


@router.post(
    "/applications/{application_id}/reports",
    summary="交付結果の通知",
    responses=failures("Application_Unknown", "Application_State_Conflict", "Idempotency_Conflict"),
)
def take_report(
    request: Request, terminal: Caller, application_id: ApplicationId, body: StatusReport
) -> ReportTaken:
    """Take a report of what became of the application. The same report again gives the same answer."""
    center = _center(request)
    taken = center.reports.take(terminal.facts.terminal_id, application_id, body)
    center.housekeeper.wake()
    return taken


@router.post(
    "/sessions/{session_id}/end",
    summary="セッションの終了",
    status_code=204,
    response_class=Response,
    responses=failures("Session_Not_Valid"),
)
def end_session(request: Request, terminal: Caller, session_id: SessionId, body: SessionEnd) -> Response:
    """End the session and cancel every application of it that is not paid. Ending an ended session changes nothing."""
    center = _center(request)
    center.sessions.end(session_id, terminal.facts.terminal_id, body.reason)
    center.housekeeper.wake()
    return Response(status_code=204)


def create_app(
    context: NodeContext, settings: CenterSettings, *, finish: FinishSheets = finish_sheets
) -> FastAPI:
    """Make the node on its database, which is brought to the newest tables. `app.state.center` is the `Center`.

    `finish` is the paper room's part. Raises Failed(Settings_Wrong).
    """
    app = _bare_app(context)
    if settings.back_page_key is not None and finish is finish_sheets:
        finish = functools.partial(finish_sheets, key=ScrambleKey.of(settings.back_page_key))
    center = app.state.center = Center(context, settings, finish)
    add_ops_door(app, settings.ops_key, center.operations, CenterApplication)
    add_outages_door(app, settings.ops_key, center.outages, center.presence)
    add_officials_door(app, settings.ops_key, center.matters)
    return app


def openapi_document() -> dict[str, Any]:
    """Return the whole interface specification, without a centre behind it."""
    clock = Clock()
    app = _bare_app(NodeContext(clock, Trace(clock)))
    add_ops_door(app, None, None, CenterApplication)
    add_outages_door(app, None, None, None)
    add_officials_door(app, None, None)
    return app.openapi()


def _bare_app(context: NodeContext) -> FastAPI:
    """Make the paths and their specification, with nothing behind them."""
    app = make_app(context, title="証明書交付センター", source="centre", description="")
    # an included router would look for the route twice in every request
    app.router.routes.extend(router.routes)
    describe(app)
    return app
