"""`konbini card diagnose` and `enrol`: the tester's own reader, and a test card that becomes a sample person's."""

from __future__ import annotations

import json
import sys

from cards.diagnose import diagnose
from cards.trace import nobody
from kiosk_app.card_slot import PCSC, VIRTUAL, is_reader, open_slot
from scenarios.enrolment import Enrolment, enrolment_file, read_test_card, save_enrolment
from scenarios.template import load_cards, template_folder
from server_stub.interface.failures import Failed

from .card_choice import chosen_person
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


def diagnose_reader(as_json: bool, reader: str = "", columns: int | None = None) -> int:
    """Print what there is and what stands in the way, for a terminal of so many columns.

    Exit code: 0 a visit can be made with a card, else 1."""
    found = diagnose(reader)
    print(json.dumps(found.to_json(), ensure_ascii=False, indent=1) if as_json else found.text(columns))
    return 0 if found.usable else 1
