"""Many residents at the same moment: every paper belongs to its holder, every number is used once, every charge is right."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass

import pytest

from scenarios.stage import STORE
from scenarios.template import load_cards
from scenarios.towns import shipped_town
from server_stub.interface.clock import STAGE_START
from server_stub.interface.failures import Failed
from server_stub.interface.terminal import ReportKind
from tests.hostile.hall import SECOND, Hall
from tests.hostile.visitor import Received
from tests.long import part
from tests.readback.town import Town

RESIDENCE, SEAL = "residence", "seal_registration"
WORDS = {RESIDENCE: "住民票の写し", SEAL: "印鑑登録証明書"}
OPTIONS = {
    "続柄": True, "本籍・筆頭者": True, "個人番号": False, "国籍・地域": True, "在留資格等": True,
    "在留カード等の番号": True, "通称の記載・削除": True,
}  # fmt: skip
"""All of it is asked of foreign residents, the first two of anybody else."""
PEOPLE = (
    "六甲翠",
    "港太一",
    "御影直樹",
    "港ハツ江",
    "𠮷田吾郎",
    "北野マリア",
    "港美波",
    "垂水健吾",
    "辻千代",
    "摩耶陽菜",
)
"""All of them may have a 住民票; several live in one household, so that a mistake between them would not be a stranger."""
WITH_SEAL = ("六甲翠", "港太一", "御影直樹", "港ハツ江", "𠮷田吾郎", "港美波")
VISITS = 20
OF_ANOTHER = {"holder", "person on a sheet", "persons on a copy"}


@dataclass(frozen=True)
class Walked:
    """`who` came, asked for `kind` and got `paper`; `paid`: and did not change their mind."""

    who: str
    kind: str
    copies: int
    paper: Received
    paid: bool


def walk(hall: Hall, terminal_id: str, number: int, at: threading.Barrier, done: list[Walked]) -> None:
    cards = load_cards(hall.template)
    visitor = hall.visitor(terminal_id, f"{terminal_id}-{number}")
    try:
        for turn in range(number, VISITS, 2):
            kind = SEAL if turn % 3 == 2 else RESIDENCE
            people = WITH_SEAL if kind == SEAL else PEOPLE
            who = people[(turn + (5 if terminal_id == SECOND else 0)) % len(people)]
            at.wait(60)
            copies = 1 + turn % 2
            paper = visitor.paper(cards[f"{who}のカード"], kind, copies=copies)
            paid = turn % 4 != 3
            if paid:
                visitor.tell(paper, ReportKind.PAID, paper.fee_total)
                visitor.tell(paper, ReportKind.HANDED_OVER)
            visitor.end(paper.session_id)
            done.append(Walked(who, kind, copies, paper, paid))
    except BaseException:
        at.abort()
        raise
    finally:
        visitor.close()


def in_threads(*jobs: Callable[[], None]) -> None:
    """All at once; raises what one of them raised."""
    raised: list[BaseException] = []

    def guarded(job: Callable[[], None]) -> None:
        try:
            job()
        except BaseException as error:
            raised.append(error)

    threads = [threading.Thread(target=guarded, args=(job,)) for job in jobs]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(120)
    for error in sorted(raised, key=lambda one: isinstance(one, threading.BrokenBarrierError)):
        raise error


def test_two_terminals_of_many_residents_never_mix_them_up(hall: Hall) -> None:
    done: list[Walked] = []
    at = threading.Barrier(4)
    in_threads(
        *(
            lambda t=terminal, n=number: walk(hall, t, n, at, done)  # type: ignore[misc]
            for terminal in (STORE, SECOND)
            for number in (0, 1)
        )
    )
    assert len(done) == 2 * VISITS
    town = Town.load(shipped_town(), shipped_town())
    for walked in done:
        town.check(
            walked.paper.sheets,
            [walked.who],
            kind=WORDS[walked.kind],
            options=OPTIONS if walked.kind == RESIDENCE else {},
            copies=walked.copies,
            today=STAGE_START.date(),
        )
    numbers = [number for walked in done for number in walked.paper.issue_numbers]
    assert len(set(numbers)) == len(numbers) == sum(walked.copies for walked in done)
    assert len({walked.paper.application_id for walked in done}) == len(done)
    hall.settled()
    assert sorted(hall.books.charges()) == sorted(w.paper.fee_total for w in done if w.paid)
    states = {a.application_id: a.state for a in hall.books.applications()}
    assert states == {w.paper.application_id: "handed_over" if w.paid else "cancelled" for w in done}
    assert sorted(hall.books.issue_numbers()) == sorted(numbers)
    assert hall.incidents() == []
    assert not [event for event in hall.events if event.kind == "internal_error"]


DISASTERS = [
    ("issuing.swap_record", "六甲翠のカード", RESIDENCE, 1, True, OF_ANOTHER),
    ("issuing.swap_record", "六甲翠のカード", SEAL, 1, False, OF_ANOTHER),
    ("issuing.swap_record", "港太一のカード", RESIDENCE, 2, False, OF_ANOTHER),
    ("issuing.swap_sheet", "港太一のカード", RESIDENCE, 1, True, OF_ANOTHER),
    ("issuing.swap_sheet", "六甲翠のカード", SEAL, 2, False, OF_ANOTHER),
    ("issuing.swap_sheet", "六甲翠のカード", RESIDENCE, 3, True, OF_ANOTHER),
    ("issuing.wrong_kind", "港太一のカード", SEAL, 1, False, {"kind"}),
    ("issuing.wrong_kind", "六甲翠のカード", RESIDENCE, 1, True, {"kind"}),
    ("issuing.wrong_answers", "港太一のカード", RESIDENCE, 1, False, {"answers on a sheet"}),
    ("issuing.wrong_answers", "港太一のカード", RESIDENCE, 2, True, {"answers on a sheet"}),
    ("issuing.wrong_municipality", "六甲翠のカード", SEAL, 1, False, {"municipality"}),
    ("issuing.wrong_copies", "六甲翠のカード", SEAL, 2, False, {"copies"}),
    ("issuing.wrong_fee", "六甲翠のカード", RESIDENCE, 1, True, {"fee"}),
    ("issuing.hidden_number", "港太一のカード", RESIDENCE, 1, True, {"個人番号 on a sheet"}),
]


@pytest.mark.parametrize(
    ("fault", "card", "kind", "copies", "household", "details", "blind"),
    part([(*case, blind) for case in DISASTERS for blind in (False, True)], 3),
)
def test_a_disaster_at_the_issuing_server_reaches_nobody(
    hall: Hall, fault: str, card: str, kind: str, copies: int, household: bool, details: set[str], blind: bool
) -> None:
    """The centre stops it; with the centre blind, the terminal does. Others at the same time get their own papers."""
    cards = load_cards(hall.template)
    if blind:
        hall.servers.fault_on("center.skip_binding", {})
    hall.servers.fault_on(fault, {"times": 1})
    victim, other = hall.visitor(STORE), hall.visitor(SECOND)
    try:
        with pytest.raises(Failed, match="Binding_Mismatch") as caught:
            numbers = fault == "issuing.hidden_number"
            victim.paper(cards[card], kind, copies=copies, household=household, numbers=numbers)
        assert caught.value.facts["detail"] in details
        paper = other.paper(cards["垂水健吾のカード"], RESIDENCE)
        other.tell(paper, ReportKind.PAID, paper.fee_total)
    finally:
        victim.close()
        other.close()
    Town.load(shipped_town(), shipped_town()).check(
        paper.sheets, ["垂水健吾"], kind="住民票の写し", options=OPTIONS, copies=1, today=STAGE_START.date()
    )
    hall.settled()
    assert hall.books.charges() == [paper.fee_total]
    assert hall.incidents() == ([] if blind else ["centre: Binding_Mismatch"])
    told = {str(caught.value.facts["application_id"]), paper.application_id}
    assert {a.application_id for a in hall.books.applications()} == told
