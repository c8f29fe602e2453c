"""The text of an application for 利用登録: what the terminal shows, the card signs, and centre and issuing server read.

There is one way to write it, so that nothing can be signed that is read otherwise: `text_of(read_text(text)) == text`. It is
Japanese on every screen: it goes to the municipality. Lines end with LF, the last one too.

    戸籍証明書交付の利用登録申請
    申請先　神戸市（28100）
    本籍　兵庫県神戸市中央区加納町六丁目5番
    筆頭者の氏名　渡邉　太郎
    電話番号　090-0000-0000
    申請日　2026年6月3日
    受付番号　1234-5678
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from datetime import date

from .failures import Failed

TITLE = "戸籍証明書交付の利用登録申請"
_GAP = "\u3000"
_LABELS = ("申請先", "本籍", "筆頭者の氏名", "電話番号", "申請日", "受付番号")
LONGEST_DOMICILE, LONGEST_HEAD = 120, 60
_ADDRESSEE = re.compile(r"(\S.*)（([0-9]{5})）")
_DAY = re.compile(r"([0-9]{4})年([0-9]{1,2})月([0-9]{1,2})日")
TELEPHONE = re.compile(r"[0-9]{2,5}-?[0-9]{1,4}-?[0-9]{3,4}")
"""Digits with or without hyphens, ten or eleven of them."""
_REFERENCE = re.compile(r"[0-9]{4}-[0-9]{4}")


@dataclass(frozen=True, slots=True)
class Form:
    """What the resident has entered, with where it goes. `domicile`: prefecture, municipality and 町名・番地 together; `head`: the
    筆頭者, 氏 and 名 parted by one U+3000 or not; `reference`: `registration.reference_of` the session."""

    municipality: str
    name: str
    domicile: str
    head: str
    telephone: str
    day: date
    reference: str

    def __post_init__(self) -> None:
        """Raises Failed(Registration_Entry_Wrong, item=...) for an entry that no text can be made of."""
        for item, text, longest in (
            ("domicile", self.domicile, LONGEST_DOMICILE),
            ("head", self.head, LONGEST_HEAD),
            ("name", self.name, LONGEST_DOMICILE),
        ):
            if not _is_line(text) or len(text) > longest:
                raise Failed("Registration_Entry_Wrong", item=item)
        digits = self.telephone.replace("-", "")
        if not TELEPHONE.fullmatch(self.telephone) or not 10 <= len(digits) <= 11:
            raise Failed("Registration_Entry_Wrong", item="telephone")


def text_of(form: Form) -> str:
    """Write the text."""
    day = f"{form.day.year}年{form.day.month}月{form.day.day}日"
    values = (
        f"{form.name}（{form.municipality}）",
        form.domicile,
        form.head,
        form.telephone,
        day,
        form.reference,
    )
    lines = [TITLE, *(label + _GAP + value for label, value in zip(_LABELS, values, strict=True))]
    return "".join(line + "\n" for line in lines)


def read_text(text: str) -> Form:
    """Read a text. Raises Failed: Registration_Entry_Wrong for one that `text_of` does not make."""
    lines = text.split("\n")
    values = [line.partition(_GAP)[2] for line in lines[1:-1]]
    if len(values) != len(_LABELS):
        raise Failed("Registration_Entry_Wrong", item="text")
    addressee, day = _ADDRESSEE.fullmatch(values[0]), _DAY.fullmatch(values[4])
    if addressee is None or day is None or not _REFERENCE.fullmatch(values[5]):
        raise Failed("Registration_Entry_Wrong", item="text")
    try:
        on = date(*(int(part) for part in day.groups()))
    except ValueError:
        raise Failed("Registration_Entry_Wrong", item="text") from None
    form = Form(addressee[2], addressee[1], values[1], values[2], values[3], on, values[5])
    if text_of(form) != text:
        raise Failed("Registration_Entry_Wrong", item="text")
    return form


def _is_line(text: str) -> bool:
    """One line with something in it, no unseen characters (a variation selector belongs to the one before it), no blanks at its
    ends."""
    if not text or text != text.strip():
        return False
    return not any(unicodedata.category(char) in ("Cc", "Cf", "Zl", "Zp", "Co", "Cs", "Cn") for char in text)
