"""PDF連携: what the existing system makes is the paper of データ連携, or is refused by name before anybody pays."""

from __future__ import annotations

import base64
import io
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import pikepdf
import pypdfium2
import pytest

from server_stub.existing_system.faults import OVERTAKEN, SPOILED
from server_stub.interface.existing_system import OfferRequest, PaperAnswer
from server_stub.interface.failures import Failed
from server_stub.interface.issuing import IssuedPaper
from server_stub.interface.offers import Scope
from server_stub.interface.values import Place
from server_stub.registry.replica import Replica
from tests.existing_system.hall import (
    HARUKA,
    KUMI,
    TOMI,
    Hall,
    InProcess,
    everything,
    in_process,
    texts,
    town_of,
)
from tests.issuing.helper import refused

TAX, RESIDENCE = "tax", "residence"


@pytest.fixture(scope="module")
def by_pdf(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hall]:
    """Every kind of the city by PDF連携."""
    folder = tmp_path_factory.mktemp("pdf")
    town = town_of(folder, link="pdf_link")
    hall = Hall(folder, town, in_process(folder / "existing", town))
    yield hall
    hall.close()


@pytest.fixture(scope="module")
def by_data(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hall]:
    """Every kind of the city by データ連携."""
    folder = tmp_path_factory.mktemp("data")
    hall = Hall(folder, town_of(folder, link="data_link"), None)
    yield hall
    hall.close()


@pytest.fixture
def system(by_pdf: Hall) -> Iterator[InProcess]:
    assert isinstance(by_pdf.system, InProcess)
    system = by_pdf.system
    yield system
    system.faults.clear()
    system.spoil, system.spoil_offer = (lambda answer: answer), (lambda answer: answer)


def test_every_kind_is_offered_and_printed_alike_under_both_links(by_pdf: Hall, by_data: Hall) -> None:
    """Letter for letter, for everybody with a card and all that they can choose; only the 発行番号 is another one."""
    made = list(everything(by_pdf))
    assert made == list(everything(by_data))
    kinds = {kind for _, kind, _, _ in made}
    assert kinds == set(by_pdf.town.municipality.kinds), "each kind of the city is among them"
    for person, kind, place, scope in made:
        offers = [hall.offers(person, place)[kind] for hall in (by_pdf, by_data)]
        assert offers[0].model_dump(exclude={"hours"}) == offers[1].model_dump(exclude={"hours"})
        asked = by_data.request(person, kind, place, scope=scope)
        papers = [_outcome(hall, asked) for hall in (by_pdf, by_data)]
        assert papers[0] == papers[1], (person, kind, scope)


def _outcome(hall: Hall, asked: object) -> object:
    try:
        paper: IssuedPaper = hall.service.issue(asked)  # type: ignore[arg-type]
    except Failed as failed:
        return failed.failure
    told = paper.model_dump(exclude={"pdf", "generation"})
    letters = []
    for page, text in zip(told["pages"], texts(paper), strict=True):
        number = page.pop("issue_number")
        assert text.count(number) == 1
        letters.append(Counter(text.replace(number, "")))
    return told, letters


def test_the_number_stands_where_it_stands_under_data_link(by_pdf: Hall, by_data: Hall) -> None:
    """On the common form: the same line, the same right edge, to half a millimetre (its letters are random)."""
    places = []
    for hall in (by_pdf, by_data):
        paper = hall.service.issue(hall.request(TOMI, TAX))
        places.append(_where(paper, paper.pages[0].issue_number))
    assert places[0][1:] == pytest.approx(places[1][1:], abs=1.5)


def _where(paper: IssuedPaper, word: str) -> tuple[float, float, float, float]:
    document = pypdfium2.PdfDocument(base64.b64decode(paper.pdf))
    text = document[0].get_textpage()
    found = text.search(word).get_next()
    assert found is not None
    first, last = text.get_charbox(found[0]), text.get_charbox(found[0] + len(word) - 1)
    return first[0], first[1], last[2], last[3]


def test_each_copy_has_its_own_number_drawn_on_it(by_pdf: Hall) -> None:
    paper = by_pdf.service.issue(by_pdf.request(TOMI, TAX, copies=2))
    numbers = [page.issue_number for page in paper.pages]
    assert len(set(numbers)) == 2
    assert [number in text for number, text in zip(numbers, texts(paper), strict=True)] == [True, True]


def test_a_repeated_application_gives_the_same_paper(by_pdf: Hall) -> None:
    asked = by_pdf.request(TOMI, TAX)
    assert by_pdf.service.issue(asked) == by_pdf.service.issue(asked)


def test_the_replica_has_no_record_of_a_kind_that_the_existing_system_makes(
    by_pdf: Hall, by_data: Hall
) -> None:
    def records(hall: Hall) -> int:
        replica = Replica(hall.url)
        try:
            with replica.open_generation() as reader:
                return len(reader.records("tax_record"))
        finally:
            replica.close()

    assert records(by_pdf) == 0 < records(by_data)


# --- what is wrong with a paper -------------------------------------------------------------------------------------------

MISMATCH, WRONG = "Binding_Mismatch", "Existing_System_Answer_Wrong"
CAUGHT = {
    "existing_system.swap": (MISMATCH, "title"),
    "existing_system.wrong_kind": (MISMATCH, "title"),
    "existing_system.wrong_municipality": (MISMATCH, "who certifies"),
    "existing_system.extra_sheet": (MISMATCH, "number of sheets"),
    "existing_system.no_sample": (WRONG, "not marked"),
    "existing_system.torn": (WRONG, "no readable PDF"),
    "existing_system.encrypted": (WRONG, "encrypted"),
    "existing_system.script": (WRONG, "/OpenAction"),
    "existing_system.wrong_size": (WRONG, "Paper_Format_Wrong"),
    "existing_system.no_fonts": (WRONG, "font not embedded"),
}


@pytest.mark.parametrize("fault", [name for name in SPOILED if name != "existing_system.huge"])
def test_a_spoiled_paper_is_refused_by_its_name_and_leaves_nothing(
    by_pdf: Hall, system: InProcess, fault: str
) -> None:
    """What it declares stays right: each is read off the PDF. (`huge` is a matter of the wire.)"""
    failure, detail = CAUGHT[fault]
    asked = by_pdf.request(TOMI, TAX)
    system.faults.switch_on(fault)
    failed = refused(lambda: by_pdf.service.issue(asked))
    assert (failed.failure, failed.facts["detail"]) == (failure, detail)
    assert by_pdf.service.ledger.application(asked.application_id) is None
    system.faults.clear()
    assert by_pdf.service.issue(asked).holder == by_pdf.identities[TOMI]


def test_a_strangers_paper_of_the_same_title_is_known_by_its_name(by_pdf: Hall, system: InProcess) -> None:
    asked = by_pdf.request(TOMI, RESIDENCE, scope=Scope.CHOSEN)
    system.faults.switch_on("existing_system.swap")
    failed = refused(lambda: by_pdf.service.issue(asked))
    assert (failed.failure, failed.facts["detail"]) == (MISMATCH, "name")


def test_the_paper_of_the_application_before_is_nobodys(by_pdf: Hall, system: InProcess) -> None:
    """横浜 2023: the next one who asks gets what was made for the one before."""
    by_pdf.service.issue(by_pdf.request(HARUKA, TAX))
    asked = by_pdf.request(TOMI, TAX)
    system.faults.switch_on(OVERTAKEN)
    assert refused(lambda: by_pdf.service.issue(asked)).failure == MISMATCH


def test_whoever_was_not_asked_for_may_not_be_on_the_paper(by_pdf: Hall, system: InProcess) -> None:
    """A paper of the whole household, declared as that of the one member who was asked for."""
    whole = by_pdf.request(KUMI, RESIDENCE, scope=Scope.WHOLE)
    one = by_pdf.request(KUMI, RESIDENCE, scope=Scope.CHOSEN)
    kept: list[PaperAnswer] = []
    system.spoil = lambda answer: kept.append(answer) or answer  # type: ignore[func-returns-value]
    by_pdf.service.issue(whole)
    (household,) = kept
    with pikepdf.open(io.BytesIO(base64.b64decode(household.pdf))) as paper:
        assert len(paper.pages) > 1, "one sheet a member"
    system.spoil = lambda answer: answer.model_copy(update={"pdf": household.pdf})
    failed = refused(lambda: by_pdf.service.issue(one))
    assert (failed.failure, failed.facts["detail"]) == (MISMATCH, "number of sheets")


def changed(answer: PaperAnswer, change: Callable[[pikepdf.Pdf], None]) -> PaperAnswer:
    with pikepdf.open(io.BytesIO(base64.b64decode(answer.pdf))) as paper:
        change(paper)
        stream = io.BytesIO()
        paper.save(stream)
    return answer.model_copy(update={"pdf": base64.b64encode(stream.getvalue()).decode()})


def test_a_stranger_below_the_right_person_is_seen(by_pdf: Hall, system: InProcess) -> None:
    """Another person's whole front under the right one, on the same sheet."""
    kept: list[PaperAnswer] = []
    system.spoil = lambda answer: kept.append(answer) or answer  # type: ignore[func-returns-value]
    by_pdf.service.issue(by_pdf.request(HARUKA, TAX))
    with pikepdf.open(io.BytesIO(base64.b64decode(kept[0].pdf))) as strange:

        def add(paper: pikepdf.Pdf) -> None:
            paper.pages[0].add_overlay(strange.pages[0])

        system.spoil = lambda answer: changed(answer, add)
        failed = refused(lambda: by_pdf.service.issue(by_pdf.request(TOMI, TAX)))
    assert (failed.failure, failed.facts["detail"]) == (MISMATCH, "somebody else")


def test_a_paper_with_something_in_the_numbers_place_is_refused(by_pdf: Hall, system: InProcess) -> None:
    """What the issuing server draws would lie over it, and nobody could read which is the number."""
    kept: list[PaperAnswer] = []
    system.spoil = lambda answer: kept.append(answer) or answer  # type: ignore[func-returns-value]
    numbered = by_pdf.service.issue(by_pdf.request(TOMI, TAX))
    system.spoil = lambda answer: answer.model_copy(update={"pdf": numbered.pdf})
    failed = refused(lambda: by_pdf.service.issue(by_pdf.request(TOMI, TAX)))
    assert (failed.failure, failed.facts["detail"]) == (WRONG, "place of 発行番号")


@pytest.mark.parametrize(
    ("told", "detail"),
    [
        ({"request_id": "0" * 26}, "request"),
        ({"kind": "residence"}, "kind or municipality"),
        ({"municipality": "28100"}, "kind or municipality"),
    ],
)
def test_an_answer_to_something_else_is_refused(
    by_pdf: Hall, system: InProcess, told: dict[str, str], detail: str
) -> None:
    system.spoil = lambda answer: answer.model_copy(update=told)
    failed = refused(lambda: by_pdf.service.issue(by_pdf.request(TOMI, TAX)))
    assert (failed.failure, failed.facts["detail"]) == (MISMATCH, detail)


def test_a_holder_of_another_name_than_the_replicas_is_offered_nothing(
    by_pdf: Hall, system: InProcess
) -> None:
    system.spoil_offer = lambda answer: answer.model_copy(
        update={"subjects": tuple(one.model_copy(update={"name": "見本　違子"}) for one in answer.subjects)}
    )
    refusal = by_pdf.offers(TOMI)[TAX].refusal
    assert refusal is not None and refusal.failure == WRONG


def test_nothing_but_the_kinds_of_pdf_link_is_made_there(tmp_path: Path) -> None:
    town = town_of(tmp_path)
    system = in_process(tmp_path / "existing", town)
    hall = Hall(tmp_path, town, system)
    try:
        day = hall.clock.now().date()
        asked = OfferRequest(kind=RESIDENCE, person=TOMI, place=Place.ADDRESS, day=day)
        assert refused(lambda: system.service.offer(asked)).failure == "Service_Not_Offered"
    finally:
        hall.close()


# --- hours ----------------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def minato(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hall]:
    """The city as it is: only its tax certificates by PDF連携; its existing system is open from 7:00 to 21:00."""
    folder = tmp_path_factory.mktemp("minato")
    town = town_of(folder)
    hall = Hall(folder, town, in_process(folder / "existing", town))
    yield hall
    hall.close()


@pytest.mark.parametrize(
    ("moment", "failure"),
    [
        ("2026-06-03 06:45:00", "Existing_System_Closed"),
        ("2026-06-03 07:00:00", None),
        ("2026-06-03 20:59:59", None),
        ("2026-06-03 21:00:00", "Existing_System_Closed"),
        ("2026-06-03 22:59:59", "Existing_System_Closed"),
    ],
)
def test_the_nearer_of_both_hours_counts(minato: Hall, moment: str, failure: str | None) -> None:
    minato.at(moment)
    offers = minato.offers(TOMI)
    refusal = offers[TAX].refusal
    assert (refusal.failure if refusal is not None else None) == failure
    if refusal is not None:
        assert refusal.facts == {"kind": TAX, "opens": "7:00", "closes": "21:00"}
    assert offers[RESIDENCE].refusal is None, "made here of the replica"
    assert offers[TAX].hours["ja"] == "7:00〜21:00"


def test_at_the_services_own_night_that_is_the_reason(minato: Hall) -> None:
    minato.at("2026-06-03 23:30:00")
    assert refused(lambda: minato.offers(TOMI)).failure == "Service_Closed_Now"


@pytest.mark.parametrize(
    ("edit", "field"),
    [
        ((r"\[existing_system\].*\n(?:.*\n){3}", "\n"), "existing_system"),
        (
            (r"^opens = 07:00:00\ncloses = 21:00:00", "opens = 02:00:00\ncloses = 05:00:00"),
            "service.tax.link",
        ),
        ((r"^closes = 21:00:00", "closes = 06:00:00"), "existing_system.closes"),
        ((r'^link = "pdf_link"', 'link = "pdf"'), "service.tax.link"),
    ],
)
def test_settings_that_no_paper_could_be_had_by_are_refused(
    tmp_path: Path, edit: tuple[str, str], field: str
) -> None:
    failed = refused(lambda: town_of(tmp_path, edits=(edit,)))
    assert (failed.failure, failed.facts["field"]) == ("Settings_Wrong", field)
