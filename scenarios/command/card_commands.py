"""`konbini card insert`, `diagnose` and `enrol`: a virtual card on a vpcd reader, the tester's own reader, a test card that becomes a sample person's."""

from __future__ import annotations

import json
import signal
import sys
import threading
from pathlib import Path
from types import FrameType

from cards.columns import hung, padded
from cards.diagnose import diagnose, diagnose_ports
from cards.errors import CardError
from cards.image import CardImage
from cards.image_file import load_image
from cards.profiles import load_profile
from cards.remedies import ADVICE
from cards.trace import nobody
from cards.virtual import VirtualCard
from cards.vpcd import DEFAULT_PORT, VpcdSlot
from kiosk_app.card_slot import PCSC, VIRTUAL, is_reader, open_slot
from scenarios.enrolment import Enrolment, enrolment_file, read_test_card, save_enrolment
from scenarios.profile_cards import card_of_profile, template_with_own_cards
from scenarios.template import CardEntry, callings, load_cards, template_folder
from server_stub.interface.failures import Failed

from .card_choice import chosen_card, chosen_person, chosen_profile
from .card_pages import TEST_SECRETS, pin_rows
from .options import terminal_columns
from .usage import WrongUse


def enrol_card(calling: str, reader: str, *, trust: bool) -> int:
    """Exit code: 0 enrolled, 2 refused (and nothing was written)."""
    if not trust:
        return _refuse_enrolment(
            "試験用の認証局（O=JPKI-TEST）のカードは、--trust-test-hierarchy を付けたときだけ登録し、受け入れます。"
        )
    if not is_reader(reader) or reader == VIRTUAL:
        return _refuse_enrolment("--reader には pcsc または pcsc:リーダ名 を指定してください。")
    try:
        calling, person = chosen_person(calling, load_cards(template_folder()))
    except WrongUse as error:
        return _refuse_enrolment(str(error))
    try:
        card = read_test_card(open_slot(reader, "", nobody).reader)
        enrolment = Enrolment(calling, person, card)
        save_enrolment(enrolment)
    except Failed as failed:
        return _refuse_enrolment(f"{failed.entry.cause}{failed.entry.remedy}（{failed}）")
    print(f"「{calling}」のカードとして登録しました（{enrolment_file()}）。")
    print(f"電子証明書の指紋（SHA-256）　{enrolment.fingerprint}")
    named = "pcsc:リーダ名" if reader == PCSC else f'"{reader}"'
    with_card = f"--reader {named} --trust-test-hierarchy"
    print(f"画面に触れて使うとき: konbini demo {with_card}")
    print(f"シナリオで使うとき: konbini run {with_card}")
    return 0


def _refuse_enrolment(sentence: str) -> int:
    print(f"konbini: {sentence}", file=sys.stderr)
    return 2


LOOK_SECONDS = 0.3
"""How often it looks (real seconds) whether the reader is still there."""
USUAL_PERSON = "六甲翠"
"""Who gets a card of a profile if nobody is named: an adult who may have every certificate."""
_ADVICE = {"Reader_Absent": "Vpcd_Absent", "Reader_Busy": "Vpcd_Port_Taken"}


def insert_card(
    name: str,
    vpcd: str = f"127.0.0.1:{DEFAULT_PORT}",
    *,
    profile: str = "",
    person: str = "",
    stop: threading.Event | None = None,
) -> int:
    """Lay a copy of the stage's card `name` on the vpcd reader at `vpcd` (HOST:PORT) until Ctrl-C, SIGTERM or `stop`.

    Without `name`: a card of `profile`, made for `person` (a sample person; the usual one if ''). Prints the card's test PINs.
    Exit code: 0 taken away again, 1 the reader went away, 2 no such card, profile, person, address or reader.
    """
    address = _address(vpcd)
    if address is None:
        return _refuse("--vpcd は 127.0.0.1:35963 のように指定してください。")
    try:
        folder, entry = _wanted(name, profile, person)
    except WrongUse as error:
        return _refuse(str(error))
    image = load_image(folder / entry.file)
    slot = VpcdSlot(*address)
    try:
        slot.insert(VirtualCard(image))
    except CardError as error:
        return _explain(_ADVICE.get(error.failure, error.failure), vpcd, str(error.facts.get("held_by", "")))
    stop = stop or _stopped_by_signal()
    _told(entry, callings(load_cards(folder).values())[entry.person], image, slot, address[1])
    while slot.present() and not stop.wait(LOOK_SECONDS):
        pass
    if slot.remove() is None or not stop.is_set():
        return _explain("Vpcd_Absent", vpcd, code=1)
    print(f"カード「{entry.name}」を取り除きました。", flush=True)
    return 0


def _wanted(name: str, profile: str, person: str) -> tuple[Path, CardEntry]:
    """Raises WrongUse."""
    folder = template_with_own_cards()
    entries = load_cards(folder)
    if not profile:
        if person:
            raise WrongUse("--person は --profile と一緒に指定してください。")
        if not name:
            raise WrongUse(
                "カードの名前か --profile を指定してください。名前は konbini card list で表示できます。"
            )
        return folder, chosen_card(name, entries)
    if name:
        raise WrongUse("カードの名前と --profile は、どちらか一方を指定してください。")
    wanted = chosen_profile(profile)
    _calling, key = chosen_person(person or USUAL_PERSON, entries)
    return card_of_profile(wanted, key)


def diagnose_reader(as_json: bool, reader: str = "", columns: int | None = None) -> int:
    """Print what there is and what stands in the way, for a terminal of so many columns.

    Exit code: 0 a visit can be made with a card, else 1."""
    found = diagnose(reader)
    print(json.dumps(found.to_json(), ensure_ascii=False, indent=1) if as_json else found.text(columns))
    return 0 if found.usable else 1


def _told(entry: CardEntry, calling: str, image: CardImage, slot: VpcdSlot, port: int) -> None:
    """Everything that a person needs to use the card, its test PINs among it."""
    columns = terminal_columns()

    def say(head: str, text: str) -> None:
        print(*hung(head, text, columns), sep="\n")

    say("", f"カード「{entry.name}」（{entry.purpose}）を {slot.name} に置きました。")
    say("  " + padded("持ち主", 10), calling)
    say("  " + padded("型", 10), f"{image.profile}：{load_profile(image.profile).purpose}")
    say("", f"暗証番号（{TEST_SECRETS}）")
    # 照合番号 stand in two applications
    for row in {(one.name, one.pin.value, one.counter): one for one in pin_rows(image)}.values():
        print(f"  {padded(row.name, 26)}{padded(row.pin.value, 18)}{row.counter}")
    say("", "これは写しです。暗証番号の残り回数などは、取り除くと元に戻ります。")
    if entry.name not in load_cards(template_folder()):
        say(
            "", "このカードを認証局とセンターが知るのは、これから始める konbini demo と konbini server です。"
        )
    if slot.open_to_network:
        advice = ADVICE["Vpcd_Open_To_Network"]
        ports = [found.port for found in diagnose_ports(port).vpcd if found.open_to_network]
        warning = (
            *hung("注意: ", advice.what, columns),
            *hung("　→ ", _remedy(advice.remedies(ports)), columns),
        )
        print(*warning, sep="\n", file=sys.stderr)
    print("Ctrl-C で取り除きます。", flush=True)


def _address(text: str) -> tuple[str, int] | None:
    host, _, port = text.rpartition(":")
    if not host or not (port.isascii() and port.isdigit()) or not 0 < int(port) < 0x10000:
        return None
    return host.strip("[]"), int(port)


def _stopped_by_signal() -> threading.Event:
    stop = threading.Event()

    def on_signal(number: int, frame: FrameType | None) -> None:
        stop.set()

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, on_signal)
    return stop


def _explain(name: str, place: str, held_by: str = "", *, code: int = 2) -> int:
    advice = ADVICE[name]
    where = f"（{place}{'、' + held_by if held_by else ''}）"
    return _refuse(f"{advice.what}{where} [{name}]\n　→ {_remedy(advice.remedies())}", code)


def _remedy(remedies: dict[str, str]) -> str:
    return remedies["windows" if sys.platform == "win32" else "debian"]


def _refuse(message: str, code: int = 2) -> int:
    print(f"konbini: {message}", file=sys.stderr)
    return code
