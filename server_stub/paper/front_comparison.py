"""Lay the scan of a front over the front that the back held, and tell where they differ.

A help for the eye, no judgement: a scan is turned, stretched and stained, and the front that the back holds is small and black and
white. The scan is registered by an affine map (Lucas and Kanade, from coarse to fine), then compared tile by tile. A character more or
less in small print may be missed; what a receiver wrote or stamped on the paper is shown as a difference.
"""

from __future__ import annotations

import functools
import io
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pikepdf
from numpy.typing import NDArray
from pikepdf import Dictionary
from PIL import Image, ImageFilter

from server_stub.interface.binding import SAMPLE
from server_stub.interface.front import opened

from .back_page import PAGE, back_page_template

PAGE_MM = (210.0, 297.0)
DPI = 100
_COARSE = ((10.0, 40), (20.0, 20), (50.0, 10))
"""Resolutions in dpi of the registration, and how many steps each has."""
_TILE = 22
"""Pixels: 5.6 mm."""
_BLUR = 1.4
"""Pixels: thin strokes are bolder in the front that was held than in a scan, and count as shades."""
_SHIFT = 3
"""Pixels by which a tile may lie beside its place."""
_INKED = 0.03
"""Mean ink of a tile below which nothing counts as printed on it."""
_ALIKE = 0.2
"""Correlation of two tiles above which they count as the same."""
_REGISTERED = 0.45
"""Correlation of the whole pages below which they are two different papers, or not laid over each other at all."""
_STRAIGHT = np.array([[1.0, 0, 0], [0, 1.0, 0]])
Grey = NDArray[np.float32]
Map = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Comparison:
    """`alike`: correlation of both pages, 0 to 1. `front`: the scan, laid straight, in grey at `DPI`. `places`: tiles that differ, as
    left, top, right and bottom in pixels of it."""

    alike: float
    front: Image.Image
    places: tuple[tuple[int, int, int, int], ...]

    @property
    def same_paper(self) -> bool:
        return self.alike >= _REGISTERED

    def told(self) -> str:
        """Say it in a sentence."""
        if not self.same_paper:
            return "見比べの目安　× 表面と復元した表面は、別の用紙のようです。偽造のおそれがあります。"
        if self.places:
            return f"見比べの目安　× 合わないところが{len(self.places)}か所あります（赤い枠）。目で確かめてください。"
        return "見比べの目安　○ 合わないところは見つかりません（小さな文字の違いは、目で確かめてください）。"


def alike_as_they_lie(held: Image.Image, front: Image.Image) -> float:
    """The correlation of a held front with a front that lies straight already, as a page of a PDF does; quick, and of the whole only."""
    size = (round(PAGE_MM[0] / 25.4 * DPI), round(PAGE_MM[1] / 25.4 * DPI))
    grey = _levels(front.convert("L").resize(size, Image.Resampling.BOX))
    return _correlation(_expected_ink(held, size), grey, _STRAIGHT)


def compare(held: Image.Image, scanned: Image.Image) -> Comparison:
    """Compare the front that the back held with a scan of the front, which may lie in any of four directions."""
    size = (round(PAGE_MM[0] / 25.4 * DPI), round(PAGE_MM[1] / 25.4 * DPI))
    wanted = _expected_ink(held, size)
    laid: list[tuple[float, Grey, Map]] = []
    for quarter in range(4):
        page = scanned.rotate(90 * quarter, expand=True)
        if page.width <= page.height:
            grey = _levels(page.convert("L").resize(size, Image.Resampling.BOX))
            change = _registered(wanted, _ink(grey), _STRAIGHT, _COARSE[:1])
            laid.append((_correlation(wanted, grey, change), grey, change))
    if not laid:
        return Comparison(0.0, scanned.convert("L").resize(size), ())
    _, grey, change = max(laid, key=lambda one: one[0])
    change = _registered(wanted, _ink(grey), change, _COARSE[1:])
    alike = _correlation(wanted, grey, change)
    straight = _moved(grey, change, wanted.shape, outside=1.0)
    picture = Image.fromarray((straight * 255).clip(0, 255).astype(np.uint8))
    places = _differing(_soft(wanted, _BLUR), _soft(_ink(straight), _BLUR)) if alike >= _REGISTERED else ()
    return Comparison(alike, picture, places)


@functools.cache
def _added(size: tuple[int, int]) -> Grey:
    """What the centre prints over every front, from 0 (black) to 1: the large 見本 and the notice."""
    made = back_page_template(SAMPLE)
    with pikepdf.new() as document:
        page = document.add_blank_page(page_size=(float(PAGE[0]), float(PAGE[1])))
        page.obj.Resources = Dictionary(
            XObject=Dictionary(
                Stamp=document.copy_foreign(made.stamp), Notice=document.copy_foreign(made.notice)
            )
        )
        page.obj.Contents = document.make_stream(b"q /Stamp Do Q q /Notice Do Q")
        stream = io.BytesIO()
        document.save(stream)
    with opened(stream.getvalue()) as rendered:
        picture: Image.Image = rendered[0].render(scale=3 * DPI / 72, grayscale=True).to_pil()
    return _levels(picture.resize(size, Image.Resampling.BOX))


def _expected_ink(held: Image.Image, size: tuple[int, int]) -> Grey:
    grey = _levels(held.convert("L").resize(size, Image.Resampling.BOX))
    return _ink((grey * _added(size)).astype(np.float32))


def _ink(grey: Grey) -> Grey:
    """Ink of a scan from 0 to 1: darker than the paper around it, its ground pattern and 見本 behind the text included."""
    # the dots of the ground, which a PDF has sharper than any scan, become one shade
    picture = Image.fromarray((grey * 255).clip(0, 255).astype(np.uint8)).filter(
        ImageFilter.GaussianBlur(0.9)
    )
    grey = _levels(picture)
    paper = picture.filter(ImageFilter.MaxFilter(9)).filter(ImageFilter.GaussianBlur(4))
    around = np.maximum(_levels(paper), 0.05)
    return np.clip((0.93 * around - grey) / (0.93 * around), 0, 1).astype(np.float32)


def _soft(ink: Grey, pixels: float = 1.2) -> Grey:
    picture = Image.fromarray((ink * 255).astype(np.uint8)).filter(ImageFilter.GaussianBlur(pixels))
    return _levels(picture)


def _levels(picture: Image.Image) -> Grey:
    return (np.asarray(picture, dtype=np.float32) / 255).astype(np.float32)


def _alike(one: Grey, other: Grey) -> float:
    one, other = (one - one.mean()).astype(np.float32), (other - other.mean()).astype(np.float32)
    length = float(np.sqrt((one**2).sum() * (other**2).sum()))
    return float((one * other).sum()) / length if length else 0.0


def _correlation(wanted: Grey, grey: Grey, change: Map) -> float:
    return _alike(_soft(wanted), _soft(_moved(_ink(grey), change, wanted.shape)))


def _registered(wanted: Grey, ink: Grey, change: Map, ladder: Sequence[tuple[float, int]]) -> Map:
    """The 2 by 3 matrix from pixels of `wanted` at `DPI` to those of `ink`, by the ink of both, beginning with `change`."""
    for dpi, steps in ladder:
        scale = dpi / DPI
        here, there = (_smaller(one, scale) for one in (wanted, ink))
        at = change.copy()
        at[:, 2] *= scale
        change = _improved(here, there, at, steps)
        change[:, 2] /= scale
    return change


def _smaller(ink: Grey, scale: float) -> Grey:
    height, width = ink.shape
    picture = Image.fromarray((ink * 255).astype(np.uint8))
    small = picture.resize((round(width * scale), round(height * scale)), Image.Resampling.BOX)
    return _levels(small.filter(ImageFilter.GaussianBlur(1.5)))


def _improved(here: Grey, there: Grey, change: Map, steps: int) -> Map:
    height, width = here.shape
    y, x = np.mgrid[0:height, 0:width].astype(np.float32)
    slope_y, slope_x = (np.asarray(slope, dtype=np.float32) for slope in np.gradient(there))
    for _ in range(steps):
        moved, along, down = (_moved(one, change, here.shape) for one in (there, slope_x, slope_y))
        rows = np.stack(
            [along * x / width, along * y / height, along, down * x / width, down * y / height, down], axis=-1
        ).reshape(-1, 6)
        left_over = (here - moved).reshape(-1)
        solved = np.linalg.solve(rows.T @ rows + 1e-6 * np.eye(6), rows.T @ left_over)
        step = solved.reshape(2, 3) / (width, height, 1)
        change = change + step
        if float(np.abs(solved).max()) < 0.01:
            break
    return change


def _moved(values: Grey, change: Map, shape: tuple[int, ...], outside: float = 0.0) -> Grey:
    """`values` at the places to which `change` takes the pixels of a picture of `shape`."""
    height, width = values.shape
    y, x = np.mgrid[0 : shape[0], 0 : shape[1]].astype(np.float32)
    to_x = change[0, 0] * x + change[0, 1] * y + change[0, 2]
    to_y = change[1, 0] * x + change[1, 1] * y + change[1, 2]
    left, top = np.floor(to_x).astype(np.intp), np.floor(to_y).astype(np.intp)
    inside = (left >= 0) & (top >= 0) & (left < width - 1) & (top < height - 1)
    left, top = np.clip(left, 0, width - 2), np.clip(top, 0, height - 2)
    right, below = to_x - left, to_y - top
    upper = values[top, left] * (1 - right) + values[top, left + 1] * right
    lower = values[top + 1, left] * (1 - right) + values[top + 1, left + 1] * right
    return np.where(inside, upper * (1 - below) + lower * below, outside).astype(np.float32)


def _differing(here: Grey, there: Grey) -> tuple[tuple[int, int, int, int], ...]:
    height, width = here.shape
    found = []
    for top in range(_SHIFT, height - _TILE - _SHIFT, _TILE):
        for left in range(_SHIFT, width - _TILE - _SHIFT, _TILE):
            one = here[top : top + _TILE, left : left + _TILE]
            around = there[top - _SHIFT : top + _TILE + _SHIFT, left - _SHIFT : left + _TILE + _SHIFT]
            other = around[_SHIFT:-_SHIFT, _SHIFT:-_SHIFT]
            if max(float(one.mean()), float(other.mean())) < _INKED:
                continue
            if _best(one, around) < _ALIKE and _best(other, _surrounding(here, top, left)) < _ALIKE:
                found.append((left, top, left + _TILE, top + _TILE))
    return tuple(found)


def _surrounding(ink: Grey, top: int, left: int) -> Grey:
    return ink[top - _SHIFT : top + _TILE + _SHIFT, left - _SHIFT : left + _TILE + _SHIFT]


def _best(tile: Grey, around: Grey) -> float:
    """The highest correlation of `tile` with a place in `around`."""
    views = np.lib.stride_tricks.sliding_window_view(around, tile.shape).reshape(-1, tile.size)
    wanted = (tile - tile.mean()).reshape(-1)
    others = views - views.mean(axis=1, keepdims=True)
    lengths = np.linalg.norm(others, axis=1) * np.linalg.norm(wanted)
    return float((others @ wanted / np.maximum(lengths, 1e-3)).max())
