"""What ties paper to person and what every sheet must be, and the one check that the centre makes and the terminal makes again.

The centre puts the marks on; the terminal refuses a sheet without them. No setting changes what stands here.
"""

from __future__ import annotations

import base64
import hashlib
import json
import secrets
import threading

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from .clock import Clock
from .failures import Failed
from .offers import ApplicationRequest, Offer, Offers, SignedOffers
from .terminal import Manifest, OutageNotice, SheetEntry, SignedManifest, SignedNotice
from .values import Identity, MunicipalityInfo, Place

SAMPLE = "見本"
"""Large on every side."""
NOTICE = "試験用・証明書としての効力はありません"
"""In small letters on every side."""
SIDES = 2
"""Pages of a sheet's PDF: front and back."""
A4 = (210 * 72 / 25.4, 297 * 72 / 25.4)
"""Width and height in points."""
A4_TOLERANCE = 3.0
"""Points by which an edge may miss A4."""

PDFIUM = threading.Lock()
"""pdfium serves one thread of a process at a time: whoever calls it holds this, from opening a document to closing it."""


_CROCKFORD = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"


def holder_ref(issuer_der: bytes, serial: int) -> str:
    """SHA-256 over the issuer's DER name and the serial (big endian, shortest form), in hex.

    The terminal computes it from the card; it never takes it from the centre.
    """
    return hashlib.sha256(
        issuer_der + serial.to_bytes((serial.bit_length() + 7) // 8 or 1, "big")
    ).hexdigest()


def ordinance_ref(municipality: str, card: str) -> str:
    """SHA-256 over the issuing municipality's code and the card's number, in hex: who the holder of a 住民基本台帳カード is.

    The terminal computes it from the card, as `holder_ref`.
    """
    return hashlib.sha256(f"JPKI-SIM/konbini/ordinance/v1\n{municipality}\n{card}".encode()).hexdigest()


def new_ulid(clock: Clock) -> str:
    """A ULID: 48 bits of the clock's milliseconds, 80 random bits. Unique without the time: the random part decides."""
    number = (int(clock.now().timestamp() * 1000) << 80) | secrets.randbits(80)
    return "".join(_CROCKFORD[(number >> shift) & 31] for shift in range(125, -1, -5))


def key_id(key: Ed25519PublicKey) -> str:
    return hashlib.sha256(key.public_bytes_raw()).hexdigest()[:16]


_OFFERS = b"JPKI-SIM/konbini/offers/v1\n"
_NOTICE = b"JPKI-SIM/konbini/notice/v1\n"
"""Before the text that is signed, so that no signature of one message serves for another."""


def sign_offers(offers: Offers, key: Ed25519PrivateKey) -> SignedOffers:
    text = offers.model_dump_json()
    return SignedOffers(text=text, signature=_sign(_OFFERS, text, key), key_id=key_id(key.public_key()))


def open_offers(
    signed: SignedOffers,
    pinned: Ed25519PublicKey,
    *,
    holder: Identity,
    session_id: str,
    terminal_id: str,
    place: Place,
    chosen: MunicipalityInfo | None,
) -> Offers:
    """Read the offers, if the pinned key signed exactly this text, for this holder, session, terminal, place and municipality.

    `chosen` is the municipality that the resident touched, with the names that it stood under; None for the 住所地, which the
    centre finds itself. Raises Failed(Offers_Invalid, detail=...).
    """
    try:
        _verify(_OFFERS, signed.text, signed.signature, pinned)
        offers = Offers.model_validate_json(signed.text)
    except (InvalidSignature, ValueError) as error:
        raise Failed("Offers_Invalid", detail="signature or content") from error
    for detail, same in (
        ("holder", offers.holder == holder),
        ("session", offers.session_id == session_id),
        ("terminal", offers.terminal_id == terminal_id),
        ("place", offers.place is place),
        ("municipality", chosen is None or _touched(chosen) == _touched(offers.municipality)),
    ):
        if not same:
            raise Failed("Offers_Invalid", detail=detail)
    return offers


def _touched(municipality: MunicipalityInfo) -> tuple[str, ...]:
    """What a resident goes by in the list, in any language and order, and what the touch sends."""
    told = municipality
    return told.code, told.prefecture, told.name, told.prefecture_en, told.name_en, told.kana


def sign_notice(notice: OutageNotice, key: Ed25519PrivateKey) -> SignedNotice:
    text = notice.model_dump_json()
    return SignedNotice(text=text, signature=_sign(_NOTICE, text, key), key_id=key_id(key.public_key()))


def open_notice(
    signed: SignedNotice, pinned: Ed25519PublicKey, *, session_id: str, terminal_id: str
) -> OutageNotice:
    """Read an announcement, if the pinned key signed exactly this text for this session and terminal. Raises
    Failed(Offers_Invalid, detail=...)."""
    try:
        _verify(_NOTICE, signed.text, signed.signature, pinned)
        notice = OutageNotice.model_validate_json(signed.text)
    except (InvalidSignature, ValueError) as error:
        raise Failed("Offers_Invalid", detail="signature or content") from error
    if (notice.session_id, notice.terminal_id) != (session_id, terminal_id):
        raise Failed("Offers_Invalid", detail="session or terminal")
    return notice


def sign_manifest(manifest: Manifest, key: Ed25519PrivateKey) -> SignedManifest:
    text = manifest.model_dump_json()
    return SignedManifest(text=text, signature=_sign(b"", text, key), key_id=key_id(key.public_key()))


def open_manifest(signed: SignedManifest, pinned: Ed25519PublicKey) -> Manifest:
    """Read the manifest, if the pinned key signed exactly this text. Raises Failed(Manifest_Invalid)."""
    try:
        _verify(b"", signed.text, signed.signature, pinned)
        return Manifest.model_validate_json(signed.text)
    except (InvalidSignature, ValueError) as error:
        raise Failed("Manifest_Invalid") from error


def _sign(context: bytes, text: str, key: Ed25519PrivateKey) -> str:
    return base64.b64encode(key.sign(context + text.encode())).decode()


def _verify(context: bytes, text: str, signature: str, key: Ed25519PublicKey) -> None:
    key.verify(base64.b64decode(signature, validate=True), context + text.encode())


def sheet_keywords(manifest: Manifest, sheet: SheetEntry) -> str:
    """Write what stands in /Keywords of a sheet's PDF: all that the sheet is, as canonical JSON. Its digest is not in it."""
    facts = {
        "application": manifest.application_id,
        "kind": manifest.kind,
        "municipality": manifest.municipality,
        "fee": manifest.fee_total,
        "copy": [sheet.copy_number, manifest.copies],
        "sheet": [sheet.k, sheet.n],
        "subjects": list(sheet.subjects),
        "answers": sheet.answers,
        "boxes": [[box.x, box.y, box.width, box.height] for box in sheet.secret_boxes],
        **({"named": list(sheet.named)} if sheet.named else {}),
    }
    return json.dumps(facts, separators=(",", ":"), sort_keys=True)


def check_binding(
    manifest: Manifest,
    *,
    holder: Identity,
    session_id: str,
    terminal_id: str,
    asked: ApplicationRequest,
    offer: Offer,
) -> None:
    """Compare what was made with what was asked: is every sheet for this holder, session, terminal and request?

    `holder` is the identity known to the checking side itself, `offer` what this holder was offered in this session.
    Raises Failed(Binding_Mismatch, detail=...) naming the first difference; no personal data in it.
    """

    def require(condition: bool, detail: str) -> None:
        if not condition:
            raise Failed("Binding_Mismatch", detail=detail, application_id=manifest.application_id)

    require(manifest.holder == holder, "holder")
    require(manifest.session_id == session_id, "session")
    require(manifest.terminal_id == terminal_id, "terminal")
    require(manifest.kind == asked.kind == offer.kind, "kind")
    require(manifest.municipality == asked.municipality, "municipality")
    require(manifest.copies == asked.copies, "copies")
    fee = offer.copy_fee(len(asked.subjects)) * asked.copies
    require(manifest.fee_total == asked.fee_total == fee, "fee")
    # an offer of nobody, or of who is refused, is none, whatever the paper says of itself
    require(offer.refusal is None and offer.admits(asked.scope, asked.subjects), "persons offered")
    require(offer.answered(asked.subjects, asked.answers), "answers offered")
    wanted = frozenset(asked.subjects)
    by_copy: dict[int, list[SheetEntry]] = {}
    for number, sheet in enumerate(manifest.sheets, start=1):
        require(sheet.number == number, "order of sheets")
        by_copy.setdefault(sheet.copy_number, []).append(sheet)
    require(sorted(by_copy) == list(range(1, asked.copies + 1)), "number of copies")
    for sheets in by_copy.values():
        require([s.k for s in sheets] == list(range(1, len(sheets) + 1)), "sheet numbers")
        require(all(s.n == len(sheets) for s in sheets), "number of sheets")
        # of a sheet that is nobody's nothing could be compared
        whose = [frozenset((*s.subjects, *s.named)) for s in sheets]
        require(all(one and one <= wanted for one in whose), "person on a sheet")
        require({ref for s in sheets for ref in s.subjects} == wanted, "persons on a copy")
        require(len({s.issue_number for s in sheets}) == 1, "issue number")
        for sheet in sheets:
            require(sheet.answers == _answers_on(sheet, asked, offer), "answers on a sheet")
            require(len(sheet.secret_boxes) == _numbers_on(sheet, asked, offer), "個人番号 on a sheet")
    require(
        len({sheets[0].issue_number for sheets in by_copy.values()}) == asked.copies,
        "issue numbers of the copies",
    )


def _answers_on(sheet: SheetEntry, asked: ApplicationRequest, offer: Offer) -> dict[str, str]:
    """Of all answers, those to questions that concern somebody on this sheet."""
    return {question.code: asked.answers[question.code] for question in offer.asks(sheet.subjects)}


def _numbers_on(sheet: SheetEntry, asked: ApplicationRequest, offer: Offer) -> int:
    """How many 個人番号 were asked for of who stands on this sheet."""
    count = 0
    for question in offer.asks(sheet.subjects):
        choice = question.choice(asked.answers[question.code])
        if choice is not None and choice.secret:
            count += len(question.concerned(sheet.subjects))
    return count
