"""④ 住登外戸籍の利用登録: an official lists the applicants, searches the registers, compares and links; another municipality's does not."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from server_stub.interface.registration import RegistrationState
from server_stub.node import serve
from server_stub.operations import DoorAddress, Hosted, IssuingDoor
from server_stub.operations.rights import PersonalField, Role
from tests.operations.hall import Hall, Official, Page
from tests.registration.hall import KUMI_REGISTER, MEMBER, MINATO, OPS_KEY, REGISTER, WATARU
from tests.registration.hall import Hall as Issuing

ELSEWHERE = "48201"


class Town:
    """The issuing server of 湊市 with its applications, and the console in front of it."""

    def __init__(self, folder: Path, template: Path) -> None:
        (folder / "issuing").mkdir()
        (folder / "console").mkdir()
        self.issuing = Issuing(folder / "issuing")
        self._node = serve(self.issuing.app)
        door = DoorAddress(self._node.base_url, OPS_KEY)
        self.console = Hall(
            folder / "console",
            template,
            sites=(IssuingDoor((MINATO, ELSEWHERE), door),),
            municipalities=(
                Hosted(MINATO, "湊市", "白砂県", "見本データセンター"),
                Hosted(ELSEWHERE, "みどり市", "青葉県", "見本データセンター"),
            ),
        )

    def official(self, municipality: str = MINATO, *roles: Role) -> Official:
        fields = (PersonalField.DOMICILE,)
        return self.console.officials.as_role(
            *(roles or (Role.REGISTRATION,)), municipality=municipality, fields=fields
        )

    def state(self, application: str) -> RegistrationState:
        return self.issuing.registrations.show(application).entry.state

    def log(self, municipality: str = MINATO) -> list[tuple[str, str, str]]:
        entries = self.console.console.log.entries(municipality, limit=100)
        return [(one["act"], one["detail"], one["outcome"]) for one in entries]

    def close(self) -> None:
        self.console.close()
        self._node.stop()


@pytest.fixture(scope="module")
def _town(tmp_path_factory: pytest.TempPathFactory, empty_console: Path) -> Iterator[Town]:
    made = Town(tmp_path_factory.mktemp("minato"), empty_console)
    yield made
    made.close()


@pytest.fixture
def town(_town: Town) -> Town:
    _town.console.reset()
    _town.issuing.empty()
    return _town


def found_by_certificate(official: Official, path: str) -> Page:
    shown = official.get(path)
    asked = {name: shown.fields[name] for name in ("name", "birth")}
    return official.post(f"{path}/search", **asked, sex="", register_number="")


def test_who_agrees_with_the_register_is_found_and_linked(town: Town) -> None:
    application = town.issuing.apply().application_id
    path, official = f"/registrations/{application}", town.official()
    assert path in official.get("/registrations").links
    found = found_by_certificate(official, path)
    assert "1人が見つかりました" in found.text and REGISTER in found.text
    assert "不一致" not in found.text.replace("一致しない項目は、色と「不一致」の文字で示します。", "")
    compared = official.post(f"{path}/compare", register_number=REGISTER, member=str(MEMBER))
    assert compared.text.count("一致") == 4 and "不一致" not in compared.text
    assert compared.text.count("比較できない") == 1  # 性別: no 戸籍 has it
    linked = official.post(f"{path}/link", register_number=REGISTER, member=str(MEMBER), note="")
    assert linked.location == path
    assert town.state(application) is RegistrationState.USABLE
    assert "利用可能" in official.get(path).text
    assert ("登録", "戸籍との紐付け（一致しない項目：なし）") in [(act, told) for act, told, _ in town.log()]


def test_what_differs_is_highlighted_and_needs_a_reason(town: Town) -> None:
    """渡す字が異体字でも、隠さずに示す。"""
    application = town.issuing.apply(replace(WATARU, name="海埜　渉")).application_id
    path, official = f"/registrations/{application}", town.official()
    compared = official.post(f"{path}/compare", register_number=REGISTER, member=str(MEMBER))
    assert "不一致" in compared.text and "「野」の別の字形・異体字です" in compared.text
    told = {"register_number": REGISTER, "member": str(MEMBER)}
    refused = official.post(f"{path}/link", **told, note="")
    assert refused.status == 422 and "同じ人と判断した理由を入力してください" in refused.text
    assert town.state(application) is RegistrationState.RECEIVED
    official.post(f"{path}/link", **told, note="本人に電話で確認", accepted="yes")
    assert town.state(application) is RegistrationState.USABLE


def test_a_register_of_others_shows_every_member_as_different(town: Town) -> None:
    application = town.issuing.apply().application_id
    found = town.official().post(
        f"/registrations/{application}/search", name="", sex="", birth="", register_number=KUMI_REGISTER
    )
    assert found.text.count("不一致") > 3


def test_a_search_without_birth_date_and_register_is_asked_again(town: Town) -> None:
    application = town.issuing.apply().application_id
    found = town.official().post(
        f"/registrations/{application}/search", name="海野　渉", sex="", birth="", register_number=""
    )
    assert found.status == 422 and "生年月日か戸籍の番号を入力してください。" in found.text


def test_a_rejection_has_a_public_text_and_an_own_note(town: Town) -> None:
    accepted = town.issuing.apply()
    path, official = f"/registrations/{accepted.application_id}", town.official()
    missing = official.post(f"{path}/reject", public_text="", reject_note="")
    assert missing.status == 422 and town.state(accepted.application_id) is RegistrationState.RECEIVED
    official.post(f"{path}/reject", public_text="本籍の町名を確認してください。", reject_note="戸籍なし")
    assert town.state(accepted.application_id) is RegistrationState.REJECTED
    assert town.issuing.status(accepted.number).message == {"ja": "本籍の町名を確認してください。"}
    assert "戸籍なし" in official.get(path).text


def test_a_usable_registration_can_be_ended(town: Town) -> None:
    application = town.issuing.apply().application_id
    town.issuing.link(application)
    town.official().post(f"/registrations/{application}/end", end_note="本人の申出")
    assert town.state(application) is RegistrationState.ENDED


def test_another_municipality_does_not_know_the_application(town: Town) -> None:
    """By no address and by no act, though the same issuing server has it."""
    application = town.issuing.apply().application_id
    path, stranger = f"/registrations/{application}", town.official(ELSEWHERE)
    assert stranger.get("/registrations").text.count("海野") == 0
    told = {"register_number": REGISTER, "member": str(MEMBER), "note": "", "accepted": "yes"}
    for page in (
        stranger.get(path),
        stranger.post(f"{path}/search", **told),
        stranger.post(f"{path}/compare", **told),
        stranger.post(f"{path}/link", **told),
        stranger.post(f"{path}/review"),
        stranger.post(f"{path}/reject", public_text="", reject_note="x"),
        stranger.post(f"{path}/end", end_note="x"),
    ):
        nobodys = stranger.get("/registrations/01ZZZZZZZZZZZZZZZZZZZZZZZZ")
        assert (page.status, page.heading) == (nobodys.status, nobodys.heading) == (404, nobodys.heading)
        assert "海野" not in page.text
    assert town.state(application) is RegistrationState.RECEIVED


def test_who_may_not_see_the_domicile_is_not_shown_it(town: Town) -> None:
    application = town.issuing.apply().application_id
    blind = town.console.officials.as_role(Role.REGISTRATION, municipality=MINATO)
    shown = blind.get(f"/registrations/{application}").text
    assert "港町" not in shown and "表示できません" in shown


def test_an_applicants_number_finds_the_application_and_stands_in_no_log(town: Town) -> None:
    accepted = town.issuing.apply()
    number, path = accepted.number.reveal(), f"/registrations/{accepted.application_id}"
    official = town.official()
    for entered in (number, "-".join(number[at : at + 4] for at in range(0, 16, 4))):
        found = official.post("/search", number=entered)
        assert path in found.links and "受付" in found.text
    nobodys = number[:-2] + f"{(int(number[-2]) + 1) % 10}" + number[-1]
    assert path not in official.post("/search", number=nobodys).links
    assert path not in town.official(ELSEWHERE).post("/search", number=number).links
    assert all(number not in detail for _, detail, _ in town.log())
