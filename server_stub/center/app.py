"""The node: the centre behind its HTTP."""

from __future__ import annotations

from typing import Any

from fastapi import FastAPI

from server_stub.interface.clock import Clock
from server_stub.interface.trace import Trace
from server_stub.node import NodeContext, make_app
from server_stub.paper.finish import finish_sheets

from .api import router
from .center import Center
from .issue import FinishSheets
from .openapi import describe
from .settings import CenterSettings


def create_app(
    context: NodeContext, settings: CenterSettings, *, finish: FinishSheets = finish_sheets
) -> FastAPI:
    """The centre on its database, which is brought to the newest tables. `app.state.center` is the `Center`.

    `finish` is the paper room's part. Raises Failed(Settings_Wrong).
    """
    app = _bare_app(context)
    app.state.center = Center(context, settings, finish)
    return app


def openapi_document() -> dict[str, Any]:
    """The interface specification, complete, without a centre behind it."""
    clock = Clock()
    return _bare_app(NodeContext(clock, Trace(clock))).openapi()


def _bare_app(context: NodeContext) -> FastAPI:
    """The paths and their specification, with nothing behind them."""
    app = make_app(context, title="証明書交付センター", source="centre", description="")
    # an included router would look for the route twice in every request
    app.router.routes.extend(router.routes)
    describe(app)
    return app
