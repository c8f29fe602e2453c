"""Which sheet this is: what front, back, the code on the back and the file's keywords say about it, and that they agree."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass

import zxingcpp
from PIL import Image

from tests.readback.form import loose_lines
from tests.readback.side import Area, Sheet, Side, WrongPaper

_BACK_TITLE = "コンビニ交付　証明書　裏面"
_MUNICIPALITY = "神戸市"
_CODE = Area(130, 30, 200, 110)
_SIDES = {"front": "表面", "back": "裏面"}


@dataclass(frozen=True)
class Bound:
    """Sheet `k` of `n` of copy `copy` of an application; `subjects`: references of the persons on it, in their order."""

    application_id: str
    copy: int
    k: int
    n: int
    subjects: tuple[str, ...]

    @property
    def sheet_id(self) -> str:
        """As the terminal names the sheet."""
        return f"{self.application_id}-{self.copy:02}-{self.k:02}of{self.n:02}"


def read_binding(sheet: Sheet) -> Bound:
    """Raises WrongPaper when keywords, back and code on the back do not say the same."""
    try:
        told = json.loads(sheet.keywords)
        bound = Bound(
            told["application"], told["copy"], *map(int, told["sheet"]), subjects=tuple(told["subjects"])
        )
    except (ValueError, KeyError, TypeError) as error:
        raise WrongPaper(
            f"the file's keywords are none: {sheet.keywords!r}",
            expected="用紙に、申請番号・部数・ページが記録されていること",
            found="読み取れる記録がなかった",
        ) from error
    lines = loose_lines(sheet.back)
    facts = {
        "申請番号": bound.application_id,
        "部数": f"{bound.copy}部目",
        "ページ": f"{bound.k}／{bound.n}",
    }
    if not re.fullmatch(r"[0-9A-HJKMNP-TV-Z]{26}", bound.application_id):
        raise WrongPaper(
            f"application {bound.application_id}",
            expected="用紙の申請番号が26文字の英数字であること",
            found=f"「{bound.application_id}」だった",
        )
    for label, value in facts.items():
        if (label, value) not in zip(lines, lines[1:], strict=False):
            raise WrongPaper(
                f"the back does not say 「{label} {value}」: {lines}",
                expected=f"裏面の{label}が「{value}」であること",
                found=_beside(label, lines),
                paper=bound.sheet_id,
            )
    if (_BACK_TITLE, _MUNICIPALITY) not in zip(lines, lines[1:], strict=False):
        raise WrongPaper(
            f"the back is not one of {_MUNICIPALITY}: {lines}",
            expected=f"{_MUNICIPALITY}の裏面であること",
            found=_beside(_BACK_TITLE, lines),
            paper=bound.sheet_id,
        )
    read = code_on(_grey(sheet)).text
    if read != sheet.keywords:
        raise WrongPaper(
            f"the code on the back says {read!r}, the file {sheet.keywords!r}",
            expected="裏面の二次元コードが、この用紙の申請番号・部数・ページを示すこと",
            found="ほかの内容を示していた",
            paper=bound.sheet_id,
        )
    return bound


def _beside(label: str, lines: tuple[str, ...]) -> str:
    """What the back says after `label`, in words."""
    values = [value for name, value in zip(lines, lines[1:], strict=False) if name == label]
    return f"「{'」「'.join(values)}」だった" if values else f"「{label}」の記載がなかった"


def code_on(picture: Image.Image) -> zxingcpp.Barcode:
    """The QR code of a back page. Of no other kind: in the ground pattern a bar code is seen now and then.

    Raises WrongPaper for none and for several."""
    found = zxingcpp.read_barcodes(picture, formats=zxingcpp.BarcodeFormat.QRCode)
    if len(found) != 1:
        raise WrongPaper(
            f"{len(found)} QR codes on the back, not one: {[code.text for code in found]}",
            expected="裏面の二次元コードが一つだけ読み取れること",
            found=f"{len(found)}個読み取れた" if found else "読み取れなかった",
        )
    return found[0]


def _grey(sheet: Sheet) -> Image.Image:
    return sheet.cut(1, _CODE, 150).picture.convert("L")


def check_marks(side: Side, name: str) -> None:
    """見本 large, and the notice: on every side, whatever else it shows. Raises WrongPaper."""
    stamp = [letter for letter in side.letters if letter.turned and letter.size > 60]
    if "".join(letter.text for letter in stamp) != "見本":
        raise WrongPaper(
            f"{name}: no large 見本",
            expected=f"{_SIDES[name]}に大きく「見本」とあること",
            found="なかった",
        )
    if "見本　試験用・証明書としての効力はありません" not in loose_lines(side):
        raise WrongPaper(
            f"{name}: no notice",
            expected=f"{_SIDES[name]}に「試験用・証明書としての効力はありません」とあること",
            found="なかった",
        )
