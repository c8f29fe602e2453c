"""`konbini paper references`: the papers of the towns beside their reference pictures, as a page for whoever accepts them."""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path

from PIL import Image, ImageChops, ImageDraw

from scenarios.evidence.writing import data_url, write_references
from scenarios.references import BROKEN, CHANGED, HOW, SAME, WORDS, Finding, accept, findings, wrong
from scenarios.towns import Town, load_town, shipped_names, town_folder
from scenarios.verdict import shown_path

from .usage import WrongUse

REVIEW = "paper-review"
PAGE = "index.html"
_RED, _PALE_RED = (200, 0, 40), (235, 140, 155)


@dataclass(frozen=True)
class Row:
    """A finding as the page shows it: its pictures as data addresses ('' for none), `share` of the pixels that differ in words,
    `town` the folder of a town that is not shipped."""

    finding: Finding
    old: str
    new: str
    difference: str
    share: str
    town: str


@dataclass(frozen=True)
class Review:
    """What is to be told, and how many pictures are left that nobody has accepted."""

    lines: tuple[str, ...]
    left: int


def review(towns: Sequence[str], accepted: Sequence[str], folder: Path) -> Review:
    """Compare the papers of `towns` (as `--town` has them; none: all shipped ones), accept what matches one of `accepted`
    (TOWN/NAME, with * and ?), and write the page into `folder`.

    Raises WrongUse for a pattern that nothing matches, Failed as `findings`, OSError.
    """
    chosen = [load_town(town_folder(one)) for one in towns] or [
        load_town(one) for one in shipped_names().values()
    ]
    found = [(town, one) for town in chosen for one in findings(town)]
    open_ = [(town, one) for town, one in found if one.state != SAME]
    for pattern in accepted:
        if not any(fnmatchcase(one.name, pattern) for _, one in found):
            raise WrongUse(f"--accept に指定した「{pattern}」に当たる紙面の絵はありません。")
    taken = [
        (town, one)
        for town, one in open_
        if one.state != BROKEN and any(fnmatchcase(one.name, pattern) for pattern in accepted)
    ]
    for _, one in taken:
        accept(one)
    names = {one.name for _, one in taken}
    left = [wrong(one) for _, one in open_ if one.name not in names]
    shown = taken if accepted else open_
    counts = {state: sum(one.state == state for _, one in found) for state in WORDS}
    page = write_references(
        folder / PAGE,
        rows=[_row(town, one) for town, one in shown],
        counts=counts,
        words=WORDS,
        total=len(found),
        accepted=bool(accepted),
    )
    return Review(
        (
            *(f"受け入れました: {one.name}（{WORDS[one.state]}）" for _, one in taken),
            *left,
            *([_how(towns)] if left and not accepted else ()),
            f"紙面の絵 {len(found)}枚、受け入れを待つもの {len(left)}枚。見比べるページ: {shown_path(page)}",
        ),
        len(left),
    )


def _how(towns: Sequence[str]) -> str:
    chosen = "".join(f" --town '{one}'" for one in towns)
    return HOW.replace(" --accept '名前'", f" --accept '名前'{chosen}")


def _row(town: Town, finding: Finding) -> Row:
    difference, share = "", ""
    if finding.old is not None and finding.new is not None and finding.state == CHANGED:
        difference, share = _difference(finding.old, finding.new)
    return Row(
        finding,
        _shown(finding.old),
        _shown(finding.new),
        difference,
        share,
        "" if town.is_shipped else str(town.folder),
    )


def _difference(old: Image.Image, new: Image.Image) -> tuple[str, str]:
    """The new picture pale, with what differs in red and a frame around it; and how much that is."""
    if old.size != new.size:
        return "", "（大きさが違います）"
    before, after = old.convert("RGB"), new.convert("RGB")
    bands = ImageChops.difference(before, after).split()
    changed = ImageChops.lighter(ImageChops.lighter(bands[0], bands[1]), bands[2]).point(
        lambda value: 255 if value else 0
    )
    both = ImageChops.darker(before, after).convert("L").convert("RGB")
    shown = Image.blend(both, Image.new("RGB", both.size, "white"), 0.7)
    shown.paste(Image.new("RGB", both.size, _RED), mask=changed)
    if (within := changed.getbbox()) is not None:
        left, top, right, bottom = within
        ImageDraw.Draw(shown).rectangle((left - 4, top - 4, right + 3, bottom + 3), outline=_PALE_RED)
    count = changed.histogram()[255]
    return _shown(shown), f"{count:,}（{count / (old.width * old.height):.2%}）"


def _shown(picture: Image.Image | None) -> str:
    if picture is None:
        return ""
    body = io.BytesIO()
    picture.save(body, "PNG")
    return data_url(body.getvalue(), "image/png")
