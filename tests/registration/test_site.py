"""The status site over HTTP: what it tells and what it never does, and how far guessing gets."""

from __future__ import annotations

import re
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta

import httpx
import pytest

from server_stub.interface.failures import Failed
from server_stub.interface.registration import grouped, number_of
from server_stub.sites import Limits
from server_stub.sites.app import StatusSite
from tests.registration.hall import MINATO
from tests.registration.nodes import Nodes

A_STRANGERS = [number_of(MINATO, 10**9 + guess).reveal() for guess in range(400)]


def ask(nodes: Nodes, number: str, language: str = "ja") -> httpx.Response:
    return nodes.web.post(f"/{language}/status", data={"number": number})


def words(response: httpx.Response) -> str:
    main = response.text.partition("<main")[2]
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", main))


def test_each_state_is_told_in_the_words_of_the_municipality(nodes: Nodes) -> None:
    _, received = nodes.apply()
    number = grouped(received.number).reveal()
    page = ask(nodes, number)
    assert page.status_code == 200
    assert f"申請番号 {number} ステータス 審査中" in words(page)
    assert "白砂県湊市から次のメッセージを受信しました。" in words(page)
    assert "利用者登録申請の審査中です。" in words(page) and "登録完了日" not in words(page)
    nodes.hall.at("2026-06-09 11:00:00")
    nodes.hall.link(received.application_id)
    usable = words(ask(nodes, number))
    assert "ステータス 利用可能 登録完了日 令和8年6月9日" in usable
    assert "利用登録が完了しております。本籍地の証明書交付サービスをご利用いただけます。" in usable
    english = words(ask(nodes, number, "en"))
    assert "Status Ready to use Registered on 9 June 2026" in english
    assert "Message from Minato City, Shirasuna: Your registration is complete." in english


def test_a_rejection_tells_the_public_text_and_nothing_else(nodes: Nodes) -> None:
    _, received = nodes.apply()
    nodes.hall.reject(received.application_id, "本籍の番地を<確認>してください。")
    page = ask(nodes, received.number.reveal())
    assert "ステータス 却下" in words(page)
    assert "本籍の番地を&lt;確認&gt;してください。" in page.text
    assert "電話で本人に確認済み" not in page.text
    for own in ("海野", "港町", "楠町", "1979", "090-0000-0000", received.application_id):
        assert own not in page.text
    english = ask(nodes, received.number.reveal(), "en")
    assert '<p class="message" lang="ja">' in english.text


def test_a_number_that_is_nobodys_is_told_so(nodes: Nodes) -> None:
    page = ask(nodes, A_STRANGERS[0])
    assert page.status_code == 404 and "ステータス 該当なし" in words(page)
    assert (
        "入力された申請番号に対する申請がありません。申請番号を確認いただくか、再度、戸籍証明書交付の利用登録申請を行ってください。"
        in words(page)
    )
    elsewhere = ask(nodes, number_of("13103", 5).reveal())
    assert words(elsewhere).replace(grouped(number_of("13103", 5)).reveal(), "") == words(page).replace(
        "-".join(A_STRANGERS[0][at : at + 4] for at in range(0, 16, 4)), ""
    )


def test_whether_nobodys_is_told_is_a_switch(nodes: Nodes) -> None:
    quiet = StatusSite(nodes.hall.service._context, replace(nodes.site_settings, show_unknown=False))
    page = quiet.answer(A_STRANGERS[0], "192.0.2.1", "ja")
    body = bytes(page.body).decode()
    assert "該当なし" not in body and "登録状況を表示できません" in body
    quiet.close()


@pytest.mark.parametrize(
    "entered", ["", "1234", "1355-5000-0000-0273", "'; DROP TABLE guesses; --", "９" * 61]
)
def test_what_is_no_number_is_asked_for_again_and_counts_for_nobody(nodes: Nodes, entered: str) -> None:
    page = ask(nodes, entered)
    assert page.status_code == 422
    assert 'role="alert"' in page.text and 'aria-invalid="true"' in page.text
    assert nodes.guesses() == 0


def test_every_answer_has_the_strict_headers_and_no_script(nodes: Nodes) -> None:
    _, received = nodes.apply()
    pages = [
        nodes.web.get(path)
        for path in ("/", "/ja", "/en", "/style.css", "/nothing", "/ja/status", "/openapi.json")
    ]
    pages += [ask(nodes, received.number.reveal()), ask(nodes, "1"), nodes.web.put("/ja")]
    pages.append(nodes.web.post("/ja/status", content=b"x" * 3_000_000))
    for page in pages:
        policy = page.headers["content-security-policy"]
        assert "default-src 'none'" in policy and "script-src" not in policy and "unsafe" not in policy
        assert page.headers["cache-control"] == "no-store" and page.headers["x-frame-options"] == "DENY"
        assert page.headers["referrer-policy"] == "no-referrer"
        assert page.headers["x-content-type-options"] == "nosniff"
        assert "set-cookie" not in page.headers
        assert "<script" not in page.text
        assert not [tag for tag in re.findall(r"<[^>]*>", page.text) if re.search(r"\s(?:on\w+|style)=", tag)]
    assert received.number.reveal() not in str(pages[7].url)
    assert [page.status_code for page in pages[:7]] == [303, 200, 200, 200, 404, 303, 404]


def test_the_language_of_the_browser_decides_where_one_begins(nodes: Nodes) -> None:
    for wished, place in (("ja-JP", "/ja"), ("en-GB,en", "/en"), ("fr", "/ja")):
        assert nodes.web.get("/", headers={"accept-language": wished}).headers["location"] == place


def test_an_issuing_server_that_is_away_is_no_guess(nodes: Nodes) -> None:
    from server_stub.interface.secret import Secret
    from server_stub.sites import SiteServer

    away = replace(
        nodes.site_settings,
        servers=(SiteServer("http://127.0.0.1:9", Secret("whatever key there may be"), (MINATO,)),),
    )
    site = StatusSite(nodes.hall.service._context, away)
    page = site.answer(A_STRANGERS[0], "192.0.2.1", "ja")
    assert page.status_code == 503 and nodes.guesses() == 0
    site.close()


def test_the_key_of_the_site_opens_nothing_else(nodes: Nodes) -> None:
    from tests.registration.hall import CENTRE_KEY, OPS_KEY, SITE_KEY

    issuing = nodes.site_settings.servers[0].base_url
    for key, path, expected in (
        (SITE_KEY, "/v1/municipalities", "Caller_Unknown"),
        (SITE_KEY, "/ops/v1/registrations", "Operator_Unknown"),
        (CENTRE_KEY, "/ops/v1/registrations", "Operator_Unknown"),
    ):
        got = httpx.get(issuing + path, headers={"Authorization": f"Bearer {key.reveal()}"}, trust_env=False)
        assert got.json()["failure"] == expected
    for key in (CENTRE_KEY, OPS_KEY):
        got = httpx.post(
            issuing + "/v1/registration-status",
            headers={"Authorization": f"Bearer {key.reveal()}"},
            json={"number": A_STRANGERS[0]},
            trust_env=False,
        )
        assert got.json()["failure"] == "Caller_Unknown"


# --- guessing ----------------------------------------------------------------------------------------------------------------


def test_all_guesses_of_an_hour_find_less_than_a_thousandth_of_an_application() -> None:
    """Ten random digits: 10 000 000 000 numbers of a municipality."""
    limits = Limits()
    assert limits.overall * limits.most_live / 10_000_000_000 < 0.001
    for more in ({"overall": 500}, {"most_live": 34_000}):
        with pytest.raises(Failed, match="Settings_Wrong"):
            Limits(**more)


def test_each_guess_after_the_first_ones_waits_longer(nodes: Nodes) -> None:
    """Three are free, then 2, 4, 8 … seconds."""
    for guess in range(3):
        assert ask(nodes, A_STRANGERS[guess]).status_code == 404
    waits = []
    for guess in range(3, 6):
        slow = ask(nodes, A_STRANGERS[guess])
        assert slow.status_code == 429
        waits.append(int(slow.headers["retry-after"]))
        assert "秒たってから、もう一度お試しください" in words(slow)
        nodes.forward(timedelta(seconds=waits[-1]))
        assert ask(nodes, A_STRANGERS[guess]).status_code == 404
    assert waits == [2, 4, 8]


def test_an_address_is_locked_for_the_rest_of_the_hour(nodes: Nodes) -> None:
    _, received = nodes.apply()
    for guess in range(10):
        assert ask(nodes, A_STRANGERS[guess]).status_code == 404
        nodes.forward(timedelta(minutes=5))
    locked = ask(nodes, received.number.reveal())
    assert locked.status_code == 429 and "審査中" not in locked.text
    nodes.forward(timedelta(minutes=9))
    assert ask(nodes, received.number.reveal()).status_code == 429
    nodes.forward(timedelta(minutes=1))
    assert ask(nodes, received.number.reveal()).status_code == 200


def test_all_addresses_together_are_locked_and_told_so(nodes: Nodes) -> None:
    site = StatusSite(
        nodes.hall.service._context, replace(nodes.site_settings, limits=Limits(overall=5, free=99))
    )
    _, received = nodes.apply()
    for guess in range(5):
        page = site.answer(A_STRANGERS[guess], f"192.0.2.{guess}", "ja")
        assert page.status_code == 404
    for address in ("192.0.2.9", "2001:db8::1"):
        page = site.answer(received.number.reveal(), address, "ja")
        assert page.status_code == 429
    assert "locked_everybody" in [event.data.get("outcome") for event in nodes.hall.events]
    site.close()


def test_a_network_of_addresses_counts_as_one(nodes: Nodes) -> None:
    site = StatusSite(
        nodes.hall.service._context, replace(nodes.site_settings, limits=Limits(per_address=2, free=99))
    )
    codes = [
        site.answer(A_STRANGERS[guess], f"2001:db8:0:1::{guess:x}", "ja").status_code for guess in range(3)
    ]
    assert codes == [404, 404, 429]
    assert site.answer(A_STRANGERS[3], "2001:db8:0:2::1", "ja").status_code == 404
    site.close()


def test_guesses_at_once_are_no_more_than_guesses_in_turn(nodes: Nodes) -> None:
    site = StatusSite(
        nodes.hall.service._context, replace(nodes.site_settings, limits=Limits(per_address=4, free=99))
    )
    with ThreadPoolExecutor(8) as pool:
        codes = list(
            pool.map(lambda number: site.answer(number, "192.0.2.1", "ja").status_code, A_STRANGERS[:16])
        )
    assert sorted(codes) == [404] * 4 + [429] * 12
    site.close()


def test_who_asks_for_the_own_number_is_never_locked(nodes: Nodes) -> None:
    _, received = nodes.apply()
    assert {ask(nodes, received.number.reveal()).status_code for _ in range(15)} == {200}
    assert nodes.guesses() == 0


def test_neither_address_nor_number_is_kept_or_told(nodes: Nodes) -> None:
    ask(nodes, A_STRANGERS[0])
    body = b"".join(file.read_bytes() for file in nodes.folder.glob("site.db*"))
    assert b"127.0.0.1" not in body and A_STRANGERS[0][5:15].encode() not in body
    told = str([event.data for event in nodes.hall.events if event.source == "site"])
    assert "unknown" in told and "127.0.0.1" not in told and A_STRANGERS[0][5:15] not in told
