"""Whether a block has exactly the cells that it must have, and exactly their values."""

from __future__ import annotations

from collections.abc import Mapping

from tests.readback.form import Block, Cell
from tests.readback.side import WrongPaper

_SPACES = " 　"


def check_cells(block: Block, wanted: Mapping[str, str], whose: str, paper: str = "last") -> None:
    """Exactly these labels, and in each cell exactly its value. `paper`: the sheet's id. Raises WrongPaper."""
    if set(block.cells) != set(wanted):
        raise WrongPaper(
            f"{whose}: cells {sorted(block.cells)} instead of {sorted(wanted)}",
            expected=f"{whose}の欄に、{'・'.join(wanted)}があること",
            found=_differing(set(block.cells), set(wanted)),
            paper=paper,
        )
    for label, value in wanted.items():
        if not written(block.cells[label], value):
            read = "".join(block.cells[label].lines)
            raise WrongPaper(
                f"{whose}: 「{label}」 reads {block.cells[label].lines}, not 「{value}」",
                expected=f"{whose}の「{label}」が「{value}」であること"
                if value
                else f"{whose}の「{label}」が空欄であること",
                found=f"「{read}」と印字されていた" if read else "空欄だった",
                paper=paper,
            )


def _differing(found: set[str], wanted: set[str]) -> str:
    """Labels that are missing and labels that are too many, in words."""
    missing, more = "・".join(sorted(wanted - found)), "・".join(sorted(found - wanted))
    told = [f"{missing}の欄がなかった"] if missing else []
    return "、".join([*told, f"余分に{more}の欄があった"] if more else told)


def written(cell: Cell, value: str) -> bool:
    """A line may be broken anywhere, and a space at the break is not printed."""
    rest = value
    for line in cell.lines:
        if not rest.startswith(line):
            return False
        rest = rest[len(line) :].lstrip(_SPACES)
    return not rest
