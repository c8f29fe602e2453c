"""Tenants: two municipalities of one data centre, whose issuing server is the same, with the whole system behind their consoles.

Somebody of 足利市 gets a paper at the terminal. Then every page that an official of either can reach is opened as every role, then every
address that was found by one is asked for by everybody of the other, by every search and by guessing. No name, 宛名番号, 発行番号,
application or operator of 足利市 stands in any answer to 大崎市, and no name of a person in any to the vendor.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import pytest
from fastapi.routing import APIRoute

from scenarios.servers import LocalServers
from scenarios.stage import Stage
from scenarios.steps.world import World
from scenarios.towns import load_towns, shipped_town
from server_stub.interface.operations import LedgerApplication
from server_stub.operations.app import create_app
from server_stub.operations.operators import Operators, usual_fields
from server_stub.operations.rights import MUNICIPAL_ROLES, RIGHTS, VENDOR_ROLES, PersonalField, Role
from server_stub.operations.tables import heads, log
from server_stub.operations.web import Visit
from tests.long import LONG
from tests.operations.hall import Official, Officials, Page

ASHIKAGA, OSAKI = "09202", "04215"
MOST_PAGES = 150
"""Of one crawl."""


@dataclass
class Site:
    """What is there: officials, and what is 足利市's alone."""

    stage: Stage
    officials: Officials
    application_id: str
    issue_number: str
    secrets: dict[str, str]
    """What no page of another municipality shows, by what it is."""
    names: set[str]


@pytest.fixture(scope="module")
def site() -> Iterator[Site]:
    towns = load_towns([shipped_town("ashikaga"), shipped_town("osaki")])
    with Stage(towns=towns) as stage:
        stage.reset("管理")
        world = World(stage, stage.start_kiosk())
        card = next(
            one
            for one in stage.cards.values()
            if (one.municipality, one.profile, one.state, one.linked) == (ASHIKAGA, "plain", "good", True)
        )
        world.terminal.wait_for("TopMenu")
        world.identify(card.name)
        offer = next(one for one in world.offers() if one.refusal is None)
        world.choose((offer.whole or {"ja": "本人だけ"})["ja"], 1, offer.words["ja"])
        world.apply()
        world.drop(offer.fee)
        world.take_paper()
        world.terminal.touch("印刷しない")
        servers = stage.servers
        assert isinstance(servers, LocalServers)
        (applied,) = stage.applications()
        officials = Officials(servers.console, servers.console_url)
        people = {town.code: town.people() for town in towns}
        others = {person.name for person in people[OSAKI].values()} | set(people[OSAKI])
        secrets = {}
        for key, person in people[ASHIKAGA].items():
            if not {key, person.name} & others:
                secrets |= {
                    f"宛名番号 {key}": key,
                    f"氏名 {key}": person.name,
                    f"氏名（空白なし） {key}": "".join(person.name.split()),
                }
        (number,) = stage.books.issue_numbers_of(applied.application_id)
        names = {one for one in secrets.values() if not one.isdigit()}
        secrets |= {"申請id": applied.application_id, "発行番号": number, "操作者": f"{ASHIKAGA}-test-"}
        found = Site(stage, officials, applied.application_id, number, secrets, names)
        yield found
        officials.close()


@pytest.fixture(autouse=True)
def _without_log(site: Site) -> None:
    """What an official has typed stands in their own municipality's log: each test begins without."""
    with site.officials.console.engine.begin() as connection:
        connection.execute(log.delete())
        connection.execute(heads.delete())


def everybody(site: Site, municipality: str) -> Official:
    """An official with every role of the municipality."""
    return site.officials.as_role(*MUNICIPAL_ROLES, municipality=municipality, fields=PersonalField)


def crawl(official: Official) -> dict[str, Page]:
    """Open every page that links lead to, each form of an address once."""
    seen: dict[str, Page] = {}
    waiting = ["/"]
    forms: dict[str, int] = {}
    while waiting and len(seen) < MOST_PAGES:
        path = waiting.pop(0)
        form = re.sub(r"[0-9A-HJKMNP-TV-Z]{26}|[0-9a-f]{16,}|\d+", "#", path)
        if path in seen or forms.get(form, 0) >= 3:
            continue
        forms[form] = forms.get(form, 0) + 1
        page = seen[path] = official.get(path)
        waiting += [one.partition("#")[0] for one in page.links if one not in ("/logout",)]
    return seen


def told_in(page: Page, secrets: dict[str, str]) -> list[str]:
    return [what for what, secret in secrets.items() if secret in page.response.text]


def as_other(site: Site, *roles: Role) -> Official:
    return site.officials.as_role(*roles, municipality=OSAKI, fields=usual_fields(roles))


def test_every_page_opens_for_whom_it_is_linked(site: Site) -> None:
    """Whatever is shown as a link leads somewhere: no page is refused, absent or broken."""
    for role in MUNICIPAL_ROLES:
        for path, page in crawl(site.officials.as_role(role, municipality=ASHIKAGA)).items():
            assert page.status in (200, 303), (role, path, page.status, page.heading)


def test_no_page_of_one_municipality_shows_anything_of_another(site: Site) -> None:
    for roles in [[role] for role in MUNICIPAL_ROLES] + [list(MUNICIPAL_ROLES)]:
        for path, page in crawl(as_other(site, *roles)).items():
            assert told_in(page, site.secrets) == [], (roles, path)


def test_no_address_of_one_municipality_opens_for_another(site: Site) -> None:
    """Every address that officials of 足利市 can reach, asked for by every role of 大崎市."""
    addresses = set(crawl(everybody(site, ASHIKAGA)))
    for route in routes(site):  # and whatever is not linked, with the ids of what is there
        if "{" in route.path:
            for value in (site.application_id, site.issue_number, next(iter(site.secrets.values()))):
                addresses.add(re.sub(r"\{[^}]+\}", value, route.path))
    for roles in [[role] for role in MUNICIPAL_ROLES] + [list(MUNICIPAL_ROLES)]:
        official = as_other(site, *roles)
        for path in sorted(addresses - {"/operation-log"}):  # which tells what this official has asked for
            page = official.get(path)
            known = {what: secret for what, secret in site.secrets.items() if secret not in path}
            assert told_in(page, known) == [], (roles, path)


def routes(site: Site) -> Iterator[APIRoute]:
    servers = site.stage.servers
    assert isinstance(servers, LocalServers)
    app = create_app(servers._context("console"), servers.console.settings)
    try:
        for route in app.router.routes:
            assert isinstance(route, APIRoute)
            yield route
    finally:
        app.state.console.close()


def test_no_form_of_one_municipality_acts_on_or_shows_anything_of_another(site: Site) -> None:
    """Every form there is, filled with the ids and names of 足利市, by somebody who may do everything at 大崎市."""
    official = everybody(site, OSAKI)
    key, name = next(
        (one.removeprefix("氏名 "), secret) for one, secret in site.secrets.items() if one.startswith("氏名 ")
    )
    for value in (key, name, site.application_id, site.issue_number):
        known = {
            what: secret
            for what, secret in site.secrets.items()
            if secret not in (value, "".join(name.split()))
        }
        for route in routes(site):
            if "POST" not in (route.methods or ()) or RIGHTS[route.name].function in (
                "login",
                "operation_log",
            ):
                continue
            path = re.sub(r"\{[^}]+\}", value, route.path)
            fields = dict.fromkeys(
                ("number", "person", "person_key", "key", "subject", "issue_number", "application_id", "operator", "asked", "name"), value
            )  # fmt: skip
            page = Page(official.http.post(path, data={**fields, "csrf": official.csrf}))
            assert page.heading != "画面の有効期限が切れています", route.name
            assert told_in(page, known) == [], (route.name, value)


def test_the_search_finds_ones_own_and_says_of_anothers_what_it_says_of_nothing(site: Site) -> None:
    own, other = everybody(site, ASHIKAGA), everybody(site, OSAKI)
    nothing = other.post("/search", number="0" * 26)
    assert "見つかりませんでした" in nothing.text
    theirs = other.post("/search", number=site.application_id)
    assert theirs.html.replace(site.application_id, "") == nothing.html.replace("0" * 26, "")
    found = own.post("/search", number=site.application_id)
    assert "交付済み" in found.text and site.issue_number in found.text
    key, name = next(
        (one.removeprefix("氏名 "), secret) for one, secret in site.secrets.items() if one.startswith("氏名 ")
    )
    for person in (key, name, "".join(name.split())):
        assert f'<td class="number">{key}</td>' in own.post("/search/people", person=person).html
        assert "見つかりませんでした" in other.post("/search/people", person=person).text
    entries = own.operator and site.officials.console.log.entries(ASHIKAGA, operator=own.operator.login)
    assert entries and {one["subject"] for one in entries if one["detail"] == "住民の検索"} == {key}


def test_the_vendor_sees_no_name_wherever_it_is_let_in(site: Site) -> None:
    admin = site.officials.as_role(Role.ADMINISTRATOR, municipality=ASHIKAGA)
    admin.post("/vendor-access", from_at="2026-06-03T00:00", until_at="2026-06-10T00:00", reason="点検")
    for roles in [[role] for role in VENDOR_ROLES] + [list(VENDOR_ROLES)]:
        vendor = site.officials.as_role(*roles, municipality=ASHIKAGA, looks_at=ASHIKAGA)
        pages = crawl(vendor)
        assert pages["/"].status == 200
        for path in set(crawl(everybody(site, ASHIKAGA))) | set(pages):
            page = vendor.get(path)
            assert [name for name in site.names if name in page.response.text] == [], (roles, path)


def test_a_person_is_seen_by_whom_the_role_lets_see(site: Site) -> None:
    key = next(one for one in site.secrets.values() if one.isdigit())
    for role in Role:
        official = site.officials.as_role(role, municipality=ASHIKAGA)
        status = official.post("/search/people", person=key).status
        assert (status == 200) is (role in RIGHTS["search_people_act"].roles), role


def _nobody_asks_whose_it_is(patch: pytest.MonkeyPatch) -> None:
    from server_stub.operations.functions import search

    def application(visit: Visit, application_id: str) -> search.Application:
        found = visit.issuing.get(f"applications/{application_id}", LedgerApplication)
        return search.Application(application_id, found, None)

    patch.setattr(search, "_application", application)


def _the_first_municipality_is_everybodys(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Visit, "municipality", property(lambda visit: ASHIKAGA))


def _everybodys_operators_are_listed(patch: pytest.MonkeyPatch) -> None:
    before = Operators.of
    patch.setattr(Operators, "of", lambda self, owner: before(self, owner) + before(self, ASHIKAGA))


@pytest.mark.parametrize(
    ("plant", "caught_by"),
    [
        (_nobody_asks_whose_it_is, test_no_form_of_one_municipality_acts_on_or_shows_anything_of_another),
        (
            _the_first_municipality_is_everybodys,
            test_the_search_finds_ones_own_and_says_of_anothers_what_it_says_of_nothing,
        ),
        (_everybodys_operators_are_listed, test_no_page_of_one_municipality_shows_anything_of_another),
    ],
)
@pytest.mark.skipif(not LONG, reason="with make fuzz (KONBINI_LONG=1)")
def test_the_crawl_finds_what_leaks(
    site: Site,
    monkeypatch: pytest.MonkeyPatch,
    plant: Callable[[pytest.MonkeyPatch], None],
    caught_by: Callable[[Site], None],
) -> None:
    everybody(site, ASHIKAGA)
    plant(monkeypatch)
    with pytest.raises(AssertionError):
        caught_by(site)
