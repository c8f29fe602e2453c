"""What the faults of a bad centre do to good bytes. Nothing here runs unless a fault was switched on."""

from __future__ import annotations

import json

from server_stub.interface.terminal import SignedManifest


def tampered(signed: SignedManifest) -> SignedManifest:
    """The manifest of another holder under the old signature."""
    facts = json.loads(signed.text)
    facts["holder_ref"] = "0" * len(facts["holder_ref"])
    return signed.model_copy(update={"text": json.dumps(facts, separators=(",", ":"))})


def corrupted(body: bytes) -> bytes:
    """One byte in the middle is another."""
    middle = len(body) // 2
    return body[:middle] + bytes([body[middle] ^ 0xFF]) + body[middle + 1 :]
