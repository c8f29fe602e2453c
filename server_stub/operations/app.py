"""Put the console together: the node's app, the one check of rights on every route, the functions' pages."""

from __future__ import annotations

from importlib.resources import files

from fastapi import Depends, FastAPI, Request, Response
from fastapi.responses import RedirectResponse
from fastapi.routing import APIRoute

from server_stub.node import NodeContext, make_app

from .functions import MODULES
from .settings import OperationsSettings
from .web import COOKIE, AroundPages, Console, SentElsewhere, allowed


def create_app(context: NodeContext, settings: OperationsSettings) -> FastAPI:
    """Make the node. `app.state.console` is its Console (`reopen()`, `close()`). The database is at its newest tables."""
    app = make_app(context, title="運用管理システム", source="console", description="")
    app.openapi_url = None
    app.router.routes = [
        route for route in app.router.routes if getattr(route, "path", "").startswith("/control/")
    ]
    console = app.state.console = Console(context, settings)
    app.router.dependencies.append(Depends(allowed))
    style = (files("server_stub.operations") / "pages" / "style.css").read_text(encoding="utf-8")

    @app.get("/style.css", name="style")
    def style_sheet() -> Response:
        return Response(style, media_type="text/css")

    for module in MODULES:
        for (
            route
        ) in module.router.routes:  # one by one: whoever goes over the app's routes sees each with its check
            assert isinstance(route, APIRoute)
            app.add_api_route(
                route.path,
                route.endpoint,
                methods=sorted(route.methods or ()),
                name=route.name,
                response_model=None,
            )

    @app.exception_handler(SentElsewhere)
    async def _elsewhere(request: Request, sent: SentElsewhere) -> Response:
        response = RedirectResponse(sent.path, status_code=303)
        if sent.forget:
            response.delete_cookie(COOKIE, path="/", httponly=True, samesite="strict")
        return response

    app.add_middleware(AroundPages, console=console)
    return app
