"""From an allowed application to paper: fees, copies, members, options, numbers, one generation."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest

from server_stub.certificates.terms import STANDARD_NUMBER, NumberPattern
from server_stub.db import sqlite_url
from server_stub.interface.application_states import State
from server_stub.interface.issuing import IssuedPaper
from server_stub.interface.offers import Scope, Symbol
from server_stub.issuing import service as service_module
from server_stub.issuing.copies import new_issue_numbers
from tests.issuing.helper import (
    KAITO,
    KEN,
    KOBE,
    MAMORU,
    MARIA,
    MIDORI,
    MINAMI,
    NAOKI,
    OSAMU,
    RESIDENCE,
    SEAL,
    STORE,
    TAICHI,
    OpenTownHall,
    TownHall,
    deliver,
    edited_municipality,
    identity_of,
    refused,
)

HOUSEHOLD_OF_SIX = [f"000010010{number}" for number in range(1, 7)]


def test_the_offers_tell_words_fee_hours_questions_and_subjects(hall: TownHall) -> None:
    offers = hall.offers(TAICHI)
    assert (offers.municipality.code, offers.municipality.name) == (KOBE, "神戸市")
    residence, seal = hall.offer(TAICHI), hall.offer(TAICHI, SEAL)
    assert residence.words == {"ja": "住民票の写し", "en": "Residence certificate"}
    assert (residence.fee, residence.max_copies, residence.hours["ja"]) == (250, 10, "6:30〜23:00")
    assert [question.code for question in residence.questions] == ["relationship", "domicile", "my_number"]
    assert [question.words["ja"] for question in residence.questions] == ["続柄", "本籍・筆頭者", "個人番号"]
    for question in residence.questions:
        assert question.default == "no" and question.concerns == ()
        assert [choice.words["ja"] for choice in question.choices] == ["記載する", "記載しない"]
        assert [choice.secret for choice in question.choices] == [question.code == "my_number", False]
    assert residence.scopes == (Scope.WHOLE, Scope.CHOSEN)
    assert residence.whole == {"ja": "世帯全員", "en": "Whole household"}
    assert [s.ref for s in residence.subjects] == [hall.ref(key) for key in HOUSEHOLD_OF_SIX]
    assert [s.holder for s in residence.subjects] == [True] + [False] * 5
    notes = [s.note for s in residence.subjects if s.note is not None]
    assert [note["ja"] for note in notes] == ["世帯主", "妻", "子", "子", "子", "母"]
    assert [note["en"] for note in notes][:3] == ["Head of household", "Wife", "Child"]
    assert residence.subjects[1].name == "港　美波"
    assert [s.ref for s in seal.subjects] == [hall.ref(TAICHI)]
    assert (seal.questions, seal.scopes, seal.symbol) == ((), (Scope.HOLDER,), Symbol.SEAL)


def test_of_who_has_no_domicile_nothing_is_asked_about_it(hall: TownHall) -> None:
    questions = {question.code: question for question in hall.offer(MARIA).questions}
    assert set(questions["domicile"].concerns) == hall.refs(KEN, "0000100403")
    assert questions["my_number"].concerns == ()


def test_a_whole_household_of_six_stands_on_two_sheets(household_hall: TownHall) -> None:
    hall = household_hall
    paper = hall.apply(TAICHI, relationship=True)
    assert [(p.copy_number, p.k, p.n) for p in paper.pages] == [(1, 1, 2), (1, 2, 2)]
    assert hall.subjects(paper) == [hall.refs(*HOUSEHOLD_OF_SIX[:4]), hall.refs(*HOUSEHOLD_OF_SIX[4:])]
    assert paper.holder == identity_of(TAICHI)
    assert len({page.issue_number for page in paper.pages}) == 1
    first, second = hall.text(paper)
    assert "港太一" in first and "港ハツ江" not in first.replace("世帯主港太一", "")
    assert "港ハツ江" in second and "昭和26年2月11日" in second
    for closing in ("世帯全員の住民票の原本と相違ない", "令和8年6月3日", "兵庫県神戸市長"):
        assert closing in second and closing not in first


def test_every_copy_has_its_own_number_and_its_own_sheets(household_hall: TownHall) -> None:
    hall = household_hall
    paper = hall.apply(TAICHI, copies=3)
    assert [(p.copy_number, p.k) for p in paper.pages] == [(c, k) for c in (1, 2, 3) for k in (1, 2)]
    numbers = [page.issue_number for page in paper.pages]
    assert len(set(numbers)) == 3 and numbers[0::2] == numbers[1::2]
    for page, text in zip(paper.pages, hall.text(paper), strict=True):
        assert page.issue_number in text
        assert re.fullmatch(r"28100-20260603(-[2-9A-HJKMNP-TV-Z]{4}){3}", page.issue_number)
    entry = hall.service.ledger.application(paper.application_id)
    assert entry is not None
    assert (entry.state, entry.copies, entry.fee_total, entry.generation) == (State.PREPARED, 3, 750, 1)
    assert (entry.operator, entry.shop, entry.area, entry.terminal_kind) == (
        STORE.operator,
        STORE.shop,
        STORE.area,
        "store",
    )
    copies = hall.service.ledger.copies(paper.application_id)
    assert [copy.issue_number for copy in copies] == numbers[0::2]
    assert [copy.sheets for copy in copies] == [2, 2, 2]
    assert all(set(copy.subjects) == hall.refs(*HOUSEHOLD_OF_SIX) for copy in copies)


@pytest.mark.parametrize("form", ["household", "individual"])
def test_chosen_members_stand_in_the_order_of_the_register(
    hall: TownHall, household_hall: TownHall, form: str
) -> None:
    asked = household_hall if form == "household" else hall
    paper = asked.apply(TAICHI, members=[KAITO, MINAMI])
    minami, kaito = asked.ref(MINAMI), asked.ref(KAITO)
    sheets = [(minami, kaito)] if form == "household" else [(minami,), (kaito,)]
    assert [page.subjects for page in paper.pages] == sheets
    assert paper.holder == identity_of(TAICHI), "the holder is found though not on the paper"
    texts = asked.text(paper)
    assert "世帯の一部" in texts[-1]
    assert not any("港太一" in text or "ミナトタイチ" in text for text in texts)


def test_all_members_chosen_one_by_one_are_the_whole_household(hall: TownHall) -> None:
    paper = hall.apply(NAOKI, members=["0000100302", NAOKI])
    assert "世帯全員" in hall.text(paper)[-1]


@pytest.mark.parametrize(
    ("option", "shown"),
    [
        ("relationship", ["妻", "世帯主港太一"]),
        ("domicile", ["神戸市中央区見本町一丁目1番地"]),
        ("my_number", ["836502228576"]),
    ],
)
def test_an_option_is_on_the_paper_only_if_asked_for(hall: TownHall, option: str, shown: list[str]) -> None:
    (with_it,) = hall.text(hall.apply(TAICHI, members=[MINAMI], **{option: True}))
    (without,) = hall.text(hall.apply(TAICHI, members=[MINAMI]))
    assert all(text in with_it for text in shown)
    assert not any(text in without for text in shown)
    assert with_it.count("【省略】") < without.count("【省略】")


@pytest.mark.parametrize(
    "answers",
    [
        {"relationship": "yes", "domicile": "no"},
        {"relationship": "yes", "domicile": "no", "my_number": "maybe"},
        {"relationship": "yes", "domicile": "no", "my_number": "no", "height": "yes"},
    ],
)
def test_every_question_is_answered_by_one_of_its_choices(hall: TownHall, answers: dict[str, str]) -> None:
    assert refused(lambda: hall.apply(MIDORI, answers=answers)).failure == "Option_Not_Allowed"


def test_the_answer_tells_what_was_rendered(household_hall: TownHall) -> None:
    hall = household_hall
    paper = hall.apply(MARIA, my_number=True)
    assert (paper.kind, paper.municipality, paper.fee_total) == (RESIDENCE, KOBE, 250)
    (page,) = paper.pages
    foreign = {"nationality": "no", "status_of_residence": "no", "card_number": "no"}
    assert page.answers == {"relationship": "no", "domicile": "no", "my_number": "yes", **foreign}
    (alone,) = hall.apply(MARIA, members=[MARIA]).pages
    assert alone.answers == {"relationship": "no", "my_number": "no", **foreign}
    (japanese,) = hall.apply(MARIA, members=[KEN]).pages
    assert japanese.answers == {"relationship": "no", "domicile": "no", "my_number": "no"}
    seal = hall.apply(TAICHI, SEAL)
    assert (seal.kind, seal.pages[0].answers) == (SEAL, {})


def test_the_answer_of_each_sheet_is_about_who_stands_on_it(hall: TownHall) -> None:
    foreign = {"nationality": "no", "status_of_residence": "no", "card_number": "no"}
    pages = hall.apply(MARIA, my_number=True).pages
    own = {hall.ref(MARIA): foreign}
    other = {"domicile": "no"}
    assert [page.answers for page in pages] == [
        {"relationship": "no", "my_number": "yes", **own.get(page.subjects[0], other)} for page in pages
    ]
    assert [page.subjects for page in pages].count((hall.ref(MARIA),)) == 1 and len(pages) == 3


def test_a_household_that_changed_since_it_was_offered_is_refused_by_name(hall: TownHall) -> None:
    gone = refused(lambda: hall.apply(TAICHI, scope=Scope.WHOLE, members=HOUSEHOLD_OF_SIX[:5]))
    assert gone.failure == "Member_Not_In_Household"


def test_where_the_my_numbers_stand_is_told_with_the_page(hall: TownHall, household_hall: TownHall) -> None:
    for asked, boxes in ((household_hall, [4, 2]), (hall, [1] * 6)):
        assert [len(p.secret_boxes) for p in asked.apply(TAICHI, my_number=True).pages] == boxes
        assert [len(p.secret_boxes) for p in asked.apply(TAICHI).pages] == [0 for _ in boxes]


def test_a_foreign_residents_items(hall: TownHall) -> None:
    """What is asked about is printed only if the answer is yes; the number of a card was once printed unasked."""
    items = {
        "nationality": ["ブラジル"],
        "status_of_residence": ["永住者", "無期限", "中長期在留者"],
        "card_number": ["ZZ10000402ZZ"],
    }
    for asked in items:
        (text,) = hall.text(hall.apply(MARIA, members=[MARIA], **{asked: True}))
        for item, values in items.items():
            assert [value in text for value in values] == [item == asked] * len(values)
        assert "1987年2月19日" in text and "北野マリア" in text and "昭和62年" not in text


def test_a_seal_certificate_is_of_the_holder_alone(hall: TownHall) -> None:
    paper = hall.apply(TAICHI, SEAL, copies=2)
    assert hall.subjects(paper) == [hall.refs(TAICHI)] * 2
    assert paper.holder == identity_of(TAICHI)
    assert "登録された印影と相違ない" in hall.text(paper)[0]
    assert hall.apply(TAICHI, SEAL, members=[TAICHI]).pages
    assert refused(lambda: hall.apply(TAICHI, SEAL, members=[MINAMI])).failure == "Member_Not_In_Household"


@pytest.mark.parametrize("option", ["relationship", "domicile", "my_number"])
def test_a_seal_certificate_has_no_options(hall: TownHall, option: str) -> None:
    strange = refused(lambda: hall.apply(TAICHI, SEAL, **{option: True}))
    assert (strange.failure, strange.facts) == ("Option_Not_Allowed", {"answers": {option: "yes"}})


def test_a_city_may_leave_the_my_number_out(open_hall: OpenTownHall, tmp_path: Path) -> None:
    root = edited_municipality(
        tmp_path, ('"relationship", "domicile", "my_number"', '"relationship", "domicile"')
    )
    strict = open_hall(root=root)
    assert [question.code for question in strict.offer(MIDORI).questions] == ["relationship", "domicile"]
    assert refused(lambda: strict.apply(MIDORI, my_number=True)).failure == "Option_Not_Allowed"
    (page,) = strict.apply(MIDORI, answers={"relationship": "yes", "domicile": "no"}).pages
    assert page.answers == {"relationship": "yes", "domicile": "no"}
    assert open_hall().apply(MIDORI, my_number=True).pages


def test_copies_up_to_the_citys_limit(hall: TownHall) -> None:
    over = refused(lambda: hall.apply(MIDORI, copies=11))
    assert (over.failure, over.facts) == ("Copies_Out_Of_Range", {"copies": 11, "limit": 10})
    assert len(hall.apply(MIDORI, copies=10).pages) == 10


def test_somebody_elses_reference_is_no_member(hall: TownHall) -> None:
    assert refused(lambda: hall.apply(TAICHI, members=[TAICHI, MIDORI])).failure == "Member_Not_In_Household"


@pytest.mark.parametrize(
    ("copies", "confirmed", "fee"), [(1, 200, 250), (2, 250, 500), (1, 0, 250), (1, 300, 250)]
)
def test_another_total_than_the_fee_is_never_charged(
    hall: TownHall, copies: int, confirmed: int, fee: int
) -> None:
    changed = refused(lambda: hall.apply(MIDORI, copies=copies, fee_total=confirmed))
    assert (changed.failure, changed.facts) == ("Fee_Changed", {"fee_total": fee, "confirmed": confirmed})
    assert hall.service.ledger.applications() == ()


def test_a_fee_that_changes_between_offer_and_application_is_told(
    open_hall: OpenTownHall, tmp_path: Path
) -> None:
    """The city has changed its fee, and the server was started again."""
    fee = open_hall().offer(MIDORI).fee
    root = edited_municipality(
        tmp_path, (r"\[service\.residence\]\nfee = 250", "[service.residence]\nfee = 300")
    )
    hall = open_hall(root=root)
    assert refused(lambda: hall.apply(MIDORI, fee_total=fee)).failure == "Fee_Changed"
    assert hall.offer(MIDORI).fee == 300
    assert hall.apply(MIDORI, fee_total=300).fee_total == 300


def test_a_kind_that_the_city_does_not_offer(open_hall: OpenTownHall, tmp_path: Path) -> None:
    root = edited_municipality(tmp_path, (r"\[service\.seal_registration\].*", ""))
    hall = open_hall(root=root)
    assert [offer.kind for offer in hall.offers(MIDORI).offers] == [RESIDENCE]
    assert refused(lambda: hall.apply(MIDORI, SEAL)).failure == "Service_Not_Offered"


def test_one_person_a_sheet_and_one_fee_where_the_city_has_that_form(hall: TownHall) -> None:
    paper = hall.apply(TAICHI)
    assert [set(p.subjects) for p in paper.pages] == [hall.refs(key) for key in HOUSEHOLD_OF_SIX]
    assert [(p.copy_number, p.k, p.n) for p in paper.pages] == [(1, k, 6) for k in range(1, 7)]
    assert len({page.issue_number for page in paper.pages}) == 1
    assert paper.fee_total == 250
    *others, last = hall.text(paper)
    for closing in ("世帯全員の住民票の原本と相違ない", "令和8年6月3日", "神戸市長"):
        assert closing in last and not any(closing in text for text in others)


def test_a_variant_that_the_font_lacks_is_refused_and_nothing_is_kept(hall: TownHall) -> None:
    lacking = refused(lambda: hall.apply(OSAMU))
    assert (lacking.failure, lacking.facts) == ("Character_Not_Printable", {"characters": ["U+845B U+E0100"]})
    assert hall.service.ledger.applications() == ()
    assert hall.apply(MAMORU).pages


def test_a_paper_is_of_one_generation_though_another_is_loaded_meanwhile(
    open_hall: OpenTownHall, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = sqlite_url(tmp_path / "replica.db")
    deliver(url, tmp_path, unlinked=[KEN])
    hall = open_hall(replica=url)
    render = service_module.rendered_with_faults

    def load_then_render(*arguments: object, **named: object) -> object:
        # everybody loses the notice; the paper under way must not notice
        deliver(url, tmp_path, unlinked=HOUSEHOLD_OF_SIX)
        return render(*arguments, **named)  # type: ignore[arg-type]

    monkeypatch.setattr(service_module, "rendered_with_faults", load_then_render)
    paper = hall.apply(TAICHI)
    assert (paper.generation, paper.holder) == (1, identity_of(TAICHI))
    monkeypatch.undo()
    assert refused(lambda: hall.apply(TAICHI)).failure == "Holder_Not_Linked"
    assert hall.apply(MIDORI).generation == 2


def test_issue_numbers_do_not_follow_each_other(hall: TownHall) -> None:
    info, draw = hall.service.municipalities().municipalities[0], hall.service.ledger.draw_numbers
    numbers = new_issue_numbers(NumberPattern(STANDARD_NUMBER), info, date(2026, 6, 3), 200, draw)
    assert len({number[15:] for number in numbers}) == 200
    assert sorted(numbers) != numbers and sorted(numbers, reverse=True) != numbers


Change = Callable[[IssuedPaper], None]


def test_no_person_stands_in_the_ledger_or_in_the_trace(hall: TownHall) -> None:
    events: list[str] = []
    hall.context.trace.subscribe(lambda event: events.append(event.to_line()))
    hall.apply(TAICHI, my_number=True, relationship=True, domicile=True)
    kept = Path(hall.ledger_url.removeprefix("sqlite:///"))
    raw = b"".join(path.read_bytes() for path in kept.parent.glob("ledger.db*")).decode("utf-8", "ignore")
    assert "28100-20260603" in raw, "the check would find what is there"
    for secret in ("港", "太一", "見本町", "0000100101", "507727018413"):
        assert secret not in raw
        assert not any(secret in line for line in events)
    assert any('"prepared"' in line for line in events)
