"""A tester's own test card: pinned, linked to a fictional person, and a visit with it from beginning to end.

The cards stand in for real ones: virtual, of authorities that call themselves as the real hierarchies do.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from cards.errors import CardError
from cards.foreign import ForeignAuthority
from cards.pcscd import PrivatePcscd
from cards.personalise import personalise
from cards.profiles.loader import load_profile
from cards.readers.virtual import VirtualReader
from cards.virtual import VirtualCard
from cards.vpcd import VpcdSlot
from scenarios import places
from scenarios.enrolment import Enrolment, load_enrolments, read_test_card, save_enrolment
from scenarios.hands import PIN_VARIABLE
from server_stub.interface.failures import Failed
from tests.cards.helper import HOLDER, NOW, Plain, Seen, key_source

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


@pytest.mark.parametrize("change", ["production", "another fingerprint", "not TOML"])
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
    broken = good.replace('fingerprint = "', 'fingerprint = "00') if change == "another fingerprint" else "["
    file.write_text(broken, encoding="utf-8")
    with pytest.raises(Failed) as caught:
        load_enrolments(file)
    assert caught.value.failure == "Settings_Wrong"


def _pinned_anyway(card: VirtualCard):  # type: ignore[no-untyped-def]
    from server_stub.interface.enrolled import EnrolledCard

    return EnrolledCard(certificate(card), card.image.application("jpki").files[0x000B].content)


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
        for made in places.home().iterdir():
            if made.name == "test-keys" or made.name.startswith("template-"):
                (self.home / made.name).symlink_to(made)
        self.feature = self.folder / "card.feature"
        self.feature.write_text(FEATURE, encoding="utf-8")

    @property
    def environment(self) -> dict[str, str]:
        home = {"KONBINI_HOME": str(self.home), PIN_VARIABLE: PIN, "PYTHONPATH": str(places.ROOT)}
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


def test_without_the_switch_an_enrolled_card_is_a_stranger() -> None:
    """The centre does not know it, and an automatic run does not send it a PIN."""
    from kiosk_app.card_session import read_card
    from kiosk_app.card_trust import CardKind, CardTrust

    reader = on_reader(card_of("JPKI-TEST"))
    assert read_card(reader, Seen(), CardTrust(automatic=True)).kind is CardKind.REAL
