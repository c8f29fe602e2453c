"""The rules of a seal registration, whatever format it came in; of the picture too."""

from __future__ import annotations

import io
import re
import warnings
from typing import Any

from PIL import Image, UnidentifiedImageError

from .format_file import REGISTERED
from .row_function import Unusable

SMALLEST_MM, LARGEST_MM = 8.0, 25.0
"""Registered seals are 8 to 25 mm square."""
MIN_DPI = 300
MAX_PIXELS = 2500
"""A side; 25 mm at 2,400 dpi stays below it."""


def check_seal(found: dict[str, Any]) -> bool:
    """Whether this registration is in force; an abolished one is checked and not kept.

    Raises Unusable for the first item that cannot stand in a register.
    """
    if not re.fullmatch(r"[0-9A-Za-z-]{1,20}", found["number"]):
        raise Unusable("number", "印鑑登録番号")
    if not found["person"]:
        raise Unusable("person", "必須項目")
    if found["registered_on"] is None:
        raise Unusable("registered_on", "必須項目")
    if not found["status"]:
        raise Unusable("status", "必須項目")
    living = bool(found["status"] == REGISTERED)
    abolished_on = found.get("abolished_on")
    if living and abolished_on is not None:
        raise Unusable("abolished_on", "空欄（登録されている印鑑）")
    if not living and (abolished_on is None or abolished_on < found["registered_on"]):
        raise Unusable("abolished_on", "登録年月日以降の日付")
    for target in ("width_mm", "height_mm"):
        if not found[target] or not SMALLEST_MM <= found[target] <= LARGEST_MM:
            raise Unusable(target, f"{SMALLEST_MM:.0f}から{LARGEST_MM:.0f}ミリ")
    _check_imprint(found["imprint"], found["width_mm"], found["height_mm"])
    return living


def _check_imprint(png: bytes, width_mm: float, height_mm: float) -> None:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            with Image.open(io.BytesIO(png), formats=["PNG"]) as image:
                across, down = image.size
                if max(across, down) > MAX_PIXELS:
                    raise Unusable("imprint", f"一辺{MAX_PIXELS}画素以内の PNG")
                image.load()
    except (UnidentifiedImageError, OSError, SyntaxError, ValueError, Image.DecompressionBombWarning):
        raise Unusable("imprint", "PNG の画像") from None
    if across < MIN_DPI * width_mm / 25.4 - 1:
        raise Unusable("width_mm", f"画像が{MIN_DPI}dpi以上となる寸法")
    if abs(across * height_mm / width_mm - down) > 2:
        raise Unusable("height_mm", "画像の縦横比と同じ寸法")
