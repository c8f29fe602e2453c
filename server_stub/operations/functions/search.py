"""検索: from anywhere, by 申請id, 発行番号, 申請番号 or person. Each kind of id is asked at the doors that know it; nothing is kept here.

What is entered stands in the body of a POST, never in an address. What belongs to another municipality is answered as what does not exist.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from datetime import datetime

from fastapi import APIRouter, Response
from pydantic import BaseModel

from server_stub.interface.application_states import State
from server_stub.interface.failures import Failed
from server_stub.interface.operations import CenterApplication, LedgerApplication
from server_stub.interface.person_search import PersonSearch, PersonsFound
from server_stub.interface.registration import StatusQuery, municipality_of, read_number
from server_stub.interface.registration_operations import RegistrationEntry
from server_stub.operations.forms import Form
from server_stub.operations.rights import RIGHTS
from server_stub.operations.web import Asked, Entered, Visit, sentence

from .registrations import STATES as REGISTRATION_STATES

router = APIRouter()
_APPLICATION_ID = re.compile("[0-9A-HJKMNP-TV-Z]{26}")
_REGISTRATION_NUMBER = re.compile("[0-9]{4}-?[0-9]{4}-?[0-9]{4}-?[0-9]{4}")
_ABSENT = ("Application_Unknown", "Registration_Unknown", "Console_Record_Unknown", "Issue_Number_Unknown")
STATES = {
    State.RECEIVED: "受付",
    State.PREPARED: "作成済み（未払い）",
    State.PAID: "支払済み",
    State.HANDED_OVER: "交付済み",
    State.CANCELLED: "取消し",
    State.IN_DOUBT: "確認が必要",
    State.INCIDENT: "重大事象",
}


@dataclass(frozen=True, slots=True)
class FollowUp:
    """Where a found thing leads, for who may use `route`: a form by POST to `path` with its id in `field`; without a field a link, in whose
    `path` the id stands for `{id}`. A function that is not there is left out."""

    words: str
    route: str
    path: str
    field: str = ""


OF_PERSON = (FollowUp("発行履歴", "issue_history_find", "/issues/find", "person_key"),)
"""Other functions' pages about a person, by 宛名番号, which stands in no address."""
OF_APPLICATION = (
    FollowUp("発行履歴", "issue_history_one", "/issues/of/{id}"),
    FollowUp("重大事象・確認が必要な申請", "incidents_one", "/incidents/{id}"),
)
"""Other functions' pages about an application, by its id."""


class _Copy(BaseModel):
    issue_number: str


class _Issue(BaseModel):
    """Of an entry of the issuing server's history (`/ops/v1/issues`), what is shown here."""

    application_id: str
    kind_name: str
    prepared_at: datetime
    handed_over_at: datetime | None
    terminal_id: str
    copies: list[_Copy]


class _Issues(BaseModel):
    issues: list[_Issue]


def _registration(visit: Visit, entered: str) -> RegistrationEntry | None:
    """The application for 利用登録 of that 申請番号, of this municipality only."""
    number = read_number(entered)
    if number is None or municipality_of(number) != visit.municipality:
        return None
    found = visit.issuing.post("registration-numbers", RegistrationEntry, StatusQuery(number=number))
    return found if visit.is_own(found.municipality) else None


@dataclass(frozen=True, slots=True)
class Application:
    """One application as ledger and centre know it; one of the two may not."""

    application_id: str
    ledger: LedgerApplication | None
    center: CenterApplication | None


@router.get("/search", name="search")
def search(visit: Asked) -> Response:
    return _page(visit, Form())


@router.post("/search", name="search_act")
def search_act(visit: Asked, form: Entered) -> Response:
    """Find an application or a paper by its number, whichever kind of number it is."""
    entered = unicodedata.normalize("NFKC", form.text("number", "番号", most=100)).strip()
    if form.problems:
        return _page(visit, form, status=422)
    application: Application | None = None
    issues: list[_Issue] = []
    registration: RegistrationEntry | None = None
    try:
        if _APPLICATION_ID.fullmatch(entered.upper()):
            visit.note("検索", detail=f"申請id {entered.upper()}")
            application = _application(visit, entered.upper())
        elif _REGISTRATION_NUMBER.fullmatch(entered):
            visit.note("検索", detail="住登外戸籍の申請番号")
            registration = _registration(visit, entered)
        else:
            visit.note("検索", detail=f"発行番号 {entered}")
            asked = visit.issuing.get(
                "issues", _Issues, municipality=visit.municipality, issue_number=entered
            )
            issues = asked.issues
    except Failed as failed:
        if failed.failure not in _ABSENT:
            return _page(visit, form, status=failed.entry.status or 503, problem=sentence(failed))
    return _page(
        visit,
        form,
        is_asked=True,
        application=application,
        issues=issues,
        registration=registration,
    )


@router.post("/search/people", name="search_people_act")
def search_people(visit: Asked, form: Entered) -> Response:
    """Find residents by 宛名番号 or name. Each that is shown is written to the log."""
    entered = unicodedata.normalize("NFC", form.text("person", "宛名番号または氏名", most=100))
    birth = form.day("birth", "生年月日", required=False)
    if form.problems:
        return _page(visit, form, status=422)
    half = unicodedata.normalize("NFKC", entered)
    key = half if re.fullmatch("[0-9A-Za-z-]{1,40}", half, re.ASCII) else None
    try:
        found = visit.issuing.post(
            "person-searches",
            PersonsFound,
            PersonSearch(
                municipality=visit.municipality,
                person_key=key,
                name=None if key else entered,
                birth=None if key else birth,
            ),
        )
    except Failed as failed:
        visit.note("検索", detail="住民")
        return _page(visit, form, status=failed.entry.status or 503, problem=sentence(failed))
    for one in found.people:
        visit.note("検索", subject=one.person_key, detail="住民の検索")
    if not found.people:
        visit.note("検索", detail="住民の検索、該当なし")
    return _page(visit, form, is_asked=True, people=found)


def _application(visit: Visit, application_id: str) -> Application:
    """Ask both servers. Raises Failed(Console_Record_Unknown) where neither knows one of this municipality."""
    path = f"applications/{application_id}"
    ledger: LedgerApplication | None = None
    center: CenterApplication | None = None
    try:
        ledger = visit.issuing.get(path, LedgerApplication)
    except Failed as failed:
        if failed.failure != "Application_Unknown":
            raise
    try:
        center = visit.center.get(path, CenterApplication)
    except Failed as failed:
        if failed.failure != "Application_Unknown":
            raise
    # the ledger of a site has its neighbours' applications too, and the centre everybody's
    owners = {
        one.municipality for one in (None if ledger is None else ledger.paper, center) if one is not None
    }
    if owners != {visit.municipality}:
        raise Failed("Console_Record_Unknown")
    return Application(application_id, ledger, center)


def _page(visit: Visit, form: Form, *, status: int = 200, **found: object) -> Response:
    told: dict[str, object] = {
        "is_asked": False,
        "application": None,
        "issues": [],
        "people": None,
        "registration": None,
        **found,
    }
    return visit.page(
        "search/search.html",
        status=status,
        form=form,
        STATES=STATES,
        REGISTRATION_STATES=REGISTRATION_STATES,
        of_person=_open_to(visit, OF_PERSON),
        of_application=_open_to(visit, OF_APPLICATION),
        **told,
    )


def _open_to(visit: Visit, follow_ups: tuple[FollowUp, ...]) -> list[FollowUp]:
    return [one for one in follow_ups if one.route in RIGHTS and visit.may(one.route)]
