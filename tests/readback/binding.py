"""Which sheet this is: what front, back, the code on the back and the file's keywords say about it, and that they agree."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import zxingcpp
from PIL import Image

from tests.readback.form import Form, loose_lines
from tests.readback.side import Area, Sheet, Side, WrongPaper

_BACK_TITLE = "コンビニ交付　証明書　裏面"
_CODE = Area(130, 30, 200, 110)
_SIDES = {"front": "表面", "back": "裏面"}
_KEYWORDS = {
    "answers", "application", "boxes", "copy", "fee", "kind", "municipality", "sheet", "subjects",
}  # fmt: skip
_BOX_MM = 0.5
"""By so much the place of a 個人番号 may differ from where the keywords say it is."""


@dataclass(frozen=True)
class Bound:
    """Sheet `k` of `n` of copy `copy` of `copies` of an application; `subjects`: references of the persons on it, in their
    order. `kind`, `municipality` and `answers` are codes, `fee` is that of all copies in yen, `boxes` where 個人番号 stand."""

    application_id: str
    copy: int
    copies: int
    k: int
    n: int
    subjects: tuple[str, ...]
    kind: str
    municipality: str
    fee: int
    answers: Mapping[str, str]
    boxes: tuple[Area, ...]

    @property
    def sheet_id(self) -> str:
        """As the terminal names the sheet."""
        return f"{self.application_id}-{self.copy:02}-{self.k:02}of{self.n:02}"


def read_binding(sheet: Sheet, municipality: str) -> Bound:
    """`municipality`: the name that the back must bear. Raises WrongPaper when keywords, back and code on the back do not say
    the same."""
    bound = _read_keywords(sheet.keywords)
    lines = loose_lines(sheet.back)
    facts = {
        "申請番号": bound.application_id,
        "部数": f"{bound.copy}部目",
        "ページ": f"{bound.k}／{bound.n}",
    }
    for label, value in facts.items():
        if (label, value) not in zip(lines, lines[1:], strict=False):
            raise WrongPaper(
                f"the back does not say 「{label} {value}」: {lines}",
                expected=f"裏面の{label}が「{value}」であること",
                found=_beside(label, lines),
                paper=bound.sheet_id,
            )
    if (_BACK_TITLE, municipality) not in zip(lines, lines[1:], strict=False):
        raise WrongPaper(
            f"the back is not one of {municipality}: {lines}",
            expected=f"{municipality}の裏面であること",
            found=_beside(_BACK_TITLE, lines),
            paper=bound.sheet_id,
        )
    _check_code(code_on(_grey(sheet)).text, sheet.keywords, bound)
    return bound


def _read_keywords(keywords: str) -> Bound:
    try:
        told = json.loads(keywords)
        named = told.pop("named", None)  # only of 別紙, which nothing of the answers stands on
        if told.keys() != _KEYWORDS or (named is not None and (not named or told["subjects"])):
            raise ValueError(f"keys {sorted(told)}")
        bound = Bound(
            application_id=told["application"],
            copy=int(told["copy"][0]),
            copies=int(told["copy"][1]),
            k=int(told["sheet"][0]),
            n=int(told["sheet"][1]),
            subjects=tuple(told["subjects"]),
            kind=told["kind"],
            municipality=told["municipality"],
            fee=int(told["fee"]),
            answers=dict(told["answers"]),
            boxes=tuple(Area(x, y, x + width, y + height) for x, y, width, height in told["boxes"]),
        )
    except (ValueError, KeyError, TypeError, IndexError, AttributeError) as error:
        raise WrongPaper(
            f"the file's keywords are none ({error}): {keywords!r}",
            expected="用紙に、申請番号・種類・市区町村・手数料・部数・ページ・対象者・記載項目が記録されていること",
            found="読み取れる記録がなかった",
        ) from error
    if not re.fullmatch(r"[0-9A-HJKMNP-TV-Z]{26}", bound.application_id):
        raise WrongPaper(
            f"application {bound.application_id}",
            expected="用紙の申請番号が26文字の英数字であること",
            found=f"「{bound.application_id}」だった",
        )
    return bound


def _check_code(read: str, keywords: str, bound: Bound) -> None:
    """The code names the sheet, and the digest of the keywords ties it to all else that they say."""
    wanted = {
        "application": bound.application_id,
        "copy": bound.copy,
        "keywords": hashlib.sha256(keywords.encode()).hexdigest(),
        "sheet": [bound.k, bound.n],
    }
    told: Any
    try:
        told = json.loads(read)
    except ValueError:
        told = None
    if told != wanted:
        raise WrongPaper(
            f"the code on the back says {read!r}, not {wanted}",
            expected="裏面の二次元コードが、この用紙の申請番号・部数・ページと、用紙の記録の要約を示すこと",
            found="ほかの内容を示していた",
            paper=bound.sheet_id,
        )


def check_facts(
    bound: Bound, *, kind: str, municipality: str, copies: int, answers: Mapping[str, str]
) -> None:
    """The keywords say of the sheet what is printed on it: codes of the kind and the municipality, how many copies, and the
    answers that the front is one to. Raises WrongPaper."""
    for what, word, said, printed in (
        ("kind", "証明書の種類", bound.kind, kind),
        ("municipality", "市区町村", bound.municipality, municipality),
        ("copies", "部数", bound.copies, copies),
        ("answers", "記載項目", dict(bound.answers), dict(answers)),
    ):
        if said != printed:
            raise WrongPaper(
                f"the keywords say of the {what} {said!r}, the sheet {printed!r}",
                expected=f"用紙に記録された{word}が、印字されているものと同じであること",
                found=f"記録された{word}が、印字と違っていた",
                paper=bound.sheet_id,
            )


def check_boxes(bound: Bound, form: Form) -> None:
    """Where the keywords say that a 個人番号 stands, and nowhere else, one stands. Raises WrongPaper."""
    printed = [
        cell.area
        for block in form.blocks
        for cell in block.cells.values()
        if re.fullmatch(r"\d{12}", re.sub(r"[\s‐－-]", "", "".join(cell.lines)))
    ]
    if len(printed) != len(bound.boxes) or not all(
        any(_same_place(area, box) for box in bound.boxes) for area in printed
    ):
        raise WrongPaper(
            f"個人番号 in {printed}, by the keywords in {bound.boxes}",
            expected="用紙に記録された個人番号の位置に、個人番号が印字されていること",
            found=f"印字は{len(printed)}か所、記録は{len(bound.boxes)}か所で、位置が合わなかった",
            paper=bound.sheet_id,
        )


def _same_place(one: Area, other: Area) -> bool:
    edges = zip(
        (one.left, one.top, one.right, one.bottom),
        (other.left, other.top, other.right, other.bottom),
        strict=True,
    )
    return all(abs(here - there) <= _BOX_MM for here, there in edges)


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
