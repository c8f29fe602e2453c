"""One issuing server for several municipalities (共同利用) whose numbers are the same: nobody is ever taken for the other's."""

from __future__ import annotations

import base64
import csv
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from scenarios.towns import shipped_town
from server_stub.db import sqlite_url
from server_stub.interface import notices
from server_stub.interface.binding import holder_ref, new_ulid
from server_stub.interface.clock import STAGE_START, Clock
from server_stub.interface.failures import Failed
from server_stub.interface.issuing import IssuedPaper, IssueRequest, OffersRequest
from server_stub.interface.offers import ApplicationRequest, Offer, Scope
from server_stub.interface.official_acts import (
    ActOnRestriction,
    ChangeQuery,
    ChangeRequest,
    Changes,
    RestrictionQuery,
    RestrictionRequest,
    Target,
)
from server_stub.interface.secret import Secret
from server_stub.interface.trace import Trace
from server_stub.interface.values import Identity, Method, Place
from server_stub.issuing.ledger import migrate_ledger
from server_stub.issuing.service import IssuingService
from server_stub.issuing.tenants import HostedMunicipality, IssuingSettings
from server_stub.node import NodeContext
from server_stub.registry.importers import load_delivery
from tests.issuing.helper import STORE
from tests.paper.reading import texts

_ISSUER = bytes.fromhex("300f310d300b0603550403130454455354")
EAST, WEST = "99998", "99999"
SAME = "1001"
"""The 宛名番号 that the first person of both has, in a household of the same number."""
NAMES = {EAST: "東野", WEST: "試験"}
SERIALS = {EAST: 0xE1, WEST: 0xE2}


def town(folder: Path, code: str) -> Path:
    """A copy of 見本市 as `code`: the same numbers, other people."""
    root = folder / code
    shutil.copytree(shipped_town("mihon"), root)
    for path in (root / "municipality.toml", root / "deliveries" / "full.toml", *root.glob("delivery/*.csv")):
        text = path.read_text(encoding="utf-8").replace(WEST, code).replace(NAMES[WEST], NAMES[code])
        path.write_text(text, encoding="utf-8")
    return root


def write_notices(path: Path) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        out = csv.writer(file)
        out.writerow(notices.HEADER)
        for code, serial in SERIALS.items():
            issuer = base64.b64encode(_ISSUER).decode()
            kind = notices.NoticeKind.AUTHENTICATION.value
            days = ("2025-04-01T09:00:00+09:00", "2030-04-01T23:59:59+09:00")
            out.writerow([f"T{code}", f"{serial:X}", issuer, SAME, code, kind, *days])


@dataclass
class Shared:
    service: IssuingService
    clock: Clock

    @staticmethod
    def identity(of: str) -> Identity:
        return Identity(method=Method.JPKI, reference=holder_ref(_ISSUER, SERIALS[of]))

    def offer(self, holder: str, municipality: str) -> Offer:
        asked = OffersRequest(
            holder=self.identity(holder), place=Place.ADDRESS, municipality=municipality, terminal=STORE
        )
        return self.service.offers(asked).offers[0]

    def apply(self, holder: str, municipality: str, subjects: tuple[str, ...]) -> IssuedPaper:
        application = ApplicationRequest(
            kind="residence",
            municipality=municipality,
            scope=Scope.CHOSEN,
            subjects=subjects,
            answers={"relationship": "no", "domicile": "no", "my_number": "no"},
            copies=1,
            fee_total=300,
        )
        request = IssueRequest(
            application_id=new_ulid(self.clock),
            holder=self.identity(holder),
            place=Place.ADDRESS,
            application=application,
            terminal=STORE,
            received_at=self.clock.now(),
        )
        return self.service.issue(request)


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shared]:
    folder = tmp_path_factory.mktemp("shared")
    clock = Clock(STAGE_START)
    clock.freeze()
    write_notices(folder / notices.FILE_NAME)
    hosted = []
    for code in (EAST, WEST):
        root, url = town(folder, code), sqlite_url(folder / f"{code}.db")
        load_delivery(
            url,
            root / "delivery",
            folder / notices.FILE_NAME,
            clock,
            Trace(clock),
            formats=root / "deliveries",
        )
        hosted.append(HostedMunicipality(root, url, Secret(f"the pseudonym secret of {code}")))
    ledger = sqlite_url(folder / "ledger.db")
    migrate_ledger(ledger)
    settings = IssuingSettings(ledger, Secret("the centre's key in these tests"), tuple(hosted))
    service = IssuingService(NodeContext(clock, Trace(clock), control=True), settings)
    yield Shared(service, clock)
    service.close()


@pytest.mark.parametrize(("holder", "other"), [(EAST, WEST), (WEST, EAST)])
def test_nobody_is_known_to_the_other_municipality(shared: Shared, holder: str, other: str) -> None:
    with pytest.raises(Failed) as caught:
        shared.offer(holder, other)
    assert caught.value.failure == "Holder_Not_Linked"


@pytest.mark.parametrize("code", [EAST, WEST])
def test_a_household_of_the_same_number_is_ones_own(shared: Shared, code: str) -> None:
    offer = shared.offer(code, code)
    assert len(offer.subjects) == 3
    assert all(subject.name.startswith(NAMES[code]) for subject in offer.subjects)


def test_persons_of_the_same_number_have_pseudonyms_of_their_own(shared: Shared) -> None:
    refs = [{one.ref for one in shared.offer(code, code).subjects} for code in (EAST, WEST)]
    assert not refs[0] & refs[1]


def test_the_other_municipality_s_people_cannot_be_asked_for(shared: Shared) -> None:
    theirs = tuple(one.ref for one in shared.offer(WEST, WEST).subjects)
    with pytest.raises(Failed) as caught:
        shared.apply(EAST, EAST, theirs)
    assert caught.value.failure == "Member_Not_In_Household"


@pytest.mark.parametrize("code", [EAST, WEST])
def test_a_paper_names_nobody_of_the_other(shared: Shared, code: str) -> None:
    (holder,) = [one.ref for one in shared.offer(code, code).subjects if one.holder]
    paper = shared.apply(code, code, (holder,))
    text = "".join(texts(base64.b64decode(paper.pdf)))
    other = NAMES[WEST if code == EAST else EAST]
    assert NAMES[code] in text
    # of which the one is also in an address of both, and in the notice of every front
    assert other not in text.replace("大字試験", "").replace("試験用", "")


def test_an_official_of_one_town_stops_and_changes_nothing_of_another(shared: Shared) -> None:
    """The same 宛名番号 in both: a restriction, a fee and what is listed are each town's own."""
    today = shared.clock.now().date()
    entry = shared.service.restrictions.set(
        RestrictionRequest(
            municipality=EAST, target=Target.PERSON, key=SAME, reason="本人からの申出", since=today, operator="見本　花子"
        )
    )  # fmt: skip
    shared.service.changes.add(
        ChangeRequest(
            municipality=EAST, what=Changes.FEE, kind="residence", begins=today, fee=900, operator="見本　花子",
            reason="条例の改正",
        )
    )  # fmt: skip
    with pytest.raises(Failed, match="Holder_Restricted"):
        shared.offer(EAST, EAST)
    assert shared.offer(WEST, WEST).fee != 900
    assert shared.service.restrictions.list(RestrictionQuery(municipality=WEST)).restrictions == ()
    assert shared.service.changes.list(ChangeQuery(municipality=WEST)).changes == ()
    act = ActOnRestriction(municipality=WEST, operator="見本　太郎", reason="取下げ")
    for attempt in (
        lambda: shared.service.restrictions.end(entry.restriction_id, act),
        lambda: shared.service.restrictions.one(WEST, entry.restriction_id),
    ):
        with pytest.raises(Failed, match="Restriction_Unknown"):
            attempt()
    shared.service.restrictions.end(entry.restriction_id, act.model_copy(update={"municipality": EAST}))
    assert shared.offer(EAST, EAST).fee == 900
