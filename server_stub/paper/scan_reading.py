"""Read a scanned back: find its QR code, lay the field straight by its marks, and tell black cells from white ones.

A scanner turns the page a little, stretches it, blurs it and adds noise; the page may lie upside down or sideways. The QR code, which
is read by zxing-cpp, tells roughly where the field is; its marks, from the nearest on, tell it to a fraction of a pixel.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import zxingcpp
from numpy.typing import NDArray
from PIL import Image

from server_stub.interface.failures import Failed

from .back_page import QR_LEFT, QR_SIDE, QR_TOP
from .scramble import CELL_MM, COLUMNS, LEFT_MM, LINES, MARK, TOP_MM, Bits, field, mark

LEAST_PIXELS, MOST_PIXELS = 2.3, 4.5
"""A cell's side in pixels: below the first nothing is read (230 dpi), above the second the picture is made smaller first."""
_CODE_PIXELS = 2400
"""The longer side of the picture in which the QR code is looked for at first."""
_QUIET = 4
_QR: Any = zxingcpp.BarcodeFormat.QRCode
_SEARCH = 0.9
"""Millimetres around the place where a mark should be, in which it is looked for."""
_FOUND = 0.55
"""The least correlation of a mark with its picture."""
_LEAST_MARKS = 0.6
"""The share of the marks that must be found."""
Grey = NDArray[np.float32]
Points = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Code:
    """What the QR code of a back says, and its corners in the picture in pixels: upper left, upper right, lower right, lower left as
    printed."""

    text: str
    application: str
    copy: int
    sheet: tuple[int, int]
    keywords: str
    corners: Points


@dataclass(frozen=True, slots=True)
class Scanned:
    """`cells`: black where true. `dpi`: of the scan, as measured on it. `marks`: how many were found, `of` how many."""

    code: Code
    cells: Bits
    dpi: int
    marks: int
    of: int


def find_code(picture: Image.Image) -> Code | None:
    """The QR code of a back, if the picture is one: of a sheet of ours, whatever else it shows."""
    for longest in (_CODE_PIXELS, max(picture.size)):
        scale = min(1.0, longest / max(picture.size))
        size = (round(picture.width * scale), round(picture.height * scale))
        grey = picture.convert("L")
        small = grey if scale == 1.0 else grey.resize(size, Image.Resampling.BOX)
        for found in zxingcpp.read_barcodes(small, formats=_QR):
            place = found.position
            corners = np.array(
                [
                    (p.x / scale, p.y / scale)
                    for p in (place.top_left, place.top_right, place.bottom_right, place.bottom_left)
                ]
            )
            code = _code(found.text, corners)
            if code is not None:
                return code
        if scale == 1.0:
            break
    return None


def _code(text: str, corners: Points) -> Code | None:
    try:
        told: Any = json.loads(text)
    except ValueError:
        return None
    if not isinstance(told, Mapping) or set(told) != {"application", "copy", "keywords", "sheet"}:
        return None
    application, copy, sheet, keywords = (told[key] for key in ("application", "copy", "sheet", "keywords"))
    whole = isinstance(sheet, list) and len(sheet) == 2 and all(type(one) is int for one in (copy, *sheet))
    if not whole or not isinstance(application, str) or not isinstance(keywords, str):
        return None
    return Code(text, application, copy, (sheet[0], sheet[1]), keywords, corners)


def read_field(picture: Image.Image, code: Code) -> Scanned:
    """Read the field of the back on which `code` was found.

    Raises Failed: Back_Page_Too_Coarse, Back_Page_Without_Image (hardly a mark), Back_Page_Damaged (too few).
    """
    module = _modules(code.text)
    at_code = _corners_on_page(module)
    pixels = float(np.linalg.norm(code.corners[1] - code.corners[0])) / float(at_code[1][0] - at_code[0][0])
    dpi = round(pixels * 25.4)
    if pixels * CELL_MM < LEAST_PIXELS:
        raise Failed("Back_Page_Too_Coarse", dpi=dpi)
    scale = min(1.0, 3.6 / (pixels * CELL_MM)) if pixels * CELL_MM > MOST_PIXELS else 1.0
    if scale < 1.0:
        picture = picture.resize(
            (round(picture.width * scale), round(picture.height * scale)), Image.Resampling.BOX
        )
    grey = _inkless(picture)
    corners = code.corners * scale
    pixels *= scale
    places, found, total = _marks(grey, at_code, corners, pixels)
    sides = _Sides(places, found)
    cells = _cells(grey, sides)
    return Scanned(code, cells, dpi, len(found), total)


def _inkless(picture: Image.Image) -> Grey:
    """Grey values; of a scan in colour the red channel, in which 見本 is nearly as light as the paper."""
    band = picture.getchannel("R") if picture.mode in ("RGB", "RGBA") else picture.convert("L")
    return np.asarray(band, dtype=np.float32)


def _modules(text: str) -> int:
    import segno

    return len(segno.make_qr(text, error="m", boost_error=False, mask=3).matrix)


def _corners_on_page(modules: int) -> Points:
    """Of the code without its quiet zone, in mm."""
    module = QR_SIDE / (modules + 2 * _QUIET)
    near, far = _QUIET * module, (_QUIET + modules) * module
    return np.array(
        [(QR_LEFT + x, QR_TOP + y) for x, y in ((near, near), (far, near), (far, far), (near, far))]
    )


def _marks(grey: Grey, at_code: Points, corners: Points, pixels: float) -> tuple[Points, Points, int]:
    """Where on the page (mm) and where in the picture (pixels) marks were found, and how many there are."""
    wanted = np.array(
        [
            (LEFT_MM + (column + MARK / 2) * CELL_MM, TOP_MM + (line + MARK / 2) * CELL_MM)
            for line, column in field().marks
        ]
    )
    nearest = np.argsort(np.linalg.norm(wanted - at_code.mean(axis=0), axis=1))
    known, seen, weights = list(at_code), list(corners), [0.3] * len(corners)
    places: list[Points] = []
    found: list[Points] = []
    reach = round(_SEARCH * pixels)
    for index in nearest:
        change = _affine(np.array(known), np.array(seen), np.array(weights))
        drawn = _drawn(change[:2])
        at = _best(grey, change, wanted[index], drawn, reach if len(found) > 5 else 2 * reach)
        if at is None:
            continue
        places.append(wanted[index])
        found.append(at)
        known.append(wanted[index])
        seen.append(at)
        weights.append(1.0)
    if len(found) < 6:
        raise Failed("Back_Page_Without_Image", marks=len(found))
    if len(found) < _LEAST_MARKS * len(wanted):
        raise Failed("Back_Page_Damaged", marks=len(found), of=len(wanted))
    return np.array(places), np.array(found), len(wanted)


def _affine(known: Points, seen: Points, weights: Points) -> Points:
    """The 3 by 2 matrix that takes (x, y, 1) in mm to pixels."""
    rows = np.column_stack([known, np.ones(len(known))]) * weights[:, None]
    solved, *_ = np.linalg.lstsq(rows, seen * weights[:, None], rcond=None)
    return np.asarray(solved, dtype=np.float64)


def _drawn(linear: Points) -> tuple[Points, Points]:
    """A mark turned and scaled as in the picture: offsets of its samples in pixels, and their values (black is -1), of mean 0."""
    steps = (np.arange(MARK * 2) + 0.5) / 2 - MARK / 2
    x, y = np.meshgrid(steps * CELL_MM, steps * CELL_MM)
    values = np.where(np.kron(mark(), np.ones((2, 2))) > 0, -1.0, 1.0)
    offsets = np.column_stack([x.ravel(), y.ravel()]) @ linear
    values = values.ravel() - values.mean()
    return offsets, values / np.linalg.norm(values)


def _best(
    grey: Grey, change: Points, place: Points, drawn: tuple[Points, Points], reach: int
) -> Points | None:
    """Where, within `reach` pixels of the place where it should be, the mark is; None: nowhere."""
    expected = np.append(place, 1.0) @ change
    offsets, values = drawn
    margin = int(np.abs(offsets).max()) + reach + 3
    x, y = (int(round(float(one))) for one in expected)
    height, width = grey.shape
    if x - margin < 0 or y - margin < 0 or x + margin >= width or y + margin >= height:
        return None
    window = grey[y - margin : y + margin + 1, x - margin : x + margin + 1]
    fraction = expected - (x, y)
    steps = np.arange(-reach, reach + 1)
    down, across = np.meshgrid(steps, steps, indexing="ij")
    shifts = np.column_stack([across.ravel(), down.ravel()])
    points = shifts[:, None, :] + offsets[None, :, :] + (margin + fraction)
    sampled = _bilinear(window, points[..., 0], points[..., 1])
    sampled = sampled - sampled.mean(axis=1, keepdims=True)
    lengths = np.linalg.norm(sampled, axis=1)
    alike = (sampled @ values / np.maximum(lengths, 1e-6)).reshape(len(steps), len(steps))
    line, column = np.unravel_index(int(alike.argmax()), alike.shape)
    if alike[line, column] < _FOUND:
        return None
    finer = [_peak(alike[line, :], int(column)), _peak(alike[:, column], int(line))]
    return np.asarray(expected + (steps[column] + finer[0], steps[line] + finer[1]))


def _peak(values: Points, index: int) -> float:
    """By a parabola through three values: how far beside `index` the top is."""
    if index == 0 or index == len(values) - 1:
        return 0.0
    before, top, after = (float(values[index + step]) for step in (-1, 0, 1))
    bend = before - 2 * top + after
    return 0.0 if bend >= 0 else max(-0.5, min(0.5, (before - after) / (2 * bend)))


def _bilinear(grey: NDArray[Any], x: Points, y: Points) -> NDArray[np.float32]:
    height, width = grey.shape
    left = np.clip(np.floor(x).astype(np.intp), 0, width - 2)
    top = np.clip(np.floor(y).astype(np.intp), 0, height - 2)
    right, below = np.clip(x - left, 0, 1).astype(np.float32), np.clip(y - top, 0, 1).astype(np.float32)
    upper = grey[top, left] * (1 - right) + grey[top, left + 1] * right
    lower = grey[top + 1, left] * (1 - right) + grey[top + 1, left + 1] * right
    return np.asarray(upper * (1 - below) + lower * below, dtype=np.float32)


class _Sides:
    """From the page (mm) to the picture (pixels): a surface of the second degree through the marks, and between them what is left over,
    as a paper feed that runs unevenly leaves it."""

    def __init__(self, places: Points, found: Points) -> None:
        self._middle, self._spread = places.mean(axis=0), float(np.abs(places - places.mean(axis=0)).max())
        kept = np.ones(len(places), dtype=np.bool_)
        for _ in range(3):
            self._solved, *_ = np.linalg.lstsq(self._terms(places[kept]), found[kept], rcond=None)
            off = np.linalg.norm(self._terms(places) @ self._solved - found, axis=1)
            kept = off < max(1.0, 3 * float(np.median(off)))
        self._places = places[kept]
        self._left_over = (found - self._terms(places) @ self._solved)[kept]

    def _terms(self, points: Points) -> Points:
        x, y = ((points - self._middle) / self._spread).T
        return np.column_stack([np.ones(len(points)), x, y, x * y, x * x, y * y])

    def __call__(self, points: Points) -> Points:
        away = ((points[:, None, :] - self._places[None, :, :]) ** 2).sum(axis=2)
        weights = np.exp(-away / (2 * 14.0**2)) + 1e-9
        left_over = weights @ self._left_over / (weights.sum(axis=1, keepdims=True) + 0.05)
        return np.asarray(self._terms(points) @ self._solved + left_over)


def _cells(grey: Grey, sides: _Sides) -> Bits:
    """Which cells are black: each against the mean of those around it, half of which are black."""
    every = 8  # the surface is smooth: it is asked for a coarse grid, and cells lie between
    columns, lines = np.arange(0, COLUMNS + every, every), np.arange(0, LINES + every, every)
    x, y = np.meshgrid(LEFT_MM + columns * CELL_MM, TOP_MM + lines * CELL_MM)
    grid = sides(np.column_stack([x.ravel(), y.ravel()])).reshape(len(lines), len(columns), 2)
    fine_x, fine_y = np.meshgrid((np.arange(COLUMNS) + 0.5) / every, (np.arange(LINES) + 0.5) / every)
    at_x, at_y = (_bilinear(grid[..., axis], fine_x, fine_y).astype(np.float64) for axis in (0, 1))
    steps = [(dx, dy) for dx in (-0.4, 0.4) for dy in (-0.4, 0.4)]
    values: NDArray[np.float32] = np.mean(
        [_bilinear(grey, at_x + dx, at_y + dy) for dx, dy in steps], axis=0, dtype=np.float32
    )
    height, width = grey.shape
    outside = (at_x < 0) | (at_y < 0) | (at_x > width - 1) | (at_y > height - 1)
    values[outside] = 255
    # what the blur carried over from the four neighbours
    padded = np.pad(values, 1, mode="edge")
    beside = (padded[:-2, 1:-1] + padded[2:, 1:-1] + padded[1:-1, :-2] + padded[1:-1, 2:]) / 4
    sharp = values + np.float32(0.6) * (values - beside)
    weights = np.kron(~field().bare, np.ones((2, 4))).astype(np.float32)
    level = _around((sharp * weights).astype(np.float32)) / np.maximum(_around(weights), 1e-6)
    return np.asarray(sharp < level)


def _around(values: NDArray[np.float32]) -> NDArray[np.float32]:
    """The sum over 21 by 21 cells around each."""
    half = 10
    padded = np.pad(values.astype(np.float64), ((half + 1, half), (half + 1, half)))
    total = padded.cumsum(axis=0).cumsum(axis=1)
    size = 2 * half + 1
    summed = total[size:, size:] - total[:-size, size:] - total[size:, :-size] + total[:-size, :-size]
    return np.asarray(summed, dtype=np.float32)
