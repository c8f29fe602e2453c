"""What officials change from a day on: it holds from that day, a restart keeps it, and the preview is the paper that is issued then."""

from __future__ import annotations

import base64
import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import pypdfium2
import pytest
from PIL import Image, ImageDraw

from server_stub.interface.values import Place
from server_stub.issuing.app import create_app
from server_stub.issuing.previews import NO_NUMBER
from server_stub.issuing.tenants import HostedMunicipality, IssuingSettings
from tests.issuing.helper import (
    CENTRE_KEY,
    KOBE,
    KOBE_FOLDER,
    MIDORI,
    OPS_KEY,
    PSEUDONYM_SECRET,
    RESIDENCE,
    SEAL,
    TAICHI,
    TownHall,
    refused,
)
from tests.issuing.official import door, facts, failure

FULL = "family_register_full"


@pytest.fixture
def official(hall: TownHall) -> Iterator[httpx.Client]:
    with door(hall) as client:
        yield client


def asked(what: str, begins: str = "2026-06-04", **more: Any) -> dict[str, Any]:
    body = {
        "municipality": KOBE,
        "what": what,
        "begins": begins,
        "operator": "見本　花子",
        "reason": "条例の改正",
    }
    return {**body, **more}


def changed(official: httpx.Client, what: str, **more: Any) -> dict[str, Any]:
    answer = official.post("/ops/v1/setting-changes", json=asked(what, **more))
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


def withdrawn(official: httpx.Client, change: dict[str, Any], municipality: str = KOBE) -> httpx.Response:
    body = {"municipality": municipality, "operator": "見本　花子"}
    return official.post(f"/ops/v1/setting-changes/{change['change_id']}/withdraw", json=body)


def seal_picture(letter: str) -> str:
    """A black 公印 of our own as base64."""
    picture = Image.new("RGB", (300, 300), "white")
    draw = ImageDraw.Draw(picture)
    draw.rectangle((10, 10, 290, 290), outline="black", width=12)
    draw.text((60, 60), letter, fill="black", font_size=160)
    out = io.BytesIO()
    picture.save(out, "PNG")
    return base64.b64encode(out.getvalue()).decode()


def again(hall: TownHall) -> TownHall:
    """The same ledger under a server that was started anew."""
    settings = IssuingSettings(
        ledger_url=hall.ledger_url,
        centre_key=CENTRE_KEY,
        ops_key=OPS_KEY,
        municipalities=(HostedMunicipality(hall.root or KOBE_FOLDER, hall.replica_url, PSEUDONYM_SECRET),),
    )
    return TownHall(hall.context, create_app(hall.context, settings), hall.ledger_url, hall.replica_url, None)


def test_a_fee_holds_from_its_day_on_and_not_before(hall: TownHall, official: httpx.Client) -> None:
    changed(official, "fee", kind=RESIDENCE, fee=400)
    assert hall.offer(MIDORI).fee == 250
    hall.at("2026-06-03 22:59:59")
    assert hall.apply(MIDORI).fee_total == 250
    hall.at("2026-06-04 06:30:00")
    assert hall.offer(MIDORI).fee == 400
    assert refused(lambda: hall.apply(MIDORI)).failure == "Fee_Changed"
    assert hall.apply(MIDORI, fee_total=400).fee_total == 400


def test_a_restart_keeps_what_was_changed(hall: TownHall, official: httpx.Client) -> None:
    changed(official, "fee", kind=RESIDENCE, fee=400)
    hall.at("2026-06-04 10:00:00")
    anew = again(hall)
    assert anew.offer(MIDORI).fee == 400
    anew.service.close()


def test_hours_are_changed_by_their_day(hall: TownHall, official: httpx.Client) -> None:
    changed(official, "hours", kind=RESIDENCE, opens="09:00", closes="12:00")
    hall.at("2026-06-03 13:00:00")
    assert hall.offer(MIDORI).refusal is None
    hall.at("2026-06-04 13:00:00")
    refusal = hall.offer(MIDORI).refusal
    assert refusal is not None and refusal.failure == "Service_Closed_Now"
    assert hall.offer(MIDORI, SEAL).refusal is None


def test_a_closure_stops_from_its_minute_to_its_minute(hall: TownHall, official: httpx.Client) -> None:
    told = {"closed_from": "2026-06-05T12:00:00+09:00", "closed_until": "2026-06-05T14:00:00+09:00"}
    changed(official, "closure", kind=RESIDENCE, **told)
    for moment, failure_ in (("11:59:59", None), ("12:00:00", "Service_Suspended"), ("14:00:00", None)):
        hall.at(f"2026-06-05 {moment}")
        refusal = hall.offer(MIDORI).refusal
        assert (refusal.failure if refusal is not None else None) == failure_, moment
    everything = {"closed_from": "2026-06-06T00:00:00+09:00", "closed_until": "2026-06-07T00:00:00+09:00"}
    change = changed(official, "closure", **everything)
    hall.at("2026-06-06 12:00:00")
    assert refused(lambda: hall.offers(MIDORI)).failure == "Service_Suspended"
    withdrawn(official, change).raise_for_status()
    assert hall.offer(MIDORI).refusal is None


def test_a_family_register_outside_the_office_hours_is_stopped_at_once(
    open_hall: Any, tmp_path: Path
) -> None:
    """In a city that issues them until 23:00."""
    from tests.issuing.helper import edited_municipality

    late = edited_municipality(
        tmp_path / "late",
        (
            r"(service\.family_register_full\].{0,120}?)opens = 09:00:00\ncloses = 17:00:00",
            r"\1opens = 06:30:00\ncloses = 23:00:00",
        ),
    )
    hall = open_hall(root=late)
    hall.at("2026-06-03 18:00:00")

    def offered() -> str | None:
        (offer,) = [o for o in hall.offers(TAICHI, place=Place.DOMICILE).offers if o.kind == FULL]
        return None if offer.refusal is None else offer.refusal.failure

    assert offered() is None
    with door(hall) as official:
        change = changed(
            official, "night_stop", begins="2026-06-03", kind=FULL, opens="09:00", closes="17:00"
        )
        assert offered() == "Service_Closed_Now"
        withdrawn(official, change).raise_for_status()
        assert offered() is None


def test_a_proxy_signs_for_his_period_and_the_mayor_again_after_it(
    hall: TownHall, official: httpx.Client
) -> None:
    changed(
        official, "proxy", begins="2026-06-04", until="2026-06-05", title="神戸市長職務代理者　神戸市副市長",
        mayor="標本　次郎",
    )  # fmt: skip
    signers = []
    for day in (3, 4, 5, 6):
        hall.at(f"2026-06-0{day} 10:00:00")
        text = "".join(hall.text(hall.apply(MIDORI)))
        signers.append("職務代理者" in text and "標本次郎" in text)
        assert ("見本太郎" in text) is not signers[-1]
    assert signers == [False, True, True, False]


@pytest.mark.parametrize("kind", [RESIDENCE, SEAL])
def test_a_preview_is_the_paper_that_is_issued_after_the_day(
    hall: TownHall, official: httpx.Client, kind: str
) -> None:
    """But for the random part of the 発行番号, which no preview has: signer, 公印, date and all else, to the pixel."""
    changed(official, "certifier", title="神戸市長", mayor="架空　三郎", kind=kind)
    draft = asked("seal", seal_png=seal_picture("A"), kind=kind, seal_mm=20)
    body = {"municipality": KOBE, "kind": kind, "person_key": MIDORI, "day": "2026-06-04", "change": draft}
    answer = official.post("/ops/v1/previews", json=body)
    assert (answer.status_code, answer.headers["content-type"]) == (200, "application/pdf")
    assert hall.service.ledger.applications() == ()
    changed(official, "seal", **{k: draft[k] for k in ("seal_png", "kind", "seal_mm")})
    hall.at("2026-06-04 10:00:00")
    members = {} if kind == SEAL else {"members": (MIDORI,)}
    first = {question.code: question.default for question in hall.offer(MIDORI, kind).questions}
    offer = hall.offer(MIDORI, kind)
    from server_stub.interface.offers import Scope

    scope = Scope.HOLDER if Scope.HOLDER in offer.scopes else offer.scopes[0]
    issued = base64.b64decode(hall.apply(MIDORI, kind, scope=scope, answers=first, **members).pdf)
    shown, paper = drawn(answer.content), drawn(issued)
    assert len(shown) == len(paper)
    for (preview, text), (real, its_text) in zip(shown, paper, strict=True):
        assert NO_NUMBER in text and NO_NUMBER not in its_text
        assert "架空" in text or len(shown) > 1
        assert len(text) == len(its_text)
        mask = [one == other for one, other in zip(text, its_text, strict=True)]
        assert mask.count(False) <= 14, "only the random part differs"
        assert np.array_equal(preview, real)


def drawn(pdf: bytes) -> list[tuple[Any, str]]:
    """Each page as a picture without the line of the 発行番号 (at the upper right), and its text."""
    found = []
    document = pypdfium2.PdfDocument(pdf)
    for page in document:
        picture = np.array(page.render(scale=2).to_pil().convert("L"))
        height = picture.shape[0]
        picture[int(height * 9 / 297) : int(height * 18 / 297), picture.shape[1] // 2 :] = 255
        found.append((picture, page.get_textpage().get_text_bounded()))
    return found


WRONG: tuple[tuple[str, dict[str, Any], str], ...] = (
    ("fee", {"kind": RESIDENCE, "fee": 255}, "fee"),
    ("fee", {"kind": "passport", "fee": 250}, "passport"),
    ("hours", {"kind": RESIDENCE, "opens": "17:00", "closes": "09:00"}, "closes"),
    ("certifier", {"title": "神戸市長", "mayor": "\ue000"}, ""),
    ("seal", {"seal_png": base64.b64encode(b"no picture").decode()}, "seal"),
    ("seal", {"seal_png": ""}, "seal"),
)
NOT_WHOLE = (
    asked("fee", kind=RESIDENCE), asked("fee", fee=250), asked("proxy", title="長", mayor="名"),
    asked("closure"), asked("mayor"), asked("fee", kind=RESIDENCE, fee=250, until="2026-06-03"),
)  # fmt: skip


def test_a_change_that_would_not_hold_is_refused(hall: TownHall, official: httpx.Client) -> None:
    for what, more, field in WRONG:
        answer = official.post("/ops/v1/setting-changes", json=asked(what, **more))
        assert failure(answer) == (422, "Change_Wrong"), what
        assert field in facts(answer)["field"]
    for body in NOT_WHOLE:
        answer = official.post("/ops/v1/setting-changes", json=body)
        assert failure(answer) == (422, "Request_Malformed"), body
    hall.at("2026-06-04 10:00:00")
    assert hall.offer(MIDORI).fee == 250, "nothing of it was kept"
    assert official.get("/ops/v1/setting-changes", params={"municipality": KOBE}).json()["changes"] == []


def test_nothing_is_changed_from_a_day_that_has_passed(official: httpx.Client) -> None:
    answer = official.post(
        "/ops/v1/setting-changes", json=asked("fee", begins="2026-06-02", kind=RESIDENCE, fee=300)
    )
    assert failure(answer) == (422, "Change_Too_Late")


def test_a_change_is_withdrawn_once(hall: TownHall, official: httpx.Client) -> None:
    change = changed(official, "fee", kind=RESIDENCE, fee=400)
    assert failure(withdrawn(official, change, "09202")) == (404, "Change_Unknown"), "another town's official"
    withdrawn(official, change).raise_for_status()
    assert failure(withdrawn(official, change)) == (404, "Change_Unknown")
    hall.at("2026-06-04 10:00:00")
    assert hall.offer(MIDORI).fee == 250


def test_one_that_is_in_force_ends_with_yesterday_and_stays_true_of_before(
    hall: TownHall, official: httpx.Client
) -> None:
    change = changed(official, "fee", kind=RESIDENCE, fee=400)
    hall.at("2026-06-06 10:00:00")
    withdrawn(official, change).raise_for_status()
    assert hall.offer(MIDORI).fee == 250

    def fee_on(day: str) -> int:
        told = official.get("/ops/v1/settings", params={"municipality": KOBE, "day": day}).json()
        return int(next(one["fee"] for one in told["kinds"] if one["kind"] == RESIDENCE))

    assert [fee_on(f"2026-06-0{day}") for day in (3, 4, 5, 6)] == [250, 400, 400, 250]


def test_of_two_changes_of_the_same_the_later_one_counts(hall: TownHall, official: httpx.Client) -> None:
    changed(official, "fee", kind=RESIDENCE, fee=400)
    changed(official, "fee", kind=RESIDENCE, fee=500)
    hall.at("2026-06-04 10:00:00")
    assert hall.offer(MIDORI).fee == 500
