"""Papers of the 本籍地, whose fronts show many persons on many sheets: somebody between centre and issuing server who mixes the
sheets of two registers, and registers that change between the offer and the application. No coin is asked for, nothing is charged."""

from __future__ import annotations

import base64
import io
import json
import re
import shutil
from collections.abc import Callable, Iterator
from typing import Any

import pikepdf
import pytest
from PySide6.QtWidgets import QApplication

from scenarios import deliveries
from scenarios.stage import Stage
from scenarios.steps.slots import ForWhom, speak_of
from scenarios.steps.world import World
from scenarios.towns import load_town, shipped_town
from server_stub.center.settings import IssuingServer
from server_stub.certificates.family_register import (
    FamilyRegisterRecords,
    FamilyRegisterTerms,
    family_register_front,
)
from server_stub.certificates.family_register.front import render_family_register
from server_stub.certificates.family_register.register import FamilyRegisterBody
from server_stub.interface.clock import STAGE_START
from server_stub.interface.failures import CATALOGUE
from server_stub.interface.notices import FILE_NAME
from tests.hostile.rogue import Rogue
from tests.hostile.test_rogue_issuing import Edit, fronts, told_otherwise, untouched
from tests.long import part

pytestmark = pytest.mark.attack

CITY = "みどり市"
WHOLE, ONE, HISTORY = "戸籍全部事項証明書", "戸籍個人事項証明書", "戸籍の附票の写し"
YUTO, HARUKA, SUSUMU = "葛西悠斗のカード", "渡邉遥のカード", "堀進のカード"
Text = Callable[[str], str]


@pytest.fixture(scope="module")
def between(qapp: QApplication) -> Iterator[tuple[Stage, list[Rogue]]]:
    """A stage of two towns in this process whose centre reaches every issuing server through a rogue alone."""
    rogues: list[Rogue] = []

    def behind_rogue(url: str, *more: Any) -> IssuingServer:
        rogues.append(Rogue(url))
        return IssuingServer(rogues[-1].url, *more)

    towns = tuple(load_town(shipped_town(name)) for name in ("midori", "minato"))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("scenarios.servers.IssuingServer", behind_rogue)
        with Stage(towns=towns) as stage:
            speak_of(towns)
            yield stage, rogues
            speak_of(())
    for rogue in rogues:
        rogue.stop()


@pytest.fixture
def world(between: tuple[Stage, list[Rogue]]) -> Iterator[World]:
    stage, rogues = between
    yield again(stage)
    for rogue in rogues:
        rogue.calm()


@pytest.fixture
def rogue(between: tuple[Stage, list[Rogue]]) -> Callable[[Edit], Callable[[], int]]:
    """Changes what is told of an application; how often it did."""

    def change(edit: Edit) -> Callable[[], int]:
        for one in between[1]:
            one.change("applications", told_otherwise(edit))
        return lambda: sum(one.struck for one in between[1])

    return change


def again(stage: Stage) -> World:
    stage.reset()
    world = World(stage, stage.start_kiosk())
    world.terminal.wait_for("TopMenu")
    return world


def choose(world: World, card: str, kind: str, copies: int = 1, whom: str = "") -> None:
    """Up to the confirmation; `whom`: one of the register, else all that are offered."""
    world.lay_and_begin(card)
    world.choose_domicile(CITY)
    world.enter_pin(right=True)
    world.take_card()
    offer = world.offer_of(kind)
    world.choose(ForWhom("", (whom,)) if whom else (offer.whole or {}).get("ja", ""), copies, kind)


def refused(world: World, name: str = "Binding_Mismatch") -> None:
    assert world.apply() == "Refusal"
    assert world.terminal.shows(name), world.refusal()
    if name == "Binding_Mismatch":
        world.eventually(lambda: world.stage.incidents() > 0, "no incident")
    untouched(world)


# --- sheets that are mixed ---------------------------------------------------------------------------------------------


def subjects(change: Callable[[list[dict[str, Any]]], object]) -> Edit:
    return lambda told: change(told["pages"])


def exchanged(first: int, second: int) -> Edit:
    """Two sheets change places, and nothing that is said of them."""

    def change(document: pikepdf.Pdf) -> None:
        order = list(range(len(document.pages)))
        order[first], order[second] = second, first
        for number in order:
            document.pages.append(document.pages[number])
        del document.pages[: len(order)]

    return fronts(change)


def twice(document: pikepdf.Pdf) -> None:
    document.pages.append(document.pages[0])
    del document.pages[1]


MIXED: dict[str, tuple[str, str, int, Edit]] = {
    "the second sheet first": (YUTO, WHOLE, 1, exchanged(0, 1)),
    "the first sheet twice": (YUTO, WHOLE, 1, fronts(twice)),
    "a sheet too few": (YUTO, WHOLE, 1, fronts(lambda document: document.pages.__delitem__(-1))),
    "the second sheet of the other copy": (YUTO, WHOLE, 2, exchanged(1, 3)),
    "the first sheet of the other copy": (SUSUMU, HISTORY, 2, exchanged(0, 2)),
    "the second sheet of the history first": (SUSUMU, HISTORY, 1, exchanged(0, 1)),
    "somebody else on a sheet": (YUTO, WHOLE, 1, subjects(lambda p: p[1].update(subjects=["d" * 16]))),
    "nobody on a sheet": (YUTO, WHOLE, 1, subjects(lambda p: p[1].update(subjects=[]))),
    "everybody on the second sheet": (YUTO, WHOLE, 1, subjects(lambda p: p[1].update(subjects=p[0]["subjects"]))),
    "only the first of them": (YUTO, WHOLE, 1, subjects(lambda p: [one.update(subjects=p[0]["subjects"][:1]) for one in p])),
    "an answer that nobody gave": (SUSUMU, HISTORY, 1, subjects(lambda p: p[1]["answers"].update(domicile="no"))),
}  # fmt: skip


@pytest.mark.parametrize("what", part(MIXED, 2))
def test_sheets_that_are_not_what_is_said_of_them_are_not_paid_for(
    world: World, rogue: Callable[[Edit], Callable[[], int]], what: str
) -> None:
    card, kind, copies, edit = MIXED[what]
    struck = rogue(edit)
    choose(world, card, kind, copies)
    refused(world, "Paper_Corrupt" if what == "a sheet too few" else "Binding_Mismatch")
    assert struck() == 1


def namesakes(issue_number: str) -> bytes:
    """The front of another register with members of the same given names, with the number of ours."""
    row = next(
        json.loads(line)
        for line in (shipped_town("midori") / "delivery" / "family_registers.jsonl")
        .read_text("utf-8")
        .splitlines()
        if '"482010000001"' in line
    )
    members = [
        one | {"生年月日": "平成９年９月９日", "父": "別人　父"} for one in row["戸籍に記録されている者"]
    ]
    body = FamilyRegisterBody.model_validate(
        {
            "state": "open",
            "domicile": row["本籍"],
            "head": row["氏名"],
            "entries": row["戸籍事項"],
            "members": members,
        }
    )
    municipality = load_town(shipped_town("midori")).municipality
    terms = municipality.services["family_register_full"]
    assert isinstance(terms, FamilyRegisterTerms)
    records = FamilyRegisterRecords("482010000099", body, body.members)
    front = family_register_front(records, "全部事項証明", terms, STAGE_START.date(), issue_number)
    return render_family_register("family_register_full", [front], municipality.issuer).pdf


@pytest.mark.parametrize("sheets", [(0,), (1,), (0, 1)], ids=["first", "second", "both"])
def test_the_sheets_of_namesakes_in_another_register_are_not_paid_for(
    world: World, rogue: Callable[[Edit], Callable[[], int]], sheets: tuple[int, ...]
) -> None:
    """Title, names, number and k／n are those of ours: the birth dates alone are not."""

    def theirs(told: dict[str, Any]) -> None:
        stream = io.BytesIO()
        with (
            pikepdf.open(io.BytesIO(base64.b64decode(told["pdf"]))) as ours,
            pikepdf.open(io.BytesIO(namesakes(told["pages"][0]["issue_number"]))) as others,
        ):
            assert len(ours.pages) == len(others.pages) == 2
            for number in sheets:
                ours.pages[number] = others.pages[number]
            ours.save(stream)
        told["pdf"] = base64.b64encode(stream.getvalue()).decode()

    struck = rogue(theirs)
    choose(world, YUTO, WHOLE)
    refused(world)
    assert struck() == 1


@pytest.mark.parametrize(("card", "kind"), [(YUTO, WHOLE), (YUTO, ONE), (HARUKA, HISTORY), (SUSUMU, HISTORY)])
def test_the_same_answer_passed_on_as_it_is_is_paid_for(
    world: World, rogue: Callable[[Edit], Callable[[], int]], card: str, kind: str
) -> None:
    struck = rogue(lambda told: None)
    choose(world, card, kind, whom="葛西凛" if kind == ONE else "")
    assert world.apply() == "Pay", world.refusal()
    assert struck() == 1
    world.terminal.touch("中止する")
    world.terminal.wait_for("Refusal")


# --- registers that change between the offer and the application -------------------------------------------------------


def deliver(world: World, edits: dict[str, Text]) -> None:
    """The systems of みどり市 deliver anew, with these files changed."""
    stage, town = world.stage, world.stage.towns[0]
    assert town.name == CITY
    folder = stage.visit_folder / "changed"
    shutil.copytree(town.delivery, folder)
    slip = folder / "slip.csv"
    for name, edit in edits.items():
        file = folder / name
        before = file.read_text(encoding="utf-8")
        after = edit(before)
        assert after != before
        file.write_text(after, encoding="utf-8")
        rows = len(after.splitlines()) - (file.suffix == ".csv")
        slip.write_text(
            re.sub(rf"{name},\d+", f"{name},{rows}", slip.read_text(encoding="utf-8")), encoding="utf-8"
        )
    deliveries.deliver(
        town,
        stage.replica(town),
        folder,
        stage.template / FILE_NAME,
        stage.clock.now(),
        stage.clock,
        stage.trace,
    )


def line(text: str) -> dict[str, Text]:
    return {"restrictions.csv": lambda told: told + text + "\n"}


def put(file: str, before: str, after: str) -> dict[str, Text]:
    return {file: lambda told: told.replace(before, after)}


def members(change: Callable[[dict[str, Any]], object], register: str = "482010000001") -> dict[str, Text]:
    """That row of the 戸籍 goes through `change`."""

    def edit(text: str) -> str:
        rows = [json.loads(one) for one in text.splitlines()]
        for row in rows:
            if row["戸籍番号"] == register:
                change(row)
        return "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)

    return {"family_registers.jsonl": edit}


SPOUSE, RIN = "4820100102", "4820100103"
TODAY = "支援措置,2026-06-03,,"
CHANGES: dict[str, tuple[str, str, str, dict[str, Text]]] = {
    "the spouse is protected": (WHOLE, "", "Register_Member_Restricted", line(f"{SPOUSE},{TODAY},,")),
    "the register is protected": (WHOLE, "", "Register_Member_Restricted", line(f",{TODAY},,482010000001")),
    "the register of one is protected": (ONE, "葛西凛", "Register_Member_Restricted", line(f",{TODAY},,482010000001")),
    "the one is protected": (ONE, "葛西凛", "Register_Member_Restricted", line(f"{RIN},{TODAY},,")),
    "the spouse's address is protected": (HISTORY, "", "Address_History_Not_Here", line(f"{SPOUSE},{TODAY},,")),
    "the household is protected": (HISTORY, "葛西悠斗", "Holder_Restricted", line(f",{TODAY},4820100100,")),
    "a notification is processed": (
        WHOLE, "", "Family_Register_Pending", members(lambda row: row.update(状態="届出処理中")),
    ),
    "the register is closed": (ONE, "葛西悠斗", "Family_Register_Closed", members(lambda row: row.update(状態="消除"))),
    "the one is removed": (
        ONE, "葛西菜摘", "Member_Not_In_Household",
        members(lambda row: row["戸籍に記録されている者"][1].update(除籍=True)),
    ),
    "the holder is removed": (
        WHOLE, "", "Holder_Removed_From_Register",
        members(lambda row: row["戸籍に記録されている者"][0].update(除籍=True)),
    ),
    "a child is born": (
        WHOLE, "", "Member_Not_In_Household",
        members(lambda row: row["戸籍に記録されている者"].append({**row["戸籍に記録されている者"][2], "番号": 4, "名": "新"})),
    ),
    "the holder is another member of another register": (
        WHOLE, "", "Member_Not_In_Household",
        {
            "family_links.csv": lambda told: told.replace("4820100203,482010000004,2,女\n", "").replace("4820100101,482010000001,1", "4820100101,482010000004,2"),
            # born on the same day, or it would be nobody's register
            "family_registers.jsonl": lambda told: told.replace('"ハナ", "生年月日": "令和３年１２月１日"', '"ハナ", "生年月日": "平成３年４月５日"'),
        },
    ),
    "somebody else is linked with the same member": (
        WHOLE, "", "Record_Unusable", put("family_links.csv", "4820100201,482010000004,1", "4820100201,482010000001,1"),
    ),
    "the spouse's link is broken": (
        WHOLE, "", "Record_Unusable", put("family_links.csv", "4820100102,482010000001,2", "4820100102,482010000001,x"),
    ),
    "the history is closed": (
        HISTORY, "", "Address_History_Closed", put("address_histories.jsonl", '"事由": "婚姻"}', '"事由": "婚姻", "除籍日": "2026-06-02"}'),
    ),
}  # fmt: skip


@pytest.mark.parametrize("what", part(CHANGES, 2))
def test_what_has_changed_since_the_offer_is_refused_by_name_before_money(
    world: World, rogue: Callable[[Edit], Callable[[], int]], what: str
) -> None:
    kind, whom, name, edits = CHANGES[what]
    told_by_issuing: list[str] = []
    rogue(lambda told: told_by_issuing.append(told.get("failure", "")))
    choose(world, YUTO, kind, whom=whom)
    deliver(world, edits)
    # the words of a kind's own refusal are shown only from an offer, which is signed
    refused(world, name if name in CATALOGUE else "Service_Out_Of_Order")
    assert told_by_issuing == [name]


def test_the_same_delivery_once_more_changes_nothing(world: World) -> None:
    choose(world, YUTO, WHOLE)
    deliver(world, {"restrictions.csv": lambda told: told + "4820100601,支援措置,2026-06-03,,,,\n"})
    assert world.apply() == "Pay", world.refusal()
    world.terminal.touch("中止する")
    world.terminal.wait_for("Refusal")
