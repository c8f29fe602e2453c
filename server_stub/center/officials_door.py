"""The paths of `/ops/v1` at the centre for the officials' console (`interface/official_acts.py`): closing matters, and terminals."""

from __future__ import annotations

from typing import Annotated, cast

from fastapi import FastAPI, Query

from server_stub.interface.official_acts import (
    ClosureEntry,
    ClosurePage,
    ClosureQuery,
    MatterClosure,
    TerminalPage,
    TerminalQuery,
)
from server_stub.interface.secret import Secret
from server_stub.node import failure_answers
from server_stub.ops_door import OPS_REFUSALS, official_only

from .matters import Matters


def add_officials_door(app: FastAPI, key: Secret | None, asked: Matters | None) -> None:
    """Add the paths to `app`. `asked` may be None where nobody asks; without a `key` they answer Operations_Not_Offered."""
    matters = cast(Matters, asked)
    guarded = [official_only(key)]

    @app.get(
        "/ops/v1/terminals",
        dependencies=guarded,
        responses=failure_answers(*OPS_REFUSALS),
        summary="端末の一覧",
        operation_id="list_terminals",
    )
    def terminals(query: Annotated[TerminalQuery, Query()]) -> TerminalPage:
        """Operator, shop, state and when each was last heard of."""
        return matters.terminals(query)

    @app.post(
        "/ops/v1/matters/close",
        dependencies=guarded,
        responses=failure_answers("Matter_Unknown", "Matter_Closed", *OPS_REFUSALS),
        summary="重大事象・確認が必要な申請の処理済み登録",
        operation_id="close_matter",
    )
    def close(asked: MatterClosure) -> ClosureEntry:
        """Close it with the reason in words. Application, paper and money stay as they are known; nothing is printed again."""
        return matters.close(asked)

    @app.get(
        "/ops/v1/matters/closed",
        dependencies=guarded,
        responses=failure_answers(*OPS_REFUSALS),
        summary="処理済みの一覧",
        operation_id="list_closed_matters",
    )
    def closed(query: Annotated[ClosureQuery, Query()]) -> ClosurePage:
        """What was closed, by whom and why, oldest first."""
        return matters.closed(query)
