"""The paper of one application as the terminal holds it: fetched, and checked against card, request and manifest before
anybody pays for it."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Callable
from dataclasses import dataclass

import pikepdf
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from server_stub.interface.binding import check_binding, open_manifest, sheet_keywords
from server_stub.interface.document import check_document
from server_stub.interface.failures import Failed
from server_stub.interface.front import front_facts
from server_stub.interface.offers import ApplicationRequest, Offer
from server_stub.interface.terminal import Manifest, SheetEntry, SignedManifest
from server_stub.interface.unpacking import check_file
from server_stub.interface.values import Box, Identity

from .sheet_inspection import check_sides

MOST_BYTES = 250_000_000
"""Of all sheets of one application; 500 of our own centre's have 50 million."""


@dataclass(frozen=True, slots=True)
class Paper:
    """`sheets` are the PDFs in the order of the manifest."""

    signed: SignedManifest
    manifest: Manifest
    sheets: tuple[bytes, ...]

    def sheet_id(self, number: int) -> str:
        """Application, copy and k/n of sheet `number` (from 1); unique for ever, good as a file name."""
        entry = self.manifest.sheets[number - 1]
        return sheet_id(self.manifest.application_id, entry)

    def secret_boxes(self, number: int) -> tuple[Box, ...]:
        """Where on sheet `number` (from 1) a 個人番号 stands."""
        return self.manifest.sheets[number - 1].secret_boxes


def sheet_id(application_id: str, entry: SheetEntry) -> str:
    return f"{application_id}-{entry.copy_number:02d}-{entry.k:02d}of{entry.n:02d}"


def fetch_paper(
    signed: SignedManifest,
    fetch_sheet: Callable[[str, int], bytes],
    *,
    pinned: Ed25519PublicKey,
    holder: Identity,
    session_id: str,
    terminal_id: str,
    asked: ApplicationRequest,
    offer: Offer,
) -> Paper:
    """All sheets, each checked. `holder` was computed from the card.

    Raises Failed with fact `application_id` where it is known: Manifest_Invalid, Binding_Mismatch, Paper_Corrupt, and what
    `fetch_sheet` raises.
    """
    application_id = ""
    try:
        application_id = claimed_application(signed)
        manifest = open_manifest(signed, pinned)
        check_binding(
            manifest,
            holder=holder,
            session_id=session_id,
            terminal_id=terminal_id,
            asked=asked,
            offer=offer,
        )
        sheets = []
        room = MOST_BYTES
        for entry in manifest.sheets:
            pdf = fetch_sheet(manifest.application_id, entry.number)
            room -= len(pdf)
            if room < 0:
                raise Failed("Paper_Corrupt", sheet=entry.number, detail="all sheets together are too large")
            check_sheet(manifest, entry, pdf, offer)
            sheets.append(pdf)
    except Failed as failed:
        raise failed.with_facts(application_id=application_id) from failed
    return Paper(signed, manifest, tuple(sheets))


def claimed_application(signed: SignedManifest) -> str:
    """The application that a manifest says it is for, whoever signed it; '' if it says nothing readable."""
    try:
        return Manifest.model_validate_json(signed.text).application_id
    except ValueError:
        return ""


def check_sheet(manifest: Manifest, entry: SheetEntry, pdf: bytes, offer: Offer) -> None:
    """Is this the very sheet of the manifest, of what was offered, and one that may be printed at all? Raises Failed: Paper_Corrupt,
    Binding_Mismatch, Paper_Format_Wrong, Paper_Content_Forbidden, Paper_Not_Marked."""
    if hashlib.sha256(pdf).hexdigest() != entry.sha256:
        raise Failed("Paper_Corrupt", sheet=entry.number, detail="sha256")
    try:
        check_file(pdf)
        with pikepdf.open(io.BytesIO(pdf)) as document:
            keywords = str(document.docinfo.get("/Keywords", ""))
            if keywords != sheet_keywords(manifest, entry):
                raise Failed("Binding_Mismatch", detail="what the sheet says of itself")
            check_document(document)
        check_sides(pdf, front_facts(manifest.application_id, entry, offer))
    except Failed as failed:
        raise failed.with_facts(sheet=entry.number) from failed
    except Exception as error:  # pikepdf tells of broken files by a dozen unrelated types
        raise Failed("Paper_Corrupt", sheet=entry.number, detail="no readable PDF") from error
