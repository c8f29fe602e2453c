"""The existing system over HTTP: the endpoints of `interface/existing_system.py`."""

from __future__ import annotations

import hmac
from collections.abc import Callable

from fastapi import Depends, FastAPI, Response
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from server_stub.interface.clock import real_monotonic_ns
from server_stub.interface.existing_system import TIMING, OfferRequest, PaperRequest
from server_stub.interface.failures import Failed
from server_stub.interface.outages import LOOK_PATH
from server_stub.interface.secret import Secret
from server_stub.interface.values import Model
from server_stub.node import NodeContext, make_app

from .faults import HOLD
from .service import ExistingSystem

DESCRIPTION = "既存システム（代役）: PDF連携で証明発行サーバが求める証明書の PDF を、自分の記録から作る。"


def create_app(context: NodeContext, system: ExistingSystem, key: Secret) -> FastAPI:
    """Make the node. `key`: what the issuing server must show."""
    app = make_app(context, title="既存システム", source="existing", description=DESCRIPTION)
    bearer = HTTPBearer(auto_error=False)

    async def caller(shown: HTTPAuthorizationCredentials | None = Depends(bearer)) -> None:
        told = shown.credentials if shown is not None else ""
        if not hmac.compare_digest(told.encode(), key.reveal().encode()):
            raise Failed("Caller_Unknown")

    def timed(work: Callable[[], Model]) -> Response:
        """Its own time is all that it does for the answer, the writing of it too."""
        context.faults.wait_while_on(HOLD)
        begun = real_monotonic_ns()
        body = work().model_dump_json()
        took = f"total;dur={(real_monotonic_ns() - begun) / 1e6:.2f}"
        return Response(body, media_type="application/json", headers={TIMING: took})

    @app.post("/v1/offers", dependencies=[Depends(caller)], response_model=None)
    def offers(asked: OfferRequest) -> Response:
        return timed(lambda: system.offer(asked))

    @app.post("/v1/papers", dependencies=[Depends(caller)], response_model=None)
    def papers(asked: PaperRequest) -> Response:
        return timed(lambda: system.paper(asked))

    @app.post(LOOK_PATH, dependencies=[Depends(caller)], status_code=204)
    def look() -> None:
        """Tell that it works."""

    return app
