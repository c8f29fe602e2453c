"""One application is one application, however often it is sent; and no paper that is not this holder's."""

from __future__ import annotations

import copy
import hashlib
import io
import json
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pikepdf
import pytest
from fastapi import Response
from sqlalchemy import insert
from sqlalchemy.exc import IntegrityError

from server_stub.center.tables import sheets
from server_stub.interface.failures import Failed
from server_stub.interface.terminal import SignedManifest
from tests.center.fake_issuing import BOX, SUBJECTS, blank_pages, with_fronts
from tests.center.world import SECOND_KEY, World, refused, until, wait_for

KEY = "visit-0001"


def test_the_same_request_again_gets_the_same_answer_and_no_second_paper(world: World) -> None:
    session_id = world.known_session()
    first = world.apply(session_id, idempotency=KEY)
    again = world.apply(session_id, idempotency=KEY)
    assert first.raise_for_status().content == again.raise_for_status().content
    assert len(world.issuing.requests) == 1


def test_another_request_under_the_same_key_is_a_conflict(world: World) -> None:
    session_id = world.known_session()
    world.apply(session_id, idempotency=KEY).raise_for_status()
    refused(world.apply(session_id, idempotency=KEY, copies=2, fee_total=600), "Idempotency_Conflict")
    other = world.known_session()
    refused(world.apply(other, idempotency=KEY), "Idempotency_Conflict")
    assert len(world.issuing.requests) == 1


def test_two_terminals_may_happen_to_use_the_same_key(world: World) -> None:
    one = world.manifest(world.apply(world.known_session(), idempotency=KEY))
    two = world.manifest(world.apply(world.known_session(SECOND_KEY), idempotency=KEY, key=SECOND_KEY))
    assert one.application_id != two.application_id


def test_a_repetition_while_the_paper_is_being_made_waits_for_the_same_answer(world: World) -> None:
    session_id = world.known_session()
    go_on = threading.Event()
    world.issuing.before_answer = lambda: wait_for(go_on)
    answers: list[bytes] = []
    threads = [
        threading.Thread(
            target=lambda: answers.append(world.apply(session_id, idempotency=KEY).raise_for_status().content)
        )
        for _ in range(5)
    ]
    for thread in threads:
        thread.start()
    until(lambda: world.issuing.requests)
    go_on.set()
    for thread in threads:
        thread.join(10)
    assert len(answers) == 5
    assert len(set(answers)) == 1
    assert len(world.issuing.requests) == 1


def test_a_refusal_is_repeated_too_and_a_new_key_is_a_new_application(world: World) -> None:
    session_id = world.known_session()
    world.issuing.refusal = Failed("Fee_Changed", fee_total=400)
    assert refused(world.apply(session_id, idempotency=KEY), "Fee_Changed") == {"fee_total": 400}
    world.issuing.refusal = None
    assert refused(world.apply(session_id, idempotency=KEY), "Fee_Changed") == {"fee_total": 400}
    assert world.apply(session_id).status_code == 200


def test_what_the_issuing_server_refused_needs_no_report_and_is_cancelled(world: World) -> None:
    session_id = world.known_session()
    world.issuing.refusal = Failed("Service_Closed_Now")
    refused(world.apply(session_id), "Service_Closed_Now")
    (cancelled,) = world.happened("cancelled")
    assert world.state(cancelled["application_id"]) == "cancelled"
    assert not world.center.outbox.pending()


@pytest.mark.parametrize(
    ("answer", "failure"),
    [
        (Response(status_code=503), "Issuing_Unreachable"),
        (Response("<html>", status_code=502), "Issuing_Unreachable"),
        (Response("<html>", status_code=404), "Answer_Malformed"),
        (Response('{"failure": "Nobody_Knows", "facts": {}}', status_code=409), "Answer_Malformed"),
        (Response('{"failure": "Card_Pin_Wrong", "facts": {}}', status_code=409), "Answer_Malformed"),
        (Response("{}", status_code=200), "Answer_Malformed"),
        (Response("", status_code=204), "Answer_Malformed"),
    ],
)
def test_where_the_issuing_server_may_have_made_paper_it_is_told_that_nobody_gets_it(
    world: World, answer: Response, failure: str
) -> None:
    session_id = world.known_session()
    world.issuing.answer = answer
    refused(world.apply(session_id), failure)
    world.issuing.answer = None
    told = world.issuing.wait_for_reports(1)
    (cancelled,) = world.happened("cancelled")
    assert [(ref, report.kind, report.reason) for ref, report in told] == [
        (cancelled["application_id"], "cancelled", failure)
    ]


def test_only_what_was_offered_can_be_applied_for(world: World) -> None:
    session_id = world.known_session()
    refused(world.apply(session_id, municipality="09202"), "Option_Not_Allowed")
    refused(world.apply(session_id, kind="seal_registration"), "Service_Not_Offered")
    refused(world.apply(session_id, subjects=["c" * 32]), "Member_Not_In_Household")
    refused(world.apply(session_id, copies=11, fee_total=3300), "Copies_Out_Of_Range")
    assert not world.issuing.requests
    chosen = world.manifest(world.apply(session_id, scope="chosen", subjects=[SUBJECTS[1].ref]))
    assert [sheet.subjects for sheet in chosen.sheets] == [(SUBJECTS[1].ref,)]


def test_an_offer_that_was_refused_stays_refused(world: World) -> None:
    world.issuing.offer_refusal = Failed("Household_Member_Restricted")
    refused(world.apply(world.known_session()), "Household_Member_Restricted")
    assert not world.issuing.requests


def _set(path: str, value: Any) -> Callable[[dict[str, Any]], None]:
    def change(paper: dict[str, Any]) -> None:
        target: Any = paper
        *parents, last = path.split(".")
        for part in parents:
            target = target[int(part) if part.isdigit() else part]
        target[last] = value

    return change


SWAPS = {
    "the record of another holder": _set("holder.reference", "f" * 64),
    "the paper of another application": _set("application_id", "0" * 26),
    "a stranger on the second sheet": _set("pages.1.subjects", ["e" * 32]),
    "a stranger besides": _set("pages.0.subjects", ["a" * 32, "e" * 32]),
    "somebody missing": _set("pages.1.subjects", ["a" * 32]),
    "another fee": _set("fee_total", 600),
    "another kind": _set("kind", "seal_registration"),
    "another municipality": _set("municipality", "09202"),
    "an item that was not asked for": _set("pages.1.answers.relationship", "yes"),
    "an item that nobody can ask for": _set("pages.0.answers", {"relationship": "partly", "my_number": "no"}),
    "an answer missing": _set("pages.0.answers", {"relationship": "no"}),
    "an answer to no question": _set(
        "pages.0.answers", {"relationship": "no", "my_number": "no", "height": "no"}
    ),
    "a 個人番号 that was not asked for": _set("pages.0.secret_boxes", [BOX.model_dump()]),
    "sheets in another order": _set("pages.0.k", 2),
    "a sheet of another copy": _set("pages.1.copy_number", 2),
    "another issue number on the second sheet": _set("pages.1.issue_number", "X"),
}


@pytest.mark.parametrize("swap", SWAPS)
def test_paper_that_is_not_exactly_this_holders_is_an_incident_and_ends_the_session(
    world: World, swap: str
) -> None:
    session_id = world.known_session()
    world.issuing.change = SWAPS[swap]
    refused(world.apply(session_id), "Binding_Mismatch")
    (incident,) = world.center.incidents.of()
    assert (incident.name, incident.noticed_by, incident.terminal_id) == ("Binding_Mismatch", "centre", "T1")
    assert world.state(incident.application_id) == "cancelled"
    assert [data["application_id"] for data in world.happened("incident")] == [incident.application_id]
    world.issuing.change = lambda paper: None
    refused(world.apply(session_id), "Session_Not_Valid")
    told = world.issuing.wait_for_reports(1)
    assert told[0][1].kind == "cancelled"


def more_copies(number: int) -> Callable[[dict[str, Any]], None]:
    def change(paper: dict[str, Any]) -> None:
        paper["pages"] = [paper["pages"][0] | {"copy_number": copy} for copy in range(1, number + 1)]

    return change


def every_page(**told: Any) -> Callable[[dict[str, Any]], None]:
    return lambda paper: [page.update(told) for page in paper["pages"]] and None


@pytest.mark.parametrize(
    "change",
    [
        more_copies(100),
        more_copies(500),
        every_page(copy_number=100),
        every_page(issue_number=""),
        every_page(issue_number="\u3000 "),
        lambda paper: paper.update(
            pages=[
                page
                | {"subjects": [f"{person:064x}" for person in range(200)], "copy_number": 1 + page["k"] % 99}
                for page in paper["pages"] * 100
            ]
        ),
    ],
    ids=[
        "100 copies",
        "500 copies",
        "the 100th copy",
        "no number",
        "a blank number",
        "too long to be signed",
    ],
)
def test_a_paper_that_no_manifest_can_tell_of_is_malformed(
    world: World, change: Callable[[dict[str, Any]], None]
) -> None:
    world.issuing.change = change
    world.faults.switch_on("center.skip_binding")
    refused(world.apply(world.known_session()), "Answer_Malformed")


def test_printing_again_closes_no_incident(world: World) -> None:
    world.issuing.change = SWAPS["the record of another holder"]
    refused(world.apply(world.known_session()), "Binding_Mismatch")
    world.issuing.change = lambda paper: None
    again = world.prepared()
    world.report(again.application_id, "paid", amount=300).raise_for_status()
    world.report(again.application_id, "handed_over").raise_for_status()
    assert len(world.center.incidents.of()) == 1


def test_a_bad_centre_can_be_made_to_let_a_swap_through_for_the_terminal_to_find(world: World) -> None:
    world.faults.switch_on("center.skip_binding")
    world.issuing.change = SWAPS["the record of another holder"]
    assert world.prepared().holder.reference == "f" * 64


def test_a_bad_centre_can_be_made_to_tamper_with_the_manifest(world: World) -> None:
    session_id = world.known_session()
    world.faults.switch_on("center.tamper_manifest", {"times": 1})
    signed = SignedManifest.model_validate_json(world.apply(session_id, idempotency=KEY).content)
    assert json.loads(signed.text)["holder"]["reference"] == "0" * 64
    with pytest.raises(Failed, match="Manifest_Invalid"):
        world.manifest(_as_response(signed))
    assert world.manifest(world.apply(session_id, idempotency=KEY)).holder == world.card.identity


def _as_response(signed: SignedManifest) -> httpx.Response:
    return httpx.Response(200, json=signed.model_dump(), request=httpx.Request("POST", "http://centre"))


def test_a_bad_centre_can_be_made_to_corrupt_a_sheet(world: World) -> None:
    manifest = world.prepared()
    good = world.sheet(manifest.application_id, 1).content
    world.faults.switch_on("center.corrupt_sheet", {"times": 1})
    bad = world.sheet(manifest.application_id, 1).content
    assert len(bad) == len(good)
    assert bad != good
    assert world.sheet(manifest.application_id, 1).content == good


def test_a_sheet_that_does_not_exist_is_named(world: World) -> None:
    manifest = world.prepared()
    refused(world.sheet(manifest.application_id, 3), "Request_Not_Found")
    refused(world.sheet(manifest.application_id, 0), "Request_Malformed")
    refused(world.sheet("0" * 26, 1), "Application_Unknown")


def test_no_sheet_is_ever_overwritten(world: World) -> None:
    manifest = world.prepared()
    row = {"application_id": manifest.application_id, "number": 1, "body": b"another"}
    with pytest.raises(IntegrityError), world.center.database.write() as connection:
        connection.execute(insert(sheets).values(**row))


def test_a_front_that_is_no_pdf_stops_the_application(world: World, tmp_path: Path) -> None:
    with world.other_centre(tmp_path):
        for pdf, failure in (
            ("AAAA", "Paper_Corrupt"),
            ("AAA", "Answer_Malformed"),
            (blank_pages(3), "Paper_Corrupt"),
        ):
            world.issuing.change = _set("pdf", pdf)
            refused(world.apply(world.known_session()), failure)
        told = world.issuing.wait_for_reports(3)
        assert [report.kind for _, report in told] == ["cancelled"] * 3


def test_sheets_are_finished_by_the_paper_room(world: World, tmp_path: Path) -> None:
    world.issuing.change = with_fronts
    with world.other_centre(tmp_path):
        manifest = world.prepared()
        for entry in manifest.sheets:
            body = world.sheet(manifest.application_id, entry.number).raise_for_status().content
            assert hashlib.sha256(body).hexdigest() == entry.sha256
            with pikepdf.open(io.BytesIO(body)) as pdf:
                assert len(pdf.pages) == 2
                keywords = json.loads(str(pdf.docinfo["/Keywords"]))
            assert keywords == {
                "application": manifest.application_id, "copy": [1, 1], "sheet": [entry.k, 2],
                "subjects": list(entry.subjects), "kind": "residence", "municipality": "28100", "fee": 300,
                "answers": {"relationship": "no", "my_number": "no"}, "boxes": [],
            }  # fmt: skip


@pytest.mark.attack
@pytest.mark.parametrize(
    ("what", "detail"),
    [("the other member", "name"), ("sheets in reverse", "name"), ("another copy", "issue number"), ("another kind", "title")],
)  # fmt: skip
def test_fronts_that_are_not_what_is_declared_of_them_are_an_incident(
    world: World, tmp_path: Path, what: str, detail: str
) -> None:
    """Everything is declared as it was asked for; only the fronts are others. No sheet is finished."""

    def change(paper: dict[str, Any]) -> None:
        made = copy.deepcopy(paper)
        for page in made["pages"]:
            if what == "the other member":
                page["subjects"] = [SUBJECTS[0].ref]
            if what == "another copy":
                page["issue_number"] = "N9"
        if what == "sheets in reverse":
            made["pages"].reverse()
        with_fronts(made, title="印鑑登録証明書" if what == "another kind" else "住民票の写し")
        paper["pdf"] = made["pdf"]

    world.issuing.change = change
    with world.other_centre(tmp_path):
        facts = refused(world.apply(world.known_session()), "Binding_Mismatch")
    assert facts["detail"] == detail


def test_a_number_that_was_asked_for_is_told_and_one_that_is_not_is_missed(world: World) -> None:
    asked = {"relationship": "no", "my_number": "yes"}
    manifest = world.manifest(world.apply(world.known_session(), answers=asked))
    assert [len(entry.secret_boxes) for entry in manifest.sheets] == [1, 1]
    world.issuing.change = _set("pages.1.secret_boxes", [])
    facts = refused(world.apply(world.known_session(), answers=asked), "Binding_Mismatch")
    assert facts["detail"] == "個人番号 on a sheet"


@pytest.mark.parametrize(
    "changes",
    [{"answers": {"relationship": "no"}}, {"answers": {"relationship": "no", "my_number": "perhaps"}},
     {"scope": "whole", "subjects": ["a" * 32]}, {"scope": "holder", "subjects": ["a" * 32]},
     {"scope": "chosen", "subjects": ["a" * 32, "a" * 32]}],
)  # fmt: skip
def test_a_paper_for_a_request_that_no_offer_admits_is_an_incident(
    world: World, changes: dict[str, Any]
) -> None:
    """An issuing server must refuse such a request; one that makes the paper all the same is not believed."""
    refused(world.apply(world.known_session(), **changes), "Binding_Mismatch")
