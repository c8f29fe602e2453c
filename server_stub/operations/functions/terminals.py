"""端末: operator, shop, state, and when each was last heard of."""

from __future__ import annotations

from fastapi import APIRouter, Response

from server_stub.interface.official_acts import TerminalPage, TerminalState
from server_stub.interface.values import TerminalKind
from server_stub.operations.web import Asked

router = APIRouter()
STATES = {
    TerminalState.IN_USE: ("利用中", "good"),
    TerminalState.READY: ("待機中", "good"),
    TerminalState.SILENT: ("1日以上連絡なし", "warn"),
    TerminalState.NEVER_SEEN: ("利用実績なし", "quiet"),
}
KINDS = {TerminalKind.STORE: "店舗", TerminalKind.MUNICIPAL: "自治体設置"}


@router.get("/terminals", name="terminals")
def terminals(visit: Asked) -> Response:
    """Those in the municipality's area. Machines and figures; nobody's name."""
    page = visit.center.get(
        "terminals",
        TerminalPage,
        municipality=visit.municipality,
        after=visit.query.value("after")[:80] or None,
        limit=50,
    )
    return visit.page(
        "terminals/list.html",
        terminals=[one for one in page.terminals if visit.is_own(one.area)],
        following=page.next_after,
        STATES=STATES,
        KINDS=KINDS,
    )
