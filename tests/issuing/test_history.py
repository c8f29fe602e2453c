"""The history of issues over HTTP, against the requests that these tests made themselves."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from server_stub.interface.issuing import IssuedPaper
from server_stub.node import serve
from tests.issuing.helper import (
    KAITO,
    KOBE,
    MIDORI,
    MINAMI,
    NAOKI,
    SEAL,
    STORE,
    TAICHI,
    TownHall,
    open_town_hall,
)
from tests.issuing.test_statistics import OTHER_SHOP, client_of, closed, report

FEE = 250


@pytest.fixture(scope="module")
def made(
    tmp_path_factory: pytest.TempPathFactory, replica_url: str, empty_ledger: Path, patient: Path
) -> tuple[Path, list[IssuedPaper]]:
    """The ledger after seven papers of four people, a day apart: the first two handed over, the third cancelled."""
    hall = open_town_hall(tmp_path_factory.mktemp("papers"), replica_url, root=patient, ledger=empty_ledger)
    papers = []
    for day, (person, kind, copies, terminal) in enumerate(
        [
            (MIDORI, "residence", 2, STORE),
            (NAOKI, SEAL, 1, OTHER_SHOP),
            (MIDORI, SEAL, 1, STORE),
            (TAICHI, "residence", 1, STORE),
            (NAOKI, "residence", 1, OTHER_SHOP),
            (KAITO, "residence", 1, STORE),
            (MIDORI, "residence", 1, OTHER_SHOP),
        ]
    ):
        hall.at(f"2026-06-1{day} 10:00:00")
        papers.append(hall.apply(person, kind, copies=copies, terminal=terminal))
    for paper in papers[:2]:
        report(hall, paper.application_id, "paid", paper.fee_total)
        report(hall, paper.application_id, "handed_over")
    report(hall, papers[2].application_id, "cancelled")
    return closed(hall), papers


@pytest.fixture
def papers(made: tuple[Path, list[IssuedPaper]]) -> list[IssuedPaper]:
    return made[1]


@pytest.fixture
def hall(
    tmp_path: Path, made: tuple[Path, list[IssuedPaper]], replica_url: str, patient: Path
) -> Iterator[TownHall]:
    hall = open_town_hall(tmp_path, replica_url, root=patient, ledger=made[0])
    hall.at("2026-06-17 10:00:00")
    yield hall
    hall.service.close()


@pytest.fixture
def official(hall: TownHall) -> Iterator[httpx.Client]:
    node = serve(hall.app)
    with client_of(node) as client:
        yield client
    node.stop()


def listed(official: httpx.Client, **query: Any) -> list[Any]:
    """All pages, a few entries at a time."""
    found: list[Any] = []
    asked = {"municipality": KOBE, "limit": 2, **query}
    while True:
        page = official.get("/ops/v1/issues", params=asked).raise_for_status().json()
        found += page["issues"]
        if page["next_cursor"] is None:
            return found
        asked["cursor"] = page["next_cursor"]


def ids(entries: list[Any]) -> list[str]:
    return [entry["application_id"] for entry in entries]


def test_what_the_standard_keeps_of_a_paper_is_told(
    hall: TownHall, official: httpx.Client, papers: list[IssuedPaper]
) -> None:
    (entry,) = listed(official, application_id=papers[0].application_id, person_key=MIDORI)
    numbers = sorted({(page.copy_number, page.issue_number) for page in papers[0].pages})
    assert [(copy["copy_number"], copy["issue_number"]) for copy in entry["copies"]] == numbers
    assert (entry["prepared_at"], entry["handed_over_at"]) == (
        "2026-06-10T10:00:00+09:00",
        "2026-06-16T10:00:00+09:00",
    )
    assert (entry["chain"], entry["shop"], entry["area"], entry["terminal_id"]) == (
        "見本マート",
        "見本三宮店",
        KOBE,
        "K-0001",
    )
    assert (entry["kind"], entry["kind_name"], entry["state"], entry["fee_total"]) == (
        "residence",
        "住民票の写し",
        "handed_over",
        2 * FEE,
    )
    assert (entry["paid"], entry["refunded"], entry["applicant"]) == (True, False, True)
    for copy in entry["copies"]:
        assert (copy["sheets"], copy["concerned"], copy["subjects"]) == (1, True, [hall.ref(MIDORI)])
        assert ["本籍・筆頭者", "記載しない"] in [[one[0], one[1]] for one in copy["entries"]] or copy[
            "entries"
        ]
        assert copy["as_of"] is not None and copy["disposals"] == []


def test_a_person_is_found_on_the_papers_of_others_and_as_applicant(
    hall: TownHall, official: httpx.Client, papers: list[IssuedPaper]
) -> None:
    """港太一 and 港海翔 each asked for 世帯全員, on which 港みなみ stands too."""
    of_minami = listed(official, person_key=MINAMI)
    assert ids(of_minami) == [papers[5].application_id, papers[3].application_id]
    assert [entry["applicant"] for entry in of_minami] == [False, False]
    assert [entry["applicant"] for entry in listed(official, person_key=KAITO)] == [True, False]
    assert all(copy["concerned"] for entry in of_minami for copy in entry["copies"])
    alone = hall.apply(TAICHI, members=(MINAMI,))
    (latest, *_) = listed(official, person_key=TAICHI)
    assert ids([latest]) == [alone.application_id]
    assert (latest["applicant"], latest["copies"][0]["concerned"]) == (True, False)
    assert ids(listed(official, person_key=MIDORI)) == [papers[number].application_id for number in (6, 2, 0)]
    assert listed(official, person_key="no such number") == []


def test_pages_hold_everything_once_newest_first(official: httpx.Client, papers: list[IssuedPaper]) -> None:
    assert ids(listed(official)) == [paper.application_id for paper in reversed(papers)]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ({"kind": SEAL}, (2, 1)),
        ({"chain": "ひながたストア"}, (6, 4, 1)),
        ({"chain": "ひながたストア", "kind": SEAL}, (1,)),
        ({"area": "28203", "until": "2026-06-13"}, (1,)),
        ({"terminal_id": "K-0001", "since": "2026-06-12"}, (5, 3, 2)),
        ({"since": "2026-06-11", "until": "2026-06-12"}, (2, 1)),
        ({"state": "cancelled"}, (2,)),
        ({"state": "handed_over"}, (1, 0)),
        ({"state": "prepared", "person_key": MIDORI}, (6,)),
        ({"state": "cancelled", "kind": "residence"}, ()),
        ({"sample": True}, ()),
    ],
)
def test_a_filter_finds_what_it_says(
    official: httpx.Client, papers: list[IssuedPaper], query: dict[str, Any], expected: tuple[int, ...]
) -> None:
    assert ids(listed(official, **query)) == [papers[number].application_id for number in expected]


def test_a_number_leads_to_its_paper(official: httpx.Client, papers: list[IssuedPaper]) -> None:
    number = papers[0].pages[-1].issue_number
    assert ids(listed(official, issue_number=number)) == [papers[0].application_id]
    assert listed(official, issue_number=number + "X") == []


def test_the_export_has_a_line_for_every_copy(official: httpx.Client, papers: list[IssuedPaper]) -> None:
    answer = official.get("/ops/v1/issues.jsonl", params={"municipality": KOBE})
    head, *lines = [json.loads(line) for line in answer.raise_for_status().text.splitlines()]
    assert head["rows"] == len(lines) == 8
    rows = [dict(zip(head["columns"], line, strict=True)) for line in lines]
    numbers = list(dict.fromkeys(page.issue_number for paper in papers for page in paper.pages))
    assert [row["発行番号"] for row in rows] == numbers
    assert [row["手数料（申請）"] for row in rows][:3] == [2 * FEE, 0, FEE]
    assert [row["状態"] for row in rows][:4] == ["交付済み", "交付済み", "交付済み", "取消"]
    assert rows[0]["発行日時"] == "2026-06-10 10:00:00"


def test_a_paper_that_was_destroyed_is_told_with_who_and_why(
    hall: TownHall, official: httpx.Client, papers: list[IssuedPaper]
) -> None:
    number = papers[0].pages[0].issue_number
    disposal = {
        "municipality": KOBE,
        "issue_number": number,
        "operator": "窓口　花子",
        "reason": "印影の欠けた証明書を回収して裁断した",
    }
    official.post("/ops/v1/disposals", json=disposal).raise_for_status()
    (entry,) = listed(official, issue_number=number)
    told = {copy["issue_number"]: copy["disposals"] for copy in entry["copies"]}
    assert [(one["operator"], one["reason"]) for one in told[number]] == [
        (disposal["operator"], disposal["reason"])
    ]
    assert told[papers[0].pages[1].issue_number] == []


def test_a_number_that_no_copy_has_is_not_disposed_of(
    official: httpx.Client, papers: list[IssuedPaper]
) -> None:
    disposal = {"municipality": KOBE, "issue_number": "28100-0", "operator": "窓口", "reason": "誤り"}
    answer = official.post("/ops/v1/disposals", json=disposal)
    assert (answer.status_code, answer.json()["failure"]) == (404, "Issue_Number_Unknown")
