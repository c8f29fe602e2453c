"""The node over HTTP, as the centre sees it."""

from __future__ import annotations

import base64
import threading
from collections.abc import Iterator

import httpx
import pypdfium2
import pytest

from server_stub.interface.binding import new_ulid
from server_stub.interface.issuing import IssuedPaper, OfferList, OffersRequest
from server_stub.interface.terminal import ReportKind, ReportTaken, StatusReport
from server_stub.interface.values import MunicipalityList, Place
from server_stub.node import RunningNode
from tests.issuing.helper import CENTRE_KEY, KOBE, MIDORI, NAOKI, STORE, TAICHI, YUNA, TownHall, identity_of


@pytest.fixture
def hall(shared_hall: TownHall) -> TownHall:
    return shared_hall


@pytest.fixture
def nothing_recorded(hall: TownHall) -> Iterator[None]:
    before = hall.service.ledger.applications()
    yield
    assert hall.service.ledger.applications() == before


@pytest.fixture
def centre(node: RunningNode) -> Iterator[httpx.Client]:
    with httpx.Client(
        base_url=node.base_url, headers={"Authorization": f"Bearer {CENTRE_KEY.reveal()}"}, trust_env=False
    ) as client:
        yield client


def body(message: object) -> dict[str, str]:
    return {"content": message.model_dump_json(), "headers": {"Content-Type": "application/json"}}  # type: ignore[attr-defined]


def offers_request(person: str) -> OffersRequest:
    return OffersRequest(holder=identity_of(person), place=Place.ADDRESS, municipality=KOBE, terminal=STORE)


def test_a_whole_visit(hall: TownHall, centre: httpx.Client) -> None:
    hosted = MunicipalityList.model_validate_json(centre.get("/v1/municipalities").content)
    assert [m.code for m in hosted.municipalities] == [KOBE]
    offers = OfferList.model_validate_json(centre.post("/v1/offers", **body(offers_request(MIDORI))).content)
    request = hall.request(MIDORI, fee_total=offers.offers[0].fee)
    paper = IssuedPaper.model_validate_json(centre.post("/v1/applications", **body(request)).content)
    assert len(pypdfium2.PdfDocument(base64.b64decode(paper.pdf))) == len(paper.pages) == 1
    for kind in (ReportKind.PAID, ReportKind.HANDED_OVER):
        report = StatusReport(report_id=new_ulid(hall.clock), kind=kind, at=hall.clock.now(), amount=250)
        answer = centre.post(f"/v1/applications/{paper.application_id}/reports", **body(report))
        assert ReportTaken.model_validate_json(answer.content).state == kind.value


@pytest.mark.usefixtures("nothing_recorded")
@pytest.mark.parametrize("header", [{}, {"Authorization": "Bearer wrong"}, {"Authorization": "Basic eDp5"}])
@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/v1/municipalities"),
        ("POST", "/v1/offers"),
        ("POST", "/v1/applications"),
        ("POST", "/v1/applications/01JZ0000000000000000000000/reports"),
    ],
)
def test_a_caller_without_the_key_is_unknown(
    node: RunningNode, hall: TownHall, method: str, path: str, header: dict[str, str]
) -> None:
    content = hall.request(MIDORI).model_dump_json() if path.endswith("applications") else "{}"
    answer = httpx.request(method, node.base_url + path, content=content, headers=header, trust_env=False)
    assert (answer.status_code, answer.json()["failure"]) == (401, "Caller_Unknown")


def test_a_refusal_is_told_by_its_name_with_its_status(centre: httpx.Client) -> None:
    answer = centre.post("/v1/offers", **body(offers_request(YUNA)))
    assert answer.status_code == 403
    assert answer.json() == {"failure": "Holder_Under_Fifteen", "facts": {"minimum_age": 15}}


def test_a_municipality_that_is_not_hosted_here(centre: httpx.Client) -> None:
    stranger = offers_request(MIDORI).model_copy(update={"municipality": "09202"})
    answer = centre.post("/v1/offers", **body(stranger))
    assert (answer.status_code, answer.json()["failure"]) == (404, "Municipality_Unknown")


@pytest.mark.usefixtures("nothing_recorded")
@pytest.mark.parametrize(
    "change",
    [
        {"received_at": "2026-06-03T10:00:00"},
        {"received_at": "yesterday"},
        {"application_id": "1"},
        {"holder": {"method": "jpki", "reference": "港"}},
        {"unknown": 1},
        {"application": {"kind": "passport", "municipality": KOBE, "copies": 1, "fee_total": 250}},
        {"application": {"kind": "residence", "municipality": KOBE, "copies": 0, "fee_total": 250}},
    ],
)
def test_a_malformed_request_is_refused_and_not_repeated_to_the_caller(
    hall: TownHall, centre: httpx.Client, change: dict[str, object]
) -> None:
    content = hall.request(MIDORI).model_dump(mode="json") | change
    answer = centre.post("/v1/applications", json=content)
    assert (answer.status_code, answer.json()["failure"]) == (422, "Request_Malformed")
    assert all(str(value) not in answer.text for value in change.values() if isinstance(value, str))


def test_a_broken_body_is_malformed(centre: httpx.Client) -> None:
    for content in (b"", b"{", b"\xff\xfe", b"[]", b"null"):
        answer = centre.post("/v1/offers", content=content, headers={"Content-Type": "application/json"})
        assert (answer.status_code, answer.json()["failure"]) == (422, "Request_Malformed"), content


def test_the_openapi_document_names_every_message_and_refusal(centre: httpx.Client) -> None:
    document = centre.get("/openapi.json").json()
    assert set(document["paths"]) == {
        "/ops/v1/stops",
        "/ops/v1/stops/{stop_id}/release",
        "/v1/municipalities",
        "/v1/offers",
        "/v1/ordinance-services",
        "/v1/applications",
        "/v1/applications/{application_id}/reports",
        "/ops/v1/incidents",
        "/ops/v1/in-doubt",
        "/ops/v1/applications/{application_id}",
        "/ops/v1/person-reference",
        "/ops/v1/person-searches",
        "/ops/v1/age-exceptions",
        "/v1/registration-services",
        "/v1/holders",
        "/v1/registrations",
        "/v1/slips",
        "/v1/registration-status",
        "/ops/v1/registrations",
        "/ops/v1/registration-numbers",
        *(
            f"/ops/v1/registrations/{{application_id}}{act}"
            for act in ("", "/search", "/review", "/link", "/reject", "/end")
        ),
        "/ops/v1/restorations",
        "/ops/v1/restorations/{municipality}/confirm",
        "/v1/restorations",
        "/v1/restorations/{restoration_id}/applications",
        "/v1/restorations/{restoration_id}/complete",
        "/ops/v1/alarms",
        "/ops/v1/deliveries",
        "/ops/v1/deliveries/take-back",
        "/ops/v1/delivered-restrictions",
        "/ops/v1/message-previews",
        "/ops/v1/previews",
        "/ops/v1/restriction-targets",
        "/ops/v1/restrictions",
        "/ops/v1/restrictions/{restriction_id}",
        "/ops/v1/restrictions/{restriction_id}/end",
        "/ops/v1/restrictions/{restriction_id}/prolong",
        "/ops/v1/set-aside-rows",
        "/ops/v1/setting-changes",
        "/ops/v1/setting-changes/{change_id}/withdraw",
        "/ops/v1/settings",
        "/v1/applications/{application_id}/standing",
        "/ops/v1/replica-extensions",
        "/ops/v1/statistics",
        "/ops/v1/issues",
        "/ops/v1/issues.jsonl",
        "/ops/v1/disposals",
        "/ops/v1/sample-history",
        "/ops/v1/service-level",
        "/v1/look",
    }
    issue = document["paths"]["/v1/applications"]["post"]
    assert issue["security"] and document["components"]["securitySchemes"]
    assert "Holder_Restricted" in issue["responses"]["403"]["description"]
    assert "Fee_Changed" in issue["responses"]["409"]["description"]
    for messages in ("IssueRequest", "IssuedPaper", "OfferList", "LedgerReport", "FailureBody"):
        assert messages in document["components"]["schemas"]


def test_two_terminals_in_the_same_second_never_get_each_others_paper(
    hall: TownHall, node: RunningNode
) -> None:
    """The clock stands still, so all of it is the same second (and millisecond): 川崎, 高松, 横浜."""
    people = [(MIDORI, "六甲翠", "K-1"), (NAOKI, "御影直樹", "K-2"), (TAICHI, "港太一", "K-3")]
    rounds = 4
    barrier = threading.Barrier(len(people))
    answers: dict[str, list[IssuedPaper]] = {person: [] for person, _, _ in people}

    def stand_at(person: str, terminal: str) -> None:
        with httpx.Client(
            base_url=node.base_url,
            headers={"Authorization": f"Bearer {CENTRE_KEY.reveal()}"},
            trust_env=False,
        ) as client:
            for _ in range(rounds):
                request = hall.request(person, terminal=STORE.model_copy(update={"terminal_id": terminal}))
                barrier.wait()
                answer = client.post("/v1/applications", **body(request), timeout=30)
                paper = IssuedPaper.model_validate_json(answer.content)
                assert paper.application_id == request.application_id
                answers[person].append(paper)

    threads = [threading.Thread(target=stand_at, args=(person, terminal)) for person, _, terminal in people]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    numbers: list[str] = []
    for person, name, terminal in people:
        assert len(answers[person]) == rounds
        for paper in answers[person]:
            text = "".join(hall.text(paper))
            assert name in text
            assert not any(other in text for _, other, _ in people if other != name)
            assert paper.holder == identity_of(person)
            entry = hall.service.ledger.application(paper.application_id)
            assert entry is not None and (entry.terminal_id, entry.holder) == (terminal, identity_of(person))
            numbers += {page.issue_number for page in paper.pages}
    assert len(set(numbers)) == len(numbers) == rounds * len(people)
