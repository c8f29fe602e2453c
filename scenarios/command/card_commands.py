"""`konbini card insert` and `konbini card diagnose`: a virtual card on a vpcd reader, and a look at the tester's own."""

from __future__ import annotations

import json
import signal
import sys
import threading
from types import FrameType

from cards.advice import ADVICE
from cards.diagnose import diagnose
from cards.errors import CardError
from cards.image_file import load_image
from cards.virtual import VirtualCard
from cards.vpcd import DEFAULT_PORT, VpcdSlot
from scenarios.template import CardEntry, load_cards, template_folder

LOOK_SECONDS = 0.3
"""How often it looks (real seconds) whether the reader is still there."""
_ADVICE = {"Reader_Absent": "Vpcd_Absent", "Reader_Busy": "Vpcd_Port_Taken"}


def insert_card(
    name: str, vpcd: str = f"127.0.0.1:{DEFAULT_PORT}", *, stop: threading.Event | None = None
) -> int:
    """Lay a copy of the stage's card `name` on the vpcd reader at `vpcd` (HOST:PORT) until Ctrl-C, SIGTERM or `stop`.

    Exit code: 0 taken away again, 1 the reader went away, 2 no such card, address or reader.
    """
    address = _address(vpcd)
    if address is None:
        return _refuse("--vpcd は 127.0.0.1:35963 のように指定してください。")
    template = template_folder()
    entry = load_cards(template).get(name)
    if entry is None:
        return _refuse(f"{name} というカードはありません。konbini card list で確認してください。")
    slot = VpcdSlot(*address)
    try:
        slot.insert(VirtualCard(load_image(template / entry.file)))
    except CardError as error:
        return _explain(_ADVICE.get(error.failure, error.failure), vpcd, str(error.facts.get("held_by", "")))
    stop = stop or _stopped_by_signal()
    _told(entry, slot)
    while slot.present() and not stop.wait(LOOK_SECONDS):
        pass
    if slot.remove() is None or not stop.is_set():
        return _explain("Vpcd_Absent", vpcd, code=1)
    print(f"カード「{entry.name}」を取り除きました。", flush=True)
    return 0


def diagnose_reader(as_json: bool, reader: str = "") -> int:
    """Print what there is and what stands in the way. Exit code: 0 a visit can be made with a card, else 1."""
    found = diagnose(reader)
    print(json.dumps(found.to_json(), ensure_ascii=False, indent=1) if as_json else found.text())
    return 0 if found.usable else 1


def _told(entry: CardEntry, slot: VpcdSlot) -> None:
    print(f"カード「{entry.name}」（{entry.purpose}）を {slot.name} に置きました。")
    print("これは写しです。暗証番号の残り回数などは、取り除くと元に戻ります。")
    if slot.open_to_network:
        advice = ADVICE["Vpcd_Open_To_Network"]
        print(f"注意: {advice.what}\n　→ {_remedy(advice.debian, advice.windows)}", file=sys.stderr)
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
    return _refuse(f"{advice.what}{where} [{name}]\n　→ {_remedy(advice.debian, advice.windows)}", code)


def _remedy(debian: str, windows: str) -> str:
    return windows if sys.platform == "win32" else debian


def _refuse(message: str, code: int = 2) -> int:
    print(f"konbini: {message}", file=sys.stderr)
    return code
