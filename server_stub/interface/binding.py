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
from .terminal import ApplicationRequest, Manifest, Offer, SheetEntry, SignedManifest

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


def new_ulid(clock: Clock) -> str:
    """A ULID: 48 bits of the clock's milliseconds, 80 random bits. Unique without the time: the random part decides."""
    number = (int(clock.now().timestamp() * 1000) << 80) | secrets.randbits(80)
    return "".join(_CROCKFORD[(number >> shift) & 31] for shift in range(125, -1, -5))


def key_id(key: Ed25519PublicKey) -> str:
    return hashlib.sha256(key.public_bytes_raw()).hexdigest()[:16]


def sign_manifest(manifest: Manifest, key: Ed25519PrivateKey) -> SignedManifest:
    text = manifest.model_dump_json()
    signature = key.sign(text.encode())
    return SignedManifest(
        text=text, signature=base64.b64encode(signature).decode(), key_id=key_id(key.public_key())
    )


def open_manifest(signed: SignedManifest, pinned: Ed25519PublicKey) -> Manifest:
    """The manifest, if the pinned key signed exactly this text. Raises Failed(Manifest_Invalid)."""
    try:
        pinned.verify(base64.b64decode(signed.signature, validate=True), signed.text.encode())
        return Manifest.model_validate_json(signed.text)
    except (InvalidSignature, ValueError) as error:
        raise Failed("Manifest_Invalid") from error


def sheet_keywords(application_id: str, copy: int, k: int, n: int, subjects: tuple[str, ...]) -> str:
    """What stands in /Keywords of every sheet's PDF, canonical JSON."""
    facts = {"application": application_id, "copy": copy, "sheet": [k, n], "subjects": list(subjects)}
    return json.dumps(facts, separators=(",", ":"), sort_keys=True)


def check_binding(
    manifest: Manifest,
    *,
    holder: str,
    session_id: str,
    terminal_id: str,
    asked: ApplicationRequest,
    offer: Offer,
) -> None:
    """Is every sheet of this manifest for this holder, session, terminal and request?

    `holder` is the holder_ref known to the checking side itself, `offer` what this holder was offered in this session.
    Raises Failed(Binding_Mismatch, detail=...) naming the first difference; no personal data in it.
    """

    def require(condition: bool, detail: str) -> None:
        if not condition:
            raise Failed("Binding_Mismatch", detail=detail, application_id=manifest.application_id)

    require(secrets.compare_digest(manifest.holder_ref, holder), "holder")
    require(manifest.session_id == session_id, "session")
    require(manifest.terminal_id == terminal_id, "terminal")
    require(manifest.kind == asked.kind and manifest.municipality == asked.municipality, "kind")
    require(manifest.copies == asked.copies and manifest.fee_total == asked.fee_total, "copies or fee")
    wanted = subjects_asked(asked, offer)
    by_copy: dict[int, list[SheetEntry]] = {}
    for number, sheet in enumerate(manifest.sheets, start=1):
        require(sheet.number == number, "order of sheets")
        by_copy.setdefault(sheet.copy_number, []).append(sheet)
    require(sorted(by_copy) == list(range(1, asked.copies + 1)), "number of copies")
    for sheets in by_copy.values():
        require([s.k for s in sheets] == list(range(1, len(sheets) + 1)), "sheet numbers")
        require(all(s.n == len(sheets) for s in sheets), "number of sheets")
        require(all(set(s.subjects) <= wanted for s in sheets), "person on a sheet")
        require({ref for s in sheets for ref in s.subjects} == wanted, "persons on a copy")
        require(len({s.issue_number for s in sheets}) == 1, "issue number")
    require(
        len({sheets[0].issue_number for sheets in by_copy.values()}) == asked.copies,
        "issue numbers of the copies",
    )


def subjects_asked(asked: ApplicationRequest, offer: Offer) -> frozenset[str]:
    """The references of the persons who must be on every copy."""
    if asked.options.members:
        return frozenset(asked.options.members)
    return frozenset(member.ref for member in offer.members)
