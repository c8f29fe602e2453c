# ruff: noqa: F811
"""Pages that are opened seldom, with something on them: nothing has to be scrolled sideways on a desk or a telephone. With KONBINI_PICTURES
a picture of each is kept for whoever looks. With `make fuzz` (KONBINI_LONG=1)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from scenarios.stage import Stage
from scenarios.towns import load_towns, shipped_town
from server_stub.interface.clock import STAGE_START
from server_stub.operations.rights import Role
from tests.browser import fits, keep, opened_browser
from tests.long import LONG
from tests.operations.browsers import DESK, PHONE, opened_page
from tests.operations.hall import Official, Officials
from tests.operations.test_acts import WHY, Strays, doubtful, hidden, officials, stage, strays  # noqa: F401
from tests.operations.test_registrations import Town

pytestmark = pytest.mark.skipif(not LONG, reason="with make fuzz (KONBINI_LONG=1)")


def look(
    browser: Any, official: Official, *pages: tuple[str, str], fill: dict[str, str] | None = None
) -> None:
    """Open each page (address and name), fill in what is told and send it, and see that it fits."""
    for size in (DESK, PHONE):
        with opened_page(browser, official, size) as page:
            for where, name in pages:
                page.goto(where)
                for field, told in (fill or {}).items():
                    page.fill(f"#{field}", told)
                if fill:
                    page.locator("main form button").first.click()
                assert page.get_by_role("heading", level=1).count() == 1, where
                assert (
                    page.get_by_role("link", name="ログアウト").or_(page.get_by_text("ログアウト")).count()
                ), where
                assert fits(page), (where, size)
                keep(page, name)


def test_pages_of_matters_notices_and_the_service_level(
    stage: Stage,
    officials: Officials,
    doubtful: str,
    strays: Strays,
) -> None:
    counter, administrator = officials.as_role(Role.COUNTER), officials.as_role(Role.ADMINISTRATOR)
    vendor = officials.as_role(Role.VENDOR_ADMINISTRATOR)
    notice = {
        "ja": "庁舎の停電のため、証明書を交付できません。",
        "en": "Certificates are not available because of a power cut.",
    }
    notice |= {"since": "2026-06-05T18:00", "until": "2026-06-05T23:00"}
    administrator.post("/management/notices/add", what="city_hall", **notice)
    vendor.post(
        "/stops/everything/notices/add", **{**notice, "ja": "センターの点検のため、証明書を交付できません。"}
    )
    path = f"/incidents/{doubtful}"
    counter.post(f"{path}/close", **hidden(counter.get(path), f"{path}/close"), reason=WHY)
    vendor.post("/stops/everything/set", words="すべて停止")
    stage.clock.set(STAGE_START + timedelta(minutes=20))
    vendor.post("/stops/everything/set", words="すべて再開", release="yes")
    with opened_browser() as browser:
        look(
            browser, administrator, ("/management/notices", "notices"), ("/incidents", "incidents"), ("/incidents/closed", "closed"),
            (f"/incidents/strays/{strays.here}", "stray"), ("/service-level?month=2026-06", "service-level"),
        )  # fmt: skip
        look(
            browser, vendor, ("/stray-incidents", "stray-incidents"), ("/stops/everything/notices", "centre-notices"),
            ("/stops/everything", "stops-everything"),
        )  # fmt: skip


def test_the_application_of_an_applicants_number(tmp_path: Path, empty_console: Path) -> None:
    town = Town(tmp_path, empty_console)
    number = town.issuing.apply().number.reveal()
    with opened_browser() as browser:
        look(browser, town.official(), ("/search", "search-number"), fill={"number": number})
    town.close()


@pytest.fixture
def old_city() -> Iterator[tuple[Stage, Officials]]:
    with Stage(towns=load_towns([shipped_town("ashikaga-2012")])) as made:
        made.reset()
        found = Officials(made.servers.console, made.servers.console_url)  # type: ignore[attr-defined]
        yield made, found
        found.close()


def test_the_page_of_a_card_that_is_used_by_ordinance(old_city: tuple[Stage, Officials]) -> None:
    made, found = old_city
    official = found.as_role(Role.COUNTER, municipality="09202")
    number = next(card.number for card in made.cards.values() if getattr(card, "number", ""))
    with opened_browser() as browser:
        look(browser, official, ("/ordinance", "ordinance-card"), fill={"card": number})
