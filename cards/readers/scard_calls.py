"""The calls of PC/SC with their failures by name. Every thread makes a context of its own."""

from __future__ import annotations

from typing import Any

from smartcard import scard

from cards.errors import CardError, CardFailure

FAILURES: dict[int, CardFailure] = {
    scard.SCARD_W_REMOVED_CARD: "Card_Removed",
    scard.SCARD_E_NO_SMARTCARD: "Card_Removed",
    scard.SCARD_W_RESET_CARD: "Card_Changed",
    scard.SCARD_W_UNRESPONSIVE_CARD: "Card_Mute",
    scard.SCARD_W_UNPOWERED_CARD: "Card_Mute",
    scard.SCARD_E_NOT_TRANSACTED: "Card_Mute",
    scard.SCARD_E_COMM_DATA_LOST: "Card_Mute",
    scard.SCARD_E_TIMEOUT: "Card_Mute",
    scard.SCARD_W_UNSUPPORTED_CARD: "Card_Mute",
    scard.SCARD_E_PROTO_MISMATCH: "Card_Mute",
    scard.SCARD_E_SHARING_VIOLATION: "Reader_Busy",
    scard.SCARD_E_NO_SERVICE: "Reader_Service_Stopped",
    scard.SCARD_E_SERVICE_STOPPED: "Reader_Service_Stopped",
    scard.SCARD_E_INVALID_HANDLE: "Reader_Service_Stopped",
    scard.SCARD_F_COMM_ERROR: "Reader_Service_Stopped",
    scard.SCARD_E_NO_READERS_AVAILABLE: "Reader_Absent",
    scard.SCARD_E_UNKNOWN_READER: "Reader_Absent",
    scard.SCARD_E_READER_UNAVAILABLE: "Reader_Absent",
}
_BY_CODE = {code & 0xFFFFFFFF: failure for code, failure in FAILURES.items()}
"""By the unsigned code: platforms differ in its sign."""


def establish() -> Any:
    """A context, to be released. Raises CardError(Reader_Service_Stopped)."""
    result, context = scard.SCardEstablishContext(scard.SCARD_SCOPE_USER)
    check(result)
    return context


def readers_of(context: Any) -> list[str]:
    """The readers that the service knows, none if it has none. Raises CardError(Reader_Service_Stopped)."""
    result, names = scard.SCardListReaders(context, [])
    if failure_of(result) == "Reader_Absent":
        return []
    check(result)
    return list(names)


def failure_of(result: int) -> CardFailure:
    """The name of a result; what is not known is taken for a service that is no use any more."""
    return _BY_CODE.get(result & 0xFFFFFFFF, "Reader_Service_Stopped")


def check(result: int, **facts: Any) -> None:
    """Raises CardError with `facts` and the `code` (eight hex digits) unless `result` is success."""
    if result != scard.SCARD_S_SUCCESS:
        raise CardError(failure_of(result), code=code_text(result), **facts)


def code_text(result: int) -> str:
    return f"{result & 0xFFFFFFFF:08X}"
