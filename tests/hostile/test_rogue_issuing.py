"""Somebody between centre and issuing server who answers otherwise, over real HTTP: what the paper is said to be differs from
what was asked for. The real terminal tells it by name, no coin is asked for and nothing is charged."""

from __future__ import annotations

import base64
import io
import json
from collections.abc import Callable, Iterator
from typing import Any

import pikepdf
import pytest
from PySide6.QtWidgets import QApplication

from scenarios.stage import Stage
from scenarios.steps.offices import FROM_EVER, change_setting
from scenarios.steps.world import World
from server_stub.center.settings import IssuingServer
from tests.hostile.rogue import Answer, Change, Rogue, http
from tests.long import part
from tests.terminal.sheets import drawn

pytestmark = pytest.mark.attack

CARD = "六甲翠のカード"
Edit = Callable[[dict[str, Any]], object]


@pytest.fixture(scope="module")
def between(qapp: QApplication) -> Iterator[tuple[Stage, Rogue]]:
    """A stage in this process whose centre reaches its issuing server through the rogue alone."""
    rogues: list[Rogue] = []

    def behind_rogue(url: str, *more: Any) -> IssuingServer:
        rogues.append(Rogue(url))
        return IssuingServer(rogues[-1].url, *more)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("scenarios.servers.IssuingServer", behind_rogue)
        with Stage() as stage:
            yield stage, rogues[0]
    for rogue in rogues:
        rogue.stop()


@pytest.fixture
def world(between: tuple[Stage, Rogue]) -> Iterator[World]:
    stage, rogue = between
    stage.reset()
    world = World(stage, stage.start_kiosk())
    world.terminal.wait_for("TopMenu")
    yield world
    rogue.calm()


@pytest.fixture
def rogue(between: tuple[Stage, Rogue]) -> Rogue:
    return between[1]


def told_otherwise(edit: Edit) -> Change:
    def change(answer: Answer) -> bytes:
        told = json.loads(answer.body)
        edit(told)
        return http(answer.status, answer.kind, json.dumps(told).encode())

    return change


def pages(**changed: Any) -> Edit:
    return lambda told: [page.update(changed) for page in told["pages"]]


BOX = {"x": 10, "y": 10, "width": 10, "height": 5}
PAPERS: dict[str, Edit] = {
    "kind": lambda told: told.update(kind="seal_registration"),
    "municipality": lambda told: told.update(municipality="09202"),
    "holder": lambda told: told["holder"].update(reference="ab" * 32),
    "application": lambda told: told.update(application_id="0" * 26),
    "a lower fee": lambda told: told.update(fee_total=10),
    "no fee": lambda told: told.update(fee_total=0),
    "answers": lambda told: [page["answers"].update(domicile="no") for page in told["pages"]],
    "an answer too few": lambda told: [page["answers"].pop("domicile") for page in told["pages"]],
    "somebody else": pages(subjects=["d" * 16]),
    "nobody": pages(subjects=[]),
    "a 個人番号 that nobody asked for": pages(secret_boxes=[BOX]),
    "another copy": lambda told: told["pages"].append({**told["pages"][0], "copy_number": 2}),
    "a sheet of more": pages(n=2),
}  # fmt: skip


@pytest.mark.parametrize("what", part(PAPERS, 2))
def test_a_paper_that_is_said_to_be_another_is_not_paid_for(world: World, rogue: Rogue, what: str) -> None:
    world.identify(CARD)
    rogue.change("applications", told_otherwise(PAPERS[what]))
    world.choose("世帯全員", 1)
    assert world.apply() == "Refusal"
    assert rogue.struck == 1
    assert world.terminal.shows("Binding_Mismatch"), world.refusal()
    world.eventually(lambda: world.stage.incidents() > 0, "no incident")
    untouched(world)


Document = Callable[[pikepdf.Pdf], object]


def fronts(change: Document) -> Edit:
    """The fronts are changed, and nothing that is said of them."""

    def edit(told: dict[str, Any]) -> None:
        stream = io.BytesIO()
        with pikepdf.open(io.BytesIO(base64.b64decode(told["pdf"]))) as document:
            change(document)
            document.save(stream)
        told["pdf"] = base64.b64encode(stream.getvalue()).decode()

    return edit


def painted(document: pikepdf.Pdf) -> None:
    document.pages[0].contents_add(b"q 1 g 0 0 600 850 re f Q")


def stamped(*lines: str) -> Edit:
    def draw(canvas: Any) -> None:
        canvas.setFont("SheetGothic", 9)
        for number, line in enumerate(lines):
            canvas.drawString(60, 90 - 12 * number, line)

    def change(document: pikepdf.Pdf) -> None:
        with pikepdf.open(io.BytesIO(drawn(draw))) as over:
            document.pages[0].add_overlay(over.pages[0])

    return fronts(change)


FRONTS: dict[str, tuple[str, Edit]] = {
    "sheets in reverse": ("港太一のカード", fronts(lambda document: document.pages.reverse())),
    "painted white": (CARD, fronts(painted)),
    "a number in groups": (CARD, stamped("1234-5678-9012")),
    "a number with dots": (CARD, stamped("1234.5678.9012")),
    "a number behind a letter": (CARD, stamped("N123456789012")),
    "a number in three lines": (CARD, stamped("1234", "5678", "9019")),
    "a number among more digits": (CARD, stamped("1234567890193")),
}  # fmt: skip


@pytest.mark.parametrize("what", FRONTS)
def test_a_front_that_is_not_what_is_said_of_it_is_not_paid_for(
    world: World, rogue: Rogue, what: str
) -> None:
    card, edit = FRONTS[what]
    world.identify(card)
    rogue.change("applications", told_otherwise(edit))
    world.choose("世帯全員", 1)
    assert world.apply() == "Refusal"
    assert rogue.struck == 1
    assert world.terminal.shows("Binding_Mismatch"), world.refusal()
    world.eventually(lambda: world.stage.incidents() > 0, "no incident")
    untouched(world)


@pytest.mark.parametrize(
    ("other", "kind"), [("辻千代のカード", ""), (CARD, "印鑑登録証明書")], ids=["household", "kind"]
)
def test_the_front_of_another_application_is_not_paid_for(
    world: World, rogue: Rogue, other: str, kind: str
) -> None:
    kept: list[str] = []
    rogue.change("applications", told_otherwise(lambda told: kept.append(told["pdf"])))
    world.identify(other)
    world.choose("世帯全員", 1)
    assert world.apply() == "Pay", world.refusal()
    world.stage.reset()
    world = World(world.stage, world.stage.start_kiosk())
    world.terminal.wait_for("TopMenu")
    world.identify(CARD)
    rogue.change("applications", told_otherwise(lambda told: told.update(pdf=kept[0])))
    if kind:
        world.choose_kind(kind)
        world.set_copies(1)
    else:
        world.choose("世帯全員", 1)
    assert world.apply() == "Refusal"
    assert world.terminal.shows("Binding_Mismatch"), world.refusal()
    world.eventually(lambda: world.stage.incidents() > 0, "no incident")
    untouched(world)


def boxes(change: Callable[[list[dict[str, Any]]], list[dict[str, Any]]]) -> Edit:
    return lambda told: [page.update(secret_boxes=change(page["secret_boxes"])) for page in told["pages"]]


BOXES: dict[str, tuple[str, Edit]] = {
    "elsewhere": ("Binding_Mismatch", boxes(lambda right: [dict(BOX, width=0.1, height=0.1) for _ in right])),
    "one repeated": ("Binding_Mismatch", boxes(lambda right: right[:1] * len(right))),
    "no width": ("Answer_Malformed", boxes(lambda right: [dict(one, width=0) for one in right])),
    "less than no height": ("Answer_Malformed", boxes(lambda right: [dict(one, height=-1) for one in right])),
    "beside the sheet": ("Answer_Malformed", boxes(lambda right: [dict(one, x=-500) for one in right])),
    "over the edge": ("Answer_Malformed", boxes(lambda right: [dict(one, x=209) for one in right])),
}  # fmt: skip


@pytest.mark.parametrize("what", BOXES)
def test_a_number_that_its_box_does_not_cover_is_not_paid_for(world: World, rogue: Rogue, what: str) -> None:
    """Several numbers stand on a sheet where the form has room for four persons (世帯連記式)."""
    change_setting(world, "service.residence.form", "'household'", FROM_EVER)
    named, edit = BOXES[what]
    rogue.change("applications", told_otherwise(edit))
    world.identify("港太一のカード")
    world.choose_kind("住民票の写し")
    world.choose_whole("世帯全員")
    world.answer_all({"個人番号": "記載する"})
    world.set_copies(1)
    assert world.apply() == "Refusal"
    assert rogue.struck == 1
    assert world.terminal.shows(named), world.refusal()
    untouched(world)


def test_a_fee_that_was_not_the_municipalitys_is_not_paid(world: World, rogue: Rogue) -> None:
    rogue.change("offers", told_otherwise(lambda told: [one.update(fee=0) for one in told["offers"]]))
    world.identify(CARD)
    world.choose("世帯全員", 1)
    assert world.apply() == "Refusal"
    assert world.terminal.shows("Fee_Changed"), world.refusal()
    untouched(world)


def test_the_same_answer_passed_on_as_it_is_is_paid_for(world: World, rogue: Rogue) -> None:
    rogue.change("applications", told_otherwise(lambda told: None))
    world.identify(CARD)
    world.choose("世帯全員", 1)
    assert world.apply() == "Pay", world.refusal()
    assert rogue.struck == 1
    world.terminal.touch("中止する")
    world.terminal.wait_for("Refusal")


def untouched(world: World) -> None:
    money = world.terminal.money()
    assert (money["inserted"], money["taken"], money["returned"]) == (0, 0, 0)
    assert world.terminal.tray() == []
    world.eventually(lambda: world.terminal.call("pending_reports") == 0, "the session was not ended")
    assert world.stage.charges() == []
