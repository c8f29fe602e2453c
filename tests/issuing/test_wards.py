"""The 区長 of a 政令指定都市: each ward and kind has its own, from a day on; and the messages of 利用登録 from a day on."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import pytest

from server_stub.interface.failures import Failed
from server_stub.interface.offers import Scope
from server_stub.interface.values import Place
from server_stub.municipalities import load_municipality, municipality_problems
from tests.issuing.helper import (
    KOBE,
    KOBE_FOLDER,
    MIDORI,
    RESIDENCE,
    SEAL,
    TAICHI,
    TownHall,
    edited_municipality,
    refused,
    register,
)
from tests.issuing.official import door, facts, failure
from tests.issuing.test_setting_changes import asked, changed, drawn, seal_picture, withdrawn

CHUO, NADA = "28110", "28102"
FULL = "family_register_full"
HEAD = {"title": "神戸市中央区長", "mayor": "区長　花子"}


@pytest.fixture
def official(hall: TownHall) -> Iterator[httpx.Client]:
    with door(hall) as client:
        yield client


def ward_in_delivery(person: str) -> str:
    """The ward's name, by the code that the existing system delivers."""
    names = {"102": "灘区", "105": "兵庫区", "106": "長田区", "109": "北区", "110": "中央区", "111": "西区"}
    return names[register()[person]["行政区コード"]]


def paper(hall: TownHall, person: str, kind: str = RESIDENCE, **more: Any) -> str:
    return "".join(hall.text(hall.apply(person, kind, **more)))


def somebody_elsewhere() -> str:
    return next(
        one for one in (MIDORI, "0000100301", "0000100401", "0000100901") if ward_in_delivery(one) != "中央区"
    )


def test_the_head_of_a_ward_certifies_there_from_the_day_and_nowhere_else(
    hall: TownHall, official: httpx.Client
) -> None:
    changed(official, "certifier", ward=CHUO, kind=RESIDENCE, **HEAD)
    there, elsewhere = TAICHI, somebody_elsewhere()
    assert ward_in_delivery(there) == "中央区"
    signers = []
    for day in (3, 4):
        hall.at(f"2026-06-0{day} 10:00:00")
        for person, kind in ((there, RESIDENCE), (elsewhere, RESIDENCE), (there, SEAL)):
            text = paper(hall, person, kind)
            signers.append("中央区長" in text and "区長花子" in text)
            assert ("見本太郎" in text) is not signers[-1]
    assert signers == [False, False, False, True, False, False]


def test_a_register_is_certified_by_the_ward_of_its_domicile(hall: TownHall, official: httpx.Client) -> None:
    """His 本籍 and his address are both there; the 附票 says that he has lived in another ward."""
    changed(official, "certifier", ward=CHUO, **HEAD)
    hall.at("2026-06-04 10:00:00")
    (offer,) = [one for one in hall.offers(TAICHI, place=Place.DOMICILE).offers if one.kind == FULL]
    request = hall.request(
        TAICHI, FULL, place=Place.DOMICILE, scope=Scope.WHOLE, fee_total=offer.fee, answers={}
    )
    everybody = request.application.model_copy(update={"subjects": offer.possible(Scope.WHOLE)})
    issued = hall.service.issue(request.model_copy(update={"application": everybody}))
    assert "区長花子" in "".join(hall.text(issued))


def test_of_a_ward_the_most_particular_certifier_counts(hall: TownHall, official: httpx.Client) -> None:
    changed(official, "certifier", kind=SEAL, title="神戸市長", mayor="印鑑　専用")
    changed(official, "certifier", ward=CHUO, **HEAD)
    changed(
        official,
        "proxy",
        ward=CHUO,
        kind=SEAL,
        until="2026-06-04",
        title="神戸市中央区長職務代理者",
        mayor="代理　次郎",
    )
    changed(official, "seal", ward=CHUO, kind=SEAL, seal_png=seal_picture("D"), seal_mm=20)
    told = official.get("/ops/v1/settings", params={"municipality": KOBE, "day": "2026-06-04"}).json()
    of = {
        one["kind"]: (one["certifier_name"], [w["certifier_name"] for w in one["wards"]])
        for one in told["kinds"]
    }
    assert of[SEAL] == ("印鑑　専用", ["代理　次郎"])
    assert of[RESIDENCE] == ("見本　太郎", ["区長　花子"])
    later = official.get("/ops/v1/settings", params={"municipality": KOBE, "day": "2026-06-05"}).json()
    assert [one["wards"][0]["certifier_name"] for one in later["kinds"] if one["kind"] == SEAL] == [
        "区長　花子"
    ]
    assert {one["code"]: one["name"] for one in told["wards"]}[CHUO] == "中央区"


@pytest.mark.parametrize("kind", [RESIDENCE, SEAL])
def test_the_preview_of_a_ward_is_the_paper_that_is_issued_after_the_day(
    hall: TownHall, official: httpx.Client, kind: str
) -> None:
    changed(official, "certifier", ward=CHUO, kind=kind, **HEAD)
    draft = asked("seal", seal_png=seal_picture("C"), ward=CHUO, kind=kind, seal_mm=20)
    shown = {}
    for person in (TAICHI, somebody_elsewhere()):
        body = {
            "municipality": KOBE,
            "kind": kind,
            "person_key": person,
            "day": "2026-06-04",
            "change": draft,
        }
        answer = official.post("/ops/v1/previews", json=body)
        assert answer.status_code == 200, answer.text
        shown[person] = drawn(answer.content)
    changed(official, "seal", **{k: draft[k] for k in ("seal_png", "ward", "kind", "seal_mm")})
    hall.at("2026-06-04 10:00:00")
    for person, preview in shown.items():
        offer = hall.offer(person, kind)
        scope = Scope.HOLDER if Scope.HOLDER in offer.scopes else offer.scopes[0]
        members = {} if scope is not Scope.HOLDER or kind == SEAL else {"members": (person,)}
        first = {question.code: question.default for question in offer.questions}
        issued = hall.apply(person, kind, scope=scope, answers=first, **members)
        for (early, text), (real, _) in zip(preview, drawn(base64.b64decode(issued.pdf)), strict=True):
            assert ("花子" in text) is (person == TAICHI) or len(preview) > 1
            assert np.array_equal(early, real), person


WRONG: tuple[tuple[dict[str, Any], str, str], ...] = (
    ({"ward": "28199", **HEAD}, "ward", "中央区"),
    ({"ward": NADA, **HEAD}, "ward.28102.certifier.title", "灘区"),
    ({"ward": NADA, "kind": "passport", **HEAD}, "passport", ""),
)


def test_a_wrong_ward_is_refused_by_its_name(hall: TownHall, official: httpx.Client) -> None:
    for more, field, expected in WRONG:
        answer = official.post("/ops/v1/setting-changes", json=asked("certifier", **more))
        assert failure(answer) == (422, "Change_Wrong"), more
        assert field in facts(answer)["field"] and expected in facts(answer)["expected"]
    answer = official.post("/ops/v1/setting-changes", json=asked("fee", kind=RESIDENCE, fee=300, ward=CHUO))
    assert failure(answer) == (422, "Request_Malformed")
    hall.at("2026-06-04 10:00:00")
    assert "見本太郎" in paper(hall, TAICHI)


def test_a_place_in_no_known_ward_is_certified_by_nobody(open_hall: Any, tmp_path: Path) -> None:
    """A delivery has a ward that the settings have not: rather no paper than one of the wrong 区長."""
    root = edited_municipality(
        tmp_path / "city",
        (r'28110 = \{ name = "中央区" \}\n', ""),
        (
            r'28102 = \{ name = "灘区" \}',
            '28102 = { name = "灘区", certifier = { title = "神戸市灘区長", mayor = "灘　子" } }',
        ),
    )
    hall = open_hall(root=root)
    told = refused(lambda: hall.apply(TAICHI))
    assert (told.failure, told.facts["kind"]) == ("Ward_Unknown", RESIDENCE)
    with door(hall) as official:
        body = {"municipality": KOBE, "kind": RESIDENCE, "person_key": TAICHI, "day": "2026-06-03"}
        assert failure(official.post("/ops/v1/previews", json=body)) == (409, "Ward_Unknown")


@pytest.mark.parametrize(
    ("ward", "field"),
    [
        ('{ name = "灘区", certifier = { title = "神戸市北区長", mayor = "北　子" } }', "ward.28102.certifier.title"),
        ('{ name = "灘区", certifier = { mayor = "灘　子" } }', "ward.28102.certifier.title"),
        ('{ name = "灘区", certifier = { title = "神戸市灘区長" } }', "ward.28102.certifier.mayor"),
        ('{ name = "中央区" }', "ward.28102.name"),
        ('{ name = "灘区", service.pension.certifier = { title = "灘区長" } }', "ward.28102.service.pension"),
        ('{ name = "灘区", mayor = "灘　子" }', "ward.28102.mayor"),
        ('{ name = "灘区", certifier = { title = "灘区長", mayor = "名", seal = "none.png" } }', "ward.28102.certifier.seal"),
    ],
)  # fmt: skip
def test_a_ward_that_is_set_wrongly_is_named(tmp_path: Path, ward: str, field: str) -> None:
    root = edited_municipality(tmp_path / "city", (r'28102 = \{ name = "灘区" \}', f"28102 = {ward}"))
    with pytest.raises(Failed) as caught:
        load_municipality(root)
    assert caught.value.failure == "Settings_Wrong" and str(caught.value.facts["field"]).startswith(field)
    assert any(str(one.facts["field"]).startswith(field) for one in municipality_problems(root))


def test_a_place_is_found_with_and_without_the_prefecture() -> None:
    kobe = load_municipality(KOBE_FOLDER)
    for place in ("兵庫県神戸市北区見本町一丁目", "神戸市北区見本町一丁目"):
        assert kobe.ward_of(place) == "28109"
    for place in ("兵庫県足利市北区見本町", "北区見本町", "兵庫県神戸市見本町北区", ""):
        assert kobe.ward_of(place) is None


# --- messages of 利用登録 -----------------------------------------------------------------------------------------------------


def test_a_message_is_changed_from_its_day_and_the_preview_tells_it_word_for_word(
    hall: TownHall, official: httpx.Client
) -> None:
    text = {
        "ja": "受け付けました。{most}営業日以内に審査します。",
        "en": "Received. We decide within {most} business days.",
    }
    draft = asked("message", message="received", **text)
    body = {"municipality": KOBE, "day": "2026-06-04", "change": draft}
    shown = {
        one["message"]: one["told"]
        for one in official.post("/ops/v1/message-previews", json=body).json()["messages"]
    }
    assert shown["received"]["ja"] == "受け付けました。5営業日以内に審査します。"
    assert shown["usable"]["ja"].startswith("利用登録が完了しております。")
    kept = changed(official, "message", message="received", **text)

    def told(day: int) -> dict[str, str]:
        terms = hall.service._tenants.get(KOBE).municipality.on(date(2026, 6, day)).registration
        assert terms is not None
        return terms.words(terms.received)

    assert told(3)["ja"].startswith("申請を受け付けました。")
    assert told(4) == shown["received"]
    withdrawn(official, kept).raise_for_status()
    assert told(4) == told(3)


def test_a_message_that_nobody_could_read_is_refused(official: httpx.Client) -> None:
    answer = official.post(
        "/ops/v1/setting-changes", json=asked("message", message="usable", ja=" ", en="Done.")
    )
    assert failure(answer) == (422, "Change_Wrong")
    assert facts(answer)["field"].endswith("registration.usable.ja")
