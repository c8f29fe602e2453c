"""The reader that the user has told: is its name one, and is the reader there? Looked at before anything is started."""

from __future__ import annotations

from cards.errors import CardError
from kiosk_app.card_slot import PCSC, VIRTUAL, is_reader

from .usage import WrongUse

_NO_SERVICE = (
    "PC/SC のサービスが動いていません。リーダをつなぎ、pcscd（Windows では Smart Card サービス）を開始してください"
    "（konbini card diagnose で調べられます）。"
)
_NO_READER = (
    "PC/SC のリーダがつながっていません。リーダをつないでください（konbini card diagnose で調べられます）。"
)


def reader_name(told: str) -> str:
    """`told`, if it is the name of a reader. Raises WrongUse."""
    if not is_reader(told):
        raise WrongUse("--reader には virtual、pcsc または pcsc:リーダ名 を指定してください。")
    return told


def present_reader(told: str) -> str:
    """The user's own reader by its name, if it is there; `pcsc` is the first there is, `virtual` stays. Raises WrongUse."""
    if reader_name(told) == VIRTUAL:
        return told
    try:
        from cards.readers.pcsc import reader_names

        names = reader_names()
    except (ImportError, CardError) as error:
        raise WrongUse(_NO_SERVICE) from error
    if not names:
        raise WrongUse(_NO_READER)
    wanted = told.removeprefix(PCSC).removeprefix(":")
    if not any(wanted in name for name in names):
        raise WrongUse(f"リーダ「{wanted}」はつながっていません。つながっているリーダ: {'、'.join(names)}。")
    return told if wanted else f"{PCSC}:{names[0]}"


def reader_for_run(told: str) -> str:
    """For scenarios `pcsc` is a private service of their own. Raises WrongUse where it lacks something."""
    if reader_name(told) != PCSC:
        return present_reader(told)
    from cards.pcscd import PrivatePcscd

    if lacks := PrivatePcscd.missing():
        raise WrongUse(
            f"--reader pcsc に要る {'、'.join(lacks)} がありません。make setup を実行してください。"
        )
    return told
