"""A town hall for the tests: the real sample people in a real replica, a ledger, a clock, and the service in front."""

from __future__ import annotations

import base64
import csv
import functools
import hashlib
import hmac
import io
import re
import shutil
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import pypdfium2
from fastapi import FastAPI

from server_stub.db import sqlite_url
from server_stub.interface import notices
from server_stub.interface.binding import holder_ref, new_ulid
from server_stub.interface.clock import JST, STAGE_START, Clock
from server_stub.interface.failures import Failed
from server_stub.interface.issuing import IssuedPaper, IssueRequest, OfferList, OffersRequest, TerminalFacts
from server_stub.interface.offers import ApplicationRequest, Offer, Scope
from server_stub.interface.secret import Secret
from server_stub.interface.trace import Trace
from server_stub.interface.values import Identity, Method, Place, TerminalKind
from server_stub.issuing.app import create_app
from server_stub.issuing.ledger import migrate_ledger
from server_stub.issuing.service import IssuingService
from server_stub.issuing.tenants import HostedMunicipality, IssuingSettings
from server_stub.node import NodeContext
from server_stub.registry.importers import load_delivery

ROOT = Path(__file__).parents[2]
KOBE_FOLDER = ROOT / "scenarios" / "towns" / "kobe"
DELIVERY = KOBE_FOLDER / "delivery"
KOBE = "28100"
CENTRE_KEY = Secret("the centre's key in these tests")
OPS_KEY = Secret("the operations key in these tests")
PSEUDONYM_SECRET = Secret("the pseudonym secret of Kobe in these tests")

RESIDENCE = "residence"
SEAL = "seal_registration"
STORE = TerminalFacts(
    terminal_id="K-0001", operator="見本マート", shop="見本三宮店", area=KOBE, kind=TerminalKind.STORE
)
TOWN_HALL = STORE.model_copy(update={"terminal_id": "K-0002", "kind": TerminalKind.MUNICIPAL})

# 宛名番号 of scenarios/towns/kobe/README.md
TAICHI, MINAMI, KAITO = "0000100101", "0000100102", "0000100103"
MIDORI, NAOKI, SAKURA = "0000100201", "0000100301", "0000100302"
KEN, MARIA = "0000100401", "0000100402"
OSAMU, MAMORU = "0000100901", "0000101001"
SHIZUKA, MAKOTO, TOME, SEIJI = "0000101201", "0000101301", "0000101302", "0000101401"
KENGO, YUMI, RYO = "0000101501", "0000101502", "0000101503"
HIKARI, HARUKA = "0000101601", "0000101602"
FUMI, JUZO = "0000101701", "0000101702"
HINA, YUNA = "0000101803", "0000101804"
UNLINKED = KEN

_ISSUER = bytes.fromhex("300f310d300b06035504031304544553" + "54")


def ref_of(person: str) -> str:
    """The holder_ref of the certificate that the notices of these tests give to `person`."""
    return holder_ref(_ISSUER, int(person))


def identity_of(person: str) -> Identity:
    return Identity(method=Method.JPKI, reference=ref_of(person))


def write_notices(path: Path, persons: Iterable[str]) -> None:
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(notices.HEADER)
    for person in persons:
        writer.writerow(
            [
                f"T{person}",
                f"{int(person):X}",
                base64.b64encode(_ISSUER).decode(),
                person,
                KOBE,
                notices.NoticeKind.AUTHENTICATION.value,
                "2025-04-01T09:00:00+09:00",
                "2030-04-01T23:59:59+09:00",
            ]
        )
    path.write_bytes(out.getvalue().encode())


def all_persons(delivery: Path = DELIVERY) -> list[str]:
    with (delivery / "住民記録.csv").open(encoding="utf-8", newline="") as file:
        return [row["宛名番号"] for row in csv.DictReader(file)]


ITEMS = ("relationship", "domicile", "my_number", "nationality", "status_of_residence", "card_number")


@functools.cache
def register(delivery: Path = DELIVERY) -> dict[str, dict[str, str]]:
    """The rows of the delivered file by 宛名番号."""
    with (delivery / "住民記録.csv").open(encoding="utf-8", newline="") as file:
        return {row["宛名番号"]: row for row in csv.DictReader(file)}


def household_of(person: str) -> tuple[str, ...]:
    """Who lives with `person`, by the delivered file itself; who is not in it lives alone."""
    row = register().get(person)
    if row is None:
        return (person,)
    members = [one for one in register().values() if one["世帯番号"] == row["世帯番号"]]
    living = [one for one in members if one["住民状態コード"] in "12"] or [row]
    return tuple(one["宛名番号"] for one in sorted(living, key=lambda one: one["世帯内順位"]))


def has_item(person: str, item: str) -> bool:
    """By the delivered file itself: 本籍 of Japanese residents, the others of foreign ones. Of a stranger nobody knows."""
    columns = {
        "domicile": "本籍",
        "nationality": "国籍・地域",
        "status_of_residence": "国籍・地域",
        "card_number": "在留カード番号",
    }
    row = register().get(person)
    if item not in columns:
        return True
    return item == "domicile" if row is None else row[columns[item]] != ""


def deliver(url: str, folder: Path, *, delivery: Path = DELIVERY, unlinked: Iterable[str] = ()) -> int:
    """Load `delivery` and a notice for everybody but `unlinked` into the replica at `url`."""
    notices_path = folder / "発行通知.csv"
    write_notices(notices_path, [p for p in all_persons(delivery) if p not in set(unlinked)])
    clock = Clock(STAGE_START)
    return load_delivery(
        url, delivery, notices_path, clock, Trace(clock), formats=KOBE_FOLDER / "deliveries"
    ).generation


def edited_municipality(folder: Path, *changes: tuple[str, str]) -> Path:
    """A copy of Kobe's folder where each (regular expression, text) was replaced once in the settings."""
    root = folder / KOBE_FOLDER.name
    shutil.copytree(KOBE_FOLDER, root, dirs_exist_ok=True)
    settings = root / "municipality.toml"
    text = settings.read_text(encoding="utf-8")
    for pattern, replacement in changes:
        text, count = re.subn(pattern, replacement, text, count=1, flags=re.MULTILINE | re.DOTALL)
        assert count == 1, pattern
    settings.write_text(text, encoding="utf-8")
    return root


@dataclass
class TownHall:
    """The issuing server of Kobe on a frozen clock, without HTTP; `app` is the same with it."""

    context: NodeContext
    app: FastAPI
    ledger_url: str
    replica_url: str
    root: Path | None

    @property
    def clock(self) -> Clock:
        return self.context.clock

    @property
    def service(self) -> IssuingService:
        service: IssuingService = self.app.state.issuing
        return service

    def at(self, moment: str) -> None:
        """Set the clock, for example "2026-06-03 22:59:59"."""
        self.clock.set(datetime.fromisoformat(moment).replace(tzinfo=JST))

    def ref(self, person: str) -> str:
        """The pseudonym of a person, made here by another way than the server's."""
        return hmac.new(PSEUDONYM_SECRET.reveal().encode(), person.encode(), hashlib.sha256).hexdigest()

    def offers(
        self, person: str, *, terminal: TerminalFacts = STORE, place: Place = Place.ADDRESS
    ) -> OfferList:
        return self.service.offers(
            OffersRequest(holder=identity_of(person), place=place, municipality=KOBE, terminal=terminal)
        )

    def offer(self, person: str, kind: str = RESIDENCE) -> Offer:
        (offer,) = [offer for offer in self.offers(person).offers if offer.kind == kind]
        return offer

    def request(
        self,
        person: str,
        kind: str = RESIDENCE,
        *,
        copies: int = 1,
        members: Iterable[str] = (),
        scope: Scope | None = None,
        fee_total: int | None = None,
        received_at: datetime | None = None,
        terminal: TerminalFacts = STORE,
        place: Place = Place.ADDRESS,
        answers: dict[str, str] | None = None,
        **yes: bool,
    ) -> IssueRequest:
        """`members` none: everybody of the household (of a seal, the holder). `yes`: the items of a 住民票 to show; the
        others of `ITEMS` are answered no, unless `answers` says all."""
        wanted = tuple(members)
        if kind == SEAL:
            scope, wanted = scope or Scope.HOLDER, wanted or (person,)
        elif not wanted:
            scope, wanted = scope or Scope.WHOLE, household_of(person)
        if answers is None:
            asked = tuple(yes)
            if kind == RESIDENCE:
                asked += tuple(item for item in ITEMS if any(has_item(key, item) for key in wanted))
            answers = {item: "yes" if yes.get(item) else "no" for item in asked}
        return IssueRequest(
            application_id=new_ulid(self.clock),
            holder=identity_of(person),
            place=place,
            application=ApplicationRequest(
                kind=kind,
                municipality=KOBE,
                scope=scope or Scope.CHOSEN,
                subjects=tuple(self.ref(key) for key in wanted),
                answers=answers,
                copies=copies,
                fee_total=250 * copies if fee_total is None else fee_total,
            ),
            terminal=terminal,
            received_at=received_at or self.clock.now(),
        )

    def apply(self, person: str, kind: str = RESIDENCE, **changes: object) -> IssuedPaper:
        return self.service.issue(self.request(person, kind, **changes))  # type: ignore[arg-type]

    def subjects(self, paper: IssuedPaper) -> list[set[str]]:
        """The subjects of each page."""
        return [set(page.subjects) for page in paper.pages]

    def text(self, paper: IssuedPaper) -> list[str]:
        """The text of each page without white space."""
        document = pypdfium2.PdfDocument(base64.b64decode(paper.pdf))
        return ["".join(page.get_textpage().get_text_bounded().split()) for page in document]

    def refs(self, *persons: str) -> set[str]:
        return {self.ref(person) for person in persons}


def open_town_hall(
    folder: Path, replica_url: str, *, root: Path | None = None, ledger: Path | None = None
) -> TownHall:
    """`ledger`: a migrated database to copy; without it one is migrated."""
    path = folder / "ledger.db"
    url = sqlite_url(path)
    if ledger is not None:
        shutil.copy(ledger, path)
    else:
        migrate_ledger(url)
    clock = Clock(STAGE_START)
    clock.freeze()
    context = NodeContext(clock, Trace(clock), control=True)
    settings = IssuingSettings(
        ledger_url=url,
        centre_key=CENTRE_KEY,
        ops_key=OPS_KEY,
        municipalities=(HostedMunicipality(root or KOBE_FOLDER, replica_url, PSEUDONYM_SECRET),),
    )
    return TownHall(context, create_app(context, settings), url, replica_url, root)


OpenTownHall = Callable[..., TownHall]


def refused(attempt: Callable[[], object]) -> Failed:
    """The refusal of `attempt`; an AssertionError if it is not refused."""
    try:
        attempt()
    except Failed as failed:
        return failed
    raise AssertionError("it was not refused")
