"""A tester's own test card: pinned, linked to a fictional person, and a visit with it from beginning to end.

The cards stand in for real ones: virtual, of authorities that call themselves as the real hierarchies do.
"""

from __future__ import annotations

import base64
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from cryptography import x509

from cards.errors import CardError
from cards.foreign import ForeignAuthority
from cards.pcscd import PrivatePcscd
from cards.personalise import personalise
from cards.profiles.loader import load_profile
from cards.readers.virtual import VirtualReader
from cards.virtual import VirtualCard
from cards.vpcd import VpcdSlot
from scenarios import paths
from scenarios.enrolment import Enrolment, load_enrolments, read_test_card, save_enrolment
from scenarios.operator_prompts import PIN_VARIABLE
from scenarios.stage_secrets import KeyPool
from scenarios.template import authority_settings
from server_stub.authority import Authority, prepare_database
from server_stub.authority.profile import Kind
from server_stub.center.authentication.jpki import StatusAuthority, TrustedCertificates
from server_stub.center.settings import AUTHENTICATION_POLICY, CenterTimes
from server_stub.db import sqlite_url
from server_stub.interface.clock import STAGE_START, Clock
from server_stub.interface.failures import Failed
from server_stub.interface.notices import EnrolledCard
from tests.cards.helper import HOLDER, NOW, Plain, key_source

pytestmark = [pytest.mark.xdist_group("commands"), pytest.mark.timeout(180)]
PIN = "7294"
FEATURE = """# language: ja
機能: 試験用カード
  背景:
    前提 キオスク端末が待機している

  シナリオ: 登録したカードで受け取る
    もし 「六甲翠のカード」で本人確認を済ませる
    かつ 「住民票の写し」を世帯全員で1部申し込む
    かつ 250円を入れる
    かつ 印刷が終わり、用紙を取る
    かつ 領収書を「印刷しない」
    ならば 用紙は1枚で、載っているのは「六甲翠」だけである
    かつ 手数料250円が一度だけ記録されている

  シナリオ: 誤った暗証番号の場面
    もし 「六甲翠のカード」を置いて住所地の証明書を選ぶ
    かつ 誤った暗証番号を入力する
    ならば 画面に「あと2回」と表示される

  シナリオ: 登録していないカードの場面
    もし 「川原翔のカード」で本人確認を済ませる
"""


def card_of(organisation: str) -> VirtualCard:
    made = ForeignAuthority(key_source, now=NOW, organisation=organisation)
    secrets = {"authentication_pin": Plain(PIN)}
    return VirtualCard(personalise(load_profile("plain"), HOLDER, made, key_source, NOW, secrets=secrets))


def on_reader(card: VirtualCard) -> VirtualReader:
    reader = VirtualReader()
    reader.insert(card)
    return reader


def certificate(card: VirtualCard) -> bytes:
    return card.image.application("jpki").files[0x000A].content


def tries(card: VirtualCard) -> int:
    return card.image.pin("jpki", 0x18).tries


# --- pinning -------------------------------------------------------------------------------------------------------------


def test_a_card_of_the_test_hierarchy_is_pinned_with_the_certificate_that_signed_it(tmp_path: Path) -> None:
    laid = card_of("JPKI-TEST")
    file = tmp_path / "enrolled.toml"
    made = Enrolment("六甲翠", "0000100201", read_test_card(on_reader(laid)))
    save_enrolment(made, file)
    assert load_enrolments(file) == [made]
    assert made.card.certificate == certificate(laid)
    assert (tmp_path / "enrolled.toml").read_text(encoding="utf-8").count("[[card]]") == 1


@pytest.mark.parametrize(
    ("organisation", "name"),
    [
        ("JPKI", "Certificate_Production"),
        ("JPKI-SIM", "Certificate_Unknown_Issuer"),
        ("SOMEBODY", "Certificate_Unknown_Issuer"),
    ],
)
def test_cards_of_other_hierarchies_are_refused_by_name(organisation: str, name: str) -> None:
    with pytest.raises(Failed) as caught:
        read_test_card(on_reader(card_of(organisation)))
    assert caught.value.failure == name


def test_enrolling_again_takes_the_place_of_what_was_there(tmp_path: Path) -> None:
    file = tmp_path / "enrolled.toml"
    first, second = (read_test_card(on_reader(card_of("JPKI-TEST"))) for _ in range(2))
    for calling, card in (("六甲翠", first), ("川原翔", first), ("川原翔", second)):
        save_enrolment(Enrolment(calling, f"{calling}の番号", card), file)
    assert [(one.calling, one.card) for one in load_enrolments(file)] == [("川原翔", second)]


@pytest.mark.parametrize(
    "change", ["production", "another fingerprint", "no certificate", "another key", "not TOML"]
)
def test_a_file_that_was_changed_by_hand_is_refused(tmp_path: Path, change: str) -> None:
    file = tmp_path / "enrolled.toml"
    save_enrolment(Enrolment("六甲翠", "0000100201", read_test_card(on_reader(card_of("JPKI-TEST")))), file)
    good = file.read_text(encoding="utf-8")
    if change == "production":
        real = Enrolment("六甲翠", "0000100201", _pinned_anyway(card_of("JPKI")))
        with pytest.raises(Failed):
            save_enrolment(real, file)
            load_enrolments(file)
        return
    broken, field = {
        "another fingerprint": (good.replace('fingerprint = "', 'fingerprint = "00'), "card[1]"),
        "no certificate": (re.sub('certificate = ".*"', 'certificate = "AAAA"', good), "card[1]"),
        "another key": (good.replace("person = ", "persons = "), "card[1].person"),
        "not TOML": ("[", ""),
    }[change]
    file.write_text(broken, encoding="utf-8")
    with pytest.raises(Failed) as caught:
        load_enrolments(file)
    assert caught.value.failure == "Settings_Wrong"
    assert (Path(caught.value.facts["file"]).name, caught.value.facts["field"]) == ("enrolled.toml", field)
    assert caught.value.facts["expected"]


def _pinned_anyway(card: VirtualCard) -> EnrolledCard:
    return EnrolledCard(certificate(card), card.image.application("jpki").files[0x000B].content)


# --- centre and authority ------------------------------------------------------------------------------------------------


def test_centre_and_authority_know_the_enrolled_card_and_no_other_of_its_hierarchy(tmp_path: Path) -> None:
    test_ca = ForeignAuthority(key_source, now=NOW, organisation="JPKI-TEST")
    pinned, other = (
        EnrolledCard(
            test_ca.issue_authentication(key_source().public_key(), HOLDER, now=NOW),
            test_ca.authentication_ca_certificate(),
        )
        for _ in range(2)
    )
    clock = Clock(STAGE_START)
    clock.freeze()
    prepare_database(sqlite_url(tmp_path / "authority.db"))
    authority = Authority(authority_settings(tmp_path, KeyPool(), (pinned,)), clock)
    own_ca = authority.authentication_ca_certificate()

    def answer(request: httpx.Request) -> httpx.Response:
        return httpx.Response(
            200, stream=httpx.ByteStream(authority.ocsp(Kind.AUTHENTICATION, request.content))
        )

    with httpx.MockTransport(answer) as transport:
        status = StatusAuthority(transport, "http://authority.invalid/ocsp", CenterTimes())
        trusted = TrustedCertificates([own_ca], [AUTHENTICATION_POLICY], [pinned])
        holder = trusted.check(base64.b64encode(pinned.certificate).decode(), clock.now())
        status.check(holder.certificate, holder.issuer, clock.now(), holder.responder)
        issuer, stranger = (x509.load_der_x509_certificate(der) for der in (other.issuer, other.certificate))
        with pytest.raises(Failed) as caught:
            status.check(stranger, issuer, clock.now(), holder.responder)
        assert caught.value.failure == "Certificate_Status_Unknown"
        for known, asked in (
            (trusted, other),
            (TrustedCertificates([own_ca], [AUTHENTICATION_POLICY]), pinned),
        ):
            with pytest.raises(Failed) as caught:
                known.check(base64.b64encode(asked.certificate).decode(), clock.now())
            assert caught.value.failure == "Certificate_Unknown_Issuer"
    authority.close()


# --- the whole way -----------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def desk() -> Iterator[Desk]:
    made = Desk()
    yield made
    made.close()


class Desk:
    """A tester's desk: a reader of their own behind PC/SC, and a home in which nothing is enrolled yet."""

    def __init__(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="konbini-desk-"))
        self.service = PrivatePcscd(folder=self.folder)
        self.service.start()
        self.slot = VpcdSlot(port=self.service.port)
        self.home = self.folder / "home"
        self.home.mkdir()
        for made in paths.home().iterdir():
            if made.name == "test-keys" or made.name.startswith("template-"):
                (self.home / made.name).symlink_to(made)
        self.feature = self.folder / "card.feature"
        self.feature.write_text(FEATURE, encoding="utf-8")

    @property
    def environment(self) -> dict[str, str]:
        home = {"KONBINI_HOME": str(self.home), PIN_VARIABLE: PIN, "PYTHONPATH": str(paths.ROOT)}
        return {**os.environ, **self.service.environment(), **home}

    def lay(self, card: VirtualCard) -> None:
        self.slot.remove()
        for attempt in range(1000):
            try:
                self.slot.insert(card)
                return
            except CardError:  # the reader has not noticed yet that the last card went
                if attempt == 999:
                    raise

    def konbini(self, *arguments: str) -> subprocess.Popen[str]:
        command = [sys.executable, "-m", "scenarios.cli", *arguments]
        streams = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT, "text": True}
        return subprocess.Popen(command, cwd=self.folder, env=self.environment, **streams)  # type: ignore[call-overload, no-any-return]

    def told(self, *arguments: str) -> tuple[int, str]:
        process = self.konbini(*arguments)
        told, _ = process.communicate(timeout=100)
        return process.returncode, told

    def run(self, card: VirtualCard, *arguments: str) -> tuple[int, list[str]]:
        """A run in which a person does what is asked."""
        lines = []
        with self.konbini("run", "--reader", "pcsc:Konbini", *arguments, str(self.feature)) as process:
            assert process.stdout is not None
            for line in process.stdout:
                lines.append(line.strip())
                if "置いてください" in line:
                    self.lay(card)
                elif "取ってください" in line:
                    self.slot.remove()
        return process.returncode, lines

    def close(self) -> None:
        self.slot.remove()
        self.service.stop()
        shutil.rmtree(self.folder, ignore_errors=True)


def test_a_tester_with_a_test_card_finishes_a_visit(desk: Desk) -> None:
    card = card_of("JPKI-TEST")
    desk.lay(card)
    code, told = desk.told("card", "enrol", "--as", "六甲翠", "--reader", "pcsc:Konbini")
    assert code == 2 and "--trust-test-hierarchy" in told
    code, told = desk.told(
        "card", "enrol", "--as", "六甲翠", "--reader", "pcsc:Konbini", "--trust-test-hierarchy"
    )
    assert code == 0, told
    for way_on in ("demo", "run"):
        assert f'konbini {way_on} --reader "pcsc:Konbini" --trust-test-hierarchy' in told
    desk.slot.remove()
    code, lines = desk.run(card, "--trust-test-hierarchy")
    assert lines[-1] == "1 passed, 0 failed, 2 skipped", "\n".join(lines)
    assert code == 0
    skipped = " ".join(line for line in lines if line.startswith("－"))
    assert "Card_Pin_Withheld" in skipped and "Card_Not_Enrolled" in skipped
    assert tries(card) == 3
    assert PIN not in "".join(lines)


def test_a_production_card_is_refused_before_any_pin_and_nothing_of_it_is_kept(desk: Desk) -> None:
    card = card_of("JPKI")
    desk.lay(card)
    before = {path: path.read_bytes() for path in desk.home.glob("*.toml")}
    code, told = desk.told(
        "card", "enrol", "--as", "六甲翠", "--reader", "pcsc:Konbini", "--trust-test-hierarchy"
    )
    assert code == 2 and "Certificate_Production" in told
    assert {path: path.read_bytes() for path in desk.home.glob("*.toml")} == before
    assert tries(card) == 3
    desk.slot.remove()


def test_without_the_switch_an_enrolled_card_is_a_stranger_and_gets_no_pin(desk: Desk) -> None:
    card = card_of("JPKI-TEST")
    desk.lay(card)
    enrol = ("card", "enrol", "--as", "六甲翠", "--reader", "pcsc:Konbini", "--trust-test-hierarchy")
    assert desk.told(*enrol)[0] == 0
    desk.slot.remove()
    code, lines = desk.run(card)
    assert (code, lines[-1]) == (2, "0 passed, 0 failed, 3 skipped"), "\n".join(lines)
    assert not [line for line in lines if "置いてください" in line]
    assert tries(card) == 3
