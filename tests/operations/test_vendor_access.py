"""The vendor is let in by the municipality, for a period, and what is done then is logged."""

from __future__ import annotations

from datetime import timedelta

import pytest
from fastapi.routing import APIRoute

from server_stub.operations.rights import MUNICIPAL_ROLES, RIGHTS, Role, right
from tests.operations.hall import ASHIKAGA, KOBE, Hall, Official, Page


def let_in(official: Official, begins: str = "2026-06-03T10:00", ends: str = "2026-06-03T14:00") -> Page:
    return official.post(
        "/vendor-access", from_at=begins, until_at=ends, reason="端末の障害の調査（受付 12）"
    )


def chooses(hall: Hall, municipality: str = KOBE) -> int:
    return hall.officials.as_role(Role.VENDOR).post("/municipalities", municipality=municipality).status


def test_outside_its_period_the_vendor_sees_nothing(hall: Hall) -> None:
    """Console_Period_Closed: before, after, and never a municipality of another site."""
    assert (chooses(hall), chooses(hall, ASHIKAGA), chooses(hall, "99999")) == (403, 404, 404)
    let_in(hall.officials.as_role(Role.ADMINISTRATOR), "2026-06-03T11:00")
    assert chooses(hall) == 403
    hall.clock.advance(timedelta(hours=1))
    assert (chooses(hall), chooses(hall, ASHIKAGA)) == (303, 404)
    vendor = hall.officials.as_role(Role.VENDOR, looks_at=KOBE)
    assert "神戸市" in vendor.get("/").text
    hall.clock.advance(timedelta(hours=2, minutes=59))
    assert chooses(hall) == 303
    hall.clock.advance(timedelta(minutes=1))
    assert chooses(hall) == 403
    vendor = hall.officials.as_role(Role.VENDOR, looks_at=KOBE)
    assert "神戸市" not in vendor.get("/").text
    assert "許可されていません" in vendor.get("/municipalities").text


def test_what_the_vendor_may_see_is_closed_outside_the_period(
    hall: Hall, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every page of a municipality that the table opens to the vendor; and one that it does not, if it did."""
    monkeypatch.setitem(RIGHTS, "search", right("search", Role.VENDOR))
    vendor = hall.officials.as_role(Role.VENDOR, looks_at=KOBE)
    asked = []
    for route in hall.app.router.routes:
        assert isinstance(route, APIRoute)
        told = RIGHTS[route.name]
        if Role.VENDOR in told.roles and told.municipal:
            page = vendor.ask(route.methods, route.path)
            assert (page.status, page.heading) == (403, "利用できる期間ではありません"), route.name
            asked.append(route.name)
    assert "search" in asked


def test_a_period_that_is_ended_ends_at_once(hall: Hall) -> None:
    admin = hall.officials.as_role(Role.ADMINISTRATOR)
    let_in(admin)
    vendor = hall.officials.as_role(Role.VENDOR)
    vendor.post("/municipalities", municipality=KOBE)
    assert "神戸市" in vendor.get("/").text
    number = admin.get("/vendor-access").fields["period"]
    other = hall.officials.as_role(Role.ADMINISTRATOR, municipality=ASHIKAGA)
    assert other.post("/vendor-access/close", period=number).status == 404
    assert admin.post("/vendor-access/close", period=number).status == 303
    assert "神戸市" not in vendor.get("/").text
    assert admin.post("/vendor-access/close", period=number).status == 404


def test_what_the_vendor_does_stands_in_the_municipalitys_log(hall: Hall) -> None:
    let_in(hall.officials.as_role(Role.ADMINISTRATOR))
    vendor = hall.officials.as_role(Role.VENDOR)
    vendor.post("/municipalities", municipality=KOBE)
    assert vendor.operator is not None
    acts = [
        (one["function"], one["act"])
        for one in hall.console.log.entries(KOBE, operator=vendor.operator.login)
    ]
    assert acts == [("vendor_choice", "選択")]
    opened = next(one for one in hall.console.log.entries(KOBE) if one["function"] == "vendor_access")
    assert "端末の障害の調査（受付 12）" in opened["detail"] and "14:00" in opened["detail"]
    assert hall.console.log.check(KOBE).problems == ()


def test_a_period_has_an_end_that_is_near_and_to_come(hall: Hall) -> None:
    admin = hall.officials.as_role(Role.ADMINISTRATOR)
    for begins, ends in (
        ("2026-06-03T10:00", "2026-06-03T10:00"),
        ("2026-06-01T10:00", "2026-06-02T10:00"),
        ("2026-06-03T10:00", "2026-07-05T10:00"),
        ("2026-06-03T10:00", ""),
        ("nonsense", "2026-06-03T14:00"),
    ):
        assert let_in(admin, begins, ends).status == 422, (begins, ends)
    assert (
        admin.post(
            "/vendor-access", from_at="2026-06-03T10:00", until_at="2026-06-03T14:00", reason=""
        ).status
        == 422
    )


def test_no_official_is_a_vendor_and_no_vendor_an_official(hall: Hall) -> None:
    admin = hall.officials.as_role(Role.ADMINISTRATOR)
    leader = hall.officials.as_role(Role.VENDOR_ADMINISTRATOR)
    for official, role in ((admin, "vendor"), (leader, "administrator")):
        page = official.post(
            "/operators/new", login="x1", name="名前", department="課", roles=[role], from_day="2026-06-03"
        )
        assert page.status == 422
    assert hall.officials.as_role(*MUNICIPAL_ROLES).get("/municipalities").status == 403
