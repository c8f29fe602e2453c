"""Each cell of the seeds' tables by killing real processes: outage x where the issuing server stands x link x method of authentication.

A resident goes through the real terminal, and the outage strikes before the visit, between the menu and the application, while the money is
being put in, or while the paper is printed. In every cell the coins that went in are those that are kept and those that came back, and the ledger says the same when
all is over. `make test` plays a few cells in shipped towns, `make fuzz` the whole walk.
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum
from itertools import product
from pathlib import Path

import pytest

from scenarios.existing_systems import ExistingSystemProcess
from scenarios.servers import LocalServers
from scenarios.stage import Stage
from scenarios.steps.slots import speak_of
from scenarios.steps.world import World
from scenarios.template import build_template
from scenarios.towns import Town, load_town, shipped_town
from server_stub.faults.outages import Outage
from server_stub.interface.failures import CATALOGUE
from server_stub.interface.values import Method
from server_stub.municipalities.hosting import HostingForm
from tests.long import LONG

pytestmark = [pytest.mark.xdist_group("cells"), pytest.mark.timeout(300)]

ASP, OWN = HostingForm.LGWAN_ASP, HostingForm.OWN_HALL
DATA, PDF = "data_link", "pdf_link"
JPKI, ORDINANCE = Method.JPKI, Method.ORDINANCE


class When(StrEnum):
    """The outage strikes …"""

    BEFORE = "before"
    CHOSEN = "chosen"
    """… between the menu of offers and the application …"""
    PAYING = "paying"
    """… when the first coin has been put in …"""
    PRINTING = "printing"
    """… or when the last has, and the paper is being printed."""


@dataclass
class Strike:
    """`prepare`: before the visit; `strike`: what then happens. `goes`: form and link that go on; the others stop by a name of `names`."""

    strike: Callable[[Stage], None]
    goes: frozenset[tuple[HostingForm, str]]
    names: tuple[str, ...] = ("Issuing_Unreachable", "Existing_System_Unreachable")
    prepare: Callable[[Stage], None] = field(default=lambda stage: None)
    whens: tuple[When, ...] = tuple(When)


def on(outage: Outage) -> Callable[[Stage], None]:
    return lambda stage: stage.servers.fault_on(outage, {})


def later(**much: float) -> Callable[[Stage], None]:
    return lambda stage: stage.clock.advance(timedelta(**much))


def evening(stage: Stage) -> None:
    """A moment before the existing systems close."""
    stage.clock.set(stage.clock.now().replace(hour=20, minute=59, second=30))


def dark_for(**much: float) -> Callable[[Stage], None]:
    """Both feeds of every data centre have been lost, so long ago."""

    def act(stage: Stage) -> None:
        stage.servers.fault_on(Outage.BOTH_FEEDS, {})
        stage.clock.advance(timedelta(**much))

    return act


def existing_systems(stage: Stage) -> list[ExistingSystemProcess]:
    assert isinstance(stage.servers, LocalServers)
    return list(stage.servers.existing_systems.values())


def kill_existing(stage: Stage) -> None:
    for system in existing_systems(stage):
        system.kill()


def power_back(stage: Stage) -> None:
    stage.servers.fault_off(Outage.BOTH_FEEDS)


EVERYTHING = frozenset(product((ASP, OWN), (DATA, PDF)))
NOTHING: frozenset[tuple[HostingForm, str]] = frozenset()

CELLS: dict[str, Strike] = {
    # 足利市 メリット(1): 「万一、大規模災害等の影響が庁舎に及んだ場合(停電、損壊等)も証明発行業務が継続可能」; 神戸市 データ連携とPDF連携の違い,
    # 稼働時間: データ連携「停電や既存業務システムの稼働時間に影響されない」, PDF連携「影響される」; 足利市 主な理由(1): the city hall's systems
    # 「すべて停止した」, so 自庁型 stops
    "the city hall loses its power": Strike(on(Outage.HALL_POWER), frozenset({(ASP, DATA)})),
    # 足利市 主な理由(1): 「計画停電により停電の予定時間はすべてのシステムを停止する必要があり」
    "the city hall's power is cut by plan": Strike(on(Outage.HALL_PLANNED), frozenset({(ASP, DATA)})),
    # 神戸市 LGWAN-ASPのメリット: 「県域LGWAN回線や既存システムが停止してもサービスを継続可能」; 業務継続性: データ連携「LGWAN回線や既存システムが
    # 停止してもサービス継続」, PDF連携「LGWAN回線の停止や既存システムの停止によりサービス停止」; 自庁型 is reached over that line only
    "the line of the city hall to the LGWAN is down": Strike(on(Outage.HALL_LINE), frozenset({(ASP, DATA)})),
    # the issue: centre - data centre down, nothing in any mode
    "the line to the centre is down": Strike(on(Outage.CENTRE_LINE), NOTHING),
    # 神戸市 業務継続性, as above: the existing system alone; the copy in the city hall serves 自庁型 with データ連携 (our reading)
    "the existing system ends": Strike(kill_existing, frozenset({(ASP, DATA), (OWN, DATA)})),
    # 神戸市 稼働時間: 「既存業務システムの稼働時間に影響されない」/「影響される」
    "the existing system closes for the night": Strike(
        later(seconds=40), frozenset({(ASP, DATA), (OWN, DATA)}), ("Existing_System_Closed",), evening
    ),
    # 足利市 データセンターの設備 電力: 「電力会社より二系統で受電し」
    "the data centre loses its first feed": Strike(on(Outage.FIRST_FEED), EVERYTHING),
    # 「万一の場合でも電力の供給停止から1分以内に自家発電装置が稼働して電力を供給」; that nothing stops within the minute is our reading
    "the data centre loses both feeds": Strike(on(Outage.BOTH_FEEDS), EVERYTHING),
    "the generator takes over": Strike(later(seconds=45), EVERYTHING, prepare=dark_for(seconds=30)),
    # 「自家発電用燃料は72時間以上発電可能な量が常に備蓄されている」; a city hall burns none of it
    "the generator runs for nearly 72 hours": Strike(
        later(seconds=30), EVERYTHING, prepare=dark_for(hours=71, minutes=59)
    ),
    "the fuel has been burnt": Strike(
        later(seconds=45), frozenset({(OWN, DATA), (OWN, PDF)}), prepare=dark_for(hours=71, minutes=59, seconds=30)
    ),
    "the power is back": Strike(power_back, EVERYTHING, prepare=dark_for(hours=73), whens=(When.BEFORE,)),
}  # fmt: skip


@dataclass(frozen=True)
class Visitor:
    card: str
    kinds: dict[str, str]
    """By link, in the words of the offer."""
    fee: int


TOMI = Visitor("岬トミのカード", {DATA: "住民票の写し", PDF: "所得（課税）証明書"}, 300)
HARU = Visitor("桜井ハルのカード", {DATA: "住民票の写し"}, 300)
RYOMO = Visitor("両毛直のカード", {DATA: "住民票の写し", PDF: "印鑑登録証明書"}, 250)


# --- a visit ---------------------------------------------------------------------------------------------------------------


class Stopped(Exception):
    """By that name, before money."""


def refused_on_screen(world: World) -> Stopped:
    codes = [text.split()[-1] for text in world.terminal.texts() if text.strip()]
    return Stopped(next(code for code in codes if code in CATALOGUE))


def go(world: World, who: Visitor, kind: str, strike: Callable[[], None], when: When) -> None:
    """All the way. Raises Stopped."""
    at: dict[str, Callable[[], None]] = {when: strike}
    at.pop(When.BEFORE, lambda: None)()

    def passes(screen: str) -> str:
        if screen == "Refusal":
            raise refused_on_screen(world)
        return screen

    if passes(world.lay(who.card)) == "ChooseKind":
        world.choose_kind_before_pin(kind)
    else:
        world.choose_address()
    passes(world.terminal.screen())
    passes(world.enter_pin(right=True))
    screen = passes(world.take_card())
    refusal = world.offer_of(kind).refusal
    if refusal is not None:
        raise Stopped(refusal.failure)
    if screen == "ChooseCertificate":
        world.choose_kind(kind)
    world.kind = kind
    world.choose_rest("世帯全員", 1)
    at.pop(When.CHOSEN, lambda: None)()
    passes(world.apply())
    world.drop(who.fee - 200)
    at.pop(When.PAYING, lambda: None)()
    world.drop(200)
    at.pop(When.PRINTING, lambda: None)()
    world.take_paper()


def play(stage: Stage, who: Visitor, form: HostingForm, link: str, name: str, when: When) -> None:
    cell = CELLS[name]
    stage.reset()
    world = World(stage, stage.start_kiosk())
    cell.prepare(stage)
    told = ""
    try:
        go(world, who, who.kinds[link], lambda: cell.strike(stage), when)
    except Stopped as stopped:
        told = str(stopped)
    # what was made before the outage is finished: the centre has it, and the resident pays once
    goes = (form, link) in cell.goes or when in (When.PAYING, When.PRINTING)
    assert (told == "") is goes, (told, "goes on" if goes else "stops")
    assert goes or told in cell.names, told
    assert len(world.papers) == (1 if goes else 0)
    coins_in = who.fee if goes else 0
    assert (world.taken(), world.returned()) == (coins_in, 0), "coins in = coins kept + coins back"
    # all over: the books agree
    power_back_everywhere(stage)
    world.settled()
    world.check_charges(*([who.fee] if goes else []))
    assert stage.incidents() == world.visit.incidents


def power_back_everywhere(stage: Stage) -> None:
    for outage in Outage:
        stage.servers.fault_off(outage)
    for system in existing_systems(stage):
        system.restart_if_ended()


# --- a few cells, in towns that are shipped ----------------------------------------------------------------------------------

FEW = (
    (OWN, DATA, HARU, "the line of the city hall to the LGWAN is down", When.PAYING),
    (ASP, PDF, TOMI, "the city hall's power is cut by plan", When.CHOSEN),
)


@pytest.fixture(scope="module")
def shipped() -> Iterator[Stage]:
    towns = [load_town(shipped_town(name)) for name in ("minato", "midori")]
    with Stage(towns=towns, outages=True) as stage:
        speak_of(stage.towns)
        yield stage


@pytest.mark.parametrize(("form", "link", "who", "name", "when"), FEW, ids=[one[3] for one in FEW])
def test_a_cell_is_as_the_seeds_say(
    shipped: Stage, form: HostingForm, link: str, who: Visitor, name: str, when: When
) -> None:
    play(shipped, who, form, link, name, when)


def test_a_paper_that_was_being_made_when_the_hall_went_dark_is_refused_before_money(shipped: Stage) -> None:
    """The existing system has the request, and is killed before it answers."""
    shipped.reset()
    world = World(shipped, shipped.start_kiosk())
    world.identify(TOMI.card)
    world.choose("世帯全員", 1, TOMI.kinds[PDF])
    shipped.servers.fault_on("existing_system.hold", {})
    world.leave_by("この内容で申請する")
    world.eventually(lambda: bool(world.applications()), "申請がセンターに届く")
    on(Outage.HALL_POWER)(shipped)
    world.terminal.wait_for("Refusal")
    assert str(refused_on_screen(world)) == "Existing_System_Unreachable"
    assert (world.taken(), world.returned(), world.sheets()) == (0, 0, [])
    power_back_everywhere(shipped)
    world.settled()
    world.check_charges()
    assert shipped.incidents() == 0


# --- the whole walk ------------------------------------------------------------------------------------------------------------


def town_of(folder: Path, form: HostingForm, method: Method) -> Town:
    """A town with one kind of either link, whose issuing server stands there, whose residents use that method."""
    name, pdf_kind = ("minato", "tax") if method is JPKI else ("ashikaga-2012", "seal_registration")
    place = folder / name
    shutil.copytree(shipped_town(name), place, ignore=shutil.ignore_patterns("references"))
    file = place / "municipality.toml"
    text = file.read_text(encoding="utf-8").replace('form = "lgwan_asp"', f'form = "{form}"')
    if "[existing_system]" not in text:
        hours = "[existing_system]\nopens = 07:00:00\ncloses = 21:00:00\n\n[delivery]"
        text = text.replace("[delivery]", hours, 1)
        text = re.sub(rf"^(\[service\.{pdf_kind}\].*\n)", rf'\1link = "{PDF}"\n', text, flags=re.MULTILINE)
    file.write_text(text, encoding="utf-8")
    return load_town(place)


@pytest.fixture(scope="module", params=list(product((ASP, OWN), (JPKI, ORDINANCE))), ids="-".join)
def walked(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Stage, HostingForm, Method]]:
    form, method = request.param
    folder = tmp_path_factory.mktemp("walk")
    town = town_of(folder, form, method)
    template = folder / "template"
    template.mkdir(mode=0o700)
    build_template(template, [town])
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("scenarios.stage.template_folder", lambda towns: template)
        stage = Stage(towns=[town], outages=True)
    with stage:
        speak_of(stage.towns)
        yield stage, form, method


@pytest.mark.parametrize("when", When if LONG else [])
@pytest.mark.parametrize("link", [DATA, PDF] if LONG else [])
@pytest.mark.parametrize("name", CELLS if LONG else [])
def test_every_cell_is_as_the_seeds_say(
    walked: tuple[Stage, HostingForm, Method], name: str, link: str, when: When
) -> None:
    stage, form, method = walked
    if when not in CELLS[name].whens:
        pytest.skip("nothing can be begun before it")
    play(stage, TOMI if method is JPKI else RYOMO, form, link, name, when)
