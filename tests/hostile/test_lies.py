"""A centre that lies, one field at a time: every field of every answer left out, of another kind, too long, of somebody else.
The terminal refuses each by name before it asks for money, and its screen never stands."""

from __future__ import annotations

import asyncio
import base64
import gzip
import json
from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any

import pytest
from PySide6.QtWidgets import QApplication
from starlette.responses import Response, StreamingResponse

from kiosk_app.flow import views as v
from server_stub.interface.binding import sign_manifest, sign_offers
from server_stub.interface.failures import CATALOGUE
from server_stub.interface.offers import Offers
from server_stub.interface.terminal import Manifest, SignedManifest
from server_stub.interface.values import FailureBody, MunicipalityInfo, Place
from tests.flow.helper import ELSEWHERE, KOBE, offer, offers
from tests.hostile.resident import Resident
from tests.terminal.centre import Centre

pytestmark = pytest.mark.attack
JSON = "application/json"
Change = Callable[[dict[str, Any]], None]


@pytest.fixture(scope="module")
def _resident(tmp_path_factory: pytest.TempPathFactory, qapp: QApplication) -> Iterator[Resident]:
    centre = Centre()
    resident = Resident(tmp_path_factory.mktemp("lies"), centre)
    yield resident
    resident.close()
    centre.stop()


@pytest.fixture
def resident(_resident: Resident) -> Iterator[Resident]:
    _resident.begin()
    yield _resident
    _resident.world.centre.edit = None


def place_for(part: str) -> Place:
    return Place.DOMICILE if part == "/municipalities" else Place.ADDRESS


def refused(resident: Resident, part: str, *, copies: int = 1) -> str:
    view = resident.visit(place_for(part), copies)
    assert isinstance(view, v.Refusal), f"it came to {view}"
    return resident.refused_untouched().failure


# --- fields -------------------------------------------------------------------------------------------------------------------

LONG = "見" * 9_000
VALUES: dict[str, Any] = {
    "null": None, "number": 7, "text": "x", "list": [], "object": {}, "huge number": 10**400, "long text": LONG,
    "control characters": "\u0000\u202e\u0007", "deep": json.loads("[" * 150 + "]" * 150),
}  # fmt: skip
FIELDS: dict[str, tuple[str, ...]] = {
    "/municipalities": ("municipalities", "municipalities.0.code", "municipalities.0.name", "municipalities.0.kana", "municipalities.0.participating", "municipalities.0.accent", "municipalities.1.telephone"),
    "/sessions": ("session_id", "terminal_id", "expires_at"),
    "/nonce": ("nonce", "context", "expires_at"),
    "/authentication": ("text", "signature", "key_id"),
    "/applications": ("text", "signature", "key_id"),
}  # fmt: skip
TRUE = {
    # what is no lie: texts that may be any, lists that may be empty
    "text": {"municipalities.0.name", "municipalities.0.kana", "terminal_id", "key_id"},
    "number": {"expires_at"},  # read as a moment; nothing depends on it at the terminal
    "list": {"municipalities"},
}  # fmt: skip
TRUE["control characters"] = TRUE["text"]
TRUE["missing"] = {"context", "municipalities.0.accent", "municipalities.1.telephone"}
TRUE["text"] |= {"nonce"}
LIES = [
    pytest.param(part, field, what, id=f"{part[1:]} {field}: {what}")
    for part, fields in FIELDS.items()
    for field in fields
    for what in ("missing", *VALUES)
    if field not in TRUE.get(what, ())
]


def put(told: dict[str, Any], field: str, what: str) -> None:
    *way, last = field.split(".")
    at: Any = told
    for step in way:
        at = at[int(step)] if step.isdigit() else at[step]
    if what == "missing":
        del at[last]
    else:
        at[last] = VALUES[what]


@pytest.mark.parametrize(("part", "field", "what"), LIES)
def test_a_field_that_is_not_as_agreed_on(resident: Resident, part: str, field: str, what: str) -> None:
    resident.world.centre.edit = part, lambda told: put(told, field, what)
    assert refused(resident, part) in ("Answer_Malformed", "Manifest_Invalid", "Offers_Invalid")


@pytest.mark.parametrize("part", FIELDS)
def test_a_field_that_nobody_knows(resident: Resident, part: str) -> None:
    resident.world.centre.edit = part, lambda told: told.update(more=1)
    assert refused(resident, part) == "Answer_Malformed"


# --- lists without end --------------------------------------------------------------------------------------------------------


def many(field: str, count: int) -> Change:
    def change(told: dict[str, Any]) -> None:
        *way, last = field.split(".")
        at: Any = told
        for step in way:
            at = at[int(step)] if step.isdigit() else at[step]
        at[last] = (at[last] * (count // len(at[last]) + 1))[:count]

    return change


LISTS = [
    ("/municipalities", "municipalities", 3_001), ("/municipalities", "municipalities", 9_000),
]  # fmt: skip


@pytest.mark.parametrize(("part", "field", "count"), LISTS, ids=[f"{f}: {c}" for _, f, c in LISTS])
def test_a_list_without_end(resident: Resident, part: str, field: str, count: int) -> None:
    resident.world.centre.edit = part, many(field, count)
    assert refused(resident, part) == "Answer_Malformed"


# --- other answers ------------------------------------------------------------------------------------------------------------


def stream(piece: bytes, times: int, kind: str = JSON) -> Response:
    async def pieces() -> AsyncIterator[bytes]:
        for _ in range(times):
            yield piece
            await asyncio.sleep(0)

    return StreamingResponse(pieces(), media_type=kind)


ANSWERS: dict[str, Callable[[], Response]] = {
    "nothing": lambda: Response(b"", media_type=JSON),
    "a page": lambda: Response("<html>混み合っています</html>", media_type="text/html"),
    "a page as json": lambda: Response("<html></html>", media_type=JSON),
    "a list": lambda: Response("[]", media_type=JSON),
    "100,000 brackets": lambda: Response("[" * 100_000, media_type=JSON),
    "the same key a thousand times": lambda: Response("{" + '"a":1,' * 1000 + '"a":1}', media_type=JSON),
    "no Unicode": lambda: Response(b'{"a":"\xff"}', media_type=JSON),
    "UTF-16": lambda: Response('{"a":1}'.encode("utf-16"), media_type=JSON),
    "1.9 MB of blanks": lambda: stream(b" " * 100_000, 19),
    "1.9 MB of numbers": lambda: stream(b"[" + b"1," * 50_000, 19),
    "50 MB": lambda: stream(bytes(100_000), 500),
    "gzip": lambda: Response(gzip.compress(b"{}"), 200, {"content-encoding": "gzip"}, JSON),
    "gzip bomb": lambda: Response(gzip.compress(bytes(20_000_000)), 200, {"content-encoding": "gzip"}, JSON),
    "br": lambda: Response(b"\x0b\x01\x80{}\x03", 200, {"content-encoding": "br"}, JSON),
    "away": lambda: Response(b"", 302, {"location": "http://127.0.0.1:1/"}),
    "away for good": lambda: Response(b"", 308, {"location": "/v1/sessions"}),
    "204": lambda: Response(b"", 204),
    "404": lambda: Response(b"", 404),
    "418": lambda: Response(b"{}", 418, media_type=JSON),
    "500 with its calls": lambda: Response("Traceback", 500, media_type="text/plain"),
    "a name of nobody": lambda: Response('{"failure": "No_Such_Name"}', 403, media_type=JSON),
    "a name of the terminal's own": lambda: Response('{"failure": "Printer_Jam"}', 403, media_type=JSON),
    "9,000 letters of a name": lambda: Response(json.dumps({"failure": LONG}), 403, media_type=JSON),
    "9,000 letters of a fact": lambda: Response(json.dumps({"failure": "Service_Closed_Now", "facts": {"opens": LONG}}), 403, media_type=JSON),
    "10,000 facts": lambda: Response(json.dumps({"failure": "Service_Closed_Now", "facts": {str(n): n for n in range(10_000)}}), 403, media_type=JSON),
}  # fmt: skip
ODD_FACTS = {
    "of other kinds": {"opens": {"": 1}, "closes": [1], "n": 1e300, "self": "%s{0}"},
    "braces": {"opens": "{opens}", "closes": "{0.__class__}"},
    "8,000 letters": {"opens": "開" * 3_000, "closes": "閉" * 3_000},
    "a number of 300 digits": {"attempts_remaining": 10**300, "limit": -1},
    "no days": {"next_open": "2026-02-31", "opens": "\u202e"},
}


@pytest.mark.parametrize("part", [*FIELDS, "/sheets"])
@pytest.mark.parametrize("what", ANSWERS)
def test_an_answer_of_another_kind(resident: Resident, part: str, what: str) -> None:
    resident.world.centre.answer[part] = ANSWERS[what]()
    assert refused(resident, part) == "Answer_Malformed"


@pytest.mark.parametrize("what", ODD_FACTS)
def test_odd_facts_of_a_refusal(resident: Resident, what: str) -> None:
    body = json.dumps({"failure": "Service_Closed_Now", "facts": ODD_FACTS[what]})
    resident.world.centre.answer["/authentication"] = Response(body, 403, media_type=JSON)
    assert refused(resident, "/authentication") == "Service_Closed_Now"


ONCE = [name for name, entry in CATALOGUE.items() if entry.status]


@pytest.mark.parametrize("name", ONCE)
def test_every_refusal_of_the_catalogue_at_the_last_moment(resident: Resident, name: str) -> None:
    resident.world.centre.refuse["/applications"] = name
    view = resident.visit()
    assert isinstance(view, v.Refusal)
    assert resident.refused_untouched().failure == name


# --- manifests with a good signature ------------------------------------------------------------------------------------------

OTHER = "01JWXXXXXXXXXXXXXXXXXXXXXX"
MANIFESTS: dict[str, Change] = {
    "another holder": lambda m: m["holder"].update(reference="cd" * 32),
    "a holder by no method": lambda m: m["holder"].update(method="face"),
    "another session": lambda m: m.update(session_id=OTHER),
    "another terminal": lambda m: m.update(terminal_id="T-0002"),
    "another kind of the same offers": lambda m: m.update(kind="alone"),
    "a kind of nobody": lambda m: m.update(kind="no_such_kind"),
    "another answer": lambda m: m["sheets"][0]["answers"].update(relation="shown"),
    "an answer is missing": lambda m: m["sheets"][0]["answers"].pop("relation"),
    "an answer to another kind's question": lambda m: m["sheets"][0]["answers"].update(year="y2025"),
    "no answer": lambda m: [s.update(answers={}) for s in m["sheets"]],
    "a 個人番号 that nobody asked for": lambda m: m["sheets"][0].update(
        secret_boxes=[{"x": 10, "y": 10, "width": 40, "height": 6}]
    ),
    "another municipality": lambda m: m.update(municipality="09202"),
    "another fee": lambda m: m.update(fee_total=10),
    "no fee": lambda m: m.update(fee_total=0),
    "more copies": lambda m: m.update(copies=3),
    "a copy too few": lambda m: m["sheets"].pop(),
    "a sheet twice": lambda m: m["sheets"].append(m["sheets"][0]),
    "sheets in another order": lambda m: m["sheets"].reverse(),
    "no sheet": lambda m: m.update(sheets=[]),
    "501 sheets": lambda m: m.update(sheets=m["sheets"] * 251),
    "another person": lambda m: m["sheets"][0].update(subjects=["d" * 16]),
    "a person more": lambda m: m["sheets"][0]["subjects"].append("d" * 16),
    "a person too few": lambda m: m["sheets"][0]["subjects"].pop(),
    "nobody": lambda m: [s.update(subjects=[]) for s in m["sheets"]],
    "201 persons": lambda m: m["sheets"][0].update(subjects=m["sheets"][0]["subjects"] * 101),
    "one number for two copies": lambda m: [s.update(issue_number="N1") for s in m["sheets"]],
    "another k": lambda m: m["sheets"][0].update(k=2),
    "another n": lambda m: m["sheets"][0].update(n=2),
    "another digest": lambda m: m["sheets"][0].update(sha256="0" * 64),
    "the digest of another sheet": lambda m: m["sheets"][0].update(sha256=m["sheets"][1]["sha256"]),
    "a box without end": lambda m: m["sheets"][0].update(secret_boxes=[{"x": 0, "y": 0, "width": 1e300, "height": 1}]),
    "a box of nothing": lambda m: m["sheets"][0].update(secret_boxes=[{"x": None, "y": 0, "width": 1, "height": 1}]),
    "101 boxes": lambda m: m["sheets"][0].update(
        secret_boxes=[{"x": 1, "y": 1, "width": 1, "height": 1}] * 101
    ),
    "generation of 30 digits": lambda m: m.update(generation=10**30),
    "a field more": lambda m: m.update(more=1),
    "9,000 letters": lambda m: m["sheets"][0].update(issue_number=LONG),
    "everything": lambda m: m.clear(),
}  # fmt: skip


def sign(resident: Resident, told: dict[str, Any], change: Change) -> None:
    """As if the centre had made it so."""
    manifest = json.loads(told["text"])
    change(manifest)
    told["text"] = json.dumps(manifest)
    signature = resident.world.centre.signing_key.sign(told["text"].encode())
    told["signature"] = base64.b64encode(signature).decode()


@pytest.mark.parametrize("what", MANIFESTS)
def test_a_manifest_that_lies_under_a_good_signature(resident: Resident, what: str) -> None:
    resident.world.centre.edit = "/applications", lambda told: sign(resident, told, MANIFESTS[what])
    assert refused(resident, "/applications", copies=2) in (
        "Binding_Mismatch",
        "Manifest_Invalid",
        "Paper_Corrupt",
    )
    resident.world.settled()
    kinds = [kind for _, kind in resident.world.centre.reports]
    assert kinds.count("paid") == 0


def test_a_manifest_of_the_visit_before_is_not_of_this_one(resident: Resident) -> None:
    """Replayed whole, with its own good signature."""
    kept: list[dict[str, Any]] = []
    resident.world.centre.edit = "/applications", lambda told: kept.append(dict(told))
    assert isinstance(resident.visit(), v.Pay)
    sheets = dict(resident.world.centre._sheets)
    resident.begin()
    resident.world.centre._sheets.update(sheets)
    resident.world.centre.edit = "/applications", lambda told: told.update(kept[0])
    assert refused(resident, "/applications") == "Binding_Mismatch"


def test_another_key_signs_nothing(resident: Resident) -> None:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    def forge(told: dict[str, Any]) -> None:
        signed = sign_manifest(Manifest.model_validate_json(told["text"]), Ed25519PrivateKey.generate())
        assert isinstance(signed, SignedManifest)
        told.update(signed.model_dump())

    resident.world.centre.edit = "/applications", forge
    assert refused(resident, "/applications") == "Manifest_Invalid"


# --- offers under a good signature ----------------------------------------------------------------------------------------------

OFFERED = (
    "session_id", "terminal_id", "holder", "holder.method", "holder.reference", "municipality", "municipality.code", "municipality.name",
    "offers", "offers.0.kind", "offers.0.words", "offers.0.words.ja", "offers.0.fee", "offers.0.max_copies", "offers.0.hours",
    "offers.0.symbol", "offers.0.scopes", "offers.0.whole", "offers.0.subjects", "offers.0.subjects.0.ref",
    "offers.0.subjects.0.name", "offers.0.subjects.0.holder", "offers.0.subjects.0.note", "offers.0.questions",
    "offers.0.questions.0.code", "offers.0.questions.0.words", "offers.0.questions.0.choices", "offers.0.questions.0.default",
    "offers.0.questions.0.concerns", "offers.0.questions.0.choices.0.code", "offers.0.questions.0.choices.0.secret",
)  # fmt: skip
TRUE_OFFERS = {
    # what is no lie: names that may be any, what may be left out, numbers that are a fee and a number of copies
    "text": {
        "municipality.name", "offers.0.kind", "offers.0.words.ja", "offers.0.subjects.0.name", "offers.0.questions.0.code",
        "offers.0.questions.0.choices.0.code",
    },
    "control characters": {"municipality.name", "offers.0.words.ja", "offers.0.subjects.0.name"},
    "number": {"offers.0.fee", "offers.0.max_copies"},
    "list": {"offers", "offers.0.questions", "offers.0.questions.0.concerns"},
    "null": {"offers.0.subjects.0.note"},
    "missing": {
        "offers.0.symbol", "offers.0.subjects.0.note", "offers.0.questions", "offers.0.questions.0.concerns",
        "offers.0.questions.0.choices.0.secret",
    },
}  # fmt: skip
LIES_OFFERED = [
    pytest.param(field, what, id=f"{field}: {what}")
    for field in OFFERED
    for what in ("missing", *VALUES)
    if field not in TRUE_OFFERS.get(what, ())
]
CONTEXT = b"JPKI-SIM/konbini/offers/v1\n"


def offer_signed(resident: Resident, change: Change, context: bytes = CONTEXT) -> None:
    """As if the centre had offered it so, whatever a message may be."""
    centre = resident.world.centre

    def edit(told: dict[str, Any]) -> None:
        text = json.loads(told["text"])
        change(text)
        told["text"] = json.dumps(text)
        told["signature"] = base64.b64encode(
            centre.signing_key.sign(context + told["text"].encode())
        ).decode()

    centre.edit = "/authentication", edit


def offer_unsigned(resident: Resident, change: Change) -> None:
    """Somebody on the way, who has no key."""

    def edit(told: dict[str, Any]) -> None:
        text = json.loads(told["text"])
        change(text)
        told["text"] = json.dumps(text)

    resident.world.centre.edit = "/authentication", edit


@pytest.mark.parametrize(("field", "what"), LIES_OFFERED)
def test_an_offer_that_is_not_as_agreed_on_under_a_good_signature(
    resident: Resident, field: str, what: str
) -> None:
    offer_signed(resident, lambda told: put(told, field, what))
    assert refused(resident, "/authentication") in ("Offers_Invalid", "Answer_Malformed")


@pytest.mark.parametrize(
    ("field", "count"),
    [
        ("offers", 51),
        ("offers", 500),
        ("offers.0.subjects", 201),
        ("offers.0.questions", 21),
        ("offers.0.scopes", 4),
    ],
)
def test_a_list_without_end_under_a_good_signature(resident: Resident, field: str, count: int) -> None:
    offer_signed(resident, many(field, count))
    assert refused(resident, "/authentication") == "Offers_Invalid"


CANNOT_BE: dict[str, Change] = {
    "a field more": lambda o: o.update(more=1),
    "one kind twice": lambda o: o["offers"].append(o["offers"][0]),
    "one person twice": lambda o: o["offers"][0]["subjects"].append(o["offers"][0]["subjects"][0]),
    "one question twice": lambda o: o["offers"][0]["questions"].append(o["offers"][0]["questions"][0]),
    "a question of a stranger": lambda o: o["offers"][0]["questions"][0].update(concerns=["d" * 16]),
    "a default that is no choice": lambda o: o["offers"][0]["questions"][0].update(default="other"),
    "one choice": lambda o: o["offers"][0]["questions"][0].update(
        choices=o["offers"][0]["questions"][0]["choices"][:1]
    ),
    "no scope": lambda o: o["offers"][0].update(scopes=[]),
    "nobody": lambda o: o["offers"][0].update(subjects=[], questions=[]),
    "only who is refused": lambda o: [
        one.update(refusal={"failure": "Holder_Restricted"}) for one in o["offers"][0]["subjects"]
    ],
    "the whole without its words": lambda o: o["offers"][0].update(whole=None),
    "another session": lambda o: o.update(session_id=OTHER),
    "another terminal": lambda o: o.update(terminal_id="T-0002"),
    "another holder": lambda o: o["holder"].update(reference="cd" * 32),
}


@pytest.mark.parametrize("what", CANNOT_BE)
def test_an_offer_that_cannot_be_under_a_good_signature(resident: Resident, what: str) -> None:
    """Nobody comes to pay for what is offered to another, or to nobody at all."""
    offer_signed(resident, CANNOT_BE[what])
    assert refused(resident, "/authentication") == "Offers_Invalid"


def test_a_signature_of_another_message_is_none(resident: Resident) -> None:
    """What is signed as a manifest is no offer."""
    offer_signed(resident, lambda told: None, context=b"")
    assert refused(resident, "/authentication") == "Offers_Invalid"


# --- offers exchanged on the way, without a key ---------------------------------------------------------------------------------


def exchange(first: dict[str, Any], second: dict[str, Any], key: str) -> None:
    first[key], second[key] = second[key], first[key]


EXCHANGED: dict[str, Change] = {
    "names": lambda o: exchange(*o["offers"][0]["subjects"], "name"),
    "who they stand for": lambda o: exchange(*o["offers"][0]["subjects"], "ref"),
    "who is the holder": lambda o: exchange(*o["offers"][0]["subjects"], "holder"),
    "fees of two kinds": lambda o: exchange(*o["offers"], "fee"),
    "words of two kinds": lambda o: exchange(*o["offers"], "words"),
    "kinds": lambda o: exchange(*o["offers"], "kind"),
    "no fee": lambda o: o["offers"][0].update(fee=0),
    "more copies": lambda o: o["offers"][0].update(max_copies=99),
    "another municipality": lambda o: o["municipality"].update(code="09202"),
    "choices": lambda o: exchange(*o["offers"][0]["questions"][0]["choices"], "words"),
    "another default": lambda o: o["offers"][0]["questions"][0].update(default="shown"),
    "a number that is not secret": lambda o: o["offers"][0]["questions"][0]["choices"][0].update(secret=True),
    "an offer too few": lambda o: o["offers"].pop(),
    "a person too few": lambda o: o["offers"][0]["subjects"].pop(),
    "a person more": lambda o: o["offers"][0]["subjects"].append(
        {"ref": "d" * 16, "name": "別人　太郎", "holder": False}
    ),
    "hours": lambda o: o["offers"][0].update(hours={"ja": "0:00〜24:00"}),
    "nothing, written otherwise": lambda o: None,
}


@pytest.mark.parametrize("what", EXCHANGED)
def test_offers_exchanged_on_the_way_are_none(resident: Resident, what: str) -> None:
    dear = offers(offer(), offer("alone", fee=300, subjects=offer().subjects))
    resident.world.centre.offers = dear
    offer_unsigned(resident, EXCHANGED[what])
    assert refused(resident, "/authentication") == "Offers_Invalid"


def test_the_offers_of_a_visit_before_are_not_those_of_this_one(resident: Resident) -> None:
    """Replayed whole, with their own good signature: the same holder, but another session."""
    kept: list[dict[str, Any]] = []
    resident.world.centre.edit = "/authentication", lambda told: kept.append(dict(told))
    assert isinstance(resident.visit(), v.Pay)
    resident.begin()
    resident.world.centre.edit = "/authentication", lambda told: told.update(kept[0])
    assert refused(resident, "/authentication") == "Offers_Invalid"


def test_another_key_signs_no_offers(resident: Resident) -> None:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    def forge(told: dict[str, Any]) -> None:
        told.update(
            sign_offers(Offers.model_validate_json(told["text"]), Ed25519PrivateKey.generate()).model_dump()
        )

    resident.world.centre.edit = "/authentication", forge
    assert refused(resident, "/authentication") == "Offers_Invalid"


# --- whose certificates: exchanged where nobody signs ----------------------------------------------------------------------------

NEIGHBOUR = ELSEWHERE.model_copy(update={"participating": True})


@pytest.mark.parametrize("place", Place)
def test_what_was_understood_as_it_was_touched_comes_to_payment(resident: Resident, place: Place) -> None:
    """So that what is refused below is refused for the exchange."""
    resident.world.centre.listed = KOBE, NEIGHBOUR
    assert isinstance(resident.visit(place), v.Pay)


@pytest.mark.parametrize(
    ("place", "other"), [(Place.DOMICILE, KOBE), (Place.ADDRESS, NEIGHBOUR), (Place.ADDRESS, KOBE)], ids=str
)
def test_a_request_for_another_municipality_than_was_touched(
    resident: Resident, place: Place, other: MunicipalityInfo
) -> None:
    """Of the 本籍地, or for the 本籍地 where the 住所地 was touched."""
    centre = resident.world.centre
    centre.listed = KOBE, NEIGHBOUR
    changed = {"place": Place.DOMICILE, "municipality": other.code}
    centre.misread = lambda request: request.model_copy(update=changed)
    assert isinstance(resident.visit(place), v.Refusal)
    assert resident.refused_untouched().failure == "Offers_Invalid"


@pytest.mark.parametrize(
    "names", [("name", "name_en"), ("name",), ("name_en",), ("prefecture",), ("code",)], ids=",".join
)
def test_names_of_two_municipalities_exchanged_in_the_list(
    resident: Resident, names: tuple[str, ...]
) -> None:
    """The resident goes by the name; the touch sends the code."""
    centre = resident.world.centre
    centre.listed = KOBE, NEIGHBOUR.model_copy(update={"prefecture": "栃木県"})

    def exchange_names(told: dict[str, Any]) -> None:
        for name in names:
            exchange(*told["municipalities"], name)

    centre.edit = "/municipalities", exchange_names
    assert refused(resident, "/municipalities") == "Offers_Invalid"


# --- offers that lead nowhere ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "listed", [(), (offer(refusal=FailureBody(failure="Holder_Restricted")),)], ids=["none", "refused"]
)
def test_offers_that_lead_nowhere_ask_for_no_money(resident: Resident, listed: tuple[Any, ...]) -> None:
    resident.world.centre.offers = offers().model_copy(update={"offers": listed})
    view = resident.visit()
    assert isinstance(view, v.ChooseCertificate | v.Refusal)
    assert resident.world.devices.coin.state().inserted == 0
