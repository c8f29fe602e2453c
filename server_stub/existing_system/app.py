"""The existing system over HTTP: the endpoints of `interface/existing_system.py`."""

from __future__ import annotations

import hmac
from collections.abc import Callable
from typing import TypeVar

from fastapi import Depends, FastAPI, Response
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from server_stub.interface.clock import real_monotonic_ns
from server_stub.interface.existing_system import (
    TIMING,
    OfferAnswer,
    OfferRequest,
    PaperAnswer,
    PaperRequest,
)
from server_stub.interface.failures import Failed
from server_stub.interface.secret import Secret
from server_stub.node import NodeContext, make_app

from .faults import HOLD
from .service import ExistingSystem

DESCRIPTION = "既存システム（代役）: PDF連携で証明発行サーバが求める証明書の PDF を、自分の記録から作る。"
Answer = TypeVar("Answer")


def create_app(context: NodeContext, system: ExistingSystem, key: Secret) -> FastAPI:
    """Make the node. `key`: what the issuing server must show."""
    app = make_app(context, title="既存システム", source="existing", description=DESCRIPTION)
    bearer = HTTPBearer(auto_error=False)

    async def caller(shown: HTTPAuthorizationCredentials | None = Depends(bearer)) -> None:
        told = shown.credentials if shown is not None else ""
        if not hmac.compare_digest(told.encode(), key.reveal().encode()):
            raise Failed("Caller_Unknown")

    def timed(response: Response, work: Callable[[], Answer]) -> Answer:
        context.faults.wait_while_on(HOLD)
        begun = real_monotonic_ns()
        answer = work()
        response.headers[TIMING] = f"total;dur={(real_monotonic_ns() - begun) / 1e6:.2f}"
        return answer

    @app.post("/v1/offers", dependencies=[Depends(caller)])
    def offers(asked: OfferRequest, response: Response) -> OfferAnswer:
        return timed(response, lambda: system.offer(asked))

    @app.post("/v1/papers", dependencies=[Depends(caller)])
    def papers(asked: PaperRequest, response: Response) -> PaperAnswer:
        return timed(response, lambda: system.paper(asked))

    return app
