"""A front taken apart: which value stands in which labelled cell of which block, and what stands beside the form."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from tests.readback.side import Area, Letter, Side, WrongPaper

_THIN = 0.2
"""A path narrower than this many mm is a line."""
_EDGE = 0.3
_SAME_LINE = 0.6
_GAP = 3.5
"""On one line, what stands so many mm apart was written apart."""


@dataclass(frozen=True)
class Cell:
    """`lines` as they are written, from top to bottom; `area` is the value's."""

    lines: tuple[str, ...]
    area: Area


@dataclass(frozen=True)
class Block:
    """Cells with a common frame by their label, in the order of their places; `beside`: what stands in no cell of it."""

    area: Area
    cells: dict[str, Cell]
    beside: tuple[str, ...]


@dataclass(frozen=True)
class Form:
    """`boxes`: the text of frames without a label; `loose`: the lines outside of all frames, from top to bottom."""

    blocks: tuple[Block, ...]
    boxes: tuple[tuple[str, ...], ...]
    loose: tuple[str, ...]
    stamp: str


def read_form(side: Side) -> Form:
    """Every letter of the side is somewhere in the result. Raises WrongPaper for two cells of one label in a block."""
    frames = [area for area in side.ruled if area.width > _THIN and area.height > _THIN]
    lines = [area for area in side.ruled if area.width <= _THIN or area.height <= _THIN]
    # of two frames of one size the one that is drawn last is the block's, and the other its only cell
    blocks = [
        frame
        for n, frame in enumerate(frames)
        if any(
            frame.holds(other) and (m < n or not other.holds(frame))
            for m, other in enumerate(frames)
            if m != n
        )
    ]
    cells = [frame for frame in frames if frame not in blocks]
    placed: dict[Area | None, list[Letter]] = {}
    for letter in side.letters:
        if not letter.turned:
            placed.setdefault(_place(letter, cells, blocks), []).append(letter)
    made = []
    free = [cell for cell in cells if not any(block.holds(cell) for block in blocks)]
    for block in sorted(blocks, key=lambda area: (area.top, area.left)):
        inside = [cell for cell in cells if block.holds(cell)]
        found: dict[str, Cell] = {}
        for cell in sorted(inside, key=lambda area: (round(area.top), area.left)):
            for label, value in _parts(cell, placed.get(cell, []), lines):
                if label in found:
                    raise WrongPaper(
                        f"two cells 「{label}」 in one block",
                        expected=f"「{label}」の欄が一つであること",
                        found="二つあった",
                    )
                found[label] = value
        made.append(Block(block, found, _lines(placed.get(block, []))))
    return Form(
        tuple(made),
        tuple(_lines(placed.get(box, [])) for box in sorted(free, key=lambda area: area.top)),
        _lines(placed.get(None, [])),
        "".join(letter.text for letter in side.letters if letter.turned),
    )


def loose_lines(side: Side) -> tuple[str, ...]:
    """All lines of a side as if there were no frames, from top to bottom; without the turned letters of the stamp."""
    return _lines([letter for letter in side.letters if not letter.turned])


def _place(letter: Letter, cells: Sequence[Area], blocks: Sequence[Area]) -> Area | None:
    """The innermost frame that the letter stands in."""
    for areas in (cells, blocks):
        for area in areas:
            if area.has(*letter.middle):
                return area
    return None


def _parts(cell: Area, letters: Iterable[Letter], lines: Sequence[Area]) -> list[tuple[str, Cell]]:
    """Labels and values of one cell: the フリガナ is a strip of its own above the 氏名, and a picture lies below its label."""
    kept = list(letters)
    inside = [line for line in lines if cell.holds(line, _EDGE)]
    across = sorted(
        line.top
        for line in inside
        if line.width > cell.width - 1 and cell.top + 1 < line.top < cell.bottom - 1
    )
    down = [
        line
        for line in inside
        if line.height > cell.height - 1 and cell.left + 1 < line.left < cell.right - 1
    ]
    edges = [cell.top, *across, cell.bottom]
    strips = [Area(cell.left, top, cell.right, bottom) for top, bottom in zip(edges, edges[1:], strict=False)]
    if not down and len(strips) == 2:
        (label, value) = strips
        return [("".join(_within(label, kept)), Cell(_within(value, kept), value))]
    if len(down) != 1:
        raise WrongPaper(
            f"a cell with {len(down)} dividers",
            expected="用紙の各欄が、見出しと内容の二つに分かれていること",
            found=f"縦の仕切りが{len(down)}本の欄があった",
        )
    (middle,) = (line.left for line in down)
    found = []
    for strip in strips:
        label = Area(strip.left, strip.top, middle, strip.bottom)
        value = Area(middle, strip.top, strip.right, strip.bottom)
        found.append(("".join(_within(label, kept)), Cell(_within(value, kept), value)))
    return found


def _within(area: Area, letters: Iterable[Letter]) -> tuple[str, ...]:
    return _lines([letter for letter in letters if area.has(*letter.middle)])


def _lines(letters: Sequence[Letter]) -> tuple[str, ...]:
    """Lines from top to bottom, each from left to right, without spaces at their ends; what stands far apart is two."""
    rows: list[list[Letter]] = []
    for letter in sorted(letters, key=lambda one: one.y):
        if rows and letter.y - rows[-1][0].y < _SAME_LINE:
            rows[-1].append(letter)
        else:
            rows.append([letter])
    found = []
    for row in rows:
        row.sort(key=lambda one: one.x)
        line, last = "", None
        for letter in row:
            if last is not None and letter.x - last.x - last.size > _GAP:
                found.append(line)
                line = ""
            line, last = line + letter.text, letter
        found.append(line)
    return tuple(line.strip() for line in found if line.strip())
