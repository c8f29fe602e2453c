"""`konbini card compare`: the tester's own card beside the profiles, line by line.

No PIN is sent but what a person types at this terminal, for a test card, with tries to spare, once.
"""

from __future__ import annotations

import getpass
import json
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from cards.comparison import compare
from cards.diagnosis import PIN_NAMES
from cards.errors import CardError
from cards.readers.call_with_timeout import (
    OPENING_SECONDS,
    PATIENCE_SECONDS,
    NoAnswer,
    Opener,
    call_with_timeout,
)
from cards.readers.interface import CardConnection
from cards.remedies import ADVICE
from cards.sample import CardSecret
from cards.survey import LEAST_TRIES, OPENING, Survey, load_survey, survey_behind_pins, survey_card

from .card_choice import chosen_profile
from .options import terminal_columns
from .usage import WrongUse

T = TypeVar("T")
_FORMS: dict[str, tuple[str, Callable[[str], bool]]] = {
    "authentication_pin": ("数字4桁", lambda text: _digits(text, 4)),
    "signature_password": (
        "英大文字と数字6〜16字",
        lambda text: 6 <= len(text) <= 16 and text.isascii() and text.isalnum(),
    ),
    "text_pin": ("数字4桁", lambda text: _digits(text, 4)),
}


@dataclass(frozen=True, slots=True)
class Comparing:
    """What to compare, and how. `file`: a survey that was saved, in the place of a card. `pin`: ask a person for PINs."""

    reader: str = ""
    profile: str = ""
    file: Path | None = None
    save: Path | None = None
    pin: bool = False
    as_json: bool = False


def compare_card(wanted: Comparing, ask: Callable[[str], str] | None = None) -> int:
    """Print where the card differs from a profile. `ask`: how a person is asked for a PIN (None: at this terminal, hidden).

    Exit code: 0 no difference, 1 some, 2 it could not be done."""
    try:
        profile = chosen_profile(wanted.profile) if wanted.profile else ""
        survey = _survey(wanted, ask)
        if wanted.save is not None:
            text = json.dumps(survey.to_json(), ensure_ascii=False, indent=1) + "\n"
            wanted.save.write_text(text, encoding="utf-8")
    except WrongUse as error:
        return _refuse(str(error))
    except NoAnswer:
        return _refuse(f"{ADVICE['Card_Mute'].what}konbini card diagnose で調べられます。")
    except CardError as error:
        return _refuse(_in_words(error))
    except OSError as error:
        return _refuse(f"{wanted.save} に書けません（{error.strerror}）。")
    found = compare(survey, profile)
    if wanted.as_json:
        print(json.dumps(found.to_json(), ensure_ascii=False, indent=1))
    else:
        print(found.text(terminal_columns()))
        if wanted.save is not None:
            print(f"\n{wanted.save} に保存しました。氏名・番号・電子証明書・暗証番号は入っていません。")
    return 1 if found.differences else 0


def _survey(wanted: Comparing, ask: Callable[[str], str] | None) -> Survey:
    """Raises WrongUse, CardError, NoAnswer."""
    if wanted.file is not None:
        if wanted.pin or wanted.reader:
            raise WrongUse(
                "--file は、保存した調査を比べるものです。--reader や --pin と一緒には使えません。"
            )
        return load_survey(wanted.file)
    if wanted.pin and ask is None and not sys.stdin.isatty():
        raise WrongUse("--pin の暗証番号は、人が端末で入力します。パイプやファイルからは読みません。")
    from cards.readers.pcsc import PcscReader

    reader = PcscReader(wanted.reader)

    def look(use: Callable[[CardConnection], T]) -> T:
        def talk(open_by: Opener) -> T:
            with open_by(reader.connect) as connection:
                return use(connection)

        return call_with_timeout(talk, opening=OPENING_SECONDS, answer=PATIENCE_SECONDS)

    survey = look(survey_card)
    if wanted.pin and (pins := _typed(survey, ask or getpass.getpass)):
        look(lambda connection: survey_behind_pins(connection, survey, pins))
    return survey


def _typed(survey: Survey, ask: Callable[[str], str]) -> dict[str, CardSecret]:
    """Ask a person for each PIN that may be sent to this card. Raises WrongUse if none may."""
    if not survey.of_a_test_hierarchy:
        raise WrongUse(
            f"このカードの認証局は {survey.organisation or '不明'} です。暗証番号を使う比較は、試験用の認証局のカードだけにします。"
        )
    pins: dict[str, CardSecret] = {}
    for name, (application, fid) in OPENING.items():
        left = survey.notes.get(f"{application} {fid:04X} tries", "")
        if not left.isdigit() or int(left) < LEAST_TRIES:
            continue
        form, fits = _FORMS[name]
        while text := ask(f"{PIN_NAMES[name]}（{form}。残り {left} 回。使わないときは Enter）: ").strip():
            text = text.upper()
            if fits(text):
                pins[name] = CardSecret(text)
                break
            print(f"{form}ではないので、カードに送っていません。", file=sys.stderr)
    return pins


def _digits(text: str, count: int) -> bool:
    return len(text) == count and text.isascii() and text.isdigit()


def _in_words(error: CardError) -> str:
    if error.failure == "Card_Pin_Wrong":
        name = PIN_NAMES.get(str(error.facts.get("what")), "暗証番号")
        return f"{name}が違います（残り {error.facts.get('attempts_remaining')} 回）。一度だけ送り、そこでやめました。"
    if error.failure == "Settings_Wrong":
        return f"{error.facts.get('file')} は、konbini card compare で保存した調査ではありません。"
    advice = ADVICE.get(error.failure)
    return (f"{advice.what}" if advice else "") + f"konbini card diagnose で調べられます。[{error.failure}]"


def _refuse(message: str) -> int:
    print(f"konbini: {message}", file=sys.stderr)
    return 2
