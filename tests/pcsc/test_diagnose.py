"""What a tester is told of reader and card, and what it costs the card: nothing."""

from __future__ import annotations

import itertools
import json
import os
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import pytest
from cryptography import x509

from cards.columns import width
from cards.diagnose import diagnose, diagnose_ports, interface_of, look_at_card
from cards.diagnosis import PIN_NAMES, CardFinding, Diagnosis, Hierarchy, Interface, Problem, ReaderFinding
from cards.errors import CardError
from cards.faults import Effect, Fault
from cards.ports import pcsc_programs
from cards.readers.call_with_timeout import FAILURES, NoAnswer, call_with_timeout
from cards.readers.interface import CardConnection
from cards.readers.pcsc import PcscReader
from cards.readers.virtual import VirtualReader
from cards.remedies import ADVICE
from cards.virtual import VirtualCard
from cards.vpcd import VpcdSlot
from server_stub.interface.failures import CATALOGUE
from tests.cards.helper import card, image
from tests.cards.pcsc_service import lay_down, service, wait_for
from tests.pcsc.helper import Kept, another_program, card_of

Asked = list[bytes | None]


def look(lying: VirtualCard, asked: Asked | None = None) -> tuple[CardFinding, list[str]]:
    reader = VirtualReader()
    reader.insert(lying)
    return look_at_card(lambda: Kept(reader.connect(), [] if asked is None else asked))


@pytest.mark.parametrize(
    ("profile", "kind", "problems"),
    [
        ("plain", "plastic", []),
        ("under_15", "plastic", []),
        ("first_command_fails", "plastic", []),
        ("pin_one_left", "plastic", ["Found_Last_Try"]),
        ("pin_blocked", "plastic", ["Card_Pin_Blocked"]),
        ("text_pin_one_left", "plastic", ["Found_Other_Pin_Low"]),
        ("signature_pin_blocked", "plastic", ["Found_Other_Pin_Low"]),
        ("expired", "plastic", ["Found_Expired"]),
        ("blocked_says_6984", "plastic", ["Card_Pin_Blocked"]),
        ("short_only", "plastic", ["Found_No_Extended_Length"]),
        ("truncated_der", "plastic", ["Certificate_Malformed"]),
        ("empty_certificate", "plastic", ["Card_No_Authentication_Certificate"]),
        ("juki_card", "juki", ["Card_Resident_Register_Card"]),
        ("face_authentication", "face", ["Card_Face_Authentication"]),
        ("draft_2028", "next", ["Card_Next_Not_Supported"]),
        ("iphone", "iphone", ["Card_Phone_Not_Supported"]),
        ("no_jpki", "no_jpki", ["Card_Not_My_Number"]),
    ],
)
def test_each_card_is_recognised_with_what_is_wrong_with_it(
    profile: str, kind: str, problems: list[str]
) -> None:
    lying = card(profile)
    found, wrong = look(lying)
    assert found.kind == kind
    # the authority of these cards is a throw-away one; how long a command takes is the machine's business
    aside = {"Found_Unknown_Authority", "Found_Slow_Commands"}
    assert [name for name in wrong if name not in aside] == problems


def test_tries_are_told_and_none_is_spent() -> None:
    lying, asked = card("pin_one_left"), Asked()
    found, _ = look(lying, asked)
    assert found.tries_left == {
        "authentication_pin": 1,
        "signature_password": 5,
        "text_pin": 3,
        "text_code_a": 10,
        "text_code_b": 10,
        "surface_birth": 10,
        "surface_code_b": 10,
        "surface_code_a": 10,
        "juki_pin": 3,
        "common_pin": 3,
    }
    assert found.tries_left.keys() == PIN_NAMES.keys()
    assert [lying.image.pin("jpki", fid).tries for fid in (0x18, 0x1B)] == [1, 5]
    verifies = [command for command in asked if command is not None and command[1] == 0x20]
    assert verifies and all(len(command) == 4 for command in verifies)


@pytest.mark.parametrize(
    ("organisation", "hierarchy", "problem"),
    [
        ("JPKI-SIM", Hierarchy.SIMULATOR, []),
        ("JPKI-TEST", Hierarchy.TEST, []),
        ("JPKI", Hierarchy.PRODUCTION, ["Found_Production_Card"]),
        ("JPKI-SIM-OWN", Hierarchy.UNKNOWN, ["Found_Unknown_Authority"]),
    ],
)
def test_the_hierarchy_is_told_by_the_issuer(
    organisation: str, hierarchy: Hierarchy, problem: list[str]
) -> None:
    found, wrong = look(card_of(organisation))
    assert (found.organisation, found.hierarchy, wrong) == (organisation, hierarchy, problem)


def test_no_certificate_of_the_holder_is_read_from_a_production_card() -> None:
    asked: Asked = []
    look(card_of("JPKI"), asked)
    holders = {bytes.fromhex("00A4020C02000A"), bytes.fromhex("00A4020C020001")}
    assert holders.isdisjoint(asked)
    look(card_of("JPKI-TEST"), asked)
    assert not holders.isdisjoint(asked)


@pytest.mark.parametrize(
    ("days_before_the_end", "problem"),
    [(91, []), (89, ["Found_Expires_Soon"]), (0, ["Found_Expires_Soon"]), (-2, ["Found_Expired"])],
)
def test_whatever_expires_soon_is_told_before_it_does(days_before_the_end: int, problem: list[str]) -> None:
    """The certificate of the holder ends first, on the day that openssl would tell."""
    lying = card_of("JPKI-TEST")
    der = lying.image.application("jpki").files[0x0A].content
    ends = x509.load_der_x509_certificate(der).not_valid_after_utc
    reader = VirtualReader()
    reader.insert(lying)
    now = ends - timedelta(days=days_before_the_end, seconds=1)
    found, wrong = look_at_card(reader.connect, now)
    assert [name for name in wrong if name.startswith("Found_Expire")] == problem
    told = {one.what: one for one in found.validity}
    assert told["利用者証明用証明書"].until == ends and "カードの有効期限" in told
    text = Diagnosis(True, [ReaderFinding("reader", card_present=True, card=found)]).text(80)
    assert ("期限切れ" in text) is (days_before_the_end < 0)
    assert all(width(line) <= 80 for line in text.splitlines())


def test_the_day_on_which_the_card_ends_lasts_until_its_midnight_in_japan() -> None:
    lying = card_of("JPKI-TEST")
    lying.image.data_objects[0xF2] = b"20300930"
    found, _ = look(lying)
    (ends,) = [one.until for one in found.validity if one.what == "カードの有効期限"]
    assert ends == datetime(2030, 9, 30, 14, 59, 59, tzinfo=UTC)


def test_of_a_production_card_the_authority_and_the_card_are_dated_and_no_holder() -> None:
    found, _ = look(card_of("JPKI"))
    assert [one.what for one in found.validity] == ["利用者証明用認証局", "署名用認証局", "カードの有効期限"]


def test_the_atr_of_the_contacts_is_told_where_a_contactless_reader_makes_one_up() -> None:
    found, _ = look(card("contactless"))
    assert (found.interface, found.contact_atr) == (Interface.CONTACTLESS, "3B E0 00 FF 81 31 FE 45 14")
    text = Diagnosis(True, [ReaderFinding("reader", card_present=True, card=found)]).text()
    assert "接触の ATR" in text


def test_of_the_certificates_nothing_but_issuer_and_validity_is_kept() -> None:
    lying = card_of("JPKI-TEST")
    found, _ = look(lying)
    report = Diagnosis(True, [ReaderFinding("reader", card_present=True, card=found)])
    told = report.text() + json.dumps(report.to_json())
    der = lying.image.application("jpki").files[0x0A].content
    assert "JPKI-TEST" in told
    assert der[20:36].hex() not in told.replace(" ", "").lower()
    assert "28101" not in told


@pytest.mark.parametrize(
    ("atr", "interface"),
    [
        ("3BE000FF8131FE4514", Interface.CONTACT),
        ("3B888001000000003381810032", Interface.CONTACTLESS),
        ("3B", Interface.CONTACT),
        ("", Interface.CONTACT),
    ],
)
def test_the_atr_tells_contact_from_contactless(atr: str, interface: Interface) -> None:
    assert interface_of(bytes.fromhex(atr)) is interface


@pytest.mark.parametrize(("ms", "problems"), [(101, ["Found_Slow_Commands"]), (99, [])])
def test_slow_commands_are_noticed(monkeypatch: pytest.MonkeyPatch, ms: int, problems: list[str]) -> None:
    """On a clock that goes on by so many milliseconds each time it is read."""
    now = itertools.count(step=ms / 1000)
    monkeypatch.setattr("cards.probe.time", SimpleNamespace(perf_counter=lambda: next(now)))
    found, wrong = look(card_of("JPKI-SIM"))
    assert (wrong, found.median_ms) == (problems, ms)
    assert found.commands < 20, "slow ones are not asked so often"


def test_every_problem_has_advice_for_debian_and_for_windows() -> None:
    for name, advice in ADVICE.items():
        assert name in CATALOGUE or name.startswith(("Found_", "Vpcd_")), name
        assert all((advice.what, advice.debian, advice.windows)), name
    assert set(FAILURES.values()) <= ADVICE.keys()


def test_what_hinders_comes_first_and_places_are_gathered() -> None:
    found = Diagnosis(True)
    found.problems = [
        Problem("Vpcd_Open_To_Network", "0.0.0.0:1", (1,)),
        Problem("Vpcd_Open_To_Network", "0.0.0.0:2", (2,)),
        Problem("Card_Mute", "reader"),
    ]
    marks = [line for line in found.text().splitlines() if line[:1] in "×△" and line]
    assert [line[0] for line in marks] == ["×", "△"]
    assert "0.0.0.0:1、0.0.0.0:2" in marks[1]
    assert "dport { 1,2 } drop" in found.text() and "-LocalPort 1,2 " in found.text()


def test_a_report_fits_the_terminal_and_its_columns_stand_under_each_other() -> None:
    found = Diagnosis(True, [ReaderFinding("Maker Reader 00 00", card_present=True)])
    found.problems = [
        Problem(name, "Maker Reader 00 00", (35963,), ("firefox (1)", "scdaemon (2)")) for name in ADVICE
    ]
    for columns in (80, 120):
        lines = found.text(columns).splitlines()
        commands = [line for line in lines if line.lstrip().startswith(("sudo ", "New-NetFirewallRule"))]
        assert max(width(line) for line in lines if line not in commands) <= columns
        # what can be copied is in one piece
        assert any(line.endswith("dport { 35963 } drop'") for line in commands)
        rows = [line for line in lines if line.startswith(("PC/SC サ", "カードリーダ", "　ドライバ", "判定"))]
        assert {
            width(line[: len(line) - len(line.split(" ")[-1])]) for line in rows if "Maker" not in line
        } == {22}
    assert found.text(80).replace("\n", "").replace(" ", "") == found.text().replace("\n", "").replace(
        " ", ""
    )


# --- over a real service ---------------------------------------------------------------------------------------------


_laid: list[VpcdSlot] = []


@pytest.fixture
def lying() -> VpcdSlot:
    """One card for all tests of this file, laid down again if the service was stopped meanwhile."""
    service()
    if not _laid or not _laid[0].present():
        _laid[:] = [lay_down(card_of("JPKI-SIM"))]
    return _laid[0]


@pytest.fixture(scope="module", autouse=True)
def _tidy() -> Iterator[None]:
    yield
    for slot in _laid:
        slot.remove()
    wait_for(lambda: not PcscReader().present())


def names(found: Diagnosis) -> list[str]:
    return [problem.name for problem in found.problems]


def test_a_card_on_a_real_service_is_usable_and_quick(lying: VpcdSlot) -> None:
    found = diagnose(vpcd_port=service().port)
    assert found.service and found.usable
    assert [reader.card_present for reader in found.readers] == [True, False]
    assert [reader.driver for reader in found.readers] == ["libifdvpcd.so"] * 2
    seen = found.readers[0].card
    assert seen is not None
    assert (seen.atr, seen.extended_length) == ("3B E0 00 FF 81 31 FE 45 14", True)
    assert seen.median_ms is not None and seen.commands > 0
    # Debian's vpcd listens to the whole network, and there is no setting against it
    assert [(one.program, one.open_to_network) for one in found.vpcd] == [("pcscd", True)] * 2
    assert [name for name in names(found) if name != "Found_Slow_Commands"] == ["Vpcd_Open_To_Network"] * 2


def test_only_the_readers_asked_for_are_looked_at(lying: VpcdSlot) -> None:
    second = diagnose("00 01")
    assert [reader.name for reader in second.readers] == ["Konbini Virtual 00 01"]
    assert not second.usable
    assert names(diagnose("no such reader")) == ["Reader_Absent"]


def test_another_program_that_holds_the_card_is_told(lying: VpcdSlot) -> None:
    with PcscReader().connect():
        found = diagnose()
    assert names(found) == ["Reader_Busy"]
    assert found.readers[0].card_present and not found.usable


def test_a_silent_card_is_given_up() -> None:
    other = VpcdSlot(port=service().port + 1)
    other.insert(card("mute"))
    wait_for(PcscReader("00 01").present)
    assert names(diagnose("00 01", patience=0.3)) == ["Card_Mute"]
    other.remove()


def test_a_service_that_is_gone_or_has_no_reader_is_told_with_the_remedy() -> None:
    running = service()
    running.stop()
    try:
        gone = diagnose()
        assert (gone.service, names(gone)) == (False, ["Reader_Service_Stopped"])
        assert "pcscd" in gone.text() and "Smart Card" in gone.text()
        running.start(readers=False)
        wait_for(lambda: diagnose().service)
        assert names(diagnose()) == ["Reader_Absent"]
    finally:
        running.stop()
        running.start()
        wait_for(lambda: diagnose().readers)


@pytest.mark.parametrize(
    ("how", "name"), [("exclusive", "Reader_Busy"), ("transaction", "Found_Transaction_Held")]
)
def test_another_program_at_the_card_is_named_for_what_it_does(lying: VpcdSlot, how: str, name: str) -> None:
    with another_program(how) as other:
        found = diagnose("00 00", vpcd_port=1, opening=0.5)
        assert names(found) == [name] and not found.usable
        told = found.to_json()["problems"][0]
        assert told["where"] == found.readers[0].name and told["serious"]
        assert any(program.endswith(f"({other.pid})") for program in told["programs"])
        assert all(told["remedy"].values()) and f"({other.pid})" in found.text()
    wait_for(lambda: not PcscReader().in_use())
    assert diagnose("00 00", vpcd_port=1).usable


def test_a_diagnosis_that_has_given_up_leaves_the_card_alone_afterwards(lying: VpcdSlot) -> None:
    assert lying.card is not None
    with another_program("transaction"):
        assert names(diagnose("00 00", vpcd_port=1, opening=0.2)) == ["Found_Transaction_Held"]
        waiting = [thread for thread in threading.enumerate() if thread.name == "card talk"]
        assert waiting
    for thread in waiting:
        thread.join(10)
        assert not thread.is_alive()
    wait_for(lambda: not PcscReader().in_use())


class Late(CardConnection):
    """A connection that comes when it may, and keeps what is done to it."""

    atr = b""

    def __init__(self) -> None:
        self.may_come = threading.Event()
        self.done: list[str] = []

    def connect(self) -> CardConnection:
        self.may_come.wait(10)
        return self

    def transmit(self, command: bytes) -> bytes:
        self.done.append("transmit")
        return b"\x90\x00"

    def close(self, *, power_down: bool = True) -> None:
        self.done.append("power down" if power_down else "close")


def test_a_connection_that_comes_too_late_is_closed_and_keeps_its_power() -> None:
    late = Late()
    with pytest.raises(NoAnswer) as given_up:
        call_with_timeout(lambda open_by: open_by(late.connect).transmit(b""), opening=0.01, answer=10)
    assert not given_up.value.opened and late.done == []
    late.may_come.set()
    wait_for(lambda: late.done)
    assert late.done == ["close"]


def test_an_open_card_that_says_nothing_is_mute_and_no_transaction(lying: VpcdSlot) -> None:
    lying.faults.append(Fault(Effect.SLOW, at=1, seconds=1.0))
    assert names(diagnose("00 00", vpcd_port=1, patience=0.1)) == ["Card_Mute"]
    wait_for(lambda: not PcscReader().in_use())
    lying.faults.clear()


def test_a_card_that_speaks_neither_t0_nor_t1_is_a_mismatch_and_not_mute() -> None:
    for slot in _laid:
        slot.remove()
    wait_for(lambda: not PcscReader().present())
    strange = image()
    strange.atr = bytes.fromhex("3B800E8E")  # ISO 7816-3: offers T=14 only
    slot = lay_down(VirtualCard(strange))
    found = diagnose("00 00", vpcd_port=1)
    slot.remove()
    wait_for(lambda: not PcscReader().present())
    assert names(found) == ["Found_Protocol_Mismatch"]
    assert "T=0 と T=1" in found.to_json()["problems"][0]["what"] and not found.usable


def test_the_remedy_for_an_open_vpcd_closes_the_ports_in_use(lying: VpcdSlot) -> None:
    port = service().port
    found = diagnose(vpcd_port=port)
    assert f"dport {{ {port},{port + 1} }} drop" in found.text()
    remedies = [one["remedy"] for one in found.to_json()["problems"] if one["name"] == "Vpcd_Open_To_Network"]
    assert [
        f"{{ {number} }}" in one["debian"] for one, number in zip(remedies, (port, port + 1), strict=True)
    ]
    assert "35963" not in found.text() and "PORTS" not in found.text()


def test_programs_that_have_pcsc_loaded_are_told_and_this_one_is_not() -> None:
    service()
    ours = {int(program.rpartition("(")[2].rstrip(")")) for program in pcsc_programs()}
    code = "from smartcard import scard; import sys; print(flush=True); sys.stdin.read()"
    with subprocess.Popen(
        [sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdin is not None and process.stdout is not None
        process.stdout.readline()
        theirs = {int(program.rpartition("(")[2].rstrip(")")) for program in pcsc_programs()}
        process.stdin.close()
    assert os.getpid() not in theirs | ours
    assert process.pid in theirs - ours


# --- ports -----------------------------------------------------------------------------------------------------------


def test_a_program_that_is_no_vpcd_is_named_where_a_vpcd_would_listen() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        assert "Vpcd_Port_Taken" in names(diagnose_ports(port))
        with pytest.raises(CardError) as caught:
            VpcdSlot(port=port).insert(card(), seen_within=0.1)
    assert caught.value.failure == "Reader_Busy"
    assert caught.value.facts["held_by"].startswith(("py", "python"))
