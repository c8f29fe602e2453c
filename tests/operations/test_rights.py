"""One table says who may do what, and every route is checked against it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from fastapi.routing import APIRoute

from server_stub.operations.functions import FUNCTIONS, MODULES
from server_stub.operations.rights import MUNICIPAL_ROLES, RIGHTS, VENDOR_ROLES, Role, Stage, may
from server_stub.operations.web import allowed
from tests.operations.hall import KOBE, Hall


def routes(hall: Hall) -> Iterator[APIRoute]:
    """Every route that the app answers."""
    for route in hall.app.router.routes:
        assert isinstance(route, APIRoute), route
        yield route


def address(route: APIRoute) -> str:
    """The route's address with ids of the form that they have, which are nobody's here."""
    path = route.path
    for name in route.param_convertors:
        path = path.replace(f"{{{name}}}", "01ZZZZZZZZZZZZZZZZZZZZZZZZ")
    return path


def test_every_route_is_in_the_table_and_the_table_has_no_other(hall: Hall) -> None:
    names = [route.name for route in routes(hall)]
    assert sorted(names) == sorted(RIGHTS)
    assert len(set(names)) == len(names)


def test_every_route_goes_through_the_one_check(hall: Hall) -> None:
    for route in routes(hall):
        asked = [one.call for one in route.dependant.dependencies]
        assert allowed in asked, f"{route.name} is not checked"


def test_every_right_belongs_to_a_function_of_the_navigation() -> None:
    keys = {one.key for one in FUNCTIONS}
    assert {right.function for right in RIGHTS.values()} <= keys
    for one in FUNCTIONS:
        assert RIGHTS[one.route].function == one.key
    assert len(MODULES) == len(set(MODULES))


def test_who_runs_the_site_never_acts_for_a_municipality() -> None:
    """A vendor's operator sees machines and figures: every route that changes something of a municipality is for its own officials."""
    for name, right in RIGHTS.items():
        if right.municipal and name.endswith("_act"):
            assert right.roles.isdisjoint(VENDOR_ROLES), name


def test_a_route_that_is_not_in_the_table_is_open_to_nobody(
    hall: Hall, monkeypatch: pytest.MonkeyPatch
) -> None:
    official = hall.officials.as_role(*MUNICIPAL_ROLES)
    assert official.get("/password").status == 200
    monkeypatch.delitem(RIGHTS, "password")
    assert official.get("/password").status == 403


def test_every_route_refuses_every_role_that_the_table_does_not_name(hall: Hall) -> None:
    """Console_Right_Missing."""
    asked = 0
    for role in Role:
        official = hall.officials.as_role(role, looks_at=KOBE)
        for route in routes(hall):
            right = RIGHTS[route.name]
            if right.anybody or right.stage is not Stage.FULL or may([role], route.name):
                continue
            page = official.ask(route.methods, address(route))
            assert (page.status, page.heading) == (403, "この操作を行う権限がありません"), (role, route.name)
            asked += 1
        outcomes = [one["outcome"] for one in hall.console.log.entries(official.owner, limit=1000)]
        assert set(outcomes[: asked or None]) == {"Console_Right_Missing"}
        asked = 0


def test_every_route_sends_who_is_not_logged_in_to_the_login(hall: Hall) -> None:
    nobody = hall.officials.nobody()
    for route in routes(hall):
        if RIGHTS[route.name].anybody:
            continue
        page = nobody.ask(route.methods, address(route))
        assert (page.status, page.location) == (303, "/login"), route.name


def test_a_form_without_the_key_of_its_session_is_refused(hall: Hall) -> None:
    """Console_Form_Expired."""
    official = hall.officials.as_role(*MUNICIPAL_ROLES)
    vendor = hall.officials.as_role(*VENDOR_ROLES)
    for route in routes(hall):
        right = RIGHTS[route.name]
        if "POST" not in (route.methods or ()) or right.anybody or right.stage is not Stage.FULL:
            continue
        who, other = (vendor, official) if right.roles <= VENDOR_ROLES else (official, vendor)
        for key in ("", "0" * 64, other.csrf):
            page = who.post(address(route), key=key)
            assert (page.status, page.heading) == (403, "画面の有効期限が切れています"), route.name


def test_a_form_of_another_site_is_refused(hall: Hall) -> None:
    official = hall.officials.as_role(Role.ADMINISTRATOR)
    for headers in ({"origin": "http://evil.invalid"}, {"sec-fetch-site": "cross-site"}, {"origin": "null"}):
        assert official.post("/logout", headers=headers).status == 403
        assert official.post("/login", headers=headers, login="a", password="b").status == 403
    assert official.get("/").status == 200
